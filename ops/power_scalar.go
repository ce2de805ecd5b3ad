package ops

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// powScalarForward sets the result of PowScalar: some exponents are other functions, which are exact or cost less.
func powScalarForward(n graph.Node) {
	if n.DType() == tensor.Float32 {
		powScalar(n, n.Out().Float32s(), n.In(0).Float32s(), n.Float(0))
	} else {
		powScalar(n, n.Out().Float64s(), n.In(0).Float64s(), n.Float(0))
	}
}

// powScalar sets y to xᵖ.
func powScalar[T constraints.Float](n graph.Node, y, x []T, p float64) {
	switch p {
	case -2:
		kernel.Map(kernel.MapInverseSquare, y, x, nil, 0, 0)
	case -1:
		kernel.Map(kernel.MapReciprocal, y, x, nil, 0, 0)
	case 0:
		kernel.Fill(y, 1)
	case 0.5:
		kernel.Map(kernel.MapPowHalf, y, x, nil, 0, 0)
	case 1:
		copy(y, x)
	case 2:
		kernel.Square(y, x)
	case 3:
		kernel.Map(kernel.MapCube, y, x, nil, 0, 0)
	case 4:
		kernel.Map(kernel.MapFourthPower, y, x, nil, 0, 0)
	default:
		exponent := n.Buffer(1)
		tensor.Data[T](exponent)[0] = T(p)
		kernel.Map(kernel.MapPow, y, x, tensor.Data[T](exponent), 0, 0)
		n.FreeTemp(exponent)
	}
}

// powScalarBackward gives a row the Backward of PowScalar.
func powScalarBackward(row graph.Row) graph.Row {
	row.Backward = func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
		if dst.DType() == tensor.Float32 {
			addPowSlope(n, dst.Float32s(), ct.Float32s(), n.In(0).Float32s(), fresh)
		} else {
			addPowSlope(n, dst.Float64s(), ct.Float64s(), n.In(0).Float64s(), fresh)
		}
		return true
	}
	row.InPlace = true
	return row
}

// addPowSlope adds ct·p·xᵖ⁻¹ to dst, or sets dst to it.
func addPowSlope[T constraints.Float](n graph.Node, dst, ct, x []T, fresh bool) {
	switch p := n.Float(0); p {
	case 2:
		kernel.Slope(kernel.SlopeScale, dst, ct, x, nil, 2, 0, fresh)
	case 3:
		kernel.Slope(kernel.SlopeSquare, dst, ct, x, nil, 3, T(negZero), fresh)
	case -1:
		kernel.Slope(kernel.SlopeSquare, dst, ct, tensor.Data[T](n.Out()), nil, -1, T(negZero), fresh)
	case -2:
		kernel.Slope(kernel.SlopeQuotient, dst, ct, tensor.Data[T](n.Out()), x, -2, 0, fresh)
	case 0.5:
		kernel.Slope(kernel.SlopeInverse, dst, ct, tensor.Data[T](n.Out()), nil, 0.5, 0, fresh)
	case 4:
		eachBlock(n, func(b block[T], lo, hi int) {
			powScalar(n, b.d, b.x, 3)
			kernel.Slope(kernel.SlopeScale, dst[lo:hi], ct[lo:hi], b.d, nil, 4, 0, fresh)
		})
	default:
		exponent := n.Buffer(1)
		tensor.Data[T](exponent)[0] = T(p)
		kernel.Slope(kernel.SlopePowBase, dst, ct, x, tensor.Data[T](exponent), 0, 0, fresh)
		n.FreeTemp(exponent)
	}
}
