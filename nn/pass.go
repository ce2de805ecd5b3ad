package nn

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A Pass says what a forward pass is for. Layers that behave differently in training and in use, such as [Dropout],
// ask it; a model has no hidden mode. The zero Pass is that of [Eval].
type Pass struct {
	rng     *rand.Rand
	counted *counted      // in place of rng, see TrainAt
	updates *Updates      // nil for at once
	step    *stepRecorder // nil but in RecordStep, which takes what changes state as values
	watch   *watch        // nil but for a summary, or after Watch
}

// A counted source of random numbers is the counter-based generator of [ops.RandomUniform].
type counted struct {
	seed, step graph.Value
	streams    int // how many were drawn from
}

// Train returns the pass of a training step. Layers draw their random numbers from rng. It panics with a
// [*graph.Error] if rng is nil or the zero rand.Rand.
func Train(rng *rand.Rand) Pass {
	if !hasSource(rng) {
		panic(graph.Errorf("nn.Train", graph.ErrUsage, "got a nil or zero *rand.Rand: make one with rand.New(rand.NewPCG(seed, 0)), or use nn.Eval() where nothing is random"))
	}
	return Pass{rng: rng}
}

// TrainAt returns the pass of a training step whose random numbers are values on the graph: those of [ops.RandomUniform]
// for seed and step, scalars on the graph of what the model is given, whole numbers from 0 to 2²⁴. What is recorded does
// not depend on the numbers then, and a recorded step that takes seed and step as arguments draws anew in every step: it
// is the pass for a graph of [graph.Traced].
//
// Every layer that draws takes the next stream of its own: 0 for the first one of the pass, 1 for the second, in the
// order in which layers are applied. So a second Forward with one pass draws other numbers, and one with a new pass for
// the same seed and step draws the same. TrainAt panics with a [*graph.Error] if seed and step are not scalars on one
// graph, and a layer that draws does if they are no such numbers.
func TrainAt(seed, step graph.Value) Pass {
	const op = "nn.TrainAt"
	seed.Check(op)
	step.CheckIn(op, seed.Graph())
	if seed.Rank() > 0 || step.Rank() > 0 {
		panic(graph.Errorf(op, graph.ErrShape, "the seed has shape %s and the step %s: give scalars", tensor.FormatShape(seed.Dims()), tensor.FormatShape(step.Dims())))
	}
	return Pass{counted: &counted{seed: seed, step: step}}
}

// Uniform returns a tensor of random numbers from 0 up to 1, below it, for a layer that draws in a pass of [TrainAt]; they
// are of the pass's next stream. In a pass of [Train] a layer draws from [Pass.Rand], which is nil in one of TrainAt. It
// panics with a [*graph.Error] in other passes than those of TrainAt.
func (p Pass) Uniform(dims ...int) graph.Value {
	if p.counted == nil {
		panic(graph.Errorf("nn.Pass.Uniform", graph.ErrUsage, "the pass has no seed and step: draw from Pass.Rand, or use nn.TrainAt"))
	}
	u := ops.RandomUniform(p.counted.seed, p.counted.step, p.counted.streams, dims...)
	p.counted.streams++
	return u
}

// Eval returns the pass of a model in use: nothing is random.
func Eval() Pass { return Pass{} }

// Training reports whether the pass is a training step.
func (p Pass) Training() bool { return p.rng != nil || p.counted != nil }

// Rand returns the source of random numbers of a training step, or nil for [Eval] and for [TrainAt], where layers take
// them from [Pass.Uniform].
func (p Pass) Rand() *rand.Rand { return p.rng }

// Watch returns the pass that calls f with the result y of each layer in the model's containers, [Sequential], [Residual]
// and their like, as soon as the layer has computed it, with the layer's name there: "0" for the first one of a
// Sequential, and "1.0" for the first one of a container that is the second. A container comes after what is in it, and the
// model itself is not among them. What f records on the graph of y is part of it. Use the pass for one Forward at a time.
//
//	p := nn.Eval().Watch(func(name string, l nn.Layer, y graph.Value) { fmt.Println(name, l, y.Shape()) })
//	model.Forward(p, x)
//
// Watch panics with a [*graph.Error] if f is nil.
func (p Pass) Watch(f func(name string, l Layer, y graph.Value)) Pass {
	if f == nil {
		panic(graph.Errorf("nn.Pass.Watch", graph.ErrUsage, "got a nil function: give the one that is to see the layers"))
	}
	p.watch = &watch{see: f}
	return p
}

// Update changes a state parameter, such as a running average, by what a layer has computed in a training step:
//
//	state = (1-share)·state + share·v
//
// so that a share of 1 sets it. v has the state's shape; only its numbers count. A layer calls Update in Forward. It
// takes effect at once, unless the pass keeps it aside, see [Pass.Into]; a pass that is no training step ignores it.
//
// Update panics with a [*graph.Error] if the parameter is not of kind [State] or [Counter], the shapes differ, or the
// share is not between 0 and 1.
func (p Pass) Update(state *Param, v graph.Value, share float64) {
	const op = "nn.Pass.Update"
	mustBeState(op, state)
	v.Check(op)
	if !slices.Equal(v.Dims(), state.Data.Dims()) {
		panic(graph.Errorf(op, graph.ErrShape, "parameter %q has shape %s, what is to update it %s: give both the same shape",
			state.Name, tensor.FormatShape(state.Data.Dims()), tensor.FormatShape(v.Dims())))
	}
	mustBeShare(op, "share", share)
	switch {
	case !p.Training() || state.Frozen:
	case p.step != nil:
		p.step.updateState(op, state, v, share)
	case p.updates != nil:
		p.updates.note(state, v.Node().Data(), share)
	default:
		blend(state, v.Node().Data(), share)
	}
}

