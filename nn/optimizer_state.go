package nn

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Keeper is an [Optimizer] whose memory can be saved and brought back, so that training goes on later as if it had
// not been interrupted: bit by bit the same, for the same parameters, gradients, settings and rates. All optimizers of
// this package are Keepers; one of your own may be.
//
// State returns a copy of what is remembered of the given parameters. SetState brings it back, for the same list of
// parameters, which may be those of another model that was built alike. A state holds neither the numbers of the
// parameters, which must be restored before SetState, nor the settings of the optimizer with its learning rate.
//
// SetState returns an error, and changes nothing, if the state is not one of such an optimizer and such parameters: if
// something is missing, there twice or unknown, of another shape, or a number that it cannot be. A parameter that the
// state does not have at all begins anew. Both panic with a [*graph.Error] if a parameter is nil or has no numbers.
type Keeper interface {
	State(params []*Param) OptimizerState
	SetState(params []*Param, s OptimizerState) error
}

// An OptimizerState is what an optimizer, or an [EMA], remembers of a list of parameters, as tensors and whole numbers
// that can be written to a file. The order of its lists does not matter.
type OptimizerState struct {
	Optimizer string // whose it is, such as "nn.Adam"
	Tensors   []StateTensor
	Counts    []StateCount
}

// A StateTensor is a tensor that an optimizer remembers of a parameter. Those that PyTorch has as well have its name:
// exp_avg and exp_avg_sq of Adam, momentum_buffer of SGD. They have the parameter's shape. "bounds" are three upper
// bounds of absolute values, of the parameter and of what is remembered, by which a step finds out whether it needs
// double precision.
type StateTensor struct {
	Param int    // its index in the list of parameters
	Name  string // such as "exp_avg"
	Data  *tensor.Tensor
}

// A StateCount is a whole number that an optimizer remembers of a parameter: "step", how many steps it has taken, and
// "wide", which is 1 if the tensors are float64 for a step with numbers that the parameter's own precision cannot hold,
// and means of squares are there as their roots, and else is 0 or missing.
type StateCount struct {
	Param int    // its index in the list of parameters
	Name  string // such as "step"
	N     int64
}

// maxSteps is how many steps a state may count. No training comes near it.
const maxSteps = min(1<<53, math.MaxInt/2)

// state returns a copy of what there is to keep of the given parameters.
func (o *memory) state(op string, params []*Param) OptimizerState {
	mustHaveNumbers(op, params)
	s := OptimizerState{Optimizer: o.optimizer}
	listed := make(map[*Param]bool, len(params))
	for i, p := range params {
		m := o.slots[p]
		if m == nil || m.steps == 0 || listed[p] || !m.fits(p) {
			continue
		}
		listed[p] = true
		s.count(i, "step", m.steps)
		if m.wide {
			s.count(i, "wide", 1)
		}
		has := o.rule.moments()
		s.tensor(i, has.m, m.m)
		s.tensor(i, has.v, m.v)
		s.tensor(i, has.u, m.u)
		b := m.bounds
		if m.data != p.Data || m.version != p.Data.Version() {
			b.w = 0
		}
		s.tensor(i, "bounds", tensor.Of([]float64{b.w, b.m, b.v}, 3))
	}
	return s
}

func (s *OptimizerState) count(param int, name string, n int) {
	s.Counts = append(s.Counts, StateCount{param, name, int64(n)})
}

// tensor adds a copy of a tensor, unless it has no name.
func (s *OptimizerState) tensor(param int, name string, t *tensor.Tensor) {
	if name != "" {
		s.Tensors = append(s.Tensors, StateTensor{param, name, t.Clone()})
	}
}

// setState makes a state the memory of the given parameters.
func (o *memory) setState(op string, params []*Param, s OptimizerState) error {
	slots, err := o.restore(op, params, s)
	if err == nil {
		o.install(params, slots)
	}
	return err
}

// install makes the slots of [memory.restore] those of the given parameters.
func (o *memory) install(params []*Param, slots map[*Param]*slot) {
	for _, p := range params {
		delete(o.slots, p)
		if m := slots[p]; m != nil {
			o.slots[p] = m
		}
	}
}

// restore returns the slots of a state. Nothing has changed so far.
func (o *memory) restore(op string, params []*Param, s OptimizerState) (map[*Param]*slot, error) {
	mustHaveNumbers(op, params)
	if err := sameOptimizer(op, s.Optimizer, o.optimizer); err != nil {
		return nil, err
	}
	has := o.rule.moments()
	r := &restorer{
		op: op, params: params,
		counts:  map[string][2]int64{"step": {1, maxSteps}, "wide": {0, 1}},
		tensors: map[string][]int{"bounds": {3}},
	}
	for _, name := range []string{has.m, has.v, has.u} {
		if name != "" {
			r.tensors[name] = nil
		}
	}
	if err := r.sort(s); err != nil {
		return nil, err
	}
	slots := map[*Param]*slot{}
	for p, parts := range r.parts {
		m, err := r.slot(p, parts, has)
		if err != nil {
			return nil, err
		}
		slots[p] = m
	}
	return slots, nil
}
