package main

import (
	"math"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// constant is a model that says the same of everybody.
func constant(mu, logVariance float64) nn.Layer {
	return nn.Func(func(x graph.Value) graph.Value {
		return ops.Broadcast(x.Graph().ConstTensor(tensor.Of([]float64{mu, logVariance}, 1, 2)), x.Dims()[0], 2)
	})
}

func TestDiabetes(t *testing.T) {
	set, err := diabetes()
	if err != nil {
		t.Fatal(err)
	}
	if set.Len() != 442 || set.X.Dims()[1] != 10 || set.T.Dims()[1] != 1 {
		t.Fatalf("X %v, T %v; want 442 rows of 10 and 1", set.X.Dims(), set.T.Dims())
	}
	var sum float64
	for _, v := range set.T.Float64s() {
		sum += v
	}
	if mean := sum / 442; math.Abs(mean-152.1335) > 1e-4 { // as scikit-learn's load_diabetes().target.mean()
		t.Errorf("mean target %v, want 152.1335", mean)
	}
}

func TestNegLogLikelihood(t *testing.T) {
	g := graph.New()
	y := g.ConstTensor(tensor.Of([]float64{1, math.Log(4), -2, 0}, 2, 2))
	truth := g.ConstTensor(tensor.Of([]float64{5, -1}, 2, 1))
	want := (math.Log(4)/2 + 16./4/2 + 1./2) / 2
	if got := negLogLikelihood(y, truth).Item(); math.Abs(got-want) > 1e-15 {
		t.Errorf("loss %v, want %v", got, want)
	}
	err := autograd.Check(func(xs ...graph.Value) graph.Value { return negLogLikelihood(xs[0], xs[1]) }, y.Tensor(), truth.Tensor())
	if err != nil {
		t.Error(err)
	}
}

func TestMix(t *testing.T) {
	set := &data.Set{X: tensor.New(tensor.Float64, 1, 10), T: tensor.Of([]float64{0.5}, 1, 1)}
	scale := data.Scaler{Mean: []float64{100}, Deviation: []float64{10}}
	got, err := mix([]nn.Layer{constant(1, math.Log(4)), constant(3, math.Log(2))}, set, scale)
	if err != nil {
		t.Fatal(err)
	}
	// The mean of 1 and 3; the mean of the variances 4 and 2, and 1 for what the two disagree about.
	want := forecast{mu: 120, sigma: 20, truth: 105}
	if len(got) != 1 || math.Abs(got[0].mu-want.mu) > 1e-12 || math.Abs(got[0].sigma-want.sigma) > 1e-12 || got[0].truth != want.truth {
		t.Errorf("mix: %v, want %v", got, want)
	}
}

func TestMargin(t *testing.T) {
	for share, want := range map[float64]float64{0.5: 0.674490, 0.9: 1.644854, 0.95: 1.959964} {
		if got := margin(share); math.Abs(got-want) > 1e-6 {
			t.Errorf("margin(%v) = %v, want %v", share, got, want)
		}
	}
}

// Forecasts that are drawn from what they say must be found reliable, and those with half the σ must not.
func TestJudge(t *testing.T) {
	const n = 1000
	var right, narrow []forecast
	for i := range n {
		mu, sigma := float64(i%10), float64(1+i%10)
		z := math.Sqrt2 * math.Erfinv(2*(float64(i/10)+0.5)/(n/10)-1) // quantiles of the normal distribution
		right = append(right, forecast{mu, sigma, mu + sigma*z})
		narrow = append(narrow, forecast{mu, sigma / 2, mu + sigma*z})
	}
	s, half := judge(right), judge(narrow)
	for _, p := range shares {
		if math.Abs(s.covered[p]-p) > 0.011 {
			t.Errorf("%v of the intervals for %v contain the truth", s.covered[p], p)
		}
	}
	for k, g := range s.group {
		if math.Abs(g.rmse/g.sigma-1) > 0.05 || math.Abs(g.covered-nominal) > 0.03 {
			t.Errorf("group %d: σ %v, error %v, covered %v", k, g.sigma, g.rmse, g.covered)
		}
	}
	if half.covered[nominal] > 0.65 || half.logScore < s.logScore+0.5 || math.Abs(half.width*2-s.width) > 1e-9 {
		t.Errorf("half of the σ: covered %v, log score %v against %v, width %v against %v", half.covered[nominal], half.logScore, s.logScore, half.width, s.width)
	}
}

// The ensemble predicts as well as a line, its intervals hold what they promise, and those of a network that was trained
// too long do not.
func TestMethods(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 40 networks")
	}
	patients, err := diabetes()
	if err != nil {
		t.Fatal(err)
	}
	var scores []score
	for _, m := range methods(5) {
		forecasts, err := m.crossValidate(t.Context(), patients, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(forecasts) != patients.Len() {
			t.Fatalf("%s: %d forecasts for %d patients", m.name, len(forecasts), patients.Len())
		}
		scores = append(scores, judge(forecasts))
	}
	line, long, ensemble := scores[0], scores[1], scores[3]
	if line.rmse > 57 || line.r2 < 0.45 {
		t.Errorf("line: error %v, R² %v", line.rmse, line.r2)
	}
	if ensemble.rmse > 57 || ensemble.r2 < 0.45 || math.Abs(ensemble.covered[nominal]-nominal) > 0.04 {
		t.Errorf("ensemble: error %v, R² %v, covered %v", ensemble.rmse, ensemble.r2, ensemble.covered[nominal])
	}
	if long.covered[nominal] > 0.8 || long.logScore < ensemble.logScore+0.5 {
		t.Errorf("trained too long: covered %v, log score %v against %v", long.covered[nominal], long.logScore, ensemble.logScore)
	}
}

func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 20 networks")
	}
	out := commandtest.Output(t, program, "-seeds", "1", "-members", "1")
	commandtest.Contains(t, out, "442 patients", "a line, one σ for all", "an ensemble of them", "interval for", "Some patients")
	if strings.Contains(out, "NaN") {
		t.Errorf("a NaN in the output:\n%s", out)
	}
	for line := range strings.Lines(out) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

func TestUsage(t *testing.T) {
	commandtest.Check(t, program, []commandtest.Run{
		{Args: []string{"-seeds", "0"}, Status: command.Usage, Stderr: "want 1 or more"},
		{Args: []string{"-members", "-1"}, Status: command.Usage, Stderr: "want 1 or more"},
		{Args: []string{"-seeds", "many"}, Status: command.Usage, Stderr: "many"},
		{Args: []string{"-fold", "3"}, Status: command.Usage, Stderr: "-fold"},
		{Args: []string{"patients.csv"}, Status: command.Usage, Stderr: "takes flags only"},
		{Args: []string{"-h"}, Status: command.OK, Stderr: "-members"},
	})
}

func TestInterrupted(t *testing.T) {
	commandtest.Interrupted(t, program, "stopped in step 1")
}

func TestOutputFails(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 20 networks")
	}
	commandtest.Full(t, program, "-seeds", "1", "-members", "1")
}
