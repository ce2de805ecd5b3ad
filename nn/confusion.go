package nn

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/columns"
)

// maxClasses bounds what a confusion matrix keeps for each class.
const maxClasses = 1 << 24

// A ConfusionMatrix counts how often a classifier took each class for which. [Confusion] makes one of the rows of a
// whole set; precision, recall and F1 are quotients of its sums and no means over rows, so the figures of batches must
// not be averaged: [ConfusionMatrix.Add] the batches instead.
//
// With the rows TP that have a class and were taken for it, FP that were taken for it and have another, and FN that
// have it and were not taken for it,
//
//	precision = TP/(TP+FP)    recall = TP/(TP+FN)    F1 = 2·TP/(2·TP+FP+FN)
//
// A quotient 0/0 is 0, as scikit-learn has it: a class that is never predicted has precision 0.
type ConfusionMatrix struct {
	Names []string // of the classes, for String; where there is none, the number stands

	cells     map[cell]int // those that are not 0: there may be as many classes as words
	labels    []int        // rows of each class
	predicted []int        // rows taken for each class
	right     []int        // rows of each class that were taken for it
	rows      int
}

type cell struct{ label, predicted int }

// Confusion returns the confusion matrix of the predicted classes of all rows of a set, such as those of [ArgMax] on
// the result of [Predict], and of their labels. Both run from 0 to classes-1; a prediction may be [NoClass], which is
// wrong. It panics with a [*graph.Error] if there is another number among them, there is not one label for each
// prediction, or classes is not from 1 to 2²⁴.
func Confusion(predicted, labels []int, classes int) *ConfusionMatrix {
	const op = "nn.Confusion"
	if classes < 1 || classes > maxClasses {
		panic(graph.Errorf(op, graph.ErrValue, "%d classes: want from 1 to %d", classes, maxClasses))
	}
	m := &ConfusionMatrix{cells: map[cell]int{}, labels: make([]int, classes), predicted: make([]int, classes), right: make([]int, classes)}
	m.add(op, predicted, labels)
	return m
}

// Add counts more rows. It panics with a [*graph.Error] as [Confusion] does, and counts nothing then.
func (m *ConfusionMatrix) Add(predicted, labels []int) {
	const op = "nn.ConfusionMatrix.Add"
	m.mustBeMade(op)
	m.add(op, predicted, labels)
}

func (m *ConfusionMatrix) add(op string, predicted, labels []int) {
	if len(predicted) != len(labels) {
		panic(graph.Errorf(op, graph.ErrShape, "%d predictions and %d labels: want one label for each", len(predicted), len(labels)))
	}
	for i, p := range predicted {
		if p != NoClass {
			m.mustBeClass(op, fmt.Sprintf("prediction of row %d", i), p)
		}
		m.mustBeClass(op, fmt.Sprintf("label of row %d", i), labels[i])
	}
	for i, p := range predicted {
		label := labels[i]
		m.cells[cell{label, p}]++
		m.labels[label]++
		if p != NoClass {
			m.predicted[p]++
		}
		if p == label {
			m.right[label]++
		}
	}
	m.rows += len(labels)
}

func (m *ConfusionMatrix) mustBeMade(op string) {
	if m == nil || m.labels == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.ConfusionMatrix: make one with nn.Confusion(predicted, labels, classes)"))
	}
}

func (m *ConfusionMatrix) mustBeClass(op, what string, class int) {
	if class < 0 || class >= len(m.labels) {
		panic(graph.Errorf(op, graph.ErrIndex, "%s is %d: classes run from 0 to %d", what, class, len(m.labels)-1))
	}
}

// Classes returns the number of classes.
func (m *ConfusionMatrix) Classes() int {
	m.mustBeMade("nn.ConfusionMatrix.Classes")
	return len(m.labels)
}

// Rows returns the number of rows.
func (m *ConfusionMatrix) Rows() int {
	m.mustBeMade("nn.ConfusionMatrix.Rows")
	return m.rows
}

// At returns how many rows of a class were taken for another one, or for itself. Of [NoClass] it returns how many rows
// have no prediction. It panics with a [*graph.Error] if there is no such class.
func (m *ConfusionMatrix) At(label, predicted int) int {
	const op = "nn.ConfusionMatrix.At"
	m.mustBeMade(op)
	m.mustBeClass(op, "label", label)
	if predicted != NoClass {
		m.mustBeClass(op, "prediction", predicted)
	}
	return m.cells[cell{label, predicted}]
}

// Accuracy returns the fraction of rows that are right, NaN without rows.
func (m *ConfusionMatrix) Accuracy() float64 {
	m.mustBeMade("nn.ConfusionMatrix.Accuracy")
	return float64(sum(m.right)) / float64(m.rows)
}

// Precision returns the fraction of the rows taken for a class that have it, TP/(TP+FP), 0 if there is none. It panics
// with a [*graph.Error] if there is no such class.
func (m *ConfusionMatrix) Precision(class int) float64 {
	return m.of("nn.ConfusionMatrix.Precision", class).Precision
}

// Recall returns the fraction of the rows of a class that were taken for it, TP/(TP+FN), 0 if there is none. It panics
// with a [*graph.Error] if there is no such class.
func (m *ConfusionMatrix) Recall(class int) float64 {
	return m.of("nn.ConfusionMatrix.Recall", class).Recall
}

