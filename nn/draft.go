package nn

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// A draft is a step on one parameter that is worked out in double precision before anything changes, for numbers that
// the parameter's own precision cannot hold: parameter, gradient and moments. Where a rule has squares, v holds their
// roots: the root of a mean of squares is no larger than the largest of the numbers, and can be computed without the
// squares.
type draft struct{ w, g, m, v, u []float64 }

// try works out the step under way as a draft. It returns an error if a number of the result is not finite.
func (o *memory) try(p *Param, m *slot) error {
	d, n, r := &m.draft, p.Data.Len(), o.rule
	if len(d.w) != n {
		*d = draft{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)}
	}
	load(d.w, p.Data)
	load(d.g, m.grad)
	load(d.m, m.m)
	load(d.v, m.v)
	load(d.u, m.u)
	if r.moments().squares && !m.wide {
		kernel.Sqrt(d.v, d.v)
	}
	r.careful(d, m.steps+1)
	for i, v := range d.w {
		if p.Data.DType() == tensor.Float32 {
			v = float64(float32(v))
		}
		if isNotFinite(v) {
			return &OverflowError{o.optimizer, p.Name, i, v}
		}
	}
	return nil
}

// load sets dst to the numbers of a tensor, or to zeros if it is nil.
func load(dst []float64, t *tensor.Tensor) {
	if t == nil {
		clear(dst)
		return
	}
	for i := range dst {
		dst[i] = t.AtFlat(i)
	}
}

// adopt makes the draft the parameter and its moments.
func (m *slot) adopt(p *Param, r rule) {
	for i, w := range m.draft.w {
		p.Data.SetFlat(w, i)
	}
	m.widen(r)
	has := r.moments()
	if has.m != "" {
		store(&m.m, p, m.draft.m)
	}
	if has.v != "" {
		store(&m.v, p, m.draft.v)
	}
	if has.u != "" {
		store(&m.u, p, m.draft.u)
	}
	m.bounds = bounds{largestOf(p.Data), kernel.MaxAbs(m.draft.m), kernel.MaxAbs(m.draft.v)}
}

// store sets the wide moment at which dst points.
func store(dst **tensor.Tensor, p *Param, x []float64) {
	if *dst == nil {
		*dst = tensor.New(tensor.Float64, p.Data.Dims()...)
	}
	copy((*dst).Float64s(), x)
}

// rangeOf returns the range of numbers that a precision holds with all their digits, but for a factor of 4 at the upper
// end that leaves room for rounding, and the largest number whose square is within.
func rangeOf(dtype tensor.DType) (least, largest, root float64) {
	if dtype == tensor.Float32 {
		return 0x1p-126, 0x1p126, 0x1p62
	}
	return 0x1p-1022, 0x1p1022, 0x1p510
}

// holds reports whether a precision holds a setting, 0 or more, with all its digits.
func holds(dtype tensor.DType, v float64) bool {
	least, largest, _ := rangeOf(dtype)
	return v == 0 || v >= least && v <= largest
}

// belowOne reports whether two shares, each less than 1, are so in a precision as well.
func belowOne(dtype tensor.DType, a, b float64) bool {
	return dtype == tensor.Float64 || float32(a) < 1 && float32(b) < 1
}

// outweighs reports whether ε is so large that squares below the smallest number of a precision make no difference
// beside it: those of which a mean takes in a share in each step, and then the root.
func outweighs(dtype tensor.DType, eps, share float64) bool {
	least, _, _ := rangeOf(dtype)
	digits := 0x1p-53
	if dtype == tensor.Float32 {
		digits = 0x1p-24
	}
	return eps*math.Sqrt(share)*digits >= math.Sqrt(least)
}
