package autograd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// throughGradient returns the product of a Hessian with a direction by a forward sweep through the recorded gradient.
func throughGradient(f func(x graph.Value) graph.Value, at, dir []float64) []float64 {
	g := graph.New()
	x := g.VarTensor(vector(at...))
	d := autograd.Grad(f(x), x)[0]
	return autograd.Forward(d, []graph.Value{x}, []*tensor.Tensor{vector(dir...)}).Float64s()
}

// checkProduct holds HVP against the sweep through the recorded gradient, to rounding if tolerance is not 0.
func checkProduct(t *testing.T, f func(x graph.Value) graph.Value, at, dir []float64, tolerance float64) {
	t.Helper()
	got, want := autograd.HVP(f, at, dir), throughGradient(f, at, dir)
	for i := range want {
		if !rowtest.SameNumber(got[i], want[i], tolerance, 1) {
			t.Fatalf("element %d of the product, at %v along %v, is %v, through the recorded gradient %v", i, at[i], dir[i], got[i], want[i])
		}
	}
}

// TestSecondDerivativesOfScalars holds that HVP finds what is found through the recorded gradient, bit for bit but for the
// sign of zeros, for every elementwise operation on scalars: with operands, their tangents, the adjoint of the result and
// its tangent at 0, ±1, infinities and NaN; with operands that are equal, and ones that are constants.
func TestSecondDerivativesOfScalars(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	special := func() float64 { return rowtest.SpecialNumbers[rng.IntN(len(rowtest.SpecialNumbers))] }
	ordinary := func() float64 { return rng.NormFloat64() }
	for _, row := range graph.Rows() {
		if row.Class == graph.NoGrad || !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		t.Run(row.Name, func(t *testing.T) {
			for _, gr := range rowtest.Grids(row, rowtest.SpecialNumbers) {
				k := gr.Operands()
				for _, number := range []func() float64{special, ordinary} {
					const calls = 100
					var at, dir []float64
					for range calls * (k + 1) {
						at, dir = append(at, number()), append(dir, number())
					}
					// Operands of a call: the next elements, or one of them twice, or a constant.
					kinds := make([]int, calls)
					for c := range kinds {
						kinds[c] = rng.IntN(2 + k)
					}
					f := func(x graph.Value) graph.Value {
						parts := ops.Unstack(x, 0)
						var terms []graph.Value
						for c := range calls {
							xs := append([]graph.Value(nil), parts[c*(k+1):][:k+1]...)
							switch kind := kinds[c]; {
							case kind == 0:
							case kind == 1:
								xs[k-1] = xs[0]
							default:
								xs[kind-2] = x.Graph().Const(at[c*(k+1)+kind-2])
							}
							terms = append(terms, ops.Mul(gr.Call(xs[:k]), xs[k]))
						}
						return ops.Sum(ops.Stack(0, terms...))
					}
					if row.Name != "pow_log" && !autograd.BySecondSweep(f, at) {
						t.Fatal("the gradient is recorded")
					}
					checkProduct(t, f, at, dir, 0)
				}
			}
		})
	}
}

