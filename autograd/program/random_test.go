package program_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// randomFunction returns a function of n numbers that is made of random operations.
func randomFunction(rng *rand.Rand, n, length int) func(xs []graph.Value) graph.Value {
	var rows []*graph.Row
	for _, row := range graph.Rows() {
		if row.Value != "" && (row.Unary != nil || row.Binary != nil) {
			rows = append(rows, row)
		}
	}
	type step struct {
		row  *graph.Row
		a, b int
	}
	steps := make([]step, length)
	for k := range steps {
		recent := func() int { // mostly of the last few values
			if rng.IntN(4) == 0 {
				return rng.IntN(n + k)
			}
			return max(0, n+k-1-rng.IntN(4))
		}
		row := rows[rng.IntN(len(rows))]
		if rng.IntN(2) == 0 { // the arithmetic that most programs are made of
			row, _ = ops.Lookup([]string{"add", "sub", "mul", "div", "neg", "square", "tanh", "sin"}[rng.IntN(8)])
		}
		steps[k] = step{row, recent(), recent()}
	}
	return func(xs []graph.Value) graph.Value {
		vs := append([]graph.Value{}, xs...)
		for _, s := range steps {
			if s.row.Arity() == 1 {
				vs = append(vs, ops.Apply(s.row, vs[s.a]))
			} else {
				vs = append(vs, ops.Apply(s.row, vs[s.a], vs[s.b]))
			}
		}
		return vs[len(vs)-1]
	}
}

// A random function agrees with the tape in its value, and in its gradient where that is well conditioned.
func TestRandomFunctions(t *testing.T) {
	count, finite := 400, 0
	if testing.Short() {
		count = 50
	}
	for seed := range uint64(count) {
		rng := rand.New(rand.NewPCG(seed, 1))
		n := 1 + rng.IntN(3)
		f := randomFunction(rng, n, 1+rng.IntN(20))
		g := graph.New(graph.Traced())
		xs := g.Vars(make([]float64, n))
		p, err := program.Compile(f(xs), xs...)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for range 4 {
			at, grad := make([]float64, n), make([]float64, n)
			for i := range at {
				if at[i] = 2 * rng.NormFloat64(); rng.IntN(8) == 0 {
					at[i] = rowtest.SpecialNumbers[rng.IntN(len(rowtest.SpecialNumbers))]
				}
			}
			record := func(at []float64) (float64, []float64) {
				g := graph.New()
				xs := g.Vars(at)
				y := f(xs)
				return y.Item(), autograd.Backward(y).Scalars(nil, xs)
			}
			want, wantGrad := record(at)
			got := p.Eval(at, grad)
			// How much the rounding of an input changes the results.
			value, slack := 0.0, make([]float64, n)
			for i := range at {
				near := append([]float64{}, at...)
				for _, e := range []float64{1e-13, -1e-13} {
					near[i] = at[i] + e*math.Abs(at[i])
					v, d := record(near)
					value = max(value, math.Abs(v-want))
					for k := range d {
						slack[k] = max(slack[k], math.Abs(d[k]-wantGrad[k]))
					}
				}
			}
			if !agree(got, want, value) {
				t.Errorf("seed %d at %v: value %v, want %v", seed, at, got, want)
			}
			for i := range grad {
				if !agree(grad[i], wantGrad[i], slack[i]) {
					t.Errorf("seed %d at %v: gradient %v, want %v", seed, at, grad, wantGrad)
					break
				}
			}
			if grad[0]-grad[0] == 0 && grad[0] != 0 {
				finite++
			}
		}
	}
	if finite < count {
		t.Errorf("only %d of %d gradients are finite and not 0", finite, 4*count)
	}
}

// agree reports whether two numbers agree to rounding, or to what a rounding of the inputs changes. Where that is not
// finite anything agrees.
func agree(got, want, slack float64) bool {
	return rowtest.SameNumber(got, want, 1e-12, 0) || slack-slack != 0 || math.Abs(got-want) <= 1e-12*math.Abs(want)+100*slack && !math.IsInf(want, 0)
}

