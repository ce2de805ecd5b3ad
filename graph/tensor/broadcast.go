package tensor

import (
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// A Pairing walks two operands along the shape that they broadcast to. Neighbouring axes that both operands treat
// alike are walked as one, so that equal shapes, or a matrix and its bias, become one or two plain loops.
type Pairing struct {
	loops        int
	dims         [MaxRank]int
	stepA, stepB [MaxRank]int
}

// Pair returns the walk for operands of shapes a and b along shape out, to which both broadcast. It panics with an [*Error]
// if out has more than [MaxRank] axes.
func Pair(out, a, b []int) Pairing {
	if len(out) > MaxRank {
		panic(Errorf("tensor.Pair", ErrLimit, "shape %s has %d axes: at most %d are possible", FormatShape(out), len(out), MaxRank))
	}
	var p Pairing
	strideA, strideB := 1, 1
	for i := len(out) - 1; i >= 0; i-- {
		n := out[i]
		sa, sb := 0, 0
		if k := i - len(out) + len(a); k >= 0 && a[k] != 1 {
			sa, strideA = strideA, strideA*a[k]
		}
		if k := i - len(out) + len(b); k >= 0 && b[k] != 1 {
			sb, strideB = strideB, strideB*b[k]
		}
		if n == 1 {
			continue
		}
		if l := p.loops - 1; l >= 0 && sa == p.stepA[l]*p.dims[l] && sb == p.stepB[l]*p.dims[l] {
			p.dims[l] *= n
			continue
		}
		p.dims[p.loops], p.stepA[p.loops], p.stepB[p.loops] = n, sa, sb
		p.loops++
	}
	if p.loops == 0 {
		p.dims[0], p.loops = 1, 1
	}
	return p
}

// A Run is one innermost loop of a [Pairing]: N consecutive elements of the result from Out on, with the operands'
// first elements at A and B. StepA and StepB are 1, or 0 where the operand stays at one element.
type Run struct{ Out, A, B, N, StepA, StepB int }

// Runs yields the innermost loops in row-major order of the result.
// The zero Pairing has none.
func (p *Pairing) Runs(yield func(Run) bool) {
	if p == nil || p.loops == 0 {
		return
	}
	var index [MaxRank]int
	r := Run{N: p.dims[0], StepA: p.stepA[0], StepB: p.stepB[0]}
	for l := range p.loops {
		if p.dims[l] == 0 {
			return
		}
	}
	for {
		if !yield(r) {
			return
		}
		r.Out += r.N
		l := 1
		for ; l < p.loops; l++ {
			index[l]++
			r.A += p.stepA[l]
			r.B += p.stepB[l]
			if index[l] < p.dims[l] {
				break
			}
			r.A -= index[l] * p.stepA[l]
			r.B -= index[l] * p.stepB[l]
			index[l] = 0
		}
		if l >= p.loops {
			return
		}
	}
}

// AddReduced adds src to dst, summed over the axes along which dst's shape stretches to src's: the transpose of
// broadcasting. With dst of zeros and axes kept at length 1 it is the sum over those axes, with an error of some units in the
// last place of the sum of absolute values, however many there are. Both have one precision.
// AddReduced panics with an [*Error] if the shapes or precisions do not fit.
func AddReduced(dst, src *Tensor) {
	const op = "tensor.AddReduced"
	samePrecision(op, dst, src)
	addReducedAs(op, dst, dst.shape, src, src.shape)
}

// AddReducedAs is [AddReduced] with dst and src seen in other shapes of as many elements.
func AddReducedAs(dst *Tensor, dstShape []int, src *Tensor, srcShape []int) {
	const op = "tensor.AddReducedAs"
	samePrecision(op, dst, src)
	for _, seen := range [2]struct {
		t     *Tensor
		shape []int
	}{{dst, dstShape}, {src, srcShape}} {
		if n := mustSize(op, seen.shape); n != seen.t.Len() {
			panic(Errorf(op, ErrShape, "shape %s with %d elements cannot be seen as %s: the number of elements must stay the same",
				FormatShape(seen.t.shape), seen.t.Len(), FormatShape(seen.shape)))
		}
	}
	addReducedAs(op, dst, dstShape, src, srcShape)
}

func addReducedAs(op string, dst *Tensor, dstShape []int, src *Tensor, srcShape []int) {
	if !BroadcastsTo(dstShape, srcShape) {
		panic(stretchError(op, dstShape, srcShape))
	}
	if dst.dtype == Float32 {
		addReduced(dst.f32, src.f32, dstShape, srcShape)
	} else {
		addReduced(dst.f64, src.f64, dstShape, srcShape)
	}
}

// An element of the sum may take up some runs one after another, rounded after each: so many that it does not matter, and
// for short runs so many that it is faster.
const (
	fewRuns      = 16
	fewShortRuns = 4
	longRun      = 64
)

func addReduced[T constraints.Float](dst, src []T, dstShape, srcShape []int) {
	p := Pair(srcShape, dstShape, srcShape)
	if len(src) == 0 {
		return
	}
	switch {
	case p.stepA[0] == 1 && p.loops == 1:
		kernel.AddTo(dst, src)
	case p.stepA[0] == 1 && p.loops == 2:
		kernel.AddColumnSums(dst, src)
	case p.additions() > fewRuns || p.additions() > fewShortRuns && p.dims[0] < longRun:
		kernel.AddOverAxes(dst, src, p.dims[:p.loops], p.stepA[:p.loops])
	default:
		for r := range p.Runs {
			x := src[r.Out : r.Out+r.N]
			if r.StepA == 1 {
				kernel.AddTo(dst[r.A:r.A+r.N], x)
			} else {
				dst[r.A] += kernel.Sum(x)
			}
		}
	}
}

// additions returns how many runs are added to an element of a.
func (p *Pairing) additions() int {
	n := 1
	for l := 1; l < p.loops; l++ {
		if p.stepA[l] == 0 {
			n *= p.dims[l]
		}
	}
	return n
}

// stretchError says that a tensor of shape from does not stretch to shape to.
func stretchError(op string, from, to []int) *Error {
	return Errorf(op, ErrShape, "shape %s does not stretch to %s: aligned at the last axis, its lengths must be equal or 1", FormatShape(from), FormatShape(to))
}

// samePrecision panics with an [*Error] unless dst and src are tensors of one precision.
func samePrecision(op string, dst, src *Tensor) {
	dst.must(op)
	src.must(op)
	if dst.dtype != src.dtype {
		panic(Errorf(op, ErrDType, "the tensors are %s and %s: convert one with Tensor.To", dst.dtype, src.dtype))
	}
}

// Broadcast sets dst to src stretched to dst's shape. It panics with an [*Error] if src does not stretch to it, or the
// precisions differ.
func Broadcast(dst, src *Tensor) {
	const op = "tensor.Broadcast"
	samePrecision(op, dst, src)
	if !BroadcastsTo(src.shape, dst.shape) {
		panic(stretchError(op, src.shape, dst.shape))
	}
	if dst.dtype == Float32 {
		broadcast(dst.f32, src.f32, dst.shape, src.shape)
	} else {
		broadcast(dst.f64, src.f64, dst.shape, src.shape)
	}
}

func broadcast[T constraints.Float](dst, src []T, dstShape, srcShape []int) {
	p := Pair(dstShape, srcShape, dstShape)
	for r := range p.Runs {
		if r.StepA == 1 {
			copy(dst[r.Out:r.Out+r.N], src[r.A:])
		} else {
			kernel.Fill(dst[r.Out:r.Out+r.N], src[r.A])
		}
	}
}
