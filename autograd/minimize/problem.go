package minimize

import (
	"slices"
	"sync"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// Problem returns the problem of minimizing f, a function of a vector with a scalar result, for gonum's optimizers: with
// its value, gradient and Hessian. Func, Grad and Hess of one point share a recording of f, and recordings that follow each
// other the memory of one graph. They may be called from several goroutines at once, on which f is then called, and by
// f itself: a call that begins while another one is not done has a graph of its own, which later calls use again.
//
// They panic with a [*graph.Error] if f returns something else than a scalar of the graph that x belongs to, or if what
// they are to fill has another size than x. Problem does so if f is nil. [optimize.Minimize] calls them on goroutines
// of its own, where [graph.Try] recovers nothing: a call of Func at the start, before, tells whether f is well made.
func Problem(f func(x graph.Value) graph.Value) optimize.Problem {
	return newRecordings("minimize.Problem", f).problem()
}

// ProblemAndProduct is [Problem], with a function that sets dst to the product of f's Hessian at x with a direction:
// what [NewtonCG] asks for, and without an n × n matrix. The gradient at x is recorded once for all products there,
// each of which is then a forward sweep through the recording. The function may be called as those of the problem may, and
// panics as they do.
func ProblemAndProduct(f func(x graph.Value) graph.Value) (p optimize.Problem, product func(dst, x, dir []float64)) {
	r := newRecordings("minimize.ProblemAndProduct", f)
	return r.problem(), r.product
}

func newRecordings(op string, f func(x graph.Value) graph.Value) *recordings {
	if f == nil {
		panic(noFunction(op))
	}
	return &recordings{op: op, f: f}
}

func (s *recordings) problem() optimize.Problem {
	return optimize.Problem{Func: s.value, Grad: s.gradient, Hess: s.hessian}
}

func noFunction(op string) *graph.Error {
	return graph.Errorf(op, graph.ErrUsage, "got a nil function: pass the function to minimize")
}

// recordings are those of a function that no call is at work on.
type recordings struct {
	op   string
	f    func(x graph.Value) graph.Value
	mu   sync.Mutex // not held while f runs, which may ask for another one
	idle []*recording
}

// take returns a recording for a call to work on: that at the point, if there is one, or else the one that was used last.
func (s *recordings) take(at []float64) *recording {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := len(s.idle) - 1
	if k < 0 {
		return &recording{op: s.op, f: s.f, g: graph.New()}
	}
	if k > 0 {
		if there := slices.IndexFunc(s.idle, func(r *recording) bool { return r.isAt(at) }); there >= 0 {
			k = there
		}
	}
	r := s.idle[k]
	s.idle = slices.Delete(s.idle, k, k+1)
	return r
}

// put takes a recording back.
func (s *recordings) put(r *recording) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, r)
}

// A recording is that of a function at the point where it was asked for last.
type recording struct {
	op   string
	f    func(x graph.Value) graph.Value
	g    *graph.Graph
	at   []float64
	good bool // x and y are what f does at the point
	x, y graph.Value

	derived bool // d is the gradient of y by x
	d       graph.Value
}

// isAt reports whether the recording is that at a point.
func (r *recording) isAt(at []float64) bool {
	return r.good && slices.EqualFunc(at, r.at, func(a, b float64) bool { return a == b && (a != 0 || 1/a == 1/b) })
}

// record records f at a point, unless it is there already.
func (r *recording) record(at []float64) {
	if r.isAt(at) {
		return
	}
	r.good, r.derived = false, false
	r.g.Reset()
	r.at = append(r.at[:0], at...)
	r.x = r.g.VarTensor(tensor.Of(r.at, len(r.at)))
	r.y = r.f(r.x)
	switch r.y.Graph() {
	case r.g:
		r.y.Check(r.op)
	case nil:
		panic(graph.Errorf(r.op, graph.ErrUsage, "the function returned the zero graph.Value: return the value that it computes"))
	default:
		panic(graph.Errorf(r.op, graph.ErrForeign, "the function returned a value of another graph: compute the result from the value that it is called with"))
	}
	r.x.Check(r.op)
	if shape := r.y.Dims(); len(shape) > 0 {
		panic(graph.Errorf(r.op, graph.ErrShape, "the function returned a value of shape %s, not a scalar: reduce it with ops.Sum or ops.Mean", tensor.FormatShape(shape)))
	}
	r.good = true
}

func (s *recordings) value(x []float64) float64 {
	r := s.take(x)
	defer s.put(r)
	r.record(x)
	return r.y.Item()
}

func (s *recordings) gradient(grad, x []float64) {
	if len(grad) != len(x) {
		panic(graph.Errorf(s.op, graph.ErrShape, "a gradient of %d numbers at a point of %d: give one for each", len(grad), len(x)))
	}
	r := s.take(x)
	defer s.put(r)
	r.record(x)
	grads := autograd.Backward(r.y)
	fill(grad, grads.View(r.x))
	grads.Release()
}

// derive records f and its gradient at a point, unless they are there already, and returns the gradient.
func (r *recording) derive(at []float64) graph.Value {
	r.record(at)
	if !r.derived {
		r.d = autograd.Grad(r.y, r.x)[0]
		r.derived = true
	}
	return r.d
}

// fill copies the numbers of an adjoint, which is nil if it is 0.
func fill(dst []float64, adjoint *tensor.Tensor) {
	if adjoint == nil {
		clear(dst)
		return
	}
	copy(dst, adjoint.Float64s())
}

func (s *recordings) hessian(hess *mat.SymDense, x []float64) {
	n := len(x)
	if hess == nil || hess.SymmetricDim() != n {
		panic(graph.Errorf(s.op, graph.ErrShape, "a Hessian of another size than the point of %d numbers: make it with mat.NewSymDense(%[1]d, nil)", n))
	}
	r := s.take(x)
	defer s.put(r)
	d := r.derive(x)
	seed, row := tensor.New(tensor.Float64, n), make([]float64, n)
	for i := range n {
		seed.SetFlat(1, i)
		grads := autograd.Backward(d, autograd.WithSeed(seed))
		fill(row, grads.View(r.x))
		grads.Release()
		seed.SetFlat(0, i)
		for j, v := range row[:i+1] {
			hess.SetSym(i, j, v)
		}
	}
}

func (s *recordings) product(dst, x, dir []float64) {
	if n := len(x); len(dst) != n || len(dir) != n {
		panic(graph.Errorf(s.op, graph.ErrShape, "a direction of %d numbers and room for a product of %d at a point of %d: give one for each", len(dir), len(dst), n))
	}
	r := s.take(x)
	defer s.put(r)
	d := r.derive(x)
	hd := autograd.Forward(d, []graph.Value{r.x}, []*tensor.Tensor{tensor.Of(dir, len(dir))})
	copy(dst, hd.Float64s())
}
