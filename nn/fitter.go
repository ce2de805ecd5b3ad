package nn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// A fitter is one call of [Fit] under way.
type fitter struct {
	cfg     FitConfig
	ctx     context.Context
	layer   Layer // the model, if there is no Objective
	params  []*Param
	trained []bool   // which of them are, in the graphs of the workers
	weights []*Param // those that are penalised
	history *History

	source  *rand.PCG // of all random numbers but those of workers other than the first
	batches *data.Batches
	team    *team
	ema     *EMA       // nil for none
	acc     *Gradients // nil if the optimizer takes the gradients of a single sweep in place
	base    float64    // the optimizer's learning rate without Schedule
	onTrain *evaluator // nil unless EvaluateTrain is set
	onValid *evaluator // nil without a validation set

	// The epoch under way.
	epochSteps int
	sums       sums
	examples   int        // in this call
	stop       StopReason // to stop within the epoch

	choice

	// With a checkpoint.
	optimizer Keeper
	settings  checkpointSettings
	saved     int  // steps at the last one in this call
	damaged   bool // the newest one is not there or not whole, so that it must not take the place of the one before

	grads, scalars []*tensor.Tensor // of each parameter, for the norm
}

// Sums are over the rows of the epoch under way.
type sums struct {
	loss, metric float64
	rows         int
}

func newFitter(ctx context.Context, model Model, train *data.Set, cfg FitConfig, h *History) (*fitter, error) {
	const op = "nn.Fit"
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if ctx == nil {
		return nil, graph.Errorf(op, graph.ErrUsage, "got a nil context: use context.Background()")
	}
	params := distinct(op, paramsOf(op, model))
	layer, ok := model.(Layer)
	if !ok && cfg.Objective == nil {
		return nil, graph.Errorf(op, graph.ErrUsage, "a %T has no Forward method to go with Loss: set FitConfig.Objective", model)
	}
	dtype, err := dtypeOf(op, params)
	if err != nil {
		return nil, err
	}
	if err := checkData("training", train, dtype); err != nil {
		return nil, err
	}
	if cfg.Validation != nil {
		if err := checkData("validation", cfg.Validation, dtype); err != nil {
			return nil, err
		}
	}
	cfg.Workers, cfg.Accumulate = max(cfg.Workers, 1), max(cfg.Accumulate, 1)
	if cfg.BatchSize == 0 {
		cfg.BatchSize = 32
	}
	seed := [2]uint64{cfg.Rand.Uint64(), cfg.Rand.Uint64()}
	f := &fitter{
		cfg: cfg, ctx: ctx, layer: layer, params: params, history: h,
		source: rand.NewPCG(seed[0], seed[1]), choice: newChoice(params),
	}
	if cfg.Schedule != nil || cfg.Plateau != nil {
		f.base = cfg.Optimizer.LR()
	}
	f.choose()
	batches := data.BatchConfig{Size: cfg.BatchSize, Rand: rand.New(f.source), DType: dtype, Augment: cfg.Augment, DropLast: cfg.DropLast}
	if cfg.Independent {
		batches.Order = data.Independent
	}
	if cfg.Workers > 1 {
		batches.Parts = cfg.Workers
	}
	f.batches = data.NewBatches(train, batches)
	f.cfg.BatchSize = f.batches.Buffers()[0].Len()
	if cfg.Accumulate > 1 || cfg.Workers > 1 || cfg.ClipNorm > 0 || cfg.ClipValue > 0 {
		f.acc = NewGradients(params...)
	}
	if cfg.EMA > 0 {
		f.ema = NewEMA(params, cfg.EMA)
	}
	if cfg.Validation != nil {
		f.onValid = f.evaluator(cfg.Validation)
	}
	if cfg.EvaluateTrain {
		f.onTrain = f.evaluator(train)
	}
	f.grads, f.scalars = make([]*tensor.Tensor, len(params)), make([]*tensor.Tensor, len(params))
	f.team = newTeam(cfg.Workers, f.source, seed, func() (*graph.Graph, graph.Mark) {
		g := graph.New(append(slices.Clip(cfg.Graph), graph.WithDType(dtype))...)
		return g, bindAll(g, params, f.batches)
	}, f.work)
	made := false
	defer func() { // also where useCheckpoint panics
		if !made {
			f.close()
		}
	}()
	if cfg.Checkpoint != "" {
		if err := f.useCheckpoint(train, cfg.Validation); err != nil {
			return nil, err
		}
	}
	made = true
	return f, nil
}

