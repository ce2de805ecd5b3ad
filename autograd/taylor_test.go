package autograd_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/primitive"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestTaylorOfKnownSeries compares series with the ones that books have.
func TestTaylorOfKnownSeries(t *testing.T) {
	const k = 12
	coefficients := func(f func(j int) float64) []float64 {
		c := make([]float64, k+1)
		for j := range c {
			c[j] = f(j)
		}
		return c
	}
	factorial := func(n int) float64 { return math.Gamma(float64(n) + 1) }
	sign := func(n int) float64 { return 1 - 2*float64(n%2) }
	tests := []struct {
		name string
		f    func(x graph.Value) graph.Value
		at   float64
		want []float64
	}{
		{"exp", ops.Exp, 0, coefficients(func(j int) float64 { return 1 / factorial(j) })},
		{"exp of -x²", func(x graph.Value) graph.Value { return ops.Exp(ops.Neg(ops.Square(x))) }, 0, coefficients(func(j int) float64 {
			if j%2 == 1 {
				return 0
			}
			return sign(j/2) / factorial(j/2)
		})},
		{"sin", ops.Sin, 0, coefficients(func(j int) float64 { return float64(j%2) * sign(j/2) / factorial(j) })},
		{"log at 2", ops.Log, 2, coefficients(func(j int) float64 {
			if j == 0 {
				return math.Ln2
			}
			return -sign(j) / (float64(j) * math.Pow(2, float64(j)))
		})},
		{"1/(1-x)", func(x graph.Value) graph.Value { return ops.Reciprocal(ops.AddScalar(ops.Neg(x), 1)) }, 0, coefficients(func(int) float64 { return 1 })},
		{"x⁵ at 0", func(x graph.Value) graph.Value { return ops.PowScalar(x, 5) }, 0, coefficients(func(j int) float64 {
			if j == 5 {
				return 1
			}
			return 0
		})},
		{"(1+x)^½", func(x graph.Value) graph.Value { return ops.Sqrt(ops.AddScalar(x, 1)) }, 0, coefficients(func(j int) float64 {
			c := 1.0
			for i := range j {
				c *= (0.5 - float64(i)) / float64(i+1)
			}
			return c
		})},
		{"x²⋅⁵ at 0", func(x graph.Value) graph.Value { return ops.PowScalar(x, 2.5) }, 0, append([]float64{0, 0, 0, math.Inf(1)}, make([]float64, 0)...)},
		{"arctan", ops.Atan, 0, coefficients(func(j int) float64 {
			if j%2 == 0 {
				return 0
			}
			return sign(j/2) / float64(j)
		})},
		{"tanh", ops.Tanh, 0, []float64{0, 1, 0, -1. / 3, 0, 2. / 15, 0, -17. / 315, 0, 62. / 2835}},
		{"sigmoid", ops.Sigmoid, 0, []float64{0.5, 0.25, 0, -1. / 48, 0, 1. / 480, 0, -17. / 80640}},
		{"softplus", ops.Softplus, 0, []float64{math.Ln2, 0.5, 0.125, 0, -1. / 192, 0, 1. / 2880}},
		{"logsigmoid", ops.LogSigmoid, 0, []float64{-math.Ln2, 0.5, -0.125, 0, 1. / 192, 0, -1. / 2880}},
		{"log(e^x + e^-x)", func(x graph.Value) graph.Value { return ops.LogAddExp(x, ops.Neg(x)) }, 0, []float64{math.Ln2, 0, 0.5, 0, -1. / 12, 0, 1. / 45}},
		{"sinc", ops.Sinc, 0, []float64{1, 0, -math.Pow(math.Pi, 2) / 6, 0, math.Pow(math.Pi, 4) / 120, 0, -math.Pow(math.Pi, 6) / 5040}},
		{"relu at the kink", ops.ReLU, 0, []float64{0, 0, 0, 0}},
		{"abs at the kink", ops.Abs, 0, []float64{0, 0, 0, 0}},
		{"maximum of equals", func(x graph.Value) graph.Value { return ops.Maximum(ops.Sin(x), ops.MulScalar(x, 3)) }, 0, []float64{0, 2, 0, -1. / 12}},
		{"a branch", func(x graph.Value) graph.Value {
			return ops.Where(ops.Gt(x, x.Graph().Const(-1)), ops.Exp(x), ops.Log(x))
		}, 0, coefficients(func(j int) float64 { return 1 / factorial(j) })},
		{"constant", func(x graph.Value) graph.Value { return x.Graph().Const(7) }, 0, []float64{7, 0, 0}},
		{"stopped", func(x graph.Value) graph.Value { return ops.Mul(x, ops.StopGradient(x)) }, 3, []float64{9, 3, 0}},
		{"the identity", func(x graph.Value) graph.Value { return x }, 3, []float64{3, 1, 0}},
		{"x to the x", func(x graph.Value) graph.Value { return ops.Pow(x, x) }, 1, []float64{1, 1, 1, 0.5, 1. / 3}},
	}
	near := cmpopts.EquateApprox(1e-12, 1e-13)
	for _, test := range tests {
		for form, f := range map[string]func(x graph.Value) graph.Value{
			"scalars": func(x graph.Value) graph.Value { return test.f(ops.Index(x, 0)) },
			"tensors": func(x graph.Value) graph.Value { return ops.Sum(test.f(x)) },
		} {
			got := autograd.Taylor(f, []float64{test.at}, []float64{1}, len(test.want)-1)
			if diff := cmp.Diff(test.want, got, near); diff != "" {
				t.Errorf("%s of %s: mismatch (-want +got):\n%s", test.name, form, diff)
			}
		}
	}
}

