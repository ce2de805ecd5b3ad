// Package rowtest has what tests that range over the table of operations share: sample calls of an operation, and grids of
// special numbers.
package rowtest

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/ops"
)

// A Sample is one call of an operation: the operands as tensors, and all arguments in order, with an operand's index in
// place of its value.
type Sample struct {
	Text     string
	Row      *graph.Row
	Operands []*tensor.Tensor
	Args     []any // Operand, int or float64
}

// An Operand is the index of an operand.
type Operand int

// Apply calls the operation on the operands, mapped into its domain.
func (s Sample) Apply(xs []graph.Value) graph.Value {
	args := make([]any, len(s.Args))
	for i, a := range s.Args {
		if k, ok := a.(Operand); ok {
			x := xs[k]
			if s.Row.Prepare != nil {
				x = s.Row.Prepare(int(k), x)
			}
			a = x
		}
		args[i] = a
	}
	return ops.Apply(s.Row, args...)
}

// Samples returns the calls of Row.Try, or the usual shapes for an elementwise row.
func Samples(t testing.TB, row *graph.Row) []Sample {
	t.Helper()
	tries := row.Try
	if len(tries) == 0 && row.Unary != nil {
		tries = []string{"()", "(3)", "(2,3)", "(1,3)", "(0)", "(2,0)"}
	}
	if len(tries) == 0 && row.Binary != nil {
		shapes := []string{"()", "(3)", "(1)", "(2,3)", "(2,1)", "(1,3)", "(4,2,3)", "(0,3)", "(4,1,1)"}
		for _, a := range shapes {
			for _, b := range shapes {
				if _, ok := array.BroadcastShapes(nil, Shape(t, a), Shape(t, b)); ok {
					tries = append(tries, a+" "+b)
				}
			}
		}
	}
	var out []Sample
	for _, text := range tries {
		out = append(out, Parse(t, row, text, RandomOperand))
	}
	return out
}

// Parse reads a sample call. Its operands come from draw.
func Parse(t testing.TB, row *graph.Row, text string, draw func(rng *rand.Rand, row *graph.Row, k int, shape []int) *tensor.Tensor) Sample {
	t.Helper()
	h := fnv.New64a()
	h.Write([]byte(row.Name + text))
	rng := rand.New(rand.NewPCG(h.Sum64(), 1))
	s := Sample{Text: text, Row: row}
	for _, word := range strings.Fields(text) {
		if word[0] == '(' {
			k := len(s.Operands)
			s.Operands = append(s.Operands, draw(rng, row, k, Shape(t, word)))
			s.Args = append(s.Args, Operand(k))
		} else if v, err := strconv.Atoi(word); err == nil {
			s.Args = append(s.Args, v)
		} else if v, err := strconv.ParseFloat(word, 64); err == nil {
			s.Args = append(s.Args, v)
		} else {
			t.Fatalf("row %q: Try %q: %q is neither a shape nor a number", row.Name, text, word)
		}
	}
	return s
}

// Shape reads a shape such as (2,3).
func Shape(t testing.TB, s string) []int {
	t.Helper()
	shape := []int{}
	for _, d := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("(,)", r) }) {
		n, err := strconv.Atoi(d)
		if err != nil {
			t.Fatalf("shape %q: %v", s, err)
		}
		shape = append(shape, n)
	}
	return shape
}

// Domain returns where operand k of a row is drawn from.
func Domain(row *graph.Row, k int) graph.Interval {
	if n := len(row.Domain); n > 0 {
		return row.Domain[min(k, n-1)]
	}
	return graph.Interval{Lo: -2, Hi: 2}
}

// RandomOperand draws from the row's domain, at some distance from its kinks.
func RandomOperand(rng *rand.Rand, row *graph.Row, k int, shape []int) *tensor.Tensor {
	domain := Domain(row, k)
	x := tensor.New(tensor.Float64, shape...)
	for i := range x.Len() {
		for near := true; near; {
			x.SetFlat(domain.Lo+(domain.Hi-domain.Lo)*rng.Float64(), i)
			near = false
			for _, kink := range row.Kinks {
				near = near || math.Abs(x.AtFlat(i)-kink.At) < 0.05
			}
		}
	}
	return x
}

// Weighted returns a scalar that depends on every element of y differently: the sum of y·w for fixed weights w.
func Weighted(y graph.Value) graph.Value {
	w := tensor.New(y.Graph().DType(), y.Shape()...)
	for i := range w.Len() {
		w.SetFlat(0.5+math.Mod(0.618033988749895*float64(i+1), 1), i)
	}
	return ops.Sum(ops.Mul(y, y.Graph().ConstTensor(w)))
}

// Variables returns a leaf for each tensor.
func Variables(g *graph.Graph, ts []*tensor.Tensor) []graph.Value {
	xs := make([]graph.Value, len(ts))
	for i, t := range ts {
		xs[i] = g.VarTensor(t)
	}
	return xs
}

// Float32s returns the tensors in single precision.
func Float32s(ts []*tensor.Tensor) []*tensor.Tensor {
	out := make([]*tensor.Tensor, len(ts))
	for i, t := range ts {
		out[i] = t.To(tensor.Float32)
	}
	return out
}

// Numbers returns the elements of a tensor of either precision.
func Numbers(t *tensor.Tensor) []float64 {
	out := make([]float64, t.Len())
	for i := range out {
		out[i] = t.AtFlat(i)
	}
	return out
}

// Filled returns a tensor of equal numbers.
func Filled(v float64, shape ...int) *tensor.Tensor {
	t := tensor.New(tensor.Float64, shape...)
	t.Fill(v)
	return t
}

// Show returns the tensors in short form, for messages.
func Show(ts []*tensor.Tensor) []string {
	s := make([]string, len(ts))
	for i, t := range ts {
		s[i] = t.Summary(12, 4)
	}
	return s
}
