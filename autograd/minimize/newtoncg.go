package minimize

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"
)

// NewtonCG is a truncated Newton method for gonum's [optimize.Minimize]: a direction solves Newton's equations
// ∇²f(x)·d = -∇f(x) about, by conjugate gradients that take a product of the Hessian with a vector each, and a line search
// follows. There is no n × n matrix, and so n may be large.
//
//	p, product := minimize.ProblemAndProduct(f)
//	r, err := optimize.Minimize(p, x, nil, &minimize.NewtonCG{Product: product})
//
// The equations are solved the better the nearer the minimum is: to a residual of at most η·‖∇f(x)‖ with the second
// choice of Eisenstat and Walker (1996) for η. It is algorithm 7.1 of Nocedal and Wright, Numerical Optimization
// (2006), but where a direction of negative curvature is met, which ends the search for a direction there, the step
// goes along this one too, as far as it would if its curvature were the opposite: on gonum's test functions that takes
// a third of the steps.
//
// It ends at the point whose gradient is small; see also [optimize.Settings]. A [*graph.Error] in the Product is the error
// that Minimize returns. It is for one run of Minimize at a time.
type NewtonCG struct {
	// Product sets dst to the product of the Hessian at x with dir. It has to be there.
	Product func(dst, x, dir []float64)
	// Linesearcher finds how far to go along a direction, for which 1 is the natural step. nil stands for a
	// [optimize.Bisection].
	Linesearcher optimize.Linesearcher
	// MostProducts is how many products a direction may take. 0 stands for as many as there are unknowns, 20 at least.
	MostProducts int
	// GradStopThreshold is the size of the largest element of the gradient below which the run ends. 0 stands for
	// 1e-12, NaN for never.
	GradStopThreshold float64

	products      int
	status        optimize.Status
	err           error
	norm, forcing float64   // of the gradient before, and η there; 0 at the start
	residual      []float64 // of the equations
	dir, hdir     []float64 // of conjugate gradients
}

// Products returns how many products of the Hessian the last run has taken.
func (n *NewtonCG) Products() int {
	n.must()
	return n.products
}

// Status returns how the last run ended, for [optimize.Minimize].
func (n *NewtonCG) Status() (optimize.Status, error) {
	n.must()
	return n.status, n.err
}

// must panics with a [*graph.Error] for a nil method.
func (n *NewtonCG) must() {
	if n == nil {
		panic(graph.Errorf("minimize.NewtonCG", graph.ErrUsage, "got a nil *minimize.NewtonCG: give one with Product set"))
	}
}

// Uses says that the method needs a gradient. It panics with a [*graph.Error] if the settings are wrong.
func (n *NewtonCG) Uses(has optimize.Available) (uses optimize.Available, err error) {
	const op = "minimize.NewtonCG"
	if n == nil || n.Product == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "Product is nil: set it to the second result of minimize.ProblemAndProduct, or to a function of your own"))
	}
	if n.MostProducts < 0 || n.GradStopThreshold < 0 {
		panic(graph.Errorf(op, graph.ErrValue, "%d products at most and a gradient threshold of %v: want neither below 0", n.MostProducts, n.GradStopThreshold))
	}
	if !has.Grad {
		return uses, optimize.ErrMissingGrad
	}
	return optimize.Available{Grad: true}, nil
}

// Init prepares a run. The method evaluates the function at one point at a time.
func (n *NewtonCG) Init(dim, tasks int) int {
	if dim < 0 {
		panic(graph.Errorf("minimize.NewtonCG.Init", graph.ErrValue, "%d unknowns: give how many there are", dim))
	}
	n.status, n.err, n.products = optimize.NotTerminated, nil, 0
	n.residual, n.dir, n.hdir = make([]float64, dim), make([]float64, dim), make([]float64, dim)
	return 1
}

// Run is a run, as [optimize.Method] describes it.
func (n *NewtonCG) Run(operation chan<- optimize.Task, result <-chan optimize.Task, tasks []optimize.Task) {
	defer close(operation)
	task := tasks[0]
	ask := func(op optimize.Operation) bool {
		task.Op = op
		operation <- task
		task = <-result
		return task.Op != optimize.PostIteration
	}
	if n.iterate(task.Location, task.Op, ask) {
		task.Op = optimize.MethodDone
		operation <- task
	}
	for range result { // until Minimize has seen that this is the end
	}
}

