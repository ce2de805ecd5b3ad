package stepper

import (
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/viz/layout"
	"github.com/seed366ff29f/chainrule/viz/page/javascript"
)

// nodeData returns what the script needs of a node.
func (m *Model) nodeData(n node) nodeData {
	d := nodeData{Name: n.name, Kind: n.kind, Sweep: n.sweep, Beyond: !m.of.Has(n.ID()), Formula: n.value}
	for _, f := range []form{wideForm, narrowForm} {
		d.Small = append(d.Small, m.formula(n, f))
	}
	if d.Small[0] == "" && d.Small[1] == "" {
		d.Small = nil
	}
	if v, scalar := n.Scalar(); scalar {
		x := number(v)
		d.Value = &x
		if n.sweep {
			w := number(m.grads.Scalar(n.Value()))
			d.Delta = &w
		}
	} else {
		t := n.Data()
		d.Tensor = &tensorData{Shape: tensor.FormatShape(n.Dims()), Value: tensorLines(t), Values: elements(t)}
		if n.sweep {
			w := m.adjoint(n)
			d.Tensor.Delta, d.Tensor.Deltas = tensorLines(w), elements(w)
		}
	}
	for _, l := range n.links {
		e := linkData{From: l.from, Operand: l.operand, Flows: l.flows && n.sweep, Symbol: l.symbol, Rule: l.rule}
		if e.Flows && l.known {
			x := number(l.d)
			e.D = &x
		} else if e.Flows {
			e.Term = l.term
			if l.passed != nil {
				e.Passed = inLine(tensorLines(l.passed))
			}
		}
		d.Links = append(d.Links, e)
	}
	return d
}

// tapeData returns the tape of a graph of scalars.
func (m *Model) tapeData() *tapeData {
	t := &tapeData{Params: map[int][]number{}, Leaves: map[int]number{}}
	at := make(map[int]int, len(m.tape))
	ops := map[string]int{}
	for k, id := range m.tape {
		at[id] = k
		n := m.g.Value(id).Node()
		wants := 0
		if n.WantsGrad() {
			wants = 1
		}
		t.Wants = append(t.Wants, wants)
		in := make([]int, n.NumInputs())
		for i := range in {
			in[i] = at[n.InputNode(i).ID()]
		}
		t.In = append(t.In, in)
		if len(in) == 0 {
			v, _ := n.Scalar()
			t.Op, t.Leaves[k] = append(t.Op, -1), number(v)
			continue
		}
		row := n.Row()
		o, ok := ops[row.Name]
		if !ok {
			o = len(t.Ops)
			ops[row.Name] = o
			t.Ops = append(t.Ops, row.Name)
		}
		t.Op = append(t.Op, o)
		for _, c := range javascript.Constants(n) {
			t.Params[k] = append(t.Params[k], number(c))
		}
	}
	for _, n := range m.nodes {
		t.Shown = append(t.Shown, at[n.ID()])
	}
	return t
}

// drawing returns the coordinates of a layout.
func (m *Model) drawing(l *layout.Layout, f form) (*drawing, error) {
	g := m.graph(f)
	if l == nil && m.cfg.Neurons {
		l = m.layered(f)
	}
	if l == nil || len(l.Nodes) != len(g.Nodes) || len(l.Edges) != len(g.Edges) {
		return nil, fmt.Errorf("stepper: the layout is not that of the model: lay out what Model.Graphs returns")
	}
	l = m.inOrder(l, f)
	d := &drawing{W: round(l.Width), H: round(l.Height), Digits: f.digits, Edges: []edgeData{}}
	for k, b := range m.boxes {
		r := l.Nodes[k]
		out := boxData{X: round(r.X), Y: round(r.Y), W: round(r.W), H: round(r.H), Cells: b.cells, Chip: b.chip, Line: m.oneLine(b, f)}
		for _, c := range b.cells {
			out.High = append(out.High, m.cell(b, c, f).H)
		}
		d.Boxes = append(d.Boxes, out)
	}
	for k, r := range l.Clusters {
		if r != (layout.Rect{}) && k < len(m.scopes) {
			d.Scopes = append(d.Scopes, scopeData{m.scopes[k].name, round(r.X), round(r.Y), round(r.W), round(r.H)})
		}
	}
	for k, e := range m.edges {
		out := edgeData{From: e.from, To: e.to}
		for _, u := range e.uses {
			out.Uses = append(out.Uses, [2]int{u.node, u.link})
		}
		switch {
		case e.chip >= 0 && e.second:
			out.Chip = 2
		case e.chip >= 0:
			out.Chip = 1
		}
		for _, p := range l.Edges[k].Points {
			out.Points = append(out.Points, round(p.X), round(p.Y))
		}
		d.Edges = append(d.Edges, out)
	}
	return d, nil
}

// round returns coordinates to a tenth of a px.
func round(v float64) float64 { return math.Round(10*v) / 10 }
