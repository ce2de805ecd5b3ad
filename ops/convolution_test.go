package ops_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// square is the geometry of Conv2D and Conv1D.
func square(stride, padding int) ops.Conv2DConfig {
	return ops.Conv2DConfig{Stride: [2]int{stride, stride}, Padding: [2]int{padding, padding}}
}

// convWith calls the convolution for images or for sequences, whose geometry is that along the width.
func convWith(x, w graph.Value, c ops.Conv2DConfig) graph.Value {
	if x.Rank() == 3 {
		return ops.Conv1DWith(x, w, ops.Conv1DConfig{Stride: c.Stride[1], Padding: c.Padding[1], Dilation: c.Dilation[1], Groups: c.Groups, Bias: c.Bias})
	}
	return ops.Conv2DWith(x, w, c)
}

// convBySums computes a convolution and its gradients by the definition. Sequences are images of height 1.
func convBySums(x, w, ct *tensor.Tensor, g ops.Conv2DConfig) (y, dx, dw *tensor.Tensor) {
	y, dx, dw = tensor.New(x.DType(), ct.Dims()...), tensor.New(x.DType(), x.Dims()...), tensor.New(x.DType(), w.Dims()...)
	images := func(dims []int) []int { // with height 1 for sequences
		if len(dims) == 3 {
			return []int{dims[0], dims[1], 1, dims[2]}
		}
		return dims
	}
	a, k, m := images(x.Dims()), images(w.Dims()), images(ct.Dims())
	if x.Rank() == 3 {
		g.Padding[0] = 0
	}
	stride, dilation, groups := [2]int{max(g.Stride[0], 1), max(g.Stride[1], 1)}, [2]int{max(g.Dilation[0], 1), max(g.Dilation[1], 1)}, max(g.Groups, 1)
	add := func(t *tensor.Tensor, at int, v float64) { t.SetFlat(t.AtFlat(at)+v, at) }
	for b := range m[0] {
		for o := range m[1] {
			for i := range m[2] {
				for j := range m[3] {
					at := ((b*m[1]+o)*m[2]+i)*m[3] + j
					for c := range k[1] {
						channel := o/(k[0]/groups)*k[1] + c
						for p := range k[2] {
							for q := range k[3] {
								r, s := i*stride[0]+p*dilation[0]-g.Padding[0], j*stride[1]+q*dilation[1]-g.Padding[1]
								if r < 0 || r >= a[2] || s < 0 || s >= a[3] {
									continue
								}
								xi, wi := ((b*a[1]+channel)*a[2]+r)*a[3]+s, ((o*k[1]+c)*k[2]+p)*k[3]+q
								add(y, at, x.AtFlat(xi)*w.AtFlat(wi))
								if v := ct.AtFlat(at); v != 0 { // it wins over infinities and NaN
									add(dx, xi, v*w.AtFlat(wi))
									add(dw, wi, v*x.AtFlat(xi))
								}
							}
						}
					}
				}
			}
		}
	}
	return y, dx, dw
}

// wantConv compares convolutions of integers, which are exact in any order, with the definition: value and gradients, by
// the kernels and by the rules.
func wantConv(t *testing.T, xDims, wDims []int, g ops.Conv2DConfig, conv func(x, w graph.Value) graph.Value) {
	t.Helper()
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		tape := graph.New(graph.WithDType(dtype))
		a, k := counting(dtype, xDims...), counting(dtype, wDims...)
		x, w := tape.VarTensor(a), tape.VarTensor(k)
		got := conv(x, w)
		ct := counting(dtype, got.Dims()...)
		y, dx, dw := convBySums(a, k, ct, g)
		loss := ops.Sum(ops.Mul(got, tape.ConstTensor(ct)))
		grads, recorded := autograd.Backward(loss), autograd.Grad(loss, x, w)
		for _, c := range []struct {
			what      string
			want, got *tensor.Tensor
		}{
			{"value", y, got.Tensor()},
			{"Backward by x", dx, grads.Tensor(x)}, {"Backward by w", dw, grads.Tensor(w)},
			{"Grad by x", dx, recorded[0].Tensor()}, {"Grad by w", dw, recorded[1].Tensor()},
		} {
			if diff := cmp.Diff(c.want.Float64s(), c.got.Float64s()); diff != "" {
				t.Errorf("%v %s: mismatch (-want +got):\n%s", dtype, c.what, diff)
			}
		}
	}
}

