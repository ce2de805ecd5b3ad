package main

import (
	"context"
	"flag"
	"io"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// program returns the program.
func program() *command.Program {
	var n, cameras, points int
	return &command.Program{
		Name: "minimize",
		About: `minimize finds minima with gonum's optimizers and exact derivatives.

  minimize   minimizes Rosenbrock's valley, fits models with certified solutions,
             and finds cameras and points from where the cameras saw the points
`,
		Flags: func(f *flag.FlagSet) {
			f.IntVar(&n, "n", 1000, "the `number` of dimensions of the valley")
			f.IntVar(&cameras, "cameras", 40, "the `number` of cameras of the bundle adjustment")
			f.IntVar(&points, "points", 4000, "the `number` of points of the bundle adjustment")
		},
		Run: func(ctx context.Context, stdout, _ io.Writer) error {
			if n < 2 || n > 1_000_000 {
				return command.Usagef("-n %d: want 2 to 1000000", n)
			}
			if cameras < 3 || cameras > 1000 {
				return command.Usagef("-cameras %d: want 3 to 1000", cameras)
			}
			if points < 100 || points > 200_000 {
				return command.Usagef("-points %d: want 100 to 200000", points)
			}
			out := &command.Output{W: stdout}
			if err := valley(ctx, out, n); err != nil {
				return err
			}
			if err := fits(ctx, out); err != nil {
				return err
			}
			if err := bundle(ctx, out, cameras, points); err != nil {
				return err
			}
			return out.Err
		},
	}
}
