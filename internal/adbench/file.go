package adbench

import (
	"fmt"
	"strconv"
	"strings"
)

// Numbers are those of a text file, in their order, with blanks and lines between them. The first error stays.
type Numbers struct {
	Name string // of the file, for messages
	Text string
	Err  error

	at int
}

const blanks = " \t\r\n"

// next returns the next number, 0 after an error.
func (in *Numbers) next() float64 {
	if in.Err != nil {
		return 0
	}
	rest := strings.TrimLeft(in.Text[in.at:], blanks)
	start := len(in.Text) - len(rest)
	word := rest
	if k := strings.IndexAny(rest, blanks); k >= 0 {
		word = rest[:k]
	}
	if word == "" {
		in.Err = fmt.Errorf("%s ends at line %d: want more numbers", in.Name, in.line(start))
		return 0
	}
	v, err := strconv.ParseFloat(word, 64)
	if err != nil || v-v != 0 {
		in.Err = fmt.Errorf("%s:%d: %.20q is no number, or none that is finite", in.Name, in.line(start), word)
		return 0
	}
	in.at = start + len(word)
	return v
}

// mostSize bounds the sizes in a file: products of three of them with the bytes of their numbers are no larger than an
// integer can be, and what they say is held against the file before anything is made.
const mostSize = 1 << 30

// size returns the next number, which says how much there is of something.
func (in *Numbers) size(what string) int {
	v := in.next()
	if in.Err == nil && !(v >= 1 && v <= mostSize && v == float64(int(v))) {
		in.Err = fmt.Errorf("%s: the number of %s is %v: want a whole number from 1 to %d", in.Name, what, v, mostSize)
	}
	if in.Err != nil {
		return 1
	}
	return int(v)
}

// list returns the next n numbers. A file of the right length has two bytes for each.
func (in *Numbers) list(n int) []float64 {
	if uint(n) > uint(len(in.Text)/2+1) && in.Err == nil { // also where a product of sizes has overflowed
		in.Err = fmt.Errorf("%s is too short for its sizes", in.Name)
	}
	if in.Err != nil {
		return nil
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = in.next()
	}
	return out
}

// end notes an error if there is more.
func (in *Numbers) end() {
	if rest := strings.TrimLeft(in.Text[in.at:], blanks); in.Err == nil && rest != "" {
		in.Err = fmt.Errorf("%s:%d: more numbers than its sizes say", in.Name, in.line(len(in.Text)-len(rest)))
	}
}

// line returns the number of the line in which a byte stands.
func (in *Numbers) line(at int) int { return 1 + strings.Count(in.Text[:at], "\n") }
