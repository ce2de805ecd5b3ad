package main

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// write lets a model go on with a text, and writes both.
func (s *settings) write(ctx context.Context, w io.Writer, m model, a alphabet) error {
	prompt, err := a.encode(s.prompt)
	if err != nil {
		return err
	}
	out := &wrapper{out: &command.Output{W: w}}
	out.write(s.prompt)
	rng := rand.New(rand.NewPCG(s.seed, 2))
	read := m.reader()
	var z []float64
	for _, character := range prompt {
		z = read(character)
	}
	for range s.length {
		if err := ctx.Err(); err != nil {
			out.end()
			return err
		}
		next := draw(rng, z, s.temperature)
		out.write(string(a[next]))
		if out.out.Err != nil {
			return out.out.Err
		}
		z = read(next)
	}
	out.end()
	return out.out.Err
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

// A wrapper writes text in lines of 80 columns, a word as soon as it is complete.
type wrapper struct {
	out    *command.Output
	column int
	word   strings.Builder // that has not been written yet
}

func (o *wrapper) write(text string) {
	for _, c := range text {
		if c != ' ' && c != '\n' {
			o.word.WriteRune(c)
			continue
		}
		o.flush()
		if c == '\n' {
			o.out.Printf("\n\n") // a new paragraph
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
		o.out.Printf("\n")
		o.column = 0
	default:
		o.out.Printf(" ")
		o.column++
	}
	o.out.Printf("%s", word)
	o.column += n
}

// end writes what is left.
func (o *wrapper) end() {
	o.flush()
	if o.column > 0 {
		o.out.Printf("\n")
	}
}
