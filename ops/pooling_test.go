package ops_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func TestPool(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	tests := []struct {
		name      string
		f         func(x graph.Value, k, stride int) graph.Value
		x         []float64
		h, w      int
		k, stride int
		ct        []float64
		want      []float64
		grad      []float64
	}{
		{"max", ops.MaxPool2D, []float64{1, 2, 3, 4, 9, 5, 6, 7, 8}, 3, 3, 2, 1, []float64{1, 10, 100, 1000}, []float64{9, 9, 9, 9}, []float64{0, 0, 0, 0, 1111, 0, 0, 0, 0}},
		{"max, ties share", ops.MaxPool2D, []float64{5, 5, 1, 5, 0, 0}, 2, 3, 2, 1, []float64{3, 4}, []float64{5, 5}, []float64{1, 1 + 4, 0, 1, 0, 0}},
		{"max, stride beyond the window", ops.MaxPool2D, []float64{1, 2, 3}, 1, 3, 1, 2, []float64{4, 5}, []float64{1, 3}, []float64{4, 0, 5}},
		{"max, huge stride", ops.MaxPool2D, []float64{1, 2, 3, 4}, 2, 2, 1, math.MaxInt, []float64{4}, []float64{1}, []float64{4, 0, 0, 0}},
		{"max, incomplete windows dropped", ops.MaxPool2D, []float64{1, 2, 9, 3, 4, 9, 9, 9, 9}, 3, 3, 2, 2, []float64{1}, []float64{4}, []float64{0, 0, 0, 0, 1, 0, 0, 0, 0}},
		{"max of only -Inf", ops.MaxPool2D, []float64{-inf, -inf}, 1, 2, 1, 1, []float64{1, 2}, []float64{-inf, -inf}, []float64{1, 2}},
		{"max, NaN wins", ops.MaxPool2D, []float64{1, nan, inf, nan}, 2, 2, 2, 1, []float64{4}, []float64{nan}, []float64{0, 2, 0, 2}},
		{"avg", ops.AvgPool2D, []float64{1, 2, 7, 3, 4, 7, 7, 7, 7}, 3, 3, 2, 2, []float64{8}, []float64{2.5}, []float64{2, 2, 0, 2, 2, 0, 0, 0, 0}},
		{"avg, overlap", ops.AvgPool2D, []float64{1, 2, 3, 4, 5, 6}, 2, 3, 2, 1, []float64{4, 8}, []float64{3, 4}, []float64{1, 3, 2, 1, 3, 2}},
		{"avg with an infinity", ops.AvgPool2D, []float64{1, inf}, 1, 2, 1, 1, []float64{2, 3}, []float64{1, inf}, []float64{2, 3}},
	}
	same := cmp.Options{cmpopts.EquateNaNs()}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				g := graph.New(graph.WithDType(dtype))
				x := g.VarTensor(tensor.Of(tt.x, 1, 1, tt.h, tt.w))
				y := tt.f(x, tt.k, tt.stride)
				if diff := cmp.Diff(tt.want, y.Tensor().Float64s(), same); diff != "" {
					t.Errorf("%v value: mismatch (-want +got):\n%s", dtype, diff)
				}
				// A second channel of cotangents, all 0, is not there; the loss is Σ ct·y without meeting y's infinities.
				seed := tensor.Of(tt.ct, y.Dims()...).To(dtype)
				grads := autograd.Backward(y, autograd.WithSeed(seed))
				if diff := cmp.Diff(tt.grad, grads.Tensor(x).Float64s(), same); diff != "" {
					t.Errorf("%v gradient: mismatch (-want +got):\n%s", dtype, diff)
				}
			}
		})
	}
}

