package minimize_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/ops"
)

// A scene is a bundle adjustment: cameras of 11 numbers around points of 3, and where some cameras saw them, with noise.
// Numbers that all observations share, the weight 1, and where the points were seen come after the unknowns.
type scene struct {
	truth, start, known []float64
	index               []int // of the 17 numbers that programs.Residuals takes, for each observation
	program             *program.Program
}

func newScene(t *testing.T, cameras, points, seen int, noise float64) *scene {
	g := graph.New(graph.Traced())
	xs := g.Vars(make([]float64, 17))
	e1, e2, _ := programs.Residuals(xs)
	p, err := program.Compile(ops.Stack(0, e1, e2), xs...)
	if err != nil {
		t.Fatal(err)
	}
	s, rng := &scene{program: p}, rand.New(rand.NewPCG(1, 2))
	for c := range cameras {
		turn := 0.1 + 2*math.Pi*float64(c)/float64(cameras) // about the second axis, at which the points lie around 0
		s.truth = append(s.truth, 0.01*rng.NormFloat64(), turn, 0.01*rng.NormFloat64(), 5*math.Sin(turn), 0, -5*math.Cos(turn), 1, 0, 0, -0.1, 0.01)
	}
	for range 3 * points {
		s.truth = append(s.truth, rng.Float64()-0.5)
	}
	n := len(s.truth)
	s.known = []float64{1}
	for d := range points {
		for k := range seen {
			c := (7*d + k) % cameras
			for j := range 11 {
				s.index = append(s.index, 11*c+j)
			}
			for j := range 3 {
				s.index = append(s.index, 11*cameras+3*d+j)
			}
			s.index = append(s.index, n, n+len(s.known), n+len(s.known)+1)
			s.known = append(s.known, 0, 0)
		}
	}
	copy(s.known[1:], minimize.ProgramResiduals(p, s.index, s.known).Func(nil, s.truth)) // where the points are seen
	for k := range s.known[1:] {
		s.known[1+k] += noise * rng.NormFloat64()
	}
	for _, v := range s.truth {
		s.start = append(s.start, v+0.01*rng.NormFloat64())
	}
	return s
}

// residuals records what the program computes.
func (s *scene) residuals(x []value) (out []value) {
	known := make([]value, len(s.known))
	for k, v := range s.known {
		known[k] = x[0].Graph().Const(v)
	}
	p := make([]value, 17)
	for from := 0; from < len(s.index); from += 17 {
		for k, i := range s.index[from : from+17] {
			if i < len(x) {
				p[k] = x[i]
			} else {
				p[k] = known[i-len(x)]
			}
		}
		e1, e2, _ := programs.Residuals(p)
		out = append(out, e1, e2)
	}
	return out
}

// TestBundleAdjustment finds cameras and points again, of a recording and of a compiled program: up to where they lie as a
// whole, how they are turned, and their size, which no picture tells.
func TestBundleAdjustment(t *testing.T) {
	const cameras, points, noise = 10, 100, 1e-4
	s := newScene(t, cameras, points, 6, noise)
	cfg := minimize.LeastSquaresConfig{Tolerance: 1e-9}
	recorded, err := minimize.LeastSquares(s.residuals, s.start, cfg)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := minimize.LeastSquaresOf(minimize.ProgramResiduals(s.program, s.index, s.known), s.start, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(recorded.Sum, compiled.Sum, cmpopts.EquateApprox(1e-9, 0)); diff != "" {
		t.Errorf("sum of squares: mismatch (-recorded +compiled):\n%s", diff)
	}
	if diff := cmp.Diff(recorded.Jacobian.Col, compiled.Jacobian.Col); diff != "" {
		t.Errorf("columns: mismatch (-recorded +compiled):\n%s", diff)
	}
	// As many residuals as there are unknowns, less 7 of the whole, are lost to the fit.
	free := float64(len(recorded.Residuals) - len(s.start) + 7)
	if deviation := math.Sqrt(recorded.Sum / free); math.Abs(deviation/noise-1) > 0.1 {
		t.Errorf("residuals deviate by %.3g, want about %v", deviation, noise)
	}
	// Distances between points, in units of one of them.
	distance := func(x []float64, i, j int) float64 {
		p := x[11*cameras:]
		return math.Hypot(math.Hypot(p[3*i]-p[3*j], p[3*i+1]-p[3*j+1]), p[3*i+2]-p[3*j+2])
	}
	for i := 2; i < points; i++ {
		got, want := distance(recorded.X, 1, i)/distance(recorded.X, 0, 1), distance(s.truth, 1, i)/distance(s.truth, 0, 1)
		if math.Abs(got-want) > 0.02 {
			t.Errorf("point %d lies %.4f from point 1, want %.4f", i, got, want)
		}
	}
	if full := len(s.start) * len(s.start) / 2; recorded.Factor == 0 || recorded.Factor > full/3 {
		t.Errorf("a factor of %d numbers", recorded.Factor)
	}
}

func TestProgramResidualsErrors(t *testing.T) {
	s := newScene(t, 2, 2, 1, 0)
	tests := []struct {
		want string
		f    func()
	}{
		{"minimize.ProgramResiduals: got a nil program: compile one with program.Compile", func() { minimize.ProgramResiduals(nil, nil, nil) }},
		{"minimize.ProgramResiduals: 16 indices for points of 17 inputs: give one for each input of each point", func() { minimize.ProgramResiduals(s.program, s.index[:16], s.known) }},
		{"minimize.ProgramResiduals: input 16 of point 0 is number 30 of 28 unknowns and 2 known numbers: they are counted from 0", func() {
			minimize.ProgramResiduals(s.program, s.index, s.known[:2]).Func(nil, s.start)
		}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, message(test.f)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}
