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

// AdagradConfig holds the settings of [NewAdagrad]. Zero stands for PyTorch's value in LR and Eps.
type AdagradConfig struct {
	LR          float64 // step size > 0; 0 means 0.01
	Eps         float64 // ε > 0, added to the root of the sum of squares; 0 means 1e-10
	WeightDecay float64 // d ≥ 0: adds d·w to the gradient of every parameter, biases too
}

// Adagrad is gradient descent with a step size for each number that falls as its gradients add up; see [NewAdagrad].
type Adagrad struct {
	cfg    AdagradConfig // but for LR
	memory memory
}

// NewAdagrad returns Adagrad. For the gradient g of a parameter w and the sum of squares v, 0 at first:
//
//	g = g + WeightDecay·w
//	v = v + g²
//	w = w - LR·g/(√v + ε)
//
// A root above the largest float64 counts as that. PyTorch's lr_decay is the [Schedule] 1/(1 + lr_decay·step).
// NewAdagrad panics with a [*graph.Error] if a setting is out of range.
//
// Source: Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic optimization (2011),
// section 1.1, with the diagonal matrix, in PyTorch's form.
func NewAdagrad(cfg AdagradConfig) *Adagrad {
	const op = "nn.NewAdagrad"
	cfg.LR = orDefault(cfg.LR, 1e-2)
	cfg.Eps = orDefault(cfg.Eps, 1e-10)
	positive(op, "LR", cfg.LR)
	positive(op, "Eps", cfg.Eps)
	notNegative(op, "WeightDecay", cfg.WeightDecay)
	a := &Adagrad{cfg: cfg}
	a.memory.begin("nn.Adagrad", a, cfg.LR)
	return a
}

// Step changes the parameters by the gradients of a sweep; see [Optimizer].
func (a *Adagrad) Step(params []*Param, grads autograd.Gradients) error {
	const op = "nn.Adagrad.Step"
	return a.made(op).step(op, params, grads)
}

// Apply changes the parameters by gradients that were added up; see [Optimizer].
func (a *Adagrad) Apply(grads *Gradients) error {
	const op = "nn.Adagrad.Apply"
	return a.made(op).apply(op, grads)
}

// LR returns the learning rate.
func (a *Adagrad) LR() float64 { return a.made("nn.Adagrad.LR").lr }

// SetLR changes the learning rate for the steps to come; see [Optimizer].
func (a *Adagrad) SetLR(lr float64) {
	const op = "nn.Adagrad.SetLR"
	a.made(op).setLR(op, lr)
}

// State returns what is remembered of the given parameters; see [Keeper].
func (a *Adagrad) State(params []*Param) OptimizerState {
	const op = "nn.Adagrad.State"
	return a.made(op).state(op, params)
}

// SetState makes a state what is remembered of the given parameters; see [Keeper].
func (a *Adagrad) SetState(params []*Param, state OptimizerState) error {
	const op = "nn.Adagrad.SetState"
	return a.made(op).setState(op, params, state)
}

// made returns the memory, and panics if no constructor has made it.
func (a *Adagrad) made(op string) *memory {
	if a == nil || a.memory.slots == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.Adagrad: make one with nn.NewAdagrad(nn.AdagradConfig{})"))
	}
	return &a.memory
}

func (a *Adagrad) plain(dtype tensor.DType, b bounds, size float64) (bounds, bool) {
	c, lr := &a.cfg, a.memory.lr
	_, largest, root := rangeOf(dtype)
	d := size + c.WeightDecay*b.w
	b.v = math.Hypot(b.v, d)
	b.w += lr * min(1, d/c.Eps) // a number is no larger than the root of the sum that its square is part of
	ok := b.v <= root && b.w <= largest
	return b, ok && holds(dtype, lr) && holds(dtype, c.WeightDecay) && holds(dtype, c.Eps) && outweighs(dtype, c.Eps, 1)
}

func (a *Adagrad) moments() moments { return moments{v: "sum", squares: true} }

func (a *Adagrad) step(p *Param, m *slot) {
	array.Instance(p.Data.DType(), adagradStep[float64], adagradStep[float32])(a, p, m)
}

func adagradStep[T kernel.Float](a *Adagrad, p *Param, m *slot) {
	c := &a.cfg
	kernel.Adagrad(tensor.Data[T](p.Data), tensor.Data[T](m.orZeros(p)), tensor.Data[T](state(&m.v, p)), T(a.memory.lr), T(c.Eps), T(c.WeightDecay))
}

func (a *Adagrad) careful(d *draft, _ int) {
	c := &a.cfg
	for i, w := range d.w {
		g := d.g[i] + c.WeightDecay*w
		d.v[i] = min(math.Hypot(d.v[i], g), math.MaxFloat64)
		d.w[i] = w - a.memory.lr*(g/2/(d.v[i]/2+c.Eps/2)) // whose sum cannot overflow
	}
}

func (a *Adagrad) record(u *recordedUpdate) {
	c := &a.cfg
	u.decay(c.WeightDecay)
	u.v = ops.Add(u.v, ops.Square(u.g))
	u.w = ops.Sub(u.w, ops.Mul(u.lr, ops.Div(u.g, ops.AddScalar(ops.Sqrt(u.v), c.Eps))))
}