// choose notes which parameters are trained and which of them are penalised. It panics if none is trained.
func (f *fitter) choose() {
	f.trained, f.weights = f.trained[:0], f.weights[:0]
	for _, p := range f.params {
		trained := p.trained()
		f.trained = append(f.trained, trained)
		if trained && p.isWeight("nn.Fit") {
			f.weights = append(f.weights, p)
		}
	}
	if !slices.Contains(f.trained, true) {
		panic(graph.Errorf("nn.Fit", graph.ErrUsage, "the model has no parameters that are trained: there is nothing to train"))
	}
}

// follow makes the workers' graphs those of the parameters that are trained now, of which callbacks may have frozen some.
func (f *fitter) follow() {
	same := true
	for i, p := range f.params {
		same = same && p.trained() == f.trained[i]
	}
	if same {
		return
	}
	f.choose()
	for _, w := range f.team.workers {
		w.g.Reset()
		w.start = bindAll(w.g, f.params, f.batches)
	}
}

// close ends what newFitter has begun.
func (f *fitter) close() {
	f.team.close()
	if f.cfg.Schedule != nil || f.cfg.Plateau != nil {
		f.cfg.Optimizer.SetLR(f.base)
	}
}

// updatesPerEpoch returns how many updates a whole epoch has.
func (f *fitter) updatesPerEpoch() int {
	return 1 + (f.batches.Count()-1)/f.cfg.Accumulate
}

// run trains until something ends it.
func (f *fitter) run() error {
	var reason StopReason
	if n := len(f.history.Epochs); n > 0 && f.epochSteps == 0 { // of a checkpoint
		reason = f.ended(f.history.Epochs[n-1])
	}
	for {
		var err error
		if reason == "" {
			reason, err = f.epoch()
		}
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
			err = errors.Join(err, f.save())
		case err != nil:
			reason = StopFailed
		}
		f.history.Reason = reason
		f.report(nil, reason)
		return err
	}
}

// epoch goes through the training set, or what is left of it. It returns the reason to stop, if there is one.
func (f *fitter) epoch() (StopReason, error) {
	if f.epochSteps == 0 {
		f.batches.Restart()
	}
	for f.stop == "" && f.epochSteps < f.updatesPerEpoch() {
		if err := f.ctx.Err(); err != nil {
			return "", err
		}
		if err := f.update(); err != nil {
			return "", err
		}
		if err := f.saveNow(); err != nil {
			return "", err
		}
	}
	if f.stop != "" && f.saved != f.history.Steps {
		// The epoch is not over for a run that goes on from here with more steps.
		if err := f.save(); err != nil {
			return "", err
		}
	}
	e, err := f.closeEpoch()
	if err != nil {
		return "", err
	}
	if f.stop != "" {
		return f.stop, nil
	}
	f.epochSteps, f.sums = 0, sums{}
	stop := f.ended(e)
	if stop != "" || f.cfg.CheckpointEvery == 0 {
		return stop, f.save()
	}
	return "", nil
}

// closeEpoch measures the epoch that has just ended, and judges it.
func (f *fitter) closeEpoch() (Epoch, error) {
	if f.ema != nil {
		f.ema.Swap()
		defer f.ema.Swap()
	}
	e, err := f.measure()
	if err != nil {
		return e, err
	}
	f.history.Epochs = append(f.history.Epochs, e)
	f.judge(e)
	if f.cfg.OnEpoch != nil {
		f.cfg.OnEpoch(e)
	}
	f.report(&e, "")
	return e, nil
}

