package nn

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/durable"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// A checkpoint is a file of tensors, with all that is no tensor as JSON in its metadata, and a seal:
//
//	model.NAME, best.NAME, candidate.NAME   parameters, as they are and as they are kept
//	optimizer.INDEX.NAME                    what the optimizer remembers of the parameter of an index
//	ema.INDEX.NAME                          their averages
//	history                                 an epoch to a row
//	figures                                 numbers of the epoch under way and of the best one, bit by bit
//	order                                   of the examples in the epoch under way
const (
	checkpointKey     = "chainrule.checkpoint"
	checkpointVersion = 1
	previousSuffix    = ".previous"
)

// A checkpointHeader is what a checkpoint holds beside tensors.
type checkpointHeader struct {
	Version  int
	Settings checkpointSettings

	Steps, EpochSteps, Rows int
	Place                   int // of the batches in the epoch
	Stop                    StopReason
	Best, Waited            int
	Back, Kept, Candidate   bool
	Random                  [][]byte // states of the workers' generators
	Optimizer               string
	Counts, Averages        []StateCount
	Plateau                 *PlateauState
}

// checkpointSettings are those that must not change.
type checkpointSettings struct {
	Examples, BatchSize, Accumulate, Workers int
	Independent, DropLast                    bool
	EMA                                      float64
	ByMetric                                 Better
	Data                                     string // the fingerprint of the sets
}

// check returns an error that names the first setting that is another one now.
func (was checkpointSettings) check(now checkpointSettings) error {
	for _, s := range []struct {
		name     string
		was, now any
	}{
		{"the number of examples", was.Examples, now.Examples}, {"BatchSize", was.BatchSize, now.BatchSize}, {"Accumulate", was.Accumulate, now.Accumulate},
		{"Workers", was.Workers, now.Workers}, {"Independent", was.Independent, now.Independent},
		{"DropLast", was.DropLast, now.DropLast}, {"EMA", was.EMA, now.EMA}, {"ByMetric", was.ByMetric, now.ByMetric},
	} {
		if s.was != s.now {
			return fmt.Errorf("%s was %v and is %v", s.name, s.was, s.now)
		}
	}
	if was.Data != now.Data {
		return errors.New("the training or the validation set has other numbers")
	}
	return nil
}

// useCheckpoint makes the fitter go on where the file of FitConfig.Checkpoint says, if there is one.
func (f *fitter) useCheckpoint(train, valid *data.Set) error {
	name, err := durable.Target(f.cfg.Checkpoint) // so that the one before is kept in the same file system
	if err != nil {
		return fmt.Errorf("nn.Fit: %w", err)
	}
	f.cfg.Checkpoint = name
	keeper, ok := f.cfg.Optimizer.(Keeper)
	if !ok {
		return graph.Errorf("nn.Fit", graph.ErrUsage, "a %T cannot be kept in a checkpoint: give it the methods of nn.Keeper, or leave FitConfig.Checkpoint out", f.cfg.Optimizer)
	}
	f.optimizer = keeper
	names := map[string]bool{}
	for _, p := range f.params {
		if names[p.Name] {
			return graph.Errorf("nn.Fit", graph.ErrUsage, "two parameters are named %q, which a checkpoint cannot hold: put their layers into nn.Named", p.Name)
		}
		names[p.Name] = true
	}
	f.settings = checkpointSettings{
		Examples: train.Len(), BatchSize: f.cfg.BatchSize, Accumulate: f.cfg.Accumulate, Workers: f.cfg.Workers, Independent: f.cfg.Independent, DropLast: f.cfg.DropLast,
		EMA: f.cfg.EMA, ByMetric: f.cfg.ByMetric, Data: fingerprint(train, valid),
	}
	c, newest := readCheckpoint(name)
	if newest != nil {
		if !errors.As(newest, new(lostError)) {
			return fmt.Errorf("nn.Fit: checkpoint %q: %w", name, newest)
		}
		f.damaged = true
		var older error
		if c, older = readCheckpoint(name + previousSuffix); older != nil {
			if errors.Is(newest, fs.ErrNotExist) && errors.Is(older, fs.ErrNotExist) {
				return f.save() // where that cannot be done, hours of training would be for nothing
			}
			if errors.Is(older, fs.ErrNotExist) {
				return fmt.Errorf("nn.Fit: checkpoint %q: %w; remove it to begin anew", name, newest)
			}
			return fmt.Errorf("nn.Fit: checkpoint %q: %w, and %q: %w; remove both to begin anew", name, newest, name+previousSuffix, older)
		}
	}
	if err := f.resume(c); err != nil {
		return fmt.Errorf("nn.Fit: checkpoint %q is not one of this training: %w; remove it, and the one of the same name with %q behind it, to begin anew", name, err, previousSuffix)
	}
	return nil
}

