package main

import (
	"context"
	"flag"
	"io"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// Settings are the flags.
type settings struct {
	seeds int
	steps int
	seed  uint64
}

// program returns the program.
func program() *command.Program {
	var s settings
	return &command.Program{
		Name: "pinn",
		About: `pinn solves differential equations with networks, and measures how exact they are.

  pinn   solves a damped oscillator and the flow of heat in a rod, from 5 seeds
`,
		Flags: func(f *flag.FlagSet) {
			f.IntVar(&s.seeds, "seeds", 5, "the `number` of trainings of each kind, with other first weights and points")
			f.IntVar(&s.steps, "steps", 3000, "the `number` of updates in each training")
			f.Uint64Var(&s.seed, "seed", 1, "the first `seed`")
		},
		Run: func(ctx context.Context, stdout, stderr io.Writer) error {
			const most = 1_000_000
			if s.seeds < 1 || s.steps < 1 || s.steps > most || s.seeds > most/s.steps {
				return command.Usagef("-seeds %d -steps %d: want 1 or more each, and %d together at most", s.seeds, s.steps, most)
			}
			out := &command.Output{W: stdout}
			for _, e := range []equation{oscillator(), heat()} {
				if err := s.solve(ctx, e, out, stderr); err != nil {
					return err
				}
				out.Printf("\n")
			}
			out.Printf("%s", `Where the points stay the same, the residual is small at them and not elsewhere.
What it is on other points tells how far to trust a solution that nobody knows.
L-BFGS needs points that stay, and many of them; then it goes further down.
`)
			return out.Err
		},
	}
}
