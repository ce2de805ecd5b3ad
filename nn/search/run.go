package search

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// An Objective computes the score of a point, such as the loss on a validation set of a model that it trains with the
// settings. It is called from several goroutines at once. The score must depend on r alone, and ctx ends when the
// search is to stop.
type Objective func(ctx context.Context, r *Run) (score float64, err error)

// A Run is one call of an objective.
type Run struct {
	Point

	Trial int        // number of the point, from 0 on
	Index int        // among the runs of the trial, from 0 on: the fold, where runs are folds
	Seed  uint64     // of this run alone
	Rand  *rand.Rand // made of it: rand.New(rand.NewPCG(Seed, 0))

	notes map[string]float64
}

// newRun returns a run of a point.
func newRun(p Point, seed uint64, trial, index int) *Run {
	own := source(seed, forRuns, trial, index).Uint64()
	return &Run{Point: p, Trial: trial, Index: index, Seed: own, Rand: rand.New(rand.NewPCG(own, 0)), notes: map[string]float64{}}
}

func (r *Run) point() *Point {
	if r == nil {
		return nil
	}
	return &r.Point
}

// Note adds a figure to the score of the run, such as the accuracy beside a loss: tables have a column for it. A second
// note of one name takes the place of the first. It panics with a [*graph.Error] if the name is that of a setting or of
// another column.
func (r *Run) Note(name string, v float64) {
	const op = "search.Run.Note"
	p := pointOf(op, r)
	mustBeName(op, name)
	if slices.ContainsFunc(p.axes, func(a *axis) bool { return a.name == name }) {
		panic(graph.Errorf(op, graph.ErrUsage, "name %q: a setting has it; choose another one", name))
	}
	if r.notes == nil {
		r.notes = map[string]float64{}
	}
	r.notes[name] = v
}