// ended returns why the training has come to its end with an epoch, if it has.
func (f *fitter) ended(e Epoch) StopReason {
	switch {
	case f.cfg.TargetLoss != 0 && e.TrainLoss <= f.cfg.TargetLoss:
		return StopTargetLoss
	case f.cfg.Patience > 0 && f.waited >= f.cfg.Patience:
		return StopEarly
	case f.epochsDone(e.Number):
		return StopEpochs
	case f.stepsDone():
		return StopSteps
	}
	return ""
}

// stepsDone reports whether all steps have been taken: or more, if a checkpoint is that of a longer training.
func (f *fitter) stepsDone() bool { return f.cfg.Steps > 0 && f.history.Steps >= f.cfg.Steps }

// epochsDone reports whether n epochs are all.
func (f *fitter) epochsDone(n int) bool { return f.cfg.Epochs > 0 && n >= f.cfg.Epochs }

// update takes one step of Algorithm 1: on a batch, or on some that are accumulated.
func (f *fitter) update() error {
	f.follow()
	var now sums
	var share float64 // of the batches in the gradient
	for range f.cfg.Accumulate {
		b, ok := f.batches.Next()
		if !ok {
			break
		}
		if err := f.sweep(b, &now, &share); err != nil {
			return err
		}
	}
	if err := f.change(share); err != nil {
		return err
	}
	f.history.Steps++
	f.epochSteps++
	f.examples += now.rows
	f.sums.loss += now.loss
	f.sums.metric += now.metric
	f.sums.rows += now.rows
	if f.stop == "" && f.stepsDone() {
		f.stop = StopSteps
	}
	if f.cfg.OnStep != nil {
		f.cfg.OnStep(f.history.Steps, now.loss/float64(now.rows))
	}
	f.report(nil, "")
	return nil
}

// sweep finds the loss and the gradient on a batch.
func (f *fitter) sweep(b *data.Batch, now *sums, share *float64) error {
	f.team.do(b, f.cfg.BatchSize)
	for _, w := range f.team.active {
		if isNotFinite(w.total.Item()) {
			f.drop()
			return f.diverged(nil, diagnose(w.total))
		}
		rows := float64(w.part.Len())
		now.loss += w.loss * rows
		now.metric += w.metric * rows
		now.rows += w.part.Len()
		*share += w.weight
		if f.acc != nil {
			f.acc.Add(w.grads)
		}
	}
	f.confirm()
	for _, w := range f.team.active {
		if err := w.updates.check(); err != nil {
			f.drop()
			return f.diverged(err, nil)
		}
	}
	return nil
}

// change updates the parameters by the gradient, of which the batches make up the given share, and then the state.
func (f *fitter) change(share float64) error {
	c := &f.cfg
	f.setRate()
	var norm float64
	var err error
	if f.acc == nil {
		grads := f.team.workers[0].grads
		if c.GradNorm > 0 {
			norm = f.gradNorm(grads)
		}
		err = c.Optimizer.Step(f.params, grads)
	} else {
		if share != 1 {
			f.acc.Scale(1 / share)
		}
		if c.GradNorm > 0 {
			norm = f.acc.ClipNorm(math.Inf(1))
		}
		if c.ClipValue > 0 {
			f.acc.ClipValue(c.ClipValue)
		}
		if c.ClipNorm > 0 {
			f.acc.ClipNorm(c.ClipNorm)
		}
		err = c.Optimizer.Apply(f.acc)
		f.acc.Zero()
	}
	if err != nil {
		f.drop()
		var gradient *GradientError
		var overflow *OverflowError
		switch {
		case errors.As(err, &gradient):
			return f.diverged(err, f.diagnose())
		case errors.As(err, &overflow):
			return f.diverged(err, nil)
		}
		return err
	}
	if c.GradNorm > 0 && norm <= c.GradNorm {
		f.stop = StopGradNorm
	}
	for _, w := range f.team.workers {
		w.updates.Commit()
	}
	if f.ema != nil {
		f.ema.Update()
	}
	return nil
}

