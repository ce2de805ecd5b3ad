package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/nn"
)

// newLesson returns a lesson that writes to out, with pictures in a directory that is removed after the test.
func newLesson(t *testing.T, out *bytes.Buffer, seed uint64, runs int) *lesson {
	t.Helper()
	return &lesson{paper: &paper{w: out}, out: t.TempDir(), seed: seed, runs: runs, progress: io.Discard}
}

func theSplit(t *testing.T) *split {
	t.Helper()
	s, err := breastCancer()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBreastCancer(t *testing.T) {
	s := theSplit(t)
	got := []int{s.train.Len(), s.valid.Len(), s.test.Len(), s.train.X.Dims()[1]}
	if diff := cmp.Diff([]int{341, 114, 114, 30}, got); diff != "" {
		t.Errorf("rows of training, validation and test, and columns: mismatch (-want +got)\n%s", diff)
	}
	benign := 0
	for _, label := range slices.Concat(s.train.Labels, s.valid.Labels, s.test.Labels) {
		benign += label
	}
	if benign != 357 { // of 569, as the data's authors say
		t.Errorf("%d benign rows, want 357", benign)
	}
	if diff := cmp.Diff([]string{"malignant", "benign"}, s.train.Classes); diff != "" {
		t.Errorf("classes: mismatch (-want +got)\n%s", diff)
	}
}

// The loop written out and nn.Fit take the same steps.
func TestAlgorithm1(t *testing.T) {
	for _, steps := range []int{1, 10, 50} { // an epoch has eleven steps
		written, fitted, err := newLesson(t, &bytes.Buffer{}, 5, 1).bothWays(theSplit(t), steps)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range written.Params() {
			q := fitted.Params()[i]
			if diff := cmp.Diff(p.Data.Float64s(), q.Data.Float64s()); diff != "" {
				t.Errorf("after %d steps %s: mismatch (-algorithm1 +Fit)\n%s", steps, p.Name, diff)
			}
		}
	}
}

// The rows of the learning curve that early stopping marks are those of the run that it ends.
func TestLearningCurve(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for 300 epochs")
	}
	s := theSplit(t)
	var out bytes.Buffer
	c, err := newLesson(t, &out, 12, 1).learningCurve(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	left, err := s.measure(c.model)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(left, c.scores[c.chosen-1], cmp.AllowUnexported(score{})); diff != "" {
		t.Errorf("the network that is left and epoch %d: mismatch (-left +epoch)\n%s", c.chosen, diff)
	}
	for i, at := range c.scores[:c.stopped] {
		if at.loss[byValidation] < left.loss[byValidation] {
			t.Errorf("epoch %d has validation loss %v, want no less than the %v of the chosen epoch %d", i+1, at.loss[byValidation], left.loss[byValidation], c.chosen)
		}
	}
	for _, want := range []string{
		fmt.Sprintf("\n  %5d   %s   <- goes back to\n", c.chosen, c.scores[c.chosen-1]),
		fmt.Sprintf("\n  %5d   %s   <- stops\n", c.stopped, c.scores[c.stopped-1]),
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no row %q in:\n%s", want, out.String())
		}
	}
}

// referenceWrong is the test error of scikit-learn 1.2's logistic regression, trained to the end on the same training
// rows: it is right in 0.9737 of the test rows.
const referenceWrong = 3.0 / 114

// wrongTolerance is how far the mean over five runs may lie from it: two rows. Batches of 32 leave the weights moving
// around the optimum, and networks with a hidden layer reach 0.956 to 0.974 in scikit-learn as well.
const wrongTolerance = 2.0 / 114

// TestVariants holds what part d says about its table, and the table against the reference.
func TestVariants(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 35 networks")
	}
	all, err := newLesson(t, &bytes.Buffer{}, 12, 5).trainVariants(t.Context(), theSplit(t))
	if err != nil {
		t.Fatal(err)
	}
	const train, valid, test = 0, 1, 2
	m := make(map[string]score)
	for i, v := range variants {
		m[v.name] = mean(all[i])
	}
	for name, s := range m {
		if math.Abs(s.wrong[test]-referenceWrong) > wrongTolerance {
			t.Errorf("%s: test error %.4f, want %.4f ± %.4f", name, s.wrong[test], referenceWrong, wrongTolerance)
		}
		if name != "none" && s.loss[train] <= m["none"].loss[train] {
			t.Errorf("%s: training loss %.4f, want above the %.4f without regularization", name, s.loss[train], m["none"].loss[train])
		}
		if name != "none" && s.loss[test] >= m["none"].loss[test] {
			t.Errorf("%s: test loss %.4f, want below the %.4f without regularization", name, s.loss[test], m["none"].loss[test])
		}
	}
	if m["none"].wrong[train] != 0 {
		t.Errorf("without regularization %.4f of the training rows are wrong, want none", m["none"].wrong[train])
	}
	if stopped, none := m["early stopping"], m["none"]; stopped.wrong[test] > none.wrong[test] || stopped.loss[valid] >= none.loss[valid] {
		t.Errorf("early stopping has test error %.4f and validation loss %.4f, want no worse than %.4f and below %.4f",
			stopped.wrong[test], stopped.loss[valid], none.wrong[test], none.loss[valid])
	}
	if e := m["early stopping"].epochs; e >= epochs/2 {
		t.Errorf("early stopping goes back to epoch %.0f on average, want one of the first half", e)
	}
}