// TestTaylorOfMappings holds the first two coefficients against a JVP and an HVP, and the sum of the series against the
// function at a point nearby.
func TestTaylorOfMappings(t *testing.T) {
	for _, n := range []int{0, 1, 5} {
		for _, m := range mappings() {
			t.Run(fmt.Sprintf("%s/%d", m.name, n), func(t *testing.T) {
				at, dir := point(n), make([]float64, n)
				for i := range dir {
					dir[i] = math.Cos(float64(i))
				}
				f := func(x graph.Value) graph.Value { return ops.Sum(ops.Square(m.f(x))) }
				var c []float64
				if err := graph.Try(func() { c = autograd.Taylor(f, at, dir, 8) }); err != nil {
					t.Fatal(err)
				}
				y, dy := autograd.JVP(f, at, dir)
				second := 0.0
				if m.name != "constant" {
					for i, v := range autograd.HVP(f, at, dir) {
						second += v * dir[i] / 2
					}
				}
				for j, want := range []float64{y.At(), dy.At(), second} {
					if !rowtest.SameNumber(c[j], want, 1e-12, 1) {
						t.Errorf("coefficient %d is %v, want %v", j, c[j], want)
					}
				}
				if m.rough {
					return
				}
				const h = 1e-2
				near := make([]float64, n)
				for i := range near {
					near[i] = at[i] + h*dir[i]
				}
				sum := 0.0
				for j := len(c) - 1; j >= 0; j-- {
					sum = sum*h + c[j]
				}
				if value, _ := autograd.JVPs(f, near); !rowtest.SameNumber(sum, value.At(), 1e-11, 1) {
					t.Errorf("the series has the sum %v, the function is %v", sum, value.At())
				}
			})
		}
	}
}

