package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// smallSizes are sizes at which every task takes no time.
var smallSizes = map[string][]int{
	"gmm": {20, 3, 2}, "ba": {2, 5, 7}, "ba-sum": {2, 5, 7}, "lstm": {2, 9, 3}, "hand": {30}, "kmeans": {40, 3, 2}, "ode": {3, 10}, "llsq": {5, 30},
	"det": {4}, "lse": {50}, "particle": {1},
}

// TestTasks holds that the derivative on the graph is that of the plain function: its value by the first inputs, which
// the plain function reads anew at each call, changes as the derivative says.
func TestTasks(t *testing.T) {
	for _, task := range tasks() {
		t.Run(task.name, func(t *testing.T) {
			size := smallSizes[task.name]
			if len(size) != len(task.names) {
				t.Fatalf("%d sizes, want %d", len(size), len(task.names))
			}
			w := task.make(size)
			want := w.plain()
			got, d := w.derivative()
			if !(math.Abs(got-want) <= 1e-9*max(1, math.Abs(want))) {
				t.Errorf("value %v, that of the plain function %v", got, want)
			}
			d = slices.Clone(d)
			if again, e := w.derivative(); again != got || !slices.Equal(d, e) {
				t.Errorf("a second call gives %v and %v, the first %v and %v", again, e, got, d)
			}
			if w.point == nil {
				return // the result is no gradient
			}
			if len(d)%w.inputs != 0 || len(w.point) != w.inputs {
				t.Fatalf("%d derivatives and a point of %d numbers for %d inputs", len(d), len(w.point), w.inputs)
			}
			for i, v := range d[w.inputs:] { // plain sums up all results
				d[i%w.inputs] += v
			}
			for i, x := range w.point {
				h := 1e-6 * max(1, math.Abs(x))
				w.point[i] = x + h
				up := w.plain()
				w.point[i] = x - h
				down := w.plain()
				w.point[i] = x
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
	ones := slices.Repeat([]float64{1}, j.M)
	for i, got := range j.MulTransVec(nil, ones) {
		x := a.At[i]
		h := 1e-6 * max(1, math.Abs(x))
		a.At[i] = x + h
		up := total(a.ResidualsPlain(nil, a.At))
		a.At[i] = x - h
		down := total(a.ResidualsPlain(nil, a.At))
		a.At[i] = x
		if want := (up - down) / (2 * h); math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) {
			t.Errorf("column %d sums up to %v, differences say %v", i, got, want)
		}
	}
}

// TestHand holds what a hand does whose pose is known.
func TestHand(t *testing.T) {
	rng := draw(3)
	s := newSkin(25, &rng)
	pose := rng.fill(poseSize, -1, 1)
	if n := len(posed(onNumbers, pose)); n != 12*bones {
		t.Fatalf("%d numbers for %d bones", n, bones)
	}
	// In a pose without any turn, nothing moves but the whole.
	still := make([]float64, poseSize)
	still[0], still[4] = 1e-300, 2
	moved := 0.0
	for _, v := range s.measured {
		moved += v
	}
	for i, v := range s.points {
		if moved -= v; i%3 == 1 {
			moved -= 2
		}
	}
	if got := s.residuals(still); math.Abs(got-moved) > 1e-9 {
		t.Errorf("at rest the residuals are %v, want %v", got, moved)
	}
	// Rotations keep lengths.
	for b := range bones {
		row := posed(onNumbers, pose)[12*b:][:3]
		if n := row[0]*row[0] + row[1]*row[1] + row[2]*row[2]; math.Abs(n-1) > 1e-12 {
			t.Errorf("bone %d: a row of length² %v", b, n)
		}
	}
}

// TestParticle holds the number that Pearlmutter and Siskind's programs give.
func TestParticle(t *testing.T) {
	const want = 0.2071918746486116
	w := particle().make([]int{1})
	if got := w.plain(); math.Abs(got-want) > 1e-12 {
		t.Errorf("by hand: %v, want %v", got, want)
	}
	if got, _ := w.derivative(); math.Abs(got-want) > 1e-12 {
		t.Errorf("on the graph: %v, want %v", got, want)
	}
}

func TestProgram(t *testing.T) {
	args := []string{"-seconds", "0.0001"}
	for name, size := range smallSizes {
		args = append(args, "-"+name, (&task{sizes: size}).String())
	}
	out := commandtest.Output(t, program, args...)
	for name := range smallSizes {
		if !strings.Contains(out, "\n"+name+" ") {
			t.Errorf("there is no line for %s:\n%s", name, out)
		}
	}
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := map[string]string{
		"gmm":    "1 2 3\n0.1\n0.2\n\n0.3\n0.4\n\n-0.1\n0.1\n\n1\n2\n3\n\n1 0\n",
		"ba":     "2 3 5\n0.1 0.2 0.3 0.01 0.02 0.03 600 0.1 0.2 0.01 0.02\n1 2 5\n0.5\n3 4\n",
		"ba-sum": "2 3 5\n0.1 0.2 0.3 0.01 0.02 0.03 600 0.1 0.2 0.01 0.02\n1 2 5\n0.5\n3 4\n",
		"lstm":   "1 2 1\n\n.1 .2 .3 .4\n.1 .2 .3 .4\n\n.1\n.2\n.3\n\n.5\n.6\n\n1\n0\n",
	}
	for name, text := range good {
		out := commandtest.Output(t, program, "-seconds", "0.0001", "-task", "^"+name+"$", "-"+name+"-file", file(name, text))
		if strings.Count(out, "\n") != 2 {
			t.Errorf("%s: %q", name, out)
		}
	}
	flags := func(status int, stderr string, args ...string) commandtest.Run {
		return commandtest.Run{Args: append([]string{"-seconds", "0.0001"}, args...), Status: status, Stderr: stderr}
	}
	commandtest.Check(t, program, []commandtest.Run{
		flags(command.Usage, `-task "none": no task has such a name`, "-task", "none"),
		flags(command.Usage, "-task: error parsing regexp", "-task", "("),
		flags(command.Usage, "-seconds 0: want more than 0", "-seconds", "0"),
		flags(command.Usage, "want 3 numbers, points,dimensions,components", "-gmm", "1,2"),
		flags(command.Usage, `rows is "0": want a number of 1 or more`, "-det", "0"),
		flags(command.Usage, `rows is "13": want 12 at most`, "-det", "13"),
		flags(command.Usage, `rows is "x": want a number of 1 or more`, "-det", "x"),
		flags(command.Usage, "want smaller ones", "-gmm", "1000000,1000,1000"),
		flags(command.Usage, "takes flags only", "gmm"),
		flags(command.Failed, "no such file", "-task", "gmm", "-gmm-file", filepath.Join(dir, "none")),
		flags(command.Failed, "gmm1:1: \"x\" is no number", "-task", "gmm", "-gmm-file", file("gmm1", "x")),
		flags(command.Failed, "gmm2 ends at line 2: want more numbers", "-task", "gmm", "-gmm-file", file("gmm2", "1 2\n")),
		flags(command.Failed, "gmm3 is too short for its sizes", "-task", "gmm", "-gmm-file", file("gmm3", "1000 1000 1000\n1 2 3")),
		flags(command.Failed, "the number of dimensions is 1.5", "-task", "gmm", "-gmm-file", file("gmm4", "1.5 2 3")),
		flags(command.Failed, "gmm5:17: more numbers than its sizes say", "-task", "gmm", "-gmm-file", file("gmm5", good["gmm"]+"\n7")),
		flags(command.Failed, "has the prior γ = 2", "-task", "gmm", "-gmm-file", file("gmm6", strings.Replace(good["gmm"], "1 0\n", "2 0\n", 1))),
		flags(command.Failed, "ends at line 4", "-task", "^ba$", "-ba-file", file("ba1", "1 1 1\n1 2 3 4 5 6 7 8 9 10 11\n1 2 3\n4")),
		flags(command.Failed, "the number of layers is -1", "-task", "lstm", "-lstm-file", file("lstm1", "-1 1 1 1 2 3")),
	})
	commandtest.Interrupted(t, program, "", "-task", "lse")
	commandtest.Full(t, program, "-seconds", "0.0001", "-task", "det", "-det", "2")
}
