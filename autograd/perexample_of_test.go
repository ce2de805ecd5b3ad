package autograd_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// waves returns numbers between -1 and 1.
func waves(dtype tensor.DType, shape ...int) *tensor.Tensor {
	t := tensor.New(dtype, shape...)
	for i := range t.Len() {
		t.SetFlat(math.Sin(float64(5*i+t.Len())), i)
	}
	return t
}

// checkRows holds the gradients of losses against a sweep for each of them.
func checkRows(t *testing.T, name string, tolerance float64, losses graph.Value, xs ...graph.Value) {
	t.Helper()
	g, n := losses.Graph(), losses.Len()
	before := g.Len()
	got := autograd.PerExampleOf(losses, xs...)
	if g.Len() != before {
		t.Errorf("%s: the tape has %d nodes, had %d", name, g.Len(), before)
	}
	for k, x := range xs {
		if want := append([]int{n}, x.Shape()...); !cmp.Equal(want, got[k].Shape()) || got[k].DType() != g.DType() {
			t.Errorf("%s: result %d is %v, want %v of shape %v", name, k, got[k], g.DType(), want)
		}
		for i := range n {
			seed := tensor.New(g.DType(), n)
			seed.SetFlat(1, i)
			want := autograd.Backward(losses, autograd.WithSeed(seed)).Tensor(x)
			for j := range want.Len() {
				if a, b := got[k].AtFlat(i*want.Len()+j), want.AtFlat(j); !rowtest.SameNumber(a, b, tolerance, 1) {
					t.Errorf("%s: example %d by value %d: element %d is %v, want %v", name, i, k, j, a, b)
				}
			}
		}
	}
}

// TestPerExampleOf takes what keeps examples apart and what does not, in both precisions.
func TestPerExampleOf(t *testing.T) {
	const n = 4
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		tolerance := map[tensor.DType]float64{tensor.Float64: 1e-13, tensor.Float32: 1e-5}[dtype]
		g := graph.New(graph.WithDType(dtype))
		x, w, v := g.ConstTensor(waves(dtype, n, 3)), g.VarTensor(waves(dtype, 3, 2)), g.VarTensor(waves(dtype, 2, 5))
		b, c, s := g.VarTensor(waves(dtype, 2)), g.VarTensor(waves(dtype, 5)), g.Var(0.3)
		hidden := ops.Tanh(ops.Add(ops.MatMul(x, w), b))
		out := ops.Linear(hidden, v, c)
		squared, tall := ops.Square(w), g.VarTensor(waves(dtype, n, 3))
		images := g.ConstTensor(waves(dtype, n, 2, 3))
		norm, none := ops.Norm(w), g.VarTensor(tensor.New(dtype, 2, 0))
		infinite := waves(dtype, n, 3)
		infinite.SetAt(math.Inf(1), 1, 2)
		infinite.SetAt(math.NaN(), 2, 0)
		labels := g.ConstTensor(tensor.Of([]float64{4, 0, 1, 1}, n, 1))
		sum := func(y graph.Value) graph.Value { return ops.Sum(y, 1) }
		for name, test := range map[string]struct {
			losses   graph.Value
			together bool
			xs       []graph.Value
		}{
			"a network":               {ops.Sub(ops.LogSumExp(out, 1), ops.Reshape(ops.TakeAlong(out, labels, 1), n)), true, []graph.Value{w, b, v, c}},
			"one given twice":         {sum(hidden), true, []graph.Value{w, b, w}},
			"one that has no part":    {sum(hidden), true, []graph.Value{v, b}},
			"a scalar":                {sum(ops.Mul(hidden, s)), true, []graph.Value{s, w}},
			"an operand used twice":   {sum(ops.Mul(ops.Add(hidden, b), ops.Sub(b, hidden))), true, []graph.Value{b, w}},
			"weights made of weights": {sum(ops.MatMul(x, squared)), true, []graph.Value{w}},
			"inner values":            {sum(ops.MatMul(x, squared)), true, []graph.Value{squared, w}},
			"a shared scalar":         {ops.Mul(sum(hidden), ops.Mul(norm, norm)), true, []graph.Value{w, norm}},
			"rows of rows":            {ops.Mean(ops.Softmax(ops.MatMul(images, w), 2), 1, 2), true, []graph.Value{w}},
			"a gain":                  {ops.Max(ops.Mul(ops.MatMul(images, w), b), 1, 2), true, []graph.Value{w, b}},
			"a first axis of 1":       {sum(ops.Sub(x, ops.Reshape(ops.MatMul(w, b), 1, 3))), true, []graph.Value{w, b}},
			"slices":                  {sum(ops.Slice(out, 1, 1, 3)), true, []graph.Value{w, v}},
			"no columns":              {sum(ops.Concat(1, ops.MatMul(hidden, none), hidden)), false, []graph.Value{none, w}},
			"nothing to multiply":     {sum(ops.Add(ops.MatMul(hidden, none), s)), true, []graph.Value{none, w}},
			"products of nothing":     {sum(ops.Add(ops.MatMul(g.ConstTensor(tensor.New(dtype, n, 0)), ops.Reshape(none, 0, 2)), b)), true, []graph.Value{none, b}},
			"infinite numbers":        {sum(ops.ReLU(ops.MatMul(g.ConstTensor(infinite), w))), true, []graph.Value{w}},
			"examples themselves":     {sum(ops.Mul(x, tall)), false, []graph.Value{tall}},
			"values of examples":      {sum(hidden), false, []graph.Value{hidden, w}},
			"the losses":              {sum(hidden), false, nil},
			"centered over examples":  {sum(ops.Sub(hidden, ops.Mean(hidden, 0))), false, []graph.Value{w, b}},
			"other rows":              {sum(ops.Flip(hidden, 0)), false, []graph.Value{w}},
			"a hook":                  {sum(autograd.OnGradient(hidden, func(ct graph.Value) graph.Value { return ops.MulScalar(ct, 2) })), false, []graph.Value{w}},
			"weights alone":           {ops.Sum(tall, 1), false, []graph.Value{tall}},
			"cut by another":          {ops.Reshape(ops.MatMul(ops.Transpose(ops.Reshape(ops.MatMul(x, w), 4, 2)), tall), 6), false, []graph.Value{w, tall}},
			"a constant":              {ops.Sum(x, 1), false, []graph.Value{w}},
		} {
			xs := test.xs
			if xs == nil {
				xs = []graph.Value{test.losses}
			}
			if got := autograd.Together(test.losses, xs...); got != test.together {
				t.Errorf("%s: together: %v", name, got)
			}
			checkRows(t, fmt.Sprint(dtype, " ", name), tolerance, test.losses, xs...)
		}
	}
}

