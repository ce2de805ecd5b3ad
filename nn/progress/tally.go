package progress

import (
	"math"
	"time"

	"github.com/seed366ff29f/chainrule/nn"
)

// A tally knows of a training what its reports do not say: how fast it is, and what the last epoch came to.
type tally struct {
	begun          bool
	start          time.Time
	step, examples int // in the first report: the run may have gone on from a checkpoint
	closed         nn.Epoch
	hasClosed      bool
}

// see takes a report, and reports whether it is the first one.
func (t *tally) see(r *nn.Report, now time.Time) (first bool) {
	first = !t.begun
	if first {
		*t = tally{begun: true, start: now, step: r.Step, examples: r.Examples}
	}
	if r.Closed != nil {
		t.closed, t.hasClosed = *r.Closed, true
	}
	return first
}

// examplesPerSecond returns the speed, NaN if it is not known yet.
func (t *tally) examplesPerSecond(r *nn.Report, now time.Time) float64 {
	n, took := r.Examples-t.examples, now.Sub(t.start).Seconds()
	if n <= 0 || took <= 0 {
		return math.NaN()
	}
	return float64(n) / took
}

// left returns the time until all updates are made, if it is known.
func (t *tally) left(r *nn.Report, now time.Time) (time.Duration, bool) {
	if r.Steps <= 0 {
		return 0, false
	}
	return left(now.Sub(t.start), r.Step-t.step, r.Steps-r.Step)
}

// figures returns the loss and the metric to show: those of the epoch under way, or of the last one where that has not
// begun.
func (t *tally) figures(r *nn.Report) (loss, metric float64) {
	if r.EpochStep == 0 && t.hasClosed || r.Closed != nil {
		return t.closed.TrainLoss, t.closed.TrainMetric
	}
	return r.Loss, r.Metric
}

// valid returns the loss and the metric of the last epoch on the validation set, NaN if there is none.
func (t *tally) valid() (loss, metric float64) {
	if !t.hasClosed {
		return math.NaN(), math.NaN()
	}
	return t.closed.ValidLoss, t.closed.ValidMetric
}