// F1 returns the harmonic mean of a class's precision and recall, 2·TP/(2·TP+FP+FN), 0 if no row has the class and none
// was taken for it. It panics with a [*graph.Error] if there is no such class.
func (m *ConfusionMatrix) F1(class int) float64 { return m.of("nn.ConfusionMatrix.F1", class).F1 }

// Scores are the figures of a class, or of all classes together.
type Scores struct {
	Precision, Recall, F1 float64
	Rows                  int // that have the class
}

func (m *ConfusionMatrix) of(op string, class int) Scores {
	m.mustBeMade(op)
	m.mustBeClass(op, "class", class)
	return scoresOf(m.right[class], m.predicted[class], m.labels[class])
}

// scoresOf returns the scores by the numbers of rows that are right, TP, taken for a class, TP+FP, and of a class,
// TP+FN.
func scoresOf(right, predicted, labels int) Scores {
	return Scores{ratio(right, predicted), ratio(right, labels), ratio(2*right, predicted+labels), labels}
}

// ratio returns a/b, and 0 for 0/0.
func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Macro returns the means of the scores of all classes that occur, among the labels or the predictions: each class
// counts alike, however few rows it has. The means are NaN without rows.
func (m *ConfusionMatrix) Macro() Scores {
	m.mustBeMade("nn.ConfusionMatrix.Macro")
	return m.mean(func(s Scores, occurs bool) float64 {
		if occurs {
			return 1
		}
		return 0
	})
}

// Weighted returns the means of the scores of all classes, each weighted by the number of its rows. The means are NaN
// without rows.
func (m *ConfusionMatrix) Weighted() Scores {
	m.mustBeMade("nn.ConfusionMatrix.Weighted")
	return m.mean(func(s Scores, _ bool) float64 { return float64(s.Rows) })
}

func (m *ConfusionMatrix) mean(weight func(s Scores, occurs bool) float64) Scores {
	var out Scores
	var total float64
	for c := range m.labels {
		s := scoresOf(m.right[c], m.predicted[c], m.labels[c])
		w := weight(s, m.labels[c]+m.predicted[c] > 0)
		out.Precision += w * s.Precision
		out.Recall += w * s.Recall
		out.F1 += w * s.F1
		total += w
	}
	return Scores{out.Precision / total, out.Recall / total, out.F1 / total, m.rows}
}

// Micro returns the scores of the sums of TP, FP and FN over all classes. Where every row has a prediction, all three
// are the accuracy. They are NaN without rows.
func (m *ConfusionMatrix) Micro() Scores {
	m.mustBeMade("nn.ConfusionMatrix.Micro")
	if m.rows == 0 {
		return Scores{math.NaN(), math.NaN(), math.NaN(), 0}
	}
	return scoresOf(sum(m.right), sum(m.predicted), m.rows)
}

func sum(v []int) (s int) {
	for _, x := range v {
		s += x
	}
	return s
}

// maxColumns is how many classes String prints a matrix for.
const maxColumns = 30

// String returns the matrix and the scores as a table, a line for each class: the rows that have it, by the class that
// they were taken for, then precision, recall and F1. The last lines are for all classes. With more than 30 classes the
// matrix itself is left out.
func (m *ConfusionMatrix) String() string {
	m.mustBeMade("nn.ConfusionMatrix.String")
	var taken []int // the columns of the matrix
	if len(m.labels) <= maxColumns {
		for c := range m.labels {
			taken = append(taken, c)
		}
		if sum(m.predicted) < m.rows {
			taken = append(taken, NoClass)
		}
	}
	line := func(name string, cells []string, s Scores) []string {
		return append(append([]string{name}, cells...), fixed(s.Precision), fixed(s.Recall), fixed(s.F1), strconv.Itoa(s.Rows))
	}
	header := []string{"label"}
	if len(taken) > 0 {
		header[0] = "label \\ predicted"
	}
	for _, p := range taken {
		header = append(header, m.name(p))
	}
	rows := [][]string{append(header, "precision", "recall", "F1", "rows")}
	for c := range m.labels {
		var cells []string
		for _, p := range taken {
			cells = append(cells, strconv.Itoa(m.cells[cell{c, p}]))
		}
		rows = append(rows, line(m.name(c), cells, scoresOf(m.right[c], m.predicted[c], m.labels[c])))
	}
	gap := make([]string, len(taken))
	rows = append(rows, line("macro", gap, m.Macro()), line("micro", gap, m.Micro()), line("weighted", gap, m.Weighted()))
	rows = append(rows, append(append([]string{"accuracy"}, gap...), "", "", fixed(m.Accuracy()), strconv.Itoa(m.rows)))
	return columns.Align("l", rows)
}

// fixed returns a score with four decimals.
func fixed(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }

// name returns what String calls a class.
func (m *ConfusionMatrix) name(class int) string {
	if class == NoClass {
		return "none"
	}
	if class < len(m.Names) {
		name := m.Names[class]
		if strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) }) {
			return strconv.Quote(name)
		}
		return name
	}
	return strconv.Itoa(class)
}
