package main

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A letteredNode is a box of the computational graph of 12.3: a value, with its δ under it.
type letteredNode struct {
	v           graph.Value
	column, row int // from the left, and from the top
}

// A letteredEdge leads from a box to another, and carries the local derivative, with the letter of its equation.
type letteredEdge struct {
	from, to      int
	letter, label string
}

const (
	boxWidth, boxHeight = 148, 74
	columnStep          = 180
	rowStep             = 128
)

// lettered draws the graph of 12.3 as the lecture does, the chain from the top to the bottom, with (a) to (e) on the edges.
func (r *recorded123) lettered() template.HTML {
	nodes := []letteredNode{
		{r.x, 1, 0}, {r.z1, 1, 1}, {r.a1, 1, 2}, {r.z2, 1, 3}, {r.yHat, 1, 4}, {r.l, 1, 5},
		{r.w1, 0, 0}, {r.b1, 2, 1}, {r.w2, 0, 2}, {r.b2, 2, 3}, {r.y, 2, 5},
	}
	const x, z1, a1, z2, yHat, l, w1, b1, w2, b2, y = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
	edges := []letteredEdge{
		{x, z1, "", ""}, {w1, z1, "(e)", "∂z(1)/∂w(1) = x"}, {b1, z1, "", ""},
		{z1, a1, "(d)", "∂a(1)/∂z(1) = g′(z(1))"},
		{a1, z2, "", "∂z(2)/∂a(1) = w(2)"}, {w2, z2, "(c)", "∂z(2)/∂w(2) = a(1)"}, {b2, z2, "", ""},
		{z2, yHat, "(b)", "∂ŷ/∂z(2) = g′(z(2))"},
		{yHat, l, "(a)", "∂l/∂ŷ = −y/ŷ + (1−y)/(1−ŷ)"}, {y, l, "", ""},
	}
	grads := autograd.Backward(r.l)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="lettered" viewBox="0 0 %d %d" role="img" aria-label="The computational graph of 12.3, from x at the top to the loss l at the bottom, with equations (a) to (e) on its edges">`,
		2*columnStep+boxWidth+8, 5*rowStep+boxHeight+8)
	for _, e := range edges {
		nodes[e.from].edge(&b, nodes[e.to], e)
	}
	for _, n := range nodes {
		n.box(&b, grads)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// corner returns the upper left corner of a box.
func (n letteredNode) corner() (x, y int) { return 4 + n.column*columnStep, 4 + n.row*rowStep }

// box writes the box of a node: its name, its value, its δ.
func (n letteredNode) box(b *strings.Builder, grads autograd.Gradients) {
	x, y := n.corner()
	fmt.Fprintf(b, `<g><rect x="%d" y="%d" width="%d" height="%d" rx="6"/>`, x, y, boxWidth, boxHeight)
	line := func(dy int, class, text string) {
		fmt.Fprintf(b, `<text x="%d" y="%d" class="%s">%s</text>`, x+boxWidth/2, y+dy, class, template.HTMLEscapeString(text))
	}
	line(20, "name", n.v.Name())
	line(41, "value", brief(n.v.Tensor()))
	if grads.Reaches(n.v) {
		line(62, "delta", "δ "+brief(grads.Tensor(n.v)))
	}
	b.WriteString("</g>")
}

// brief returns numbers with two decimals: those of a matrix are too many.
func brief(t *tensor.Tensor) string {
	if dims := t.Dims(); len(dims) == 2 && dims[1] > 1 {
		return fmt.Sprintf("%d × %d", dims[0], dims[1])
	}
	var words []string
	for i := range t.Len() {
		words = append(words, strings.Replace(strconv.FormatFloat(t.AtFlat(i), 'f', 3, 64), "-", "−", 1))
	}
	return strings.Join(words, " ")
}

// edge writes the line to another node, and its label beside it. Boxes of one row are joined from the right to the left.
func (n letteredNode) edge(b *strings.Builder, to letteredNode, e letteredEdge) {
	x1, y1 := n.corner()
	x2, y2 := to.corner()
	if n.row == to.row {
		y, right := y1+boxHeight/2, x2+boxWidth
		fmt.Fprintf(b, `<path d="M%d %dH%d"/><path class="tip" d="M%d %dl8 -4v8z"/>`, x1, y, right+4, right, y)
		return
	}
	x1, y1 = x1+boxWidth/2, y1+boxHeight
	x2 += boxWidth/2 + (n.column-to.column)*48
	fmt.Fprintf(b, `<path d="M%d %dL%d %d"/><path class="tip" d="M%d %dl-4 -8h8z"/>`, x1, y1, x2, y2-4, x2, y2)
	if e.label == "" {
		return
	}
	x, y, anchor := (x1+x2)/2+8, (y1+y2)/2+4, "start"
	if n.column < to.column {
		x, anchor = (x1+x2)/2-8, "end"
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="%s" class="slope">%s%s</text>`, x, y, anchor, letter(e.letter), template.HTMLEscapeString(e.label))
}

// letter returns the letter of an equation in bold.
func letter(s string) string {
	if s == "" {
		return ""
	}
	return `<tspan class="letter">` + s + "</tspan> "
}
