// Package legible writes names and numbers the way pictures, explanations and messages show them to people: on one
// line, short, and without a character that could hide another.
package legible

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// NameLen is the number of characters after which [Name] shortens.
const NameLen = 40

// Name returns s on one line. A character that does not print is written as its Go escape, a byte that is not UTF-8 as
// \x and two hexadecimal digits, and of a name with more than [NameLen] characters the middle is left out.
func Name(s string) string { return Line(s, NameLen) }

// Line is [Name] for text of up to limit characters, such as a title.
func Line(s string, limit int) string {
	if utf8.RuneCountInString(s) > limit {
		tail := limit / 3
		s = s[:prefix(s, limit-1-tail)] + "…" + s[suffix(s, tail):]
	}
	plain := true
	for _, r := range s {
		plain = plain && r != utf8.RuneError && strconv.IsPrint(r)
	}
	if plain {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			const hex = "0123456789abcdef"
			b.WriteString(`\x`)
			b.WriteByte(hex[s[0]>>4])
			b.WriteByte(hex[s[0]&15])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
		s = s[n:]
	}
	return b.String()
}

// quoteLen is the number of bytes after which [Quote] cuts.
const quoteLen = 80

// Quote returns a text from a file as it stands in messages: as a Go string, and cut short if it is long, with its
// length.
func Quote(s string) string {
	if len(s) <= quoteLen {
		return strconv.Quote(s)
	}
	n := quoteLen
	for n > quoteLen-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return fmt.Sprintf("%s… (%d bytes)", strconv.Quote(s[:n]), len(s))
}

// prefix returns the number of bytes in the first n characters of s.
func prefix(s string, n int) int {
	i := 0
	for range n {
		_, k := utf8.DecodeRuneInString(s[i:])
		i += k
	}
	return i
}

// suffix returns where the last n characters of s begin.
func suffix(s string, n int) int {
	i := len(s)
	for range n {
		_, k := utf8.DecodeLastRuneInString(s[:i])
		i -= k
	}
	return i
}

// exactDigits is the number of significant digits after which [Number] takes a number for exact: 0.2·0.1 in binary
// differs from 0.02 in the seventeenth.
const exactDigits = 12

// Number returns v in as few digits as it needs, and with exactly the given number of significant digits if it needs
// more: 0.4 and 0.593270 for six. So a reader sees which numbers are rounded. Zero has no sign.
func Number(v float64, digits int) string {
	if v == 0 {
		return "0"
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	exact := v
	if digits < exactDigits {
		exact, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', exactDigits-1, 64), 64)
	}
	if short := strconv.FormatFloat(exact, 'g', -1, 64); significant(short) <= digits {
		return short
	}
	s := strconv.FormatFloat(v, 'e', digits-1, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	e, _ := strconv.Atoi(exp)
	if e < -4 || e >= max(digits, 6) {
		return mantissa + "e" + exp
	}
	return strconv.FormatFloat(v, 'f', max(digits-1-e, 0), 64)
}

// significant counts the digits of a decimal number without the zeros that stand before and behind them.
func significant(s string) int {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "-"), "e")
	whole, fraction, _ := strings.Cut(s, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if fraction == "" {
		digits = strings.TrimRight(digits, "0")
	}
	return len(digits)
}

// Factor returns v as [Number] does, in parentheses if it is negative: it can follow an operator.
func Factor(v float64, digits int) string {
	s := Number(v, digits)
	if s[0] == '-' {
		return "(" + s + ")"
	}
	return s
}

// Count returns n with commas between groups of three digits.
func Count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Tensor returns the elements of t in nested brackets if there are at most limit, and else their range and mean.
func Tensor(t *tensor.Tensor, limit, digits int) string {
	if t.Len() > limit {
		return spread(t, digits)
	}
	var b strings.Builder
	dims := t.Dims()
	for i := range t.Len() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strings.Repeat("[", edges(dims, i)))
		b.WriteString(Number(decimal(t.AtFlat(i), t.DType()), digits))
		b.WriteString(strings.Repeat("]", edges(dims, i+1)))
	}
	if t.Len() == 0 {
		b.WriteString("[]")
	}
	return b.String()
}

// decimal returns v, of single precision as the decimal number that it stands for: 0.1, not 0.10000000149.
func decimal(v float64, dtype tensor.DType) float64 {
	if dtype == tensor.Float32 {
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64)
	}
	return v
}

// edges counts the axes of which element i begins a block.
func edges(dims []int, i int) int {
	n, size := 0, 1
	for k := len(dims) - 1; k >= 0; k-- {
		if size *= dims[k]; i%size != 0 {
			break
		}
		n++
	}
	return n
}

// spread describes the elements of a large tensor.
func spread(t *tensor.Tensor, digits int) string {
	lo, hi, sum, nans := math.Inf(1), math.Inf(-1), 0.0, 0
	for i := range t.Len() {
		v := t.AtFlat(i)
		if v != v {
			nans++
			continue
		}
		lo, hi, sum = min(lo, v), max(hi, v), sum+v
	}
	n := t.Len() - nans
	number := func(v float64) string { return Number(decimal(v, t.DType()), digits) }
	var s string
	switch {
	case n == 0:
		return "all NaN"
	case lo == hi:
		s = "all " + number(lo)
	default:
		s = number(lo) + " to " + number(hi) + ", mean " + number(sum/float64(n))
	}
	if nans > 0 {
		s += ", " + Count(nans) + " NaN"
	}
	return s
}
