package nn

import (
	"slices"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// A memory is what an optimizer remembers of the parameters it has changed, and takes its steps.
type memory struct {
	optimizer string // its type, such as "nn.SGD"
	rule      rule
	lr        float64
	slots     map[*Param]*slot
	calls     int     // of prepare
	turn      []*slot // of the parameters of the call under way, each once
}

// begin makes the memory that of an optimizer.
func (o *memory) begin(optimizer string, r rule, lr float64) {
	*o = memory{optimizer: optimizer, rule: r, lr: lr, slots: map[*Param]*slot{}}
}

// A slot is the memory of one parameter.
type slot struct {
	param   *Param
	steps   int            // taken so far
	m, v, u *tensor.Tensor // moments, nil before the first step
	wide    bool           // moments are in double precision, and v holds roots where the rule has squares: see draft
	bounds  bounds         // of the numbers of parameter and moments
	data    *tensor.Tensor // the parameter's that bounds.w is for
	version uint64         // of data
	scalar  *tensor.Tensor // holds the gradient of a parameter of shape ()
	zeros   *tensor.Tensor // stands for a gradient of zero

	// The step under way.
	call    int            // its number: a parameter that is listed twice is changed once
	grad    *tensor.Tensor // nil if it is zero
	careful bool           // the step has been worked out in draft
	next    bounds         // after the step, if it is not careful
	draft   draft
}

// Bounds are upper bounds of the absolute values in a parameter w, and in the moments: m, and v or its root where the
// rule has squares. The mean u is within the bound of the root v.
type bounds struct{ w, m, v float64 }

// A rule says how an optimizer changes a parameter by its gradient.
type rule interface {
	// plain reports whether every number of the next step keeps clear of what the precision cannot hold, if those
	// before have the given bounds and those of the gradient are at most size. It returns the bounds after the step.
	plain(dtype tensor.DType, b bounds, size float64) (bounds, bool)
	// step changes a parameter in its own precision.
	step(p *Param, m *slot)
	// careful changes a draft, as step number n from 1 on.
	careful(d *draft, n int)
	// moments says which there are.
	moments() moments
	// record is step as operations on a graph.
	record(u *recordedUpdate)
}

// Moments says what a rule remembers: the names of m, v and u, "" for one that there is not. PyTorch has the same
// names.
type moments struct {
	m, v, u string
	squares bool // v holds squares
}

// setLR changes the learning rate.
func (o *memory) setLR(op string, lr float64) {
	notNegative(op, "LR", lr)
	o.lr = lr
}

// step changes parameters by the gradients of a sweep.
func (o *memory) step(op string, params []*Param, grads autograd.Gradients) error {
	g := grads.Graph()
	return o.update(op, g.FlushesToZero(), g.Profile(), params, func(p *Param, m *slot) (*tensor.Tensor, bool) { return gradientOf(p, &m.scalar, grads) })
}

// apply changes parameters by gradients that were added up.
func (o *memory) apply(op string, a *Gradients) error {
	a.check(op)
	return o.update(op, a.flush, a.profile, a.params, func(p *Param, _ *slot) (*tensor.Tensor, bool) { return a.gradient(op, p) })
}

// update changes parameters as the settings of the graph want that the gradients come from.
func (o *memory) update(op string, flush bool, profile *graph.Profile, params []*Param, gradient func(*Param, *slot) (t *tensor.Tensor, reached bool)) error {
	defer kernel.FlushSubnormals(kernel.FlushSubnormals(flush))
	measured := profile.Measure(op)
	if err := o.prepare(op, params, gradient); err != nil {
		return err
	}
	o.commit()
	bytes := 0
	for _, m := range o.turn {
		bytes += m.param.Data.Len() * m.param.Data.DType().Bytes()
	}
	measured.Done(bytes)
	return nil
}

// prepare looks up the gradients of all parameters for [memory.commit]. If a gradient is missing or not finite, or a
// result would not be finite, it returns an error. Nothing has changed so far.
func (o *memory) prepare(op string, params []*Param, gradient func(*Param, *slot) (t *tensor.Tensor, reached bool)) error {
	mustHaveNumbers(op, params)
	o.calls++
	o.turn = o.turn[:0]
	for _, p := range params {
		if !p.trained() {
			continue
		}
		m := o.slots[p]
		if m == nil {
			for _, other := range o.turn {
				if other.param.Data == p.Data {
					panic(sameTensor(op, other.param, p))
				}
			}
			m = &slot{param: p}
			o.slots[p] = m
		}
		if m.call == o.calls {
			continue
		}
		m.call = o.calls
		o.turn = append(o.turn, m)
		t, reached := gradient(p, m)
		if !reached {
			return &UnreachedError{o.optimizer, p.Name}
		}
		m.grad = t
		m.fit(p, o.rule)
		size, err := o.sizeOf(p, t)
		if err != nil {
			return err
		}
		if m.careful = !m.plain(p, o.rule, size); m.careful {
			if err := o.try(p, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// commit changes each parameter by the rule.
func (o *memory) commit() {
	for _, m := range o.turn {
		p := m.param
		m.steps++
		if m.careful {
			m.adopt(p, o.rule)
		} else {
			m.narrow(o.rule)
			o.rule.step(p, m)
			m.bounds = m.next
		}
		p.Data.MarkChanged()
		m.data, m.version = p.Data, p.Data.Version()
		m.grad = nil
	}
}

// sizeOf returns the largest absolute value in a gradient, or an error if one is not finite.
func (o *memory) sizeOf(p *Param, t *tensor.Tensor) (float64, error) {
	if t == nil {
		return 0, nil
	}
	size := largestOf(t)
	if isNotFinite(size) {
		i, v := notFinite(t)
		return 0, &GradientError{o.optimizer, p.Name, i, v}
	}
	return size, nil
}

// notFinite returns the first number in a tensor that is NaN or infinite, which there is.
func notFinite(t *tensor.Tensor) (index int, v float64) {
	for v = t.AtFlat(0); !isNotFinite(v); v = t.AtFlat(index) {
		index++
	}
	return index, v
}

// fits reports whether the moments have the shape of a parameter, whose tensor may have been replaced.
func (m *slot) fits(p *Param) bool {
	for _, t := range [...]*tensor.Tensor{m.m, m.v, m.u} {
		if t != nil && !slices.Equal(t.Dims(), p.Data.Dims()) {
			return false
		}
	}
	return true
}

// fit makes the slot that of a parameter whose tensor may have been replaced: by one of another shape, which begins
// anew, or of another precision.
func (m *slot) fit(p *Param, r rule) {
	if !m.fits(p) {
		m.steps, m.m, m.v, m.u, m.wide, m.bounds = 0, nil, nil, nil, false, bounds{}
	}
	for _, t := range [...]*tensor.Tensor{m.m, m.v, m.u} {
		if t != nil && !m.wide && t.DType() != p.Data.DType() {
			m.widen(r)
		}
	}
}

// plain reports whether the parameter's own precision will do for the step under way, and notes the bounds after it.
// The bound of a parameter grows from step to step; it is measured again where it becomes too large.
func (m *slot) plain(p *Param, r rule, size float64) (ok bool) {
	if m.data == p.Data && m.version == p.Data.Version() {
		if m.next, ok = r.plain(p.Data.DType(), m.bounds, size); ok {
			return true
		}
	}
	m.data, m.version, m.bounds.w = p.Data, p.Data.Version(), largestOf(p.Data)
	m.next, ok = r.plain(p.Data.DType(), m.bounds, size)
	return ok
}

// widen brings the moments to the form of a draft.
func (m *slot) widen(r rule) {
	if m.wide {
		return
	}
	m.wide = true
	if m.m != nil {
		m.m = m.m.To(tensor.Float64)
	}
	if m.u != nil {
		m.u = m.u.To(tensor.Float64)
	}
	if m.v != nil {
		m.v = m.v.To(tensor.Float64)
		if r.moments().squares {
			kernel.Sqrt(m.v.Float64s(), m.v.Float64s())
		}
	}
}

// narrow brings the moments back to the form of the rule. [state] converts them to the parameter's precision.
func (m *slot) narrow(r rule) {
	if !m.wide {
		return
	}
	m.wide, m.draft = false, draft{}
	if r.moments().squares && m.v != nil {
		kernel.Square(m.v.Float64s(), m.v.Float64s())
	}
}

// state returns the tensor at which dst points, made of zeros if there is none of the parameter's shape and converted
// if the parameter's precision has changed.
func state(dst **tensor.Tensor, p *Param) *tensor.Tensor {
	switch {
	case *dst == nil || !slices.Equal((*dst).Dims(), p.Data.Dims()):
		*dst = tensor.New(p.Data.DType(), p.Data.Dims()...)
	case (*dst).DType() != p.Data.DType():
		*dst = (*dst).To(p.Data.DType())
	}
	return *dst
}

// orZeros returns the gradient of the step under way, as zeros if there is none: moments go on without it.
func (m *slot) orZeros(p *Param) *tensor.Tensor {
	if m.grad == nil {
		return state(&m.zeros, p)
	}
	return m.grad
}
