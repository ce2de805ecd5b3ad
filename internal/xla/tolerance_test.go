package xla

import (
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// These bound the difference of XLA's numbers from ours, relative to the larger of a number and 1.
const (
	tolerance32 = 1e-6
	tolerance64 = 1e-12
)

// A wider tolerance is one that an operation needs, with the reason.
type wider struct {
	to32, to64 float64 // 0 for the usual one
	why        string
}

// exceptions are the operations that differ by more than rounding.
var exceptions = map[string]wider{
	"cofactor": {to32: 1e-5, why: "its gradient is a difference of cofactors, each of which was rounded to float32"},
}

// notFinite are the operations, none of them elementwise, that are not compared where operands are infinite or NaN, with
// the reason.
var notFinite = map[string]string{
	"conv1d": convolutions, "conv1d_bias": convolutions, "conv1d_input": convolutions, "conv1d_weight": convolutions,
	"conv2d": convolutions, "conv2d_bias": convolutions, "conv2d_input": convolutions, "conv2d_weight": convolutions,
	"solve": factorizations, "solve_lower": factorizations, "solve_upper": factorizations, "inv": factorizations,
	"det": factorizations, "logdet": factorizations, "cofactor": factorizations, "qr": factorizations,
}

const (
	factorizations = "another factorization: an infinity among the elements meets others on its way"
	convolutions   = "where a zero meets an infinity: of padding, XLA leaves it out, and of a cotangent, this engine does"
)

// linearAlgebra are the operations that are made of XLA's factorizations, which other compilers do not have. They have
// modules of their own, together with calls of tensors without elements, on which IREE's compiler dies.
var linearAlgebra = strings.Fields("solve solve_lower solve_upper inv det logdet cofactor cholesky qr eigh")

// wide are the operations besides whose modules compute in float64 whatever the precision of the graph. One call in float32
// tells that they convert.
var wide = strings.Fields("lgamma digamma polygamma lbeta digamma_difference erfcx erfcx_derivative erfinv erfcinv sinc_derivative")

// tolerance returns how far XLA's results may be from ours.
func tolerance(row *graph.Row, dtype tensor.DType) (float64, string) {
	e := exceptions[row.Name]
	usual, own := tolerance64, e.to64
	if dtype == tensor.Float32 {
		usual, own = tolerance32, e.to32
	}
	if own == 0 {
		return usual, ""
	}
	return own, e.why
}
