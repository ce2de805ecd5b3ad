package main

import (
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/ops"
)

// gemmJob is "f32 nn <m> <n> <k>": a product of matrices in a precision and a form. In the form tn the left factor lies
// transposed in memory, in nt the right one.
func gemmJob(args []string) *job {
	size := integers(args[2:])
	if args[0] == "f32" {
		return gemmOf[float32](args[1], size[0], size[1], size[2])
	}
	return gemmOf[float64](args[1], size[0], size[1], size[2])
}

func gemmOf[T float32 | float64](form string, m, n, k int) *job {
	a, b, c := make([]T, m*k), make([]T, k*n), make([]T, m*n)
	noise(a, 1, 1)
	noise(b, 2, 1)
	ta, tb := form[0] == 't', form[1] == 't'
	lda, ldb := k, n
	if ta {
		lda = m
	}
	if tb {
		ldb = k
	}
	j := &job{run: func() { kernel.Gemm(ta, tb, m, n, k, a, lda, b, ldb, c, n, false) }}
	j.run()
	j.check = weigh(c)
	return j
}

var unary = map[string]func(x graph.Value) graph.Value{
	"exp":     ops.Exp,
	"tanh":    ops.Tanh,
	"sigmoid": ops.Sigmoid,
	"relu":    ops.ReLU,
	"softmax": func(x graph.Value) graph.Value { return ops.Softmax(x, 1) },
}

func tensor32(seed uint32, scale float64, shape ...int) *tensor.Tensor {
	t := tensor.New(tensor.Float32, shape...)
	noise(t.Float32s(), seed, scale)
	return t
}

// elementwiseJob is "<function> forward <rows> <columns>", recorded on a graph, or with "both" the backward sweep too.
func elementwiseJob(args []string) *job {
	f, ok := unary[args[0]]
	if !ok {
		panic("unknown function " + args[0])
	}
	shape := integers(args[2:])
	g := graph.New(graph.WithDType(tensor.Float32))
	x := g.Bind(tensor32(1, 16, shape...))
	seed := autograd.WithSeed(tensor32(2, 1, shape...))
	m := g.Mark()
	if args[1] == "forward" {
		j := &job{run: func() { g.Rewind(m); f(x) }}
		j.check = weigh(f(x).Tensor().Float32s())
		return j
	}
	j := &job{run: func() {
		g.Rewind(m)
		autograd.Backward(f(x), seed, autograd.LeavesOnly())
	}}
	j.check = weigh(autograd.Backward(f(x), seed).Tensor(x).Float32s())
	return j
}

// convJob is "<n> <channels> <height> <width> <filters> <size>": a convolution that keeps height and width, and its
// backward sweep.
func convJob(args []string) *job {
	v := integers(args)
	row, ok := ops.Lookup("conv2d")
	if !ok {
		panic("chainrule has no conv2d")
	}
	g := graph.New(graph.WithDType(tensor.Float32))
	x, w := g.Bind(tensor32(1, 1, v[:4]...)), g.Bind(tensor32(2, 1, v[4], v[1], v[5], v[5]))
	m := g.Mark()
	f := func() graph.Value { return ops.Apply(row, x, w, 1, v[5]/2) }
	seed := autograd.WithSeed(tensor32(4, 1, f().Shape()...))
	j := &job{run: func() {
		g.Rewind(m)
		autograd.Backward(f(), seed, autograd.LeavesOnly())
	}, check: math.NaN()}
	grads := autograd.Backward(f(), seed)
	j.check = weigh(grads.Tensor(x).Float32s()) + weigh(grads.Tensor(w).Float32s())
	return j
}
