package bridge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/examples/internal/problem"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/ops/expr"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
)

// What a browser can take. Beyond it the page says so.
const (
	memoryLimit  = 256 << 20 // bytes of tensors of a graph
	checkWork    = 4_000_000 // elements that comparing with central differences may compute
	hessianWork  = 2_000_000 // nodes times sweeps of a Hessian
	hessianSide  = 16        // elements of all names together, for a Hessian
	explainNodes = 2_000     // of a graph that is explained in words
	drawnNodes   = 200_000   // of a graph that is drawn
	graphNodes   = 160       // that are laid out, of a larger graph the nearest to the result
	listed       = 1_000     // numbers of a tensor that the page is told
)

// A fieldError is a fault of one of the page's fields.
type fieldError struct {
	field string
	err   error
}

func (e *fieldError) Error() string { return e.field + ": " + e.err.Error() }
func (e *fieldError) Unwrap() error { return e.err }

// A question is an expression with its leaves, as the page sends them.
type question struct {
	Text   string `json:"text"`
	Leaves []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"leaves"`
}

// names tells which names an expression has, so that the page can ask for their values.
func (b *Bridge) names(arg []byte) (any, []byte, error) {
	var q question
	if err := read(arg, &q); err != nil {
		return nil, nil, err
	}
	e, err := expr.Parse(q.Text)
	if err != nil {
		return nil, nil, &fieldError{"expression", err}
	}
	names := e.Names()
	if names == nil {
		names = []string{}
	}
	return map[string]any{"names": names}, nil, nil
}

// A figure is a tensor as people read it, and its numbers row by row if there are not too many.
type figure struct {
	Shape   string   `json:"shape"`
	Text    string   `json:"text"`
	Numbers []number `json:"numbers"`
}

func figureOf(t *tensor.Tensor) figure {
	f := figure{Shape: tensor.FormatShape(t.Dims()), Text: legible.Tensor(t, 24, 8), Numbers: []number{}}
	if t.Rank() == 0 {
		f.Shape, f.Text = "", legible.Number(t.AtFlat(0), 12)
	}
	for i := range min(t.Len(), listed) {
		f.Numbers = append(f.Numbers, number(t.AtFlat(i)))
	}
	return f
}

// A leafAnswer is what is found for a leaf.
type leafAnswer struct {
	Name     string `json:"name"`
	Value    figure `json:"value"`
	Gradient figure `json:"gradient"`
}

// solve evaluates an expression and sweeps back from it.
func (b *Bridge) solve(arg []byte) (any, []byte, error) {
	b.solution = nil
	var q question
	if err := read(arg, &q); err != nil {
		return nil, nil, err
	}
	var bindings []string
	for _, l := range q.Leaves {
		bindings = append(bindings, l.Name+"="+l.Value)
	}
	p, err := problem.New(q.Text, bindings, tensor.Float64)
	var binding *problem.BindingError
	var place *expr.Error
	switch {
	case errors.As(err, &binding):
		leaf := q.Leaves[binding.Index]
		if errors.As(err, &place) { // in the field there is the value alone
			msg := strings.TrimPrefix(place.Msg, legible.Name(leaf.Name)+": ")
			column := place.Column - len([]rune(leaf.Name)) - 1
			return nil, nil, &fieldError{"leaf-" + leaf.Name, &expr.Error{Line: place.Line, Column: max(column, 1), Msg: msg}}
		}
		return nil, nil, &fieldError{"leaf-" + leaf.Name, binding.Err}
	case err != nil:
		return nil, nil, &fieldError{"expression", err}
	}
	p.MemoryLimit = memoryLimit
	s, err := p.Solve()
	if err != nil {
		return nil, nil, &fieldError{"expression", err}
	}
	if n := s.Y.Node(); n.NumInputs() > 0 && n.Name() == "" {
		for _, name := range []string{"f", "y", "result"} {
			if !slices.Contains(s.Names, name) {
				s.Y.Named(name)
				break
			}
		}
	}
	b.solution = s
	leaves := []leafAnswer{}
	for i, name := range s.Names {
		leaves = append(leaves, leafAnswer{name, figureOf(s.At[i]), figureOf(s.Gradients[i])})
	}
	return map[string]any{"result": s.Y.Name(), "value": figureOf(s.Value), "leaves": leaves, "nodes": s.Y.Graph().Len()}, nil, nil
}

var errNoExpression = errors.New("there is no expression: evaluate one first")

// study finds what takes longer: checks, second derivatives, and what is wrong.
func (b *Bridge) study([]byte) (any, []byte, error) {
	s := b.solution
	if s == nil {
		return nil, nil, errNoExpression
	}
	type check struct {
		Short   string `json:"short"`
		Explain string `json:"explain"`
	}
	answer := struct {
		Checks    []check    `json:"checks"`
		Labels    []string   `json:"labels"`
		Hessian   [][]number `json:"hessian"`
		NoHessian string     `json:"noHessian"`
		Diagnosis string     `json:"diagnosis"`
	}{Checks: []check{}, Labels: []string{}, Hessian: [][]number{}}
	for i, c := range s.CheckAll(checkWork) {
		answer.Checks = append(answer.Checks, check{c.Short(), c.Explain(s.Problem, i)})
	}
	if err := autograd.Diagnose(s.Y); err != nil {
		answer.Diagnosis = strings.TrimPrefix(err.Error(), "autograd.Diagnose: ")
	}
	if answer.NoHessian = b.noHessian(); answer.NoHessian == "" {
		g := s.Y.Graph()
		before := g.Mark()
		if err := s.DifferentiateTwice(); err != nil {
			answer.NoHessian = err.Error()
		} else {
			answer.Labels = append(answer.Labels, s.Labels...)
			for i := range s.Labels {
				var row []number
				for j := range s.Labels {
					row = append(row, number(s.Hessian.At(i, j)))
				}
				answer.Hessian = append(answer.Hessian, row)
			}
		}
		g.Rewind(before)
	}
	return answer, nil, nil
}

// noHessian returns why second derivatives are not computed, or "".
func (b *Bridge) noHessian() string {
	s, n := b.solution, 0
	for _, t := range s.At {
		n += t.Len()
	}
	switch {
	case n == 0:
		return "There is no name to differentiate by."
	case n > hessianSide:
		return fmt.Sprintf("The names have %d elements together: second derivatives are shown for up to %d.", n, hessianSide)
	case n*s.Y.Graph().Len() > hessianWork:
		return "The graph is too large for second derivatives here. The command examples/expr takes larger ones, with -hessian."
	}
	return ""
}

// explain writes the derivative by a name in words.
func (b *Bridge) explain(arg []byte) (any, []byte, error) {
	var order struct{ Name string }
	if err := read(arg, &order); err != nil {
		return nil, nil, err
	}
	if b.solution == nil {
		return nil, nil, errNoExpression
	}
	if n := b.solution.Y.Graph().Len(); n > explainNodes {
		return nil, nil, fmt.Errorf("the graph has %s nodes: up to %s are explained in words", legible.Count(n), legible.Count(explainNodes))
	}
	i := slices.Index(b.solution.Names, order.Name)
	if i < 0 {
		return nil, nil, fmt.Errorf("%s has no value", legible.Name(order.Name))
	}
	var text strings.Builder
	if err := autograd.Explain(&text, b.solution.Y, b.solution.Leaves[i]); err != nil {
		return nil, nil, err
	}
	return map[string]string{"text": text.String()}, nil, nil
}

// draw makes the model of the expression's graph.
func (b *Bridge) draw([]byte) (any, []byte, error) {
	s := b.solution
	if s == nil {
		return nil, nil, errNoExpression
	}
	if n := s.Y.Graph().Len(); n > drawnNodes {
		return nil, nil, fmt.Errorf("the graph has %s nodes: up to %s are drawn", legible.Count(n), legible.Count(drawnNodes))
	}
	return b.newDrawing(s.Y, stepper.Config{Gradients: &s.Sweep, MaxNodes: graphNodes}), nil, nil
}
