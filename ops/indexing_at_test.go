package ops_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestIndicesAsValues holds operations whose indices or labels are values against those that take them as ints of Go:
// value, gradient and the gradient of the gradient are the same, bit for bit, whatever the numbers.
func TestIndicesAsValues(t *testing.T) {
	const classes = 4
	vector := func(x graph.Value, index []int) graph.Value { return vectorOf(x.Graph(), index) }
	for _, c := range []struct {
		name string
		rows int // of x; the others have as many as there are indices
		ints func(x graph.Value, index []int) graph.Value
		at   func(x graph.Value, index []int) graph.Value
	}{
		{
			"gather", classes,
			func(x graph.Value, index []int) graph.Value { return ops.Gather(x, 0, index...) },
			func(x graph.Value, index []int) graph.Value { return ops.GatherAt(x, vector(x, index), 0) },
		},
		{
			"gather along the last axis", classes,
			func(x graph.Value, index []int) graph.Value { return ops.Gather(x, -1, index...) },
			func(x graph.Value, index []int) graph.Value { return ops.GatherAt(x, vector(x, index), -1) },
		},
		{
			"gather a matrix", classes,
			func(x graph.Value, index []int) graph.Value {
				return ops.Reshape(ops.Gather(x, 0, index...), 2, len(index)/2, classes)
			},
			func(x graph.Value, index []int) graph.Value {
				return ops.GatherAt(x, ops.Reshape(vector(x, index), 2, -1), 0)
			},
		},
		{
			"scatter", 0,
			func(x graph.Value, index []int) graph.Value { return ops.Scatter(x, 0, classes, index...) },
			func(x graph.Value, index []int) graph.Value { return ops.ScatterAt(x, vector(x, index), 0, classes) },
		},
		{
			"embedding", classes,
			func(x graph.Value, index []int) graph.Value { return ops.Embedding(x, index...) },
			func(x graph.Value, index []int) graph.Value { return ops.EmbeddingAt(x, vector(x, index)) },
		},
		{
			"cross_entropy", 0,
			func(x graph.Value, index []int) graph.Value { return ops.CrossEntropy(x, index...) },
			func(x graph.Value, index []int) graph.Value { return ops.CrossEntropyAt(x, vector(x, index)) },
		},
		{
			"cross_entropy of one row", 1,
			func(x graph.Value, index []int) graph.Value {
				return ops.CrossEntropy(ops.Reshape(x, classes), index[0])
			},
			func(x graph.Value, index []int) graph.Value {
				return ops.CrossEntropyAt(ops.Reshape(x, classes), x.Graph().Const(float64(index[0])))
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(7, 8))
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				for _, special := range []bool{false, true} {
					for _, n := range []int{2, 40} { // few, and so many that sums in single precision are compensated
						index := make([]int, n)
						for i := range index {
							index[i] = rng.IntN(classes)
						}
						rows := c.rows
						if rows == 0 {
							rows = n
						}
						x := tensor.New(dtype, rows, classes)
						for i := range x.Len() {
							x.SetFlat(rng.NormFloat64(), i)
							if special && rng.IntN(3) == 0 {
								x.SetFlat(specialNumbers[rng.IntN(len(specialNumbers))], i)
							}
						}
						want, got := allDerivatives(x, index, c.ints), allDerivatives(x, index, c.at)
						if len(got) != len(want) {
							t.Fatalf("%d numbers, want %d", len(got), len(want))
						}
						for i, v := range got {
							if !rowtest.Identical(v, want[i]) {
								t.Fatalf("%v, %d indices into %v: number %d of value, gradients and second gradients is %v, want %v", dtype, n, x, i, v, want[i])
							}
						}
					}
				}
			}
		})
	}
}

// allDerivatives returns the numbers of f(x), of its gradient by both ways, and of the gradient's gradient.
func allDerivatives(x *tensor.Tensor, index []int, f func(graph.Value, []int) graph.Value) []float64 {
	g := graph.New(graph.WithDType(x.DType()))
	v := g.VarTensor(x)
	y := f(v, index)
	list := numbers(y.Tensor())
	l := weighted(ops.Mul(y, y))
	list = append(list, numbers(autograd.Backward(l).Tensor(v))...)
	d := autograd.Grad(l, v)[0]
	list = append(list, numbers(d.Tensor())...)
	return append(list, numbers(autograd.Grad(weighted(d), v)[0].Tensor())...)
}

