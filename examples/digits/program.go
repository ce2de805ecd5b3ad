package main

import (
	"context"
	"flag"
	"io"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// Settings are the flags.
type settings struct {
	model      string
	seeds      int
	seed       uint64
	epochs     int
	file       string
	checkpoint string
	curves     string
	classify   string
	row        int
}

const noRow = -1

// program returns the program.
func program() *command.Program {
	var s settings
	return &command.Program{
		Name: "digits",
		About: `digits trains a network to read handwritten digits, and reads digits with it.

  digits                  trains convolutional networks from 5 seeds, and keeps the best in digits.safetensors
  digits -classify FILE   says which digit is in a PNG, JPEG, GIF, PGM or text file
  digits -row N           says which digit is in row N of the data
`,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&s.model, "model", "conv", "the `name` of the network: conv or dense")
			f.IntVar(&s.seeds, "seeds", 5, "the `number` of networks to train")
			f.Uint64Var(&s.seed, "seed", 1, "the first `seed`")
			f.IntVar(&s.epochs, "epochs", 0, "the `number` of epochs; 0 for as many as are usual for the network")
			f.StringVar(&s.file, "file", "digits.safetensors", "the `file` of the best network")
			f.StringVar(&s.checkpoint, "checkpoint", "digits.ckpt", "what the `name`s of checkpoints begin with; empty for none")
			f.StringVar(&s.curves, "curves", "", "the `file`, .svg or .png, for the learning curves of the best network")
			f.StringVar(&s.classify, "classify", "", "the `file` with an image to classify, in place of training")
			f.IntVar(&s.row, "row", noRow, "the `row` of the data to classify, in place of training")
		},
		Run: func(ctx context.Context, stdout, stderr io.Writer) error {
			if s.classify != "" || s.row != noRow {
				return s.use(stdout)
			}
			return s.train(ctx, stdout, stderr)
		},
	}
}