// Gradients that were recorded are programs too, and so are their gradients.
func TestRecordedGradients(t *testing.T) {
	for name, f := range map[string]func(x, w graph.Value) graph.Value{
		"elementwise": func(x, w graph.Value) graph.Value {
			return ops.Sum(ops.Mul(ops.Tanh(ops.Mul(x, w)), ops.Exp(ops.Sin(x))))
		},
		"products": func(x, w graph.Value) graph.Value {
			return ops.Sum(ops.Tanh(ops.MatMul(ops.Sigmoid(ops.MatMul(x, w)), w)))
		},
		"classes": func(x, w graph.Value) graph.Value { return ops.CrossEntropy(ops.MatMul(x, w), 0, 2, 1) },
		"reductions": func(x, w graph.Value) graph.Value {
			return ops.Add(ops.LogSumExp(ops.Mul(x, w)), ops.Mul(ops.Norm(x), ops.Add(ops.Sum(ops.Std(w, 0)), ops.Max(x))))
		},
		"places": func(x, w graph.Value) graph.Value {
			parts := ops.Concat(0, ops.Slice(x, 0, 1, 3), ops.Transpose(w), ops.Gather(x, 0, 2, 2))
			return ops.Sum(ops.Square(ops.Mul(parts, ops.Index(ops.Flip(w, 0), 1))))
		},
		"selection": func(x, w graph.Value) graph.Value {
			g := x.Graph()
			return ops.Sum(ops.Where(ops.Gt(x, g.Const(0)), ops.Sqrt(x), ops.Mul(ops.ReLU(w), ops.Maximum(x, w))))
		},
	} {
		second := func(x, w, v graph.Value) graph.Value { // the product of the Hessian with a direction, by both
			grads := autograd.Grad(f(x, w), x, w)
			return ops.Add(ops.Sum(ops.Mul(grads[0], v)), ops.Sum(ops.Square(grads[1])))
		}
		rng := rand.New(rand.NewPCG(5, 6))
		draw := func() *tensor.Tensor {
			x := tensor.New(tensor.Float64, 3, 3)
			for i := range x.Len() {
				x.SetFlat(rng.NormFloat64(), i)
			}
			return x
		}
		g := graph.New(graph.Traced())
		xs := []graph.Value{g.VarTensor(draw()), g.VarTensor(draw()), g.VarTensor(draw())}
		p, err := program.Compile(second(xs[0], xs[1], xs[2]), xs...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for range 3 {
			at := []*tensor.Tensor{draw(), draw(), draw()}
			g := graph.New()
			xs := rowtest.Variables(g, at)
			y := second(xs[0], xs[1], xs[2])
			grads := autograd.Backward(y)
			var point, want []float64
			for i, x := range xs {
				point, want = append(point, rowtest.Numbers(at[i])...), append(want, rowtest.Numbers(grads.Tensor(x))...)
			}
			grad := make([]float64, len(point))
			if v := p.Eval(point, grad); !rowtest.SameNumber(v, y.Item(), sameTensors, 1) {
				t.Errorf("%s: value %v, want %v", name, v, y.Item())
			}
			for i := range grad {
				if !rowtest.SameNumber(grad[i], want[i], sameTensors, 1) {
					t.Errorf("%s: derivative %d is %v, want %v", name, i, grad[i], want[i])
					break
				}
			}
		}
	}
}

func TestJacobian(t *testing.T) {
	f := func(xs []graph.Value) graph.Value {
		return ops.Stack(0, ops.Mul(xs[0], xs[1]), ops.Sqrt(xs[1]), ops.Sqrt(ops.Where(ops.Gt(xs[0], xs[1]), xs[0], xs[1].Graph().Const(0))))
	}
	g := graph.New(graph.Traced())
	xs := g.Vars([]float64{1, 1})
	p, err := program.Compile(f(xs), xs...)
	if err != nil {
		t.Fatal(err)
	}
	if p.Inputs() != 2 || p.Results() != 3 {
		t.Fatalf("%d inputs and %d results", p.Inputs(), p.Results())
	}
	for _, q := range []*program.Program{p, p.Fork()} {
		for _, at := range [][]float64{{3, 4}, {5, 4}, {0, 0}, {-1, -2}, {math.NaN(), 1}, {math.Inf(1), 2}} {
			ys, jacobian := make([]float64, 3), make([]float64, 6)
			q.Jacobian(at, ys, jacobian)
			for i := range 3 {
				g := graph.New()
				xs := g.Vars(at)
				y := ops.Index(f(xs), i)
				want := append([]float64{y.Item()}, autograd.Backward(y).Scalars(nil, xs)...)
				for k, v := range []float64{ys[i], jacobian[2*i], jacobian[2*i+1]} {
					if !same(v, want[k]) {
						t.Errorf("at %v: row %d is %v and %v, want %v", at, i, ys[i], jacobian[2*i:2*i+2], want)
						break
					}
				}
			}
			again := make([]float64, 3)
			q.Jacobian(at, again, nil)
			if fmt.Sprint(again) != fmt.Sprint(ys) {
				t.Errorf("at %v: results alone %v, want %v", at, again, ys)
			}
		}
	}
}

// Evaluation does not allocate, the careful one neither once it has run.
func TestAllocations(t *testing.T) {
	g := graph.New(graph.Traced())
	x := g.Var(1)
	p, err := program.Compile(ops.Where(ops.Gt(x, g.Const(0)), ops.Sqrt(ops.Lgamma(x)), ops.Mul(x, x)), x)
	if err != nil {
		t.Fatal(err)
	}
	grad := make([]float64, 1)
	for _, at := range [][]float64{{3}, {0}, {-1}} {
		p.Eval(at, grad)
		if n := testing.AllocsPerRun(10, func() { p.Eval(at, grad) }); n != 0 {
			t.Errorf("at %v: %v allocations", at, n)
		}
	}
}
