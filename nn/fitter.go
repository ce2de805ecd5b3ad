package nn

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// A fitter is one call of [Fit] under way.
type fitter struct {
	cfg     FitConfig
	ctx     context.Context
	model   Layer
	train   *data.Set
	params  []*Param
	weights []*Param // those that are penalised
	history *History

	g       *graph.Graph
	start   graph.Mark // behind the parameters and the batches' tensors
	batches *data.Batches
	onTrain *evaluator // nil unless EvaluateTrain is set
	onValid *evaluator // nil without a validation set

	sumLoss, sumMetric float64 // of the epoch under way, over rows
	rows               int

	best      float64 // of the figure that epochs are judged by
	mark      float64 // what Patience measures improvement from
	waited    int     // epochs without improvement
	kept      *snapshot
	candidate *snapshot // without a validation set: the end of the last epoch, until a loss there proves finite
	back      bool      // whether to end with the parameters that were kept

	grads, scalars []*tensor.Tensor // of each parameter, for the norm
}

func newFitter(ctx context.Context, model Layer, train *data.Set, cfg FitConfig, h *History) (*fitter, error) {
	const op = "nn.Fit"
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if ctx == nil {
		return nil, graph.Errorf(op, graph.ErrUsage, "got a nil context: use context.Background()")
	}
	if len(paramsOf(op, model)) == 0 {
		return nil, graph.Errorf(op, graph.ErrUsage, "the model has no parameters: there is nothing to train")
	}
	for _, s := range []*data.Set{train, cfg.Validation} {
		if s == nil && s != train {
			continue
		}
		if err := s.Check(); err != nil {
			return nil, fmt.Errorf("nn.Fit: %w", err)
		}
	}
	dtype, err := modelDType(op, model)
	if err != nil {
		return nil, err
	}
	if cfg.BatchSize == 0 {
		cfg.BatchSize = 32
	}
	order := data.Shuffled
	if cfg.Independent {
		order = data.Independent
	}
	f := &fitter{
		cfg: cfg, ctx: ctx, model: model, train: train, params: model.Params(), weights: Weights(model.Params()...), history: h,
		g:       graph.New(graph.WithDType(dtype)),
		batches: data.NewBatches(train, data.BatchConfig{Size: cfg.BatchSize, Order: order, Rand: cfg.Rand, DType: dtype}),
		best:    math.Inf(1),
		mark:    math.Inf(1),
	}
	if cfg.Validation != nil {
		f.onValid = newEvaluator(op, model, cfg.Validation, cfg.Loss, cfg.Metric)
	}
	if cfg.EvaluateTrain {
		f.onTrain = newEvaluator(op, model, train, cfg.Loss, cfg.Metric)
	}
	f.grads, f.scalars = make([]*tensor.Tensor, len(f.params)), make([]*tensor.Tensor, len(f.params))
	f.kept, f.candidate = newSnapshot(f.params), newSnapshot(f.params)
	f.start = bindAll(op, f.g, model, f.batches)
	return f, nil
}

// run trains until something ends it.
func (f *fitter) run() error {
	for {
		reason, err := f.epoch()
		if err == nil && reason == "" {
			continue
		}
		var diverged *DivergedError
		switch {
		case errors.As(err, &diverged):
			reason, f.back = StopDiverged, true
		case err != nil && f.ctx.Err() != nil && errors.Is(err, f.ctx.Err()):
			reason = StopCancelled
			err = fmt.Errorf("nn.Fit: stopped in step %d, after %d epochs: %w", f.history.Steps+1, len(f.history.Epochs), err)
		case err != nil:
			reason = StopFailed
		}
		f.history.Reason = reason
		return err
	}
}

// epoch goes once through the training set. It returns the reason to stop, if there is one.
func (f *fitter) epoch() (StopReason, error) {
	f.sumLoss, f.sumMetric, f.rows = 0, 0, 0
	var stop StopReason
	for b := range f.batches.Epoch() {
		if err := f.ctx.Err(); err != nil {
			return "", err
		}
		loss, small, err := f.step(b)
		if err != nil {
			return "", err
		}
		f.history.Steps++
		if f.cfg.OnStep != nil {
			f.cfg.OnStep(f.history.Steps, loss)
		}
		if small {
			stop = StopGradNorm
		} else if f.history.Steps == f.cfg.Steps {
			stop = StopSteps
		}
		if stop != "" {
			break
		}
	}
	e, err := f.measure()
	if err != nil {
		return "", err
	}
	f.history.Epochs = append(f.history.Epochs, e)
	tired := f.judge(e)
	if f.cfg.OnEpoch != nil {
		f.cfg.OnEpoch(e)
	}
	switch {
	case stop != "":
	case f.cfg.TargetLoss != 0 && e.TrainLoss <= f.cfg.TargetLoss:
		stop = StopTargetLoss
	case tired:
		stop = StopEarly
	case e.Number == f.cfg.Epochs:
		stop = StopEpochs
	}
	return stop, nil
}

