package main

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/nn"
)

// order is the length of the contexts that are counted. It is the one that is best on the validation part.
const order = 4

// compare trains the models, prints how many bits they need, keeps the best, and lets them write.
func (s *settings) compare(ctx context.Context, c *corpus, kinds []kind, stdout, stderr io.Writer) error {
	out := &command.Output{W: stdout}
	out.Printf("%d characters to learn, %d different ones, %d to choose by, %d to test\n\n", len(c.train), len(c.alphabet), len(c.valid), len(c.test))
	out.Printf("                               bits per character  perplexity  seconds\n")
	for k := 0; k <= order; k += order {
		bits := count(c.train, k, len(c.alphabet)).bits(c.test)
		out.Printf("%-30s %18.3f  %10.2f\n", fmt.Sprintf("counts after %d characters", k), bits, perplexity(bits))
	}
	var best []trained // of each kind
	for _, k := range kinds {
		runs, err := s.trainAll(ctx, k, c, out, stderr)
		if err != nil {
			return err
		}
		best = append(best, chosen(runs))
	}
	if err := nn.SaveFile(s.file, chosen(best)); err != nil {
		return err
	}
	if err := s.removeCheckpoints(kinds); err != nil {
		return err
	}
	for i, t := range best {
		out.Printf("\nThe %s, with %d parameters, writes:\n\n", kinds[i].name, size(t))
		if err := s.write(ctx, out, t, c.alphabet); err != nil {
			return err
		}
	}
	out.Printf("\nThe best one is in %s: go run ./examples/language -generate FILE lets it write.\n", s.file)
	return out.Err
}

// trainAll trains a model of a kind for each seed, and prints what it achieves.
func (s *settings) trainAll(ctx context.Context, k kind, c *corpus, out *command.Output, stderr io.Writer) ([]trained, error) {
	var runs []trained
	var bits command.Spread
	for i := range s.seeds {
		if out.Err != nil {
			return nil, out.Err
		}
		t, err := s.train(ctx, k, c, s.seed+uint64(i), stderr)
		if err != nil {
			return nil, err
		}
		runs, bits = append(runs, t), append(bits, t.test)
		out.Printf("%-30s %18.3f  %10.2f  %7.1f\n", fmt.Sprintf("%s, seed %d", k.name, t.seed), t.test, perplexity(t.test), t.took.Seconds())
	}
	if len(bits) > 1 {
		out.Printf("%-30s %18s  %10.2f\n", k.name+", mean ± deviation", bits.PlusMinus("%.3f"), perplexity(bits.Mean()))
	}
	return runs, nil
}

// perplexity returns among how many characters a model that needs so many bits might as well guess.
func perplexity(bits float64) float64 { return nn.Perplexity(bits * math.Ln2) }

// chosen returns the model that is best on the validation part. The test part must not choose.
func chosen(runs []trained) trained {
	best := runs[0]
	for _, t := range runs[1:] {
		if t.valid < best.valid {
			best = t
		}
	}
	return best
}
