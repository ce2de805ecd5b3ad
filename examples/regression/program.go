package main

import (
	"context"
	"flag"
	"io"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// Settings are the flags.
type settings struct {
	seeds   int
	members int
	seed    uint64
}

// program returns the program.
func program() *command.Program {
	var s settings
	return &command.Program{
		Name: "regression",
		About: `regression predicts a number with an error bar, and measures whether that is right.

  regression   compares four ways of doing so by cross-validation, from 5 seeds
`,
		Flags: func(f *flag.FlagSet) {
			f.IntVar(&s.seeds, "seeds", 5, "the `number` of repetitions, each with other folds and other first weights")
			f.IntVar(&s.members, "members", 5, "the `number` of networks in the ensemble")
			f.Uint64Var(&s.seed, "seed", 1, "the first `seed`")
		},
		Run: func(ctx context.Context, stdout, _ io.Writer) error {
			if s.seeds < 1 || s.members < 1 {
				return command.Usagef("-seeds %d -members %d: want 1 or more each", s.seeds, s.members)
			}
			return s.compare(ctx, &command.Output{W: stdout})
		},
	}
}
