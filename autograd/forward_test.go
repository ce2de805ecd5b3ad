package autograd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestForwardOfScalars carries tangents along a tape of scalars, several directions at once too: zero wins, and nothing
// comes from what was not selected.
func TestForwardOfScalars(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	tests := []struct {
		name string
		f    func(a, b graph.Value) graph.Value
		at   [2]float64
		dir  [2]float64
		want float64
	}{
		{"product", ops.Mul, [2]float64{3, 5}, [2]float64{1, 2}, 5 + 2*3},
		{"one operand twice", func(a, _ graph.Value) graph.Value { return ops.Mul(a, a) }, [2]float64{3, 5}, [2]float64{1, 7}, 6},
		{"constant", func(a, _ graph.Value) graph.Value { return a.Graph().Const(2) }, [2]float64{3, 5}, [2]float64{1, 2}, 0},
		{"the operand itself", func(a, _ graph.Value) graph.Value { return a }, [2]float64{3, 5}, [2]float64{4, 2}, 4},
		{"zero wins over infinity", func(a, b graph.Value) graph.Value { return ops.Add(ops.Sqrt(a), b) }, [2]float64{0, 5}, [2]float64{0, 2}, 2},
		{"an infinite derivative", func(a, b graph.Value) graph.Value { return ops.Add(ops.Sqrt(a), b) }, [2]float64{0, 5}, [2]float64{1, 2}, inf},
		{"branch not taken", func(a, b graph.Value) graph.Value { return ops.Where(a.Graph().Const(0), ops.Sqrt(a), b) }, [2]float64{-1, 5}, [2]float64{1, 2}, 2},
		{"an infinite tangent not selected", ops.Maximum, [2]float64{1, 5}, [2]float64{inf, 2}, 2},
		{"an infinite tangent times 0", ops.Mul, [2]float64{1, 0}, [2]float64{inf, 2}, nan},
		{"power with exponent 0", func(a, _ graph.Value) graph.Value { return ops.PowScalar(a, 0) }, [2]float64{0, 0}, [2]float64{inf, 0}, 0},
	}
	for _, test := range tests {
		g := graph.New()
		a, b := g.Var(test.at[0]), g.Var(test.at[1])
		y := test.f(a, b)
		before := g.Len()
		dy := autograd.Forward(y, []graph.Value{a, b}, []*tensor.Tensor{tensor.Of([]float64{test.dir[0]}), tensor.Of([]float64{test.dir[1]})})
		if got := dy.At(); got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
		if g.Len() != before {
			t.Errorf("%s: the tape has %d nodes, had %d", test.name, g.Len(), before)
		}
		_, several := autograd.JVPs(func(x graph.Value) graph.Value {
			return test.f(ops.Index(x, 0), ops.Index(x, 1))
		}, test.at[:], []float64{0, 0}, test.dir[:], []float64{0, 0})
		for r, want := range []float64{0, test.want, 0} {
			if got := several[r].At(); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Errorf("%s: direction %d of 3: got %v, want %v", test.name, r, got, want)
			}
		}
	}
}

// TestForwardByInnerValues holds that a value on the way moves along its own direction and along with what it is made of.
func TestForwardByInnerValues(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		g := graph.New(graph.WithDType(dtype))
		x := g.VarTensor(vector(1, 2))
		u := ops.MulScalar(x, 3)
		y := ops.Square(u) // 9x²
		one, dir := vector(1, 1), vector(1, 10)
		for _, test := range []struct {
			name string
			xs   []graph.Value
			dirs []*tensor.Tensor
			want []float64
		}{
			{"x", []graph.Value{x}, []*tensor.Tensor{dir}, []float64{18, 360}},
			{"u", []graph.Value{u}, []*tensor.Tensor{dir}, []float64{6, 120}},
			{"x and u", []graph.Value{x, u}, []*tensor.Tensor{dir, one}, []float64{18 + 6, 360 + 12}},
			{"y", []graph.Value{y}, []*tensor.Tensor{dir}, []float64{1, 10}},
			{"later", []graph.Value{ops.Sin(y)}, []*tensor.Tensor{dir}, []float64{0, 0}},
			{"x twice", []graph.Value{x, x}, []*tensor.Tensor{dir, one}, []float64{18 + 18, 360 + 36}},
			{"u, x and u", []graph.Value{u, x, u}, []*tensor.Tensor{dir, one, dir}, []float64{6 + 18 + 6, 120 + 36 + 120}},
			{"y twice", []graph.Value{y, y}, []*tensor.Tensor{dir, one}, []float64{2, 11}},
			{"none", nil, nil, []float64{0, 0}},
		} {
			dy := autograd.Forward(y, test.xs, test.dirs)
			if dy.DType() != dtype || !cmp.Equal(dy.To(tensor.Float64).Float64s(), test.want) {
				t.Errorf("%v: by %s: got %v, want %v", dtype, test.name, dy, test.want)
			}
		}
	}
}

