package pjrt

import (
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

func TestReadSignature(t *testing.T) {
	s, err := readSignature([]byte(`{
  "entry": "main",
  "stablehlo": "step.mlir",
  "arguments": [
    {"name":"w","role":"parameter","shape":[4,3],"dtype":"float32","result":1},
    {"name":"lr","role":"scalar","shape":[],"dtype":"float64","result":null}
  ],
  "results": [
    {"name":"loss","role":"loss","shape":[],"dtype":"float32"},
    {"name":"w","role":"parameter","shape":[4,3],"dtype":"float32"}
  ]
}`))
	if err != nil {
		t.Fatal(err)
	}
	w, lr := s.arguments[0], s.arguments[1]
	if s.module != "step.mlir" || len(s.arguments) != 2 || len(s.results) != 2 || s.results[0].Role != program.Loss ||
		w.Name != "w" || w.Result != 1 || w.DType != tensor.Float32 || w.Shape[0] != 4 || lr.Result != -1 || lr.DType != tensor.Float64 {
		t.Errorf("%+v", s)
	}
}

func TestReadSignatureErrors(t *testing.T) {
	const loss = `{"name":"loss","role":"loss","shape":[],"dtype":"float32"}`
	with := func(arguments, results string) string {
		return `{"entry":"main","stablehlo":"m","arguments":[` + arguments + `],"results":[` + results + `]}`
	}
	for _, tt := range []struct{ text, want string }{
		{"", "EOF"},
		{"{", "unexpected EOF"},
		{"[]", "cannot unmarshal array"},
		{"{}", `the entry is ""`},
		{`{"entry":"f","stablehlo":"m","results":[` + loss + `]}`, `the entry is "f"`},
		{`{"entry":"main","results":[` + loss + `]}`, "it names no module"},
		{with("", ""), "the module has no results"},
		{with("", `{"name":"n","shape":[],"dtype":"int64"}`), `result "n" is of type "int64": want float32 or float64`},
		{with(`{"name":"n","shape":[]}`, loss), `argument "n" is of type ""`},
		{with(`{"name":"n","shape":[2,-1],"dtype":"float32"}`, loss), `argument "n": `},
		{with(`{"name":"n","shape":[1048576,1048576,1048576,1048576],"dtype":"float32"}`, loss), `argument "n": `},
		{with(`{"name":"n","shape":[],"dtype":"float32"},{"name":"n","shape":[],"dtype":"float32"}`, loss), `two arguments have the name "n"`},
		{with(`{"name":"n","shape":[],"dtype":"float32","result":1}`, loss), `argument "n" is replaced by result 1 of 1`},
		{with(`{"name":"n","shape":[],"dtype":"float32","result":-1}`, loss), `argument "n" is replaced by result -1 of 1`},
		{with(`{"name":"n","shape":[1],"dtype":"float32","result":0}`, loss), `argument "n" is float32 of shape (1), and its new value float32 of shape ()`},
		{with(`{"name":"n","shape":[],"dtype":"float64","result":0}`, loss), `and its new value float32`},
		{with(`{"name":"n","shape":[],"dtype":"float32","result":0},{"name":"o","shape":[],"dtype":"float32","result":0}`, loss), `result "loss" replaces both "n" and "o"`},
	} {
		if s, err := readSignature([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %+v, %v; want %q", tt.text, s, err, tt.want)
		}
	}
}
