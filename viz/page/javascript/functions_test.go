package javascript

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

var (
	inf = math.Inf(1)
	nan = math.NaN()
)

// specials are operands that all functions are called with, in all combinations of two.
var specials = []float64{
	0, math.Copysign(0, -1), 1, -1, inf, -inf, nan, 0.5, -0.5, 1.5, 2, 2.5, -2.5, -3, 7, 1e-9, -1e-17, 20.5, -37, 700, -740, 1100, 1e10, -1e20,
	1e-300, -1e-300, 1e300, -1.7e308,
}

// constants are constant parameters that functions are called with.
var constants = [][]float64{{0.5, 2}, {0, 1}, {1, -1}, {2, 3}, {-1, 0.5}, {-2, nan}, {3, inf}}

// integers are integer parameters that functions are called with, one beside each pair of constants.
var integers = [7]int{0, 1, 2, 3, 4, 30, 170}

// A sample is one call of an operation on scalars: the arguments in the order of its parameters.
type sample struct {
	row  *graph.Row
	args []any // float64 for a value or a constant number, int for an integer
}

func (s sample) String() string { return fmt.Sprintf("%s%v", s.row.Name, s.args) }

// samples returns calls of an operation on scalars, none if it takes none.
func samples(row *graph.Row) []sample {
	params, ok := ops.Signature(row)
	if !ok {
		return nil
	}
	var operands []int
	choices := constants[:1]
	for i, p := range params {
		switch {
		case p.Variadic && p.Kind == ops.ValueArg:
			return nil
		case p.Kind == ops.ValueArg:
			operands = append(operands, i)
		case !p.Variadic:
			choices = constants
		}
	}
	numbers := specials
	if len(operands) > 3 {
		numbers = numbers[:1]
	} else if len(operands) > 2 || len(choices) > 1 && len(operands) > 1 {
		numbers = numbers[:9]
	}
	rng := rand.New(rand.NewPCG(3, 5))
	var list []sample
	for k, c := range choices {
		var args []any
		floats := 0
		for _, p := range params {
			switch {
			case p.Variadic:
			case p.Kind == ops.IntArg:
				args = append(args, integers[k])
			case p.Kind == ops.FloatArg:
				args = append(args, c[floats%2])
				floats++
			default:
				args = append(args, 0.0)
			}
		}
		total := 1
		for range operands {
			total *= len(numbers)
		}
		for j := range total + 200 {
			a := append([]any{}, args...)
			for k, i := range operands {
				domain := rowtest.Domain(row, k)
				switch {
				case j >= total+100: // of any size
					a[i] = float64(1-2*rng.IntN(2)) * math.Pow(10, 10*rng.Float64()-7)
				case j >= total:
					a[i] = domain.Lo + (domain.Hi-domain.Lo)*rng.Float64()
				default:
					a[i] = numbers[j%len(numbers)]
					j /= len(numbers)
				}
			}
			list = append(list, sample{row, a})
		}
	}
	return list
}

// record records the call on variables, or with constants in the place of those that fixed says. It returns false if the
// operation does not take scalars, or does not return one, or is put together from others.
func (s sample) record(fixed int) (y graph.Value, xs []graph.Value, ok bool) {
	params, _ := ops.Signature(s.row)
	g := graph.New()
	args := append([]any{}, s.args...)
	for i, p := range params {
		if p.Kind == ops.ValueArg && !p.Variadic {
			x := g.Var
			if fixed == len(xs) {
				x = g.Const
			}
			xs = append(xs, x(args[i].(float64)))
			args[i] = xs[len(xs)-1]
		}
	}
	err := graph.Try(func() { y = ops.Apply(s.row, args...) })
	return y, xs, err == nil && len(y.Shape()) == 0 && y.Node().Row() == s.row
}

// contributions are what the operation passes on to its operands for an adjoint of its result.
func contributions(y graph.Value, xs []graph.Value, adjoint float64) []float64 {
	if !y.WantsGrad() {
		return nil
	}
	grads := autograd.Backward(ops.Mul(y, y.Graph().Const(adjoint)))
	list := make([]float64, len(xs))
	for i, x := range xs {
		list[i] = grads.Scalar(x)
	}
	return list
}

// functionsOf returns the source for all operations, and the names of those that it has a function for.
func functionsOf(rows []*graph.Row) (source string, have map[string]bool) {
	source, missing := Functions(rows)
	have = map[string]bool{}
	for _, row := range rows {
		have[row.Name] = true
	}
	for _, row := range missing {
		delete(have, row.Name)
	}
	return source, have
}

