package viz_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
)

func ExampleDOT() {
	g := graph.New()
	x := g.Var(3).Named("x")
	y := ops.Square(x).Named("y")
	if err := viz.DOT(os.Stdout, y, viz.WithGradients(autograd.Backward(y))); err != nil {
		fmt.Println(err)
	}
	// Output:
	// digraph chainrule {
	//   graph [rankdir=LR, bgcolor=white, fontname="Helvetica,Arial,sans-serif", fontsize=18, nodesep=0.25, ranksep=0.45, newrank=true];
	//   node [fontname="Helvetica,Arial,sans-serif", fontsize=14, color="#333333", penwidth=1.2, margin="0.12,0.06"];
	//   edge [fontname="Helvetica,Arial,sans-serif", fontsize=12, color="#555555", fontcolor="#222222", arrowsize=0.7];
	//   n0 [shape=box, style=filled, fillcolor="#cfe2f7", label=<<B>x</B><BR/>3<BR/><FONT COLOR="#8f2d00">δ = 6</FONT>>];
	//   n1 [shape=box, style="filled,rounded", fillcolor="#ffd98f", peripheries=2, label=<<B>y</B><BR/>square&#160;&#160;<FONT POINT-SIZE="12" COLOR="#444444">x²</FONT><BR/>9<BR/><FONT COLOR="#8f2d00">δ = 1</FONT>>];
	//   n0 -> n1 [label=<6>];
	// }
}

// The product rule: both operands are x, and both contribute to its δ.
func ExampleNewPicture() {
	g := graph.New()
	x := g.Var(3).Named("x")
	y := ops.Mul(x, x).Named("y")
	p := viz.NewPicture(y, viz.WithGradients(autograd.Backward(y)), viz.WithContributions())
	for _, n := range p.Nodes {
		fmt.Println(n.Name, "=", n.Value, "with", n.Adjoint)
	}
	for _, e := range p.Edges {
		fmt.Println(p.Nodes[e.From].Name, "→", p.Nodes[e.To].Name, "derivative", e.Derivative, "contributes", e.Contribution)
	}
	// Output:
	// x = 3 with δ = 3 + 3 = 6
	// y = 9 with δ = 1
	// x → y derivative 3 contributes 1 · 3 = 3
	// x → y derivative 3 contributes 1 · 3 = 3
}

// FoldUnnamed keeps what has a name: the picture that one draws by hand.
func ExampleFoldUnnamed() {
	g := graph.New()
	w, x, b := g.Var(0.4).Named("w"), g.Const(0.5).Named("x"), g.Var(0.1).Named("b")
	net := ops.Add(ops.Mul(w, x), b).Named("net")
	p := viz.NewPicture(ops.Sigmoid(net).Named("out"), viz.FoldUnnamed())
	for _, n := range p.Nodes {
		fmt.Println(n.Name, n.Op, n.Formula, n.Value)
	}
	// Output:
	// w   0.4
	// x   0.5
	// b   0.1
	// net  w·x + b 0.3
	// out sigmoid 1/(1+e⁻ˣ) 0.5744
}

// ShapesOnly and HideEdgeLabels show how a network is built, with the text of a node as a renderer draws it.
func ExampleNode_Lines() {
	g := graph.New()
	w, x := g.VarTensor(tensor.New(tensor.Float64, 3, 2)).Named("w"), g.ConstTensor(tensor.New(tensor.Float64, 2)).Named("x")
	h := ops.Tanh(ops.MatMul(w, x)).Named("h")
	p := viz.NewPicture(ops.Sum(h), viz.FoldUnnamed(), viz.ShapesOnly(), viz.HideEdgeLabels())
	for _, n := range p.Nodes {
		var lines []string
		for _, line := range n.Lines() {
			lines = append(lines, line.String())
		}
		fmt.Println(strings.Join(lines, " | "))
	}
	// Output:
	// w | (3,2)
	// x | (2)
	// h | tanh(w·x) | (3)
	// v7  sum  Σ x | ()
}
