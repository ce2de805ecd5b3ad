package autograd_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// The programs of this file are those by which scalar tapes are compared: each builds its tape on an empty graph and
// returns its leaves and its result. Their figures come from C++ tape tools and from independent derivations, see the
// test.

// nested is x = sin(x)·a + b/(x + 1.5), over and over; s is the running sum.
func nested(g *graph.Graph, iterations int) (leaves []graph.Value, s graph.Value) {
	x, a, b := g.Var(0.3), g.Var(0.8), g.Var(0.5)
	leaves = []graph.Value{x, a, b}
	s = g.Const(0)
	for range iterations {
		x = ops.Add(ops.Mul(ops.Sin(x), a), ops.Div(b, ops.AddScalar(x, 1.5)))
		s = ops.Add(s, x)
	}
	return leaves, s
}

func rosenbrockPoint(n int) []float64 {
	at := make([]float64, n)
	for i := range at {
		at[i] = 0.5 + 0.001*float64((i*7919)%1000)
	}
	return at
}

func rosenbrock(g *graph.Graph, at []float64) (leaves []graph.Value, s graph.Value) {
	xs := g.Vars(at)
	s = g.Const(0)
	for i := range len(xs) - 1 {
		t2 := ops.Sub(xs[i+1], ops.Mul(xs[i], xs[i]))
		t4 := ops.MulScalar(ops.Mul(t2, t2), 100)
		u := ops.AddScalar(ops.Neg(xs[i]), 1)
		s = ops.Add(s, ops.Add(t4, ops.Mul(u, u)))
	}
	return xs, s
}

// network is a 2-16-16-1 tanh network on scalars with a hinge loss over 100 samples and a quadratic penalty.
type network struct {
	params  []float64
	samples [][3]float64 // two inputs and the label
}

func newNetwork() network {
	state := uint64(42)
	u := func() float64 {
		state = (state*1103515245 + 12345) % (1 << 31)
		return float64(state) / (1 << 31)
	}
	var n network
	for range 337 {
		n.params = append(n.params, 2*u()-1)
	}
	for range 100 {
		x0, x1 := 2*u()-1, 2*u()-1
		y := -1.0
		if x0*x1 > 0 {
			y = 1
		}
		n.samples = append(n.samples, [3]float64{x0, x1, y})
	}
	return n
}

func (n network) record(g *graph.Graph) (leaves []graph.Value, total graph.Value) {
	p := g.Vars(n.params)
	loss := g.Const(0)
	var h, next [16]graph.Value
	for _, s := range n.samples {
		h[0], h[1] = g.Const(s[0]), g.Const(s[1])
		width, k := 2, 0
		for _, out := range []int{16, 16, 1} {
			for j := range out {
				acc := p[k+width]
				for i := range width {
					acc = ops.Add(acc, ops.Mul(p[k+i], h[i]))
				}
				k += width + 1
				if out > 1 {
					acc = ops.Tanh(acc)
				}
				next[j] = acc
			}
			h, width = next, out
		}
		if m := ops.AddScalar(ops.MulScalar(h[0], -s[2]), 1); m.Item() > 0 {
			loss = ops.Add(loss, m)
		}
	}
	squares := g.Const(0)
	for _, w := range p {
		squares = ops.Add(squares, ops.Mul(w, w))
	}
	return p, ops.Add(ops.MulScalar(loss, 0.01), ops.MulScalar(squares, 1e-4))
}

func productPoint(n int) []float64 {
	at := make([]float64, n)
	for i := range at {
		at[i] = float64(i+1) / float64(i+2)
	}
	return at
}

// product is Speelpenning's.
func product(g *graph.Graph, at []float64) (leaves []graph.Value, y graph.Value) {
	xs := g.Vars(at)
	y = xs[0]
	for _, x := range xs[1:] {
		y = ops.Mul(y, x)
	}
	return xs, y
}

