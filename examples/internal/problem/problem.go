// Package problem is what the examples that differentiate expressions have in common: an expression with numbers for its
// names, its value and derivatives, and the comparison of these with central differences.
package problem

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops/expr"
)

// MemoryLimit bounds the tensors of the graph in bytes. The sweep back needs about as much again.
const MemoryLimit = 1 << 30

// HessianLimit is the largest number of elements for a Hessian, which makes one sweep for each.
const HessianLimit = 64

// A Problem is an expression and the numbers of its names.
type Problem struct {
	Expr        *expr.Expr
	DType       tensor.DType
	Names       []string // of the bindings, sorted
	At          []*tensor.Tensor
	MemoryLimit int // of graphs, in bytes
}

// A BindingError is a binding that cannot be read.
type BindingError struct {
	Index int // among the bindings, from 0
	Err   error
}

// Error counts bindings from 1.
func (e *BindingError) Error() string { return fmt.Sprintf("binding %d, %v", e.Index+1, e.Err) }

// Unwrap returns what is wrong with the binding.
func (e *BindingError) Unwrap() error { return e.Err }

// New reads an expression and its bindings, name=value. It returns an [*expr.Error] for the expression, a [*BindingError],
// or an error that names what is bound twice.
func New(text string, bindings []string, dtype tensor.DType) (*Problem, error) {
	e, err := expr.Parse(text)
	if err != nil {
		return nil, err
	}
	p := &Problem{Expr: e, DType: dtype, MemoryLimit: MemoryLimit}
	var list []expr.Binding
	for i, text := range bindings {
		b, err := expr.ParseBinding(text)
		if err != nil {
			return nil, &BindingError{i, err}
		}
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b expr.Binding) int { return strings.Compare(a.Name, b.Name) })
	for i, b := range list {
		if i > 0 && b.Name == list[i-1].Name {
			return nil, fmt.Errorf("%s is bound twice: give it one value", b.Name)
		}
		p.Names = append(p.Names, b.Name)
		p.At = append(p.At, b.Value.To(dtype))
	}
	return p, nil
}

// Eval records the expression on g with the given leaves, in the order of the names.
func (p *Problem) Eval(g *graph.Graph, leaves []graph.Value) (graph.Value, error) {
	byName := make(map[string]graph.Value, len(leaves))
	for i, x := range leaves {
		byName[p.Names[i]] = x
	}
	return p.Expr.Eval(g, byName)
}

func (p *Problem) graph() *graph.Graph {
	return graph.New(graph.WithDType(p.DType), graph.WithMemoryLimit(p.MemoryLimit))
}

// A Solution is the value and the gradients, in the order of the names.
type Solution struct {
	*Problem
	Leaves    []graph.Value
	Y         graph.Value
	Value     *tensor.Tensor
	Sweep     autograd.Gradients
	Gradients []*tensor.Tensor
	Labels    []string       // of the elements of all leaves, after DifferentiateTwice
	Hessian   *tensor.Tensor // by elements, or nil
}

// Solve evaluates and differentiates. It returns an error if the result is not a scalar, an [*expr.Error] with the place
// of an operation that fails, or a [*graph.Error].
func (p *Problem) Solve() (*Solution, error) {
	s := &Solution{Problem: p}
	var evalErr error
	err := graph.Try(func() {
		g := p.graph()
		for i, t := range p.At {
			s.Leaves = append(s.Leaves, g.VarTensor(t).Named(p.Names[i]))
		}
		if s.Y, evalErr = p.Eval(g, s.Leaves); evalErr != nil {
			return
		}
		if shape := s.Y.Dims(); len(shape) > 0 {
			evalErr = fmt.Errorf("the result has shape %s, not a scalar: reduce it with sum or mean", tensor.FormatShape(shape))
			return
		}
		s.Value = s.Y.Tensor()
		s.Sweep = autograd.Backward(s.Y)
		for _, x := range s.Leaves {
			s.Gradients = append(s.Gradients, s.Sweep.Tensor(x))
		}
	})
	switch {
	case evalErr != nil:
		return nil, evalErr
	case err != nil && s.Value != nil: // the value is there, so the sweep has failed: it needs memory too
		return nil, fmt.Errorf("the gradient: %w", err)
	}
	return s, err
}

// DifferentiateTwice computes the Hessian: it records the gradients and sweeps back from each of their elements. It returns
// an error if there are more than [HessianLimit], or too little memory.
func (s *Solution) DifferentiateTwice() error {
	n := 0
	for _, t := range s.At {
		n += t.Len()
	}
	if n > HessianLimit {
		return fmt.Errorf("the names have %d elements together, at most %d are possible: differentiate a smaller problem", n, HessianLimit)
	}
	return graph.Try(func() { s.differentiateTwice(n) })
}

// differentiateTwice does it for n elements.
func (s *Solution) differentiateTwice(n int) {
	hessian, row := tensor.New(s.DType, n, n), 0
	for i, d := range autograd.Grad(s.Y, s.Leaves...) {
		seed := tensor.New(s.DType, d.Dims()...)
		for k := range seed.Len() {
			s.Labels = append(s.Labels, Element(s.Names[i], s.At[i].Dims(), k))
			seed.SetFlat(1, k)
			sweep := autograd.Backward(d, autograd.WithSeed(seed))
			seed.SetFlat(0, k)
			column := 0
			for _, x := range s.Leaves {
				t := sweep.Tensor(x)
				for j := range t.Len() {
					hessian.SetFlat(t.AtFlat(j), row*n+column)
					column++
				}
			}
			sweep.Release()
			row++
		}
	}
	s.Hessian = hessian
}

// Element returns the name of the k-th element of a leaf: w[1][0].
func Element(name string, shape []int, k int) string {
	index := ""
	for i := len(shape) - 1; i >= 0; i-- {
		index = fmt.Sprintf("[%d]", k%shape[i]) + index
		k /= shape[i]
	}
	return name + index
}