// A checkpoint is one that was read.
type checkpoint struct {
	header checkpointHeader
	file   *safetensors.File
}

// A lostError says that a file is missing or damaged, so that the checkpoint before it counts. One that is whole and something
// else than a checkpoint of this program, or one that must not be read, is no lost one: it is left alone.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

// readCheckpoint reads a file and finds out whether it is a checkpoint and whole.
func readCheckpoint(name string) (c checkpoint, err error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return c, lostError{err}
	}
	if err != nil {
		return c, err
	}
	defer file.Close()
	c.file, err = safetensors.Read(file)
	if err != nil {
		return c, lostError{err}
	}
	text, ok := c.file.Metadata[checkpointKey]
	if !ok {
		return c, errors.New("the file is no checkpoint of nn.Fit, and is left as it is: give the checkpoint another name")
	}
	if err := c.file.Verify(); err != nil {
		return c, lostError{err}
	}
	var version struct{ Version int }
	if err := json.Unmarshal([]byte(text), &version); err != nil {
		return c, err
	}
	if version.Version != checkpointVersion {
		return c, fmt.Errorf("the file has version %d of checkpoints, this program reads version %d: use the program that wrote it, or remove it to begin anew", version.Version, checkpointVersion)
	}
	return c, json.Unmarshal([]byte(text), &c.header)
}

// numbers returns a tensor of the file, which must have the given precision and shape.
func (c checkpoint) numbers(name string, dtype tensor.DType, shape ...int) (*tensor.Tensor, error) {
	found, ok := c.file.Find(name)
	if !ok {
		return nil, fmt.Errorf("it has no %q", name)
	}
	want := safetensors.F64
	if dtype == tensor.Float32 {
		want = safetensors.F32
	}
	if found.DType != want || !slices.Equal(found.Shape, shape) {
		return nil, fmt.Errorf("%q is %v of shape %s, want %v of %s", name, found.DType, tensor.FormatShape(found.Shape), want, tensor.FormatShape(shape))
	}
	t := tensor.New(dtype, shape...)
	found.CopyTo(t, false)
	return t, nil
}

