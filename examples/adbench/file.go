package main

import (
	"fmt"
	"strconv"
	"strings"
)

// numbers are those of a text file, in their order, with blanks and lines between them. The first error stays.
type numbers struct {
	name string
	text string
	at   int
	err  error
}

const blanks = " \t\r\n"

// next returns the next number, 0 after an error.
func (in *numbers) next() float64 {
	if in.err != nil {
		return 0
	}
	rest := strings.TrimLeft(in.text[in.at:], blanks)
	start := len(in.text) - len(rest)
	word := rest
	if k := strings.IndexAny(rest, blanks); k >= 0 {
		word = rest[:k]
	}
	if word == "" {
		in.err = fmt.Errorf("%s ends at line %d: want more numbers", in.name, in.line(start))
		return 0
	}
	v, err := strconv.ParseFloat(word, 64)
	if err != nil {
		in.err = fmt.Errorf("%s:%d: %.20q is no number", in.name, in.line(start), word)
		return 0
	}
	in.at = start + len(word)
	return v
}

// size returns the next number, which says how much there is of something.
func (in *numbers) size(what string) int {
	v := in.next()
	if in.err == nil && !(v >= 1 && v <= mostNumbers && v == float64(int(v))) {
		in.err = fmt.Errorf("%s: the number of %s is %v: want a whole number from 1 to %d", in.name, what, v, mostNumbers)
	}
	if in.err != nil {
		return 1
	}
	return int(v)
}

// list returns the next n numbers. A file of the right length has two bytes for each.
func (in *numbers) list(n int) []float64 {
	if n > len(in.text)/2+1 && in.err == nil {
		in.err = fmt.Errorf("%s is too short for its sizes: want %d more numbers", in.name, n)
	}
	if in.err != nil {
		return nil
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = in.next()
	}
	return out
}

// end notes an error if there is more.
func (in *numbers) end() {
	if rest := strings.TrimLeft(in.text[in.at:], blanks); in.err == nil && rest != "" {
		in.err = fmt.Errorf("%s:%d: more numbers than its sizes say", in.name, in.line(len(in.text)-len(rest)))
	}
}

// line returns the number of the line in which a byte stands.
func (in *numbers) line(at int) int { return 1 + strings.Count(in.text[:at], "\n") }