// step takes one step of Algorithm 1 on a batch. It returns the loss without penalties, and whether the gradient is
// small enough to stop.
func (f *fitter) step(b *data.Batch) (loss float64, small bool, err error) {
	g, c := f.g, &f.cfg
	g.Rewind(f.start)
	y := f.model.Forward(Train(c.Rand), g.BindConst(b.X))
	l := c.Loss(y, b)
	loss = l.Item()
	if c.L2 > 0 {
		l = ops.Add(l, L2(g, c.L2, f.weights...))
	}
	if c.L1 > 0 {
		l = ops.Add(l, L1(g, c.L1, f.weights...))
	}
	if total := l.Item(); isNotFinite(total) {
		if err := checkData("training", f.train, g.DType(), b.Rows); err != nil {
			return loss, false, err
		}
		return loss, false, &DivergedError{Step: f.history.Steps + 1, Loss: total, Diagnosis: diagnose(l), first: f.history.Steps == 0}
	}
	f.confirm()
	grads := autograd.Backward(l, autograd.LeavesOnly())
	if c.GradNorm > 0 {
		small = f.gradNorm(grads) <= c.GradNorm
	}
	if err := c.Optimizer.Step(f.params, grads); err != nil {
		var gradient *GradientError
		var overflow *OverflowError
		if errors.As(err, &gradient) || errors.As(err, &overflow) {
			if err := checkData("training", f.train, g.DType(), b.Rows); err != nil {
				return loss, false, err
			}
			diverged := &DivergedError{Step: f.history.Steps + 1, Loss: l.Item(), Cause: err}
			if gradient != nil {
				diverged.Diagnosis = diagnose(l)
			}
			err = diverged
		}
		return loss, false, err
	}
	rows := float64(b.Len())
	f.rows += b.Len()
	f.sumLoss += loss * rows
	if c.Metric != nil {
		f.sumMetric += c.Metric(y.Node().Data(), b) * rows
	}
	return loss, small, nil
}

// measure returns the figures of the epoch that has just ended.
func (f *fitter) measure() (Epoch, error) {
	e := Epoch{
		Number: len(f.history.Epochs) + 1, Steps: f.history.Steps,
		TrainLoss: f.sumLoss / float64(f.rows), TrainMetric: math.NaN(), ValidLoss: math.NaN(), ValidMetric: math.NaN(),
	}
	if f.cfg.Metric != nil {
		e.TrainMetric = f.sumMetric / float64(f.rows)
	}
	var err error
	if f.onTrain != nil {
		if e.TrainLoss, e.TrainMetric, err = f.onTrain.run(f.ctx); err != nil {
			return e, err
		}
	}
	if f.onValid != nil {
		if e.ValidLoss, e.ValidMetric, err = f.onValid.run(f.ctx); err != nil {
			return e, err
		}
		if isNotFinite(e.ValidLoss) {
			set, all := f.cfg.Validation, make([]int, f.cfg.Validation.Len())
			for i := range all {
				all[i] = i
			}
			if err := checkData("validation", set, f.g.DType(), all); err != nil {
				return e, err
			}
			return e, &DivergedError{Step: f.history.Steps, Loss: e.ValidLoss, Diagnosis: f.onValid.diagnosis}
		}
	}
	return e, nil
}

// judge keeps the parameters if the epoch was the best, and reports whether Patience is at its end.
func (f *fitter) judge(e Epoch) (tired bool) {
	if f.onValid == nil {
		f.candidate.take(f.params)
		return false
	}
	v := e.ValidLoss
	if f.cfg.ByMetric {
		v = e.ValidMetric
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
	return f.cfg.Patience > 0 && f.waited >= f.cfg.Patience
}

// confirm keeps the parameters of the end of the last epoch, now that they have given a finite loss.
func (f *fitter) confirm() {
	if f.candidate.taken {
		f.kept, f.candidate = f.candidate, f.kept
		f.candidate.taken = false
	}
}

// restore brings back the parameters that were kept, if that is how to end.
func (f *fitter) restore() {
	if f.back {
		f.kept.give(f.params)
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
	for i, p := range params {
		s.data[i].Copy(p.Data)
	}
	s.taken = true
}

func (s *snapshot) give(params []*Param) {
	for i, p := range params {
		p.Data.Copy(s.data[i])
	}
}

// gradNorm returns the Euclidean norm of the gradient by all parameters.
func (f *fitter) gradNorm(grads autograd.Gradients) float64 {
	for i, p := range f.params {
		f.grads[i], _ = gradientOf(p, &f.scalars[i], grads)
	}
	return normOf(f.grads).value()
}
