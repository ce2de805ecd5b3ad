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

// AdamConfig holds the settings of [NewAdam]. Zero stands for the paper's value in LR, Betas and Eps.
type AdamConfig struct {
	LR float64 // step size α > 0; 0 means 0.001

	// Betas are β₁ and β₂, the shares of the first and the second moment that are kept: 0 ≤ β₁ < 1 and 0 < β₂ < 1. Give
	// both or none, which means 0.9 and 0.999.
	Betas       [2]float64
	Eps         float64 // ε > 0, added to the root of the second moment; 0 means 1e-8
	WeightDecay float64 // d ≥ 0: adds d·w to the gradient of every parameter, biases too; see [NewAdamW]
}

// AdamWConfig holds the settings of [NewAdamW]. Zero stands for the value of Adam's paper in LR, Betas and Eps.
type AdamWConfig struct {
	LR          float64    // step size α > 0; 0 means 0.001
	Betas       [2]float64 // β₁ and β₂, as in [AdamConfig]; none means 0.9 and 0.999
	Eps         float64    // ε > 0, added to the root of the second moment; 0 means 1e-8
	WeightDecay float64    // λ ≥ 0: makes every parameter smaller by LR·λ·w, biases too; PyTorch begins with 0.01
}

// Adam is gradient descent with a step size of its own for each number; see [NewAdam] and [NewAdamW].
type Adam struct {
	cfg       AdamConfig // but for LR
	decoupled bool       // AdamW
	memory    memory

	// What the moments are divided by in a step, in each precision: parameters have it in common that have taken as many.
	weights [2]struct {
		steps int
		of    [2]float64
	}
}

// NewAdam returns Adam. For the gradient g of a parameter w, and its moments m and v, 0 before step t = 1:
//
//	g = g + WeightDecay·w
//	m = β₁·m + (1-β₁)·g
//	v = β₂·v + (1-β₂)·g²
//	w = w - LR · m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε)
//
// t counts the steps of each parameter. It panics with a [*graph.Error] if a setting is out of range.
//
// Source: Kingma and Ba, Adam: a method for stochastic optimization (2015), algorithm 1.
func NewAdam(cfg AdamConfig) *Adam { return newAdam("nn.NewAdam", "nn.Adam", cfg, false) }

// NewAdamW returns AdamW: Adam with a weight decay that is apart from the gradient, so that it is the same for all
// numbers, however large their gradients are. In place of the first line of [NewAdam] it has
//
//	w = w - LR·WeightDecay·w
//
// It panics with a [*graph.Error] if a setting is out of range.
//
// Source: Loshchilov and Hutter, Decoupled weight decay regularization (2019), algorithm 2, in PyTorch's form, in which
// the learning rate multiplies the decay.
func NewAdamW(cfg AdamWConfig) *Adam {
	return newAdam("nn.NewAdamW", "nn.AdamW", AdamConfig(cfg), true)
}

func newAdam(op, name string, cfg AdamConfig, decoupled bool) *Adam {
	cfg.LR = orDefault(cfg.LR, 1e-3)
	cfg.Eps = orDefault(cfg.Eps, 1e-8)
	if cfg.Betas == [2]float64{} {
		cfg.Betas = [2]float64{0.9, 0.999}
	}
	positive(op, "LR", cfg.LR)
	mustBeBetas(op, cfg.Betas)
	if cfg.Betas[1] == 0 {
		panic(graph.Errorf(op, graph.ErrValue, "Betas = %v: want 0 < β₂ < 1; give both, or none for 0.9 and 0.999", cfg.Betas))
	}
	positive(op, "Eps", cfg.Eps)
	notNegative(op, "WeightDecay", cfg.WeightDecay)
	a := &Adam{cfg: cfg, decoupled: decoupled}
	a.memory.begin(name, a, cfg.LR)
	return a
}

// Step changes the parameters by the gradients of a sweep; see [Optimizer].
func (a *Adam) Step(params []*Param, grads autograd.Gradients) error {
	const op = "nn.Adam.Step"
	return a.made(op).step(op, params, grads)
}

// Apply changes the parameters by gradients that were added up; see [Optimizer].
func (a *Adam) Apply(grads *Gradients) error {
	const op = "nn.Adam.Apply"
	return a.made(op).apply(op, grads)
}

// LR returns the learning rate.
func (a *Adam) LR() float64 { return a.made("nn.Adam.LR").lr }

// SetLR changes the learning rate for the steps to come; see [Optimizer].
func (a *Adam) SetLR(lr float64) {
	const op = "nn.Adam.SetLR"
	a.made(op).setLR(op, lr)
}

