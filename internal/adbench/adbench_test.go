package adbench

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// smallSizes are sizes at which every task takes no time.
var smallSizes = map[string][]int{
	"gmm": {20, 3, 2}, "ba": {2, 5, 7}, "ba-compiled": {2, 5, 7}, "ba-sum": {2, 5, 7}, "lstm": {2, 9, 3}, "hand": {30}, "kmeans": {40, 3, 2}, "ode": {3, 10}, "ode-compiled": {3, 10}, "llsq": {5, 30},
	"det": {4}, "lse": {50}, "particle": {1}, "particle-compiled": {1},
}

// TestTasks holds that the derivative on the graph is that of the plain function: its value by the first inputs, which
// the plain function reads anew at each call, changes as the derivative says.
func TestTasks(t *testing.T) {
	for _, task := range Tasks() {
		t.Run(task.Name, func(t *testing.T) {
			size := smallSizes[task.Name]
			if len(size) != len(task.Names) {
				t.Fatalf("%d sizes, want %d", len(size), len(task.Names))
			}
			w := task.Make(size)
			want := w.Plain()
			got, d := w.Derivative()
			if !(math.Abs(got-want) <= 1e-9*max(1, math.Abs(want))) {
				t.Errorf("value %v, that of the plain function %v", got, want)
			}
			d = slices.Clone(d)
			if again, e := w.Derivative(); again != got || !slices.Equal(d, e) {
				t.Errorf("a second call gives %v and %v, the first %v and %v", again, e, got, d)
			}
			if w.Point == nil {
				return // the result is no gradient
			}
			if len(d)%w.Inputs != 0 || len(w.Point) != w.Inputs {
				t.Fatalf("%d derivatives and a point of %d numbers for %d inputs", len(d), len(w.Point), w.Inputs)
			}
			for i, v := range d[w.Inputs:] { // plain sums up all results
				d[i%w.Inputs] += v
			}
			for i, x := range w.Point {
				h := 1e-6 * max(1, math.Abs(x))
				w.Point[i] = x + h
				up := w.Plain()
				w.Point[i] = x - h
				down := w.Plain()
				w.Point[i] = x
				if want := (up - down) / (2 * h); !(math.Abs(d[i]-want) <= 1e-6*max(1, math.Abs(want), math.Abs(got))) {
					t.Errorf("derivative %d is %v, differences say %v", i, d[i], want)
				}
			}
		})
	}
}

// TestAdjustmentJacobian compares the sums of the columns of a bundle adjustment's sparse Jacobian, and where its entries
// stand, with differences of the sum of all residuals and with what each observation sees.
func TestAdjustmentJacobian(t *testing.T) {
	const cameras, points, observations = 3, 5, 7
	a := programs.NewAdjustment(cameras, points, observations)
	j := autograd.SparseJacobian(a.Residuals, a.At)
	if j.M != 3*observations || j.N != len(a.At) || len(j.Value) != observations*(14+14+1) {
		t.Errorf("%d × %d with %d entries", j.M, j.N, len(j.Value))
	}
	_, compiled := adjustmentCompiled().Make([]int{cameras, points, observations}).Derivative()
	if diff := cmp.Diff(j.Value, compiled, cmpopts.EquateApprox(1e-12, 1e-14)); diff != "" {
		t.Errorf("compiled for one observation, the entries differ (-tape +compiled):\n%s", diff)
	}
	ones := slices.Repeat([]float64{1}, j.M)
	for i, got := range j.MulTransVec(nil, ones) {
		x := a.At[i]
		h := 1e-6 * max(1, math.Abs(x))
		a.At[i] = x + h
		up := Total(a.ResidualsPlain(nil, a.At))
		a.At[i] = x - h
		down := Total(a.ResidualsPlain(nil, a.At))
		a.At[i] = x
		if want := (up - down) / (2 * h); math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) {
			t.Errorf("column %d sums up to %v, differences say %v", i, got, want)
		}
	}
}

// TestHand holds what a hand does whose pose is known.
func TestHand(t *testing.T) {
	rng := programs.Draws(3)
	s := newSkin(25, &rng)
	pose := rng.Fill(poseSize, -1, 1)
	if n := len(posed(onNumbers, pose)); n != 12*bones {
		t.Fatalf("%d numbers for %d bones", n, bones)
	}
	// In a pose without any turn, nothing moves but the whole.
	still := make([]float64, poseSize)
	still[4] = 2
	moved := 0.0
	for _, v := range s.measured {
		moved += v
	}
	for i, v := range s.points {
		if moved -= v; i%3 == 1 {
			moved -= 2
		}
	}
	if got := s.residuals(still); !(math.Abs(got-moved) <= 1e-9) {
		t.Errorf("at rest the residuals are %v, want %v", got, moved)
	}
	// Rotations keep lengths.
	for b := range bones {
		row := posed(onNumbers, pose)[12*b:][:3]
		if n := row[0]*row[0] + row[1]*row[1] + row[2]*row[2]; !(math.Abs(n-1) <= 1e-12) {
			t.Errorf("bone %d: a row of length² %v", b, n)
		}
	}
}