// poolConfigs are windows of every kind.
var poolConfigs = []struct {
	name   string
	x      []int
	config ops.PoolConfig
}{
	{"side by side", []int{2, 4, 6}, ops.PoolConfig{Size: [2]int{2, 3}}},
	{"2×2", []int{1, 2, 4, 18}, ops.PoolConfig{Size: [2]int{2, 2}}},
	{"2×2, a row and a column left over", []int{3, 5, 7}, ops.PoolConfig{Size: [2]int{2, 2}}},
	{"one row", []int{2, 1, 7}, ops.PoolConfig{Size: [2]int{1, 3}, Stride: [2]int{1, 2}, Padding: [2]int{0, 1}}},
	{"overlap", []int{2, 5, 4}, ops.PoolConfig{Size: [2]int{3, 2}, Stride: [2]int{1, 1}}},
	{"padding", []int{1, 2, 3, 4}, ops.PoolConfig{Size: [2]int{2, 2}, Padding: [2]int{1, 1}}},
	{"padding and overlap", []int{2, 5, 5}, ops.PoolConfig{Size: [2]int{3, 3}, Stride: [2]int{2, 1}, Padding: [2]int{1, 1}}},
	{"padding along the height", []int{2, 3, 4}, ops.PoolConfig{Size: [2]int{2, 3}, Stride: [2]int{1, 1}, Padding: [2]int{1, 0}}},
	{"padding larger than the image", []int{1, 1, 2}, ops.PoolConfig{Size: [2]int{8, 9}, Stride: [2]int{3, 1}, Padding: [2]int{4, 4}}},
	{"huge windows", []int{1, 2, 3}, ops.PoolConfig{Size: [2]int{math.MaxInt, math.MaxInt}, Stride: [2]int{1, 2}, Padding: [2]int{math.MaxInt / 2, math.MaxInt / 2}}},
	{"huge stride", []int{1, 2, 3}, ops.PoolConfig{Size: [2]int{2, 2}, Stride: [2]int{math.MaxInt, math.MaxInt}, Padding: [2]int{1, 1}}},
	{"strides beyond the windows", []int{2, 5, 6}, ops.PoolConfig{Size: [2]int{1, 2}, Stride: [2]int{2, 3}}},
	{"incomplete windows", []int{1, 5, 6}, ops.PoolConfig{Size: [2]int{2, 3}, Stride: [2]int{2, 2}, Padding: [2]int{0, 1}}},
	{"no images", []int{0, 3, 3}, ops.PoolConfig{Size: [2]int{3, 3}, Padding: [2]int{1, 1}}},
	{"one image alone", []int{4, 4}, ops.PoolConfig{Size: [2]int{3, 3}, Padding: [2]int{1, 1}}},
}

// poolings are the functions that a PoolConfig is for.
var poolings = []struct {
	name    string
	f       func(x graph.Value, c ops.PoolConfig) graph.Value
	max     bool
	exclude bool
}{
	{"max", ops.MaxPool2DWith, true, false},
	{"mean", ops.AvgPool2DWith, false, false},
	{"mean without padding", ops.AvgPool2DWith, false, true},
}

// poolByDefinition computes the windows of images and what they pass back, by the definition.
func poolByDefinition(x, ct *tensor.Tensor, c ops.PoolConfig, isMax bool) (y, dx *tensor.Tensor) {
	y, dx = tensor.New(x.DType(), ct.Dims()...), tensor.New(x.DType(), x.Dims()...)
	d := x.Rank() - 2
	h, w, rows, cols := x.Dims()[d], x.Dims()[d+1], ct.Dims()[d], ct.Dims()[d+1]
	for i := range 2 {
		if c.Stride[i] == 0 {
			c.Stride[i] = c.Size[i]
		}
	}
	for i := range ct.Len() {
		plane, r, q := i/cols/rows, i/cols%rows, i%cols
		var inside []int
		for at := range h * w {
			a, b := at/w+c.Padding[0]-r*c.Stride[0], at%w+c.Padding[1]-q*c.Stride[1]
			if 0 <= a && a < c.Size[0] && 0 <= b && b < c.Size[1] {
				inside = append(inside, plane*h*w+at)
			}
		}
		selected, n := inside, float64(c.Size[0])*float64(c.Size[1])
		if isMax {
			m := math.Inf(-1)
			for _, at := range inside {
				m = math.Max(m, x.AtFlat(at))
			}
			for _, at := range inside {
				if v := x.AtFlat(at); math.IsNaN(v) {
					m = v // math.Max prefers +Inf
				}
			}
			selected = nil
			for _, at := range inside {
				if v := x.AtFlat(at); v == m || v != v && m != m {
					selected = append(selected, at)
				}
			}
		}
		if isMax || c.ExcludePadding {
			n = float64(len(selected))
		}
		sum := 0.0
		for _, at := range selected {
			sum += x.AtFlat(at)
			if v := ct.AtFlat(i); v != 0 {
				dx.SetFlat(dx.AtFlat(at)+v/n, at)
			}
		}
		y.SetFlat(sum/n, i)
	}
	return y, dx
}

