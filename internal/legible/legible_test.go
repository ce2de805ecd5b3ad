package legible_test

import (
	"math"
	"strings"
	"testing"
	"unicode"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

func TestName(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "out_o1", "out_o1"},
		{"mathematics", "∂ŷ", "∂ŷ"},
		{"newline", "a\nb", `a\nb`},
		{"null", "a\x00b", `a\x00b`},
		{"not UTF-8", "a\xff\xfeb", `a\xff\xfeb`},
		{"replacement character", "a\ufffdb", "a\ufffdb"},
		{"right-to-left override", "a\u202eb", `a\u202eb`},
		{"no-break space", "a\u00a0b", `a\u00a0b`},
		{"as long as may be", strings.Repeat("ü", legible.NameLen), strings.Repeat("ü", legible.NameLen)},
		{"too long", strings.Repeat("a", 50) + strings.Repeat("z", 50), strings.Repeat("a", 26) + "…" + strings.Repeat("z", 13)},
		{"too long, not UTF-8", strings.Repeat("\xff", 100), strings.Repeat(`\xff`, 26) + "…" + strings.Repeat(`\xff`, 13)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := legible.Name(c.in); got != c.want {
				t.Errorf("Name(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

// TestNameOfEveryCharacter holds that no character that hides, or changes the direction of what stands around it, stays.
func TestNameOfEveryCharacter(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		for _, c := range legible.Name(string(r)) {
			if !unicode.IsPrint(c) {
				t.Errorf("Name(%q) has the character %U, which does not print", r, c)
			}
		}
	}
}

func TestQuote(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", `""`},
		{"a\n\"b\"\xff", `"a\n\"b\"\xff"`},
		{strings.Repeat("a", 80), `"` + strings.Repeat("a", 80) + `"`},
		{strings.Repeat("a", 81), `"` + strings.Repeat("a", 80) + `"… (81 bytes)`},
		{"a" + strings.Repeat("é", 50), `"a` + strings.Repeat("é", 39) + `"… (101 bytes)`},
		{strings.Repeat("\x80", 100), `"` + strings.Repeat(`\x80`, 76) + `"… (100 bytes)`},
	} {
		if got := legible.Quote(c.in); got != c.want {
			t.Errorf("Quote(%q) = %s, want %s", c.in, got, c.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0"},
		{math.Copysign(0, -1), "0"},
		{1, "1"},
		{-0.4, "-0.4"},
		{0.5932699921071872, "0.593270"},
		{0.08216704056423077, "0.0821670"},
		{0.0004385677344743465, "0.000438568"},
		{0.00001234567, "1.23457e-05"},
		{123456.789, "123457"},
		{1234567.89, "1.23457e+06"},
		{0.1 * 0.2 * (1 + 1e-16), "0.02"},
		{0.30000000000000004, "0.3"},
		{math.MaxFloat64, "1.79769e+308"},
		{math.SmallestNonzeroFloat64, "5e-324"},
		{100000000, "1e+08"},
		{1 / 3.0, "0.333333"},
		{0.9999999, "1.00000"},
		{999999.9, "1.00000e+06"},
		{math.NaN(), "NaN"},
		{math.Inf(-1), "-Inf"},
	} {
		if got := legible.Number(c.v, 6); got != c.want {
			t.Errorf("Number(%g, 6) = %s, want %s", c.v, got, c.want)
		}
	}
	if got, want := legible.Number(0.0375, 1), "0.04"; got != want {
		t.Errorf("Number(0.0375, 1) = %s, want %s", got, want)
	}
	if got, want := legible.Factor(-2, 6), "(-2)"; got != want {
		t.Errorf("Factor(-2, 6) = %s, want %s", got, want)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1234: "1,234", 1234567: "1,234,567", -1234: "-1,234", -123: "-123", math.MaxInt32: "2,147,483,647", math.MinInt32: "-2,147,483,648"} {
		if got := legible.Count(n); got != want {
			t.Errorf("Count(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestTensor(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name string
		t    *tensor.Tensor
		want string
	}{
		{"scalar", tensor.Of([]float64{2}), "2"},
		{"vector", tensor.Of([]float64{1, 1 / 3.0}, 2), "[1 0.3333]"},
		{"matrix", tensor.Of([]float64{1, 2, 3, 4}, 2, 2), "[[1 2] [3 4]]"},
		{"three axes", tensor.Of([]float64{1, 2, 3, 4}, 2, 1, 2), "[[[1 2]] [[3 4]]]"},
		{"single precision", tensor.Of([]float32{0.1, 1 / 3.0}, 2), "[0.1 0.3333]"},
		{"empty", tensor.New(tensor.Float64, 0, 3), "[]"},
		{"large", tensor.Of([]float64{1, 2, 3, 4, 5, 6, 7}, 7), "1 to 7, mean 4"},
		{"large, single precision", tensor.Of([]float32{0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.2}, 7), "0.1 to 0.3, mean 0.2"},
		{"large, constant", tensor.New(tensor.Float32, 9), "all 0"},
		{"large, NaN", tensor.Of([]float64{1, 2, 3, nan, 5, 6, nan}, 7), "1 to 6, mean 3.4, 2 NaN"},
		{"large, all NaN", tensor.Of([]float64{nan, nan, nan, nan, nan, nan, nan}, 7), "all NaN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := legible.Tensor(c.t, 6, 4); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
