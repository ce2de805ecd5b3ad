package ops_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// fuzzElements is the largest operand of a fuzzed call. Small ones reach every path, and few of their elements are
// close to a kink.
const fuzzElements = 24

// fuzzDraws is how many random operands must all fail before a gradient is called wrong. One draw fails now and then
// because an element is close to a kink that no one listed, such as a tie of max.
const fuzzDraws = 6

// FuzzRows calls every operation with shapes, axes, indices and numbers of any kind. A call ends in a *graph.Error or
// in a value whose gradients agree: Backward with Grad, and both with central differences.
func FuzzRows(f *testing.F) {
	var rows []*graph.Row
	for _, row := range graph.Rows() {
		if _, ok := ops.Signature(row); ok && strings.HasPrefix(row.GoName(), "ops.") {
			rows = append(rows, row)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		for range 12 {
			data := make([]byte, 12)
			for k := range data {
				data[k] = byte(rng.Uint32())
			}
			f.Add(uint16(i), data)
		}
	}
	f.Fuzz(func(t *testing.T, which uint16, data []byte) {
		fuzzCall(t, rows[int(which)%len(rows)], data)
	})
}

// A source makes choices from the bytes of the fuzzer, and zeros once they are used up.
type source struct{ data []byte }

func (s *source) next() int {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return int(b)
}

// shape returns a shape of at most fuzzElements elements, often that of the operand before.
func (s *source) shape(before [][]int) []int {
	b := s.next()
	if k := len(before); k > 0 && b&0xC0 == 0xC0 {
		return before[k-1]
	} else if k > 0 && b&0xC0 == 0x80 && len(before[k-1]) > 0 {
		return before[k-1][1:]
	}
	shape := []int{}
	for n := 1; len(shape) < []int{0, 1, 1, 2, 2, 2, 3, 4}[b&7]; {
		d := []int{1, 2, 3, 4, 2, 3, 5, 0}[s.next()&7]
		if n *= max(d, 1); n > fuzzElements {
			break
		}
		shape = append(shape, d)
	}
	return shape
}

func (s *source) integer() int {
	b := s.next()
	if b < 240 {
		return []int{0, 1, 2, 0, 1, 2, 3, -1, 4, -2, 5, -3}[b%12]
	}
	return []int{7, 100, 1 << 20, math.MaxInt32, math.MaxInt / 3, math.MaxInt, math.MinInt, math.MinInt32}[b%8]
}

func (s *source) number() float64 {
	return []float64{0.5, 1, -1, 2, 0, 1e-5, 0.1, 3, -0.5, 0.9, 1e10, 1e300, math.Inf(1), math.Inf(-1), math.NaN(), 1e-300}[s.next()&15]
}

// fuzzCall makes one call of an operation from bytes.
func fuzzCall(t *testing.T, row *graph.Row, data []byte) {
	params, _ := ops.Signature(row)
	src := &source{data}
	s := rowtest.Sample{Row: row}
	var shapes [][]int
	tame := true // no number with which central differences say nothing
	for _, p := range params {
		n := 1
		if p.Variadic {
			n = src.next() % 4
		}
		for range n {
			switch p.Kind {
			case ops.ValueArg:
				s.Args = append(s.Args, rowtest.Operand(len(shapes)))
				shapes = append(shapes, src.shape(shapes))
			case ops.IntArg:
				v := src.integer()
				tame = tame && -10 < v && v < 10 // a derivative of order 100 is too steep for differences
				s.Args = append(s.Args, v)
			case ops.FloatArg:
				v := src.number()
				tame = tame && math.Abs(v) < 10 && (v == 0 || math.Abs(v) > 1e-6)
				s.Args = append(s.Args, v)
			}
		}
	}
	h := fnv.New64a()
	h.Write(data)
	rng := rand.New(rand.NewPCG(h.Sum64(), 3))
	draw := func() {
		s.Operands = nil
		for k, shape := range shapes {
			s.Operands = append(s.Operands, rowtest.RandomOperand(rng, row, k, shape))
		}
	}
	if draw(); !preparable(row, s.Operands) {
		raw := *row
		raw.Prepare = nil
		s.Row = &raw
	}
	s.Text = fmt.Sprint(row.Name, " of shapes ", shapes, " and ", s.Args)

	f := func(xs ...graph.Value) graph.Value { return weighted(s.Apply(xs)) }
	g := graph.New(graph.WithMemoryLimit(1 << 20))
	var y graph.Value
	err := graph.Try(func() { y = f(variables(g, s.Operands)...) })
	if err != nil {
		if strings.ContainsAny(err.Error(), "\n\r") || !strings.Contains(err.Error(), ": ") {
			t.Errorf("%s: want one line that says where, got %q", s.Text, err)
		}
		return
	}
	if !y.WantsGrad() {
		return
	}
	for k := range fuzzDraws {
		if k > 0 {
			draw()
		}
		if err = fuzzGradient(f, s.Operands); err == nil || !tame && !errors.As(err, new(*disagreement)) {
			return
		}
	}
	t.Errorf("%s at %v: %v", s.Text, s.Operands, err)
}

// preparable reports whether the row can map the operands into its domain: it knows how only for shapes that make sense.
func preparable(row *graph.Row, operands []*tensor.Tensor) (ok bool) {
	defer func() { ok = recover() == nil }()
	if row.Prepare != nil {
		for k, x := range variables(graph.New(), operands) {
			row.Prepare(k, x)
		}
	}
	return
}

// A disagreement is one between Backward and Grad.
type disagreement struct {
	operand        int
	backward, grad *tensor.Tensor
}

func (d *disagreement) Error() string {
	return fmt.Sprintf("the gradient by operand %d is %v by Backward and %v by Grad", d.operand, d.backward, d.grad)
}

// fuzzGradient compares the gradients of f by Backward, by Grad, and by central differences.
func fuzzGradient(f func(xs ...graph.Value) graph.Value, operands []*tensor.Tensor) error {
	var differ error
	finite := true // central differences of an infinite value say nothing
	err := graph.Try(func() {
		g := graph.New()
		xs := variables(g, operands)
		y := f(xs...)
		finite = y.Item()-y.Item() == 0
		grads := autograd.Backward(y)
		var numeric []*tensor.Tensor
		for _, x := range xs {
			numeric = append(numeric, grads.Tensor(x))
		}
		for i, d := range autograd.Grad(y, xs...) {
			if !slices.EqualFunc(numeric[i].Float64s(), d.Tensor().Float64s(), alike) {
				differ = &disagreement{i, numeric[i], d.Tensor()}
				return
			}
		}
	})
	if err == nil {
		err = differ
	}
	if err != nil || !finite {
		return err
	}
	return autograd.Check(f, operands...)
}

// alike reports whether two computations of one number agree but for some roundings.
func alike(a, b float64) bool {
	return rowtest.SameNumber(a, b, 1e-10, 1)
}
