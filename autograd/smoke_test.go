package autograd_test

import (
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func TestSmoke(t *testing.T) {
	g := graph.New()
	x := g.Var(2).Named("x")
	y := ops.Mul(x, x)
	z := ops.Add(ops.Sin(y), ops.Exp(x))
	gr := autograd.Backward(z)
	t.Log(gr.Scalar(x), math.Cos(4)*4+math.Exp(2))
	d := autograd.Grad(z, x)[0]
	dd := autograd.Grad(d, x)[0]
	t.Log(d.Item(), dd.Item(), -math.Sin(4)*16+2*math.Cos(4)+math.Exp(2))
	w := g.VarTensor(tensor.Of([]float64{1, 2, 3, 4}, 2, 2))
	l := ops.Sum(ops.Tanh(ops.MatMul(w, ops.Mul(w, x))))
	gr = autograd.Backward(l)
	t.Log(gr.Tensor(w), gr.Scalar(x))
	gs := autograd.Grad(l, w, x)
	t.Log(gs[0], gs[1], gs[0].Tensor())
	f := func(x graph.Value) graph.Value { return ops.Sum(ops.Mul(ops.Sin(x), ops.Slice(x, 0, 0, 2))) }
	at, dir := []float64{1, 2}, []float64{3, 4}
	t.Log(autograd.ValueAndGrad(f, at))
	t.Log(autograd.JVP(f, at, dir))
	t.Log(autograd.Jacobian(ops.Exp, at), autograd.Hessian(f, at), autograd.HVP(f, at, dir))
}

func BenchmarkP1(b *testing.B) {
	g := graph.New()
	const n = 1000000
	for b.Loop() {
		g.Reset()
		x, a, c := g.Var(0.3), g.Var(0.8), g.Var(0.5)
		s := g.Const(0)
		x0 := x
		for range n {
			x = ops.Add(ops.Mul(ops.Sin(x), a), ops.Div(c, ops.AddScalar(x, 1.5)))
			s = ops.Add(s, x)
		}
		gr := autograd.Backward(s)
		if math.Abs(gr.Scalar(x0)-1.3262749388419) > 1e-9 {
			b.Fatal(gr.Scalar(x0))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/6/n, "ns/node")
}
func BenchmarkMulAdd(b *testing.B) {
	g := graph.New()
	const n = 100000
	for b.Loop() {
		g.Reset()
		x, a := g.Var(0.3), g.Var(0.8)
		s := x
		for range n {
			s = ops.Add(ops.Mul(s, a),x)
		}
		gr := autograd.Backward(s)
		_ = gr
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2/n, "ns/node")
}
func BenchmarkRecordOnly(b *testing.B) {
	g := graph.New()
	const n = 100000
	for b.Loop() {
		g.Reset()
		x, a := g.Var(0.3), g.Var(0.8)
		s := x
		for range n {
			s = ops.Add(ops.Mul(s, a),x)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2/n, "ns/node")
}
