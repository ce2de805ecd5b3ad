package program_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// observation compiles the residuals of one observation of bundle adjustment.
func observation(t testing.TB) *program.Program {
	t.Helper()
	return compiledOf(t, 17, func(x []graph.Value) []graph.Value {
		e1, e2, e3 := programs.Residuals(x)
		return []graph.Value{e1, e2, e3}
	})
}

// BenchmarkSparseJacobian finds the Jacobian of bundle adjustments, compiled for one observation: the first two data sets
// of ADBench.
func BenchmarkSparseJacobian(b *testing.B) {
	for _, test := range []struct {
		name                          string
		cameras, points, observations int
	}{{"cameras=49", 49, 7776, 31843}, {"cameras=138", 138, 19878, 85217}} {
		b.Run(test.name, func(b *testing.B) {
			a := programs.NewAdjustment(test.cameras, test.points, test.observations)
			p := observation(b)
			at, index := a.Assembly()
			ys := make([]float64, 3*test.observations)
			var jacobian *autograd.Sparse
			b.ReportAllocs()
			for b.Loop() {
				jacobian = p.SparseJacobian(jacobian, ys, at, index, len(a.At))
			}
		})
	}
}
