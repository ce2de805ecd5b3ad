package nn_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// learnedFigures is what scikit-learn says; see testdata/metrics.py.
type learnedFigures struct {
	Classes map[string]struct {
		Labels, Predicted, Rows []int
		Classes                 int
		Matrix                  [][]int
		Accuracy                float64
		Precision, Recall, F1   []float64
		Macro, Micro, Weighted  [3]float64
	}
	Areas map[string]struct {
		Scores   []float64
		Positive []bool
		AUC      float64
	}
	R2 map[string]struct {
		Shape []int
		Y, T  []float64
		R2    float64
	}
}

func readFigures(t *testing.T) learnedFigures {
	t.Helper()
	file, err := os.ReadFile("testdata/metrics.json")
	if err != nil {
		t.Fatal(err)
	}
	var figures learnedFigures
	if err := json.Unmarshal(file, &figures); err != nil {
		t.Fatal(err)
	}
	if len(figures.Classes) < 9 || len(figures.Areas) < 7 || len(figures.R2) < 8 {
		t.Fatalf("cases: %d, %d, %d, want those of testdata/metrics.py", len(figures.Classes), len(figures.Areas), len(figures.R2))
	}
	return figures
}

// rounding is what sums of some dozen quotients may differ by in the order of their terms.
var rounding = cmp.Options{cmpopts.EquateApprox(0, 1e-14), cmpopts.EquateNaNs()}

func TestConfusionAgreesWithScikitLearn(t *testing.T) {
	for name, c := range readFigures(t).Classes {
		t.Run(name, func(t *testing.T) {
			// In two parts, as from batches.
			m := nn.Confusion(c.Predicted[:2], c.Labels[:2], c.Classes)
			m.Add(c.Predicted[2:], c.Labels[2:])
			if m.Classes() != c.Classes || m.Rows() != len(c.Labels) {
				t.Errorf("%d classes and %d rows, want %d and %d", m.Classes(), m.Rows(), c.Classes, len(c.Labels))
			}
			for class := range c.Classes {
				for p, want := range c.Matrix[class] {
					if got := m.At(class, p); got != want {
						t.Errorf("%d rows of class %d were taken for %d, want %d", got, class, p, want)
					}
				}
				want := []float64{c.Precision[class], c.Recall[class], c.F1[class]}
				if diff := cmp.Diff(want, []float64{m.Precision(class), m.Recall(class), m.F1(class)}, rounding); diff != "" {
					t.Errorf("class %d: mismatch (-want +got):\n%s", class, diff)
				}
			}
			for average, pair := range map[string]struct {
				want [3]float64
				got  nn.Scores
			}{"macro": {c.Macro, m.Macro()}, "micro": {c.Micro, m.Micro()}, "weighted": {c.Weighted, m.Weighted()}} {
				want := nn.Scores{Precision: pair.want[0], Recall: pair.want[1], F1: pair.want[2], Rows: len(c.Labels)}
				if diff := cmp.Diff(want, pair.got, rounding); diff != "" {
					t.Errorf("%s: mismatch (-want +got):\n%s", average, diff)
				}
			}
			if got := m.Accuracy(); got != c.Accuracy {
				t.Errorf("accuracy is %v, want %v", got, c.Accuracy)
			}
		})
	}
}

func TestConfusionOfNothing(t *testing.T) {
	nan := math.NaN()
	m := nn.Confusion(nil, nil, 3)
	for name, got := range map[string]nn.Scores{"macro": m.Macro(), "micro": m.Micro(), "weighted": m.Weighted()} {
		if diff := cmp.Diff(nn.Scores{nan, nan, nan, 0}, got, rounding); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
		}
	}
	if !math.IsNaN(m.Accuracy()) || m.Precision(1) != 0 || m.Recall(1) != 0 || m.F1(1) != 0 {
		t.Errorf("accuracy %v, precision %v, recall %v, F1 %v, want NaN and zeros", m.Accuracy(), m.Precision(1), m.Recall(1), m.F1(1))
	}
}

