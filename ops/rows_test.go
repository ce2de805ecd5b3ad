package ops_test

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// Every test in this file ranges over the table of operations, so that a new row is tested without a line here.

// sample is one call of an operation: the operands as tensors, and all arguments in order, with an operand's index in
// place of its value.
type sample struct {
	text     string
	row      *graph.Row
	operands []*tensor.Tensor
	args     []any // operand, int or float64
}

type operand int

// apply calls the operation on the operands, mapped into its domain.
func (s sample) apply(xs []graph.Value) graph.Value {
	args := make([]any, len(s.args))
	for i, a := range s.args {
		if k, ok := a.(operand); ok {
			x := xs[k]
			if s.row.Prepare != nil {
				x = s.row.Prepare(int(k), x)
			}
			a = x
		}
		args[i] = a
	}
	return ops.Call(s.row, args...)
}

// weighted returns a scalar that depends on every element of y differently: the sum of y·w for fixed weights w.
func weighted(y graph.Value) graph.Value {
	w := tensor.New(y.Graph().DType(), y.Shape()...)
	for i := range w.Len() {
		w.SetFlat(0.5+math.Mod(0.618033988749895*float64(i+1), 1), i)
	}
	return ops.Sum(ops.Mul(y, y.Graph().ConstTensor(w)))
}

// eachRow runs f as a subtest for every operation of this package, and for every sample call of it.
func eachRow(t *testing.T, f func(t *testing.T, s sample)) {
	for _, row := range graph.Rows() {
		if !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		t.Run(row.Name, func(t *testing.T) {
			samples := samplesOf(t, row)
			if len(samples) == 0 {
				t.Fatalf("row %q has no sample call: set Row.Try", row.Name)
			}
			for _, s := range samples {
				t.Run(strings.ReplaceAll(s.text, " ", "_"), func(t *testing.T) { f(t, s) })
			}
		})
	}
}

// samplesOf returns the calls of Row.Try, or the usual shapes for an elementwise row.
func samplesOf(t testing.TB, row *graph.Row) []sample {
	tries := row.Try
	if len(tries) == 0 && row.Unary != nil {
		tries = []string{"()", "(3)", "(2,3)", "(1,3)", "(0)", "(2,0)"}
	}
	if len(tries) == 0 && row.Binary != nil {
		shapes := []string{"()", "(3)", "(1)", "(2,3)", "(2,1)", "(1,3)", "(4,2,3)", "(0,3)", "(4,1,1)"}
		for _, a := range shapes {
			for _, b := range shapes {
				if _, ok := tensor.BroadcastShapes(nil, parseShape(t, a), parseShape(t, b)); ok {
					tries = append(tries, a+" "+b)
				}
			}
		}
	}
	var out []sample
	for _, text := range tries {
		out = append(out, parseSample(t, row, text, randomOperand))
	}
	return out
}

// parseSample reads a sample call. Its operands come from draw.
func parseSample(t testing.TB, row *graph.Row, text string, draw func(rng *rand.Rand, row *graph.Row, k int, shape []int) *tensor.Tensor) sample {
	t.Helper()
	h := fnv.New64a()
	h.Write([]byte(row.Name + text))
	rng := rand.New(rand.NewPCG(h.Sum64(), 1))
	s := sample{text: text, row: row}
	for _, word := range strings.Fields(text) {
		if word[0] == '(' {
			k := len(s.operands)
			s.operands = append(s.operands, draw(rng, row, k, parseShape(t, word)))
			s.args = append(s.args, operand(k))
		} else if v, err := strconv.Atoi(word); err == nil {
			s.args = append(s.args, v)
		} else if v, err := strconv.ParseFloat(word, 64); err == nil {
			s.args = append(s.args, v)
		} else {
			t.Fatalf("row %q: Try %q: %q is neither a shape nor a number", row.Name, text, word)
		}
	}
	return s
}

