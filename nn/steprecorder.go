package nn

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A stepRecorder is one call of [RecordStep] under way.
type stepRecorder struct {
	g   *graph.Graph
	cfg StepConfig

	params  []*stepParam // in the order of the model
	of      map[*Param]*stepParam
	moments []stepValue
	steps   int // taken before

	batch, label, lr, step, seed graph.Value // the other arguments
}

// A stepValue is an argument and its new value, which is the zero Value if the step leaves it as it is.
type stepValue struct {
	name       string
	leaf, next graph.Value
}

// A stepParam is a parameter of the model in a step.
type stepParam struct {
	*Param
	stepValue             // in the layout of files
	now       graph.Value // of a state, as updated so far, in the layout of its layer

	// Of a parameter that is trained.
	memory  *memory
	rate    float64 // as a multiple of the step's
	grad    graph.Value
	m, v, u int // indices of moments, -1 for none
}

func (r *stepRecorder) record(model Layer, batch, label *tensor.Tensor) (*program.Function, error) {
	if err := r.takeModel(model); err != nil {
		return nil, err
	}
	if err := checkStepBatch(batch, label); err != nil {
		return nil, err
	}
	if err := r.takeOptimizer(); err != nil {
		return nil, err
	}
	r.arguments(batch, label)
	loss := r.loss(model)
	if err := r.gradients(loss); err != nil {
		return nil, err
	}
	r.update()
	f := r.function(loss)
	return f, f.Check()
}

// takeModel notes the parameters, and returns an error unless they can be trained on the graph.
func (r *stepRecorder) takeModel(model Layer) error {
	params, err := recordable(recordStep, r.g, model)
	if err != nil {
		return err
	}
	for _, p := range params {
		r.of[p] = &stepParam{Param: p, m: -1, v: -1, u: -1}
		r.params = append(r.params, r.of[p])
	}
	if !slices.ContainsFunc(params, (*Param).trained) {
		return graph.Errorf(recordStep, graph.ErrUsage, "the model has no parameters that are trained: there is nothing to train")
	}
	return nil
}

// checkStepBatch returns an error unless the batch has rows and a label for each of them.
func checkStepBatch(batch, label *tensor.Tensor) error {
	for _, t := range []struct {
		name string
		of   *tensor.Tensor
	}{{"batch", batch}, {"label", label}} {
		if t.of == nil || t.of.Rank() == 0 {
			return graph.Errorf(recordStep, graph.ErrUsage, "the %s is nil or has no axis for the rows: give as many rows as a step is to have, such as tensor.New(tensor.Float64, 64, 20)", t.name)
		}
	}
	if batch.Dims()[0] != label.Dims()[0] {
		return graph.Errorf(recordStep, graph.ErrShape, "the batch has shape %s and the label %s: want a label for each row",
			tensor.FormatShape(batch.Dims()), tensor.FormatShape(label.Dims()))
	}
	return nil
}

// takeOptimizer notes what changes each of the parameters, or returns an error if that cannot be recorded.
func (r *stepRecorder) takeOptimizer() error {
	var all *memory
	groups, ok := r.cfg.Optimizer.(*Groups)
	if ok {
		groups.mustBeMade(recordStep)
	} else if all = ownMemory(recordStep, r.cfg.Optimizer); all == nil {
		return graph.Errorf(recordStep, graph.ErrUsage, "a %T cannot be recorded, its step is a function of Go: use an optimizer of this package", r.cfg.Optimizer)
	}
	var first *stepParam
	for _, p := range r.params {
		if !p.trained() {
			continue
		}
		p.memory, p.rate = all, 1
		if groups != nil {
			i, ok := groups.of[p.Param]
			if !ok {
				return graph.Errorf(recordStep, graph.ErrUsage, "parameter %q is in none of the groups: put it into one, or freeze it", p.Name)
			}
			p.memory, p.rate = groups.members[i].memory, groups.members[i].rate/groups.members[0].rate
		}
		if s := p.slot(); s != nil && s.wide {
			return graph.Errorf(recordStep, graph.ErrValue, "the optimizer works on parameter %q in double precision, since the numbers are too large or too small for its own: scale them, or use float64", p.Name)
		}
		if first == nil {
			first, r.steps = p, p.steps()
		}
		if n := p.steps(); n != r.steps {
			return graph.Errorf(recordStep, graph.ErrUsage, "parameter %q has taken %d steps and %q %d, and the step that is recorded counts them together: record it with a new optimizer", first.Name, r.steps, p.Name, n)
		}
	}
	return nil
}

// slot returns what the optimizer remembers of the parameter, or nil.
func (p *stepParam) slot() *slot {
	if s := p.memory.slots[p.Param]; s != nil && s.fits(p.Param) {
		return s
	}
	return nil
}

// steps returns how many steps the optimizer has taken on the parameter.
func (p *stepParam) steps() int {
	if s := p.slot(); s != nil {
		return s.steps
	}
	return 0
}