func TestConv(t *testing.T) {
	tests := []struct {
		x, w            []int
		stride, padding int
	}{
		{[]int{2, 3, 7, 5}, []int{4, 3, 3, 2}, 1, 0},
		{[]int{2, 3, 7, 5}, []int{4, 3, 3, 2}, 1, 1},
		{[]int{2, 3, 7, 5}, []int{4, 3, 3, 2}, 2, 0},
		{[]int{1, 2, 7, 5}, []int{2, 2, 2, 3}, 3, 2},
		{[]int{1, 1, 3, 3}, []int{1, 1, 3, 3}, 1, 0},
		{[]int{1, 1, 1, 1}, []int{1, 1, 1, 1}, 1, 3},
		{[]int{1, 1, 2, 2}, []int{1, 1, 5, 6}, 1, 3},
		{[]int{1, 1, 2, 1}, []int{1, 1, 2, 3}, 5, 5},
		{[]int{2, 3, 4, 4}, []int{2, 3, 1, 1}, 1, 0},
		{[]int{2, 3, 4, 4}, []int{2, 3, 1, 1}, 2, 0},
		{[]int{1, 1, 4, 4}, []int{1, 1, 2, 2}, math.MaxInt, 0},
		{[]int{1, 40, 12, 30}, []int{2, 40, 7, 7}, 1, 3}, // more than one block
		{[]int{1, 700, 3, 40}, []int{1, 700, 3, 3}, 1, 0},
		{[]int{20, 3, 12, 12}, []int{8, 3, 3, 3}, 1, 1}, // enough for several processors
		{[]int{70, 2, 9, 9}, []int{8, 2, 3, 3}, 2, 1},   // more images than parts
		{[]int{3, 64, 4, 4}, []int{64, 64, 3, 3}, 1, 1}, // kernels too large for sums of their own
		{[]int{0, 1, 3, 3}, []int{1, 1, 2, 2}, 1, 0},
		{[]int{1, 0, 3, 3}, []int{2, 0, 2, 2}, 1, 0},
		{[]int{2, 3, 9}, []int{4, 3, 3}, 1, 0},
		{[]int{2, 3, 9}, []int{4, 3, 4}, 2, 3},
		{[]int{2, 3, 9}, []int{4, 3, 1}, 1, 0},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%v×%v/stride=%d/padding=%d", tt.x, tt.w, tt.stride, tt.padding), func(t *testing.T) {
			conv := ops.Conv2D
			if len(tt.x) == 3 {
				conv = ops.Conv1D
			}
			wantConv(t, tt.x, tt.w, square(tt.stride, tt.padding), func(x, w graph.Value) graph.Value { return conv(x, w, tt.stride, tt.padding) })
		})
	}
}

