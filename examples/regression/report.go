package main

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/seed366ff29f/chainrule/nn/data"
)

// An output is where the text goes. It remembers the first error of its writer, and writes no more after it.
type output struct {
	w   io.Writer
	err error
}

func (o *output) printf(format string, args ...any) {
	if o.err == nil {
		_, o.err = fmt.Fprintf(o.w, format, args...)
	}
}

// A result is what a method achieves.
type result struct {
	method
	runs []score    // one for each seed
	last []forecast // of the last seed
}

// compare tries the methods and prints what they achieve.
func compare(ctx context.Context, o options, out *output) error {
	patients, err := diabetes()
	if err != nil {
		return err
	}
	out.printf("%d patients, %d measurements each: how far will the disease progress in a\n", patients.Len(), patients.X.Dims()[1])
	out.printf("year? Each is predicted by models that have not seen them, by 5 folds.\n")
	if o.seeds > 1 {
		out.printf("Figures are means ± standard deviations over %d seeds.\n", o.seeds)
	}
	results, err := out.errors(ctx, o, patients)
	if err != nil {
		return err
	}
	out.coverage(results, patients.Len())
	best := results[len(results)-1]
	out.reliability(best)
	out.examples(best.last)
	return nil
}

// errors tries the methods, and prints a line for each.
func (o *output) errors(ctx context.Context, c options, patients *data.Set) ([]result, error) {
	o.printf("\n                                                    -ln density  width of\n")
	o.printf("                              error (RMSE)      R²  of the truth      90 %%\n")
	var results []result
	for _, m := range methods(c.members) {
		r := result{method: m}
		for i := range c.seeds {
			forecasts, err := m.crossValidate(ctx, patients, c.seed+uint64(i))
			if err != nil {
				return nil, err
			}
			if o.err != nil {
				return nil, o.err
			}
			r.runs, r.last = append(r.runs, judge(forecasts)), forecasts
		}
		results = append(results, r)
		o.printf("%-28s  %12s  %6s  %12s  %8s\n", m.name,
			spread(1, r.runs, func(s score) float64 { return s.rmse }),
			mean(3, r.runs, func(s score) float64 { return s.r2 }),
			spread(2, r.runs, func(s score) float64 { return s.logScore }),
			mean(0, r.runs, func(s score) float64 { return s.width }))
	}
	return results, nil
}

// quarters are the groups of a [score].
var quarters = [groups]string{"lowest", "second", "third", "highest"}

// coverage prints how many intervals contain the truth.
func (o *output) coverage(results []result, patients int) {
	luck := math.Sqrt(nominal * (1 - nominal) / float64(patients)) // deviation of the share among so many
	o.printf("\n90 %% intervals: how many in 100 contain the truth, of all patients and of each\n")
	o.printf("quarter of them, by what is predicted? ±%.1f would be luck.\n", 100*luck)
	o.printf("\n%-28s  %10s", "", "all")
	for _, q := range quarters {
		o.printf("  %7s", q)
	}
	o.printf("\n")
	for _, r := range results {
		o.printf("%-28s  %10s", r.name, spread(1, r.runs, func(s score) float64 { return 100 * s.covered[nominal] }))
		for k := range quarters {
			o.printf("  %7s", mean(0, r.runs, func(s score) float64 { return 100 * s.group[k].covered }))
		}
		o.printf("\n")
	}
	o.printf(`
With one σ for all, intervals are right on average, but too wide for patients
for whom little is predicted, and too narrow for others. A network that was
trained too long knows its training rows by heart, and takes its errors on other
rows to be as small. Early stopping repairs most of that, an ensemble the rest.
`)
}

// reliability prints what a method says of its errors, beside what they are.
func (o *output) reliability(r result) {
	o.printf("\nWhat the ensemble says, and what is:\n")
	o.printf("\ninterval for   contains the truth\n")
	for _, p := range shares {
		o.printf("%10.0f %%   %18s\n", 100*p, spread(1, r.runs, func(s score) float64 { return 100 * s.covered[p] }))
	}
	o.printf("\n%12s   %18s   %18s\n", "predictions", "σ, root mean square", "error (RMSE)")
	for k, name := range quarters {
		o.printf("%12s   %19s   %18s\n", name,
			spread(1, r.runs, func(s score) float64 { return s.group[k].sigma }),
			spread(1, r.runs, func(s score) float64 { return s.group[k].rmse }))
	}
}

// examples prints a few patients, from a low prediction to a high one.
func (o *output) examples(forecasts []forecast) {
	o.printf("\nSome patients:\n\npredicted   90 %% interval   happened\n")
	const some = 6
	sorted := byMean(forecasts)
	for i := range some {
		f := sorted[(2*i+1)*len(sorted)/(2*some)]
		half := margin(nominal) * f.sigma
		missed := ""
		if !f.covers(nominal) {
			missed = "   outside"
		}
		o.printf("%9.0f   %5.0f to %4.0f   %8.0f%s\n", f.mu, f.mu-half, f.mu+half, f.truth, missed)
	}
}

// mean returns the mean of a figure over the runs.
func mean(digits int, runs []score, figure func(score) float64) string {
	m, _ := moments(runs, figure)
	return fmt.Sprintf("%.*f", digits, m)
}

// spread returns mean ± standard deviation of a figure over the runs, or the figure alone if there is one run.
func spread(digits int, runs []score, figure func(score) float64) string {
	m, deviation := moments(runs, figure)
	if len(runs) == 1 {
		return fmt.Sprintf("%.*f", digits, m)
	}
	return fmt.Sprintf("%.*f ± %.*f", digits, m, digits, deviation)
}

// moments returns the mean of a figure over the runs, and its standard deviation, which divides by their number less 1.
func moments(runs []score, figure func(score) float64) (mean, deviation float64) {
	n := float64(len(runs))
	for _, s := range runs {
		mean += figure(s) / n
	}
	for _, s := range runs {
		d := figure(s) - mean
		deviation += d * d / (n - 1)
	}
	return mean, math.Sqrt(deviation)
}
