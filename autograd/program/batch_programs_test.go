package program_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
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
		if p.Operations > 100_000 {
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

// Where a derivative of the plain program is NaN, a batch decides as a single point does; other points of the block
// stay as they are.
func TestEvalBatchZeros(t *testing.T) {
	special := []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 3, math.Inf(1), math.Inf(-1), math.NaN(), 1e300, 0x1p-1022}
	for name, f := range map[string]func(x, y graph.Value) graph.Value{
		"square of a root":  func(x, y graph.Value) graph.Value { return ops.Add(ops.Square(ops.Sqrt(x)), y) },
		"branches":          func(x, y graph.Value) graph.Value { return ops.Where(ops.Gt(x, y), ops.Sqrt(x), ops.Log(y)) },
		"root of a branch":  func(x, y graph.Value) graph.Value { return ops.Sqrt(ops.Where(ops.Gt(x, y), x, ops.MulScalar(y, 0))) },
		"product of powers": func(x, y graph.Value) graph.Value { return ops.Mul(ops.PowScalar(x, 0.5), ops.Exp(ops.Mul(x, y))) },
		"largest":           func(x, y graph.Value) graph.Value { return ops.Maximum(ops.Div(x, y), ops.Abs(y)) },
		"sine":              func(x, y graph.Value) graph.Value { return ops.Mul(ops.Sin(ops.MulScalar(x, 1e12)), ops.Tan(y)) },
		"of neither":        func(x, y graph.Value) graph.Value { return ops.MulScalar(ops.StopGradient(x), 2) },
	} {
		g := graph.New(graph.Traced())
		xs := g.Vars([]float64{0.3, 0.4})
		c, err := program.Compile(f(xs[0], xs[1]), xs...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var points []float64
		for _, x := range special {
			for _, y := range special {
				points = append(points, x, y)
			}
		}
		n := len(points) / 2
		ys, grads, grad := make([]float64, n), make([]float64, 2*n), make([]float64, 2)
		c.EvalBatch(ys, grads, points)
		for i := range n {
			y := c.Eval(points[2*i:2*i+2], grad)
			for k, pair := range [][2]float64{{ys[i], y}, {grads[2*i], grad[0]}, {grads[2*i+1], grad[1]}} {
				if got, want := pair[0], pair[1]; !rowtest.SameNumber(got, want, 1e-14, 0) {
					t.Errorf("%s at %v: number %d is %v, want %v", name, points[2*i:2*i+2], k, got, want)
				}
			}
		}
	}
}

// A program without inputs has its one value at every point, and no points are no work.
func TestEvalBatchConstant(t *testing.T) {
	c, err := program.Compile(graph.New(graph.Traced()).Const(3))
	if err != nil {
		t.Fatal(err)
	}
	ys := make([]float64, 70)
	c.EvalBatch(ys, nil, nil)
	if !slices.Equal(ys, slices.Repeat([]float64{3}, 70)) {
		t.Errorf("got %v", ys)
	}
	c.EvalBatch(ys, []float64{}, nil)
	c.EvalBatch(nil, nil, nil)
}

// Forks evaluate batches side by side, to the same bits.
func TestEvalBatchForks(t *testing.T) {
	p := programs.Small()[0]
	c := compiled(t, p)
	points := around(p, 3000)
	run := func(c *program.Program) (ys, grads []float64) {
		ys, grads = make([]float64, 3000), make([]float64, len(points))
		c.EvalBatch(ys, grads, points)
		return ys, grads
	}
	var wg sync.WaitGroup
	var ys, grads [4][]float64
	for i := range ys {
		f := c.Fork()
		wg.Go(func() { ys[i], grads[i] = run(f) })
	}
	wg.Wait()
	wantYs, wantGrads := run(c)
	for i := range ys {
		if !slices.Equal(ys[i], wantYs) || !slices.Equal(grads[i], wantGrads) {
			t.Errorf("fork %d has other results", i)
		}
	}
}

// A program that is too long for lanes is evaluated point by point, to the same bits.
func TestEvalBatchLong(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a long program")
	}
	p, _ := programs.ByName("chain")
	c := compiled(t, p)
	const n = 5
	points := around(p, n)
	points[2], points[3] = math.Inf(1), 0 // needs care
	ys, grads := make([]float64, n), make([]float64, 2*n)
	for range 2 {
		c.EvalBatch(ys, grads, points)
		alone := make([]float64, n)
		c.EvalBatch(alone, nil, points)
		grad := make([]float64, 2)
		for i := range n {
			y := c.Eval(points[2*i:2*i+2], grad)
			for k, pair := range [][2]float64{{ys[i], y}, {alone[i], y}, {grads[2*i], grad[0]}, {grads[2*i+1], grad[1]}} {
				if math.Float64bits(pair[0]) != math.Float64bits(pair[1]) && !(math.IsNaN(pair[0]) && math.IsNaN(pair[1])) {
					t.Errorf("point %d, number %d: %v, want %v", i, k, pair[0], pair[1])
				}
			}
		}
	}
}