// convConfigs are convolutions of every kind: dilation and groups, alone, together, and with another stride and padding
// along either axis.
var convConfigs = []struct {
	name   string
	x, w   []int
	config ops.Conv2DConfig
}{
	{"zero config", []int{2, 3, 4, 5}, []int{2, 3, 2, 3}, ops.Conv2DConfig{}},
	{"strides", []int{1, 2, 7, 6}, []int{2, 2, 2, 3}, ops.Conv2DConfig{Stride: [2]int{2, 3}}},
	{"paddings", []int{1, 2, 3, 4}, []int{2, 2, 2, 3}, ops.Conv2DConfig{Padding: [2]int{0, 2}}},
	{"one row", []int{2, 2, 1, 5}, []int{3, 2, 1, 3}, ops.Conv2DConfig{Padding: [2]int{0, 1}}},
	{"one place", []int{2, 2, 3, 3}, []int{3, 2, 3, 3}, ops.Conv2DConfig{}},
	{"kernels of one element with strides", []int{2, 2, 3, 1}, []int{3, 2, 1, 1}, ops.Conv2DConfig{Stride: [2]int{2, 5}}},
	{"dilation", []int{2, 2, 7, 6}, []int{3, 2, 2, 2}, ops.Conv2DConfig{Dilation: [2]int{3, 2}}},
	{"dilation that keeps the size", []int{2, 2, 5, 6}, []int{3, 2, 3, 3}, ops.Conv2DConfig{Padding: [2]int{2, 2}, Dilation: [2]int{2, 2}}},
	{"dilation with strides and padding", []int{1, 2, 8, 7}, []int{2, 2, 3, 2}, ops.Conv2DConfig{Stride: [2]int{2, 3}, Padding: [2]int{1, 2}, Dilation: [2]int{2, 4}}},
	{"dilation beyond the image", []int{1, 1, 2, 2}, []int{1, 1, 2, 3}, ops.Conv2DConfig{Padding: [2]int{4, 9}, Dilation: [2]int{5, 9}}},
	{"huge dilation of one element", []int{1, 2, 2, 3}, []int{2, 2, 1, 1}, ops.Conv2DConfig{Dilation: [2]int{math.MaxInt, math.MaxInt}}},
	{"huge dilation of one element with padding", []int{1, 2, 2, 3}, []int{2, 2, 1, 1}, ops.Conv2DConfig{Padding: [2]int{1, 1}, Dilation: [2]int{math.MaxInt, math.MaxInt}}},
	{"groups", []int{2, 4, 4, 3}, []int{6, 2, 2, 2}, ops.Conv2DConfig{Padding: [2]int{1, 1}, Groups: 2}},
	{"groups of kernels of one element", []int{2, 6, 2, 3}, []int{4, 3, 1, 1}, ops.Conv2DConfig{Groups: 2}},
	{"depthwise", []int{2, 4, 5, 6}, []int{4, 1, 3, 3}, ops.Conv2DConfig{Padding: [2]int{1, 1}, Groups: 4}},
	{"depthwise with strides", []int{2, 3, 7, 6}, []int{3, 1, 3, 2}, ops.Conv2DConfig{Stride: [2]int{2, 3}, Padding: [2]int{1, 0}, Groups: 3}},
	{"two kernels for each channel", []int{2, 3, 4, 4}, []int{6, 1, 3, 3}, ops.Conv2DConfig{Stride: [2]int{1, 2}, Padding: [2]int{1, 1}, Groups: 3}},
	{"dilation and groups", []int{2, 4, 6, 7}, []int{4, 2, 2, 3}, ops.Conv2DConfig{Stride: [2]int{1, 2}, Padding: [2]int{1, 0}, Dilation: [2]int{2, 3}, Groups: 2}},
	{"no images", []int{0, 4, 3, 3}, []int{4, 2, 2, 2}, ops.Conv2DConfig{Groups: 2}},
	{"no channels", []int{2, 0, 3, 3}, []int{4, 0, 2, 2}, ops.Conv2DConfig{Groups: 2}},
	{"no kernels", []int{2, 4, 3, 3}, []int{0, 2, 2, 2}, ops.Conv2DConfig{Groups: 2}},
	{"sequence", []int{2, 4, 9}, []int{6, 2, 3}, ops.Conv2DConfig{Stride: [2]int{0, 2}, Padding: [2]int{0, 3}, Dilation: [2]int{0, 2}, Groups: 2}},
	{"depthwise sequence", []int{2, 3, 8}, []int{3, 1, 3}, ops.Conv2DConfig{Padding: [2]int{0, 4}, Dilation: [2]int{0, 4}, Groups: 3}},
	{"sequence of one element", []int{2, 3, 1}, []int{3, 3, 1}, ops.Conv2DConfig{}},
}

func TestConvWith(t *testing.T) {
	for _, tt := range convConfigs {
		t.Run(tt.name, func(t *testing.T) {
			wantConv(t, tt.x, tt.w, tt.config, func(x, w graph.Value) graph.Value { return convWith(x, w, tt.config) })
		})
	}
	t.Run("many images and places", func(t *testing.T) {
		c := ops.Conv2DConfig{Padding: [2]int{1, 1}, Groups: 4}
		wantConv(t, []int{70, 8, 12, 12}, []int{8, 2, 3, 3}, c, func(x, w graph.Value) graph.Value { return convWith(x, w, c) })
	})
}

// TestConvBias compares convolutions that add a bias with the sum of a convolution and a bias: value and gradients, by
// the kernels and by the rules.
func TestConvBias(t *testing.T) {
	configs := slices.Clone(convConfigs)
	configs = append(configs, convConfigs[0], convConfigs[0])
	last := configs[len(configs)-2:]
	last[0].name, last[0].x, last[0].w, last[0].config = "more than one block", []int{1, 40, 12, 30}, []int{2, 40, 7, 7}, square(1, 3)
	last[1].name, last[1].x, last[1].w, last[1].config = "several processors", []int{70, 2, 9, 9}, []int{8, 2, 3, 3}, square(1, 1)
	for _, tt := range configs {
		t.Run(tt.name, func(t *testing.T) {
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				g := graph.New(graph.WithDType(dtype))
				x, w, b := g.VarTensor(counting(dtype, tt.x...)), g.VarTensor(counting(dtype, tt.w...)), g.VarTensor(counting(dtype, tt.w[0]))
				plain := convWith(x, w, tt.config)
				config := tt.config
				config.Bias = b
				got, want := convWith(x, w, config), ops.Add(plain, ops.Reshape(b, append([]int{tt.w[0]}, slices.Repeat([]int{1}, len(tt.x)-2)...)...))
				if diff := cmp.Diff(want.Tensor().Float64s(), got.Tensor().Float64s()); diff != "" {
					t.Errorf("%v value: mismatch (-want +got):\n%s", dtype, diff)
				}
				ct := g.ConstTensor(counting(dtype, got.Dims()...))
				var grads [2][]*tensor.Tensor
				for i, y := range []graph.Value{want, got} {
					loss := ops.Sum(ops.Mul(y, ct))
					back := autograd.Backward(loss)
					for k, d := range autograd.Grad(loss, x, w, b) {
						grads[i] = append(grads[i], back.Tensor([]graph.Value{x, w, b}[k]), d.Tensor())
					}
				}
				for k, want := range grads[0] {
					if diff := cmp.Diff(want.Float64s(), grads[1][k].Float64s()); diff != "" {
						t.Errorf("%v gradient by operand %d: mismatch (-want +got):\n%s", dtype, k/2, diff)
					}
				}
			}
		})
	}
}

