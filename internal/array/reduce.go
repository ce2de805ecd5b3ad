package array

import (
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// AddReduced adds src to dst, summed over the axes along which dst's shape stretches to src's: the transpose of
// broadcasting. With dst of zeros and axes kept at length 1 it is the sum over those axes, with an error of some units
// in the last place of the sum of absolute values, however many there are. Both have one precision. AddReduced panics
// with a [*tensor.Error] if the shapes or precisions do not fit.
func AddReduced(dst, src *tensor.Tensor) {
	const op = "array.AddReduced"
	samePrecision(op, dst, src)
	addReducedAs(op, dst, dst.Dims(), src, src.Dims())
}

// AddReducedAs is [AddReduced] with dst and src seen in other shapes of as many elements.
func AddReducedAs(dst *tensor.Tensor, dstShape []int, src *tensor.Tensor, srcShape []int) {
	const op = "array.AddReducedAs"
	samePrecision(op, dst, src)
	mustHold(op, dst, dstShape)
	mustHold(op, src, srcShape)
	addReducedAs(op, dst, dstShape, src, srcShape)
}

// mustHold panics with a [*tensor.Error] if t cannot be seen as one of the given shape.
func mustHold(op string, t *tensor.Tensor, shape []int) {
	n, err := tensor.Size(shape)
	if err != nil {
		panic(tensor.Errorf(op, tensor.ErrShape, "%v", err))
	}
	if n != t.Len() {
		panic(tensor.Errorf(op, tensor.ErrShape, "shape %s with %d elements cannot be seen as %s: the number of elements must stay the same",
			tensor.FormatShape(t.Dims()), t.Len(), tensor.FormatShape(shape)))
	}
}

func addReducedAs(op string, dst *tensor.Tensor, dstShape []int, src *tensor.Tensor, srcShape []int) {
	if !BroadcastsTo(dstShape, srcShape) {
		panic(stretchError(op, dstShape, srcShape))
	}
	if dst.DType() == tensor.Float32 {
		addReduced(dst.Float32s(), src.Float32s(), dstShape, srcShape)
	} else {
		addReduced(dst.Float64s(), src.Float64s(), dstShape, srcShape)
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
	case p.loops == 2 && p.stepA[0] == 0 && p.stepA[1] == 1 && p.dims[1] > fewRuns:
		kernel.AddSumLines(dst, src, p.dims[0], 1)
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
func stretchError(op string, from, to []int) *tensor.Error {
	return tensor.Errorf(op, tensor.ErrShape, "shape %s does not stretch to %s: aligned at the last axis, its lengths must be equal or 1", tensor.FormatShape(from), tensor.FormatShape(to))
}

// samePrecision panics with a [*tensor.Error] unless dst and src are tensors of one precision.
func samePrecision(op string, dst, src *tensor.Tensor) {
	for _, t := range [2]*tensor.Tensor{dst, src} {
		if t == nil || t.Rank()+t.Len() == 0 {
			panic(tensor.Errorf(op, tensor.ErrUsage, "got a nil or zero tensor.Tensor: make one with tensor.New or tensor.Of"))
		}
	}
	if dst.DType() != src.DType() {
		panic(tensor.Errorf(op, tensor.ErrDType, "the tensors are %s and %s: convert one with Tensor.To", dst.DType(), src.DType()))
	}
}

// Broadcast sets dst to src stretched to dst's shape. It panics with a [*tensor.Error] if src does not stretch to it,
// or the precisions differ.
func Broadcast(dst, src *tensor.Tensor) {
	const op = "array.Broadcast"
	samePrecision(op, dst, src)
	broadcastAs(op, dst, src, src.Dims())
}

// BroadcastAs is [Broadcast] with src seen in another shape of as many elements.
func BroadcastAs(dst, src *tensor.Tensor, srcShape []int) {
	const op = "array.BroadcastAs"
	samePrecision(op, dst, src)
	mustHold(op, src, srcShape)
	broadcastAs(op, dst, src, srcShape)
}

func broadcastAs(op string, dst, src *tensor.Tensor, srcShape []int) {
	if !BroadcastsTo(srcShape, dst.Dims()) {
		panic(stretchError(op, srcShape, dst.Dims()))
	}
	if dst.DType() == tensor.Float32 {
		broadcast(dst.Float32s(), src.Float32s(), dst.Dims(), srcShape)
	} else {
		broadcast(dst.Float64s(), src.Float64s(), dst.Dims(), srcShape)
	}
}

func broadcast[T constraints.Float](dst, src []T, dstShape, srcShape []int) {
	p := Pair(dstShape, srcShape, dstShape)
	rows, n, step := p.twoLoops()
	for r := range p.Runs {
		if d := dst[r.Out : r.Out+r.N]; r.StepA == 1 {
			kernel.CopyRows(d, n, src[r.A:], step, n, rows)
		} else {
			kernel.FillRows(d, n, src[r.A:], step, rows)
		}
	}
}