// TestTaylorAtSpecialNumbers holds the first coefficient of every elementwise operation against a JVP where operands
// are zeros, infinite, NaN or at kinks, and the function may end there: what is promised at the point is what counts,
// an infinite slope too.
func TestTaylorAtSpecialNumbers(t *testing.T) {
	compared := 0
	for _, row := range graph.Rows() {
		if row.Class == graph.NoGrad || !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		numbers := append([]float64{0.5}, rowtest.SpecialNumbers...)
		for _, k := range row.Kinks {
			numbers = append(numbers, k.At)
		}
		for _, grid := range rowtest.Grids(row, numbers) {
			n := grid.Operands()
			f := func(x graph.Value) graph.Value { return grid.Call(ops.Unstack(x, 0)) }
			for k := range len(grid.Columns[0]) / (len(rowtest.SpecialNumbers) * len(rowtest.SpecialNumbers)) {
				at := make([]float64, n)
				for i := range at {
					at[i] = grid.Columns[i][k]
				}
				for _, dir := range [][]float64{{1, 1, 1}, {-1, 2, 0}} {
					got := autograd.Taylor(f, at, dir[:n], 1)
					y, dy := autograd.JVP(f, at, dir[:n])
					if !rowtest.Identical(got[0], y.At()) || !rowtest.SameNumber(got[1], dy.At(), rowtest.SameTo64, 0) {
						t.Errorf("%s%v at %v in direction %v: got %v, want %v and %v", row.Name, grid.Params, at, dir[:n], got, y.At(), dy.At())
					}
					compared++
				}
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d points", compared)
	}
}

// repeatedGrad returns the coefficients that Taylor finds, by differentiating again and again.
func repeatedGrad(f func(x graph.Value) graph.Value, at, dir []float64, k int) []float64 {
	g := graph.New()
	t := g.Var(0)
	y := f(ops.Add(g.ConstTensor(vector(at...)), ops.Mul(g.ConstTensor(vector(dir...)), t)))
	c := []float64{y.Item()}
	for j, factorial := 1, 1.0; j <= k; j++ {
		if !y.WantsGrad() {
			return append(c, make([]float64, k+1-j)...)
		}
		y = autograd.Grad(y, t)[0]
		factorial *= float64(j)
		c = append(c, y.Item()/factorial)
	}
	return c
}

// sampled returns a sample as a function of all elements of its operands in one vector.
func sampled(s rowtest.Sample, of func(x graph.Value) graph.Value) func(x graph.Value) graph.Value {
	return func(x graph.Value) graph.Value {
		var xs []graph.Value
		from := 0
		for _, o := range s.Operands {
			xs = append(xs, of(ops.Reshape(ops.Slice(x, 0, from, from+o.Len()), o.Dims()...)))
			from += o.Len()
		}
		return s.Apply(xs)
	}
}

// TestTaylorOfRows holds the series of every operation against repeated Grad, where what its operands are made of is
// used by later operations too.
func TestTaylorOfRows(t *testing.T) {
	const k = 3
	for i, row := range graph.Rows() {
		if testing.Short() && i%4 > 0 {
			continue
		}
		if row.Class == graph.NoGrad || !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		for _, s := range rowtest.Samples(t, row) {
			var at []float64
			for _, x := range s.Operands {
				at = append(at, rowtest.Numbers(x)...)
			}
			if len(at) == 0 || len(at) > 12 {
				continue
			}
			f := func(x graph.Value) graph.Value {
				var used []graph.Value
				y := sampled(s, func(v graph.Value) graph.Value {
					used = append(used, v)
					return ops.MulScalar(v, 1)
				})(x)
				l := rowtest.Weighted(y)
				for _, v := range used {
					l = ops.Mul(l, ops.Sum(ops.Sin(v)))
				}
				return l
			}
			dir := make([]float64, len(at))
			for i := range dir {
				dir[i] = math.Cos(float64(i))
			}
			var got []float64
			if graph.Try(func() { got = autograd.Taylor(f, at, dir, k) }) != nil {
				continue // TestTaylorRefuses knows which
			}
			for j, want := range repeatedGrad(f, at, dir, k) {
				if !rowtest.SameNumber(got[j], want, 1e-10, 1) {
					t.Errorf("%s %s: coefficient %d is %v, %v by Grad", row.Name, s.Text, j, got[j], want)
				}
			}
		}
	}
}

// TestTaylorOfMasks holds the first coefficient of every operation against a JVP where some operands are 0 or -Inf,
// which are masks for some and where others have a kink or an end; and that the series of what is promised to be flat
// there is.
func TestTaylorOfMasks(t *testing.T) {
	flat := map[string]bool{"norm": true, "std": true, "std_ddof": true, "pnorm": true}
	for i, row := range graph.Rows() {
		if testing.Short() && i%4 > 0 {
			continue
		}
		if row.Class == graph.NoGrad || !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		for _, s := range rowtest.Samples(t, row) {
			for name, change := range map[string]func(i int, v float64) float64{
				"zeros":        func(int, float64) float64 { return 0 },
				"a mask":       func(i int, v float64) float64 { return []float64{v, v, math.Inf(-1)}[i%3] },
				"masks":        func(int, float64) float64 { return math.Inf(-1) },
				"zeros before": func(i int, v float64) float64 { return []float64{0, v}[min(i/3, 1)] },
			} {
				var at, dir []float64
				for _, x := range s.Operands {
					for _, v := range rowtest.Numbers(x) {
						dir = append(dir, math.Cos(float64(len(at))))
						at = append(at, change(len(at), v))
					}
				}
				if len(at) == 0 || len(at) > 12 {
					continue
				}
				f := func(x graph.Value) graph.Value {
					return rowtest.Weighted(sampled(s, func(v graph.Value) graph.Value { return v })(x))
				}
				var got []float64
				if graph.Try(func() { got = autograd.Taylor(f, at, dir, 3) }) != nil {
					continue
				}
				_, dy := autograd.JVP(f, at, dir)
				if want := dy.At(); want == want && !rowtest.SameNumber(got[1], want, 1e-11, 1) {
					t.Errorf("%s %s, %s: the series begins %v, the derivative is %v", row.Name, s.Text, name, got, want)
				}
				if name == "zeros" && flat[row.Name] && !cmp.Equal(got, make([]float64, 4)) {
					t.Errorf("%s %s at 0: %v, want zeros", row.Name, s.Text, got)
				}
			}
		}
	}
}

// TestTaylorRefuses names the operations without a series: a row that comes to have none is noticed, and so is one that
// comes to have one.
func TestTaylorRefuses(t *testing.T) {
	want := map[string]bool{
		"cholesky": true, "det": true, "logdet": true, "cofactor": true, "solve": true, "inv": true, "solve_lower": true, "solve_upper": true,
		"eigh": true, "svd": true, "qr": true, "gru": true, "lstm": true, "layer_norm": true, "rms_norm": true, "batch_norm": true,
		"cross_entropy": true, "cross_entropy_at": true, "soft_cross_entropy": true,
	}
	refused := make(map[string]bool)
	for _, row := range graph.Rows() {
		if row.Class == graph.NoGrad || !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		for _, s := range rowtest.Samples(t, row) {
			if len(s.Operands) == 0 || s.Operands[0].Len() == 0 {
				continue
			}
			f := func(x graph.Value) graph.Value {
				zero := ops.MulScalar(ops.Index(x, 0), 0)
				var xs []graph.Value
				for _, o := range s.Operands {
					xs = append(xs, ops.Add(x.Graph().ConstTensor(o), zero))
				}
				return ops.Sum(s.Apply(xs))
			}
			err := graph.Try(func() { autograd.Taylor(f, []float64{1}, []float64{1}, 2) })
			if err == nil {
				continue
			}
			if !errors.Is(err, graph.ErrUsage) || !strings.Contains(err.Error(), "= "+row.Name+" has no Taylor series") && row.Prepare == nil {
				t.Errorf("%s %s: %v", row.Name, s.Text, err)
			}
			refused[row.Name] = true
		}
	}
	if diff := cmp.Diff(want, refused); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// TestTaylorKnowsPrimitives holds that the slope of every primitive is found in a row of its name, but for those that
// have a recurrence of their own or are constant.
func TestTaylorKnowsPrimitives(t *testing.T) {
	for _, name := range primitive.Names() {
		switch name {
		case "add", "sub", "mul", "div", "neg", "where", "abs", "maximum", "minimum", "floor", "ceil", "round", "trunc", "sign":
			continue
		}
		if row, ok := ops.Lookup(name); !primitive.IsCondition(name) && (!ok || len(row.Slopes) == 0) {
			t.Errorf("primitive %s has no row with slopes", name)
		}
	}
}

// chain returns the result of so many operations on scalars.
func chain(operations int) func(x graph.Value) graph.Value {
	return func(x graph.Value) graph.Value {
		v, c := ops.Index(x, 0), x.Graph().Const(0.5)
		for range operations / 4 {
			v = ops.Add(ops.Sin(ops.Mul(v, v)), ops.Div(v, c))
		}
		return v
	}
}

// TestTaylorOfScalarsAllocates holds that the series of scalars take no allocation each, and no more memory than those
// that are still needed.
func TestTaylorOfScalarsAllocates(t *testing.T) {
	allocations := func(operations int) float64 {
		return testing.AllocsPerRun(3, func() { autograd.Taylor(chain(operations), []float64{0.5}, []float64{1}, 3) })
	}
	if few, many := allocations(100), allocations(10000); many > few+100 {
		t.Errorf("%v allocations for 10000 operations, %v for 100", many, few)
	}
	const order, operations = 60, 40000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	autograd.Taylor(chain(operations), []float64{0.5}, []float64{1}, order)
	runtime.ReadMemStats(&after)
	if took, all := after.TotalAlloc-before.TotalAlloc, uint64(operations*order*8); took > all/2 {
		t.Errorf("took %d bytes, all series together have %d", took, all)
	}
}

// TestTaylorOfLongTensors holds the series of long tensors, whose functions kernels compute, against those of their
// elements, which are computed one by one.
func TestTaylorOfLongTensors(t *testing.T) {
	const n, k = 40, 6
	at, dir := make([]float64, n), make([]float64, n)
	for i := range at {
		at[i], dir[i] = 0.1+float64(i)/n, math.Cos(float64(i))
	}
	at[7], at[8], dir[9] = 0, math.Inf(1), 0 // ends of functions, and one that does not move
	for name, f := range map[string]func(x graph.Value) graph.Value{
		"sin":     ops.Sin,
		"log":     ops.Log,
		"tanh":    ops.Tanh,
		"sqrt":    ops.Sqrt,
		"lgamma":  ops.Lgamma,
		"abs":     func(x graph.Value) graph.Value { return ops.Abs(ops.AddScalar(x, -0.5)) },
		"pow":     func(x graph.Value) graph.Value { return ops.Pow(x, ops.AddScalar(x, 1)) },
		"product": func(x graph.Value) graph.Value { return ops.Mul(ops.Exp(ops.Neg(x)), x) },
		"quotient": func(x graph.Value) graph.Value {
			return ops.Div(ops.Cos(x), ops.AddScalar(x, 2))
		},
	} {
		for i := range at {
			got := autograd.Taylor(func(x graph.Value) graph.Value { return ops.Index(f(x), i) }, at, dir, k)
			want := autograd.Taylor(func(x graph.Value) graph.Value { return f(ops.Index(x, 0)) }, at[i:i+1], dir[i:i+1], k)
			for j := range want {
				if !rowtest.SameNumber(got[j], want[j], 1e-12, 1) {
					t.Errorf("%s at %v: coefficient %d is %v, %v alone", name, at[i], j, got[j], want[j])
				}
			}
		}
	}
}

func TestTaylorMisuse(t *testing.T) {
	sum := func(x graph.Value) graph.Value { return ops.Sum(x) }
	one := []float64{1}
	tests := map[string]func(){
		"autograd.Taylor: order -1: ask for 0 or more":                                                func() { autograd.Taylor(sum, one, one, -1) },
		"autograd.Taylor: order 1000: ask for 170 at most":                                            func() { autograd.Taylor(sum, one, one, 1000) },
		"autograd.Taylor: a direction of 2 numbers at a point of 1: give one for each":                func() { autograd.Taylor(sum, one, []float64{1, 2}, 2) },
		"autograd.Taylor: the result has shape (1), not a scalar: reduce it with ops.Sum or ops.Mean": func() { autograd.Taylor(ops.Sin, one, one, 2) },
		"autograd.Taylor: %3 = inv has no Taylor series here: elementwise, linear and product operations and reductions have; use autograd.Grad over and over for derivatives of low order": func() {
			autograd.Taylor(func(x graph.Value) graph.Value { return ops.Sum(ops.Inv(ops.Reshape(x, 1, 1))) }, one, one, 2)
		},
		"autograd.Taylor: %2 = wrong_cube has no Taylor series here, since its row does not say its derivatives as expressions: set graph.Row.Value and graph.Row.Slopes, or use autograd.Grad over and over for derivatives of low order": func() {
			autograd.Taylor(func(x graph.Value) graph.Value { return ops.Sum(wrongCube(x)) }, one, one, 2)
		},
	}
	for want, f := range tests {
		if diff := cmp.Diff(want, message(f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
	if got := autograd.Taylor(sum, one, one, 0); !cmp.Equal(got, one) {
		t.Errorf("order 0: got %v, want the value", got)
	}
	if got := autograd.Taylor(func(x graph.Value) graph.Value {
		return ops.Sum(ops.Inv(x.Graph().ConstTensor(rowtest.Filled(2, 1, 1))))
	}, one, one, 2); !cmp.Equal(got, []float64{0.5, 0, 0}) {
		t.Errorf("an operation on constants: got %v", got)
	}
}

func ExampleTaylor() {
	f := func(x graph.Value) graph.Value { return ops.Sum(ops.Exp(x)) }
	fmt.Printf("%.4f\n", autograd.Taylor(f, []float64{0}, []float64{1}, 4))
	// Output: [1.0000 1.0000 0.5000 0.1667 0.0417]
}