// TestConvWithDerivatives compares first and second derivatives with difference quotients.
func TestConvWithDerivatives(t *testing.T) {
	for _, tt := range convConfigs {
		t.Run(tt.name, func(t *testing.T) {
			wantDerivatives(t, func(xs ...graph.Value) graph.Value { return convWith(xs[0], xs[1], tt.config) }, tt.x, tt.w)
		})
	}
}

// wantDerivatives compares the first and the second derivatives of f, at random operands of the given shapes, with
// difference quotients, and those of Backward with those of Grad.
func wantDerivatives(t *testing.T, f func(xs ...graph.Value) graph.Value, shapes ...[]int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var operands []*tensor.Tensor
	for _, shape := range shapes {
		operands = append(operands, rowtest.RandomOperand(rng, new(graph.Row), 0, shape))
	}
	first := func(xs ...graph.Value) graph.Value { return weighted(f(xs...)) }
	second := func(xs ...graph.Value) graph.Value {
		sum := xs[0].Graph().Const(0)
		for _, d := range autograd.Grad(first(xs...), xs...) {
			sum = ops.Add(sum, weighted(ops.Add(d, ops.Square(d))))
		}
		return sum
	}
	for i, h := range []func(xs ...graph.Value) graph.Value{first, second} {
		if err := fuzzGradient(h, operands); err != nil {
			t.Errorf("derivative %d: %v", i+1, err)
		}
	}
	if err := autograd.Check(first, to32(operands)...); err != nil {
		t.Errorf("float32: %v", err)
	}
}

// TestConvOnSeveralProcessors checks that a convolution and its gradients are the same there, to the bit, and that they
// allocate nothing.
func TestConvOnSeveralProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	rng := rand.New(rand.NewPCG(5, 6))
	x, w := tensor.New(tensor.Float32, 60, 3, 12, 12), tensor.New(tensor.Float32, 8, 3, 3, 3) // partial sums in two levels
	for _, s := range [][]float32{x.Float32s(), w.Float32s()} {
		for i := range s {
			s[i] = rng.Float32()
		}
	}
	g := graph.New(graph.WithDType(tensor.Float32))
	loss := func() graph.Value {
		g.Reset()
		return ops.Sum(ops.Square(ops.Conv2D(g.Bind(x), g.Bind(w), 1, 1)))
	}
	results := func() [3][]float64 {
		l := loss()
		grads := autograd.Backward(l)
		return [3][]float64{l.Tensor().Float64s(), grads.Tensor(g.Bind(x)).Float64s(), grads.Tensor(g.Bind(w)).Float64s()}
	}
	one := results()
	runtime.GOMAXPROCS(4)
	if diff := cmp.Diff(one, results()); diff != "" {
		t.Errorf("mismatch (-one processor +four):\n%s", diff)
	}
	steadyState(t, loss)
}

