package pjrt

import (
	"maps"
	"slices"

	xla "github.com/gomlx/go-xla/pkg/pjrt"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Run is a [Program] that is computed again and again: what the results replace, such as parameters and the state of an
// optimizer, stays on the device from step to step, where the program puts the new value in the place of the old one. A
// Run serves one goroutine at a time.
type Run struct {
	program *Program
	inputs  []*xla.Buffer // by argument; nil where a step gives it
	over    bool
}

// Start copies what stays on the device to it: for each argument that a result replaces the tensor of its name. Other
// tensors in the map are not used.
func (p *Program) Start(kept map[string]*tensor.Tensor) (*Run, error) {
	const op = "pjrt.Program.Start"
	if !p.open() {
		return nil, p.unusable(op)
	}
	r := &Run{program: p, inputs: make([]*xla.Buffer, len(p.arguments))}
	for i, a := range p.arguments {
		if a.Result < 0 {
			continue
		}
		t, ok := kept[a.Name]
		if !ok {
			r.Close()
			return nil, graph.Errorf(op, graph.ErrUsage, "no tensor for argument %q, which stays on the device: give all that results replace", a.Name)
		}
		var err error
		if r.inputs[i], err = p.put(op, a.Part, t); err != nil {
			r.Close()
			return nil, err
		}
	}
	return r, nil
}

// Step computes the program once. Given has a tensor for each argument that does not stay on the device, and nothing else.
// Step returns the results that replace nothing, such as the loss, by their names.
//
// The error is a [*graph.Error] if what was given does not fit; nothing has happened then. After another error the run
// is over, since what was on the device may be lost.
func (r *Run) Step(given map[string]*tensor.Tensor) (map[string]*tensor.Tensor, error) {
	const op = "pjrt.Run.Step"
	if !r.open() {
		return nil, r.unusable(op)
	}
	p := r.program
	inputs := slices.Clone(r.inputs)
	passing := make([]*xla.Buffer, 0, len(inputs))
	defer func() { destroy(passing) }()
	for i, a := range p.arguments {
		if a.Result >= 0 {
			continue
		}
		t, ok := given[a.Name]
		if !ok {
			return nil, graph.Errorf(op, graph.ErrUsage, "no tensor for argument %q: give one for each argument that no result replaces", a.Name)
		}
		var err error
		if inputs[i], err = p.put(op, a.Part, t); err != nil {
			return nil, err
		}
		passing = append(passing, inputs[i])
	}
	if len(passing) != len(given) {
		return nil, r.stranger(op, given)
	}
	outputs, err := p.execute(op, inputs)
	if err != nil {
		r.Close()
		return nil, err
	}
	out := make(map[string]*tensor.Tensor)
	replaces := make([]bool, len(outputs))
	for i, a := range p.arguments {
		if a.Result >= 0 {
			r.inputs[i], replaces[a.Result] = outputs[a.Result], true
		}
	}
	for i, b := range outputs {
		if replaces[i] {
			continue
		}
		passing = append(passing, b)
		t, e := get(op, p.results[i], b)
		if e != nil && err == nil {
			err = e
		}
		out[p.results[i].Name] = t
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return out, nil
}

// stranger returns the error for a name that is no argument that a step takes.
func (r *Run) stranger(op string, given map[string]*tensor.Tensor) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		i := slices.IndexFunc(r.program.arguments, func(a Argument) bool { return a.Name == name })
		switch {
		case i < 0:
			return graph.Errorf(op, graph.ErrUsage, "the program has no argument %q: Program.Arguments lists them", name)
		case r.program.arguments[i].Result >= 0:
			return graph.Errorf(op, graph.ErrUsage, "argument %q stays on the device: give it to Program.Start", name)
		}
	}
	return nil
}

// Kept copies what stays on the device from it, by name.
func (r *Run) Kept() (map[string]*tensor.Tensor, error) {
	const op = "pjrt.Run.Kept"
	if !r.open() {
		return nil, r.unusable(op)
	}
	out := make(map[string]*tensor.Tensor)
	for i, a := range r.program.arguments {
		if a.Result < 0 {
			continue
		}
		t, err := get(op, a.Part, r.inputs[i])
		if err != nil {
			return nil, err
		}
		out[a.Name] = t
	}
	return out, nil
}

// Close gives back the memory on the device. A closed run takes no more steps.
func (r *Run) Close() {
	if r != nil {
		destroy(r.inputs)
		r.over = true
	}
}

// open reports whether the run can take steps.
func (r *Run) open() bool { return r != nil && !r.over && r.program.open() }

func (r *Run) unusable(op string) error {
	return graph.Errorf(op, graph.ErrUsage, "the run is nil or over, since it or its program was closed or an earlier step failed: start another with Program.Start")
}
