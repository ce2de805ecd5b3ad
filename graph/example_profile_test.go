package graph_test

import (
	"fmt"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A profile says which operations took how long, in which scope, and how many bytes they wrote. Its WriteTable prints all
// of that.
func ExampleWithProfile() {
	var p graph.Profile
	g := graph.New(graph.WithProfile(&p), graph.WithDType(tensor.Float32))
	w, x := tensor.New(tensor.Float32, 784, 128), tensor.New(tensor.Float32, 64, 784)
	x.Fill(1)
	for range 10 {
		g.Reset()
		done := g.Scope("layer 1")
		y := ops.Tanh(ops.MatMul(g.BindConst(x), g.Bind(w)))
		done()
		autograd.Backward(ops.Sum(y), autograd.LeavesOnly())
	}
	for _, e := range p.Entries() {
		fmt.Printf("%2d × %-8s %8d bytes  in %q, backward %t\n", e.Count, e.Op, e.Bytes, strings.Join(e.Scopes, " / "), e.Backward)
	}
	// Output:
	// 10 × matmul     327680 bytes  in "layer 1", backward false
	// 10 × tanh       327680 bytes  in "layer 1", backward false
	// 10 × sum            40 bytes  in "", backward false
	// 10 × sum        327680 bytes  in "", backward true
	// 10 × tanh       327680 bytes  in "layer 1", backward true
	// 10 × matmul    4014080 bytes  in "layer 1", backward true
}