// TestConvSumsOfManyPlaces checks that the gradient of kernels in float32 is right where millions of terms are added,
// however they are divided into images and places. Products of one number are the worst of all: their roundings all go
// in one direction.
func TestConvSumsOfManyPlaces(t *testing.T) {
	for _, tt := range []struct {
		v      float64 // of all images
		x, w   []int
		config ops.Conv2DConfig
	}{
		{1, []int{1, 1, 1000, 1000}, []int{1, 1, 1, 1}, ops.Conv2DConfig{}},
		{-3.3, []int{1000, 1, 40, 25}, []int{1, 1, 1, 1}, ops.Conv2DConfig{}},
		{0.7, []int{1 << 17, 1, 2, 4}, []int{1, 1, 1, 1}, ops.Conv2DConfig{}},
		{1, []int{1 << 17, 3, 1, 1}, []int{5, 3, 1, 1}, ops.Conv2DConfig{}},
		{-3.3, []int{2, 2, 402, 402}, []int{3, 2, 3, 3}, ops.Conv2DConfig{}},
		{1, []int{1, 2, 1003, 1000}, []int{2, 1, 2, 1}, ops.Conv2DConfig{Groups: 2, Dilation: [2]int{3, 1}}},
		{-3.3, []int{1, 2, 1000000}, []int{2, 1, 1}, ops.Conv2DConfig{Groups: 2}},
		{0.7, []int{3, 1, 300001}, []int{4, 1, 2}, ops.Conv2DConfig{}},
		{1, []int{1, 1, 1 << 22}, []int{1, 1, 1}, ops.Conv2DConfig{}},
	} {
		g := graph.New(graph.WithDType(tensor.Float32))
		a, ct := tensor.New(tensor.Float32, tt.x...), tensor.New(tensor.Float32)
		a.Fill(tt.v)
		x, w := g.ConstTensor(a), g.VarTensor(tensor.New(tensor.Float32, tt.w...))
		y := convWith(x, w, tt.config)
		ct.Fill(0.1)
		want := float64(float32(0.1)) * float64(float32(tt.v)) * float64(product(y.Dims())/tt.w[0])
		loss := ops.Sum(ops.Mul(y, g.ConstTensor(ct)))
		grads, recorded := autograd.Backward(loss).Tensor(w), autograd.Grad(loss, w)[0].Tensor()
		for i := range grads.Len() {
			if got := grads.AtFlat(i); math.Abs(got/want-1) > 1e-6 {
				t.Errorf("%v×%v: element %d of Backward is %v, want %v: off by %.1e", tt.x, tt.w, i, got, want, got/want-1)
			}
			if got := recorded.AtFlat(i); math.Abs(got/want-1) > 1e-6 {
				t.Errorf("%v×%v: element %d of Grad is %v, want %v: off by %.1e", tt.x, tt.w, i, got, want, got/want-1)
			}
		}
	}
}

// TestConvTranspose holds it against PyTorch's documented size and against a convolution that spreads one pixel.
func TestConvTranspose(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{2, 0, 0, 3}, 1, 1, 2, 2))
	w := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 1, 3, 3))
	y := ops.ConvTranspose2D(x, w, 2, 1)
	if diff := cmp.Diff([]int{1, 1, 3, 3}, y.Shape()); diff != "" {
		t.Fatalf("shape mismatch (-want +got):\n%s", diff)
	}
	// 2·w around (0,0), 3·w around (2,2), without the border.
	closeTo(t, "value", []float64{10, 12, 0, 16, 18 + 3, 6, 0, 12, 15}, y.Tensor().Float64s())
}

// TestConvZeroWins holds the promise for cotangents of 0 beside images and kernels that are not finite.
func TestConvZeroWins(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 2, math.Inf(1)}, 1, 1, 3))
	w := g.VarTensor(tensor.Of([]float64{1, math.NaN()}, 2, 1, 1))
	y := ops.Conv1D(x, w, 1, 0)
	used := ops.Sum(ops.Slice(ops.Slice(y, 1, 0, 1), 2, 0, 2)) // of the first kernel, at the first two places
	grads, recorded := autograd.Backward(used), autograd.Grad(used, x, w)
	closeTo(t, "Backward by x", []float64{1, 1, 0}, grads.Tensor(x).Float64s())
	closeTo(t, "Backward by w", []float64{3, 0}, grads.Tensor(w).Float64s())
	closeTo(t, "Grad by x", []float64{1, 1, 0}, recorded[0].Tensor().Float64s())
	closeTo(t, "Grad by w", []float64{3, 0}, recorded[1].Tensor().Float64s())
}

// TestConvNotFinite compares gradients for a cotangent with zeros, and for one without, with the definition where images
// and kernels are not finite: a cotangent of 0 contributes 0, any other what it makes with the infinity or the NaN.
func TestConvNotFinite(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, tt := range convConfigs {
		for _, values := range [][]float64{{inf}, {nan}, {inf, -inf}, {-inf, 3, nan, inf}} {
			for _, zeros := range []int{0, 1, 2, 1000} { // every so manyth element of ct is not 0; 0 for all
				for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
					g := graph.New(graph.WithDType(dtype))
					a, k := spoiled(counting(dtype, tt.x...), values), spoiled(counting(dtype, tt.w...), values)
					x, w := g.VarTensor(a), g.VarTensor(k)
					y := convWith(x, w, tt.config)
					ct := tensor.New(dtype, y.Dims()...)
					for i := range ct.Len() {
						if zeros == 0 || i%(zeros+1) == 1 {
							ct.SetFlat(float64(i%3)+1, i)
						}
					}
					_, dx, dw := convBySums(a, k, ct, tt.config)
					grads := autograd.Backward(y, autograd.WithSeed(ct))
					loss := ops.Sum(ops.Chain(g.ConstTensor(ct), y))
					recorded := autograd.Grad(loss, x, w)
					for _, c := range []struct {
						what      string
						want, got *tensor.Tensor
					}{
						{"Backward by x", dx, grads.Tensor(x)}, {"Backward by w", dw, grads.Tensor(w)},
						{"Grad by x", dx, recorded[0].Tensor()}, {"Grad by w", dw, recorded[1].Tensor()},
					} {
						if diff := cmp.Diff(c.want.Float64s(), c.got.Float64s(), cmpopts.EquateNaNs()); diff != "" {
							t.Errorf("%s with %v, zeros %d, %v %s: mismatch (-want +got):\n%s", tt.name, values, zeros, dtype, c.what, diff)
						}
					}
				}
			}
		}
	}
}