// drop forgets the changes of state that the step under way has asked for.
func (f *fitter) drop() {
	for _, w := range f.team.workers {
		w.updates.Drop()
	}
}

// diagnose returns what makes a gradient of the last batch not finite, nil if that is not known.
func (f *fitter) diagnose() error {
	for _, w := range f.team.active {
		if err := diagnose(w.total); err != nil {
			return err
		}
	}
	return nil
}

// diverged returns the error for the batch that the workers had last.
func (f *fitter) diverged(cause, diagnosis error) error {
	loss := f.team.active[0].total.Item()
	if len(f.team.active) > 1 {
		var weight float64
		loss = 0
		for _, w := range f.team.active {
			loss += w.weight * w.total.Item()
			weight += w.weight
		}
		loss /= weight
	}
	return &DivergedError{Step: f.history.Steps + 1, Loss: loss, Cause: cause, Diagnosis: diagnosis, first: f.history.Steps == 0, augmented: f.cfg.Augment != nil}
}

// setRate gives the optimizer its learning rate for the next update.
func (f *fitter) setRate() {
	if f.cfg.Schedule == nil && f.cfg.Plateau == nil {
		return
	}
	factor := 1.0
	if f.cfg.Schedule != nil {
		factor = f.cfg.Schedule(f.history.Steps)
		if !(factor >= 0) || math.IsInf(factor*f.base, 0) {
			panic(graph.Errorf("nn.Fit", graph.ErrValue, "FitConfig.Schedule gives the factor %g for update %d: want a finite number, 0 or more", factor, f.history.Steps))
		}
	}
	if f.cfg.Plateau != nil {
		factor *= f.cfg.Plateau.Factor()
	}
	f.cfg.Optimizer.SetLR(factor * f.base)
}

// gradNorm returns the Euclidean norm of the gradient by all parameters.
func (f *fitter) gradNorm(grads autograd.Gradients) float64 {
	for i, p := range f.params {
		f.grads[i], _ = gradientOf(p, &f.scalars[i], grads)
	}
	return normOf(f.grads).value()
}

// measure returns the figures of the epoch that has just ended.
func (f *fitter) measure() (Epoch, error) {
	e := Epoch{
		Number: len(f.history.Epochs) + 1, Steps: f.history.Steps,
		TrainLoss: f.sums.loss / float64(f.sums.rows), TrainMetric: math.NaN(), ValidLoss: math.NaN(), ValidMetric: math.NaN(),
	}
	if f.cfg.Metric != nil {
		e.TrainMetric = f.sums.metric / float64(f.sums.rows)
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
			return e, &DivergedError{Step: f.history.Steps, Loss: e.ValidLoss, Diagnosis: f.onValid.diagnosis, valid: true}
		}
	}
	return e, nil
}

// evaluator returns one for a set. An Objective may take derivatives, of which the tape is as large as in training.
func (f *fitter) evaluator(set *data.Set) *evaluator {
	if f.cfg.Objective == nil {
		return newEvaluator("nn.Fit", f.params, set, evaluationRows, f.evaluate, f.cfg.Graph...)
	}
	e := newEvaluator("nn.Fit", f.params, set, f.cfg.BatchSize, f.evaluate, f.cfg.Graph...)
	e.derives = true
	return e
}

// evaluate records the loss of a batch in use, and returns the metric.
func (f *fitter) evaluate(g *graph.Graph, b *data.Batch) (l graph.Value, metric float64) {
	if f.cfg.Objective != nil {
		return objective(f.cfg.Objective, Eval(), g, b), math.NaN()
	}
	return evaluate(f.layer, f.cfg.Loss, f.cfg.Metric, g, b)
}
