package nn

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

// A Schedule gives the factor on the learning rates of an optimizer for the update that comes after step others: step 0
// is the first one. Every group of parameters keeps its own rate times this factor. A negative step counts as 0.
//
// Any function will do. Those of this package agree with torch.optim.lr_scheduler where it has the same: the factor of
// step k is what PyTorch multiplies the rate by after k calls of scheduler.step(), when it is called once an update.
type Schedule func(step int) float64

// Constant returns the schedule that is factor at every step. It panics with a [*graph.Error] if factor is negative or
// not finite.
func Constant(factor float64) Schedule {
	notNegative("nn.Constant", "factor", factor)
	return func(int) float64 { return factor }
}

// StepDecay returns the schedule factor^⌊step/every⌋, which falls by a factor once in so many steps. It is PyTorch's
// StepLR. It panics with a [*graph.Error] unless every is at least 1 and factor a finite number above 0.
func StepDecay(every int, factor float64) Schedule {
	const op = "nn.StepDecay"
	mustBeSteps(op, "every", every)
	positive(op, "factor", factor)
	return func(step int) float64 { return math.Pow(factor, float64(max(step, 0)/every)) }
}

// Exponential returns the schedule gamma^step. It is PyTorch's ExponentialLR. A gamma above 1 grows without bound, as
// is wanted for finding out which rates a model can stand. Exponential panics with a [*graph.Error] unless gamma is a
// finite number above 0.
func Exponential(gamma float64) Schedule {
	positive("nn.Exponential", "gamma", gamma)
	return func(step int) float64 { return math.Pow(gamma, float64(max(step, 0))) }
}

// Cosine returns the schedule that falls from 1 to floor along half a wave, in the given number of steps:
//
//	floor + (1-floor)·(1 + cos(π·step/steps))/2
//
// The floor is 0 if it is left out. At step = steps, and beyond, the factor is floor; PyTorch's CosineAnnealingLR,
// which is the same up to there with eta_min = floor·LR, rises again. Cosine panics with a [*graph.Error] if steps is
// below 1, the floor is not between 0 and 1, or there are several.
//
// Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (2017), equation 5, without the
// restarts.
func Cosine(steps int, floor ...float64) Schedule {
	const op = "nn.Cosine"
	mustBeSteps(op, "steps", steps)
	low := 0.0
	switch len(floor) {
	case 0:
	case 1:
		low = floor[0]
	default:
		panic(graph.Errorf(op, graph.ErrUsage, "got %d floors: give one, or none for 0", len(floor)))
	}
	if !(low >= 0 && low <= 1) {
		panic(graph.Errorf(op, graph.ErrValue, "floor = %g: want 0 ≤ floor ≤ 1, as a factor of the rate", low))
	}
	return func(step int) float64 { return wave(1, low, float64(step)/float64(steps)) }
}

// wave goes from one value to another along half a wave of the cosine, as at goes from 0 to 1, and stays there.
func wave(from, to, at float64) float64 {
	switch {
	case at <= 0:
		return from
	case at >= 1:
		return to
	}
	return to + (from-to)*(1+math.Cos(math.Pi*at))/2
}

// Warmup returns the schedule that rises along a straight line and then follows another one:
//
//	then(0)·(step+1)/steps     for step < steps
//	then(step-steps)           from there on
//
// So no update is lost to a rate of 0, and update number steps is the first with the whole rate. It is PyTorch's
// SequentialLR of LinearLR(start_factor=1/steps, total_iters=steps-1) and the other, with the milestone steps. It
// panics with a [*graph.Error] if steps is below 1 or then is nil: [Constant](1) keeps the rate.
//
// Source: Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour (2017), section 2.2.
func Warmup(steps int, then Schedule) Schedule {
	const op = "nn.Warmup"
	mustBeSteps(op, "steps", steps)
	if then == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil schedule: give what follows, such as nn.Constant(1)"))
	}
	return func(step int) float64 {
		if step >= steps {
			return then(step - steps)
		}
		return then(0) * float64(max(step, 0)+1) / float64(steps)
	}
}

// OneCycleConfig holds the settings of [OneCycle]. Zero stands for a default in every field.
type OneCycleConfig struct {
	Rise     float64 // share of the steps in which the rate rises, 0 < Rise < 1; 0 means 0.3
	Div      float64 // the rate begins at 1/Div, Div ≥ 1; 0 means 25
	FinalDiv float64 // and ends at 1/(Div·FinalDiv), FinalDiv > 0; 0 means 10000
}

// OneCycle returns the schedule that rises from 1/Div to 1 and falls to 1/(Div·FinalDiv), each along half a wave. Its
// last step is number steps-1, where the factor is the smallest, and stays beyond. The top is at step Rise·steps - 1,
// which need not be a whole number. The optimizer's own rate is that of the top.
//
// It is PyTorch's OneCycleLR(max_lr=LR, total_steps=steps, cycle_momentum=False), with pct_start, div_factor and
// final_div_factor for the fields; it leaves momentum alone. OneCycle panics with a [*graph.Error] if a setting is out
// of range, or there is no step to rise in or none to fall: Rise·steps must be above 1 and below steps.
//
// Source: Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates (2018),
// in the form of PyTorch and fastai, with waves in place of lines.
func OneCycle(steps int, cfg OneCycleConfig) Schedule {
	const op = "nn.OneCycle"
	mustBeSteps(op, "steps", steps)
	rise, div, final := orDefault(cfg.Rise, 0.3), orDefault(cfg.Div, 25), orDefault(cfg.FinalDiv, 1e4)
	if !(rise > 0 && rise < 1) {
		panic(graph.Errorf(op, graph.ErrValue, "Rise = %g: want 0 < Rise < 1", rise))
	}
	if !(div >= 1) || math.IsInf(div, 0) {
		panic(graph.Errorf(op, graph.ErrValue, "Div = %g: want a finite number, 1 or more", div))
	}
	positive(op, "FinalDiv", final)
	first, last := 1/div, 1/div/final
	top, end := rise*float64(steps)-1, float64(steps-1)
	if !(top > 0 && top < end) {
		panic(graph.Errorf(op, graph.ErrValue, "the rate would be at its top at step %.3g of %d: want Rise·steps above 1; give more steps, or nn.Cosine without a rise", top, steps))
	}
	return func(step int) float64 {
		s := float64(step)
		if s > top {
			return wave(1, last, (s-top)/(end-top))
		}
		return wave(first, 1, s/top)
	}
}

// mustBeSteps panics unless there is a step.
func mustBeSteps(op, name string, n int) {
	if n < 1 {
		panic(graph.Errorf(op, graph.ErrValue, "%s = %d: want 1 or more", name, n))
	}
}