// spoiled writes values into t, not far from each other.
func spoiled(t *tensor.Tensor, values []float64) *tensor.Tensor {
	for i, v := range values {
		if at := 2 + 3*i; at < t.Len() {
			t.SetFlat(v, at)
		}
	}
	return t
}

// TestConvPaddingOfCotangentIsZero checks that the zeros around a cotangent of images, in the derivative of a gradient,
// win over kernels that are not finite.
func TestConvPaddingOfCotangentIsZero(t *testing.T) {
	g := graph.New()
	y := g.VarTensor(tensor.Of([]float64{1, 2}, 1, 1, 2))
	w := g.VarTensor(tensor.Of([]float64{math.Inf(1), 1, 3}, 1, 1, 3))
	x := ops.Conv1DInput(y, w, 2, 1, 1)
	seed := tensor.Of([]float64{5, 7}, 1, 1, 2)
	// The first place sees (0, 5, 7), the second (5, 7, 0).
	want := []float64{5 + 3*7, math.Inf(1)}
	closeTo(t, "Backward", want, autograd.Backward(x, autograd.WithSeed(seed)).Tensor(y).Float64s())
	loss := ops.Sum(ops.Chain(g.ConstTensor(seed), x))
	closeTo(t, "Grad", want, autograd.Grad(loss, y)[0].Tensor().Float64s())
}

