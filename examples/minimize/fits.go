package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"gonum.org/v1/gonum/optimize"
)

// fits fits the models of NIST's reference problems and prints how many digits are as certified.
func fits(ctx context.Context, out *command.Output) error {
	out.Printf("\nReference problems of NIST: digits that agree with the 11 certified, of the worst\n")
	for i := range references {
		r := &references[i]
		out.Printf("\n%s: %s\n", r.name, r.about)
		var fit minimize.Fit
		for k, start := range r.starts {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			if fit, err = minimize.LeastSquares(r.residuals, start, minimize.LeastSquaresConfig{}); err != nil {
				return fmt.Errorf("%s from start %d: %w", r.name, k+1, err)
			}
			deviations, err := standardErrors(fit)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			out.Printf("  least squares from start %d, %3d steps:  %4.1f parameter  %4.1f standard error  %4.1f sum of squares\n", k+1, fit.Steps,
				digits(fit.X, r.certified), digits(deviations, r.errors), digits([]float64{fit.Sum}, []float64{r.sum}))
			if k == 1 {
				printParameters(out, fit.X, deviations, r.certified)
			}
		}
		steps, x, err := r.byNewton(r.starts[1])
		if err != nil {
			return fmt.Errorf("%s by Newton's method: %w", r.name, err)
		}
		out.Printf("  Newton's method from start 2, %3d steps: %4.1f parameter\n", steps, digits(x, r.certified))
	}
	return nil
}

// byNewton minimizes the sum of squares by gonum's Newton method, whose steps are damped alike in all directions: so the
// unknowns are multiples of those at the start.
func (r *reference) byNewton(start []float64) (steps int, x []float64, err error) {
	unit := tensor.Of(start, len(start))
	p := minimize.Problem(func(c graph.Value) graph.Value {
		return sumSquares(r.residuals(ops.Unstack(ops.Mul(c, c.Graph().ConstTensor(unit)), 0)))
	})
	ones := make([]float64, len(start))
	for i := range ones {
		ones[i] = 1
	}
	result, err := optimize.Minimize(p, ones, &optimize.Settings{Converger: optimize.NeverTerminate{}, MajorIterations: 1000}, &optimize.Newton{})
	if result == nil {
		return 0, nil, err
	}
	// At the minimum the line search says that it cannot go on: that is the end, not a failure.
	if errors.Is(err, optimize.ErrLinesearcherFailure) || errors.Is(err, optimize.ErrNoProgress) {
		err = nil
	}
	for i, c := range result.X {
		x = append(x, c*start[i])
	}
	return result.MajorIterations, x, err
}

func printParameters(out *command.Output, x, deviations, certified []float64) {
	for i, v := range x {
		out.Printf("    b%d  %18.10e ± %.1e   certified %18.10e\n", i+1, v, deviations[i], certified[i])
	}
}

// standardErrors returns those of the parameters of a fit.
func standardErrors(fit minimize.Fit) ([]float64, error) {
	c, err := fit.Covariance()
	if err != nil {
		return nil, err
	}
	list := make([]float64, len(fit.X))
	for i := range list {
		list[i] = math.Sqrt(c.At(i, i))
	}
	return list, nil
}

func sumSquares(list []graph.Value) graph.Value {
	sum := list[0].Graph().Const(0)
	for _, r := range list {
		sum = ops.Add(sum, ops.Square(r))
	}
	return sum
}

// digits returns to how many digits the worst of some numbers is as certified, 11 at most.
func digits(got, certified []float64) float64 {
	worst := 11.0
	for i, c := range certified {
		worst = min(worst, max(0, -math.Log10(math.Abs(got[i]-c)/math.Abs(c))))
	}
	return worst
}
