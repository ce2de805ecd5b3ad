package graph_test

import (
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/ops/expr"
)

var opSoftsign graph.Op

// Not in the declaration of opSoftsign: its row refers to Softsign, which refers to opSoftsign.
func init() {
	opSoftsign = graph.Register(graph.Row{
		Name: "outside_softsign", Func: Softsign, Params: "x",
		Doc:        "smooth sign",
		Formula:    "x/(1+|x|)",
		Derivative: "1/(1+|x|)²",
		Value:      "where(isfinite(x), x/(1+abs(x)), sign(x))",
		Slopes:     []string{"1/(1+abs(x))/(1+abs(x))"},
		Unary: func(x float64) (y, dx float64) {
			if math.IsInf(x, 0) {
				return math.Copysign(1, x), 0
			}
			r := 1 / (1 + math.Abs(x))
			return x / (1 + math.Abs(x)), r * r
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return ops.Chain(ct, ops.Square(ops.Reciprocal(ops.AddScalar(ops.Abs(n.Input(0)), 1))))
		},
		At: graph.Specials{
			NaN:     graph.Point{Value: math.NaN(), Derivative: math.NaN()},
			Inf:     graph.Point{Value: 1, Derivative: 0},
			NegInf:  graph.Point{Value: -1, Derivative: 0},
			Zero:    graph.Point{Value: 0, Derivative: 1},
			NegZero: graph.Point{Value: math.Copysign(0, -1), Derivative: 1},
		},
		Source: "Bergstra, Desjardins, Lamblin and Bengio (2009)",
	})
}

// Softsign returns x/(1+|x|), element by element.
func Softsign(x graph.Value) graph.Value { return graph.Unary(opSoftsign, x) }

// An operation of a package of its own takes scalars and tensors, has derivatives of any order, and can be called in
// expressions.
func ExampleRegister() {
	g := graph.New()
	x := g.Var(3)
	y := Softsign(x)
	first := autograd.Grad(y, x)[0]
	second := autograd.Grad(first, x)[0]
	fmt.Println(y.Item(), first.Item(), second.Item())

	v := g.VarTensor(tensor.Of([]float64{-1, 0, 3}, 3))
	grads := autograd.Backward(ops.Sum(Softsign(v)))
	fmt.Println(Softsign(v).Tensor(), grads.Tensor(v))

	e, err := expr.Parse("outside_softsign(2*x)")
	if err != nil {
		fmt.Println(err)
		return
	}
	z, err := e.Eval(g, map[string]graph.Value{"x": x})
	fmt.Printf("%.4f %v\n", z.Item(), err)
	// Output:
	// 0.75 0.0625 -0.03125
	// [-0.5 0 0.75] [0.25 1 0.0625]
	// 0.8571 <nil>
}