// TestNoRotation holds the derivatives of a bundle adjustment whose camera is not turned: there x goes to x + r × x, and
// so the derivative by number k of r is that by x, times what number k of the axes and x make.
func TestNoRotation(t *testing.T) {
	for _, task := range []*Task{adjustment(), adjustmentCompiled(), adjustmentSum()} {
		in := &Numbers{Name: "still", Text: "1 1 1  0 0 0  0.5 -0.4 -2  1.3 0.02 -0.03 0.05 -0.01  0.7 0.9 1.5  0.8  0.3 0.4"}
		make, _ := task.Read(in)
		if in.Err != nil {
			t.Fatal(in.Err)
		}
		w := make()
		value, d := w.Derivative()
		if want := w.Plain(); !(math.Abs(value-want) <= 1e-14) {
			t.Errorf("%s: %v, want %v", task.Name, value, want)
		}
		row := 15 // a camera, a point and a weight
		if task.Name != "ba-sum" {
			row-- // either of the first two residuals depends on one coordinate of the principal point
		}
		if n := len(d); n != row && n != 2*row+1 {
			t.Fatalf("%s: %d derivatives", task.Name, n)
		}
		x := [3]float64{0.7 - 0.5, 0.9 + 0.4, 1.5 + 2}
		for ; len(d) >= row; d = d[row:] {
			by := d[row-4 : row-1] // the point
			for k := range x {
				next, after := (k+1)%3, (k+2)%3
				want := by[after]*x[next] - by[next]*x[after]
				if !(math.Abs(d[k]-want) <= 1e-14*max(1, math.Abs(want))) {
					t.Errorf("%s: the derivative by number %d of the rotation is %v, want %v", task.Name, k, d[k], want)
				}
			}
		}
	}
}

// TestHandWithoutRotation holds the derivatives by the rotation of a hand that is not turned against differences.
func TestHandWithoutRotation(t *testing.T) {
	w := hand().Make([]int{20})
	clear(w.Point[:3])
	value, d := w.Derivative()
	if want := w.Plain(); !(math.Abs(value-want) <= 1e-12) {
		t.Errorf("%v, want %v", value, want)
	}
	for k := range w.Inputs {
		got := 0.0
		for i := k; i < len(d); i += w.Inputs {
			got += d[i]
		}
		const h = 1e-6
		x := w.Point[k]
		w.Point[k] = x + h
		up := w.Plain()
		w.Point[k] = x - h
		down := w.Plain()
		w.Point[k] = x
		if want := (up - down) / (2 * h); !(math.Abs(got-want) <= 1e-7) {
			t.Errorf("the derivatives by number %d sum up to %v, differences say %v", k, got, want)
		}
	}
}

// TestLeastSquares holds the sum as GradBench defines it, with points that end at -1 and 1, and the sign 0 of 0.
func TestLeastSquares(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 9} {
		w := llsq().Make([]int{4, n})
		want := 0.0
		for i := range n {
			at, sign := 0.0, 0.0
			if n > 1 {
				at = -1 + float64(i)*2/float64(n-1)
			}
			switch {
			case 2*i < n-1:
				sign = -1
			case 2*i > n-1:
				sign = 1
			}
			for j, x := range w.Point {
				sign -= x * math.Pow(at, float64(j))
			}
			want += sign * sign / 2
		}
		value, _ := w.Derivative()
		for what, got := range map[string]float64{"plain": w.Plain(), "on the graph": value} {
			if math.Abs(got-want) > 1e-13*want {
				t.Errorf("%d points, %s: %v, want %v", n, what, got, want)
			}
		}
	}
}

// TestParticle holds the number that Pearlmutter and Siskind's programs give.
func TestParticle(t *testing.T) {
	const want = 0.2071918746486116
	for _, task := range []*Task{particle(), particleCompiled()} {
		w := task.Make([]int{1})
		if got := w.Plain(); math.Abs(got-want) > 1e-12 {
			t.Errorf("by hand: %v, want %v", got, want)
		}
		if got, _ := w.Derivative(); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s: %v, want %v", task.Name, got, want)
		}
	}
}
