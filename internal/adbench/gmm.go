package adbench

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// gmm is the logarithm of the posterior of a mixture of Gaussians, and its gradient. On tensors all points and components
// are one product of matrices.
func gmm() *Task {
	return &Task{
		Name: "gmm", About: "the log posterior of a mixture of Gaussians; the gradient",
		Names: []string{"points", "dimensions", "components"}, Sizes: []int{1000, 10, 25}, Bytes: 50,
		Make: func(sizes []int) Work { return gaussians(programs.NewGaussians(sizes[0], sizes[1], sizes[2])) },
		Read: func(in *Numbers) (func() Work, []int) {
			d, k, n := in.size("dimensions"), in.size("components"), in.size("points")
			at := in.list(k)
			at = append(at, in.list(k*d)...)
			at = append(at, in.list(k*(d*(d+1)/2))...)
			points := in.list(n * d)
			if gamma, m := in.next(), in.next(); in.Err == nil && (gamma != 1 || m != 0) {
				in.Err = fmt.Errorf("%s has the prior γ = %v, m = %v: want 1 and 0, as all of ADBench's files have", in.Name, gamma, m)
			}
			in.end()
			if in.Err != nil {
				return nil, nil
			}
			return func() Work { return gaussians(programs.GaussiansOf(d, k, points, at)) }, []int{n, d, k}
		},
	}
}

func gaussians(m *programs.Gaussians) Work {
	plain := m.Program("gmm", 0).Plain
	return Work{
		Inputs: len(m.At), Point: m.At, Plain: func() float64 { return plain(m.At) },
		Derivative: gradientOnTensors(m.Tensors(), m.Constants(), m.OnTensors),
	}
}

// gradientOnTensors returns a function that computes the value of f and its gradient by the leaves.
func gradientOnTensors(leaves, constants []*tensor.Tensor, f func(leaves, constants []graph.Value) graph.Value) func() (float64, []float64) {
	g := graph.New()
	var xs, cs []graph.Value
	for _, t := range leaves {
		xs = append(xs, g.Bind(t))
	}
	for _, t := range constants {
		cs = append(cs, g.BindConst(t))
	}
	start := g.Mark()
	var gradient []float64
	return func() (float64, []float64) {
		g.Rewind(start)
		y := f(xs, cs)
		grads := autograd.Backward(y, autograd.LeavesOnly())
		gradient = gradient[:0]
		for _, x := range xs {
			gradient = append(gradient, grads.Tensor(x).Float64s()...)
		}
		return y.Item(), gradient
	}
}

// gradientOnScalars returns a function that computes the value of f at a point and its gradient.
func gradientOnScalars(at []float64, f func(xs []graph.Value) graph.Value) func() (float64, []float64) {
	g := graph.New()
	gradient := make([]float64, len(at))
	return func() (float64, []float64) {
		g.Reset()
		xs := g.Vars(at)
		y := f(xs)
		return y.Item(), autograd.Backward(y).Scalars(gradient, xs)
	}
}