// snapshot returns parameters that were written with a prefix.
func (c checkpoint) snapshot(prefix string, params []*Param) ([]*tensor.Tensor, error) {
	var all []*tensor.Tensor
	for _, p := range params {
		t, err := c.numbers(prefix+p.Name, p.Data.DType(), p.Data.Dims()...)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// epochFigures is how many numbers an epoch of the history has.
const epochFigures = 6

// resume brings everything to where the checkpoint is. After an error nothing but the fitter has changed.
func (f *fitter) resume(c checkpoint) error {
	h := &c.header
	if err := h.Settings.check(f.settings); err != nil {
		return err
	}
	models := 0
	for name := range c.file.Names {
		if strings.HasPrefix(name, "model.") {
			models++
		}
	}
	if models != len(f.params) {
		return fmt.Errorf("it has %d parameters, the model has %d", models, len(f.params))
	}
	now, err := c.snapshot("model.", f.params)
	if err != nil {
		return err
	}
	for _, s := range []struct {
		prefix string
		taken  bool
		to     *snapshot
	}{{"best.", h.Kept, f.kept}, {"candidate.", h.Candidate, f.candidate}} {
		if !s.taken {
			continue
		}
		if s.to.data, err = c.snapshot(s.prefix, f.params); err != nil {
			return err
		}
		s.to.taken = true
	}
	figures, err := c.numbers("figures", tensor.Float64, 4)
	if err != nil {
		return err
	}
	if err := f.resumeHistory(c); err != nil {
		return err
	}
	f.sums = sums{figures.At(0), figures.At(1), h.Rows}
	f.best, f.mark = figures.At(2), figures.At(3)
	f.epochSteps, f.waited, f.back = h.EpochSteps, h.Waited, h.Back
	switch within := h.EpochSteps > 0; {
	case h.Stop == StopGradNorm && f.cfg.GradNorm > 0:
		f.stop = StopGradNorm
	case within && f.stepsDone():
		f.stop = StopSteps
	case within && f.epochsDone(len(f.history.Epochs)):
		f.stop = StopEpochs
	}
	order, ok := c.file.Find("order")
	if !ok {
		return errors.New(`it has no "order"`)
	}
	examples, ok := order.Ints()
	if !ok {
		return errors.New(`"order" is not of integers`)
	}
	state := data.BatchesState{Size: h.Settings.BatchSize, Place: h.Place}
	for _, i := range examples {
		state.Order = append(state.Order, int(i))
	}
	if err := f.batches.Restore(state); err != nil {
		return err
	}
	if len(h.Random) != len(f.team.workers) {
		return fmt.Errorf("it has the states of %d random generators, want %d", len(h.Random), len(f.team.workers))
	}
	for i, w := range f.team.workers {
		if err := w.source.UnmarshalBinary(h.Random[i]); err != nil {
			return fmt.Errorf("random generator %d: %w", i, err)
		}
	}
	if f.cfg.Plateau == nil || h.Plateau == nil {
		return f.resumeModel(c, now)
	}
	before := f.cfg.Plateau.State()
	if err := f.cfg.Plateau.SetState(*h.Plateau); err != nil {
		return err
	}
	if err := f.resumeModel(c, now); err != nil {
		return errors.Join(err, f.cfg.Plateau.SetState(before))
	}
	return nil
}

// resumeHistory brings back the history, if it can be one.
func (f *fitter) resumeHistory(c checkpoint) error {
	h := &c.header
	found, ok := c.file.Find("history")
	if !ok || len(found.Shape) != 2 {
		return errors.New(`it has no "history"`)
	}
	rows, err := c.numbers("history", tensor.Float64, found.Shape[0], epochFigures)
	if err != nil {
		return err
	}
	perEpoch := f.updatesPerEpoch()
	switch {
	case h.Best < -1 || h.Best >= rows.Dims()[0]:
		return fmt.Errorf("the best epoch has index %d of %d", h.Best, rows.Dims()[0])
	case h.Steps < 0 || h.Waited < 0 || h.Rows < 0 || h.EpochSteps < 0 || h.EpochSteps > perEpoch:
		return fmt.Errorf("%d steps, %d of them in this epoch of %d, with %d rows, and %d epochs without improvement", h.Steps, h.EpochSteps, perEpoch, h.Rows, h.Waited)
	}
	f.history.Epochs = nil
	for i := range rows.Dims()[0] {
		at := func(k int) float64 { return rows.At(i, k) }
		f.history.Epochs = append(f.history.Epochs, Epoch{
			Number: int(at(0)), Steps: int(at(1)), TrainLoss: at(2), TrainMetric: at(3), ValidLoss: at(4), ValidMetric: at(5),
		})
	}
	f.history.Steps, f.history.Best = h.Steps, h.Best
	f.saved = h.Steps
	return nil
}

// resumeModel brings back the parameters and what the optimizer remembers of them, or neither.
func (f *fitter) resumeModel(c checkpoint, now []*tensor.Tensor) error {
	state, err := c.state("optimizer.", c.header.Optimizer, c.header.Counts)
	if err != nil {
		return err
	}
	if f.ema != nil {
		averages, err := c.state("ema.", "nn.EMA", c.header.Averages)
		if err == nil {
			err = f.ema.SetState(averages)
		}
		if err != nil {
			return err
		}
	}
	before := newSnapshot(f.params)
	(&snapshot{data: now}).give(f.params)
	err = f.optimizer.SetState(f.params, state)
	if err != nil {
		before.give(f.params)
	}
	return err
}

// state returns what was written with a prefix of the state of an optimizer.
func (c checkpoint) state(prefix, optimizer string, counts []StateCount) (OptimizerState, error) {
	s := OptimizerState{Optimizer: optimizer, Counts: counts}
	for i := range c.file.Len() {
		t := c.file.Tensor(i)
		rest, ok := strings.CutPrefix(t.Name, prefix)
		if !ok {
			continue
		}
		index, name, _ := strings.Cut(rest, ".")
		param, err := strconv.Atoi(index)
		if err != nil || !t.DType.IsFloat() {
			return s, fmt.Errorf("%q is no part of an optimizer", t.Name)
		}
		dtype := tensor.Float64
		if t.DType == safetensors.F32 {
			dtype = tensor.Float32
		}
		numbers, err := c.numbers(t.Name, dtype, t.Shape...)
		if err != nil {
			return s, err
		}
		s.Tensors = append(s.Tensors, StateTensor{param, name, numbers})
	}
	return s, nil
}

// save writes a checkpoint, and keeps the one before.
func (f *fitter) save() error {
	if f.cfg.Checkpoint == "" {
		return nil
	}
	state := f.optimizer.State(f.params)
	place := f.batches.State()
	h := checkpointHeader{
		Version: checkpointVersion, Settings: f.settings, Steps: f.history.Steps, EpochSteps: f.epochSteps, Rows: f.sums.rows, Place: place.Place,
		Stop: f.stop, Best: f.history.Best, Waited: f.waited, Back: f.back, Kept: f.kept.taken, Candidate: f.candidate.taken,
		Optimizer: state.Optimizer, Counts: state.Counts,
	}
	for _, w := range f.team.workers {
		random, err := w.source.MarshalBinary()
		if err != nil {
			return err
		}
		h.Random = append(h.Random, random)
	}
	if f.cfg.Plateau != nil {
		p := f.cfg.Plateau.State()
		h.Plateau = &p
	}
	var tensors []safetensors.Tensor
	add := func(name string, t *tensor.Tensor) { tensors = append(tensors, safetensors.Of(name, t, false)) }
	for i, p := range f.params {
		add("model."+p.Name, p.Data)
		if h.Kept {
			add("best."+p.Name, f.kept.data[i])
		}
		if h.Candidate {
			add("candidate."+p.Name, f.candidate.data[i])
		}
	}
	for _, t := range state.Tensors {
		add(fmt.Sprintf("optimizer.%d.%s", t.Param, t.Name), t.Data)
	}
	if f.ema != nil {
		averages := f.ema.State()
		h.Averages = averages.Counts
		for _, t := range averages.Tensors {
			add(fmt.Sprintf("ema.%d.%s", t.Param, t.Name), t.Data)
		}
	}
	history := tensor.New(tensor.Float64, len(f.history.Epochs), epochFigures)
	for i, e := range f.history.Epochs {
		for k, v := range [epochFigures]float64{float64(e.Number), float64(e.Steps), e.TrainLoss, e.TrainMetric, e.ValidLoss, e.ValidMetric} {
			history.SetAt(v, i, k)
		}
	}
	add("history", history)
	add("figures", tensor.Of([]float64{f.sums.loss, f.sums.metric, f.best, f.mark}, 4))
	order := make([]int64, len(place.Order))
	for k, i := range place.Order {
		order[k] = int64(i)
	}
	tensors = append(tensors, safetensors.Int64s("order", order, len(order)))
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	name := f.cfg.Checkpoint
	metadata, err := safetensors.Sealed(tensors, map[string]string{checkpointKey: string(text)})
	if err != nil {
		return fmt.Errorf("nn.Fit: checkpoint %q: %w", name, err)
	}
	write := func(w io.Writer) error { return safetensors.Write(w, tensors, metadata) }
	if f.damaged {
		err = durable.Write(name, write)
	} else {
		err = durable.WriteKeeping(name, name+previousSuffix, write)
	}
	if err != nil {
		return fmt.Errorf("nn.Fit: step %d: the checkpoint could not be written, and the last one is as it was: %w", f.history.Steps, err)
	}
	f.saved, f.damaged = f.history.Steps, false
	return nil
}

// saveNow writes a checkpoint if one is due after an update.
func (f *fitter) saveNow() error {
	if every := f.cfg.CheckpointEvery; every > 0 && f.history.Steps%every == 0 {
		return f.save()
	}
	return nil
}