func TestPrograms(t *testing.T) {
	near := func(digits float64) cmp.Option { return cmpopts.EquateApprox(digits, 0) }
	check := func(name string, o cmp.Option, want, got []float64) {
		t.Helper()
		if diff := cmp.Diff(want, got, o); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
		}
	}
	gradient := func(xs []graph.Value, y graph.Value) []float64 {
		return autograd.Backward(y).Scalars(nil, xs)
	}

	// Forward mode gives the gradient of nested independently.
	xs, s := nested(graph.New(), 1_000_000)
	d := gradient(xs, s)
	check("nested", near(1e-12), []float64{783636.956, 1.3262749388419, 1333831.69362967, 827476.510660118},
		append([]float64{math.Round(s.Item()*1000) / 1000}, d...))

	xs, s = rosenbrock(graph.New(), rosenbrockPoint(100_000))
	d = gradient(xs, s)
	sum := 0.0
	for _, v := range d {
		sum += v
	}
	check("rosenbrock", near(1e-12), []float64{2244269.03912913, -234.8, 618.0864236, 150.9559888, 97.0210372000001, 28.5512, 6473696.1010236},
		[]float64{s.Item(), d[0], d[1], d[2], d[3], d[len(d)-1], sum})

	xs, s = newNetwork().record(graph.New())
	d = gradient(xs, s)
	check("network", near(1e-12), []float64{1.2349933897410947, 0.0353649317152392, -0.0118781067526779, -0.167141962620094, 0.0203914036381276, 0.00701719217454086, -0.275269460020666, 0.310012184276246},
		[]float64{s.Item(), d[0], d[1], d[2], d[3], d[48], d[320], d[336]})

	// A hundred thousand products lose some digits to rounding.
	xs, s = product(graph.New(), productPoint(100_000))
	d = gradient(xs, s)
	check("product", near(1e-9), []float64{9.99990000099987e-06, 1.99998000019998e-05, 1.4999850001497e-05, 9.99999999999988e-06},
		[]float64{s.Item(), d[0], d[1], d[len(d)-1]})
}

// firstGradient returns the derivative by a program's first leaf, and its value.
func firstGradient(record func(g *graph.Graph) ([]graph.Value, graph.Value)) (d, value float64) {
	xs, y := record(graph.New())
	return autograd.Backward(y).Scalar(xs[0]), y.Item()
}

var programs = []struct {
	name       string
	operations int
	record     func() func(g *graph.Graph) ([]graph.Value, graph.Value)
}{
	{"chain", 200_000, func() func(g *graph.Graph) ([]graph.Value, graph.Value) {
		return func(g *graph.Graph) ([]graph.Value, graph.Value) {
			x, a := g.Var(0.3), g.Var(0.8)
			y := x
			for range 100_000 {
				y = ops.Add(ops.Mul(y, a), x)
			}
			return []graph.Value{x, a}, y
		}
	}},
	{"nested", 6_000_000, func() func(g *graph.Graph) ([]graph.Value, graph.Value) {
		return func(g *graph.Graph) ([]graph.Value, graph.Value) { return nested(g, 1_000_000) }
	}},
	{"rosenbrock", 799_992, func() func(g *graph.Graph) ([]graph.Value, graph.Value) {
		at := rosenbrockPoint(100_000)
		return func(g *graph.Graph) ([]graph.Value, graph.Value) { return rosenbrock(g, at) }
	}},
	{"network", 65_077, func() func(g *graph.Graph) ([]graph.Value, graph.Value) {
		return newNetwork().record
	}},
	{"product", 99_999, func() func(g *graph.Graph) ([]graph.Value, graph.Value) {
		at := productPoint(100_000)
		return func(g *graph.Graph) ([]graph.Value, graph.Value) { return product(g, at) }
	}},
}

// perOperation calls step over and over and reports its time for each of the program's operations.
func perOperation(b *testing.B, operations int, step func()) {
	step() // the tape's memory is kept from here on
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(operations), "ns/operation")
}

func BenchmarkScalarRecord(b *testing.B) {
	for _, p := range programs {
		b.Run("program="+p.name+"/tape=bare", func(b *testing.B) {
			t := &bareTape{}
			perOperation(b, p.operations, func() {
				t.reset()
				barePrograms[p.name](t)
			})
		})
		b.Run("program="+p.name+"/tape=chainrule", func(b *testing.B) {
			g, record := graph.New(), p.record()
			perOperation(b, p.operations, func() {
				g.Reset()
				record(g)
			})
		})
	}
}

func BenchmarkScalarGradient(b *testing.B) {
	for _, p := range programs {
		b.Run("program="+p.name+"/tape=bare", func(b *testing.B) {
			t := &bareTape{}
			var dst []float64
			perOperation(b, p.operations, func() {
				t.reset()
				xs, y := barePrograms[p.name](t)
				t.gradient(y)
				dst = dst[:0]
				for _, x := range xs {
					dst = append(dst, t.of(x))
				}
			})
		})
		b.Run("program="+p.name+"/tape=chainrule", func(b *testing.B) {
			g, record := graph.New(), p.record()
			var dst []float64
			perOperation(b, p.operations, func() {
				g.Reset()
				xs, y := record(g)
				if dst == nil {
					dst = make([]float64, len(xs))
				}
				autograd.Backward(y).Scalars(dst, xs)
			})
		})
	}
}
