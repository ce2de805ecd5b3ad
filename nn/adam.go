package nn

import (
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// AdamConfig holds the settings of [NewAdam]. Zero stands for the paper's value in LR, Beta1, Beta2 and Eps. For a rate
// of really 0 give any tiny number: with Beta1 = 1e-300 nothing of the past gradients is left in m.
type AdamConfig struct {
	LR          float64 // step size α > 0; 0 means 0.001
	Beta1       float64 // share of the first moment that is kept, β₁ < 1; 0 means 0.9
	Beta2       float64 // share of the second moment that is kept, β₂ < 1; 0 means 0.999
	Eps         float64 // ε > 0, added to the root of the second moment; 0 means 1e-8
	WeightDecay float64 // d ≥ 0: adds d·w to the gradient of every parameter, biases too
	Decoupled   bool    // decay w by LR·d·w instead, apart from the moments: AdamW
}

// Adam is gradient descent with a step size of its own for each number; see [NewAdam].
type Adam struct {
	cfg    AdamConfig // but for LR
	memory memory
}

// NewAdam returns Adam. For the gradient g of a parameter w, and its moments m and v, 0 before step t = 1:
//
//	m = β₁·m + (1-β₁)·g
//	v = β₂·v + (1-β₂)·g²
//	w = w - LR · m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ)) + ε)
//
// with g + WeightDecay·w in place of g, or w - LR·WeightDecay·w in place of w if Decoupled is set. t counts the steps of
// each parameter. It panics with a [*graph.Error] if a setting is out of range.
//
// Source: Kingma and Ba, Adam: a method for stochastic optimization (2015), algorithm 1; Loshchilov and Hutter,
// Decoupled weight decay regularization (2019), algorithm 2.
func NewAdam(cfg AdamConfig) *Adam {
	const op = "nn.NewAdam"
	cfg.LR = orDefault(cfg.LR, 1e-3)
	cfg.Beta1 = orDefault(cfg.Beta1, 0.9)
	cfg.Beta2 = orDefault(cfg.Beta2, 0.999)
	cfg.Eps = orDefault(cfg.Eps, 1e-8)
	positive(op, "LR", cfg.LR)
	between(op, "Beta1", cfg.Beta1, 0, 1)
	between(op, "Beta2", cfg.Beta2, 0, 1)
	positive(op, "Eps", cfg.Eps)
	between(op, "WeightDecay", cfg.WeightDecay, 0, math.Inf(1))
	a := &Adam{cfg: cfg}
	a.memory.begin("nn.Adam", a, cfg.LR)
	return a
}

func orDefault(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return v
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
	least, largest, root := rangeOf(dtype)
	keep, decay := a.decay()
	d := size + decay*b.w
	b.m = c.Beta1*b.m + (1-c.Beta1)*d
	b.v = max(b.v, d)
	rate := a.memory.lr / (1 - c.Beta1) // of the first step, later ones have less
	b.w = math.Abs(keep)*b.w + rate*b.m/c.Eps
	ok := b.v <= root && rate*b.m <= largest && b.w <= largest && rate <= largest && math.Abs(keep) <= largest
	return b, ok && holds(dtype, a.memory.lr) && holds(dtype, c.WeightDecay) && holds(dtype, c.Eps) && a.settingsFit(dtype, least)
}

// settingsFit reports whether the rates are below 1 in a precision, and ε is so large that squares below the smallest
// number make no difference beside it.
func (a *Adam) settingsFit(dtype tensor.DType, least float64) bool {
	c, digits := &a.cfg, 0x1p-53
	if dtype == tensor.Float32 {
		if float32(c.Beta1) == 1 || float32(c.Beta2) == 1 {
			return false
		}
		digits = 0x1p-24
	}
	return c.Eps*math.Sqrt(1-c.Beta2)*digits >= math.Sqrt(least)
}

// decay returns the factor of a parameter before the step, and its factor in the gradient.
func (a *Adam) decay() (keep, decay float64) {
	if a.cfg.Decoupled {
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
	kernel.Adam(tensor.Data[T](p.Data), tensor.Data[T](m.orZeros(p)), tensor.Data[T](state(&m.m, p)), tensor.Data[T](state(&m.v, p)),
		T(a.memory.lr), T(c.Beta1), T(c.Beta2), T(c.Eps), T(c.WeightDecay), c.Decoupled, m.steps)
}

func (a *Adam) careful(d *draft, n int) {
	c := &a.cfg
	keep, decay := a.decay()
	kept, added := math.Sqrt(c.Beta2), math.Sqrt(1-c.Beta2)
	meanM, meanV := 1-math.Pow(c.Beta1, float64(n)), math.Sqrt(1-math.Pow(c.Beta2, float64(n)))
	for i, w := range d.w {
		g := d.g[i] + decay*w
		d.m[i] = c.Beta1*d.m[i] + (1-c.Beta1)*g
		d.v[i] = min(math.Hypot(kept*d.v[i], added*g), math.MaxFloat64)
		root := min(d.v[i]/meanV, math.MaxFloat64)
		d.w[i] = keep*w - a.memory.lr*(d.m[i]/meanM/(root+c.Eps))
	}
}