func parseShape(t testing.TB, s string) []int {
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

// randomOperand draws from the row's domain, at some distance from its kinks.
func randomOperand(rng *rand.Rand, row *graph.Row, k int, shape []int) *tensor.Tensor {
	domain := graph.Interval{Lo: -2, Hi: 2}
	if n := len(row.Domain); n > 0 {
		domain = row.Domain[min(k, n-1)]
	}
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

func to32(ts []*tensor.Tensor) []*tensor.Tensor {
	out := make([]*tensor.Tensor, len(ts))
	for i, t := range ts {
		out[i] = t.To(tensor.Float32)
	}
	return out
}

func TestRowGradient(t *testing.T) {
	eachRow(t, func(t *testing.T, s sample) {
		f := func(xs ...graph.Value) graph.Value { return weighted(s.apply(xs)) }
		if s.row.Class == graph.NoGrad {
			wantConstant(t, s)
			return
		}
		if err := autograd.Check(f, s.operands...); err != nil {
			t.Errorf("float64: %v", err)
		}
		if err := autograd.Check(f, to32(s.operands)...); err != nil {
			t.Errorf("float32: %v", err)
		}
	})
}

// wantConstant checks that an operation without a derivative passes no gradient on.
func wantConstant(t *testing.T, s sample) {
	g := graph.New()
	y := s.apply(variables(g, s.operands))
	if y.WantsGrad() {
		t.Errorf("%v wants a gradient, but its operation has none", y)
	}
}

func TestRowSecondDerivative(t *testing.T) {
	eachRow(t, func(t *testing.T, s sample) {
		if s.row.Class == graph.NoGrad || len(s.operands) == 0 {
			return
		}
		f := func(xs ...graph.Value) graph.Value {
			y := weighted(s.apply(xs))
			var sum graph.Value
			for i, d := range autograd.Grad(y, xs...) {
				// The square makes the result depend on gradients that are constant.
				term := weighted(ops.Add(d, ops.Square(d)))
				if i > 0 {
					term = ops.Add(sum, term)
				}
				sum = term
			}
			return sum
		}
		if err := autograd.Check(f, s.operands...); err != nil {
			t.Error(err)
		}
	})
}

// agree64 bounds the difference between two float64 computations of one derivative in another order: some hundred
// roundings of 1.1e-16.
const agree64 = 1e-12

func TestRowBackwardAgreesWithGrad(t *testing.T) {
	eachRow(t, func(t *testing.T, s sample) {
		if s.row.Class == graph.NoGrad {
			return
		}
		g := graph.New()
		xs := variables(g, s.operands)
		y := weighted(s.apply(xs))
		numeric := autograd.Backward(y)
		var want []*tensor.Tensor
		for _, x := range xs {
			want = append(want, numeric.Tensor(x))
		}
		for i, d := range autograd.Grad(y, xs...) {
			if diff := cmp.Diff(want[i].Float64s(), d.Tensor().Float64s(), cmpopts.EquateApprox(agree64, agree64), cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("operand %d: mismatch (-Backward +Grad):\n%s", i, diff)
			}
		}
	})
}

func TestRowScalarAgreesWithTensor(t *testing.T) {
	for _, row := range graph.Rows() {
		if row.Unary == nil && row.Binary == nil && row.UnaryParam == nil {
			continue
		}
		t.Run(row.Name, func(t *testing.T) {
			for _, s := range samplesOf(t, row) {
				if strings.Trim(s.text, "() ") == "" || s.operands[0].Len() == 0 {
					continue
				}
				// The first elements of all operands, as scalars and as tensors of one element.
				one := func(shape ...int) (float64, []float64) {
					g := graph.New()
					cut := s
					cut.operands = nil
					for _, t := range s.operands {
						cut.operands = append(cut.operands, tensor.Of([]float64{t.AtFlat(0)}, shape...))
					}
					xs := variables(g, cut.operands)
					y := cut.apply(xs)
					grads := autograd.Backward(ops.Sum(y))
					var d []float64
					for _, x := range xs {
						d = append(d, grads.Tensor(x).AtFlat(0))
					}
					return y.Item(), d
				}
				if s.operands[len(s.operands)-1].Len() == 0 {
					continue
				}
				y0, d0 := one()
				y1, d1 := one(1)
				if diff := cmp.Diff(append(d0, y0), append(d1, y1), cmpopts.EquateApprox(1e-14, 0), cmpopts.EquateNaNs()); diff != "" {
					t.Errorf("%s: mismatch (-scalar +tensor):\n%s", s.text, diff)
				}
			}
		})
	}
}

func variables(g *graph.Graph, ts []*tensor.Tensor) []graph.Value {
	xs := make([]graph.Value, len(ts))
	for i, t := range ts {
		xs[i] = g.VarTensor(t)
	}
	return xs
}

// TestRowTangent holds tangents against cotangents: for the Jacobian J of an operation, the products ct·(J·t) and (Jᵀ·ct)·t
// are one number.
func TestRowTangent(t *testing.T) {
	tested := map[string]bool{}
	eachRow(t, func(t *testing.T, s sample) {
		if s.row.Tangent == nil {
			return
		}
		g := graph.New()
		xs := variables(g, s.operands)
		y := s.apply(xs)
		n := y.Node()
		if n.Row() != s.row { // the function is put together from others
			return
		}
		tested[s.row.Name] = true
		ct := alternating(g, y.Shape(), 0.7)
		for i := range n.NumInputs() {
			if !n.Wants(i) {
				continue
			}
			shape := n.Input(i).Shape()
			tangent := alternating(g, shape, 1.3)
			forward := ops.Sum(ops.Mul(ct, ops.Broadcast(s.row.Tangent(n, i, tangent), y.Shape()...)))
			reverse := ops.Sum(ops.Mul(ops.SumTo(ops.Broadcast(s.row.VJP(n, i, ct), y.Shape()...), shape...), tangent))
			if a, b := forward.Item(), reverse.Item(); !sameNumber(a, b, 1e-12, 1) {
				t.Errorf("operand %d: ct·(J·t) is %v, (Jᵀ·ct)·t is %v", i, a, b)
			}
		}
	})
	if len(tested) < 50 {
		t.Errorf("only %d rows have a tangent", len(tested))
	}
}

// alternating returns a constant of the given shape with numbers of either sign.
func alternating(g *graph.Graph, shape []int, scale float64) graph.Value {
	c := tensor.New(tensor.Float64, shape...)
	for i := range c.Len() {
		c.SetFlat(scale*math.Cos(2.4*float64(i+1)), i)
	}
	return g.ConstTensor(c)
}
