package nn

import (
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/ops"
)

// LionConfig holds the settings of [NewLion]. Zero stands for the paper's value in LR and Betas.
type LionConfig struct {
	LR float64 // size of a step of every number, > 0; 0 means 0.0001

	// Betas are β₁, the share of the moment in the direction of a step, and β₂, the share of the moment that is kept:
	// 0 ≤ β < 1. Give both or none, which means 0.9 and 0.99.
	Betas       [2]float64
	WeightDecay float64 // λ ≥ 0: makes every parameter smaller by LR·λ·w, biases too
}

// Lion moves every number by the same amount, in the direction of its gradients; see [NewLion].
type Lion struct {
	cfg    LionConfig // but for LR
	memory memory
}

// NewLion returns Lion. For the gradient g of a parameter w, and its moment m, 0 at first:
//
//	c = β₁·m + (1-β₁)·g
//	w = w - LR·(sign(c) + WeightDecay·w)
//	m = β₂·m + (1-β₂)·g
//
// where sign(0) is 0. As every number moves by LR, that is to be a third to a tenth of Adam's, and WeightDecay as much
// larger. NewLion panics with a [*graph.Error] if a setting is out of range.
//
// Source: Chen et al., Symbolic discovery of optimization algorithms (2023), algorithm 2.
func NewLion(cfg LionConfig) *Lion {
	const op = "nn.NewLion"
	cfg.LR = orDefault(cfg.LR, 1e-4)
	if cfg.Betas == [2]float64{} {
		cfg.Betas = [2]float64{0.9, 0.99}
	}
	positive(op, "LR", cfg.LR)
	mustBeBetas(op, cfg.Betas)
	notNegative(op, "WeightDecay", cfg.WeightDecay)
	l := &Lion{cfg: cfg}
	l.memory.begin("nn.Lion", l, cfg.LR)
	return l
}

// Step changes the parameters by the gradients of a sweep; see [Optimizer].
func (l *Lion) Step(params []*Param, grads autograd.Gradients) error {
	const op = "nn.Lion.Step"
	return l.made(op).step(op, params, grads)
}

// Apply changes the parameters by gradients that were added up; see [Optimizer].
func (l *Lion) Apply(grads *Gradients) error {
	const op = "nn.Lion.Apply"
	return l.made(op).apply(op, grads)
}

// LR returns the learning rate.
func (l *Lion) LR() float64 { return l.made("nn.Lion.LR").lr }

// SetLR changes the learning rate for the steps to come; see [Optimizer].
func (l *Lion) SetLR(lr float64) {
	const op = "nn.Lion.SetLR"
	l.made(op).setLR(op, lr)
}

// State returns what is remembered of the given parameters; see [Keeper].
func (l *Lion) State(params []*Param) OptimizerState {
	const op = "nn.Lion.State"
	return l.made(op).state(op, params)
}

// SetState makes a state what is remembered of the given parameters; see [Keeper].
func (l *Lion) SetState(params []*Param, state OptimizerState) error {
	const op = "nn.Lion.SetState"
	return l.made(op).setState(op, params, state)
}

// made returns the memory, and panics if no constructor has made it.
func (l *Lion) made(op string) *memory {
	if l == nil || l.memory.slots == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.Lion: make one with nn.NewLion(nn.LionConfig{})"))
	}
	return &l.memory
}

func (l *Lion) plain(dtype tensor.DType, b bounds, size float64) (bounds, bool) {
	c, lr, keep := &l.cfg, l.memory.lr, l.keep()
	least, largest, _ := rangeOf(dtype)
	by := max(c.Betas[0]*b.m, (1-c.Betas[0])*size)
	b.m = c.Betas[1]*b.m + (1-c.Betas[1])*size
	b.w = math.Abs(keep)*b.w + lr
	// A sign counts however small its number is, so that all numbers must keep their digits.
	room := 0x1p24 * least
	ok := (by == 0 || by >= room) && (b.m == 0 || b.m >= room) && b.m <= largest && b.w <= largest && math.Abs(keep) <= largest
	return b, ok && holds(dtype, lr) && holds(dtype, c.WeightDecay) && holds(dtype, c.Betas[0]) && holds(dtype, c.Betas[1]) && belowOne(dtype, c.Betas[0], c.Betas[1])
}

// keep returns the factor of a parameter before the step.
func (l *Lion) keep() float64 { return 1 - l.memory.lr*l.cfg.WeightDecay }

func (l *Lion) moments() moments { return moments{m: "exp_avg"} }

func (l *Lion) step(p *Param, m *slot) {
	array.Instance(p.Data.DType(), lionStep[float64], lionStep[float32])(l, p, m)
}

func lionStep[T kernel.Float](l *Lion, p *Param, m *slot) {
	c := &l.cfg
	kernel.Lion(tensor.Data[T](p.Data), tensor.Data[T](m.orZeros(p)), tensor.Data[T](state(&m.m, p)), T(l.memory.lr), T(c.Betas[0]), T(c.Betas[1]), T(c.WeightDecay))
}

func (l *Lion) careful(d *draft, _ int) {
	c, keep := &l.cfg, l.keep()
	for i, w := range d.w {
		by := 0.0
		if s := c.Betas[0]*d.m[i] + (1-c.Betas[0])*d.g[i]; s != 0 {
			by = math.Copysign(l.memory.lr, s)
		}
		d.w[i] = keep*w - by
		d.m[i] = max(-math.MaxFloat64, min(c.Betas[1]*d.m[i]+(1-c.Betas[1])*d.g[i], math.MaxFloat64))
	}
}

func (l *Lion) record(u *recordedUpdate) {
	c := &l.cfg
	u.shrink(c.WeightDecay)
	by := ops.Sign(u.mix(c.Betas[0], u.m, u.g))
	u.m = u.mix(c.Betas[1], u.m, u.g)
	u.w = ops.Sub(u.w, ops.Mul(u.lr, by))
}
