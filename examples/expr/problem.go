package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops/expr"
)

// memoryLimit bounds the tensors of the graph in bytes. The sweep back needs about as much again.
const memoryLimit = 1 << 30

// hessianLimit is the largest number of elements for -hessian, which makes one sweep for each.
const hessianLimit = 64

// A problem is an expression and the numbers of its names.
type problem struct {
	expr  *expr.Expr
	dtype tensor.DType
	names []string // of the bindings, sorted
	at    []*tensor.Tensor
}

func newProblem(o *options, stdin io.Reader) (*problem, error) {
	text := o.expr
	if text == "-" {
		data, err := io.ReadAll(io.LimitReader(stdin, expr.MaxText+1))
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		text = string(data)
	}
	e, err := expr.Parse(text)
	if err != nil {
		return nil, err
	}
	p := &problem{expr: e, dtype: o.dtype}
	var bindings []expr.Binding
	for i, text := range o.bindings {
		b, err := expr.ParseBinding(text)
		if err != nil && strings.HasPrefix(text, "-") {
			return nil, fmt.Errorf("%s comes after the expression: flags go before it", text)
		} else if err != nil {
			return nil, fmt.Errorf("binding %d, %w", i+1, err)
		}
		bindings = append(bindings, b)
	}
	slices.SortFunc(bindings, func(a, b expr.Binding) int { return strings.Compare(a.Name, b.Name) })
	for i, b := range bindings {
		if i > 0 && b.Name == bindings[i-1].Name {
			return nil, fmt.Errorf("%s is bound twice: give it one value", b.Name)
		}
		p.names = append(p.names, b.Name)
		p.at = append(p.at, b.Value.To(o.dtype))
	}
	return p, nil
}

// eval records the expression on g with the given leaves, in the order of the names.
func (p *problem) eval(g *graph.Graph, leaves []graph.Value) (graph.Value, error) {
	byName := make(map[string]graph.Value, len(leaves))
	for i, x := range leaves {
		byName[p.names[i]] = x
	}
	return p.expr.Eval(g, byName)
}

func (p *problem) graph() *graph.Graph {
	return graph.New(graph.WithDType(p.dtype), graph.WithMemoryLimit(memoryLimit))
}

// A solution is the value and the gradients, in the order of the names.
type solution struct {
	*problem
	leaves    []graph.Value
	y         graph.Value
	value     *tensor.Tensor
	sweep     autograd.Gradients
	gradients []*tensor.Tensor
	labels    []string       // of the elements of all leaves, if hessian is there
	hessian   *tensor.Tensor // by elements, or nil
}

// solve evaluates and differentiates.
func (p *problem) solve(hessian bool) (*solution, error) {
	s := &solution{problem: p}
	var evalErr error
	err := graph.Try(func() {
		g := p.graph()
		for i, t := range p.at {
			s.leaves = append(s.leaves, g.VarTensor(t).Named(p.names[i]))
		}
		if s.y, evalErr = p.eval(g, s.leaves); evalErr != nil {
			return
		}
		if shape := s.y.Dims(); len(shape) > 0 {
			evalErr = fmt.Errorf("the result has shape %s, not a scalar: reduce it with sum or mean", tensor.FormatShape(shape))
			return
		}
		s.value = s.y.Tensor()
		s.sweep = autograd.Backward(s.y)
		for _, x := range s.leaves {
			s.gradients = append(s.gradients, s.sweep.Tensor(x))
		}
		if hessian {
			evalErr = s.differentiateTwice()
		}
	})
	switch {
	case evalErr != nil:
		return nil, evalErr
	case err != nil && s.value != nil: // the value is there, so the sweep has failed: it needs memory too
		return nil, fmt.Errorf("the gradient: %w", err)
	}
	return s, err
}

// differentiateTwice computes the Hessian: it records the gradients and sweeps back from each of their elements.
func (s *solution) differentiateTwice() error {
	n := 0
	for _, t := range s.at {
		n += t.Len()
	}
	if n > hessianLimit {
		return fmt.Errorf("-hessian: the names have %d elements together, at most %d are possible: differentiate a smaller problem", n, hessianLimit)
	}
	s.hessian = tensor.New(s.dtype, n, n)
	row := 0
	for i, d := range autograd.Grad(s.y, s.leaves...) {
		seed := tensor.New(s.dtype, d.Dims()...)
		for k := range seed.Len() {
			s.labels = append(s.labels, element(s.names[i], s.at[i].Dims(), k))
			seed.SetFlat(1, k)
			sweep := autograd.Backward(d, autograd.WithSeed(seed))
			seed.SetFlat(0, k)
			column := 0
			for _, x := range s.leaves {
				t := sweep.Tensor(x)
				for j := range t.Len() {
					s.hessian.SetFlat(t.AtFlat(j), row*n+column)
					column++
				}
			}
			sweep.Release()
			row++
		}
	}
	return nil
}

// element returns the name of the k-th element of a leaf: w[1][0].
func element(name string, shape []int, k int) string {
	index := ""
	for i := len(shape) - 1; i >= 0; i-- {
		index = fmt.Sprintf("[%d]", k%shape[i]) + index
		k /= shape[i]
	}
	return name + index
}