// arguments makes the leaves, and binds the parameters to theirs.
func (r *stepRecorder) arguments(batch, label *tensor.Tensor) {
	defer r.g.Scope("arguments")()
	for _, p := range r.params {
		p.name, p.leaf = p.Name, p.record(r.g)
	}
	for _, p := range r.params {
		if !p.trained() {
			continue
		}
		has, s := recordedMoments(p.memory.rule), p.slot()
		if s == nil {
			s = &slot{}
		}
		p.m, p.v, p.u = r.moment(p, has.m, s.m), r.moment(p, has.v, s.v), r.moment(p, has.u, s.u)
	}
	r.batch, r.label = r.g.ConstTensor(batch).Named("batch"), r.g.ConstTensor(label).Named("label")
	r.lr = r.g.Const(r.cfg.Optimizer.LR()).Named("lr")
	r.step, r.seed = r.g.Const(float64(r.steps)).Named("step"), r.g.Const(0).Named("seed")
	for _, p := range r.params {
		p.now = p.swap(p.leaf)
		r.g.BindTo(p.Data, p.now)
	}
}

// moment makes the leaf of a moment, zeros if t is nil, and returns its index; -1 if it has no name.
func (r *stepRecorder) moment(p *stepParam, name string, t *tensor.Tensor) int {
	if name == "" {
		return -1
	}
	if t == nil {
		t = tensor.New(p.Data.DType(), p.Data.Dims()...)
	}
	name += "." + p.Name
	r.moments = append(r.moments, stepValue{name: name, leaf: r.g.ConstTensor(p.inLayout(t)).Named(name)})
	return len(r.moments) - 1
}

// loss records the forward pass, and the loss with penalties.
func (r *stepRecorder) loss(model Layer) graph.Value {
	done := r.g.Scope("forward")
	pass := TrainAt(r.seed, r.step)
	pass.step = r
	y := model.Forward(pass, r.batch)
	done()
	defer r.g.Scope("loss")()
	l := r.scalar("Loss", r.cfg.Loss(y, r.label))
	var weights []*Param
	for _, p := range r.params {
		if p.trained() && p.isWeight(recordStep) {
			weights = append(weights, p.Param)
		}
	}
	if r.cfg.L2 > 0 {
		l = ops.Add(l, L2(r.g, r.cfg.L2, weights...))
	}
	if r.cfg.L1 > 0 {
		l = ops.Add(l, L1(r.g, r.cfg.L1, weights...))
	}
	return l
}

// scalar returns what a function of the configuration has recorded. It panics unless that is a scalar of the graph.
func (r *stepRecorder) scalar(field string, v graph.Value) graph.Value {
	v.CheckIn(recordStep, r.g)
	if v.Rank() > 0 {
		panic(graph.Errorf(recordStep, graph.ErrShape, "StepConfig.%s gives a value of shape %s, not a scalar: reduce it with ops.Mean", field, tensor.FormatShape(v.Dims())))
	}
	return v
}

// updateState is [Pass.Update] and, for a counter, [Pass.Count] with v the zero Value.
func (r *stepRecorder) updateState(op string, state *Param, v graph.Value, share float64) {
	p := r.of[state]
	if p == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "state %q is none of the model's parameters: let the layer's Params list it", state.Name))
	}
	switch {
	case v.Graph() == nil:
		p.now = ops.AddScalar(p.now, 1)
	case share == 0:
		return
	case share == 1:
		p.now = v
	default:
		p.now = ops.Add(ops.MulScalar(p.now, 1-share), ops.MulScalar(v, share))
	}
	p.next = p.swap(p.now)
}

// gradients records the gradients, and clips them.
func (r *stepRecorder) gradients(loss graph.Value) error {
	defer r.g.Scope("backward")()
	trained := slices.DeleteFunc(slices.Clone(r.params), func(p *stepParam) bool { return !p.trained() })
	reached := r.g.Ancestors(graph.GradEdges, loss)
	leaves := make([]graph.Value, len(trained))
	for i, p := range trained {
		if !reached.Has(p.leaf.ID()) {
			return &UnreachedError{p.memory.optimizer, p.Name}
		}
		leaves[i] = p.leaf
	}
	grads := autograd.Grad(loss, leaves...)
	if limit := r.cfg.ClipValue; limit > 0 {
		for i, v := range grads {
			grads[i] = ops.Where(ops.IsFinite(v), ops.Clamp(v, -limit, limit), v)
		}
	}
	if r.cfg.ClipNorm > 0 {
		r.clipNorm(grads)
	}
	for i, p := range trained {
		p.grad = grads[i]
	}
	return nil
}

