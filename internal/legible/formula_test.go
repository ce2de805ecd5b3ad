package legible_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/internal/legible"
)

func TestFill(t *testing.T) {
	m := map[string]string{"x": "2", "y": "(-3)", "a": "b", "b": "a", "e": "e", "c": "0.5"}
	for _, c := range []struct {
		formula, want string
		ok            bool
	}{
		{"", "", true},
		{"1", "1", true},
		{"x", "2", true},
		{"2x", "2·2", true},
		{"2y", "2·(-3)", true},
		{"a - b", "b - a", true},
		{"-a/b²", "-b/a²", true},
		{"y·(1-y)", "(-3)·(1-(-3))", true},
		{"1/(2√x)", "1/(2√2)", true},
		{"eˣ", "e^2", true},
		{"eʸ", "e^(-3)", true},
		{"y·xʸ⁻¹", "(-3)·2^((-3)-1)", true},
		{"1/(1+e⁻ˣ)", "1/(1+e^(-2))", true},
		{"x²", "2²", true},
		{"sin x", "sin 2", false},
		{"a·bᵀ", "b·aᵀ", true},
		{"xᵖ", "2ᵖ", false},
		{"x\xff", "2\ufffd", true},
	} {
		t.Run(c.formula, func(t *testing.T) {
			got, ok := legible.Fill(c.formula, m)
			if got != c.want || ok != c.ok {
				t.Errorf("Fill(%q) = %q, %v, want %q, %v", c.formula, got, ok, c.want, c.ok)
			}
		})
	}
}
