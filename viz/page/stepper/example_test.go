package stepper_test

import (
	"fmt"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
)

// What a page needs besides the script and the style sheet: the data, and the operations that the script computes with.
func ExampleModel_Data() {
	g := graph.New()
	x, w := g.Const(0.5).Named("x"), g.Var(0.4).Named("w")
	net := ops.AddScalar(ops.Mul(w, x), 0.1).Named("net")
	out := ops.Tanh(net).Named("out")

	m := stepper.New(out, stepper.Config{Fold: true, Neurons: true})
	data, err := m.Data(nil, nil) // a network drawn as neurons lays itself out
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.HasPrefix(string(data), `{"root":3,`))
	for _, row := range m.Rows() {
		fmt.Println(row.Name)
	}
	// Output:
	// true
	// mul
	// add_scalar
	// tanh
}
