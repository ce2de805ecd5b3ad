package graphviz

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

// TestCode holds that the code is that of the release that the documentation names: this is the sum of its file
// internal/wasm/graphviz.wasm.
func TestCode(t *testing.T) {
	code, err := decompress(compressed)
	if err != nil {
		t.Fatal(err)
	}
	const want = "7cc5b0a5f176aeaa69760ed5dc3282ceda2b1b04229b22de77bb0a5eab45578e"
	if sum := sha256.Sum256(code); hex.EncodeToString(sum[:]) != want {
		t.Errorf("the code has the sum %x, want %s", sum, want)
	}
}

// TestRunFails gives Graphviz what it cannot read or place, each time in another way, and then a graph.
func TestRunFails(t *testing.T) {
	for _, dot := range []string{
		"", "\x00", "garbage", "digraph {", "digraph { a -> }", "digraph { a [label=<<TABLE>] }", `digraph { a [label="` + strings.Repeat("x", 1<<20),
		"digraph { " + strings.Repeat("subgraph cluster { ", 100_000), strings.Repeat("{", 1<<20),
	} {
		if answer, err := run(context.Background(), []byte(dot)); err == nil {
			t.Errorf("%.40q: no error, and the answer %.80q", dot, answer)
		}
		answer, err := run(context.Background(), []byte("digraph { a -> b }"))
		if err != nil || !bytes.Contains(answer, []byte(`"pos"`)) {
			t.Fatalf("after %.40q: a graph gives the error %v and the answer %.80q", dot, err, answer)
		}
	}
}
