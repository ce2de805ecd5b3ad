package main

import (
	"testing"

	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
)

// sameDigits is to how many of the 11 certified digits a fit has to agree.
const sameDigits = 9

// TestCertified holds the fits against what NIST certifies, from both starting points.
func TestCertified(t *testing.T) {
	for i := range references {
		r := &references[i]
		if len(r.x) != len(r.y) || len(r.errors) != len(r.certified) {
			t.Fatalf("%s: %d and %d measurements, %d parameters and %d errors", r.name, len(r.x), len(r.y), len(r.certified), len(r.errors))
		}
		for k, start := range r.starts {
			fit, err := minimize.LeastSquares(r.residuals, start, minimize.LeastSquaresConfig{})
			if err != nil {
				t.Errorf("%s from start %d: %v", r.name, k+1, err)
				continue
			}
			deviations, err := standardErrors(fit)
			if err != nil {
				t.Errorf("%s: %v", r.name, err)
				continue
			}
			for what, d := range map[string]float64{
				"parameters": digits(fit.X, r.certified), "standard errors": digits(deviations, r.errors), "sum": digits([]float64{fit.Sum}, []float64{r.sum}),
			} {
				if d < sameDigits {
					t.Errorf("%s from start %d, %s: %.1f digits, want %d", r.name, k+1, what, d, sameDigits)
				}
			}
		}
		if _, x, err := r.byNewton(r.starts[1]); err != nil || digits(x, r.certified) < sameDigits {
			t.Errorf("%s by Newton's method: got %v and %v, want %v", r.name, x, err, r.certified)
		}
	}
}

func TestProgram(t *testing.T) {
	out := commandtest.Output(t, program, "-n", "20")
	commandtest.Contains(t, out, "valley in 20 dimensions", "conjugate gradients", "limited-memory BFGS", "38 residuals has 57 entries", "Thurber", "certified   1.2881396800e+03")
}

func TestUsage(t *testing.T) {
	commandtest.Check(t, program, []commandtest.Run{
		{Args: []string{"-n", "1"}, Status: command.Usage, Stderr: "want 2 to 1000000"},
		{Args: []string{"-n", "many"}, Status: command.Usage, Stderr: "many"},
		{Args: []string{"5"}, Status: command.Usage, Stderr: "takes flags only"},
		{Args: []string{"-h"}, Status: command.OK, Stderr: "dimensions"},
	})
	commandtest.Interrupted(t, program, "context canceled", "-n", "20")
	commandtest.Full(t, program, "-n", "20")
}
