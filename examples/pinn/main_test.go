package main

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// known holds each equation's solution as operations on a graph.
var known = []struct {
	equation
	u func(x graph.Value) graph.Value
}{
	{oscillator(), func(t graph.Value) graph.Value {
		w := 3 * math.Sqrt(0.99)
		wave := ops.Add(ops.Cos(ops.MulScalar(t, w)), ops.MulScalar(ops.Sin(ops.MulScalar(t, w)), 0.3/w))
		return ops.Mul(ops.Exp(ops.MulScalar(t, -0.3)), wave)
	}},
	{heat(), func(in graph.Value) graph.Value {
		mode := func(k, amplitude float64) graph.Value {
			fade := ops.Exp(ops.MulScalar(column(in, 1), -0.1*k*k))
			return ops.MulScalar(ops.Mul(fade, ops.Sin(ops.MulScalar(column(in, 0), k))), amplitude)
		}
		return ops.Add(mode(math.Pi, 1), mode(3*math.Pi, 0.5))
	}},
}

// The solutions fulfil their equations, and others do not.
func TestResidual(t *testing.T) {
	for _, k := range known {
		g := graph.New()
		points := k.grid(9)
		x := g.VarTensor(points.X)
		u := k.u(x)
		for i := range points.Len() {
			if got, want := k.solution(row(points, i)), u.Tensor().At(i, 0); math.Abs(got-want) > 1e-14 {
				t.Errorf("%s: solution(%v) = %v, as operations %v", k.name, row(points, i), got, want)
			}
		}
		if r := ops.Max(ops.Abs(k.residual(u, x))).Item(); !(r < 1e-12) {
			t.Errorf("%s: the solution leaves a residual of %v", k.name, r)
		}
		if r := ops.Max(ops.Abs(k.residual(ops.Square(u), x))).Item(); !(r > 0.1) {
			t.Errorf("%s: its square leaves a residual of %v only", k.name, r)
		}
	}
}

// Whatever the network, the conditions hold.
func TestConditions(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	at := func(f *function, x ...float64) (u float64, slopes []float64) {
		g := graph.New()
		in := g.VarTensor(tensor.Of(x, 1, len(x)))
		y := f.Forward(nn.Eval(), in)
		return y.Item(), derivative(y, in).Tensor().Float64s()
	}
	if u, slope := at(newFunction(rng, oscillator()), 0); u != 1 || slope[0] != 0 {
		t.Errorf("oscillator: u(0) = %v, u′(0) = %v; want 1, 0", u, slope[0])
	}
	f := newFunction(rng, heat())
	for _, v := range []float64{0, 0.3, 0.8, 1} {
		if u, _ := at(f, v, 0); math.Abs(u-f.solution([]float64{v, 0})) > 1e-15 {
			t.Errorf("heat: u(%v, 0) = %v, want %v", v, u, f.solution([]float64{v, 0}))
		}
		for _, end := range []float64{0, 1} {
			if u, _ := at(f, end, v); math.Abs(u) > 1e-15 {
				t.Errorf("heat: u(%v, %v) = %v, want 0", end, v, u)
			}
		}
	}
}

func TestGrid(t *testing.T) {
	e := equation{lo: []float64{0, -1}, hi: []float64{1, 3}}
	points := e.grid(3)
	want := []float64{0, -1, 0, 1, 0, 3, 0.5, -1, 0.5, 1, 0.5, 3, 1, -1, 1, 1, 1, 3}
	for i, v := range points.X.Float64s() {
		if v != want[i] {
			t.Fatalf("grid %v, want %v", points.X.Float64s(), want)
		}
	}
}

// Training comes close to the solution.
func TestSolve(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks")
	}
	for _, test := range []struct {
		equation
		way
		steps    int
		relative float64 // at most: a few times what is reached
	}{
		{oscillator(), ways[1], 3000, 0.005},
		{oscillator(), ways[2], 1500, 0.001},
		{heat(), ways[1], 1000, 0.02},
		{heat(), ways[2], 1000, 0.02},
	} {
		steps := 0
		f, points, err := test.solve(t.Context(), test.way, test.steps, 1, func() { steps++ })
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.measure(points)
		if err != nil {
			t.Fatal(err)
		}
		descent, newton := test.way.steps(test.steps)
		if !(r.relative < test.relative) || steps < descent || steps > descent+newton {
			t.Errorf("%s, %s: relative error %v after %d steps, want less than %v after %d", test.equation.name, test.way.name, r.relative, steps, test.relative, descent+newton)
		}
	}
}

func TestRun(t *testing.T) {
	out := commandtest.Output(t, program, "-seeds", "2", "-steps", "2")
	commandtest.Contains(t, out, "Damped oscillator\n====", "Heat in a rod\n====", "the same points", "new points each step", "then L-BFGS", "  1.00000     1.00000     0.00000")
	for line := range strings.Lines(out) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	if again := commandtest.Output(t, program, "-seeds", "2", "-steps", "2"); again != out {
		t.Errorf("one seed, two results:\n%s\n%s", out, again)
	}
}

func TestUsage(t *testing.T) {
	commandtest.Check(t, program, []commandtest.Run{
		{Args: []string{"-seeds", "0"}, Status: command.Usage, Stderr: "want 1 or more"},
		{Args: []string{"-steps", "-1"}, Status: command.Usage, Stderr: "want 1 or more"},
		{Args: []string{"-steps", "1000", "-seeds", "1001"}, Status: command.Usage, Stderr: "1000000 together at most"},
		{Args: []string{"-seeds", "1", "-steps", "9223372036854775807"}, Status: command.Usage, Stderr: "1000000 together at most"},
		{Args: []string{"-steps", "many"}, Status: command.Usage, Stderr: "many"},
		{Args: []string{"-points", "3"}, Status: command.Usage, Stderr: "-points"},
		{Args: []string{"heat"}, Status: command.Usage, Stderr: "takes flags only"},
		{Args: []string{"-h"}, Status: command.OK, Stderr: "-steps"},
	})
}

func TestInterrupted(t *testing.T) {
	commandtest.Interrupted(t, program, "stopped in step 1")
}

func TestOutputFails(t *testing.T) {
	commandtest.Full(t, program, "-seeds", "1", "-steps", "2")
}
