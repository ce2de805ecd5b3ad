package main

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// write lets a model go on with a text, and writes both.
func write(ctx context.Context, w io.Writer, m model, a alphabet, o options) error {
	prompt, err := a.encode(o.prompt)
	if err != nil {
		return err
	}
	out := &wrapper{w: w}
	out.write(o.prompt)
	rng := rand.New(rand.NewPCG(o.seed, 2))
	read := m.reader()
	var z []float64
	for _, character := range prompt {
		z = read(character)
	}
	for range o.length {
		if err := ctx.Err(); err != nil {
			out.end()
			return err
		}
		next := draw(rng, z, o.temperature)
		out.write(string(a[next]))
		if out.err != nil {
			return out.err
		}
		z = read(next)
	}
	out.end()
	return out.err
}

// draw returns a character by softmax(z/temperature): by the model's own probabilities if the temperature is 1, and closer
// to the likeliest one the lower it is.
func draw(rng *rand.Rand, z []float64, temperature float64) int {
	best := 0
	for k := range z {
		if z[k] > z[best] {
			best = k
		}
	}
	if temperature == 0 {
		return best
	}
	weight := func(k int) float64 { return math.Exp((z[k] - z[best]) / temperature) } // at most 1, and 1 for the best
	var sum float64
	for k := range z {
		sum += weight(k)
	}
	u := rng.Float64() * sum
	for k := range z {
		if u -= weight(k); u < 0 {
			return k
		}
	}
	return best // by rounding
}

// A wrapper writes text in lines of 80 columns, a word as soon as it is complete. It remembers the first error.
type wrapper struct {
	w      io.Writer
	column int
	word   strings.Builder // that has not been written yet
	err    error
}

func (o *wrapper) write(text string) {
	for _, c := range text {
		if c != ' ' && c != '\n' {
			o.word.WriteRune(c)
			continue
		}
		o.flush()
		if c == '\n' {
			o.put("\n\n") // a new paragraph
			o.column = 0
		}
	}
}

// flush writes the word, with a space or a line break before it.
func (o *wrapper) flush() {
	word := o.word.String()
	o.word.Reset()
	n := utf8.RuneCountInString(word)
	switch {
	case n == 0:
		return
	case o.column == 0:
	case o.column+1+n > 80:
		o.put("\n")
		o.column = 0
	default:
		o.put(" ")
		o.column++
	}
	o.put(word)
	o.column += n
}

// end writes what is left.
func (o *wrapper) end() {
	o.flush()
	if o.column > 0 {
		o.put("\n")
	}
}

func (o *wrapper) put(text string) {
	if o.err == nil {
		_, o.err = io.WriteString(o.w, text)
	}
}
