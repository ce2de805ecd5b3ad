package main

import (
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// compiledDerivativeJob is "gradient", "hvp" or "hessian" and how many numbers, of the valley, compiled once.
func compiledDerivativeJob(args []string) *job {
	n := integers(args[1:])[0]
	at, dir := make([]float64, n), make([]float64, n)
	noise(at, 1, 2)
	noise(dir, 2, 2)
	x := graph.New(graph.Traced()).VarTensor(tensor.Of(at, n))
	if args[0] == "gradient" {
		p := compiledOnce(program.Compile(valley(x), x))
		grad := make([]float64, n)
		p.Eval(at, grad)
		return &job{run: func() { p.Eval(at, grad) }, check: weigh(grad)}
	}
	h := compiledOnce(program.CompileHessian(valley(x), x))
	var f func() []float64
	switch args[0] {
	case "hvp":
		product := make([]float64, n)
		f = func() []float64 { return h.Product(product, at, dir) }
	case "hessian":
		matrix := make([]float64, n*n)
		f = func() []float64 { return h.Dense(matrix, at) }
	default:
		panic("unknown job")
	}
	return &job{run: func() { f() }, check: weigh(f())}
}

// compiledSparseJob is what sparseJob takes, compiled once.
func compiledSparseJob(args []string) *job {
	at := sparsePoint(integers(args[1:])[0])
	xs := graph.New(graph.Traced()).Vars(at)
	var f func() *autograd.Sparse
	switch args[0] {
	case "banded-jacobian":
		p := compiledOnce(program.CompileJacobian(ops.Stack(0, banded(xs)...), xs...))
		s := p.Sparse(nil, nil, at)
		f = func() *autograd.Sparse { return p.Sparse(s, nil, at) }
	case "banded-hessian":
		f = compiledSparseHessian(bandedSum(xs), xs, at)
	case "arrow-head-hessian":
		f = compiledSparseHessian(arrowHead(xs), xs, at)
	default:
		panic("unknown job")
	}
	return &job{run: func() { f() }, check: total(f().Value)}
}

func compiledSparseHessian(y graph.Value, xs []graph.Value, at []float64) func() *autograd.Sparse {
	h := compiledOnce(program.CompileHessian(y, xs...))
	s := h.Sparse(nil, at)
	return func() *autograd.Sparse { return h.Sparse(s, at) }
}

func compiledOnce[T any](p T, err error) T {
	if err != nil {
		panic(err)
	}
	return p
}
