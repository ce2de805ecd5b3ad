package nn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"gonum.org/v1/gonum/optimize"
)

// LBFGSConfig holds the settings of [LBFGS]. Zero stands for a default in every field.
type LBFGSConfig struct {
	Iterations int // at most so many; 0 means 1000
	Memory     int // how many of the last steps the curvature is taken from, up to 1000; 0 means 10

	// It ends when no number of the gradient is larger than GradTol, 0 means 1e-5, or an iteration makes the loss
	// smaller by no more than LossTol·max(|loss|, 1), where 0 means 2.2e-9, or 1e-6 for a model in float32. These are
	// SciPy's.
	GradTol float64
	LossTol float64

	OnIteration func(iteration int, loss float64) // is called after each iteration, counted from 1
}

// LBFGSResult is what [LBFGS] has come to.
type LBFGSResult struct {
	Loss        float64 // of the parameters that the model has now
	Gradient    float64 // the largest absolute value in its gradient
	Iterations  int
	Evaluations int // of the loss and its gradient
	Reason      StopReason
}

// mostSteps bounds LBFGSConfig.Memory, for which there is room from the beginning.
const mostSteps = 1000

// StopFlat is the reason of [LBFGS] to end where the loss hardly becomes smaller any more.
const StopFlat StopReason = "loss hardly falls"

// ErrNoProgress is wrapped by the error of [LBFGS] where no step makes the loss smaller and neither tolerance is
// reached.
var ErrNoProgress = errors.New("no step makes the loss smaller")

// LBFGS makes a loss small with the L-BFGS method, which estimates its curvature from the last steps: for losses of all
// examples at once and models that are not too large, it needs fewer and better steps than gradient descent. loss
// records the loss on a graph of the precision of the model. It must be the same function each time: without dropout,
// on the same examples. The parameters that are trained go through the method in float64. A trial step to where the
// loss or its gradient is not finite is made shorter. The method takes the loss for smooth: on kinks, such as those of
// ReLU, it may end before the minimum.
//
// The model ends with the parameters of the smallest loss that was found. That holds also if LBFGS returns an error:
//
//   - ctx is done, which it looks at before each evaluation: the error wraps ctx.Err().
//   - The loss of the parameters at the beginning is not finite: the error wraps what [autograd.Diagnose] says. Its
//     gradient is not: [*GradientError]. It does not depend on a parameter: [*UnreachedError].
//   - No step makes the loss smaller: [ErrNoProgress]. The end of what the precision can tell apart has been reached,
//     the gradient of an operation is wrong, or the loss is not the same function each time.
//   - The model and the loss do not fit together, or a setting is out of range: [*graph.Error].
//
// Source: Liu and Nocedal, On the limited memory BFGS method for large scale optimization (1989), as gonum's package
// optimize has it, with a line search for the strong Wolfe conditions.
func LBFGS(ctx context.Context, model Model, loss func(g *graph.Graph) graph.Value, cfg LBFGSConfig) (LBFGSResult, error) {
	var m *lbfgs
	var err error
	tried := graph.Try(func() {
		if m, err = newLBFGS(ctx, model, loss, cfg); err == nil {
			defer m.keep()
			err = m.run()
		}
	})
	if tried != nil {
		err = tried
	}
	if m == nil {
		return LBFGSResult{Loss: math.NaN(), Gradient: math.NaN(), Reason: StopFailed}, err
	}
	switch {
	case err == nil:
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		m.result.Reason = StopCancelled
	default:
		m.result.Reason = StopFailed
	}
	return m.result, err
}

// An lbfgs is one call of [LBFGS] under way.
type lbfgs struct {
	ctx    context.Context
	loss   func(g *graph.Graph) graph.Value
	cfg    LBFGSConfig
	params []*Param // those that are trained, each once
	sizes  []int    // how many numbers each of them has
	g      *graph.Graph
	scalar *tensor.Tensor
	last   graph.Value // the loss of the last evaluation

	at     optimize.Location // of the search
	seen   []float64         // the numbers of the last evaluation
	best   []float64         // those of the smallest loss
	result LBFGSResult
}