// TestForwardByScalarsTwice holds that a scalar that is given several times moves along all of its directions, too.
func TestForwardByScalarsTwice(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		g := graph.New(graph.WithDType(dtype))
		a := g.Var(3)
		u := ops.Square(a)
		y := ops.Mul(u, a)
		along := func(v float64) *tensor.Tensor { return tensor.Of([]float64{v}) }
		for _, test := range []struct {
			xs   []graph.Value
			dirs []*tensor.Tensor
			want float64
		}{
			{[]graph.Value{a, a}, []*tensor.Tensor{along(1), along(2)}, 3 * 27},
			{[]graph.Value{a, u, a, u}, []*tensor.Tensor{along(1), along(1), along(2), along(4)}, 3*27 + 5*3},
		} {
			if got := autograd.Forward(y, test.xs, test.dirs); got.At() != test.want {
				t.Errorf("%v: got %v, want %v", dtype, got, test.want)
			}
		}
	}
}

// TestJVPs holds several directions against each alone, through scalars, kernels, rules, and operations that have no
// Tangent.
func TestJVPs(t *testing.T) {
	double := autograd.Custom("double", mapped(func(x float64) float64 { return 2 * x }), func(_, ct graph.Value, _ ...graph.Value) []graph.Value {
		return []graph.Value{ops.MulScalar(ct, 2)}
	})
	f := func(x graph.Value) graph.Value {
		a, b := ops.Index(x, 0), ops.Index(x, 1)
		m := ops.Reshape(x, 2, 2)
		return ops.Concat(0,
			ops.Reshape(ops.Mul(ops.Sin(a), b), 1),
			ops.Reshape(ops.Add(ops.MatMul(m, ops.Exp(m)), a), 4), // a scalar that is stretched
			double(ops.CumProd(x, 0)),
			autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Mul(xs[0], ops.Sin(xs[1])) }, x, ops.Square(x)),
			ops.Broadcast(ops.Norm(x), 1),
		)
	}
	at := []float64{0.3, -1, 2, 0.7}
	dirs := [][]float64{{1, 0, 0, 0}, {0, 0, 0, 0}, {1, -2, 3, 0.5}, {0, 0, 0, -1}}
	y, dys := autograd.JVPs(f, at, dirs...)
	J := autograd.Jacobian(f, at)
	if len(dys) != len(dirs) || y.Len() != J.Dims()[0] {
		t.Fatalf("%d derivatives of %d elements, want %d of %d", len(dys), y.Len(), len(dirs), J.Dims()[0])
	}
	for r, dir := range dirs {
		alone, one := autograd.JVP(f, at, dir)
		if diff := cmp.Diff(one.Float64s(), dys[r].Float64s()); diff != "" || !cmp.Equal(alone.Float64s(), y.Float64s()) {
			t.Errorf("direction %d: mismatch (-alone +together):\n%s", r, diff)
		}
		want := make([]float64, y.Len())
		for i := range want {
			for j, d := range dir {
				want[i] += J.At(i, j) * d
			}
		}
		if diff := cmp.Diff(want, one.Float64s(), cmpopts.EquateApprox(1e-13, 1e-13)); diff != "" {
			t.Errorf("direction %d: mismatch (-Jacobian +JVP):\n%s", r, diff)
		}
	}
	if _, none := autograd.JVPs(f, at); len(none) != 0 {
		t.Errorf("%d derivatives in no direction", len(none))
	}
}

// TestForwardThroughHooks holds that what changes gradients on their way back changes nothing on the way forward.
func TestForwardThroughHooks(t *testing.T) {
	reversed := func(x graph.Value) graph.Value { return ops.Square(autograd.ScaleGradient(x, -1)) }
	for name, f := range map[string]func(x graph.Value) graph.Value{
		"tensor": reversed,
		"scalar": func(x graph.Value) graph.Value { return reversed(ops.Index(x, 0)) },
		"sum":    func(x graph.Value) graph.Value { return ops.Sum(reversed(ops.Concat(0, x, x))) },
	} {
		want := 6.0
		if name == "sum" {
			want = 12
		}
		if _, dy := autograd.JVP(f, []float64{3}, []float64{1}); dy.AtFlat(0) != want {
			t.Errorf("%s: got %v, want %v", name, dy, want)
		}
	}
}