// State returns what is remembered of the given parameters; see [Keeper].
func (a *Adam) State(params []*Param) OptimizerState {
	const op = "nn.Adam.State"
	return a.made(op).state(op, params)
}

// SetState makes a state what is remembered of the given parameters; see [Keeper].
func (a *Adam) SetState(params []*Param, state OptimizerState) error {
	const op = "nn.Adam.SetState"
	return a.made(op).setState(op, params, state)
}

// made returns the memory, and panics if no constructor has made it.
func (a *Adam) made(op string) *memory {
	if a == nil || a.memory.slots == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.Adam: make one with nn.NewAdam(nn.AdamConfig{})"))
	}
	return &a.memory
}

func (a *Adam) plain(dtype tensor.DType, b bounds, size float64) (bounds, bool) {
	c := &a.cfg
	_, largest, root := rangeOf(dtype)
	keep, decay := a.decay()
	d := size + decay*b.w
	b.m = c.Betas[0]*b.m + (1-c.Betas[0])*d
	b.v = max(b.v, d)
	rate := a.memory.lr / (1 - c.Betas[0]) // of the first step, later ones have less
	b.w = math.Abs(keep)*b.w + rate*b.m/c.Eps
	ok := b.v <= root && rate*b.m <= largest && b.w <= largest && rate <= largest && math.Abs(keep) <= largest
	return b, ok && holds(dtype, a.memory.lr) && holds(dtype, c.WeightDecay) && holds(dtype, c.Eps) &&
		belowOne(dtype, c.Betas[0], c.Betas[1]) && outweighs(dtype, c.Eps, 1-c.Betas[1])
}

// decay returns the factor of a parameter before the step, and its factor in the gradient.
func (a *Adam) decay() (keep, decay float64) {
	if a.decoupled {
		return 1 - a.memory.lr*a.cfg.WeightDecay, 0
	}
	return 1, a.cfg.WeightDecay
}

func (a *Adam) moments() moments { return moments{m: "exp_avg", v: "exp_avg_sq", squares: true} }

func (a *Adam) step(p *Param, m *slot) {
	array.Instance(p.Data.DType(), adamStep[float64], adamStep[float32])(a, p, m)
}

func adamStep[T kernel.Float](a *Adam, p *Param, m *slot) {
	c := &a.cfg
	weights := &a.weights[p.Data.DType()]
	if weights.steps != m.steps {
		weights.steps, weights.of = m.steps, kernel.AdamWeights(T(c.Betas[0]), T(c.Betas[1]), m.steps)
	}
	kernel.Adam(tensor.Data[T](p.Data), tensor.Data[T](m.orZeros(p)), tensor.Data[T](state(&m.m, p)), tensor.Data[T](state(&m.v, p)),
		T(a.memory.lr), T(c.Betas[0]), T(c.Betas[1]), T(c.Eps), T(c.WeightDecay), a.decoupled, weights.of)
}

func (a *Adam) careful(d *draft, n int) {
	c := &a.cfg
	keep, decay := a.decay()
	kept, added := math.Sqrt(c.Betas[1]), math.Sqrt(1-c.Betas[1])
	meanM, meanV := 1-math.Pow(c.Betas[0], float64(n)), math.Sqrt(1-math.Pow(c.Betas[1], float64(n)))
	for i, w := range d.w {
		g := d.g[i] + decay*w
		d.m[i] = c.Betas[0]*d.m[i] + (1-c.Betas[0])*g
		d.v[i] = min(math.Hypot(kept*d.v[i], added*g), math.MaxFloat64)
		root := min(d.v[i]/meanV, math.MaxFloat64)
		d.w[i] = keep*w - a.memory.lr*(d.m[i]/meanM/(root+c.Eps))
	}
}

func (a *Adam) record(u *recordedUpdate) {
	c := &a.cfg
	if a.decoupled {
		u.shrink(c.WeightDecay)
	} else {
		u.decay(c.WeightDecay)
	}
	u.m = u.mix(c.Betas[0], u.m, u.g)
	u.v = u.mix(c.Betas[1], u.v, ops.Square(u.g))
	root := ops.Mul(ops.Sqrt(u.v), ops.Rsqrt(u.correction(c.Betas[1])))
	rate := ops.Div(u.lr, u.correction(c.Betas[0]))
	u.w = ops.Sub(u.w, ops.Mul(rate, ops.Div(u.m, ops.AddScalar(root, c.Eps))))
}
