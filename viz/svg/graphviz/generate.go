//go:build ignore

// Generate writes graphviz.wasm.gz from a release of go-graphviz, whose content the go command compares with what the
// checksum database of Go says.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"log"
	"os"
	"os/exec"
	"path/filepath"
)

const release = "github.com/goccy/go-graphviz@v0.2.10"

func main() {
	out, err := exec.Command("go", "mod", "download", "-json", release).Output()
	if err != nil {
		log.Fatal(err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		log.Fatal(err)
	}
	code, err := os.ReadFile(filepath.Join(module.Dir, "internal", "wasm", "graphviz.wasm"))
	if err != nil {
		log.Fatal(err)
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := z.Write(code); err != nil {
		log.Fatal(err)
	}
	if err := z.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("graphviz.wasm.gz", b.Bytes(), 0o666); err != nil {
		log.Fatal(err)
	}
}