func TestConvMisuse(t *testing.T) {
	conv := func(stride, padding int) func(xs []graph.Value) graph.Value {
		return func(xs []graph.Value) graph.Value { return ops.Conv2D(xs[0], xs[1], stride, padding) }
	}
	convConfig := func(c ops.Conv2DConfig) func(xs []graph.Value) graph.Value {
		return func(xs []graph.Value) graph.Value { return ops.Conv2DWith(xs[0], xs[1], c) }
	}
	x, w := []int{8, 3, 6, 5}, []int{4, 3, 3, 3}
	testMisuse(t, []misuse{
		{"rank", [][]int{{3, 6, 5}, w}, conv(1, 0),
			"ops.Conv2D: x has shape (3,6,5) and w (4,3,3,3): both must have 4 axes, images (batch,channels,height,width) and kernels (out,channels,height,width)"},
		{"rank of a sequence", [][]int{x, w}, func(xs []graph.Value) graph.Value { return ops.Conv1D(xs[0], xs[1], 1, 0) },
			"ops.Conv1D: x has shape (8,3,6,5) and w (4,3,3,3): both must have 3 axes, images (batch,channels,length) and kernels (out,channels,length)"},
		{"channels", [][]int{x, {4, 2, 3, 3}}, conv(1, 0),
			"ops.Conv2D: x has 3 channels and w takes 2: shapes (8,3,6,5) and (4,2,3,3): axis 1 of both must be equal"},
		{"stride", [][]int{x, w}, conv(0, 0), "ops.Conv2D: stride 0: it must be 1 or more"},
		{"padding", [][]int{x, w}, conv(1, -1), "ops.Conv2D: padding -1: it must be 0 or more"},
		{"huge padding", [][]int{x, w}, conv(1, math.MaxInt), fmt.Sprintf("ops.Conv2D: padding %d is too large: images have shape (8,3,6,5)", math.MaxInt)},
		{"huge result", [][]int{x, w}, conv(1, 50_000),
			fmt.Sprintf("ops.Conv2D: shape (8,4,100004,100003) has more elements than a tensor can hold (%d)", int64(min(1<<38, (math.MaxInt+1)/16)))},
		{"kernel too large", [][]int{x, {4, 3, 7, 3}}, conv(1, 0),
			"ops.Conv2D: kernels of shape (4,3,7,3) do not fit into images of shape (8,3,6,5) with padding 0: along axis 2, 7 must be from 1 to 6"},
		{"empty kernel", [][]int{x, {4, 3, 3, 0}}, conv(1, 0),
			"ops.Conv2D: kernels of shape (4,3,3,0) do not fit into images of shape (8,3,6,5) with padding 0: along axis 3, 0 must be from 1 to 5"},
		{"input of another size", [][]int{{8, 4, 4, 3}, w}, func(xs []graph.Value) graph.Value { return ops.Conv2DInput(xs[0], xs[1], 7, 5, 1, 0) },
			"ops.Conv2DInput: kernels (4,3,3,3) make 5 places along axis 2 of images (8,3,7,5) with stride 1 and padding 0, the maps (8,4,4,3) have 4"},
		{"input of other channels", [][]int{{8, 3, 4, 3}, w}, func(xs []graph.Value) graph.Value { return ops.Conv2DInput(xs[0], xs[1], 6, 5, 1, 0) },
			"ops.Conv2DInput: y has 3 channels and w makes 4: shapes (8,3,4,3) and (4,3,3,3): axis 1 of y and axis 0 of w must be equal"},
		{"weight of another batch", [][]int{x, {7, 4, 4, 3}}, func(xs []graph.Value) graph.Value { return ops.Conv2DWeight(xs[0], xs[1], 3, 3, 1, 0) },
			"ops.Conv2DWeight: x has 8 images and y 7: shapes (8,3,6,5) and (7,4,4,3): axis 0 of both must be equal"},
		{"negative size", [][]int{x, {8, 4, 4, 3}}, func(xs []graph.Value) graph.Value { return ops.Conv2DWeight(xs[0], xs[1], -3, 3, 1, 0) },
			"ops.Conv2DWeight: a size is negative: images (8,3,6,5), kernels (4,3,-3,3)"},
		{"groups that do not divide the channels", [][]int{x, w}, convConfig(ops.Conv2DConfig{Groups: 2}),
			"ops.Conv2DWith: x has shape (8,3,6,5) and w (4,3,3,3), in 2 groups: w must be (out,channels/groups,...), and groups divide out and the channels of x"},
		{"groups that do not divide the result", [][]int{x, {4, 1, 3, 3}}, convConfig(ops.Conv2DConfig{Groups: 3}),
			"ops.Conv2DWith: x has shape (8,3,6,5) and w (4,1,3,3), in 3 groups: w must be (out,channels/groups,...), and groups divide out and the channels of x"},
		{"kernels for all channels in groups", [][]int{x, {3, 3, 3, 3}}, convConfig(ops.Conv2DConfig{Groups: 3}),
			"ops.Conv2DWith: x has shape (8,3,6,5) and w (3,3,3,3), in 3 groups: w must be (out,channels/groups,...), and groups divide out and the channels of x"},
		{"more groups than channels", [][]int{x, {4, 0, 3, 3}}, convConfig(ops.Conv2DConfig{Groups: math.MaxInt}),
			fmt.Sprintf("ops.Conv2DWith: x has shape (8,3,6,5) and w (4,0,3,3), in %d groups: w must be (out,channels/groups,...), and groups divide out and the channels of x", math.MaxInt)},
		{"negative groups", [][]int{x, w}, convConfig(ops.Conv2DConfig{Groups: -1}), "ops.Conv2DWith: groups -1: it must be 1 or more"},
		{"negative stride", [][]int{x, w}, convConfig(ops.Conv2DConfig{Stride: [2]int{1, -2}}), "ops.Conv2DWith: stride -2: it must be 1 or more"},
		{"negative padding", [][]int{x, w}, convConfig(ops.Conv2DConfig{Padding: [2]int{-2, 1}}), "ops.Conv2DWith: padding -2: it must be 0 or more"},
		{"negative dilation", [][]int{x, w}, convConfig(ops.Conv2DConfig{Dilation: [2]int{1, math.MinInt}}), fmt.Sprintf("ops.Conv2DWith: dilation %d: it must be 1 or more", math.MinInt)},
		{"kernel too large with dilation", [][]int{x, w}, convConfig(ops.Conv2DConfig{Padding: [2]int{1, 0}, Dilation: [2]int{3, 3}}),
			"ops.Conv2DWith: kernels of shape (4,3,3,3) do not fit into images of shape (8,3,6,5) with padding 0 and dilation 3: along axis 3, 3 must be from 1 to 2"},
		{"huge dilation", [][]int{x, w}, convConfig(ops.Conv2DConfig{Padding: [2]int{1, 0}, Dilation: [2]int{math.MaxInt, 1}}),
			fmt.Sprintf("ops.Conv2DWith: kernels of shape (4,3,3,3) do not fit into images of shape (8,3,6,5) with padding 1 and dilation %d: along axis 2, 3 must be from 1 to 1", math.MaxInt)},
		{"dilation of a sequence", [][]int{{8, 3, 5}, {4, 3, 3}}, func(xs []graph.Value) graph.Value { return ops.Conv1DWith(xs[0], xs[1], ops.Conv1DConfig{Dilation: 3}) },
			"ops.Conv1DWith: kernels of shape (4,3,3) do not fit into images of shape (8,3,5) with padding 0 and dilation 3: along axis 2, 3 must be from 1 to 2"},
		{"another graph", [][]int{x}, func(xs []graph.Value) graph.Value {
			return ops.Conv2DWith(xs[0], graph.New().Var(1), ops.Conv2DConfig{})
		}, "ops.Conv2DWith: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
		{"bias of another length", [][]int{x, w, {3}}, func(xs []graph.Value) graph.Value { return ops.Conv2DBias(xs[0], xs[1], xs[2], 1, 0) },
			"ops.Conv2DBias: w has shape (4,3,3,3) and b (3): b must have shape (out), an element for each kernel"},
		{"bias of another rank", [][]int{x, w, {4, 1, 1}}, func(xs []graph.Value) graph.Value {
			return ops.Conv2DWith(xs[0], xs[1], ops.Conv2DConfig{Bias: xs[2]})
		}, "ops.Conv2DWith: w has shape (4,3,3,3) and b (4,1,1): b must have shape (out), an element for each kernel"},
		{"scalar kernel with a bias", [][]int{{8, 3, 5}, {}, {4}}, func(xs []graph.Value) graph.Value { return ops.Conv1DBias(xs[0], xs[1], xs[2], 1, 0) },
			"ops.Conv1DBias: x has shape (8,3,5) and w (): both must have 3 axes, images (batch,channels,length) and kernels (out,channels,length)"},
		{"bias of another graph", [][]int{x, w}, func(xs []graph.Value) graph.Value {
			return ops.Conv2DWith(xs[0], xs[1], ops.Conv2DConfig{Bias: graph.New().Var(1)})
		}, "ops.Conv2DWith: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
		{"transpose of nothing", [][]int{{1, 4, 2, 2}, {4, 3, 1, 1}}, func(xs []graph.Value) graph.Value { return ops.ConvTranspose2D(xs[0], xs[1], 1, 1) },
			"ops.ConvTranspose2D: stride 1 and padding 1 leave no image for maps of shape (1,4,2,2) and kernels (4,3,1,1): use a larger stride or less padding"},
	})
}

func TestConvAllocates(t *testing.T) {
	g := graph.New(graph.WithDType(tensor.Float32))
	x, w := counting(tensor.Float32, 2, 3, 9, 9), counting(tensor.Float32, 4, 3, 3, 3)
	steadyState(t, func() graph.Value {
		g.Reset()
		return ops.Sum(ops.Conv2D(g.Bind(x), g.Bind(w), 1, 1))
	})
}

// A depthwise convolution: each channel has a kernel of its own, whose elements lie two pixels apart.
func ExampleConv2DWith() {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 1, 2, 1, 3))
	w := g.VarTensor(tensor.Of([]float64{1, 10, 1, 100}, 2, 1, 1, 2))
	y := ops.Conv2DWith(x, w, ops.Conv2DConfig{Dilation: [2]int{1, 2}, Groups: 2})
	fmt.Println(y.Tensor())
	// Output:
	// [[[[31]] [[604]]]]
}