// TestPerExampleOfRows takes the operations that are known to keep rows apart along axes that are none of the examples',
// and the same along the examples, which mixes them.
func TestPerExampleOfRows(t *testing.T) {
	const n = 3
	g := graph.New()
	w := g.VarTensor(waves(tensor.Float64, 3, 2))
	hidden := ops.MatMul(g.ConstTensor(waves(tensor.Float64, n, 4, 3)), w) // (n, 4, 2)
	square := ops.MatMul(g.ConstTensor(waves(tensor.Float64, n, n, 3)), w) // (n, n, 2)
	for _, name := range []string{"sum", "mean", "max", "min", "logsumexp", "norm", "variance", "std", "prod", "softmax", "log_softmax", "safe_softmax", "center"} {
		row, _ := ops.Lookup(name)
		for axis := range 3 {
			y := ops.Apply(row, square, axis)
			losses := ops.Mean(ops.Mul(y, y), 1)
			if y.Rank() == 3 {
				losses = ops.Mean(ops.Mul(y, y), 1, 2)
			}
			if got, want := autograd.Together(losses, w), axis > 0 && name != "center"; got != want {
				t.Errorf("%s along axis %d: together: %v", name, axis, got)
			}
			checkRows(t, fmt.Sprint(name, " ", axis), 1e-12, losses, w)
		}
	}
	for name, y := range map[string]graph.Value{
		"squeeze":   ops.Squeeze(ops.Slice(hidden, 2, 1, 2), 2),
		"unsqueeze": ops.Sum(ops.Unsqueeze(hidden, 1), 1, 3),
		"reshape":   ops.Reshape(hidden, n, 8),
	} {
		losses := ops.Sum(ops.Mul(y, y), 1)
		if !autograd.Together(losses, w) {
			t.Errorf("%s: examples are not kept apart", name)
		}
		checkRows(t, name, 1e-12, losses, w)
	}
}

