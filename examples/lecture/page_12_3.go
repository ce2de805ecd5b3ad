package main

import (
	"context"
	"html/template"

	"github.com/seed366ff29f/chainrule/graph"
)

// page123 is the tab of 12.3: vectors and matrices as nodes, and equations (a) to (e).
func page123(_ context.Context, _ *lesson, c *content) error {
	n := example123
	r := n.record(graph.New())
	c.root, c.fold = r.l, true
	type row struct{ Label, Formula, Where, Node, Values string }
	rows := []row{
		{"(a)", "δ_{ŷ} = {∂l}/{∂ŷ} = -{y}/{ŷ} + {1-y}/{1-ŷ}", "δ of ŷ", "ŷ", ""},
		{"(b)", "{∂ŷ}/{∂z^{(2)}} = g′(z^{(2)})", "on the edge to ŷ", "z(2)", ""},
		{"", "δ_{z^{(2)}} = δ_{ŷ} · {∂ŷ}/{∂z^{(2)}}", "δ of z(2)", "z(2)", ""},
		{"(c)", "δ_{w^{(2)}} = δ_{z^{(2)}} · {∂z^{(2)}}/{∂w^{(2)}} = δ_{z^{(2)}} · a^{(1)}", "δ of w(2)", "w(2)", ""},
		{"(d)", "{∂a^{(1)}}/{∂z^{(1)}} = g′(z^{(1)})", "on the edge to a(1)", "z(1)", ""},
		{"", "δ_{z^{(1)}} = δ_{z^{(2)}} · w^{(2)} · g′(z^{(1)})", "δ of z(1)", "z(1)", ""},
		{"(e)", "δ_{w^{(1)}} = δ_{z^{(1)}} · x^T", "δ of w(1)", "w(1)", ""},
	}
	for i, e := range r.equations(n.byHand()) {
		rows[i].Values = signed(fixed(e.graph))
	}
	c.data = struct {
		Unsigned, Signed, Residual float64
		Equations                  []row
		Picture                    template.HTML
	}{r.dUnsigned.Item(), r.dYHat.Item(), r.yHat.Item() - n.y, rows, r.lettered()}
	return nil
}
