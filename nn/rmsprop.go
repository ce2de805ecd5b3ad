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

// RMSPropConfig holds the settings of [NewRMSProp]. Zero stands for PyTorch's value in LR, Alpha and Eps, and is a
// meaningful value of the others.
type RMSPropConfig struct {
	LR          float64 // step size > 0; 0 means 0.01
	Alpha       float64 // share of the mean of squares that is kept, 0 < α < 1; 0 means 0.99
	Eps         float64 // ε > 0, added to the root of the mean; 0 means 1e-8
	Momentum    float64 // μ, 0 ≤ μ < 1: the share of the last step that is taken again
	Centered    bool    // divide by the root of the variance in place of the mean of squares
	WeightDecay float64 // d ≥ 0: adds d·w to the gradient of every parameter, biases too
}

// RMSProp is gradient descent with a step size for each number by the size of its last gradients; see [NewRMSProp].
type RMSProp struct {
	cfg    RMSPropConfig // but for LR
	memory memory
}

// NewRMSProp returns RMSProp. For the gradient g of a parameter w, and moments v, u and m that are 0 at first:
//
//	g = g + WeightDecay·w
//	v = α·v + (1-α)·g²
//	u = α·u + (1-α)·g                      if Centered
//	m = Momentum·m + g/(√v + ε)            or g/(√(v-u²) + ε) if Centered
//	w = w - LR·m
//
// A difference v-u² that is below 0 by rounding counts as 0, where PyTorch has NaN. NewRMSProp panics with a
// [*graph.Error] if a setting is out of range.
//
// Source: Tieleman and Hinton, Neural networks for machine learning, lecture 6.5 (2012); Graves, Generating sequences
// with recurrent neural networks (2013), equations 38 to 41, for the centered form; both in PyTorch's form, with ε
// outside of the root.
func NewRMSProp(cfg RMSPropConfig) *RMSProp {
	const op = "nn.NewRMSProp"
	cfg.LR = orDefault(cfg.LR, 1e-2)
	cfg.Alpha = orDefault(cfg.Alpha, 0.99)
	cfg.Eps = orDefault(cfg.Eps, 1e-8)
	positive(op, "LR", cfg.LR)
	between(op, "Alpha", cfg.Alpha, 0, 1)
	positive(op, "Eps", cfg.Eps)
	between(op, "Momentum", cfg.Momentum, 0, 1)
	notNegative(op, "WeightDecay", cfg.WeightDecay)
	r := &RMSProp{cfg: cfg}
	r.memory.begin("nn.RMSProp", r, cfg.LR)
	return r
}

// Step changes the parameters by the gradients of a sweep; see [Optimizer].
func (r *RMSProp) Step(params []*Param, grads autograd.Gradients) error {
	const op = "nn.RMSProp.Step"
	return r.made(op).step(op, params, grads)
}

// Apply changes the parameters by gradients that were added up; see [Optimizer].
func (r *RMSProp) Apply(grads *Gradients) error {
	const op = "nn.RMSProp.Apply"
	return r.made(op).apply(op, grads)
}

// LR returns the learning rate.
func (r *RMSProp) LR() float64 { return r.made("nn.RMSProp.LR").lr }

// SetLR changes the learning rate for the steps to come; see [Optimizer].
func (r *RMSProp) SetLR(lr float64) {
	const op = "nn.RMSProp.SetLR"
	r.made(op).setLR(op, lr)
}

// State returns what is remembered of the given parameters; see [Keeper].
func (r *RMSProp) State(params []*Param) OptimizerState {
	const op = "nn.RMSProp.State"
	return r.made(op).state(op, params)
}

// SetState makes a state what is remembered of the given parameters; see [Keeper].
func (r *RMSProp) SetState(params []*Param, state OptimizerState) error {
	const op = "nn.RMSProp.SetState"
	return r.made(op).setState(op, params, state)
}

// made returns the memory, and panics if no constructor has made it.
func (r *RMSProp) made(op string) *memory {
	if r == nil || r.memory.slots == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.RMSProp: make one with nn.NewRMSProp(nn.RMSPropConfig{})"))
	}
	return &r.memory
}

