package nn

import "math"

// A Report says how far a call of [Fit] has got. Fit makes one after each update, one after each epoch, and a last one.
type Report struct {
	Epoch, Epochs         int // number of the epoch under way, or that has just ended, from 1 on, and of all that there will be at most, 0 if unknown
	Step, Steps           int // updates that have been made, and that there will be at most, 0 if unknown
	EpochStep, EpochSteps int // updates in this epoch: that have been made, and all
	Examples              int // examples trained on in this call
	LR                    float64
	Loss, Metric          float64    // of the epoch so far, as in [Epoch]; Metric is NaN without one
	Closed                *Epoch     // the epoch, in the report at its end, else nil
	Reason                StopReason // why the training has ended, in the last report, else empty
}

// Progress is told how far [Fit] has got. Package nn/progress has some.
type Progress func(r Report)

// report tells FitConfig.Progress how far the training is.
func (f *fitter) report(closed *Epoch, reason StopReason) {
	if f.cfg.Progress == nil {
		return
	}
	perEpoch, done := f.updatesPerEpoch(), f.history.Epochs
	r := Report{
		Epoch: len(done) + 1, Epochs: f.cfg.Epochs, Step: f.history.Steps, Steps: f.cfg.Steps, EpochStep: f.epochSteps, EpochSteps: perEpoch,
		Examples: f.examples, LR: f.cfg.Optimizer.LR(), Loss: f.sums.loss / float64(f.sums.rows), Metric: math.NaN(), Closed: closed, Reason: reason,
	}
	if f.cfg.Metric != nil {
		r.Metric = f.sums.metric / float64(f.sums.rows)
	}
	if n := len(done); n > 0 && done[n-1].Steps == f.history.Steps { // nothing of the next one yet
		r.Epoch = n
		if f.epochSteps == 0 {
			r.EpochStep, r.Loss, r.Metric = done[n-1].Steps, done[n-1].TrainLoss, done[n-1].TrainMetric
			if n > 1 {
				r.EpochStep -= done[n-2].Steps
			}
		}
	}
	if all := f.cfg.Epochs * perEpoch; all > 0 && (r.Steps == 0 || all < r.Steps) {
		r.Steps = all
	}
	f.cfg.Progress(r)
}