func BenchmarkConv2D(b *testing.B) {
	for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
		for _, s := range []struct{ batch, in, size, out, k, groups int }{
			{32, 1, 28, 8, 5, 1}, {32, 16, 28, 32, 3, 1}, {8, 64, 14, 64, 3, 1}, {64, 32, 8, 32, 3, 1}, {16, 64, 14, 64, 1, 1}, {8, 64, 14, 64, 3, 4}, {8, 64, 28, 64, 3, 64},
		} {
			x, w := counting(dtype, s.batch, s.in, s.size, s.size), counting(dtype, s.out, s.in/s.groups, s.k, s.k)
			g := graph.New(graph.WithDType(dtype))
			forward := func() graph.Value {
				g.Reset()
				return ops.Sum(ops.Conv2DWith(g.Bind(x), g.Bind(w), ops.Conv2DConfig{Padding: [2]int{s.k / 2, s.k / 2}, Groups: s.groups}))
			}
			work := float64(2 * s.batch * s.out * s.size * s.size * s.in / s.groups * s.k * s.k)
			benchmarkPasses(b, fmt.Sprintf("dtype=%v/batch=%d/in=%d/size=%d/out=%d/kernel=%d/groups=%d", dtype, s.batch, s.in, s.size, s.out, s.k, s.groups), work, forward)
		}
	}
}
