package notation_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/notation"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

func operand(i int) string { return "x" + strconv.Itoa(i) }

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func TestCall(t *testing.T) {
	g := graph.New()
	x, y := g.Var(2), g.Var(3)
	many := make([]graph.Value, 9)
	for k := range many {
		many[k] = ops.Broadcast(x, 1)
	}
	custom := autograd.Custom("mine",
		func(xs ...*tensor.Tensor) *tensor.Tensor { return xs[0] },
		func(_, ct graph.Value, _ ...graph.Value) []graph.Value { return []graph.Value{ct, ct} })
	for _, c := range []struct {
		value      graph.Value
		call       string
		parameters map[string]string
		names      []string // by operand
	}{
		{ops.Sin(x), "sin(x0)", map[string]string{"x": "x0"}, []string{"x"}},
		{ops.Sub(x, y), "sub(x0, x1)", map[string]string{"a": "x0", "b": "x1"}, []string{"a", "b"}},
		{ops.Clamp(x, -1, 0.5), "clamp(x0, -1, 0.5)", map[string]string{"x": "x0", "lo": "-1", "hi": "0.5"}, []string{"x"}},
		{ops.Polygamma(2, x), "polygamma(2, x0)", map[string]string{"x": "x0", "n": "2"}, []string{"x"}},
		{ops.Sum(many[0], 0), "sum(x0)", map[string]string{"x": "x0"}, []string{"x"}},
		{ops.Concat(0, many[:2]...), "concat(x0, x1)", map[string]string{}, []string{"", ""}},
		{ops.Concat(0, many...), "concat(x0, x1, x2, x3, x4, x5, …)", map[string]string{}, make([]string, 9)},
		{custom(x, y), "mine(x0, x1)", map[string]string{}, []string{"", ""}},
		{x, "leaf()", map[string]string{}, nil},
	} {
		t.Run(c.call, func(t *testing.T) {
			n := c.value.Node()
			if got := notation.Call(n, operand, number); got != c.call {
				t.Errorf("Call = %q, want %q", got, c.call)
			}
			if diff := cmp.Diff(c.parameters, notation.Parameters(n, operand, number)); diff != "" {
				t.Errorf("Parameters mismatch (-want +got):\n%s", diff)
			}
			for i, want := range c.names {
				if got := notation.Parameter(n, i); got != want {
					t.Errorf("Parameter %d = %q, want %q", i, got, want)
				}
			}
		})
	}
}

// forAll are the operations whose description of the derivatives stands for all operands although it has a comma or a
// semicolon in it.
var forAll = map[string]bool{"maximum": true, "minimum": true, "where": true}

// TestRules holds, for every operation of the table, that an operand gets its own part of the description, and no part of
// another's.
func TestRules(t *testing.T) {
	tested := 0
	for _, row := range graph.Rows() {
		for _, s := range rowtest.Samples(t, row) {
			if len(s.Operands) < 2 || !strings.ContainsAny(row.Derivative, ",;") || forAll[row.Name] {
				continue
			}
			tested++
			g := graph.New()
			n := s.Apply(rowtest.Variables(g, s.Operands)).Node()
			seen := make(map[string]int)
			for i := range n.NumInputs() {
				rule := notation.Rule(n, i)
				if rule == row.Derivative {
					t.Errorf("%s, operand %d: the rule is the whole description %q", row.Name, i, rule)
				}
				if strings.Count(rule, "(") != strings.Count(rule, ")") {
					t.Errorf("%s, operand %d: the parentheses of %q do not match", row.Name, i, rule)
				}
				if k, twice := seen[rule]; twice && !strings.Contains(row.Derivative, rule+", "+rule) {
					t.Errorf("%s: operands %d and %d have the same rule %q", row.Name, k, i, rule)
				}
				seen[rule] = i
			}
			break
		}
	}
	if tested < 30 {
		t.Errorf("%d operations have rules for several operands, want more", tested)
	}
}

// TestParametersAreNoFunctions holds that no rule has the name of an operand right before a parenthesis, where it would be
// taken for a function.
func TestParametersAreNoFunctions(t *testing.T) {
	for _, row := range graph.Rows() {
		for _, name := range strings.Split(row.Params, ", ") {
			filled, _ := legible.FillRule(row.Derivative, map[string]string{name: "\x00"})
			if legible.HasWord(strings.ReplaceAll(filled, "\x00", ""), name) {
				t.Errorf("%s: %s stays in %q", row.Name, name, filled)
			}
		}
	}
}
