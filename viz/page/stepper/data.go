package stepper

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/viz/layout"
	"github.com/seed366ff29f/chainrule/viz/page/javascript"
)

// number is a float64 as the script reads it: what JSON has no number for is a text.
type number float64

func (v number) MarshalJSON() ([]byte, error) {
	f := float64(v)
	switch {
	case math.IsNaN(f):
		return []byte(`"NaN"`), nil
	case math.IsInf(f, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Infinity"`), nil
	case f == 0 && math.Signbit(f):
		return []byte("-0"), nil
	}
	return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
}

// The data of a page. The script describes the fields where it reads them.
type (
	dataOf struct {
		Root   int        `json:"root"`
		Seed   number     `json:"seed"`
		Sweep  bool       `json:"sweep"`
		Depth  bool       `json:"depth,omitempty"`
		Notes  []string   `json:"notes,omitempty"`
		Nodes  []nodeData `json:"nodes"`
		Tape   *tapeData  `json:"tape,omitempty"`
		Wide   *drawing   `json:"wide"`
		Narrow *drawing   `json:"narrow"`
	}
	nodeData struct {
		Name    string     `json:"n"`
		Kind    kind       `json:"k"`
		Value   *number    `json:"v,omitempty"`
		Delta   *number    `json:"d,omitempty"`
		Sweep   bool       `json:"w,omitempty"`
		Beyond  bool       `json:"b,omitempty"` // the root does not depend on it
		Formula string     `json:"f,omitempty"`
		Small   []string   `json:"s,omitempty"` // formula in the box, wide and narrow
		Links   []linkData `json:"l,omitempty"`
		Tensor  *tensorOf  `json:"t,omitempty"`
	}
	linkData struct {
		From    int     `json:"u"`
		Operand int     `json:"o"` // -1 for a way through folded nodes
		Flows   bool    `json:"w,omitempty"`
		D       *number `json:"d,omitempty"`
		Symbol  string  `json:"s,omitempty"`
		Term    string  `json:"t,omitempty"`
		Rule    string  `json:"r,omitempty"`
		Passed  string  `json:"p,omitempty"`
	}
	tensorOf struct {
		Shape string   `json:"shape"`
		Value []string `json:"v"`
		Text  string   `json:"vt"`
		Delta []string `json:"d,omitempty"`
		DText string   `json:"dt,omitempty"`
	}
	tapeData struct {
		Ops    []string         `json:"ops"`
		Op     []int            `json:"op"` // -1 for a leaf
		In     [][]int          `json:"in"`
		Params map[int][]number `json:"c,omitempty"`
		Leaves map[int]number   `json:"v"`
		Wants  []int            `json:"w"`
		Shown  []int            `json:"shown"` // by node: its place on the tape
	}
	drawing struct {
		W      float64    `json:"w"`
		H      float64    `json:"h"`
		Digits int        `json:"digits"`
		Boxes  []boxData  `json:"boxes"`
		Edges  []edgeData `json:"edges"`
		Scopes []scope    `json:"scopes,omitempty"`
	}
	scope struct {
		Name string  `json:"n"`
		X    float64 `json:"x"`
		Y    float64 `json:"y"`
		W    float64 `json:"w"`
		H    float64 `json:"h"`
	}
	boxData struct {
		X     float64   `json:"x"`
		Y     float64   `json:"y"`
		W     float64   `json:"w"`
		H     float64   `json:"h"`
		Cells []int     `json:"c"`
		High  []float64 `json:"hs"` // heights of the cells
		Chip  bool      `json:"chip,omitempty"`
		Line  bool      `json:"line,omitempty"`
	}
	edgeData struct {
		From   int       `json:"a"`
		To     int       `json:"b"`
		Uses   [][2]int  `json:"u"`
		Chip   int       `json:"chip,omitempty"` // 1 to the chip, 2 from it on
		Points []float64 `json:"p"`
	}
)

// Data returns the stepper's data for two layouts of [Model.Graphs], as JSON that can stand in an element script of
// HTML: the characters <, > and & and the line separators of Unicode are escaped.
func (m *Model) Data(wide, narrow *layout.Layout) ([]byte, error) {
	d := dataOf{Root: m.at[m.root.ID()], Seed: 1, Sweep: m.grads != nil, Depth: m.cfg.DepthFirst && m.grads != nil && !m.tensors(), Notes: m.notes}
	for k := range m.nodes {
		d.Nodes = append(d.Nodes, m.nodeData(m.nodes[k]))
	}
	if root := d.Nodes[d.Root]; root.Delta != nil {
		d.Seed = *root.Delta
	}
	if m.live {
		d.Tape = m.tapeData()
	}
	var err error
	if d.Wide, err = m.drawing(wide, wideForm); err != nil {
		return nil, err
	}
	if d.Narrow, err = m.drawing(narrow, narrowForm); err != nil {
		return nil, err
	}
	return json.Marshal(d)
}

// tensors reports whether some derivative is no number.
func (m *Model) tensors() bool {
	for k := range m.nodes {
		if m.hasTensors(k) {
			return true
		}
	}
	return false
}

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
		d.Tensor = &tensorOf{Shape: tensor.FormatShape(n.Dims()), Value: tensorLines(t), Text: elements(t)}
		if n.sweep {
			w := m.adjoint(n)
			d.Tensor.Delta, d.Tensor.DText = tensorLines(w), elements(w)
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
				e.Passed = strings.Join(tensorLines(l.passed), " ")
			}
		}
		d.Links = append(d.Links, e)
	}
	return d
}