// TestSecondDerivativesOfPrograms holds the same for random programs, whose values are used many times, with selections,
// kinks and numbers at which these are decided; and for others in which scalars go into tensors and come out of them,
// where sums may come in another order.
func TestSecondDerivativesOfPrograms(t *testing.T) {
	type values = []graph.Value
	scalar := []func(rng *rand.Rand, v values) graph.Value{}
	pick := func(rng *rand.Rand, v values) graph.Value {
		if rng.IntN(2) == 0 {
			return v[len(v)-1-rng.IntN(min(len(v), 4))]
		}
		return v[rng.IntN(len(v))]
	}
	for _, f := range []func(a, b graph.Value) graph.Value{ops.Add, ops.Sub, ops.Mul, ops.Mul, ops.Div, ops.Maximum, ops.Minimum, ops.Hypot, ops.Pow, ops.Atan2, ops.Chain, ops.MulZeroWins, ops.XLogY} {
		scalar = append(scalar, func(rng *rand.Rand, v values) graph.Value { return f(pick(rng, v), pick(rng, v)) })
	}
	for _, f := range []func(a graph.Value) graph.Value{ops.Sin, ops.Tanh, ops.Exp, ops.Log, ops.Sqrt, ops.Square, ops.ReLU, ops.Abs, ops.Neg, ops.Sigmoid, ops.Floor, ops.Sign, ops.Reciprocal, ops.StopGradient} {
		scalar = append(scalar, func(rng *rand.Rand, v values) graph.Value { return f(pick(rng, v)) })
	}
	for _, f := range []func(a graph.Value, p float64) graph.Value{ops.AddScalar, ops.MulScalar, ops.PowScalar, ops.LeakyReLU, ops.ELU} {
		scalar = append(scalar, func(rng *rand.Rand, v values) graph.Value {
			return f(pick(rng, v), []float64{0, 1, 2, 3, -1, 0.5, rng.NormFloat64()}[rng.IntN(7)])
		})
	}
	scalar = append(scalar,
		func(rng *rand.Rand, v values) graph.Value {
			return ops.Where(ops.Gt(pick(rng, v), pick(rng, v)), pick(rng, v), pick(rng, v))
		},
		func(rng *rand.Rand, v values) graph.Value { return ops.Clamp(pick(rng, v), -0.5, 1) },
		func(rng *rand.Rand, v values) graph.Value { return v[0].Graph().Const(rng.NormFloat64()) },
	)
	some := func(rng *rand.Rand, v values) values {
		xs := make(values, 1+rng.IntN(4))
		for i := range xs {
			xs[i] = pick(rng, v)
		}
		return xs
	}
	linear := []func(rng *rand.Rand, v values) graph.Value{
		func(rng *rand.Rand, v values) graph.Value { return ops.Sum(ops.Stack(0, some(rng, v)...)) },
		func(rng *rand.Rand, v values) graph.Value { return ops.Mean(ops.Stack(0, some(rng, v)...)) },
		func(rng *rand.Rand, v values) graph.Value {
			s := ops.Stack(0, some(rng, v)...)
			return ops.Index(ops.CumSum(ops.Flip(s, 0), 0), rng.IntN(s.Len()))
		},
		func(rng *rand.Rand, v values) graph.Value {
			s := ops.Concat(0, ops.Stack(0, some(rng, v)...), ops.Reshape(pick(rng, v), 1), v[0].Graph().ConstTensor(vector(1, 2)))
			return ops.Sum(ops.Slice(s, 0, 1, s.Len()))
		},
		func(rng *rand.Rand, v values) graph.Value {
			return ops.Trace(ops.DiagonalMatrix(ops.Broadcast(pick(rng, v), 3)))
		},
	}
	others := []func(rng *rand.Rand, v values) graph.Value{
		func(rng *rand.Rand, v values) graph.Value { return ops.Sum(ops.Square(ops.Stack(0, some(rng, v)...))) },
		func(rng *rand.Rand, v values) graph.Value { return autograd.ScaleGradient(pick(rng, v), -2) },
		func(rng *rand.Rand, v values) graph.Value {
			return autograd.OnGradient(pick(rng, v), func(ct graph.Value) graph.Value { return ops.Mul(ct, ct) })
		},
		func(rng *rand.Rand, v values) graph.Value {
			return autograd.Loop(3, func(_ int, s graph.Value) graph.Value { return ops.Sin(ops.Mul(s, s)) }, pick(rng, v))
		},
		func(rng *rand.Rand, v values) graph.Value {
			return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Mul(ops.Tanh(xs[0]), xs[1]) }, pick(rng, v), pick(rng, v))
		},
		func(rng *rand.Rand, v values) graph.Value {
			return autograd.Grad(ops.Square(ops.Sin(pick(rng, v))), v[0])[0]
		},
	}
	for _, c := range []struct {
		name      string
		steps     []func(rng *rand.Rand, v values) graph.Value
		tolerance float64
	}{
		{"scalars", scalar, 0},
		{"linear tensors", append(append(scalar[:len(scalar):len(scalar)], linear...), linear...), 1e-12},
		{"others", append(append(scalar[:len(scalar):len(scalar)], others...), linear...), 1e-12},
	} {
		for seed := range uint64(150) {
			t.Run(fmt.Sprintf("%s/%d", c.name, seed), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 7))
				n := 1 + rng.IntN(5)
				at, dir := make([]float64, n), make([]float64, n)
				for i := range at {
					at[i], dir[i] = rng.NormFloat64(), rng.NormFloat64()
					if rng.IntN(3) == 0 {
						at[i] = rowtest.SpecialNumbers[rng.IntN(4)]
					}
					if rng.IntN(4) == 0 {
						dir[i] = rowtest.SpecialNumbers[rng.IntN(len(rowtest.SpecialNumbers))]
					}
				}
				f := func(x graph.Value) graph.Value {
					rng := rand.New(rand.NewPCG(seed, 8))
					v := ops.Unstack(x, 0)
					for range 5 + rng.IntN(40) {
						v = append(v, c.steps[rng.IntN(len(c.steps))](rng, v))
					}
					y := v[len(v)-1]
					for _, x := range v[max(0, len(v)-3) : len(v)-1] {
						y = ops.Add(y, x)
					}
					return y
				}
				if err := graph.Try(func() { autograd.ValueAndGrad(f, at) }); err != nil {
					t.Skip(err)
				}
				if c.name != "others" && !autograd.BySecondSweep(f, at) {
					t.Fatal("the gradient is recorded")
				}
				checkProduct(t, f, at, dir, c.tolerance)
			})
		}
	}
}

