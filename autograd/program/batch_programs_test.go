package program_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// compiled returns a program of internal/programs, compiled.
func compiled(t testing.TB, p programs.Program) *program.Program {
	t.Helper()
	xs, y := p.Tape(graph.New(graph.Traced()), nil, p.At)
	c, err := program.CompileWith(program.Config{AllowReads: true}, y, xs...) // network leaves out hinges that are not active
	if err != nil {
		t.Fatalf("%s: %v", p.Name, err)
	}
	return c
}

// around returns n points, each a little away from that of the program.
func around(p programs.Program, n int) []float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	var points []float64
	for range n {
		for _, v := range p.At {
			points = append(points, v*(1+0.02*rng.NormFloat64()))
		}
	}
	return points
}

func TestEvalBatchPrograms(t *testing.T) {
	for _, p := range slices.Concat(programs.Small(), programs.All()) {
		if p.Operations > 1_000_000 || testing.Short() && p.Operations > 100_000 {
			continue
		}
		n := 150
		if p.Operations > 1000 {
			n = 2
		}
		c := compiled(t, p)
		points := around(p, n)
		in := len(p.At)
		ys, grads := make([]float64, n), make([]float64, n*in)
		c.EvalBatch(ys, grads, points)
		grad := make([]float64, in)
		for i := range n {
			at := points[i*in : (i+1)*in]
			y := c.Eval(at, grad)
			if !(math.Abs(ys[i]-y) <= 10*p.Error*math.Abs(y)) {
				t.Errorf("%s at %.40v: %v, want %v", p.Name, at, ys[i], y)
			}
			largest := 0.0
			for _, d := range grad {
				largest = max(largest, math.Abs(d))
			}
			for k, d := range grad {
				if got := grads[i*in+k]; !(math.Abs(got-d) <= 10*p.Error*largest) {
					t.Errorf("%s, point %d: derivative %d is %v, want %v", p.Name, i, k, got, d)
					break
				}
			}
		}
	}
}

func BenchmarkSmall(b *testing.B) {
	for _, p := range programs.Small() {
		b.Run(p.Name+"/sweep", func(b *testing.B) {
			g := graph.New()
			var xs []graph.Value
			grad := make([]float64, len(p.At))
			for b.Loop() {
				g.Reset()
				var y graph.Value
				xs, y = p.Tape(g, xs[:0], p.At)
				autograd.Backward(y).Scalars(grad, xs)
			}
		})
		b.Run(p.Name+"/eval", func(b *testing.B) {
			c := compiled(b, p)
			grad := make([]float64, len(p.At))
			for b.Loop() {
				c.Eval(p.At, grad)
			}
		})
		b.Run(p.Name+"/batch", func(b *testing.B) {
			c := compiled(b, p)
			const n = 10_000
			points := around(p, n)
			ys, grads := make([]float64, n), make([]float64, len(points))
			c.EvalBatch(ys, grads, points)
			for b.Loop() {
				c.EvalBatch(ys, grads, points)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/point")
		})
	}
}