// TestForwardAtSpecialNumbers holds the tangents of every elementwise operation against its cotangents, for one
// direction and for many, at zeros, infinities and NaN: the Jacobian is diagonal, and so both are one product.
func TestForwardAtSpecialNumbers(t *testing.T) {
	for _, row := range graph.Rows() {
		if row.Class == graph.NoGrad || !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		for _, grid := range rowtest.Grids(row, rowtest.SpecialNumbers) {
			operands := grid.Operands()
			count := len(grid.Columns[0]) / len(rowtest.SpecialNumbers) // one combination for each cotangent
			ct := grid.Columns[operands][:count]
			f := func(x graph.Value) graph.Value {
				var xs []graph.Value
				for i := range operands {
					xs = append(xs, ops.Slice(x, 0, i*count, (i+1)*count))
				}
				return grid.Call(xs)
			}
			var at []float64
			for _, column := range grid.Columns[:operands] {
				at = append(at, column[:count]...)
			}
			_, want := autograd.VJP(f, at, ct)
			for i := range operands {
				zero, dir := make([]float64, len(at)), make([]float64, len(at))
				copy(dir[i*count:], ct)
				_, alone := autograd.JVP(f, at, dir)
				_, many := autograd.JVPs(f, at, dir, zero, dir)
				want := want[i*count:][:count]
				for what, got := range map[string]*tensor.Tensor{"alone": alone, "among others": many[2]} {
					grid.Compare(t, fmt.Sprintf("cotangent and tangent %s, by operand %d", what, i), want, got.Float64s(), rowtest.SameTo64)
				}
				grid.Compare(t, "a tangent of 0", make([]float64, count), many[1].Float64s(), 0)
			}
		}
	}
}

// TestForwardTogether holds directions of special numbers together against each alone, for every operation, at special
// numbers too, and that one of zeros comes to nothing whatever the numbers and the other directions are.
func TestForwardTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, row := range graph.Rows() {
		if row.Class == graph.NoGrad || !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		for _, s := range rowtest.Samples(t, row) {
			for k, operands := range [][]*tensor.Tensor{s.Operands, rowtest.Spoil(rng, s.Operands)} {
				var at []float64
				for _, x := range operands {
					at = append(at, rowtest.Numbers(x)...)
				}
				if len(at) == 0 || len(at) > 50 {
					continue
				}
				f := func(x graph.Value) graph.Value {
					var xs []graph.Value
					from := 0
					for _, o := range operands {
						xs = append(xs, ops.Reshape(ops.Slice(x, 0, from, from+o.Len()), o.Dims()...))
						from += o.Len()
					}
					return s.Apply(xs)
				}
				zero, dir := make([]float64, len(at)), make([]float64, len(at))
				for i := range dir {
					if dir[i] = rng.NormFloat64(); rng.IntN(3) == 0 {
						dir[i] = rowtest.SpecialNumbers[rng.IntN(len(rowtest.SpecialNumbers))]
					}
				}
				err := graph.Try(func() {
					_, alone := autograd.JVP(f, at, dir)
					_, many := autograd.JVPs(f, at, dir, dir, zero)
					for i := range alone.Len() {
						if want, got := alone.AtFlat(i), many[0].AtFlat(i); !rowtest.SameNumber(want, got, rowtest.SameTo64, 1) {
							t.Errorf("%s %s at %v in direction %v: element %d is %v alone, %v among others", row.Name, s.Text, at, dir, i, want, got)
						}
						if got := many[2].AtFlat(i); got != 0 {
							t.Errorf("%s %s at %v: element %d is %v in a direction of zeros", row.Name, s.Text, at, i, got)
						}
					}
				})
				if err != nil && k == 0 { // special numbers may be refused
					t.Errorf("%s %s: %v", row.Name, s.Text, err)
				}
			}
		}
	}
}

