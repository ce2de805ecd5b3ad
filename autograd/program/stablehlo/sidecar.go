package stablehlo

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
)

// A part is an argument or a result in the sidecar.
type part struct {
	Name  string       `json:"name"`
	Role  program.Role `json:"role"`
	Shape []int        `json:"shape"`
	DType string       `json:"dtype"`
}

// An argument is a part with the index of the result that is its new value, null if there is none.
type argument struct {
	part
	Result *int `json:"result"`
}

// WriteSidecar writes to w, as JSON, what a program that runs the module has to know of its arguments and results: names,
// roles, shapes and precisions, and which result is the new value of which argument. File is the name of the module's
// file, which [Write] has written.
//
//	{
//	  "entry": "main",
//	  "stablehlo": "step.mlir",
//	  "arguments": [
//	    {"name":"w","role":"parameter","shape":[4,3],"dtype":"float32","result":0},
//	    {"name":"batch","role":"batch","shape":[64,3],"dtype":"float32","result":null}
//	  ],
//	  "results": [
//	    {"name":"w","role":"parameter","shape":[4,3],"dtype":"float32"}
//	  ]
//	}
//
// The values of dtype are float32 and float64. It returns an error if f is no function or file is "", and the first one
// of w. It panics with a [*graph.Error] if w is nil.
func WriteSidecar(w io.Writer, f *program.Function, file string) error {
	const op = "stablehlo.WriteSidecar"
	if w == nil {
		panic(noWriter(op))
	}
	if err := f.Check(); err != nil {
		return err
	}
	if file == "" {
		return graph.Errorf(op, graph.ErrUsage, "the module's file has no name: give the name under which it stands beside the sidecar")
	}
	replaced := replacements(f)
	var arguments, results []any
	for _, a := range f.Arguments {
		arg := argument{part: partOf(a.Name, a.Role, a.Value)}
		if r, ok := replaced[a.Name]; ok {
			arg.Result = &r
		}
		arguments = append(arguments, arg)
	}
	for _, r := range f.Results {
		results = append(results, partOf(r.Name, r.Role, r.Value))
	}
	b := bufio.NewWriter(w)
	b.WriteString("{\n  \"entry\": \"main\",\n  \"stablehlo\": " + encoded(file) + ",\n  \"arguments\": ")
	writeParts(b, arguments)
	b.WriteString(",\n  \"results\": ")
	writeParts(b, results)
	b.WriteString("\n}\n")
	return b.Flush()
}

func partOf(name string, role program.Role, v graph.Value) part {
	return part{name, role, v.Shape(), v.Node().DType().String()}
}

// writeParts writes a list, one part a line.
func writeParts(b *bufio.Writer, parts []any) {
	b.WriteString("[")
	for i, p := range parts {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n    " + encoded(p))
	}
	if len(parts) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteString("]")
}

// encoded returns v, which JSON can express, as JSON.
func encoded(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// replacements returns the index of the result that is the new value of an argument, by the argument's name.
func replacements(f *program.Function) map[string]int {
	list := make(map[string]int)
	for i, r := range f.Results {
		if r.Replaces != "" {
			list[r.Replaces] = i
		}
	}
	return list
}