// TestPerExampleOfElementwise lets every elementwise operation of several operands meet rows of examples with vectors,
// scalars and matrices that are shared, at its zeros and ends too.
func TestPerExampleOfElementwise(t *testing.T) {
	const n = 3
	numbers := append([]float64{0.3, 0.8}, rowtest.SpecialNumbers...)
	compared := 0
	for _, row := range graph.Rows() {
		if row.Class != graph.Elementwise || !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		for _, grid := range rowtest.Grids(row, []float64{0.5}) {
			for k := range grid.Operands() {
				if grid.Operands() < 2 || !grid.Row.SelectsOperand(k) && row.Name == "where" && k == 0 {
					continue
				}
				for shift, shape := range [][]int{{4}, {}, {2, 4}, {1, 2, 4}, {2, 1}} {
					g := graph.New()
					xs := make([]graph.Value, grid.Operands())
					for i := range xs {
						dims := []int{n, 2, 4}
						if i == k {
							dims = shape
						}
						v := tensor.New(tensor.Float64, dims...)
						for j := range v.Len() {
							v.SetFlat(numbers[(j*(2*i+1)+shift)%len(numbers)], j)
						}
						if i == k {
							xs[i] = g.VarTensor(v)
						} else {
							xs[i] = g.ConstTensor(v)
						}
					}
					y := grid.Call(xs)
					if !y.WantsGrad() {
						continue
					}
					losses := ops.Sum(y, 1, 2)
					if !autograd.Together(losses, xs[k]) {
						t.Errorf("%s: examples are not kept apart", row.Name)
					}
					checkRows(t, fmt.Sprint(row.Name, " by ", shape), 1e-13, losses, xs[k])
					compared++
				}
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d calls", compared)
	}
}

func TestPerExampleOfMisuse(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(vector(1, 2))
	other := graph.New().Var(1)
	tests := map[string]func(){
		"autograd.PerExampleOf: the losses have shape (), not that of a vector: give one loss for each example, such as ops.Mean over all axes but the first": func() { autograd.PerExampleOf(ops.Sum(x), x) },
		"autograd.PerExampleOf: no values to differentiate by: give one or more, such as the weights":                                                         func() { autograd.PerExampleOf(x) },
		"autograd.PerExampleOf: leaf %1 was changed after %2 = square had used it: the gradient would mix old and new numbers; call Backward before the change, or Rewind and record again": func() {
			g := graph.New()
			w := g.VarTensor(vector(1, 2))
			y := ops.Square(w)
			w.SetTensor(vector(3, 4))
			autograd.PerExampleOf(y, w)
		},
	}
	for want, f := range tests {
		if diff := cmp.Diff(want, message(f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
	if err := graph.Try(func() { autograd.PerExampleOf(x, other) }); err == nil {
		t.Error("a value of another graph is taken")
	}
	empty := g.ConstTensor(tensor.New(tensor.Float64, 0, 2))
	if got := autograd.PerExampleOf(ops.Sum(ops.Mul(empty, x), 1), x); !cmp.Equal(got[0].Shape(), []int{0, 2}) {
		t.Errorf("no examples: got %v", got)
	}
	one := g.ConstTensor(tensor.Of([]float64{3, 4}, 1, 2))
	if got := autograd.PerExampleOf(ops.Sum(ops.Mul(one, x), 1), x); !cmp.Equal(got[0].Float64s(), []float64{3, 4}) {
		t.Errorf("one example: got %v", got)
	}
}

func ExamplePerExampleOf() {
	g := graph.New()
	w := g.VarTensor(tensor.Of([]float64{1, -1}, 2, 1))
	inputs := g.ConstTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 3, 2))
	targets := g.ConstTensor(tensor.Of([]float64{0, 0, 1}, 3, 1))
	errors := ops.Sub(ops.MatMul(inputs, w), targets)
	rows := autograd.PerExampleOf(ops.Sum(ops.Square(errors), 1), w)[0]
	fmt.Println(rows.Float64s())
	// Output: [-2 -4 -6 -8 -20 -24]
}
