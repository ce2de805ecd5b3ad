package main

import (
	"context"

	"github.com/seed366ff29f/chainrule/nn/progress"
	"github.com/seed366ff29f/chainrule/nn/search"
)

// scores trains a network for each point of a plan and each run, several at once, and returns what they achieve: for each
// point the scores of its runs.
func (l *lesson) scores(ctx context.Context, work string, plan *search.Plan, train func(ctx context.Context, r *search.Run) (score, error)) ([][]score, error) {
	out := make([][]score, plan.Len())
	for i := range out {
		out[i] = make([]score, l.runs)
	}
	step, done := progress.Steps(l.progress, plan.Len()*l.runs, work)
	defer done()
	cfg := search.Config{Runs: l.runs, OnRun: func(search.Progress) { step() }}
	table, err := search.Minimize(ctx, plan, cfg, func(ctx context.Context, r *search.Run) (float64, error) {
		s, err := train(ctx, r)
		out[r.Trial][r.Index] = s
		return s.wrong[byValidation], err
	})
	if err == nil {
		err = table.Err()
	}
	return out, err
}