// A row without a prediction counts among the rows of its class, and for no class that was predicted.
func TestConfusionWithoutPrediction(t *testing.T) {
	m := nn.Confusion([]int{0, nn.NoClass, 1, 1}, []int{0, 0, 1, 0}, 2)
	got := []float64{m.Accuracy(), m.Precision(0), m.Recall(0), m.Precision(1), m.Recall(1), m.Micro().Precision, m.Micro().Recall, m.Micro().F1}
	if diff := cmp.Diff([]float64{2. / 4, 1, 1. / 3, 1. / 2, 1, 2. / 3, 2. / 4, 4. / 7}, got, rounding); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if n := m.At(0, nn.NoClass); n != 1 {
		t.Errorf("%d rows of class 0 have no prediction, want 1", n)
	}
	m.Names = []string{"cat\n"}
	const want = "" +
		"label \\ predicted  \"cat\\n\"  1  none  precision  recall      F1  rows\n" +
		"\"cat\\n\"                  1  1     1     1.0000  0.3333  0.5000     3\n" +
		"1                        0  1     0     0.5000  1.0000  0.6667     1\n" +
		"macro                                   0.7500  0.6667  0.5833     4\n" +
		"micro                                   0.6667  0.5000  0.5714     4\n" +
		"weighted                                0.8750  0.5000  0.5417     4\n" +
		"accuracy                                                0.5000     4\n"
	if diff := cmp.Diff(want, m.String()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// A vocabulary has so many classes that a matrix of all pairs would fill the memory.
func TestConfusionOfManyClasses(t *testing.T) {
	const classes = 1 << 20
	m := nn.Confusion([]int{0, classes - 1, 5}, []int{0, classes - 1, classes - 2}, classes)
	if got := m.Macro().Recall; math.Abs(got-2./4) > 1e-15 {
		t.Errorf("macro recall is %v, want that of the 4 classes that occur, 0.5", got)
	}
	small := nn.Confusion([]int{30}, []int{29}, 31).String()
	if lines := strings.Split(small, "\n"); len(lines) != 1+31+4+1 || strings.Fields(lines[0])[1] != "precision" {
		t.Errorf("the table of 31 classes begins with %q and has %d lines, want the scores alone", lines[0], len(lines))
	}
}

func TestAUCAgreesWithScikitLearn(t *testing.T) {
	for name, c := range readFigures(t).Areas {
		scores, positive := slices.Clone(c.Scores), slices.Clone(c.Positive)
		if got := nn.AUC(scores, positive); math.Abs(got-c.AUC) > 1e-15 {
			t.Errorf("%s: area is %v, want %v", name, got, c.AUC)
		}
		if !slices.Equal(scores, c.Scores) || !slices.Equal(positive, c.Positive) {
			t.Errorf("%s: the arguments were changed", name)
		}
		// Every order of the rows gives the same bits, and the negated scores the rest of the area.
		slices.Reverse(scores)
		slices.Reverse(positive)
		if a, b := nn.AUC(scores, positive), nn.AUC(c.Scores, c.Positive); a != b {
			t.Errorf("%s: area is %v in reverse, want %v", name, a, b)
		}
		for i := range scores {
			scores[i] = -scores[i]
		}
		if got := nn.AUC(scores, positive); math.Abs(got-(1-c.AUC)) > 1e-15 {
			t.Errorf("%s: area of the negated scores is %v, want %v", name, got, 1-c.AUC)
		}
	}
}

func TestAUCSpecialCases(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, tt := range []struct {
		name     string
		scores   []float64
		positive []bool
		want     float64
	}{
		{"no row", nil, nil, nan},
		{"positive rows only", []float64{1, 2}, []bool{true, true}, nan},
		{"negative rows only", []float64{1, 2}, []bool{false, false}, nan},
		{"NaN", []float64{1, nan, 2}, []bool{false, true, true}, nan},
		{"infinities", []float64{-inf, inf, 1, inf}, []bool{false, true, true, false}, 2.5 / 4},
	} {
		if diff := cmp.Diff(tt.want, nn.AUC(tt.scores, tt.positive), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestR2AgreesWithScikitLearn(t *testing.T) {
	for name, c := range readFigures(t).R2 {
		for _, unit := range []float64{1, 0x1p-1020, 0x1p1000} { // exact, and squares over- or underflow
			y, target := tensor.Of(slices.Clone(c.Y), c.Shape...), tensor.Of(slices.Clone(c.T), c.Shape...)
			for i := range y.Len() {
				y.SetFlat(unit*y.AtFlat(i), i)
				target.SetFlat(unit*target.AtFlat(i), i)
			}
			// With a difference of 1e-6 of the targets' size, 16 digits leave 10; a unit near the smallest numbers
			// costs some.
			allowed := 1e-13
			if unit < 1 {
				allowed = 1e-11
			}
			if got := nn.R2(y, target); math.Abs(got-c.R2) > allowed {
				t.Errorf("%s, in units of %g: R² is %v, want %v", name, unit, got, c.R2)
			}
		}
	}
}

func TestR2SpecialCases(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, tt := range []struct {
		name string
		y, t *tensor.Tensor
		want float64
	}{
		{"no row", tensor.New(tensor.Float64, 0, 1), tensor.New(tensor.Float64, 0, 1), nan},
		{"one row", tensor.Of([]float64{1}, 1, 1), tensor.Of([]float64{1}, 1, 1), nan},
		{"no output", tensor.New(tensor.Float64, 3, 0), tensor.New(tensor.Float64, 3, 0), nan},
		{"NaN output", tensor.Of([]float64{nan, 1}, 2), tensor.Of([]float64{0, 1}, 2), nan},
		{"infinite target", tensor.Of([]float64{0, 1}, 2), tensor.Of([]float64{0, inf}, 2), nan},
		{"smallest numbers", tensor.Of([]float64{0, 0}, 2), tensor.Of([]float64{0, 5e-324}, 2), -1},
		{"far beyond the targets", tensor.Of([]float64{0, 1e300}, 2), tensor.Of([]float64{0, 1e-300}, 2), -inf},
		{"more axes and two precisions", tensor.Of([]float32{0, 1, 2, 3}, 2, 1, 2), tensor.Of([]float64{0, 1, 2, 3}, 2, 1, 2), 1},
	} {
		if diff := cmp.Diff(tt.want, nn.R2(tt.y, tt.t), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestPerplexity(t *testing.T) {
	for in, want := range map[float64]float64{0: 1, math.Ln2: 2, math.Log(50257): 50257, math.Inf(1): math.Inf(1)} {
		if got := nn.Perplexity(in); !(math.Abs(got-want) <= 1e-15*want || got == want) {
			t.Errorf("Perplexity(%v) = %v, want %v", in, got, want)
		}
	}
	if got := nn.Perplexity(math.NaN()); !math.IsNaN(got) {
		t.Errorf("Perplexity(NaN) = %v", got)
	}
}

func TestPredictedClasses(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	y := tensor.Of([]float64{0.1, 0.9, 0.6, 0.4, nan, 1, 2, 2, -inf, -inf, 0, nan}, 6, 2)
	want := []int{1, 0, nn.NoClass, 0, 0, nn.NoClass}
	for _, y := range []*tensor.Tensor{y, y.To(tensor.Float32)} {
		if diff := cmp.Diff(want, nn.ArgMax(y)); diff != "" {
			t.Errorf("ArgMax: mismatch (-want +got):\n%s", diff)
		}
		b := &data.Batch{Labels: []int{1, 1, 1, 0, 0, 0}, Rows: make([]int, 6)}
		if got, err := nn.Accuracy(y, b), nn.ArgMaxError(y, b); got != 0.5 || err != 0.5 {
			t.Errorf("accuracy %v and error %v, want 0.5 each", got, err)
		}
	}
	if diff := cmp.Diff([]int{0, 1, nn.NoClass, 0}, nn.Threshold(tensor.Of([]float64{0.5, 0.7, nan, -inf}, 4, 1), 0.5)); diff != "" {
		t.Errorf("Threshold: mismatch (-want +got):\n%s", diff)
	}
	if got := nn.ArgMax(tensor.New(tensor.Float64, 0, 3)); len(got) != 0 {
		t.Errorf("ArgMax of no rows is %v", got)
	}
}

func TestMetricMisuse(t *testing.T) {
	y := tensor.New(tensor.Float64, 2, 3)
	m := nn.Confusion(nil, nil, 2)
	for _, tt := range []struct {
		f    func()
		want string
	}{
		{func() { nn.Confusion([]int{0}, []int{0}, 0) }, "nn.Confusion: 0 classes: want from 1 to 16777216"},
		{func() { nn.Confusion([]int{0}, []int{0}, 1<<30) }, "nn.Confusion: 1073741824 classes: want from 1 to 16777216"},
		{func() { nn.Confusion([]int{0, 1}, []int{0}, 2) }, "nn.Confusion: 2 predictions and 1 labels: want one label for each"},
		{func() { m.Add([]int{0, 2}, []int{0, 0}) }, "nn.ConfusionMatrix.Add: prediction of row 1 is 2: classes run from 0 to 1"},
		{func() { m.Add([]int{-2}, []int{0}) }, "nn.ConfusionMatrix.Add: prediction of row 0 is -2: classes run from 0 to 1"},
		{func() { m.Add([]int{0}, []int{-1}) }, "nn.ConfusionMatrix.Add: label of row 0 is -1: classes run from 0 to 1"},
		{func() { m.Precision(2) }, "nn.ConfusionMatrix.Precision: class is 2: classes run from 0 to 1"},
		{func() { m.At(0, 7) }, "nn.ConfusionMatrix.At: prediction is 7: classes run from 0 to 1"},
		{func() { nn.AUC([]float64{1}, nil) }, "nn.AUC: 1 scores for 0 rows: want one for each"},
		{func() { nn.R2(y, tensor.New(tensor.Float64, 2)) }, "nn.R2: outputs of shape (2,3) and targets of shape (2): want the same shape, with a row for each example"},
		{func() { nn.R2(tensor.New(tensor.Float64), tensor.New(tensor.Float64)) }, "nn.R2: outputs of shape () and targets of shape (): want the same shape, with a row for each example"},
		{func() { nn.ArgMax(tensor.New(tensor.Float64, 2)) }, "nn.ArgMax: got an output of shape (2): want (rows, classes), with 1 class or more"},
		{func() { nn.ArgMax(tensor.New(tensor.Float64, 2, 0)) }, "nn.ArgMax: got an output of shape (2,0): want (rows, classes), with 1 class or more"},
		{func() { nn.Threshold(y, 0) }, "nn.Threshold: got an output of shape (2,3): want one number a row, as in (rows, 1); use nn.ArgMax for an output for each class"},
	} {
		err := graph.Try(tt.f)
		if err == nil || err.Error() != tt.want {
			t.Errorf("got error  %v\nwant %s", err, tt.want)
		}
	}
	if m.Rows() != 0 {
		t.Errorf("a call that failed has counted %d rows", m.Rows())
	}
	var misuse *graph.Error
	if err := graph.Try(func() { m.F1(-1) }); !errors.As(err, &misuse) {
		t.Errorf("error is a %T, want a *graph.Error", err)
	}
}