// Count adds 1 to a parameter of kind [Counter]; see [Pass.Update] for when. It panics with a [*graph.Error] if the
// parameter is of another kind, or has more than one number.
func (p Pass) Count(counter *Param) {
	const op = "nn.Pass.Count"
	mustBeState(op, counter)
	if counter.Kind != Counter || counter.Data.Len() != 1 {
		panic(graph.Errorf(op, graph.ErrUsage, "parameter %q is of kind %v and shape %s: want nn.Counter and a single number",
			counter.Name, counter.Kind, tensor.FormatShape(counter.Data.Dims())))
	}
	switch {
	case !p.Training() || counter.Frozen:
	case p.step != nil:
		p.step.updateState(op, counter, graph.Value{}, 1)
	case p.updates != nil:
		p.updates.note(counter, nil, 1)
	default:
		count(counter)
	}
}

// Into returns the pass with the changes of state that layers ask for kept aside in u, until [Updates.Commit] makes
// them. That is how a step that fails leaves no trace, and several goroutines can train one model at a time. It panics
// with a [*graph.Error] if u is nil.
func (p Pass) Into(u *Updates) Pass {
	if u == nil {
		panic(graph.Errorf("nn.Pass.Into", graph.ErrUsage, "got a nil *nn.Updates: give the address of one, var u nn.Updates"))
	}
	p.updates = u
	return p
}

// Updates are changes of state that were kept aside, in the order in which layers asked for them. The zero Updates are
// ready to use, for one goroutine at a time:
//
//	var u nn.Updates
//	y := model.Forward(nn.Train(rng).Into(&u), x)
//	...
//	u.Commit() // after the step, or u.Drop()
type Updates struct {
	list []update // those behind n are there for their buffers
	n    int
}

type update struct {
	state *Param
	v     *tensor.Tensor // its numbers
	share float64
	count bool // adds 1
}

// note adds a change by v, or of a counter if v is nil.
func (u *Updates) note(state *Param, v *tensor.Tensor, share float64) {
	if u.n == len(u.list) {
		u.list = append(u.list, update{})
	}
	c := &u.list[u.n]
	u.n++
	c.state, c.share, c.count = state, share, v == nil
	if v == nil {
		return
	}
	if c.v == nil || c.v.DType() != v.DType() || !slices.Equal(c.v.Dims(), v.Dims()) {
		c.v = tensor.New(v.DType(), v.Dims()...)
	}
	c.v.Copy(v)
}

// Commit makes the changes, in order, and forgets them. It panics with a [*graph.Error] if a parameter has changed its
// shape since.
func (u *Updates) Commit() {
	const op = "nn.Updates.Commit"
	u.mustBeMade(op)
	for _, c := range u.list[:u.n] {
		mustBeState(op, c.state)
		if !c.count && !slices.Equal(c.v.Dims(), c.state.Data.Dims()) {
			panic(graph.Errorf(op, graph.ErrShape, "parameter %q has shape %s now, and its change %s: commit before the parameter changes",
				c.state.Name, tensor.FormatShape(c.state.Data.Dims()), tensor.FormatShape(c.v.Dims())))
		}
	}
	for _, c := range u.list[:u.n] {
		if c.count {
			count(c.state)
		} else {
			blend(c.state, c.v, c.share)
		}
	}
	u.n = 0
}

// check returns an error if a change would make a number of a state infinite or NaN: mostly a variance that the model's
// precision does not hold, by which a layer would be useless later.
func (u *Updates) check() error {
	for _, c := range u.list[:u.n] {
		if c.count || c.share == 0 {
			continue
		}
		if largest := largestOf(c.v); isNotFinite(largest) {
			i, v := notFinite(c.v)
			return fmt.Errorf("the step would bring %g into the state %q at element %d: all stays as it is; scale what the layer takes in, or use float64", v, c.state.Name, i)
		}
	}
	return nil
}

// Drop forgets the changes.
func (u *Updates) Drop() {
	u.mustBeMade("nn.Updates.Drop")
	u.n = 0
}

func (u *Updates) mustBeMade(op string) {
	if u == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil *nn.Updates: give the address of one, var u nn.Updates"))
	}
}

// mustBeState panics unless the parameter is state.
func mustBeState(op string, p *Param) {
	p.mustHaveNumbers(op)
	if p.Kind != State && p.Kind != Counter {
		panic(graph.Errorf(op, graph.ErrUsage, "parameter %q is of kind %v: give it the Kind nn.State, or change it by an optimizer", p.Name, p.Kind))
	}
}

// blend brings the state closer to v by a share of the way. What has a share of 0 does not count, even if it is
// infinite.
func blend(state *Param, v *tensor.Tensor, share float64) {
	switch share {
	case 0:
		return
	case 1:
		state.Data.Copy(v)
		return
	}
	for i := range v.Len() {
		state.Data.SetFlat((1-share)*state.Data.AtFlat(i)+share*v.AtFlat(i), i)
	}
	state.Data.MarkChanged()
}

func count(p *Param) {
	p.Data.SetFlat(p.Data.AtFlat(0)+1, 0)
	p.Data.MarkChanged()
}
