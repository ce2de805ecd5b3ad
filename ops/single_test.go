package ops_test

import (
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// Values and derivatives in single precision are those of double precision, rounded once or nearly.
func TestSpecialFunctionsInSinglePrecision(t *testing.T) {
	var xs []float64
	add := func(lo, hi float64, n int) {
		for i := range n {
			xs = append(xs, float64(float32(lo+(hi-lo)*(float64(i)+0.5)/float64(n))))
		}
	}
	add(-6.5, 40, 20000)
	add(-1.01, 1.01, 20000)
	for _, x := range []float64{0, 1 / math.E, 0.5, 1, 1.4616321449683623, 2} { // roots, and the borders of what is near them
		add(x-0.01, x+0.01, 2000)
		add(x-1e-6, x+1e-6, 20)
	}
	for x := 1e-44; x < 1e38; x *= 1.7 {
		xs = append(xs, float64(float32(x)))
	}
	for _, f := range []struct {
		name   string
		f      func(x graph.Value) graph.Value
		ulps   float64 // of the value
		beside float64 // a derivative without full relative precision near its roots has that of this times |1/x|
	}{
		{"lgamma", ops.Lgamma, 0.6, 0},
		{"digamma", ops.Digamma, 0.6, 0},
		{"polygamma 1", func(x graph.Value) graph.Value { return ops.Polygamma(1, x) }, 0.6, 0},
		{"polygamma 2", func(x graph.Value) graph.Value { return ops.Polygamma(2, x) }, 0.6, 0},
		{"erfcx", ops.Erfcx, 0.6, 0},
		{"sinc", ops.Sinc, 0.6, 1},
		{"logit", ops.Logit, 0.6, 0},
		{"erfinv", ops.ErfInv, 0.6, 0},
		{"entr", ops.Entr, 3, 0},
	} {
		t.Run(f.name, func(t *testing.T) {
			var y, d [2][]float64
			for i, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				g := graph.New(graph.WithDType(dtype))
				x := g.VarTensor(tensor.Of(xs, len(xs)))
				v := f.f(x)
				y[i] = v.Tensor().Float64s()
				d[i] = autograd.Backward(ops.Sum(v)).Tensor(x).Float64s()
			}
			for i, x := range xs {
				if e := ulps32(y[1][i], y[0][i]); !(e <= f.ulps) {
					t.Fatalf("at %v the value is %v, want %v: %.2f ulp", x, y[1][i], y[0][i], e)
				}
				want := d[0][i]
				if f.beside != 0 && math.Abs(d[1][i]-want) <= 0x1p-26*f.beside/math.Abs(x) {
					continue
				}
				if e := ulps32(d[1][i], want); !(e <= 1.5) { // the rounded value is a part of that of erfcx
					t.Fatalf("at %v the derivative is %v, want %v: %.2f ulp", x, d[1][i], want, e)
				}
			}
		})
	}
}

// ulps32 returns how far got is from want in units of the last place of single precision.
func ulps32(got, want float64) float64 {
	if got == want || got != got && want != want || float64(float32(want)) == got {
		return 0
	}
	_, e := math.Frexp(want)
	return math.Abs(got-want) / math.Ldexp(1, max(e, -125)-24)
}