// clipNorm is [Gradients.ClipNorm] on values, but that a norm which the graph's precision does not hold counts as one
// that is infinite.
func (r *stepRecorder) clipNorm(grads []graph.Value) {
	norm := ops.Norm(grads[0])
	for _, v := range grads[1:] {
		norm = ops.Hypot(norm, ops.Norm(v))
	}
	limit := r.g.Const(r.cfg.ClipNorm)
	above := ops.Mul(ops.Gt(norm, limit), ops.IsFinite(norm))
	factor := ops.Where(above, ops.Div(limit, norm), r.g.Const(1))
	for i, v := range grads {
		grads[i] = ops.Mul(v, factor)
	}
}

// update records the update of every parameter that is trained.
func (r *stepRecorder) update() {
	defer r.g.Scope("update")()
	lr := r.lr
	if r.cfg.Schedule != nil {
		lr = ops.Mul(lr, r.scalar("Schedule", r.cfg.Schedule(r.step)))
	}
	number := ops.AddScalar(r.step, 1)
	for _, p := range r.params {
		if !p.trained() {
			continue
		}
		u := recordedUpdate{dtype: r.g.DType(), w: p.leaf, g: p.grad, lr: lr, number: number}
		if p.rate != 1 {
			u.lr = ops.MulScalar(lr, p.rate)
		}
		moments := [...]struct {
			index int
			of    *graph.Value
		}{{p.m, &u.m}, {p.v, &u.v}, {p.u, &u.u}}
		for _, m := range moments {
			if m.index >= 0 {
				*m.of = r.moments[m.index].leaf
			}
		}
		p.memory.rule.record(&u)
		p.next = u.w
		for _, m := range moments {
			if m.index >= 0 {
				r.moments[m.index].next = *m.of
			}
		}
	}
}

// function returns the step with its arguments and results in order.
func (r *stepRecorder) function(loss graph.Value) *program.Function {
	f := &program.Function{Name: "step"}
	add := func(role program.Role, v stepValue) {
		f.Arguments = append(f.Arguments, program.Argument{Name: v.name, Role: role, Value: v.leaf})
		if v.next.Graph() != nil {
			f.Results = append(f.Results, program.Result{Name: v.name, Role: role, Value: v.next, Replaces: v.name})
		}
	}
	for _, states := range []bool{false, true} {
		for _, p := range r.params {
			switch isState := p.isState(); {
			case isState != states:
			case isState:
				add(program.State, p.stepValue)
			default:
				add(program.Parameter, p.stepValue)
			}
		}
	}
	for _, m := range r.moments {
		add(program.State, m)
	}
	f.Arguments = append(f.Arguments,
		program.Argument{Name: "batch", Role: program.Batch, Value: r.batch},
		program.Argument{Name: "label", Role: program.Label, Value: r.label},
		program.Argument{Name: "lr", Role: program.Scalar, Value: r.lr},
		program.Argument{Name: "step", Role: program.Scalar, Value: r.step},
		program.Argument{Name: "seed", Role: program.Scalar, Value: r.seed},
	)
	f.Results = append(f.Results, program.Result{Name: "loss", Role: program.Loss, Value: loss})
	return f
}

// A recordedUpdate is the update of a parameter as values on a graph: what there is before, and after [rule.record].
type recordedUpdate struct {
	dtype   tensor.DType // in which the update is computed
	w       graph.Value
	m, v, u graph.Value // moments, the zero Value for one that there is not

	g      graph.Value // the gradient
	lr     graph.Value // a scalar
	number graph.Value // of the step, from 1 on, a scalar
}

// rounded returns a setting as the precision of the update has it.
func (u *recordedUpdate) rounded(c float64) float64 {
	if u.dtype == tensor.Float32 {
		return float64(float32(c))
	}
	return c
}

// decay adds a multiple of the parameter to its gradient.
func (u *recordedUpdate) decay(c float64) {
	if c > 0 {
		u.g = ops.Add(u.g, ops.MulScalar(u.w, c))
	}
}

// shrink multiplies the parameter by 1 less a multiple of the learning rate.
func (u *recordedUpdate) shrink(c float64) {
	if c > 0 {
		u.w = ops.Mul(u.w, ops.AddScalar(ops.MulScalar(u.lr, -c), 1))
	}
}

// mix returns share·x + (1-share)·y.
func (u *recordedUpdate) mix(share float64, x, y graph.Value) graph.Value {
	share = u.rounded(share)
	return ops.Add(ops.MulScalar(x, share), ops.MulScalar(y, 1-share))
}

// correction returns 1 - shareⁿ for step number n: what a mean that began as 0 has of its weights by then.
func (u *recordedUpdate) correction(share float64) graph.Value {
	share = u.rounded(share)
	if share == 0 {
		return u.number.Graph().Const(1)
	}
	return ops.Neg(ops.Expm1(ops.MulScalar(u.number, math.Log(share))))
}

// recordedMoments returns the moments that a rule needs. [SGD.moments] has one for the sake of its kernel too.
func recordedMoments(r rule) moments {
	if s, ok := r.(*SGD); ok && s.cfg.Momentum == 0 {
		return moments{}
	}
	return r.moments()
}
