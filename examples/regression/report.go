package main

import (
	"context"
	"math"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// A result is what a method achieves.
type result struct {
	method
	runs []score    // one for each seed
	last []forecast // of the last seed
}

// compare tries the methods and prints what they achieve.
func (s *settings) compare(ctx context.Context, out *command.Output) error {
	patients, err := diabetes()
	if err != nil {
		return err
	}
	out.Printf("%d patients, %d measurements each: how far will the disease progress in a\n", patients.Len(), patients.X.Dims()[1])
	out.Printf("year? Each is predicted by models that have not seen them, by 5 folds.\n")
	if s.seeds > 1 {
		out.Printf("Figures are means ± standard deviations over %d seeds.\n", s.seeds)
	}
	results, err := s.try(ctx, patients, out)
	if err != nil {
		return err
	}
	printCoverage(out, results, patients.Len())
	best := results[len(results)-1]
	printReliability(out, best)
	printExamples(out, best.last)
	return out.Err
}

// try tries the methods, and prints a line for each.
func (s *settings) try(ctx context.Context, patients *data.Set, out *command.Output) ([]result, error) {
	out.Printf("\n                                                    -ln density  width of\n")
	out.Printf("                              error (RMSE)      R²  of the truth      90 %%\n")
	var results []result
	for _, m := range methods(s.members) {
		r := result{method: m}
		for i := range s.seeds {
			forecasts, err := m.crossValidate(ctx, patients, s.seed+uint64(i))
			if err != nil {
				return nil, err
			}
			if out.Err != nil {
				return nil, out.Err
			}
			r.runs, r.last = append(r.runs, judge(forecasts)), forecasts
		}
		results = append(results, r)
		out.Printf("%-28s  %12s  %6.3f  %12s  %8.0f\n", m.name,
			r.figures(func(s score) float64 { return s.rmse }).PlusMinus("%.1f"),
			r.figures(func(s score) float64 { return s.r2 }).Mean(),
			r.figures(func(s score) float64 { return s.logScore }).PlusMinus("%.2f"),
			r.figures(func(s score) float64 { return s.width }).Mean())
	}
	return results, nil
}

// quarters are the groups of a [score].
var quarters = [groups]string{"lowest", "second", "third", "highest"}

// printCoverage prints how many intervals contain the truth.
func printCoverage(out *command.Output, results []result, patients int) {
	luck := math.Sqrt(nominal * (1 - nominal) / float64(patients)) // deviation of the share among so many
	out.Printf("\n90 %% intervals: how many in 100 contain the truth, of all patients and of each\n")
	out.Printf("quarter of them, by what is predicted? ±%.1f would be luck.\n", 100*luck)
	out.Printf("\n%-28s  %10s", "", "all")
	for _, q := range quarters {
		out.Printf("  %7s", q)
	}
	out.Printf("\n")
	for _, r := range results {
		out.Printf("%-28s  %10s", r.name, r.figures(func(s score) float64 { return 100 * s.covered[nominal] }).PlusMinus("%.1f"))
		for k := range quarters {
			out.Printf("  %7.0f", r.figures(func(s score) float64 { return 100 * s.group[k].covered }).Mean())
		}
		out.Printf("\n")
	}
	out.Printf(`
With one σ for all, intervals are right on average, but too wide for patients
for whom little is predicted, and too narrow for others. A network that was
trained too long knows its training rows by heart, and takes its errors on other
rows to be as small. Early stopping repairs most of that, an ensemble the rest.
`)
}

// printReliability prints what a method says of its errors, beside what they are.
func printReliability(out *command.Output, r result) {
	out.Printf("\nWhat the ensemble says, and what is:\n")
	out.Printf("\ninterval for   contains the truth\n")
	for _, p := range shares {
		out.Printf("%10.0f %%   %18s\n", 100*p, r.figures(func(s score) float64 { return 100 * s.covered[p] }).PlusMinus("%.1f"))
	}
	out.Printf("\n%12s   %18s   %18s\n", "predictions", "σ, root mean square", "error (RMSE)")
	for k, name := range quarters {
		out.Printf("%12s   %19s   %18s\n", name,
			r.figures(func(s score) float64 { return s.group[k].sigma }).PlusMinus("%.1f"),
			r.figures(func(s score) float64 { return s.group[k].rmse }).PlusMinus("%.1f"))
	}
}

// printExamples prints a few patients, from a low prediction to a high one.
func printExamples(out *command.Output, forecasts []forecast) {
	out.Printf("\nSome patients:\n\npredicted   90 %% interval   happened\n")
	const some = 6
	sorted := byMean(forecasts)
	for i := range some {
		f := sorted[(2*i+1)*len(sorted)/(2*some)]
		half := margin(nominal) * f.sigma
		missed := ""
		if !f.covers(nominal) {
			missed = "   outside"
		}
		out.Printf("%9.0f   %5.0f to %4.0f   %8.0f%s\n", f.mu, f.mu-half, f.mu+half, f.truth, missed)
	}
}

// figures returns a figure of all runs.
func (r result) figures(of func(score) float64) command.Spread {
	var s command.Spread
	for _, run := range r.runs {
		s = append(s, of(run))
	}
	return s
}