// TestIndicesHaveNoGradient checks that no gradient flows to indices and labels, by any way.
func TestIndicesHaveNoGradient(t *testing.T) {
	for name, f := range map[string]func(x, index graph.Value) graph.Value{
		"gather_at":        func(x, index graph.Value) graph.Value { return ops.GatherAt(x, index, 0) },
		"scatter_at":       func(x, index graph.Value) graph.Value { return ops.ScatterAt(x, index, 0, 5) },
		"embedding_at":     ops.EmbeddingAt,
		"cross_entropy_at": ops.CrossEntropyAt,
	} {
		g := graph.New()
		x, index := g.VarTensor(tensor.Of([]float64{1, 2, -3, 0.5}, 2, 2)), g.VarTensor(flat(1, 0))
		l := ops.MulScalar(ops.Sum(f(x, index)), math.Inf(1))
		back, d := autograd.Backward(l), autograd.Grad(l, index)[0]
		if b, r := numbers(back.Tensor(index)), numbers(d.Tensor()); b[0] != 0 || b[1] != 0 || r[0] != 0 || r[1] != 0 {
			t.Errorf("%s: gradient by the indices is %v by Backward, %v by Grad", name, b, r)
		}
	}
}

func TestCrossEntropyAtMisuse(t *testing.T) {
	for _, c := range []struct {
		shape  []int
		labels *tensor.Tensor
		kind   graph.Kind
		want   string
	}{
		{[]int{2, 3}, flat(0, 3), graph.ErrIndex, "ops.CrossEntropyAt: row 1 has label 3 and the logits have 3 classes: labels are the whole numbers from 0 to 2"},
		{[]int{2, 3}, flat(-1, 0), graph.ErrIndex, "ops.CrossEntropyAt: row 0 has label -1 and the logits have 3 classes: labels are the whole numbers from 0 to 2"},
		{[]int{2, 3}, flat(0, 0.5), graph.ErrIndex, "ops.CrossEntropyAt: row 1 has label 0.5 and the logits have 3 classes: labels are the whole numbers from 0 to 2"},
		{[]int{2, 3}, flat(nan, 0), graph.ErrIndex, "ops.CrossEntropyAt: row 0 has label NaN and the logits have 3 classes: labels are the whole numbers from 0 to 2"},
		{[]int{3}, filled(inf), graph.ErrIndex, "ops.CrossEntropyAt: row 0 has label +Inf and the logits have 3 classes: labels are the whole numbers from 0 to 2"},
		{[]int{2, 3}, flat(0), graph.ErrShape, "ops.CrossEntropyAt: logits of shape (2,3), labels of shape (1): want (rows, classes) and (rows), or (classes) and a scalar"},
		{[]int{2, 3}, filled(0, 2, 1), graph.ErrShape, "ops.CrossEntropyAt: logits of shape (2,3), labels of shape (2,1): want (rows, classes) and (rows), or (classes) and a scalar"},
		{[]int{3}, flat(0), graph.ErrShape, "ops.CrossEntropyAt: logits of shape (3), labels of shape (1): want (rows, classes) and (rows), or (classes) and a scalar"},
		{nil, filled(0), graph.ErrShape, "ops.CrossEntropyAt: logits of shape (), labels of shape (): want (rows, classes) and (rows), or (classes) and a scalar"},
		{[]int{2, 2, 2}, filled(0, 2, 2), graph.ErrShape, "ops.CrossEntropyAt: logits of shape (2,2,2), labels of shape (2,2): want (rows, classes) and (rows), or (classes) and a scalar"},
		{[]int{0, 3}, flat(), graph.ErrShape, "ops.CrossEntropyAt: logits of shape (0,3): want at least one row and one class"},
		{[]int{1, 0}, flat(0), graph.ErrShape, "ops.CrossEntropyAt: logits of shape (1,0): want at least one row and one class"},
	} {
		g := graph.New()
		z, labels := g.VarTensor(tensor.New(tensor.Float64, c.shape...)), g.ConstTensor(c.labels)
		err := graph.Try(func() { ops.CrossEntropyAt(z, labels) })
		if err == nil || err.Error() != c.want {
			t.Errorf("got error %v, want %q", err, c.want)
		} else if !errors.Is(err, c.kind) {
			t.Errorf("%v is not of kind %q", err, c.kind)
		}
	}
}

// TestIndicesInSinglePrecision holds that a graph in single precision refuses axes that are longer than the whole numbers
// that it holds.
func TestIndicesInSinglePrecision(t *testing.T) {
	g := graph.New(graph.WithDType(tensor.Float32))
	long := g.ConstTensor(tensor.New(tensor.Float32, 1<<24+1, 0))
	one, of := g.Const(1), g.ConstTensor(tensor.New(tensor.Float32, 0))
	const want = "16777217 elements along the axis: float32 holds indices up to 16777216; use a float64 graph"
	for name, f := range map[string]func(){
		"ops.GatherAt":  func() { ops.GatherAt(long, one, 0) },
		"ops.ScatterAt": func() { ops.ScatterAt(of, one, 0, 1<<24+1) },
	} {
		if err := graph.Try(f); err == nil || err.Error() != name+": "+want {
			t.Errorf("got error %v, want %s: %s", err, name, want)
		}
	}
}