func (r *RMSProp) plain(dtype tensor.DType, b bounds, size float64) (bounds, bool) {
	c, lr := &r.cfg, r.memory.lr
	_, largest, root := rangeOf(dtype)
	d := size + c.WeightDecay*b.w
	b.v = max(b.v, d)
	by := d / c.Eps
	if !c.Centered {
		by = min(by, 1/math.Sqrt(1-c.Alpha)) // as v is at least the share of the square that has just come
	}
	if c.Momentum > 0 || c.Centered {
		b.m = c.Momentum*b.m + by
		by = b.m
	}
	b.w += lr * by
	ok := b.v <= root && by <= largest && lr*by <= largest && b.w <= largest
	return b, ok && holds(dtype, lr) && holds(dtype, c.WeightDecay) && holds(dtype, c.Eps) &&
		belowOne(dtype, c.Alpha, 0) && outweighs(dtype, c.Eps, 1-c.Alpha)
}

func (r *RMSProp) moments() moments {
	has := moments{v: "square_avg", squares: true}
	if r.cfg.Momentum > 0 || r.cfg.Centered {
		has.m = "momentum_buffer"
	}
	if r.cfg.Centered {
		has.u = "grad_avg"
	}
	return has
}

func (r *RMSProp) step(p *Param, m *slot) {
	array.Instance(p.Data.DType(), rmspropStep[float64], rmspropStep[float32])(r, p, m)
}

func rmspropStep[T kernel.Float](r *RMSProp, p *Param, m *slot) {
	c, has := &r.cfg, r.moments()
	w, g, v := tensor.Data[T](p.Data), tensor.Data[T](m.orZeros(p)), tensor.Data[T](state(&m.v, p))
	lr, mu, alpha, eps, decay := T(r.memory.lr), T(c.Momentum), T(c.Alpha), T(c.Eps), T(c.WeightDecay)
	switch {
	case has.u != "":
		kernel.RMSPropCentered(w, g, tensor.Data[T](state(&m.m, p)), v, tensor.Data[T](state(&m.u, p)), lr, mu, alpha, eps, decay)
	case has.m != "":
		kernel.RMSPropMomentum(w, g, tensor.Data[T](state(&m.m, p)), v, lr, mu, alpha, eps, decay)
	default:
		kernel.RMSProp(w, g, v, lr, alpha, eps, decay)
	}
}

func (r *RMSProp) careful(d *draft, _ int) {
	c := &r.cfg
	kept, added := math.Sqrt(c.Alpha), math.Sqrt(1-c.Alpha)
	for i, w := range d.w {
		g := d.g[i] + c.WeightDecay*w
		d.v[i] = min(math.Hypot(kept*d.v[i], added*g), math.MaxFloat64)
		root := d.v[i]
		if c.Centered {
			d.u[i] = c.Alpha*d.u[i] + (1-c.Alpha)*g
			u := math.Abs(d.u[i])
			root = math.Sqrt(max(root-u, 0)) * math.Sqrt(min(root+u, math.MaxFloat64)) // of the difference of squares
		}
		d.m[i] = c.Momentum*d.m[i] + g/(root+c.Eps)
		d.w[i] = w - r.memory.lr*d.m[i]
	}
}

func (r *RMSProp) record(u *recordedUpdate) {
	c := &r.cfg
	u.decay(c.WeightDecay)
	u.v = u.mix(c.Alpha, u.v, ops.Square(u.g))
	square := u.v
	if c.Centered {
		u.u = u.mix(c.Alpha, u.u, u.g)
		square = ops.ReLU(ops.Sub(u.v, ops.Square(u.u)))
	}
	by := ops.Div(u.g, ops.AddScalar(ops.Sqrt(square), c.Eps))
	if u.m.Graph() != nil {
		u.m = ops.Add(ops.MulScalar(u.m, c.Momentum), by)
		by = u.m
	}
	u.w = ops.Sub(u.w, ops.Mul(u.lr, by))
}
