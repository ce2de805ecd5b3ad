package legible_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/internal/legible"
)

func TestRule(t *testing.T) {
	for _, c := range []struct {
		name, derivative string
		want             []string // by operand
	}{
		{"one operand", "1 for x > 0, else 0", []string{"1 for x > 0, else 0"}},
		{"one formula for all", "1", []string{"1", "1", "1"}},
		{"a formula each", "ct·wᵀ, xᵀ·ct, Σ ct", []string{"ct·wᵀ", "xᵀ·ct", "Σ ct"}},
		{"commas in parentheses", "conv2d_input(ct, w), conv2d_weight(x, ct)", []string{"conv2d_input(ct, w)", "conv2d_weight(x, ct)"}},
		{"commas in parentheses of one only", "f(1, a+b) - f(1, a), 0", []string{"f(1, a+b) - f(1, a)", "0"}},
		{"parentheses inside others", "f(g(a, b), c), 1", []string{"f(g(a, b), c)", "1"}},
		{"words for all", "1 for the larger, ½ each where equal", []string{"1 for the larger, ½ each where equal", "1 for the larger, ½ each where equal"}},
		{"a formula more than operands", "a, b, c", []string{"a, b, c", "a, b, c"}},
		{"a letter defined", "x/r², -y/r² with r = hypot(x, y)", []string{"x/r² with r = hypot(x, y)", "-y/r² with r = hypot(x, y)"}},
		{"a letter defined for one", "(g - ḡ)/σ for g = ct·gain; ct·x̂; ct", []string{"(g - ḡ)/σ for g = ct·gain", "ct·x̂", "ct"}},
		{"not closed", "f(a, b", []string{"f(a, b", "f(a, b"}},
		{"empty", "", []string{"", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, want := range c.want {
				if got := legible.Rule(c.derivative, i, len(c.want)); got != want {
					t.Errorf("operand %d: got %q, want %q", i, got, want)
				}
			}
		})
	}
}

func TestFillRule(t *testing.T) {
	m := map[string]string{"x": "h", "y": "out", "w_ih": "W", "ct": "δout", "f": "F"}
	for _, c := range []struct {
		rule, want string
		ok         bool
	}{
		{"y·(1-y)", "out·(1-out)", true},
		{"sinh x", "sinh h", true},
		{"conv2d_input(ct, x)", "conv2d_input(δout, h)", true},
		{"f(x) + f", "f(h) + f", true},
		{"w_ihᵀ·ct", "Wᵀ·δout", true},
		{"Σ ct", "Σ δout", true},
		{"ct·x̂", "δout·x̂", false},
		{"y·(δ - y)", "out·(δ - out)", false},
		{"Σt", "Σt", false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got, ok := legible.FillRule(c.rule, m); got != c.want || ok != c.ok {
				t.Errorf("got %q, %v, want %q, %v", got, ok, c.want, c.ok)
			}
		})
	}
}

func TestHasWord(t *testing.T) {
	for _, c := range []struct {
		formula, name string
		want          bool
	}{
		{"ct·bᵀ", "ct", true},
		{"ct·bᵀ", "c", false},
		{"ctw", "ct", false},
		{"aᵀ·ct", "a", true},
		{"x̂", "x", false},
		{"e^-x²", "x", true},
		{"", "x", false},
	} {
		if got := legible.HasWord(c.formula, c.name); got != c.want {
			t.Errorf("HasWord(%q, %q) = %v, want %v", c.formula, c.name, got, c.want)
		}
	}
}
