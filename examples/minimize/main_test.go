package main

import (
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/minimize"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
	"github.com/seed366ff29f/chainrule/graph"
)

// sameDigits is to how many of the 11 certified digits a fit has to agree.
const sameDigits = 9

// TestCertified holds the fits against what NIST certifies, from both starting points.
func TestCertified(t *testing.T) {
	for i := range references {
		r := &references[i]
		if len(r.x) != len(r.y) || len(r.errors) != len(r.certified) {
			t.Fatalf("%s: %d and %d measurements, %d parameters and %d errors", r.name, len(r.x), len(r.y), len(r.certified), len(r.errors))
		}
		for k, start := range r.starts {
			fit, err := minimize.LeastSquares(r.residuals, start, minimize.LeastSquaresConfig{})
			if err != nil {
				t.Errorf("%s from start %d: %v", r.name, k+1, err)
				continue
			}
			deviations, err := standardErrors(fit)
			if err != nil {
				t.Errorf("%s: %v", r.name, err)
				continue
			}
			for what, d := range map[string]float64{
				"parameters": digits(fit.X, r.certified), "standard errors": digits(deviations, r.errors), "sum": digits([]float64{fit.Sum}, []float64{r.sum}),
			} {
				if d < sameDigits {
					t.Errorf("%s from start %d, %s: %.1f digits, want %d", r.name, k+1, what, d, sameDigits)
				}
			}
		}
		if _, x, err := r.byNewton(r.starts[1]); err != nil || digits(x, r.certified) < sameDigits {
			t.Errorf("%s by Newton's method: got %v and %v, want %v", r.name, x, err, r.certified)
		}
	}
}

// TestReprojectionWithoutRotation holds the derivatives of an observation by a camera that is not turned: there a point p
// goes to p + r × p, and so the derivative by number k of r is that by the translation, times what number k of the axes and
// p make.
func TestReprojectionWithoutRotation(t *testing.T) {
	at := []float64{0, 0, 0, 0.1, -0.2, 5, 800, -0.05, 0.01, 0.7, 0.9, -0.4, 0, 0}
	jacobian := autograd.SparseJacobian(func(x []graph.Value) []graph.Value {
		horizontal, vertical := reprojection(x)
		return []graph.Value{horizontal, vertical}
	}, at).Dense()
	for i := range 2 {
		for k := range 3 {
			next, after := (k+1)%3, (k+2)%3
			want := jacobian.At(i, 3+after)*at[9+next] - jacobian.At(i, 3+next)*at[9+after]
			if got := jacobian.At(i, k); !(math.Abs(got-want) <= 1e-14*max(1, math.Abs(want))) {
				t.Errorf("result %d: the derivative by number %d of the rotation is %v, want %v", i, k, got, want)
			}
		}
	}
}

// TestBundle holds that the error of an adjusted scene is that of the noise, and that the program's Jacobian is sparse.
func TestBundle(t *testing.T) {
	s, err := newScene(12, 300)
	if err != nil {
		t.Fatal(err)
	}
	fit, err := minimize.LeastSquaresOf(s.residuals, s.start, minimize.LeastSquaresConfig{Tolerance: 1e-6})
	if err != nil {
		t.Fatal(err)
	}
	free := float64(len(fit.Residuals) - len(fit.X) + 7)
	if deviation := math.Sqrt(fit.Sum / free); math.Abs(deviation/noise-1) > 0.05 {
		t.Errorf("the residuals deviate by %.4f pixels, want about %g", deviation, noise)
	}
	if want := 12 * len(fit.Residuals); len(fit.Jacobian.Value) != want {
		t.Errorf("%d entries, want %d", len(fit.Jacobian.Value), want)
	}
}

func TestProgram(t *testing.T) {
	out := commandtest.Output(t, program, "-n", "20", "-cameras", "4", "-points", "100")
	commandtest.Contains(t, out, "valley in 20 dimensions", "conjugate gradients", "limited-memory BFGS", "Newton by products", "38 residuals has 57 entries", "Thurber", "certified   1.2881396800e+03",
		"4 cameras, 100 points, 400 observations", "800 residuals by 336 unknowns has 9600 entries")
}

func TestUsage(t *testing.T) {
	commandtest.Check(t, program, []commandtest.Run{
		{Args: []string{"-n", "1"}, Status: command.Usage, Stderr: "want 2 to 1000000"},
		{Args: []string{"-n", "many"}, Status: command.Usage, Stderr: "many"},
		{Args: []string{"-cameras", "2"}, Status: command.Usage, Stderr: "want 3 to 1000"},
		{Args: []string{"-points", "10"}, Status: command.Usage, Stderr: "want 100 to 200000"},
		{Args: []string{"5"}, Status: command.Usage, Stderr: "takes flags only"},
		{Args: []string{"-h"}, Status: command.OK, Stderr: "dimensions"},
	})
	commandtest.Interrupted(t, program, "context canceled", "-n", "20")
	commandtest.Full(t, program, "-n", "20", "-cameras", "4", "-points", "100")
}
