package nn

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A restorer sorts an [OptimizerState], of which it believes nothing, by parameters.
type restorer struct {
	op      string
	params  []*Param
	counts  map[string][2]int64 // the smallest and the largest number that a count may be
	tensors map[string][]int    // the shapes that tensors must have; nil for that of the parameter
	parts   map[*Param]*parts
}

// sort sorts a state, or returns an error if it has what there cannot be.
func (r *restorer) sort(s OptimizerState) error {
	r.parts = map[*Param]*parts{}
	for _, c := range s.Counts {
		if err := r.count(c); err != nil {
			return err
		}
	}
	for _, t := range s.Tensors {
		if err := r.tensor(t); err != nil {
			return err
		}
	}
	return nil
}

// Parts are the entries of a state that belong to one parameter.
type parts struct {
	index   int // of the parameter in the list
	counts  map[string]int64
	tensors map[string]*tensor.Tensor
}

// has reports whether a count and a tensor are there.
func (x *parts) has(count, tensor string) bool {
	_, ok := x.counts[count]
	return ok && x.tensors[tensor] != nil
}

// of returns the parts of the parameter with an index that came from outside.
func (r *restorer) of(index int, name string) (*parts, error) {
	if err := withinParams(r.op, r.params, index, name); err != nil {
		return nil, err
	}
	p := r.params[index]
	if r.parts[p] == nil {
		r.parts[p] = &parts{index, map[string]int64{}, map[string]*tensor.Tensor{}}
	}
	return r.parts[p], nil
}

// withinParams returns an error if there is no parameter with the index of a part of a state.
func withinParams(op string, params []*Param, index int, name string) error {
	if index < 0 || index >= len(params) {
		return fmt.Errorf("%s: %q is of parameter %d: there are %d parameters, from 0 on", op, name, index, len(params))
	}
	return nil
}

// sameOptimizer returns an error unless a state is that of an optimizer.
func sameOptimizer(op, state, optimizer string) error {
	if state != optimizer {
		return fmt.Errorf("%s: the state is that of %q, and this optimizer is %q", op, state, optimizer)
	}
	return nil
}

// bad returns an error about a parameter.
func (r *restorer) bad(p *Param, index int, format string, args ...any) error {
	return fmt.Errorf("%s: parameter %d, %q: %s", r.op, index, p.Name, fmt.Sprintf(format, args...))
}

func (r *restorer) count(c StateCount) error {
	x, err := r.of(c.Param, c.Name)
	if err != nil {
		return err
	}
	p := r.params[c.Param]
	if _, twice := x.counts[c.Name]; twice {
		return r.bad(p, c.Param, "%q is there twice", c.Name)
	}
	limits, ok := r.counts[c.Name]
	switch {
	case !ok:
		return r.bad(p, c.Param, "there is no count %q in such a state", c.Name)
	case c.N < limits[0] || c.N > limits[1]:
		return r.bad(p, c.Param, "%q is %d: want %d to %d", c.Name, c.N, limits[0], limits[1])
	}
	x.counts[c.Name] = c.N
	return nil
}

func (r *restorer) tensor(t StateTensor) error {
	x, err := r.of(t.Param, t.Name)
	if err != nil {
		return err
	}
	p := r.params[t.Param]
	dims, ok := r.tensors[t.Name]
	if !ok {
		return r.bad(p, t.Param, "there is no tensor %q in such a state", t.Name)
	}
	if dims == nil {
		dims = p.Data.Dims()
	}
	if x.tensors[t.Name] != nil {
		return r.bad(p, t.Param, "%q is there twice", t.Name)
	}
	if t.Data == nil || t.Data.Rank() == 0 && t.Data.Len() == 0 {
		return r.bad(p, t.Param, "%q has no numbers", t.Name)
	}
	if !slices.Equal(t.Data.Dims(), dims) {
		return r.bad(p, t.Param, "%q has shape %s: want %s", t.Name, tensor.FormatShape(t.Data.Dims()), tensor.FormatShape(dims))
	}
	if size := largestOf(t.Data); isNotFinite(size) {
		i, v := notFinite(t.Data)
		return r.bad(p, t.Param, "%q is %g at element %d", t.Name, v, i)
	}
	x.tensors[t.Name] = t.Data
	return nil
}

// slot returns the slot that the parts of a parameter make.
func (r *restorer) slot(p *Param, x *parts, has moments) (*slot, error) {
	m := &slot{param: p, steps: int(x.counts["step"]), wide: x.counts["wide"] == 1}
	if m.steps == 0 {
		return nil, r.bad(p, x.index, "%q is missing", "step")
	}
	var err error
	if m.m, err = r.moment(p, x, m, has.m, false); err != nil {
		return nil, err
	}
	if m.v, err = r.moment(p, x, m, has.v, has.squares); err != nil {
		return nil, err
	}
	if m.u, err = r.moment(p, x, m, has.u, false); err != nil {
		return nil, err
	}
	b := x.tensors["bounds"]
	switch {
	case b == nil:
		return nil, r.bad(p, x.index, "%q is missing", "bounds")
	case leastOf(b) < 0:
		return nil, r.bad(p, x.index, "%q has a number below 0", "bounds")
	}
	m.bounds = bounds{b.AtFlat(0), b.AtFlat(1), b.AtFlat(2)}
	m.trust(p, has)
	return m, nil
}

// moment returns a copy of a moment for the slot m, nil if it has no name.
func (r *restorer) moment(p *Param, x *parts, m *slot, name string, squares bool) (*tensor.Tensor, error) {
	if name == "" {
		return nil, nil
	}
	t := x.tensors[name]
	switch {
	case t == nil:
		return nil, r.bad(p, x.index, "%q is missing", name)
	case m.wide && t.DType() != tensor.Float64:
		return nil, r.bad(p, x.index, "%q is %s: want float64 where %q is 1", name, t.DType(), "wide")
	case squares && leastOf(t) < 0:
		return nil, r.bad(p, x.index, "%q has a number below 0: it holds means of squares", name)
	}
	return t.Clone(), nil
}

// trust takes the bounds of a state for what they are unless the numbers are above them: those of the moments are
// raised, and that of the parameter will be measured.
func (m *slot) trust(p *Param, has moments) {
	const slack = 1.001 // bounds do not count roundings
	if m.m != nil {
		if size := largestOf(m.m); size > slack*m.bounds.m {
			m.bounds.m = size
		}
	}
	if m.v != nil {
		size := largestOf(m.v)
		if has.squares && !m.wide {
			size = math.Sqrt(size)
		}
		if m.u != nil {
			size = max(size, largestOf(m.u))
		}
		if size > slack*m.bounds.v {
			m.bounds.v = size
		}
	}
	if largestOf(p.Data) <= slack*m.bounds.w {
		m.data, m.version = p.Data, p.Data.Version()
	}
}

// leastOf returns the smallest number in a tensor, 0 if it is empty.
func leastOf(t *tensor.Tensor) float64 {
	if t.Len() == 0 {
		return 0
	}
	least := t.AtFlat(0)
	for i := range t.Len() {
		least = min(least, t.AtFlat(i))
	}
	return least
}
