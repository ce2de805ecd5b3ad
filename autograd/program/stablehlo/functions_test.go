package stablehlo

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// Derivatives of every order have a form, the largest too, whose coefficients overflow.
func TestOrders(t *testing.T) {
	for name, f := range map[string]func(n int, x graph.Value) graph.Value{
		"polygamma": ops.Polygamma, "erfcx_derivative": ops.ErfcxDerivative, "sinc_derivative": ops.SincDerivative,
	} {
		for _, n := range []int{0, 1, 2, 7, 8, 40, 170} {
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				g := graph.New(graph.Traced(), graph.WithDType(dtype))
				x := g.VarTensor(tensor.Of([]float64{0.5, 2}, 2))
				wellFormed(t, name, text(t, function([]graph.Value{x}, f(n, x))))
			}
		}
	}
}

func TestZeta(t *testing.T) {
	for _, c := range []struct {
		s    int
		q    float64
		want float64
	}{
		{2, 1, math.Pi * math.Pi / 6},
		{4, 1, math.Pow(math.Pi, 4) / 90},
		{2, 0.5, math.Pi * math.Pi / 2},
		{3, 2, 0.20205690315959428540}, // Apéry's constant less 1
		{30, 2, 9.313274324196681828718e-10},
	} {
		if got := zeta(c.s, c.q); math.Abs(got-c.want) > 1e-15*c.want {
			t.Errorf("zeta(%d, %v) = %v, want %v", c.s, c.q, got, c.want)
		}
	}
}

func TestPolynomial(t *testing.T) {
	for _, c := range []struct {
		coefficients []float64
		want         string
	}{
		{[]float64{2}, "2"},
		{[]float64{1, -0.5, 1e-20}, "1 + x*(-0.5 + x*(1e-20))"},
		{[]float64{0, math.Inf(1), math.Inf(-1)}, "0 + x*((1/0) + x*((-1/0)))"},
	} {
		if got := polynomial("x", c.coefficients...); got != c.want {
			t.Errorf("polynomial of %v: got %s, want %s", c.coefficients, got, c.want)
		}
	}
}

// The two gradients of a convolution are convolutions: the transpose of one that takes steps is one of images whose
// elements lie apart.
func TestConvolution(t *testing.T) {
	g := graph.New(graph.Traced())
	x, w := g.VarTensor(tensor.New(tensor.Float64, 5, 3, 9, 8)), g.VarTensor(tensor.New(tensor.Float64, 4, 3, 2, 3))
	y := ops.Conv2DWith(x, w, ops.Conv2DConfig{Stride: [2]int{2, 1}, Padding: [2]int{0, 1}, Dilation: [2]int{3, 1}})
	input := ops.Conv2DInput(ops.Conv2D(x, w, 2, 1), w, 9, 8, 2, 1)
	weight := ops.Conv2DWeight(x, ops.Conv2D(x, w, 2, 1), 2, 3, 2, 1)
	for name, c := range map[string]struct {
		y    graph.Value
		want string
	}{
		"convolution": {y, "dim_numbers = [b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1], window = {stride = [2, 1], pad = [[0, 0], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [3, 1]}"},
		"by images":   {input, "dim_numbers = [b, f, 0, 1]x[i, o, 0, 1]->[b, f, 0, 1], window = {stride = [1, 1], pad = [[0, 1], [1, 2]], lhs_dilate = [2, 2], rhs_dilate = [1, 1]}"},
		"by kernels":  {weight, "dim_numbers = [f, b, 0, 1]x[i, o, 0, 1]->[f, b, 0, 1], window = {stride = [1, 1], pad = [[1, 0], [1, 0]], lhs_dilate = [1, 1], rhs_dilate = [2, 2]}"},
	} {
		s := text(t, function([]graph.Value{x, w}, c.y))
		if !strings.Contains(s, c.want) {
			t.Errorf("%s: got %s, want %s", name, s, c.want)
		}
	}
}

// Axes have numbers of two digits too.
func TestManyAxes(t *testing.T) {
	dims := slices.Repeat([]int{1}, tensor.MaxRank)
	axis := tensor.MaxRank - 2
	dims[axis] = 3
	g := graph.New(graph.Traced())
	x := g.VarTensor(tensor.New(tensor.Float64, dims...))
	for name, c := range map[string]struct {
		y    graph.Value
		want string
	}{
		"sort":   {ops.Sort(x, axis), "dimension = 14 : i64"},
		"concat": {ops.Concat(axis, x, x), "dim = 14"},
		"flip":   {ops.Flip(x, axis), "dims = [14]"},
		"sum":    {ops.Sum(x, axis), "dimensions = [14]"},
		"gather": {ops.Gather(x, axis, 2, 0), "start_index_map = [14]"},
		"argmax": {ops.ArgMax(x, axis), "iota dim = 14"},
	} {
		if s := text(t, function([]graph.Value{x}, c.y)); !strings.Contains(s, c.want) {
			t.Errorf("%s: got %s, want %s", name, s, c.want)
		}
	}
}

// An operation without a form says why.
func TestWithout(t *testing.T) {
	row, _ := ops.Lookup("svd")
	if ok, reason := Lowers(row); ok || !strings.Contains(reason, "XLA has no singular value decomposition") {
		t.Errorf("svd: got %t, %q", ok, reason)
	}
}
