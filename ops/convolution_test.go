package ops_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// convBySums computes a convolution and its gradients by the definition. Sequences are images of height 1.
func convBySums(x, w, ct *tensor.Tensor, stride, padding int) (y, dx, dw *tensor.Tensor) {
	y, dx, dw = tensor.New(x.DType(), ct.Dims()...), tensor.New(x.DType(), x.Dims()...), tensor.New(x.DType(), w.Dims()...)
	a, k, m := x.Dims(), w.Dims(), ct.Dims()
	h, kh, rows, strideH, above := 1, 1, 1, 1, 0
	if len(a) == 4 {
		h, kh, rows, strideH, above = a[2], k[2], m[2], stride, padding
	}
	width, kw, cols := a[len(a)-1], k[len(k)-1], m[len(m)-1]
	add := func(t *tensor.Tensor, at int, v float64) { t.SetFlat(t.AtFlat(at)+v, at) }
	for b := range a[0] {
		for o := range k[0] {
			for i := range rows {
				for j := range cols {
					at := ((b*k[0]+o)*rows+i)*cols + j
					for c := range a[1] {
						for p := range kh {
							for q := range kw {
								r, s := i*strideH+p-above, j*stride+q-padding
								if r < 0 || r >= h || s < 0 || s >= width {
									continue
								}
								xi, wi := ((b*a[1]+c)*h+r)*width+s, ((o*k[1]+c)*kh+p)*kw+q
								add(y, at, x.AtFlat(xi)*w.AtFlat(wi))
								add(dx, xi, ct.AtFlat(at)*w.AtFlat(wi))
								add(dw, wi, ct.AtFlat(at)*x.AtFlat(xi))
							}
						}
					}
				}
			}
		}
	}
	return y, dx, dw
}

// TestConv compares convolutions of integers, which are exact in any order, with the definition: value and gradients, by
// the kernels and by the rules.
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
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				g := graph.New(graph.WithDType(dtype))
				a, k := counting(dtype, tt.x...), counting(dtype, tt.w...)
				x, w := g.VarTensor(a), g.VarTensor(k)
				got := conv(x, w, tt.stride, tt.padding)
				ct := counting(dtype, got.Dims()...)
				y, dx, dw := convBySums(a, k, ct, tt.stride, tt.padding)
				loss := ops.Sum(ops.Mul(got, g.ConstTensor(ct)))
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
		})
	}
}

// TestConvOnSeveralProcessors checks that a convolution and its gradients are the same there, to the bit, and that they
// allocate nothing.
func TestConvOnSeveralProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	rng := rand.New(rand.NewPCG(5, 6))
	x, w := tensor.New(tensor.Float32, 20, 3, 12, 12), tensor.New(tensor.Float32, 8, 3, 3, 3)
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

func TestConvMisuse(t *testing.T) {
	conv := func(stride, padding int) func(xs []graph.Value) graph.Value {
		return func(xs []graph.Value) graph.Value { return ops.Conv2D(xs[0], xs[1], stride, padding) }
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
		{"huge padding", [][]int{x, w}, conv(1, math.MaxInt), "ops.Conv2D: padding 9223372036854775807 is too large: images have shape (8,3,6,5)"},
		{"huge result", [][]int{x, w}, conv(1, math.MaxInt32),
			"ops.Conv2D: shape (8,4,4294967298,4294967297) has more elements than a tensor can hold (274877906944)"},
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

func BenchmarkConv2D(b *testing.B) {
	for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
		for _, s := range []struct{ batch, in, size, out, k int }{{32, 1, 28, 8, 5}, {32, 16, 28, 32, 3}, {8, 64, 14, 64, 3}, {64, 32, 8, 32, 3}, {16, 64, 14, 64, 1}} {
			x, w := counting(dtype, s.batch, s.in, s.size, s.size), counting(dtype, s.out, s.in, s.k, s.k)
			g := graph.New(graph.WithDType(dtype))
			forward := func() graph.Value {
				g.Reset()
				return ops.Sum(ops.Conv2D(g.Bind(x), g.Bind(w), 1, s.k/2))
			}
			work := float64(2 * s.batch * s.out * s.size * s.size * s.in * s.k * s.k)
			benchmarkPasses(b, fmt.Sprintf("dtype=%v/batch=%d/in=%d/size=%d/out=%d/kernel=%d", dtype, s.batch, s.in, s.size, s.out, s.k), work, forward)
		}
	}
}
