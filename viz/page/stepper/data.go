package stepper

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/seed366ff29f/chainrule/viz/layout"
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

// The data of a page. Names of fields are short where there are many of them.
type (
	pageData struct {
		Root   int        `json:"root"`            // index of the root's node
		Seed   number     `json:"seed"`            // δ of the root
		Sweep  bool       `json:"sweep"`           // there is a backward pass
		Depth  bool       `json:"depth,omitempty"` // with a switch to depth first
		Notes  []string   `json:"notes,omitempty"`
		Nodes  []nodeData `json:"nodes"`
		Tape   *tapeData  `json:"tape,omitempty"` // if the page computes
		Wide   *drawing   `json:"wide"`
		Narrow *drawing   `json:"narrow"`
	}
	nodeData struct {
		Name    string      `json:"n"`
		Kind    kind        `json:"k"`
		Value   *number     `json:"v,omitempty"` // of a scalar
		Delta   *number     `json:"d,omitempty"`
		Tensor  *tensorData `json:"t,omitempty"`
		Sweep   bool        `json:"w,omitempty"` // it gets a δ
		Beyond  bool        `json:"b,omitempty"` // the root does not depend on it
		Formula string      `json:"f,omitempty"`
		Small   []string    `json:"s,omitempty"` // the formula in the box, wide and narrow
		Links   []linkData  `json:"l,omitempty"`
	}
	linkData struct {
		From    int     `json:"u"`
		Operand int     `json:"o"`           // -1 for a way through folded nodes
		Flows   bool    `json:"w,omitempty"` // a gradient flows along it
		D       *number `json:"d,omitempty"` // the local derivative, if it is a number
		Symbol  string  `json:"s,omitempty"` // its formula
		Term    string  `json:"t,omitempty"` // for tensors: the formula of what is passed on
		Passed  string  `json:"p,omitempty"` // and its elements
		Rule    string  `json:"r,omitempty"` // what words say of the derivative
	}
	tensorData struct {
		Shape  string   `json:"shape"`
		Value  []string `json:"v"` // lines in the box
		Delta  []string `json:"d,omitempty"`
		Values string   `json:"vt"` // exact elements, "" for many
		Deltas string   `json:"dt,omitempty"`
	}
	tapeData struct {
		Ops    []string         `json:"ops"`         // names of operations
		Op     []int            `json:"op"`          // by node: index of its operation, -1 for a leaf
		In     [][]int          `json:"in"`          // by node: its operands
		Params map[int][]number `json:"c,omitempty"` // by node: constant parameters
		Leaves map[int]number   `json:"v"`           // by leaf: its number
		Wants  []int            `json:"w"`           // by node: 1 if it wants a gradient
		Shown  []int            `json:"shown"`       // by node that is shown: its place
	}
	drawing struct {
		W      float64     `json:"w"`
		H      float64     `json:"h"`
		Digits int         `json:"digits"`
		Boxes  []boxData   `json:"boxes"`
		Edges  []edgeData  `json:"edges"`
		Scopes []scopeData `json:"scopes,omitempty"`
	}
	boxData struct {
		X     float64   `json:"x"`
		Y     float64   `json:"y"`
		W     float64   `json:"w"`
		H     float64   `json:"h"`
		Cells []int     `json:"c"`              // indices of nodes
		High  []float64 `json:"hs"`             // heights of the cells
		Chip  bool      `json:"chip,omitempty"` // it stands on an edge
		Line  bool      `json:"line,omitempty"` // name and value stand on one line
	}
	edgeData struct {
		From   int       `json:"a"`
		To     int       `json:"b"`
		Uses   [][2]int  `json:"u"`              // node and index of its link
		Chip   int       `json:"chip,omitempty"` // 1 for an edge to a chip, 2 from it on
		Points []float64 `json:"p"`              // x, y: the start, and triples of a Bézier curve
	}
	scopeData struct {
		Name string  `json:"n"`
		X    float64 `json:"x"`
		Y    float64 `json:"y"`
		W    float64 `json:"w"`
		H    float64 `json:"h"`
	}
)

// Data returns the stepper's data for two layouts of [Model.Graphs], as JSON that can stand in an element script of
// HTML: the characters <, > and & and the line separators of Unicode are escaped.
func (m *Model) Data(wide, narrow *layout.Layout) ([]byte, error) {
	m.mustBeMade("stepper.Model.Data")
	d := pageData{Root: m.at[m.root.ID()], Seed: 1, Sweep: m.grads != nil, Depth: m.cfg.DepthFirst && m.grads != nil && !m.tensors(), Notes: m.notes}
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
