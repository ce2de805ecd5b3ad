package problem_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/examples/internal/problem"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops/expr"
)

func mustSolve(t *testing.T, text string, bindings ...string) *problem.Solution {
	t.Helper()
	p, err := problem.New(text, bindings, tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Solve()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// x²·y + Σv has the gradients 2xy, x² and 1, and a Hessian of 2y and 2x.
func TestSolve(t *testing.T) {
	s := mustSolve(t, "x*x*y + sum(v)", "y=3", "x=2", "v=[1, 5]")
	if diff := cmp.Diff([]string{"v", "x", "y"}, s.Names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if got := s.Value.AtFlat(0); got != 18 {
		t.Errorf("value %g, want 18", got)
	}
	for i, want := range [][]float64{{1, 1}, {12}, {4}} {
		if diff := cmp.Diff(want, s.Gradients[i].Float64s()); diff != "" {
			t.Errorf("gradient by %s (-want +got):\n%s", s.Names[i], diff)
		}
	}
	if s.Hessian != nil || s.Labels != nil {
		t.Error("there is a Hessian before it was asked for")
	}
	if err := s.DifferentiateTwice(); err != nil {
		t.Fatal(err)
	}
	want := []float64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 4, 0, 0, 4, 0}
	if diff := cmp.Diff(want, s.Hessian.Float64s(), cmpopts.EquateApprox(1e-15, 0)); diff != "" {
		t.Errorf("Hessian (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"v[0]", "v[1]", "x", "y"}, s.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	for i, c := range s.CheckAll(1_000_000) {
		if !c.Done || c.Err != nil || c.Short() != "ok" || c.Explain(s.Problem, i) != "" {
			t.Errorf("%s: %v", s.Names[i], c)
		}
	}
}

func TestErrors(t *testing.T) {
	var place *expr.Error
	if _, err := problem.New("x ^ 2", nil, tensor.Float64); !errors.As(err, &place) || place.Column != 3 {
		t.Errorf("syntax: %v", err)
	}
	var binding *problem.BindingError
	if _, err := problem.New("x", []string{"y=1", "x=[[1], 2]"}, tensor.Float64); !errors.As(err, &binding) || binding.Index != 1 || !errors.As(err, &place) {
		t.Errorf("binding: %v", err)
	}
	if _, err := problem.New("x", []string{"x=1", "x=2"}, tensor.Float64); err == nil || !strings.Contains(err.Error(), "x is bound twice") {
		t.Errorf("twice: %v", err)
	}
	p, err := problem.New("sum(broadcast(x, 1000, 1000))", []string{"x=1"}, tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	p.MemoryLimit = 1 << 20
	if _, err := p.Solve(); !errors.Is(err, graph.ErrLimit) {
		t.Errorf("memory: %v", err)
	}
	s := mustSolve(t, "sum(x)", "x=["+strings.Repeat("1,", problem.HessianLimit)+"1]")
	if err := s.DifferentiateTwice(); err == nil || s.Hessian != nil {
		t.Errorf("a large Hessian: %v", err)
	}
}

// A check that would take longer than its limit is not made, and one at a kink says so.
func TestChecks(t *testing.T) {
	s := mustSolve(t, "relu(x)", "x=0")
	if c := s.CheckAll(1)[0]; c.Done || c.Short() != "too large" {
		t.Errorf("beyond the limit: %v", c)
	}
	c := s.CheckAll(1000)[0]
	if !c.Done || c.Short() != "differs" || !strings.HasPrefix(c.Explain(s.Problem, 0), "x: the gradient is 0, central differences give 0.5") {
		t.Errorf("at a kink: %v, %q", c, c.Explain(s.Problem, 0))
	}
	if v := mustSolve(t, "log(x)", "x=-1").Value.AtFlat(0); !math.IsNaN(v) {
		t.Errorf("log of -1: %g", v)
	}
}
