package nn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Group is some of a model's parameters with an optimizer of their own; see [NewGroups].
type Group struct {
	Params    []*Param
	Optimizer Optimizer // one of this package's, for this group alone
}

// Groups is an optimizer that is made of others, each for some of the parameters; see [NewGroups].
type Groups struct {
	members []groupPart
	of      map[*Param]int // index of the member whose a parameter is
}

// A groupPart is one of the groups.
type groupPart struct {
	memory *memory
	rate   float64  // of the time of NewGroups, to which the rates stay in proportion
	params []*Param // of the call under way
}

// NewGroups returns an optimizer of groups with rates, settings or even rules of their own, such as a slower rate for
// layers that were trained before, or a weight decay that leaves biases alone.
//
// A step changes the parameters of all groups or, if it returns an error, of none. LR is the rate of the first group,
// and SetLR changes all rates so that they stay in the proportions that they have in NewGroups, also after a rate of 0.
//
// NewGroups panics with a [*graph.Error] if there is no group, a parameter is in two of them, nil, or has no numbers or
// those of another one, an optimizer is nil, is in two groups or not one of this package's, or the first group's rate
// is 0. Groups cannot hold Groups: give all of them at once. Step and Apply panic with one if a parameter that is to be
// trained is in no group.
func NewGroups(groups ...Group) *Groups {
	const op = "nn.NewGroups"
	if len(groups) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "got no groups: give one or more"))
	}
	g := &Groups{of: map[*Param]int{}}
	var all []*Param
	for i, group := range groups {
		mustHaveNumbers(op, group.Params)
		all = append(all, group.Params...)
		for _, p := range group.Params {
			if other, ok := g.of[p]; ok && other != i {
				panic(graph.Errorf(op, graph.ErrUsage, "parameter %q is in group %d and in group %d: put it into one", p.Name, other, i))
			}
			g.of[p] = i
		}
		m := memoryOf(op, i, group.Optimizer)
		if other := slices.IndexFunc(g.members, func(x groupPart) bool { return x.memory == m }); other >= 0 {
			panic(graph.Errorf(op, graph.ErrUsage, "group %d and group %d have the same optimizer: make one for each", other, i))
		}
		g.members = append(g.members, groupPart{memory: m, rate: m.lr})
	}
	distinct(op, all)
	if g.members[0].rate == 0 {
		panic(graph.Errorf(op, graph.ErrValue, "the rate of group 0 is 0: the rates stay in proportion to it; put a group with a rate first"))
	}
	return g
}

// memoryOf returns the memory of the optimizer of a group.
func memoryOf(op string, group int, opt Optimizer) *memory {
	if opt == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "group %d has no optimizer: set one, such as nn.NewSGD(nn.SGDConfig{LR: 0.1})", group))
	}
	m := ownMemory(op, opt)
	if m == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "group %d has a %T: a step of several optimizers that changes all or nothing takes those of this package, and no Groups", group, opt))
	}
	return m
}

// ownMemory returns the memory of an optimizer of this package, and nil for another one and for Groups.
func ownMemory(op string, opt Optimizer) *memory {
	switch opt := opt.(type) {
	case *SGD:
		return opt.made(op)
	case *Adam:
		return opt.made(op)
	case *Adagrad:
		return opt.made(op)
	case *RMSProp:
		return opt.made(op)
	case *Lion:
		return opt.made(op)
	}
	return nil
}

// Step changes the parameters by the gradients of a sweep; see [Optimizer].
func (g *Groups) Step(params []*Param, grads autograd.Gradients) error {
	const op = "nn.Groups.Step"
	g.share(op, params)
	for _, m := range g.members {
		err := m.memory.prepare(op, m.params, func(p *Param, s *slot) (*tensor.Tensor, bool) { return gradientOf(p, &s.scalar, grads) })
		if err != nil {
			return err
		}
	}
	g.commit()
	return nil
}

// Apply changes the parameters by gradients that were added up; see [Optimizer].
func (g *Groups) Apply(grads *Gradients) error {
	const op = "nn.Groups.Apply"
	g.mustBeMade(op)
	grads.check(op)
	g.share(op, grads.params)
	for _, m := range g.members {
		if err := m.memory.prepare(op, m.params, func(p *Param, _ *slot) (*tensor.Tensor, bool) { return grads.gradient(op, p) }); err != nil {
			return err
		}
	}
	g.commit()
	return nil
}