var opCareless, opFickle graph.Op

// Two operations of a user's, both x², with rules that are not as they should be: the one multiplies without a thought for
// zeros, the other looks at numbers.
func init() {
	square := func(x float64) (float64, float64) { return x * x, 2 * x }
	opCareless = graph.Register(graph.Row{
		Name: "careless", Func: careless, Unary: square,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			return ops.Mul(ct, ops.MulScalar(n.Input(0), 2))
		},
	})
	opFickle = graph.Register(graph.Row{
		Name: "fickle", Func: fickle, Unary: square,
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			v, _ := n.InputNode(0).Scalar()
			if v < 0 {
				return ops.Chain(ct, ops.Add(n.Input(0), n.Input(0)))
			}
			return ops.Chain(ct, ops.MulScalar(n.Input(0), 2))
		},
	})
}

func careless(x graph.Value) graph.Value { return graph.Unary(opCareless, x) }
func fickle(x graph.Value) graph.Value   { return graph.Unary(opFickle, x) }

// TestSecondDerivativesAtEdges holds HVP against the recorded gradient where the tape has what the result is not made of,
// where constants select, and where a rule cannot be read or has many parameters.
func TestSecondDerivativesAtEdges(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name     string
		f        func(a, b graph.Value) graph.Value
		at, dir  []float64
		recorded bool // the gradient is recorded
	}{
		{"what the result is not made of", func(a, b graph.Value) graph.Value {
			careless(ops.Add(a, b))
			return ops.Mul(a, a)
		}, []float64{1, nan}, []float64{1, 1}, false},
		{"a careless rule", func(a, b graph.Value) graph.Value { return ops.Mul(careless(a), ops.Floor(b)) }, []float64{inf, 0}, []float64{1, 1}, false},
		{"a rule that looks at numbers", func(a, b graph.Value) graph.Value { return ops.Mul(fickle(a), fickle(b)) }, []float64{-2, 3}, []float64{1, 2}, true},
		{"a constant exponent of 1", func(a, b graph.Value) graph.Value {
			return ops.Mul(b, ops.Add(ops.Pow(a, a.Graph().Const(1)), ops.PowScalar(a, 1)))
		}, []float64{2, 3}, []float64{inf, 1}, false},
		{"a constant exponent of 0", func(a, b graph.Value) graph.Value {
			return ops.Mul(b, ops.Add(ops.Pow(a, a.Graph().Const(0)), ops.PowScalar(a, 0)))
		}, []float64{2, 3}, []float64{inf, 1}, false},
		{"a leaf of the function's own", func(a, b graph.Value) graph.Value {
			return ops.Mul(ops.Mul(a, b), ops.Square(a.Graph().Var(3)))
		}, []float64{2, 3}, []float64{1, -1}, false},
		{"parameters of every kind", func(a, b graph.Value) graph.Value {
			for _, p := range []float64{0, 1, 2, -1, 0.5, 1e300, -1e-300, math.Pi, inf, -inf, nan, 2.625, 3} {
				b = ops.Add(b, ops.Chain(ops.AddScalar(ops.MulScalar(a, p), p), ops.PowScalar(a, p)))
			}
			return b
		}, []float64{1.5, 3}, []float64{1, -1}, false},
		{"many parameters that a rule is followed for", func(a, b graph.Value) graph.Value {
			for i := range 300 {
				b = ops.Add(ops.MulScalar(b, 1/float64(i+1)), ops.PowScalar(a, float64(i)/100))
			}
			return b
		}, []float64{0.5, 3}, []float64{1, -1}, false},
		{"many parameters that it is read for", func(a, b graph.Value) graph.Value {
			for i := range 300 {
				b = ops.Add(b, ops.ELU(a, float64(i)/100))
			}
			return ops.Square(b)
		}, []float64{-0.5, 3}, []float64{1, -1}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := func(x graph.Value) graph.Value { return c.f(ops.Index(x, 0), ops.Index(x, 1)) }
			checkProduct(t, f, c.at, c.dir, 0)
			if !c.recorded && !autograd.BySecondSweep(f, c.at) {
				t.Error("the gradient is recorded")
			}
		})
	}
}