// TestForwardOfOneValueTwice holds that the directions of a value that is given several times are added up, and that
// those of a value and of one that is made of it are too.
func TestForwardOfOneValueTwice(t *testing.T) {
	g := graph.New()
	x, s := g.VarTensor(vector(1, 2)), g.Var(3)
	y := ops.Mul(x, s)
	z := ops.Square(y) // 9x², by s: 6x²
	one, two := tensor.Of([]float64{1}), tensor.Of([]float32{2})
	tests := map[string]struct {
		xs   []graph.Value
		dirs []*tensor.Tensor
		want []float64
	}{
		"a tensor":            {[]graph.Value{x, x}, []*tensor.Tensor{vector(1, 1), vector(0, 2)}, []float64{18, 108}},
		"a scalar":            {[]graph.Value{s, s, s}, []*tensor.Tensor{one, two, one}, []float64{24, 96}},
		"with others between": {[]graph.Value{s, x, s, x}, []*tensor.Tensor{one, vector(1, 0), two, vector(0, 1)}, []float64{18 + 18, 72 + 36}},
		"one inside another":  {[]graph.Value{y, x}, []*tensor.Tensor{vector(1, 1), vector(1, 1)}, []float64{6 * 4, 12 * 4}},
	}
	for name, test := range tests {
		if diff := cmp.Diff(test.want, autograd.Forward(z, test.xs, test.dirs).Float64s(), cmpopts.EquateApprox(1e-14, 0)); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
		}
	}
	if one.AtFlat(0) != 1 {
		t.Error("a direction was changed")
	}
}

func TestForwardMisuse(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(vector(1, 2))
	y := ops.Square(x)
	w := tensor.Of([]float64{1, 2, 3}, 3)
	bound := g.Bind(w)
	used := ops.Sum(bound)
	w.SetAt(5, 0)
	one := []*tensor.Tensor{vector(1, 1)}
	tests := map[string]func(){
		"autograd.Forward: 1 directions for 0 values: give one for each":                                                func() { autograd.Forward(y, nil, one) },
		"autograd.Forward: direction 0 is a nil tensor: give one of shape (2), of zeros for a value that does not move": func() { autograd.Forward(y, []graph.Value{x}, []*tensor.Tensor{nil}) },
		"autograd.Forward: direction 0 has shape (3), value %1 has (2): give a direction of the value's shape":          func() { autograd.Forward(y, []graph.Value{x}, []*tensor.Tensor{vector(1, 2, 3)}) },
		"autograd.JVP: a direction of 3 numbers at a point of 1: give one for each":                                     func() { autograd.JVP(ops.Sin, []float64{1}, []float64{1, 2, 3}) },
		"autograd.JVPs: a direction of 0 numbers at a point of 1: give one for each":                                    func() { autograd.JVPs(ops.Sin, []float64{1}, []float64{1}, nil) },
		"autograd.Forward: leaf %3 was changed after %4 = sum had used it: the gradient would mix old and new numbers; call Backward before the change, or Rewind and record again": func() {
			autograd.Forward(used, []graph.Value{bound}, []*tensor.Tensor{vector(1, 1, 1)})
		},
	}
	for want, f := range tests {
		if diff := cmp.Diff(want, message(f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
	if got := message(func() { autograd.Forward(y, []graph.Value{graph.New().VarTensor(vector(1, 2))}, one) }); got == "" {
		t.Error("a value of another graph: no panic")
	}
}

// TestStackedTangentsSelect holds that tangents in several directions at once meet infinities and NaN as each does alone: a
// 0 of theirs contributes 0.
func TestStackedTangentsSelect(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	odd := tensor.Of([]float64{1, inf, -2, nan, 3, 4, 0, -inf, 5}, 3, 3)
	for name, f := range map[string]func(x, c graph.Value) graph.Value{
		"left":      func(x, c graph.Value) graph.Value { return ops.MatMul(x, c) },
		"right":     func(x, c graph.Value) graph.Value { return ops.MatMul(c, x) },
		"a layer":   func(x, c graph.Value) graph.Value { return ops.Linear(x, c, ops.Index(x, 0)) },
		"its input": func(x, c graph.Value) graph.Value { return ops.Linear(c, x, ops.Index(c, 0)) },
	} {
		t.Run(name, func(t *testing.T) {
			g := func(x graph.Value) graph.Value { return f(ops.Reshape(x, 3, 3), x.Graph().ConstTensor(odd)) }
			at := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
			dirs := [][]float64{{1, 0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 1, 0, 2, 0, 0}, {0, 1, 0, 3, 0, 0, 0, 0, 4}, {0, 0, 0, 0, 0, 0, 0, 0, 0}, {1, 1, 1, 1, 1, 1, 1, 1, 1}}
			_, dys := autograd.JVPs(g, at, dirs...)
			for r, dir := range dirs {
				_, want := autograd.JVP(g, at, dir)
				if diff := cmp.Diff(want.Float64s(), dys[r].Float64s(), cmpopts.EquateNaNs()); diff != "" {
					t.Errorf("direction %d (-alone +with others):\n%s", r, diff)
				}
			}
		})
	}
}
