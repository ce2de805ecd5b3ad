package nn

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A choice judges epochs by the validation set, and keeps the parameters with which a training is to end.
type choice struct {
	best      float64   // of the figure that epochs are judged by
	mark      float64   // what Patience measures improvement from
	waited    int       // epochs without improvement
	kept      *snapshot // of the best epoch
	candidate *snapshot // without a validation set: the end of the last epoch, until a loss there proves finite
	back      bool      // whether to end with the parameters that were kept
}

func newChoice(params []*Param) choice {
	return choice{best: math.Inf(1), mark: math.Inf(1), kept: newSnapshot(params), candidate: &snapshot{}}
}

// judge keeps the parameters if the epoch was the best, and counts epochs without improvement.
func (f *fitter) judge(e Epoch) {
	v := e.TrainLoss
	if f.onValid != nil {
		v = e.ValidLoss
	}
	switch f.cfg.ByMetric {
	case LowerIsBetter:
		v = e.ValidMetric
	case HigherIsBetter:
		v = -e.ValidMetric
	}
	if f.cfg.Plateau != nil {
		f.cfg.Plateau.Observe(v)
	}
	if f.onValid == nil {
		f.candidate.take(f.params)
		return
	}
	if v < f.best {
		f.best, f.back = v, true
		f.history.Best = len(f.history.Epochs) - 1
		f.kept.take(f.params)
	}
	f.waited++
	if v < f.mark-f.cfg.MinDelta {
		f.mark, f.waited = v, 0
	}
}

// confirm keeps the parameters of the end of the last epoch, now that they have given a finite loss.
func (f *fitter) confirm() {
	if f.candidate.taken {
		f.kept, f.candidate = f.candidate, f.kept
		f.candidate.taken = false
	}
}

// restore brings back the parameters that were kept, if that is how to end, or else their average.
func (f *fitter) restore() {
	switch {
	case f.back:
		f.kept.give(f.params)
	case f.ema != nil:
		f.ema.Swap()
	}
}

// A snapshot is a copy of parameters.
type snapshot struct {
	data  []*tensor.Tensor
	taken bool
}

func newSnapshot(params []*Param) *snapshot {
	s := &snapshot{}
	for _, p := range params {
		s.data = append(s.data, p.Data.Clone())
	}
	return s
}

func (s *snapshot) take(params []*Param) {
	if s.data == nil {
		*s = *newSnapshot(params)
	}
	for i, p := range params {
		s.data[i].Copy(p.Data)
	}
	s.taken = true
}

// give sets the parameters to the copy. It panics, and changes none, if one has another shape by now.
func (s *snapshot) give(params []*Param) {
	for i, p := range params {
		if was := s.data[i]; !slices.Equal(was.Dims(), p.Data.Dims()) {
			panic(graph.Errorf("nn.Fit", graph.ErrShape, "parameter %q had shape %s and has %s: functions that Fit calls must leave shapes as they are", p.Name, tensor.FormatShape(was.Dims()), tensor.FormatShape(p.Data.Dims())))
		}
	}
	for i, p := range params {
		p.Data.Copy(s.data[i])
	}
}
