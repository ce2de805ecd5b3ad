package primitive_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/primitive"
)

// show writes a term with its parts in parentheses.
func show(t *primitive.Term) string {
	return primitive.Fold(t, func(t *primitive.Term) string {
		if t.Param != "" {
			return t.Param
		}
		return fmt.Sprint(t.Value)
	}, func(op string, args []string) string { return op + "(" + strings.Join(args, " ") + ")" })
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, params, want string }{
		{"x", "x", "x"},
		{"2", "", "2"},
		{"-(-x)", "x", "neg(neg(x))"},
		{"+x - -y", "x y", "sub(x neg(y))"},
		{"x - (y - 1) - 2", "x y", "sub(sub(x sub(y 1)) 2)"},
		{"x/y*2/(x)", "x y", "div(mul(div(x y) 2) x)"},
		{"x + y*x - 1", "x y", "sub(add(x mul(y x)) 1)"},
		{"0x10 + 0b11 + 1_000 + 0x1p-1", "", "add(add(add(16 3) 1000) 0.5)"},
		{"1e999 - 1e-999", "", "sub(+Inf 0)"},
		{"where(gt(x, 0), 1, polygamma(n+1, x))", "x n", "where(gt(x 0) 1 polygamma(add(n 1) x))"},
		{"θ*in", "θ in", "mul(θ in)"},
		{"exp(x)\n", "x", "exp(x)"},
	} {
		got, err := primitive.Parse(c.text, strings.Fields(c.params)...)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if s := show(got); s != c.want {
			t.Errorf("%s: got %s, want %s", c.text, s, c.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "the end where a number"},
		{"x +", "the end where a number"},
		{"z", "z is no parameter"},
		{"2*x % 2", "% cannot stand behind 2*x"},
		{"x.y", ". cannot stand behind x"},
		{"x; x", "; cannot stand behind x"},
		{"x\nx", "x cannot stand behind x"},
		{`"a"`, "where a number"},
		{"2i", "where a number"},
		{"f(x)", "f is no primitive"},
		{"add(x, x)", "add is no primitive"},
		{"sin()", "sin has 1 arguments, not 0"},
		{"where(x, x)", "where has 3 arguments, not 2"},
		{"sin(x", "the end where ) is wanted"},
		{"sin(x...)", "... where ) is wanted"},
		{"0x", "hexadecimal literal has no digits"},
		{"x\x00", "illegal character"},
		{strings.Repeat("(", 2_000), "nested deeper than 1000 levels"},
		{strings.Repeat("sin(", 2_000), "nested deeper than 1000 levels"},
		{strings.Repeat("- ", 2_000) + "1", "nested deeper than 1000 levels"},
		{strings.Repeat("x+", 200_000) + "x", "400001 bytes are too many"},
	} {
		_, err := primitive.Parse(c.text, "x")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40s: got error %.200v, want %s", c.text, err, c.want)
		}
	}
}

func TestArity(t *testing.T) {
	for _, name := range primitive.Names() {
		n, ok := primitive.Arity(name)
		if !ok || n < 1 || n > 3 {
			t.Errorf("%s has %d operands, %v", name, n, ok)
		}
		if primitive.IsCondition(name) && n == 3 {
			t.Errorf("%s is a condition of 3 operands", name)
		}
	}
	if _, ok := primitive.Arity("sigmoid"); ok {
		t.Error("sigmoid is a primitive")
	}
}

func TestMentions(t *testing.T) {
	e, err := primitive.Parse("where(gt(x, 0), y, 1)", "x", "y", "z")
	if err != nil {
		t.Fatal(err)
	}
	if !e.Mentions("x") || !e.Mentions("y") || e.Mentions("z") {
		t.Errorf("%s mentions x %v, y %v, z %v", show(e), e.Mentions("x"), e.Mentions("y"), e.Mentions("z"))
	}
}
