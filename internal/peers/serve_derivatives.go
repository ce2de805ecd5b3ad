package main

import (
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// valley is Rosenbrock's function of many variables: the sum of 100·(xᵢ₊₁ - xᵢ²)² + (1 - xᵢ)².
func valley(x graph.Value) graph.Value {
	n := x.Len()
	a, b := ops.Slice(x, 0, 0, n-1), ops.Slice(x, 0, 1, n)
	return ops.Sum(ops.Add(
		ops.MulScalar(ops.Square(ops.Sub(b, ops.Square(a))), 100),
		ops.Square(ops.AddScalar(ops.Neg(a), 1))))
}

// waves is a function with a series in every direction.
func waves(x graph.Value) graph.Value { return ops.Log(ops.Sum(ops.Exp(ops.Mul(ops.Sin(x), x)))) }

// derivativeJob is "gradient", "jvp", "hvp" or "hessian" and how many numbers, of the valley, or "taylor <numbers>
// <degree>" of the waves.
func derivativeJob(args []string) *job {
	sizes := integers(args[1:])
	at, dir := make([]float64, sizes[0]), make([]float64, sizes[0])
	noise(at, 1, 2)
	noise(dir, 2, 2)
	var f func() []float64
	switch args[0] {
	case "gradient":
		f = func() []float64 {
			_, d := autograd.ValueAndGrad(valley, at)
			return d
		}
	case "jvp":
		f = func() []float64 {
			_, d := autograd.JVP(valley, at, dir)
			return d.Float64s()
		}
	case "hvp":
		f = func() []float64 { return autograd.HVP(valley, at, dir) }
	case "hessian":
		f = func() []float64 { return autograd.Hessian(valley, at).Float64s() }
	case "taylor":
		f = func() []float64 { return autograd.Taylor(waves, at, dir, sizes[1]) }
	default:
		panic("unknown job")
	}
	return &job{run: func() { f() }, check: weigh(f())}
}

// perExampleJob is "64-32-10@128": the widths of a network and the number of examples.
func perExampleJob(args []string) *job {
	shape, rows, _ := strings.Cut(args[0], "@")
	widths, n := integers(strings.Split(shape, "-")), integers([]string{rows})[0]
	random := func(seed uint32, scale float64, shape ...int) *tensor.Tensor {
		t := tensor.New(tensor.Float64, shape...)
		noise(t.Float64s(), seed, scale)
		return t
	}
	g := graph.New()
	var weights []graph.Value
	for i, in := range widths[:len(widths)-1] {
		weights = append(weights, g.VarTensor(random(uint32(10+2*i), 0.25, in, widths[i+1])), g.VarTensor(random(uint32(11+2*i), 0.25, widths[i+1])))
	}
	x := g.ConstTensor(random(1, 2, n, widths[0]))
	classes := widths[len(widths)-1]
	column := tensor.New(tensor.Float64, n, 1)
	for i, label := range labels(n, classes) {
		column.SetFlat(float64(label), i)
	}
	labelled := g.ConstTensor(column)
	start := g.Mark()
	run := func() []*tensor.Tensor {
		defer g.Rewind(start)
		h := x
		for k := 0; k < len(weights); k += 2 {
			if k > 0 {
				h = ops.ReLU(h)
			}
			h = ops.Add(ops.MatMul(h, weights[k]), weights[k+1])
		}
		losses := ops.Sub(ops.LogSumExp(h, 1), ops.Reshape(ops.TakeAlong(h, labelled, 1), n))
		return autograd.PerExampleOf(losses, weights...)
	}
	j := &job{run: func() { run() }, check: 0}
	for _, t := range run() {
		j.check += weigh(t.Float64s())
	}
	return j
}

// banded returns results that each depend on three neighbours.
func banded(x []graph.Value) []graph.Value {
	out := make([]graph.Value, len(x)-2)
	for i := range out {
		out[i] = ops.Sub(ops.Mul(ops.Sin(x[i]), x[i+1]), ops.Square(x[i+2]))
	}
	return out
}

func bandedSum(x []graph.Value) graph.Value {
	results := banded(x)
	sum := results[0]
	for _, y := range results[1:] {
		sum = ops.Add(sum, y)
	}
	return sum
}

// arrowHead has a Hessian with a diagonal, and a first row and column without zeros.
func arrowHead(x []graph.Value) graph.Value {
	sum := ops.Square(x[0])
	for _, v := range x[1:] {
		sum = ops.Add(sum, ops.Mul(x[0], ops.Exp(v)))
	}
	return sum
}

// sparseJob is "banded-jacobian", "banded-hessian" or "arrow-head-hessian" and how many numbers.
func sparseJob(args []string) *job {
	at := sparsePoint(integers(args[1:])[0])
	var f func() *autograd.Sparse
	switch args[0] {
	case "banded-jacobian":
		f = func() *autograd.Sparse { return autograd.SparseJacobian(banded, at) }
	case "banded-hessian":
		f = func() *autograd.Sparse { return autograd.SparseHessian(bandedSum, at) }
	case "arrow-head-hessian":
		f = func() *autograd.Sparse { return autograd.SparseHessian(arrowHead, at) }
	default:
		panic("unknown job")
	}
	return &job{run: func() { f() }, check: total(f().Value)}
}

func sparsePoint(n int) []float64 {
	at := make([]float64, n)
	for i := range at {
		at[i] = 0.1 + float64(i%7)/10
	}
	return at
}