// TestPoolWith compares windows of every kind with the definition: value, gradient by the kernel and by the rule, and what
// the derivative of the gradient selects. Images and cotangents have ties, zeros, infinities and NaN.
func TestPoolWith(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	same := cmp.Options{cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-6, 1e-6)} // some roundings of float32
	for _, pool := range poolings {
		for _, tt := range poolConfigs {
			tt.config.ExcludePadding = pool.exclude
			for _, values := range [][]float64{nil, {nan}, {inf, nan}, {-inf, inf, inf}, {nan, nan, -inf, nan}} {
				for _, seeds := range [][]float64{nil, {0, 0, 0}, {inf}, {nan, 0, -inf}} {
					for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
						g := graph.New(graph.WithDType(dtype))
						a := spoiled(counting(dtype, tt.x...), values)
						x := g.VarTensor(a)
						y := pool.f(x, tt.config)
						seed := spoiled(counting(dtype, y.Dims()...), seeds)
						wantY, wantX := poolByDefinition(a, seed, tt.config, pool.max)
						ct := g.VarTensor(seed)
						recorded := autograd.Grad(ops.Sum(ops.Chain(ct, y)), x)[0]
						for _, c := range []struct {
							what      string
							want, got *tensor.Tensor
						}{
							{"value", wantY, y.Tensor()},
							{"Backward", wantX, autograd.Backward(y, autograd.WithSeed(seed)).Tensor(x)},
							{"Grad", wantX, recorded.Tensor()},
						} {
							if diff := cmp.Diff(c.want.Float64s(), c.got.Float64s(), same); diff != "" {
								t.Errorf("%s, %s with %v, cotangent with %v, %v %s: mismatch (-want +got):\n%s", pool.name, tt.name, values, seeds, dtype, c.what, diff)
							}
						}
						// The gradient is linear in the cotangent: the derivative by it has the elements of v that the windows select.
						v := tensor.New(dtype, tt.x...)
						for i := range v.Len() {
							v.SetFlat(float64(i+1), i)
						}
						again := autograd.Backward(recorded, autograd.WithSeed(v)).Tensor(ct)
						want := selectedBy(a, v, seed, tt.config, pool.max)
						if diff := cmp.Diff(want.Float64s(), again.Float64s(), same); diff != "" {
							t.Errorf("%s, %s with %v, cotangent with %v, %v second derivative: mismatch (-want +got):\n%s", pool.name, tt.name, values, seeds, dtype, diff)
						}
					}
				}
			}
		}
	}
}

// selectedBy returns the means of the elements of v that the windows of x select.
func selectedBy(x, v, ct *tensor.Tensor, c ops.PoolConfig, isMax bool) *tensor.Tensor {
	out := tensor.New(x.DType(), ct.Dims()...)
	one := tensor.New(x.DType(), ct.Dims()...)
	for i := range out.Len() {
		one.Zero()
		one.SetFlat(1, i)
		_, part := poolByDefinition(x, one, c, isMax)
		sum := 0.0
		for k := range part.Len() {
			sum += part.AtFlat(k) * v.AtFlat(k)
		}
		out.SetFlat(sum, i)
	}
	return out
}

// TestPoolWithDerivatives compares first and second derivatives with difference quotients.
func TestPoolWithDerivatives(t *testing.T) {
	for _, pool := range poolings {
		for _, tt := range poolConfigs {
			t.Run(pool.name+", "+tt.name, func(t *testing.T) {
				tt.config.ExcludePadding = pool.exclude
				wantDerivatives(t, func(xs ...graph.Value) graph.Value { return ops.Square(pool.f(xs[0], tt.config)) }, tt.x)
			})
		}
	}
}

