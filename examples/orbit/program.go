package main

import (
	"context"
	"flag"
	"io"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// mostSteps bounds the steps, so that a run ends within minutes.
const mostSteps = 10_000_000

// program returns the program.
func program() *command.Program {
	o := orbit{}
	return &command.Program{
		Name: "orbit",
		About: `orbit differentiates a long integration, a comet on its ellipse.

  orbit   the derivative of where it is by how it started, with all steps recorded and with few states kept
`,
		Flags: func(f *flag.FlagSet) {
			f.IntVar(&o.steps, "steps", 100_000, "the `number` of steps")
			f.IntVar(&o.revolutions, "revolutions", 10, "the `number` of revolutions")
			f.Float64Var(&o.eccentricity, "eccentricity", 0.6, "the `eccentricity` of the ellipse")
		},
		Run: func(ctx context.Context, stdout, _ io.Writer) error {
			switch {
			case o.steps < 1 || o.steps > mostSteps:
				return command.Usagef("-steps %d: want 1 to %d", o.steps, mostSteps)
			case o.revolutions < 1 || o.revolutions > o.steps:
				return command.Usagef("-revolutions %d: want 1 to the number of steps, %d", o.revolutions, o.steps)
			case !(o.eccentricity >= 0 && o.eccentricity <= 0.99):
				return command.Usagef("-eccentricity %v: want 0 to 0.99", o.eccentricity)
			}
			out := &command.Output{W: stdout}
			if err := compare(ctx, out, o); err != nil {
				return err
			}
			return out.Err
		},
	}
}