// TestFunctions holds the functions of all rows against the rows: their values, and what they pass on for an adjoint that is
// finite and for one that is not.
func TestFunctions(t *testing.T) {
	source, have := functionsOf(graph.Rows())
	var calls []call
	var checks []func(got call)
	for _, row := range graph.Rows() {
		if !have[row.Name] {
			continue
		}
		faults := 0
		errorf := func(format string, args ...any) {
			t.Helper()
			if faults++; faults <= 3 {
				t.Errorf(format, args...)
			}
		}
		for _, s := range samples(row) {
			for _, fixed := range []int{-1, 1} { // no operand is a constant, or the second one
				y, xs, ok := s.record(fixed)
				if !ok || fixed >= len(xs) || s.wrongInGo() {
					continue
				}
				c := call{Name: row.Name}
				for _, x := range xs {
					c.Args = append(c.Args, number64(x.Item()))
				}
				for _, p := range Constants(y.Node()) {
					c.Args = append(c.Args, number64(p))
				}
				value := y.Item()
				one, infinite := contributions(y, xs, 1), contributions(y, xs, inf)
				calls = append(calls, c)
				checks = append(checks, func(got call) {
					if len(got.Results) != 1+len(xs) {
						t.Fatalf("%v: %d slopes for %d operands", s, len(got.Results)-1, len(xs))
					}
					v := float64(got.Results[0])
					if signs := slices.Contains(eitherZero, row.Name) || math.Signbit(v) == math.Signbit(value) || v != v; !signs || !s.same(value, v) {
						errorf("%v: value %v, want %v", s, v, value)
					}
					for i := range one {
						d := got.Results[1+i]
						for _, w := range []struct{ adjoint, want float64 }{{1, one[i]}, {inf, infinite[i]}} {
							if passed := d.times(w.adjoint); i != fixed && !s.same(w.want, passed) {
								errorf("%v, fixed %d: an adjoint of %v passes %v on to operand %d by the slope %v, want %v", s, fixed, w.adjoint, passed, i, float64(d), w.want)
							}
						}
					}
				})
			}
		}
	}
	for i, got := range run(t, source, calls) {
		checks[i](got)
	}
	if len(calls) < 50_000 {
		t.Errorf("only %d calls", len(calls))
	}
}

// times is what an adjoint passes on by a slope: nothing if it is null.
func (v number64) times(adjoint float64) float64 {
	if isNull(v) {
		return 0
	}
	return adjoint*float64(v) + 0 // sums have no -0
}

// wrongInGo reports whether Go's mathematics is not right: math.Atan2 has π for -π where y/x is so small that it is 0.
func (s sample) wrongInGo() bool {
	if s.row.Name != "atan2" {
		return false
	}
	y, x := s.args[0].(float64), s.args[1].(float64)
	return y < 0 && x < 0 && y/x == 0
}

// eitherZero are operations whose value 0 may have the other sign than Go's.
var eitherZero = []string{"silu", "gelu", "bce", "center", "sinc"}

// same reports whether two numbers are of one kind, NaN, infinite or 0, and agree to some roundings.
func (s sample) same(want, got float64) bool {
	switch {
	case want != want:
		return got != got
	case want == got:
		return true
	case math.IsInf(got, 0) || math.IsInf(want, 0):
		return false
	}
	return math.Abs(got-want) <= 1e-13*math.Abs(want)+s.margin(want)
}

// margin is an error beside the relative one: of digits that cancel, in Go too.
func (s sample) margin(want float64) float64 {
	switch s.row.Name {
	case "sinc", "sinc_derivative": // roots of the derivatives
		return 1e-15
	case "erfcx_derivative": // between 0 and ½
		if n := s.args[0].(int); n > 5 {
			return 1e-7 * math.Abs(want)
		}
	case "digamma_difference": // polygamma(1, a+b) - polygamma(1, a)
		a := graph.New().Const(s.args[0].(float64))
		return 0x1p-50 * ops.Polygamma(1, a).Item()
	}
	return 0
}

// reasons say why operations that scalars can go through, or that cannot be called with numbers alone, have no function.
var reasons = map[string]string{
	"checkpoint":     "what it computes is a function in Go",
	"custom":         "what it computes is a function in Go",
	"loop":           "its steps are a function in Go",
	"fixed_point":    "its equation is a function in Go",
	"on_gradient":    "its way back is a function in Go",
	"concat":         "makes a tensor of scalars",
	"stack":          "makes a tensor of scalars",
	"random_uniform": "computes with integers of 32 bits, which expressions do not have",
	"pnorm":          "of one number norm is the same",
	"std_ddof":       "of one number it is NaN unless ddof is 0, and std then",
	"variance_ddof":  "of one number it is NaN unless ddof is 0, and variance then",
}

// TestEveryRow demands a function or a reason for every row.
func TestEveryRow(t *testing.T) {
	_, have := functionsOf(graph.Rows())
	scalar := 0
	for _, row := range graph.Rows() {
		list := samples(row)
		reached := list == nil
		for i := 0; i < len(list) && !reached; i += 97 { // with all constant parameters
			_, _, reached = list[i].record(-1)
		}
		switch reason := reasons[row.Name]; {
		case have[row.Name]:
			scalar++
			if reason != "" {
				t.Errorf("%s has a function, and a reason why not: %s", row.Name, reason)
			}
			if _, ok := scalars[row.Name]; ok && (!reached || row.Value != "") {
				t.Errorf("%s is among the scalars, but takes none, or has an expression in its row", row.Name)
			}
		case reached && reason == "":
			t.Errorf("%s takes scalars and has no function: give graph.Row a Value and Slopes, add it to scalars, or say here why not", row.Name)
		case !reached && reason != "":
			t.Errorf("%s takes no scalars: it needs no reason", row.Name)
		}
	}
	if scalar < 80 {
		t.Errorf("%d operations have a function", scalar)
	}
}