func TestPoolMisuse(t *testing.T) {
	pool := func(k, stride int) func(xs []graph.Value) graph.Value {
		return func(xs []graph.Value) graph.Value { return ops.MaxPool2D(xs[0], k, stride) }
	}
	poolWith := func(c ops.PoolConfig) func(xs []graph.Value) graph.Value {
		return func(xs []graph.Value) graph.Value { return ops.MaxPool2DWith(xs[0], c) }
	}
	testMisuse(t, []misuse{
		{"vector", [][]int{{5}}, pool(1, 1), "ops.MaxPool2D: shape (5) is not a matrix: the last two axes are its rows and columns"},
		{"no window", [][]int{{1, 3, 3}}, pool(0, 1), "ops.MaxPool2D: windows of 0×0 elements with strides 1 and 1: all must be 1 or more"},
		{"no stride", [][]int{{1, 3, 3}}, pool(2, 0), "ops.MaxPool2D: windows of 2×2 elements with strides 0 and 0: all must be 1 or more"},
		{"too large", [][]int{{1, 4, 3}}, pool(4, 1), "ops.MaxPool2D: a window of 4×4 elements does not fit into images of shape (1,4,3): use a smaller one"},
		{"too large for the mean", [][]int{{1, 0, 3}}, func(xs []graph.Value) graph.Value { return ops.AvgPool2D(xs[0], 1, 1) },
			"ops.AvgPool2D: a window of 1×1 elements does not fit into images of shape (1,0,3): use a smaller one"},
		{"no size", [][]int{{1, 3, 3}}, poolWith(ops.PoolConfig{}), "ops.MaxPool2DWith: windows of 0×0 elements with strides 0 and 0: all must be 1 or more"},
		{"negative size", [][]int{{1, 3, 3}}, poolWith(ops.PoolConfig{Size: [2]int{1, -2}}), "ops.MaxPool2DWith: windows of 1×-2 elements with strides 1 and -2: all must be 1 or more"},
		{"negative stride", [][]int{{1, 3, 3}}, poolWith(ops.PoolConfig{Size: [2]int{1, 2}, Stride: [2]int{-1, 0}}), "ops.MaxPool2DWith: windows of 1×2 elements with strides -1 and 2: all must be 1 or more"},
		{"negative padding", [][]int{{1, 3, 3}}, poolWith(ops.PoolConfig{Size: [2]int{2, 2}, Padding: [2]int{0, -1}}),
			"ops.MaxPool2DWith: padding -1 for windows of 2×2 elements: along axis 2 it must be from 0 to 1, half the window"},
		{"windows of padding alone", [][]int{{1, 3, 3}}, poolWith(ops.PoolConfig{Size: [2]int{3, 2}, Padding: [2]int{2, 1}}),
			"ops.MaxPool2DWith: padding 2 for windows of 3×2 elements: along axis 1 it must be from 0 to 1, half the window"},
		{"too large with padding", [][]int{{1, 3, 3}}, poolWith(ops.PoolConfig{Size: [2]int{4, 6}, Padding: [2]int{2, 1}}),
			"ops.MaxPool2DWith: a window of 4×6 elements does not fit into images of shape (1,3,3): use a smaller one"},
		{"padding around nothing", [][]int{{1, 0, 3}}, poolWith(ops.PoolConfig{Size: [2]int{2, 2}, Padding: [2]int{1, 1}}),
			"ops.MaxPool2DWith: a window of 2×2 elements does not fit into images of shape (1,0,3): use a smaller one"},
		{"vector for the mean", [][]int{{5}}, func(xs []graph.Value) graph.Value {
			return ops.AvgPool2DWith(xs[0], ops.PoolConfig{Size: [2]int{1, 1}})
		},
			"ops.AvgPool2DWith: shape (5) is not a matrix: the last two axes are its rows and columns"},
		{"no value", nil, func([]graph.Value) graph.Value { return ops.AvgPool2DWith(graph.Value{}, ops.PoolConfig{}) },
			"ops.AvgPool2DWith: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
		{"cotangents of other windows", [][]int{{1, 3, 3}, {1, 3, 3}}, func(xs []graph.Value) graph.Value { return ops.MaxPool2DInput(xs[0], xs[1], 2, 1) },
			"ops.MaxPool2DInput: ct has shape (1,3,3), the windows of x have (1,2,2): give one element for each window"},
		{"other values", [][]int{{1, 3, 2}, {1, 3, 3}}, func(xs []graph.Value) graph.Value { return ops.MaxPool2DSelect(xs[0], xs[1], 2, 1) },
			"ops.MaxPool2DSelect: v has shape (1,3,2) and x (1,3,3): both must be equal"},
		{"images of another size", [][]int{{2, 2}}, func(xs []graph.Value) graph.Value { return ops.AvgPool2DInput(xs[0], 4, 3, 2, 1) },
			"ops.AvgPool2DInput: y has shape (2,2), the windows of images (4,3) make (3,2): give one element for each window"},
	})
}

func TestPoolAllocates(t *testing.T) {
	g := graph.New(graph.WithDType(tensor.Float32))
	x := counting(tensor.Float32, 2, 3, 8, 8)
	steadyState(t, func() graph.Value {
		g.Reset()
		v := g.Bind(x)
		padded := ops.PoolConfig{Size: [2]int{3, 2}, Padding: [2]int{1, 1}}
		loss := ops.Add(ops.Sum(ops.MaxPool2D(v, 2, 2)), ops.Sum(ops.AvgPool2D(v, 3, 1)))
		return ops.Add(loss, ops.Add(ops.Sum(ops.MaxPool2DWith(v, padded)), ops.Sum(ops.AvgPool2DWith(v, padded))))
	})
}

// Means over the elements inside the image: the first and the last window lack a column.
func ExampleAvgPool2DWith() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{2, 4, 6}, 1, 3))
	y := ops.AvgPool2DWith(x, ops.PoolConfig{Size: [2]int{1, 3}, Stride: [2]int{1, 1}, Padding: [2]int{0, 1}, ExcludePadding: true})
	fmt.Println(y.Tensor())
	// Output:
	// [[3 4 5]]
}

func BenchmarkPool2D(b *testing.B) {
	x := counting(tensor.Float32, 32, 16, 28, 28)
	g := graph.New(graph.WithDType(tensor.Float32))
	for name, f := range map[string]func(x graph.Value, k, stride int) graph.Value{"max": ops.MaxPool2D, "avg": ops.AvgPool2D} {
		for _, k := range []int{2, 3} {
			forward := func() graph.Value {
				g.Reset()
				return ops.Sum(f(g.Bind(x), k, 2))
			}
			benchmarkPasses(b, fmt.Sprintf("pool=%s/k=%d", name, k), float64(x.Len()), forward)
		}
	}
}