// adjoint returns ∂l/∂v for a tensor v, nil if it was not kept.
func (m *Model) adjoint(n node) *tensor.Tensor {
	if !m.grads.Kept(n.Value()) {
		return nil
	}
	return m.grads.Tensor(n.Value())
}

// elements returns the numbers of a tensor as they stand in attributes: exactly, with spaces between them, "" if there
// are many.
func elements(t *tensor.Tensor) string {
	if t == nil || t.Len() > maxData {
		return ""
	}
	var b strings.Builder
	for i, v := range t.Float64s() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return b.String()
}

// tensorLines returns a tensor as it stands in a box: a matrix that is small by rows, a large one in short.
func tensorLines(t *tensor.Tensor) []string {
	if t == nil {
		return []string{"not kept"}
	}
	const short = 4
	dims := t.Dims()
	switch {
	case t.Len() > maxElements || len(dims) != 2 || t.Len() == 0:
		return []string{legible.Tensor(t, maxElements, short)}
	case dims[1] == 1 && dims[0] > 1: // a column
		return []string{"[" + strings.Join(row(t, 0, dims[0], short), " ") + "]ᵀ"}
	}
	lines := make([]string, dims[0])
	for i := range lines {
		lines[i] = "[" + strings.Join(row(t, i*dims[1], dims[1], short), " ") + "]"
	}
	return lines
}

// row returns n elements of a tensor.
func row(t *tensor.Tensor, first, n, digits int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = legible.Number(t.AtFlat(first+i), digits)
	}
	return out
}

// valueLines returns the value of a node as it stands in a box.
func (m *Model) valueLines(n node, f form) []string {
	if v, scalar := n.Scalar(); scalar {
		return []string{legible.Number(v, f.digits)}
	}
	lines := tensorLines(n.Data())
	return append([]string{tensor.FormatShape(n.Dims())}, lines...)
}

// adjointLines returns δ of a node as it stands in a box.
func (m *Model) adjointLines(n node, f form) []string {
	if _, scalar := n.Scalar(); scalar {
		return []string{"δ = " + legible.Number(m.grads.Scalar(n.Value()), f.digits)}
	}
	lines := tensorLines(m.adjoint(n))
	lines[0] = "δ = " + lines[0]
	return lines
}

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
			d.Scopes = append(d.Scopes, scope{m.scopes[k].name, round(r.X), round(r.Y), round(r.W), round(r.H)})
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
