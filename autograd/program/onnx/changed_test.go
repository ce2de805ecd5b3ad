package onnx

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// What was written and then changed in a place or two is read or refused: indices, sizes and inputs are looked at before
// they are used.
func TestReadChanged(t *testing.T) {
	changes := 20
	if testing.Short() {
		changes = 4
	}
	rng := rand.New(rand.NewPCG(1, 2))
	known := make([]string, 0, len(operators))
	for name := range operators {
		known = append(known, name)
	}
	slices.Sort(known)
	seen, read, refused := make(map[string]bool), 0, 0
	for _, row := range graph.Rows() {
		if ok, _ := Lowers(row); !ok {
			continue
		}
		m := newModule(tensor.Float32)
		m.addRow(t, row)
		var b bytes.Buffer
		if err := Write(&b, &m.f, WithFloat32()); err != nil {
			t.Fatal(err)
		}
		for range changes {
			of, err := (&decoder{&budget{1 << 20, 1 << 20}}).model(b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			g := &of.graph
			what := change(rng, g, known)
			if rng.IntN(3) == 0 {
				what += ", " + change(rng, g, known)
			}
			for _, n := range g.nodes {
				seen[n.operator] = true
			}
			func() {
				defer func() {
					if p := recover(); p != nil {
						t.Fatalf("%s with %s: %v", row.Name, what, p)
					}
				}()
				if _, err := Read(bytes.NewReader(encode(g)), WithLimit(1<<16)); err == nil {
					read++
				} else {
					refused++
				}
			}()
		}
	}
	for _, name := range known {
		if !seen[name] {
			t.Errorf("no operation is written with %s", name)
		}
	}
	if read == 0 || refused == 0 {
		t.Errorf("%d files were read and %d refused", read, refused)
	}
}

// change changes a graph in one place and says what it was.
func change(rng *rand.Rand, g *graphProto, operators []string) string {
	number := func() int64 {
		switch rng.IntN(6) {
		case 0:
			return []int64{math.MinInt64, math.MaxInt64, math.MinInt32, math.MaxInt32, 1 << 40, 100}[rng.IntN(6)]
		case 1:
			return -1 - int64(rng.IntN(3))
		}
		return int64(rng.IntN(5))
	}
	n := &g.nodes[rng.IntN(len(g.nodes))]
	switch rng.IntN(6) {
	case 0:
		if len(n.inputs) > 0 {
			from := &g.nodes[rng.IntN(len(g.nodes))]
			n.inputs[rng.IntN(len(n.inputs))] = from.outputs[0]
			return n.name + " with another input"
		}
	case 1:
		if len(n.inputs) > 1 {
			n.inputs = n.inputs[:len(n.inputs)-1]
			return n.name + " with an input less"
		}
	case 2:
		if len(g.inputs) > 0 {
			dims := g.inputs[rng.IntN(len(g.inputs))].dims
			if len(dims) > 0 {
				dims[rng.IntN(len(dims))] = rng.IntN(6)
				return "an input of another shape"
			}
		}
	case 3:
		was := n.operator
		n.operator = operators[rng.IntN(len(operators))]
		return was + " as " + n.operator
	}
	for range 50 { // a number of an attribute, or of a constant
		n := &g.nodes[rng.IntN(len(g.nodes))]
		if len(n.attributes) == 0 {
			continue
		}
		a := &n.attributes[rng.IntN(len(n.attributes))]
		switch {
		case a.typ == intAttribute:
			a.i = number()
		case a.typ == intsAttribute && len(a.ints) > 0:
			a.ints[rng.IntN(len(a.ints))] = number()
		case a.typ == tensorAttribute && a.tensor.elem == i64 && len(a.tensor.raw) > 0:
			i := 8 * rng.IntN(len(a.tensor.raw)/8)
			a.tensor.raw = slices.Concat(a.tensor.raw[:i], littleEndian(number(), 8), a.tensor.raw[i+8:])
		default:
			continue
		}
		return n.name + " with another " + a.name
	}
	return "nothing"
}