func newLBFGS(ctx context.Context, model Model, loss func(g *graph.Graph) graph.Value, cfg LBFGSConfig) (*lbfgs, error) {
	const op = "nn.LBFGS"
	switch {
	case ctx == nil:
		return nil, graph.Errorf(op, graph.ErrUsage, "got a nil context: use context.Background()")
	case loss == nil:
		return nil, graph.Errorf(op, graph.ErrUsage, "got a nil loss: give a function that records it")
	case cfg.Iterations < 0 || cfg.Memory < 0:
		return nil, graph.Errorf(op, graph.ErrValue, "Iterations %d, Memory %d: want 0 or more each", cfg.Iterations, cfg.Memory)
	case cfg.Memory > mostSteps:
		return nil, graph.Errorf(op, graph.ErrLimit, "Memory %d: want at most %d, and mostly 5 to 20", cfg.Memory, mostSteps)
	}
	notNegative(op, "GradTol", cfg.GradTol)
	notNegative(op, "LossTol", cfg.LossTol)
	params := paramsOf(op, model)
	dtype, err := dtypeOf(op, params)
	if err != nil {
		return nil, err
	}
	if cfg.Iterations == 0 {
		cfg.Iterations = 1000
	}
	if cfg.Memory == 0 {
		cfg.Memory = 10
	}
	cfg.GradTol = orDefault(cfg.GradTol, 1e-5)
	if dtype == tensor.Float32 {
		cfg.LossTol = orDefault(cfg.LossTol, 1e-6)
	}
	cfg.LossTol = orDefault(cfg.LossTol, 2.2e-9)
	m := &lbfgs{ctx: ctx, loss: loss, cfg: cfg, g: graph.New(graph.WithDType(dtype)), result: LBFGSResult{Loss: math.NaN(), Gradient: math.NaN()}}
	for _, p := range params {
		if p.trained() && !slices.ContainsFunc(m.params, func(q *Param) bool { return q.Data == p.Data }) {
			m.params, m.sizes = append(m.params, p), append(m.sizes, p.Data.Len())
			m.best = append(m.best, p.Data.To(tensor.Float64).Float64s()...)
		}
	}
	if len(m.best) == 0 {
		return nil, graph.Errorf(op, graph.ErrUsage, "the model has no parameters that are trained: there is nothing to change")
	}
	m.at = optimize.Location{X: slices.Clone(m.best), Gradient: make([]float64, len(m.best))}
	return m, nil
}

// run goes down until something ends it.
func (m *lbfgs) run() error {
	if err := m.begin(); err != nil {
		return err
	}
	if m.small() {
		return nil
	}
	search, op, err := m.search()
	fresh := true // the search has learned nothing of the curvature that may be wrong
	before := m.result.Loss
	for {
		if err == nil && op != optimize.MajorIteration {
			if err := m.evaluate(); err != nil {
				return err
			}
			op, err = search.Iterate(&m.at)
			continue
		}
		// An iteration is over. A search that fails may have found a smaller loss all the same.
		lower := m.result.Loss < before
		if err != nil && !lower && fresh {
			return fmt.Errorf("nn.LBFGS: %w after %d iterations, at loss %g with gradients of up to %g: %w", ErrNoProgress, m.result.Iterations, m.result.Loss, m.result.Gradient, err)
		}
		if err == nil || lower {
			if m.ends(before) {
				return nil
			}
			before, fresh = m.result.Loss, false
		}
		if err == nil {
			op, err = search.Iterate(&m.at)
			continue
		}
		copy(m.at.X, m.best) // begin anew from the best point, straight down
		if err := m.evaluate(); err != nil {
			return err
		}
		search, op, err = m.search()
		fresh = true
	}
}

// ends counts an iteration that began with the loss before, and reports whether it was the last one.
func (m *lbfgs) ends(before float64) bool {
	m.result.Iterations++
	if m.cfg.OnIteration != nil {
		m.cfg.OnIteration(m.result.Iterations, m.result.Loss)
	}
	switch {
	case m.small():
	case before-m.result.Loss <= m.cfg.LossTol*max(math.Abs(m.result.Loss), 1):
		m.result.Reason = StopFlat
	case m.result.Iterations == m.cfg.Iterations:
		m.result.Reason = StopSteps
	default:
		return false
	}
	return true
}

// search begins a search at the place where it is.
func (m *lbfgs) search() (*optimize.LinesearchMethod, optimize.Operation, error) {
	if kernel.MaxAbs(m.at.Gradient)*math.Sqrt(float64(len(m.best))) > math.MaxFloat64 {
		return nil, 0, errors.New("the norm of the gradient is above the largest float64")
	}
	s := &optimize.LinesearchMethod{NextDirectioner: &optimize.LBFGS{Store: m.cfg.Memory}, Linesearcher: &shortSearch{}}
	op, err := s.Init(&m.at)
	return s, op, err
}

