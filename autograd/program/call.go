package program

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// Call computes the results of f for other arguments, in their order and of their shapes: it records f anew, operation by
// operation, on a graph of its own. The results are what the Go function that f was recorded from would have recorded for
// these numbers, bit for bit, and what an export of f has to agree with. To call f many times, use a [Runner].
//
// Tensors have the graph's precision. Scalars may have either: they are float64 on the graph, and where they are results
// too, unless they were made of tensors. Operations of package autograd's Custom call their Go functions; a Checkpoint that
// was recorded on a graph that is not traced cannot be called, and is refused.
//
// The error is a [*graph.Error] if f is no function, see [Function.Check], if the arguments do not fit, or if an operation
// refuses their numbers. The arguments are read only.
func (f *Function) Call(at ...*tensor.Tensor) ([]*tensor.Tensor, error) {
	r, err := f.runner("program.Function.Call")
	if err != nil {
		return nil, err
	}
	return r.run("program.Function.Call", at)
}

// Record records f for other arguments, in their order and of their shapes, on their graph, which may be that of f: the
// results can be differentiated and be operands of more. Constants of f are constants there. f must have arguments. Record
// panics with a [*graph.Error] where [Function.Call] returns one.
func (f *Function) Record(args ...graph.Value) []graph.Value {
	const op = "program.Function.Record"
	r, err := newReplay(op, f)
	if err != nil {
		panic(err)
	}
	if len(r.arguments) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "function %q has no arguments, and so no graph to record on: use Function.Call", f.Name))
	}
	if len(args) != len(r.arguments) {
		panic(r.wrongCount(op, len(args)))
	}
	args[0].Check(op)
	g := args[0].Graph()
	if g.DType() != r.dtype {
		panic(graph.Errorf(op, graph.ErrDType, "function %q was recorded in %s, the graph of the arguments computes in %s: give both one precision with graph.WithDType", f.Name, r.dtype, g.DType()))
	}
	slots := make([]graph.Value, r.slots)
	for i, v := range args {
		v.CheckIn(op, g)
		a := r.arguments[i]
		if !slices.Equal(v.Dims(), a.shape) {
			panic(a.wrongShape(op, v.Dims()))
		}
		slots[a.slot] = v
	}
	r.put(g, slots)
	r.record(slots)
	results := make([]graph.Value, len(r.results))
	for i, p := range r.results {
		results[i] = slots[p.slot]
	}
	return results
}

// A Runner computes a [Function] for many arguments, one after the other: it keeps the function and the memory that it
// needs from call to call. It does not need the function's graph any more. A Runner serves one goroutine at a time.
type Runner struct {
	*replay
	g     *graph.Graph
	start graph.Mark // behind the constants
	slots []graph.Value
}

// Runner returns what calls f many times. The error is a [*graph.Error] if f is no function, or one that [Function.Call]
// refuses.
func (f *Function) Runner() (*Runner, error) { return f.runner("program.Function.Runner") }

func (f *Function) runner(op string) (*Runner, error) {
	r, err := newReplay(op, f)
	if err != nil {
		return nil, err
	}
	run := &Runner{replay: r, g: graph.New(graph.WithDType(r.dtype)), slots: make([]graph.Value, r.slots)}
	r.put(run.g, run.slots)
	run.start = run.g.Mark()
	return run, nil
}

// Run is [Function.Call] of the function that the Runner was made of.
func (r *Runner) Run(at ...*tensor.Tensor) ([]*tensor.Tensor, error) {
	const op = "program.Runner.Run"
	if r == nil || r.replay == nil {
		return nil, graph.Errorf(op, graph.ErrUsage, "got no runner: make one with Function.Runner")
	}
	return r.run(op, at)
}

func (r *Runner) run(op string, at []*tensor.Tensor) ([]*tensor.Tensor, error) {
	if len(at) != len(r.arguments) {
		return nil, r.wrongCount(op, len(at))
	}
	for i, a := range r.arguments {
		if err := a.check(op, at[i]); err != nil {
			return nil, err
		}
	}
	results := make([]*tensor.Tensor, len(r.results))
	err := graph.Try(func() {
		r.g.Rewind(r.start)
		r.g.Quietly(func() {
			for i, a := range r.arguments {
				if len(a.shape) == 0 {
					r.slots[a.slot] = r.g.ConstTensor(at[i].To(a.dtype))
				} else {
					r.slots[a.slot] = r.g.Lend(at[i])
				}
			}
			r.record(r.slots)
		})
		for i, p := range r.results {
			t := exact(r.slots[p.slot].Node())
			if t.DType() != p.dtype { // a bound scalar that is an argument and a result
				t = t.To(p.dtype)
			}
			results[i] = t
		}
	})
	r.g.Rewind(r.start) // lets go of the arguments
	if err != nil {
		return nil, err
	}
	return results, nil
}

func (r *replay) wrongCount(op string, n int) error {
	return graph.Errorf(op, graph.ErrUsage, "%d arguments for a function of %d: give one for each, in their order", n, len(r.arguments))
}

// check returns an error unless t may be the argument.
func (p port) check(op string, t *tensor.Tensor) error {
	switch {
	case t == nil, t.Rank() == 0 && t.Len() == 0:
		return graph.Errorf(op, graph.ErrUsage, "argument %q is nil or the zero tensor.Tensor: make one with tensor.New or tensor.Of", p.name)
	case !slices.Equal(t.Dims(), p.shape):
		return p.wrongShape(op, t.Dims())
	case t.DType() != p.dtype && t.Rank() > 0:
		return graph.Errorf(op, graph.ErrDType, "argument %q is %s, the function's is %s: convert it with its method To", p.name, t.DType(), p.dtype)
	}
	return nil
}

func (p port) wrongShape(op string, shape []int) error {
	return graph.Errorf(op, graph.ErrShape, "argument %q has shape %s, the function's has %s: a function is recorded for one shape of each argument; record it again for others", p.name, tensor.FormatShape(shape), tensor.FormatShape(p.shape))
}