// share gives each member those of the parameters that are its own.
func (g *Groups) share(op string, params []*Param) {
	g.mustBeMade(op)
	mustHaveNumbers(op, params)
	for i := range g.members {
		g.members[i].params = g.members[i].params[:0]
	}
	for _, p := range params {
		if i, ok := g.of[p]; ok {
			g.members[i].params = append(g.members[i].params, p)
		} else if p.trained() {
			panic(graph.Errorf(op, graph.ErrUsage, "parameter %q is in none of the groups: put it into one, or freeze it", p.Name))
		}
	}
}

// commit changes the parameters of all members.
func (g *Groups) commit() {
	for _, m := range g.members {
		m.memory.commit()
	}
}

// LR returns the learning rate of the first group.
func (g *Groups) LR() float64 {
	g.mustBeMade("nn.Groups.LR")
	return g.members[0].memory.lr
}

// SetLR makes lr the learning rate of the first group for the steps to come, and those of the others the same multiple
// of what they were in [NewGroups]; see [Optimizer]. It panics with a [*graph.Error], and changes nothing, if one of
// them would be above the largest float64.
func (g *Groups) SetLR(lr float64) {
	const op = "nn.Groups.SetLR"
	g.mustBeMade(op)
	notNegative(op, "LR", lr)
	by := lr / g.members[0].rate
	for i, m := range g.members[1:] {
		if r := m.rate * by; isNotFinite(r) {
			panic(graph.Errorf(op, graph.ErrValue, "LR = %g would make the rate of group %d %g: want a finite number", lr, i+1, r))
		}
	}
	for _, m := range g.members[1:] {
		m.memory.lr = m.rate * by
	}
	g.members[0].memory.lr = lr
}

// State returns what is remembered of the given parameters; see [Keeper].
func (g *Groups) State(params []*Param) OptimizerState {
	const op = "nn.Groups.State"
	g.share(op, params)
	all := OptimizerState{Optimizer: g.name()}
	for i, m := range g.members {
		s := m.memory.state(op, params)
		others := func(index int) bool { return g.of[params[index]] != i }
		all.Tensors = append(all.Tensors, slices.DeleteFunc(s.Tensors, func(t StateTensor) bool { return others(t.Param) })...)
		all.Counts = append(all.Counts, slices.DeleteFunc(s.Counts, func(c StateCount) bool { return others(c.Param) })...)
	}
	return all
}

// SetState makes a state what is remembered of the given parameters; see [Keeper].
func (g *Groups) SetState(params []*Param, state OptimizerState) error {
	const op = "nn.Groups.SetState"
	g.share(op, params)
	states, err := g.split(op, params, state)
	if err != nil {
		return err
	}
	slots := make([]map[*Param]*slot, len(g.members))
	for i, m := range g.members {
		if slots[i], err = m.memory.restore(op, params, states[i]); err != nil {
			return err
		}
	}
	for i, m := range g.members {
		m.memory.install(m.params, slots[i])
	}
	return nil
}

// split returns the states of the members that make up a state.
func (g *Groups) split(op string, params []*Param, state OptimizerState) ([]OptimizerState, error) {
	if err := sameOptimizer(op, state.Optimizer, g.name()); err != nil {
		return nil, err
	}
	states := make([]OptimizerState, len(g.members))
	for i, m := range g.members {
		states[i].Optimizer = m.memory.optimizer
	}
	of := func(index int, name string) (*OptimizerState, error) {
		if err := withinParams(op, params, index, name); err != nil {
			return nil, err
		}
		i, ok := g.of[params[index]]
		if !ok {
			return nil, fmt.Errorf("%s: %q is of parameter %d, %q, which is in none of the groups", op, name, index, params[index].Name)
		}
		return &states[i], nil
	}
	for _, t := range state.Tensors {
		s, err := of(t.Param, t.Name)
		if err != nil {
			return nil, err
		}
		s.Tensors = append(s.Tensors, t)
	}
	for _, c := range state.Counts {
		s, err := of(c.Param, c.Name)
		if err != nil {
			return nil, err
		}
		s.Counts = append(s.Counts, c)
	}
	return states, nil
}

// name returns what the states of such groups are called.
func (g *Groups) name() string {
	names := make([]string, len(g.members))
	for i, m := range g.members {
		names[i] = m.memory.optimizer
	}
	return "nn.Groups(" + strings.Join(names, ", ") + ")"
}

func (g *Groups) mustBeMade(op string) {
	if g == nil || len(g.members) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.Groups: make one with nn.NewGroups"))
	}
}