// A shortSearch is a line search that gives up after some evaluations, where bisection alone goes on until two numbers
// are next to each other.
type shortSearch struct {
	optimize.Bisection
	steps int
}

// longestSearch is how often a shortSearch looks at the loss, or at its gradient, before it gives up.
const longestSearch = 50

func (s *shortSearch) Init(f, g, step float64) optimize.Operation {
	s.steps = 0
	return s.Bisection.Init(f, g, step)
}

func (s *shortSearch) Iterate(f, g float64) (optimize.Operation, float64, error) {
	if s.steps++; s.steps > longestSearch {
		return optimize.NoOperation, 0, optimize.ErrLinesearcherFailure
	}
	return s.Bisection.Iterate(f, g)
}

// small reports whether the gradient is small enough to end.
func (m *lbfgs) small() bool {
	if !(m.result.Gradient <= m.cfg.GradTol) {
		return false
	}
	m.result.Reason = StopGradNorm
	return true
}

// begin evaluates the loss of the parameters at the beginning, which must be finite.
func (m *lbfgs) begin() error {
	if err := m.evaluate(); err != nil {
		return err
	}
	if v := m.last.Item(); isNotFinite(v) {
		err := fmt.Errorf("nn.LBFGS: the loss is %g at the beginning: look at the first parameters, the scale of the data, and for a logarithm, root or quotient out of its domain", v)
		if d := diagnose(m.last); d != nil {
			err = fmt.Errorf("%w\n%w", err, d)
		}
		return err
	}
	i := 0
	for _, p := range m.params {
		for k := range p.Data.Len() {
			if v := m.at.Gradient[i]; isNotFinite(v) {
				return &GradientError{"nn.LBFGS", p.Name, k, v}
			}
			i++
		}
	}
	return nil
}

// evaluate computes the loss and its gradient at the place where the search is, and notes what is the best one. A loss
// that is not finite, or whose gradient is not, counts as +Inf.
func (m *lbfgs) evaluate() error {
	if err := m.ctx.Err(); err != nil {
		return fmt.Errorf("nn.LBFGS: stopped after %d iterations: %w", m.result.Iterations, err)
	}
	switch {
	case isNotFinite(kernel.MaxAbs(m.at.X)):
		m.at.F, m.seen = math.Inf(1), m.seen[:0]
		return nil
	case slices.Equal(m.at.X, m.seen): // the search asks for the gradient after the loss
		return nil
	}
	m.seen = append(m.seen[:0], m.at.X...)
	m.result.Evaluations++
	m.put(m.at.X)
	m.g.Reset()
	m.last = m.loss(m.g)
	m.last.Check("nn.LBFGS")
	m.at.F = m.last.Item()
	grads := autograd.Backward(m.last, autograd.LeavesOnly())
	rest := m.at.Gradient
	for _, p := range m.params {
		t, reached := gradientOf(p, &m.scalar, grads)
		if !reached {
			return &UnreachedError{"nn.LBFGS", p.Name}
		}
		load(rest[:p.Data.Len()], t)
		rest = rest[p.Data.Len():]
	}
	size := kernel.MaxAbs(m.at.Gradient)
	switch {
	case isNotFinite(m.at.F) || isNotFinite(size):
		m.at.F = math.Inf(1)
	case math.IsNaN(m.result.Loss) || m.at.F < m.result.Loss:
		m.result.Loss, m.result.Gradient = m.at.F, size
		copy(m.best, m.at.X)
	}
	return nil
}

// put makes x the numbers of the parameters. It panics if one has not as many as at the beginning.
func (m *lbfgs) put(x []float64) {
	for i, p := range m.params {
		if n := p.Data.Len(); n != m.sizes[i] {
			panic(graph.Errorf("nn.LBFGS", graph.ErrShape, "parameter %q had %d numbers and has %d: functions that LBFGS calls must leave shapes as they are", p.Name, m.sizes[i], n))
		}
	}
	for _, p := range m.params {
		for i := range p.Data.Len() {
			p.Data.SetFlat(x[i], i)
		}
		p.Data.MarkChanged()
		x = x[p.Data.Len():]
	}
}

// keep makes the best numbers those of the parameters.
func (m *lbfgs) keep() { m.put(m.best) }