// iterate goes from one point to the next until a criterion of the method, of which status and err then tell, or ask says
// that it is the end, and reports whether the method says so. have is what the location has at the start.
func (n *NewtonCG) iterate(at *optimize.Location, have optimize.Operation, ask func(optimize.Operation) bool) (done bool) {
	const needed = optimize.FuncEvaluation | optimize.GradEvaluation
	if missing := needed &^ have; missing != optimize.NoOperation && !ask(missing) {
		return false
	}
	if n.status, n.err = checkStart(at); n.err != nil {
		return true
	}
	if !ask(optimize.MajorIteration) {
		return false
	}
	search := &optimize.LinesearchMethod{NextDirectioner: n, Linesearcher: n.Linesearcher}
	if search.Linesearcher == nil {
		search.Linesearcher = &optimize.Bisection{}
	}
	next := search.Init
	for op := optimize.MajorIteration; ; next = search.Iterate {
		if op == optimize.MajorIteration && n.small(at.Gradient) {
			n.status = optimize.GradientThreshold
			return true
		}
		var err error
		if wrong := graph.Try(func() { op, err = next(at) }); wrong != nil {
			err = wrong
		}
		if err != nil {
			n.status, n.err = optimize.Failure, err
			return true
		}
		if !ask(op) {
			return false
		}
	}
}

// checkStart returns an error unless value and gradient are finite.
func checkStart(at *optimize.Location) (optimize.Status, error) {
	if math.IsInf(at.F, 1) || math.IsNaN(at.F) {
		return optimize.Failure, optimize.ErrFunc(at.F)
	}
	for i, v := range at.Gradient {
		if !finite(v) {
			return optimize.Failure, optimize.ErrGrad{Grad: v, Index: i}
		}
	}
	return optimize.NotTerminated, nil
}

func (n *NewtonCG) small(gradient []float64) bool {
	threshold := n.GradStopThreshold
	if threshold == 0 {
		threshold = 1e-12
	}
	return floats.Norm(gradient, math.Inf(1)) < threshold
}

// InitDirection is [NewtonCG.NextDirection] at the start of a run.
func (n *NewtonCG) InitDirection(loc *optimize.Location, dir []float64) (step float64) {
	n.norm, n.forcing = 0, 0
	return n.NextDirection(loc, dir)
}

// NextDirection sets dir to the direction at a point and returns how far to go first, which is 1: see
// [optimize.NextDirectioner].
func (n *NewtonCG) NextDirection(loc *optimize.Location, dir []float64) (step float64) {
	g, r, d := loc.Gradient, n.residual, n.dir
	if len(g) != len(r) || len(loc.X) != len(r) || len(dir) != len(r) {
		panic(graph.Errorf("minimize.NewtonCG.NextDirection", graph.ErrShape, "a point of %d numbers, a gradient of %d and room for a direction of %d in a run for %d unknowns: begin the run with NewtonCG.Init, or leave it to optimize.Minimize", len(loc.X), len(g), len(dir), len(r)))
	}
	norm := floats.Norm(g, 2)
	n.force(norm)
	most := n.MostProducts
	if most == 0 {
		most = max(len(g), 20)
	}
	clear(dir)
	copy(r, g)
	floats.ScaleTo(d, -1, g)
	square := norm * norm
	for range most {
		n.Product(n.hdir, loc.X, d)
		n.products++
		length := square / floats.Dot(d, n.hdir)
		if !(length > 0) || math.IsInf(length, 0) {
			if length < 0 && finite(length) { // the curvature is negative; else there is none
				floats.AddScaled(dir, -length, d)
			}
			break
		}
		floats.AddScaled(dir, length, d)
		floats.AddScaled(r, length, n.hdir)
		before := square
		square = floats.Dot(r, r)
		if math.Sqrt(square) <= n.forcing*norm {
			break
		}
		floats.Scale(square/before, d)
		floats.Sub(d, r)
	}
	if !(floats.Dot(g, dir) < 0) || !allFinite(dir) {
		floats.ScaleTo(dir, -1, g)
	}
	return 1
}

// force sets η for a gradient of that norm: 0.9·(‖∇f‖/‖∇f before‖)², but neither above ¼ nor, while η is not small, far
// below what it was before.
func (n *NewtonCG) force(norm float64) {
	const most, share = 0.25, 0.9
	forcing := most
	if n.norm > 0 {
		quotient := norm / n.norm
		forcing = share * quotient * quotient
		if careful := share * n.forcing * n.forcing; careful > 0.1 {
			forcing = max(forcing, careful)
		}
		forcing = min(forcing, most)
	}
	n.norm, n.forcing = norm, forcing
}
