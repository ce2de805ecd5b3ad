package main

import (
	"context"
	"flag"
	"io"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// program returns the program.
func program() *command.Program {
	var n int
	return &command.Program{
		Name: "minimize",
		About: `minimize finds minima with gonum's optimizers and exact derivatives.

  minimize   minimizes Rosenbrock's valley and fits models with certified solutions
`,
		Flags: func(f *flag.FlagSet) {
			f.IntVar(&n, "n", 1000, "the `number` of dimensions of the valley")
		},
		Run: func(ctx context.Context, stdout, _ io.Writer) error {
			if n < 2 || n > 1_000_000 {
				return command.Usagef("-n %d: want 2 to 1000000", n)
			}
			out := &command.Output{W: stdout}
			if err := valley(ctx, out, n); err != nil {
				return err
			}
			if err := fits(ctx, out); err != nil {
				return err
			}
			return out.Err
		},
	}
}
