package nn

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// An EMA is an exponential moving average of parameters, which often does better on new data than the numbers that the
// last step has left: they go to and fro, and the average is in the middle. See [NewEMA].
type EMA struct {
	averages []average
	decay    float64
	made     bool
	swapped  bool // the parameters hold the averages
}

// An average is that of a parameter.
type average struct {
	param *Param
	n     int            // updates
	mean  *tensor.Tensor // in float64: shares of 1-decay would be lost in single precision
	kept  *tensor.Tensor // the numbers of the parameter while it holds the average
}

// NewEMA returns an average of the given parameters, without any numbers so far. Give model.Params(); state of layers,
// which is no gradient's work, is left out: it stays what it is. A parameter that is listed twice counts once.
//
// After n updates, for which the parameter was w₁, ..., wₙ, the average is
//
//	Σ decayⁿ⁻ⁱ·wᵢ / Σ decayⁿ⁻ⁱ
//
// Being divided by the sum of the factors, it is not drawn to the numbers at the beginning: after one update it is w₁,
// after two almost the mean of both, and after many it forgets those that are older than 1/(1-decay) updates. (Without
// that, w₁ has the factor decayⁿ⁻¹/(1-decay) in place of decayⁿ⁻¹, as in PyTorch's AveragedModel with
// get_ema_multi_avg_fn.)
//
// NewEMA panics with a [*graph.Error] unless 0 ≤ decay < 1, or if a parameter is nil or has no numbers.
func NewEMA(params []*Param, decay float64) *EMA {
	const op = "nn.NewEMA"
	between(op, "decay", decay, 0, 1)
	mustHaveNumbers(op, params)
	e := &EMA{decay: decay, made: true}
	listed := make(map[*Param]bool, len(params))
	for _, p := range params {
		if p.Kind != State && p.Kind != Counter && !listed[p] {
			listed[p] = true
			e.averages = append(e.averages, average{param: p, mean: tensor.New(tensor.Float64, p.Data.Dims()...), kept: p.Data.Clone()})
		}
	}
	return e
}

// Update takes the numbers of the parameters into the average. Call it after each step of an optimizer, such as in
// FitConfig.OnStep. It allocates nothing. It panics with a [*graph.Error] if the parameters hold the averages, or one
// has changed its shape.
func (e *EMA) Update() {
	const op = "nn.EMA.Update"
	e.mustBeMade(op)
	if e.swapped {
		panic(graph.Errorf(op, graph.ErrUsage, "the parameters hold the averages: call Swap again before training goes on"))
	}
	for i := range e.averages {
		a := &e.averages[i]
		a.n++
		share := 1.0
		if a.n > 1 {
			share = (e.decay - 1) / math.Expm1(float64(a.n)*math.Log(e.decay)) // 1/Σ decayⁱ
		}
		mean := a.mean.Float64s()
		if data := a.param.Data; data.DType() == tensor.Float32 {
			approach(mean, data.Float32s(), share)
		} else {
			approach(mean, data.Float64s(), share)
		}
	}
}

// approach brings the means closer to w by a share of the way.
func approach[T float32 | float64](mean []float64, w []T, share float64) {
	w = w[:len(mean)]
	for i, m := range mean {
		v := float64(w[i])
		if d := v - m; !math.IsInf(d, 0) {
			mean[i] = m + share*d
		} else {
			mean[i] = (1-share)*m + share*v
		}
	}
}

// Swap gives the parameters the numbers of the average, rounded to their precision, for [Evaluate], [Predict] or
// [Save]. The next Swap brings back those that they had before, bit by bit, whatever has become of them in between:
//
//	ema.Swap()
//	loss, wrong, err := nn.Evaluate(model, test, loss, metric)
//	ema.Swap()
//
// Before the first [EMA.Update] there is no average, and the parameters stay as they are. Swap panics with a
// [*graph.Error] if a parameter has changed its shape.
func (e *EMA) Swap() {
	e.mustBeMade("nn.EMA.Swap")
	e.swapped = !e.swapped
	for i := range e.averages {
		a := &e.averages[i]
		if !e.swapped {
			a.param.Data.Copy(a.kept)
			continue
		}
		state(&a.kept, a.param).Copy(a.param.Data)
		if a.n > 0 {
			a.param.Data.Copy(a.mean)
		}
	}
}

// State returns a copy of the averages, for a file: the tensor "average" in float64 and the count "step", of updates,
// for each parameter. Their indices count the parameters of [NewEMA] that have an average, in order.
func (e *EMA) State() OptimizerState {
	e.mustBeMade("nn.EMA.State")
	s := OptimizerState{Optimizer: "nn.EMA"}
	for i, a := range e.averages {
		s.count(i, "step", a.n)
		s.tensor(i, "average", a.mean)
	}
	return s
}

// SetState goes on from a state of [EMA.State], of an average of such parameters. It returns an error, and changes
// nothing, if the state is not one of those; see [Keeper]. It panics with a [*graph.Error] if the parameters hold the
// averages.
func (e *EMA) SetState(s OptimizerState) error {
	const op = "nn.EMA.SetState"
	e.mustBeMade(op)
	if e.swapped {
		panic(graph.Errorf(op, graph.ErrUsage, "the parameters hold the averages: call Swap before"))
	}
	if err := sameOptimizer(op, s.Optimizer, "nn.EMA"); err != nil {
		return err
	}
	r := &restorer{op: op, counts: map[string][2]int64{"step": {0, maxSteps}}, tensors: map[string][]int{"average": nil}}
	for _, a := range e.averages {
		r.params = append(r.params, a.param)
	}
	if err := r.sort(s); err != nil {
		return err
	}
	for i, p := range r.params {
		if x := r.parts[p]; x == nil || !x.has("step", "average") {
			return r.bad(p, i, "%q or %q is missing", "step", "average")
		}
	}
	for i := range e.averages {
		a := &e.averages[i]
		x := r.parts[a.param]
		a.n = int(x.counts["step"])
		a.mean.Copy(x.tensors["average"])
	}
	return nil
}

// mustBeMade panics unless NewEMA has made the average, and its parameters are of the shape that they had.
func (e *EMA) mustBeMade(op string) {
	if e == nil || !e.made {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.EMA: make one with nn.NewEMA(model.Params(), 0.999)"))
	}
	for i := range e.averages {
		p, dims := e.averages[i].param, e.averages[i].mean.Dims()
		p.mustHaveNumbers(op)
		if !slices.Equal(p.Data.Dims(), dims) {
			panic(graph.Errorf(op, graph.ErrShape, "parameter %q has shape %s now, and its average %s: make a new one with nn.NewEMA",
				p.Name, tensor.FormatShape(p.Data.Dims()), tensor.FormatShape(dims)))
		}
	}
}
