package nn

import (
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/ops"
)

// SGDConfig holds the settings of [NewSGD]. Zero is a meaningful value of every field but LR, which must be set.
type SGDConfig struct {
	LR          float64 // learning rate η > 0
	Momentum    float64 // μ, 0 ≤ μ < 1: the share of the last step's velocity that is kept
	Nesterov    bool    // look ahead along the velocity; needs a momentum above 0
	WeightDecay float64 // d ≥ 0: adds d·w to the gradient of every parameter, biases too; the penalty λΣw² with λ = d/2
}

// SGD is gradient descent on mini-batches; see [NewSGD].
type SGD struct {
	cfg    SGDConfig // but for LR
	memory memory
}

// NewSGD returns stochastic gradient descent: the update θ ← θ - η·∇l of the lecture's Algorithm 1, with momentum if
// wanted. For the gradient g of a parameter w and its velocity v, 0 at first:
//
//	d = g + WeightDecay·w
//	v = Momentum·v + d
//	w = w - LR·v                    without Nesterov
//	w = w - LR·(d + Momentum·v)     with Nesterov
//
// This is PyTorch's form, in which LR multiplies the velocity when it is used. It panics with a [*graph.Error] if a
// setting is out of range.
//
// Source: Polyak (1964) for momentum; Nesterov (1983), in the form of Sutskever, Martens, Dahl and Hinton, On the
// importance of initialization and momentum in deep learning (2013), section 2, shifted to the point looked ahead to.
func NewSGD(cfg SGDConfig) *SGD {
	const op = "nn.NewSGD"
	positive(op, "LR", cfg.LR)
	between(op, "Momentum", cfg.Momentum, 0, 1)
	notNegative(op, "WeightDecay", cfg.WeightDecay)
	if cfg.Nesterov && cfg.Momentum == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "Nesterov without momentum does nothing: set Momentum above 0, such as 0.9"))
	}
	s := &SGD{cfg: cfg}
	s.memory.begin("nn.SGD", s, cfg.LR)
	return s
}

// Step changes the parameters by the gradients of a sweep; see [Optimizer].
func (s *SGD) Step(params []*Param, grads autograd.Gradients) error {
	const op = "nn.SGD.Step"
	return s.made(op).step(op, params, grads)
}

// Apply changes the parameters by gradients that were added up; see [Optimizer].
func (s *SGD) Apply(grads *Gradients) error {
	const op = "nn.SGD.Apply"
	return s.made(op).apply(op, grads)
}

// LR returns the learning rate.
func (s *SGD) LR() float64 { return s.made("nn.SGD.LR").lr }

// SetLR changes the learning rate for the steps to come; see [Optimizer].
func (s *SGD) SetLR(lr float64) {
	const op = "nn.SGD.SetLR"
	s.made(op).setLR(op, lr)
}

// State returns what is remembered of the given parameters; see [Keeper].
func (s *SGD) State(params []*Param) OptimizerState {
	const op = "nn.SGD.State"
	return s.made(op).state(op, params)
}

// SetState makes a state what is remembered of the given parameters; see [Keeper].
func (s *SGD) SetState(params []*Param, state OptimizerState) error {
	const op = "nn.SGD.SetState"
	return s.made(op).setState(op, params, state)
}

// made returns the memory, and panics if no constructor has made it.
func (s *SGD) made(op string) *memory {
	if s == nil || s.memory.slots == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.SGD: make one with nn.NewSGD(nn.SGDConfig{LR: 0.1})"))
	}
	return &s.memory
}

func (s *SGD) plain(dtype tensor.DType, b bounds, size float64) (bounds, bool) {
	c := &s.cfg
	_, largest, _ := rangeOf(dtype)
	d := size + c.WeightDecay*b.w
	b.v = c.Momentum*b.v + d
	by := b.v
	if c.Nesterov {
		by = d + c.Momentum*b.v
	}
	b.w += s.memory.lr * by
	return b, holds(dtype, s.memory.lr) && holds(dtype, c.WeightDecay) && b.v <= largest && by <= largest && b.w <= largest
}

func (s *SGD) moments() moments {
	if s.cfg.Momentum == 0 && s.cfg.WeightDecay == 0 {
		return moments{}
	}
	return moments{v: "momentum_buffer"}
}

func (s *SGD) step(p *Param, m *slot) {
	array.Instance(p.Data.DType(), sgdStep[float64], sgdStep[float32])(s, p, m)
}

func sgdStep[T kernel.Float](s *SGD, p *Param, m *slot) {
	c, w := &s.cfg, tensor.Data[T](p.Data)
	if s.moments().v != "" {
		kernel.SGDMomentum(w, tensor.Data[T](m.orZeros(p)), tensor.Data[T](state(&m.v, p)), T(s.memory.lr), T(c.Momentum), T(c.WeightDecay), c.Nesterov)
	} else if m.grad != nil {
		kernel.SGD(w, tensor.Data[T](m.grad), T(s.memory.lr))
	}
}

func (s *SGD) careful(d *draft, _ int) {
	c := &s.cfg
	for i, w := range d.w {
		by := d.g[i] + c.WeightDecay*w
		d.v[i] = c.Momentum*d.v[i] + by
		if c.Nesterov {
			by += c.Momentum * d.v[i]
		} else {
			by = d.v[i]
		}
		d.w[i] = w - s.memory.lr*by
	}
}

func (s *SGD) record(u *recordedUpdate) {
	c := &s.cfg
	u.decay(c.WeightDecay)
	by := u.g
	if c.Momentum > 0 {
		u.v = ops.Add(ops.MulScalar(u.v, c.Momentum), by)
		if c.Nesterov {
			by = ops.Add(by, ops.MulScalar(u.v, c.Momentum))
		} else {
			by = u.v
		}
	}
	u.w = ops.Sub(u.w, ops.Mul(u.lr, by))
}
