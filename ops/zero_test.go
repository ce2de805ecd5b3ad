package ops_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
)

var extremeNumbers = []float64{5e-324, -1e-300, 1e-40, 0.3, -2.5, 1e30, -1e300}

// TestAllWaysAgreeAtExtremes compares what is left where numbers are tiny or huge. A derivative that has over- or
// underflowed on one of the ways is passed over: 0, infinite, NaN or denormal.
func TestAllWaysAgreeAtExtremes(t *testing.T) {
	flowed := func(v, least float64) bool { return !(math.Abs(v) >= least && math.Abs(v) <= math.MaxFloat64) }
	for _, row := range graph.Rows() {
		if !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		t.Run(row.Name, func(t *testing.T) {
			for _, gr := range rowtest.Grids(row, extremeNumbers) {
				if gr.Operands() == 2 { // equal operands cancel, in atan2 for one
					for k := range gr.Columns[1] {
						gr.Columns[1][k] *= 1.7
					}
				}
				for _, d := range []rowtest.Derivation{gr.Scalars(), gr.Tensors(tensor.Float64), gr.Tensors(tensor.Float32)} {
					tolerance, least := rowtest.SameTo64, 0x1p-1022
					if d.DType == tensor.Float32 {
						tolerance, least = rowtest.SameTo32, 0x1p-126
					}
					compare := func(what string, a, b []float64) {
						t.Helper()
						tolerance := tolerance
						if row.Name == "atan2" || row.Name == "hypot" {
							tolerance *= 1e3 // their second derivatives are differences of larger numbers
						}
						gr.CompareScaled(t, what, a, b, tolerance, 0, func(k int) bool { return flowed(a[k], least) || flowed(b[k], least) })
					}
					for i := range d.Backward {
						compare(fmt.Sprintf("%v, scalar %v: Backward and Grad by operand %d", d.DType, d.Scalar, i), d.Backward[i], d.Grad[i])
						for j := range d.BackwardGrad[i] {
							compare(fmt.Sprintf("%v, scalar %v: of the gradient by operand %d, Backward and Grad by operand %d", d.DType, d.Scalar, i, j), d.BackwardGrad[i][j], d.GradGrad[i][j])
						}
					}
				}
			}
		})
	}
}
