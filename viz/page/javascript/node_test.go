package javascript

import (
	"bytes"
	"encoding/json"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"os"
)

// A call of one of the functions of a source, and what it returned.
type call struct {
	Name    string
	Args    []number64
	Results []number64 // value, derivatives
}

// A number64 is a number, NaN, infinite or -0 too, or null, which is written "null" and is the NaN null.
type number64 float64

// null stands for JavaScript's null: a NaN that no computation returns.
var null = math.Float64frombits(0x7ff8_0000_0000_1234)

func isNull(v number64) bool { return math.Float64bits(float64(v)) == math.Float64bits(null) }

func (v number64) MarshalJSON() ([]byte, error) {
	s := strconv.FormatFloat(float64(v), 'g', -1, 64)
	if math.IsInf(float64(v), 0) {
		s = map[bool]string{true: "Infinity", false: "-Infinity"}[v > 0]
	}
	return json.Marshal(s)
}

func (v *number64) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	if s == "null" {
		*v = number64(null)
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	*v = number64(f)
	return err
}

// harness makes the calls of a file, one a line.
const harness = `
const write = (v) => v === null ? "null" : Object.is(v, -0) ? "-0" : String(v);
const lines = require("fs").readFileSync(process.argv[2], "utf8").trim().split("\n");
const out = lines.map((line) => {
  const c = JSON.parse(line);
  const [y, slopes] = functions[c.Name](...c.Args.map(Number));
  return JSON.stringify({ ...c, Results: [y, ...slopes].map(write) });
});
process.stdout.write(out.join("\n") + "\n");
`

// run makes calls of the functions of a source in Node.
func run(t *testing.T, source string, calls []call) []call {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node is not installed: the functions are not called")
	}
	dir := t.TempDir()
	script, input := filepath.Join(dir, "script.js"), filepath.Join(dir, "calls.json")
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	for _, c := range calls {
		if err := enc.Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(script, []byte("\"use strict\";\nconst functions = "+source+";\n"+harness), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(input, lines.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(node, script, input)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("node: %v\n%s", err, &stderr)
	}
	results := make([]call, 0, len(calls))
	for dec := json.NewDecoder(&stdout); dec.More(); {
		var c call
		if err := dec.Decode(&c); err != nil {
			t.Fatal(err)
		}
		results = append(results, c)
	}
	if len(results) != len(calls) {
		t.Fatalf("%d results of %d calls", len(results), len(calls))
	}
	return results
}
