package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/seed366ff29f/chainrule/nn"
)

// The exit statuses.
const (
	statusOK          = 0
	statusFailed      = 1
	statusUsage       = 2
	statusInterrupted = 130 // 128 + SIGINT, as shells have it
)

// run is the program: its arguments without the name, its two outputs, its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, status := readOptions(args, stderr)
	if status >= 0 {
		return status
	}
	err := do(ctx, o, stdout, stderr)
	switch {
	case err == nil:
		return statusOK
	case ctx.Err() == nil:
	case o.checkpoint != "":
		fmt.Fprintln(stderr, "language: interrupted; the same command goes on from here")
		return statusInterrupted
	case o.generate != "":
		fmt.Fprintln(stderr, "language: interrupted")
		return statusInterrupted
	default:
		fmt.Fprintln(stderr, "language: interrupted; with -checkpoint DIR the same command goes on where it was")
		return statusInterrupted
	}
	fmt.Fprintln(stderr, "language:", err)
	return statusFailed
}

// do reads the text, and trains models on it or lets one write.
func do(ctx context.Context, o options, stdout, stderr io.Writer) error {
	c, err := read(o.text)
	if err != nil {
		return err
	}
	if o.prompt == "" {
		o.prompt = c.prompt
	}
	if _, err := c.encode(o.prompt); err != nil { // better now than after the training
		return fmt.Errorf("-prompt %q: %w", o.prompt, err)
	}
	if o.generate == "" {
		return compare(ctx, c, o, stdout, stderr)
	}
	m, err := load(o.generate, len(c.alphabet))
	if err != nil {
		return err
	}
	return write(ctx, stdout, m, c.alphabet, o)
}

// An output is where the text goes. It remembers the first error of its writer, and writes no more after it.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	var n int
	n, o.err = o.w.Write(b)
	return n, o.err
}

func (o *output) printf(format string, args ...any) { fmt.Fprintf(o, format, args...) }

// order is the length of the contexts that are counted. It is the one that is best on the validation part.
const order = 4

// compare trains the models, prints how many bits they need, lets them write, and saves the best.
func compare(ctx context.Context, c *corpus, o options, stdout, stderr io.Writer) error {
	if o.save != "" {
		if _, err := os.Stat(filepath.Dir(o.save)); err != nil { // as well
			return fmt.Errorf("-save %s: %w", o.save, err)
		}
	}
	out := &output{w: stdout}
	out.printf("%d characters to learn, %d different ones, %d to choose by, %d to test\n\n", len(c.train), len(c.alphabet), len(c.valid), len(c.test))
	out.printf("                               bits per character  perplexity  seconds\n")
	line := func(name, bits, perplexity, seconds string) {
		out.printf("%-30s %18s  %10s  %7s\n", name, bits, perplexity, seconds)
	}
	for k := 0; k <= order; k += order {
		b := count(c.train, k, len(c.alphabet)).bits(c.test)
		line(fmt.Sprintf("counts after %d characters", k), fmt.Sprintf("%.3f", b), fmt.Sprintf("%.2f", perplexity(b)), "")
	}
	var best []trained // of each kind
	for _, k := range o.kinds {
		var runs []trained
		for i := range o.seeds {
			if out.err != nil {
				return out.err
			}
			t, err := k.train(ctx, c, o, o.seed+uint64(i), stderr)
			if err != nil {
				return err
			}
			runs = append(runs, t)
			line(fmt.Sprintf("%s, seed %d", k.name, t.seed), fmt.Sprintf("%.3f", t.test), fmt.Sprintf("%.2f", perplexity(t.test)), fmt.Sprintf("%.1f", t.took.Seconds()))
		}
		if o.seeds > 1 {
			m, deviation := spread(runs)
			line(k.name+", mean ± deviation", fmt.Sprintf("%.3f ± %.3f", m, deviation), fmt.Sprintf("%.2f", perplexity(m)), "")
		}
		best = append(best, chosen(runs))
	}
	for i, t := range best {
		out.printf("\nThe %s, with %d parameters, writes:\n\n", o.kinds[i].name, size(t))
		if err := write(ctx, out, t, c.alphabet, o); err != nil {
			return err
		}
	}
	if o.save != "" && out.err == nil {
		t := chosen(best)
		if err := nn.SaveFile(o.save, t); err != nil {
			return err
		}
		out.printf("\nThe best one is in %s, and goes on writing by\n\n  go run ./examples/language -generate %[1]s -temperature 0.5\n", o.save)
	}
	return out.err
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

// spread returns the mean of the bits on the test part, and the standard deviation, which divides by the number of runs
// less 1.
func spread(runs []trained) (mean, deviation float64) {
	n := float64(len(runs))
	for _, t := range runs {
		mean += t.test / n
	}
	for _, t := range runs {
		deviation += (t.test - mean) * (t.test - mean) / (n - 1)
	}
	return mean, math.Sqrt(deviation)
}