// Slip 6: the gradient of λ‖w‖² is 2λw.
func TestSlipPenalty(t *testing.T) {
	for _, tt := range []struct{ lambda, w, want float64 }{{0.01, 0.7, 0.014}, {0.5, -2, -2}, {0, 3, 0}} {
		if got := penaltyGradient(tt.lambda, tt.w); !cmp.Equal(tt.want, got, rounding) {
			t.Errorf("gradient of %v·w² at %v = %v, want %v", tt.lambda, tt.w, got, tt.want)
		}
	}
}

// Slip 7: p is the probability to keep a neuron; classic dropout sees p·w in use, inverted dropout w, and each sees the
// same in training on average.
func TestSlipDropout(t *testing.T) {
	const (
		sum   = 1.45 // w·h = 0.45 - 0.2 + 1.2
		masks = 100_000
		// The variance of one classic mask's sum is p(1-p)·Σ(wh)² = 0.42, that of an inverted one four times as large: five
		// standard errors of the mean are 0.0103 and 0.0206.
		tolerance = 0.0206
	)
	l := newLesson(t, &bytes.Buffer{}, 12, 1)
	for _, tt := range []struct {
		name string
		mode nn.DropoutOption
		want float64
	}{
		{"classic", nn.Classic(), keep * sum},
		{"inverted", nn.Inverted(), sum},
	} {
		t.Run(tt.name, func(t *testing.T) {
			training, use := l.droppedMean(masks, tt.mode)
			if math.Abs(use-tt.want) > 1e-12 {
				t.Errorf("in use %v, want %v", use, tt.want)
			}
			if math.Abs(training-tt.want) > tolerance {
				t.Errorf("in training %v on average, want %v ± %v", training, tt.want, tolerance)
			}
		})
	}
}

// Slip 8: the choice by validation rows and the choice by test rows differ, and the latter reports the smaller error.
func TestSlipSelection(t *testing.T) {
	cell := func(valid, validLoss, test, testLoss float64) score {
		return score{wrong: [3]float64{0, valid, test}, loss: [3]float64{0, validLoss, testLoss}}
	}
	g := grid{
		{cell(0.05, 0.1, 0.01, 0.3), cell(0.02, 0.1, 0.06, 0.2)},
		{cell(0.03, 0.2, 0.04, 0.1), cell(0.03, 0.1, 0.02, 0.1)},
		{cell(0.03, 0.1, 0.05, 0.1), cell(0.05, 0.1, 0.02, 0.3)},
	}
	firstRun := []score{g[0][0], g[1][0], g[2][0]}
	if got := best(firstRun, byValidation); got != 2 { // equal errors: the smaller loss
		t.Errorf("by validation cell %d, want 2", got)
	}
	if got := best(firstRun, byTest); got != 0 {
		t.Errorf("by test cell %d, want 0", got)
	}
	if got, want := g.reported(byTest), (0.01+0.02)/2; !cmp.Equal(want, got, rounding) {
		t.Errorf("choice by test reports %v, want %v", got, want)
	}
	if got, want := g.reported(byValidation), (0.05+0.06)/2; !cmp.Equal(want, got, rounding) {
		t.Errorf("choice by validation reports %v, want %v", got, want)
	}
}

// TestGrid holds what part e says about its tables.
func TestGrid(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 72 networks")
	}
	g, err := newLesson(t, &bytes.Buffer{}, 3, 3).trainGrid(t.Context(), theSplit(t))
	if err != nil {
		t.Fatal(err)
	}
	cells := g.means()
	honest := cells[best(cells, byValidation)]
	if e := honest.wrong[byTest]; math.Abs(e-referenceWrong) > wrongTolerance {
		t.Errorf("the choice by validation has test error %.4f, want %.4f ± %.4f", e, referenceWrong, wrongTolerance)
	}
	if flattered := g.reported(byTest); flattered >= g.reported(byValidation) {
		t.Errorf("the choice by test reports %.4f, want less than the %.4f of the choice by validation", flattered, g.reported(byValidation))
	}
	deep := cells[(len(gridLayers)-1)*len(gridNodes)] // four layers of one node
	if deep.wrong[byValidation] < 3*honest.wrong[byValidation] {
		t.Errorf("four layers of one node have validation error %.4f, want far above %.4f", deep.wrong[byValidation], honest.wrong[byValidation])
	}
}

// One seed gives one text, on one processor and on more; another seed gives another.
func TestTrainingRepeats(t *testing.T) {
	text := func(processors int, seed uint64) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		var out bytes.Buffer
		l := newLesson(t, &out, seed, 1)
		for _, f := range []func(context.Context, *lesson) error{training, gridSearch} {
			if err := f(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
		return strings.ReplaceAll(out.String(), filepath.ToSlash(l.out), "DIR")
	}
	one := text(1, 3)
	if diff := cmp.Diff(one, text(4, 3)); diff != "" {
		t.Errorf("one and four processors: mismatch (-one +four)\n%s", diff)
	}
	if !testing.Short() && one == text(2, 4) {
		t.Error("seeds 3 and 4 give the same text")
	}
}
