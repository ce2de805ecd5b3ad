package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// Settings are the flags.
type settings struct {
	model  string
	widths string
	batch  int
	steps  int
	seed   uint64
	opt    string
	lr     float64
	keep   float64
	l2     float64
	clip   float64
	typ    string
	out    string

	// What check makes of them.
	kind  *kind
	sizes []int
	dtype tensor.DType
}

func exporter() *command.Program {
	var s settings
	return &command.Program{
		Name: "export",
		About: `export writes one step of training as StableHLO, with what it takes to train elsewhere.

  export -out DIR             a small network that reads digits
  export -model cnn -out DIR  a convolutional one
`,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&s.model, "model", "mlp", "the `name` of the model: mlp, cnn or gru")
			f.StringVar(&s.widths, "widths", "", "the `sizes` of the model, such as 20-32-4: of an example, hidden ones, classes; those of digits unless given")
			f.IntVar(&s.batch, "batch", 64, "the `number` of examples in a mini-batch")
			f.IntVar(&s.steps, "steps", 20, "the `number` of steps to train in Go")
			f.Uint64Var(&s.seed, "seed", 1, "the `seed` of parameters, batches and dropout")
			f.StringVar(&s.opt, "opt", "adam", "the `name` of the optimizer: sgd or adam")
			f.Float64Var(&s.lr, "lr", 0, "the learning `rate`; 0 for one that suits model and optimizer")
			f.Float64Var(&s.keep, "keep", 0.9, "the `probability` with which dropout keeps a neuron; 1 for no dropout")
			f.Float64Var(&s.l2, "l2", 1e-4, "the `factor` of the penalty λ·Σw²")
			f.Float64Var(&s.clip, "clip", 0, "the largest `norm` of the gradient; 0 for any")
			f.StringVar(&s.typ, "type", "float32", "the `name` of the precision: float32 or float64")
			f.StringVar(&s.out, "out", "", "the `directory` for the files")
		},
		Run: func(ctx context.Context, stdout, _ io.Writer) error {
			if err := s.check(); err != nil {
				return err
			}
			return s.run(ctx, stdout)
		},
	}
}

// The most that flags may ask for: more is a slip of the finger, and would end in a machine without memory.
const (
	mostWeights = 50e6
	mostNumbers = 200e6                 // of all batches
	mostBytes   = min(4e9, math.MaxInt) // of the tensors of the recorded step
	mostSeed    = 1 << 24
)

// check returns an error that names the first flag that is wrong, and what to give.
func (s *settings) check() error {
	if s.kind = kinds[s.model]; s.kind == nil {
		return command.Usagef("-model %q: there is no such model\nuse mlp, cnn or gru", s.model)
	}
	if err := s.checkWidths(); err != nil {
		return err
	}
	switch {
	case s.batch < 1:
		return command.Usagef("-batch %d: want 1 or more", s.batch)
	case s.batch == 1 && s.model == "cnn":
		return command.Usagef("-batch 1: a cnn normalizes by the mean of a batch\nwant 2 or more")
	case s.steps < 1:
		return command.Usagef("-steps %d: want 1 or more", s.steps)
	case s.seed > mostSeed:
		return command.Usagef("-seed %d: want a number up to %d, which both precisions hold", s.seed, mostSeed)
	case s.keep <= 0 || !(s.keep <= 1):
		return command.Usagef("-keep %g: want a probability above 0, up to 1 for no dropout", s.keep)
	}
	for _, f := range []struct {
		flag  string
		value float64
	}{{"-lr", s.lr}, {"-l2", s.l2}, {"-clip", s.clip}} {
		if !(f.value >= 0) || math.IsInf(f.value, 0) {
			return command.Usagef("%s %g: want a finite number, 0 or more", f.flag, f.value)
		}
	}
	switch s.opt {
	case "sgd", "adam":
	default:
		return command.Usagef("-opt %q: there is no such optimizer\nuse sgd or adam", s.opt)
	}
	switch s.typ {
	case "float32":
		s.dtype = tensor.Float32
	case "float64":
		s.dtype = tensor.Float64
	default:
		return command.Usagef("-type %q: there is no such precision\nuse float32 or float64", s.typ)
	}
	example := 1
	for _, n := range s.kind.example(s.sizes[0]) {
		example *= n
	}
	if numbers := float64(s.batch) * float64(s.steps) * float64(example); numbers > mostNumbers {
		return command.Usagef("-batch %d and -steps %d: %.3g numbers in all batches, want %g at most\ngive fewer; whoever trains on takes the batches in turn", s.batch, s.steps, numbers, float64(mostNumbers))
	}
	return s.checkOut()
}

// checkWidths reads the sizes of the model.
func (s *settings) checkWidths() error {
	if s.widths == "" {
		s.widths = s.kind.widths
	}
	s.sizes = nil
	for _, part := range strings.Split(s.widths, "-") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return command.Usagef("-widths %q: %q is no size\nwant whole numbers from 1 on with a - between, such as %s", s.widths, part, s.kind.widths)
		}
		s.sizes = append(s.sizes, n)
	}
	if len(s.sizes) < s.kind.least {
		return command.Usagef("-widths %q: %d sizes, and a %s has %d or more\nwant %s, such as %s", s.widths, len(s.sizes), s.model, s.kind.least, s.kind.about, s.kind.widths)
	}
	if classes := s.sizes[len(s.sizes)-1]; classes < 2 {
		return command.Usagef("-widths %q: 1 class, which is always right\nwant 2 or more at the end", s.widths)
	}
	if len(s.sizes) > s.kind.most {
		return command.Usagef("-widths %q: %d sizes\nwant %d at most", s.widths, len(s.sizes), s.kind.most)
	}
	if n := s.kind.weights(s.sizes); n > mostWeights {
		return command.Usagef("-widths %q: %.3g weights\nwant %g at most", s.widths, n, float64(mostWeights))
	}
	return nil
}

// checkOut returns an error unless the directory can be written to or made: not after minutes of training.
func (s *settings) checkOut() error {
	if s.out == "" {
		return command.Usagef("-out is missing: name a directory for the files\nsuch as -out exported")
	}
	switch info, err := os.Stat(s.out); {
	case err == nil && !info.IsDir():
		return fmt.Errorf("-out %s: it is a file\nname a directory, which is made if it is not there", s.out)
	case err == nil || os.IsNotExist(err):
		return nil
	default:
		return fmt.Errorf("-out: %w", err)
	}
}
