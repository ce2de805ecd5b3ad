package ops_test

import (
	"bufio"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// A momentCase is an operation with what it gives for an operand: the values; the gradient of their sum with the weights
// 1, 2, 3, ...; and the derivative of the gradient's elements, summed with those weights.
type momentCase struct {
	line                    string
	dtype                   tensor.DType
	row                     *graph.Row
	args                    []any
	x, value, slopes, bends []float64
}

func momentCases(t *testing.T) []momentCase {
	t.Helper()
	file, err := os.Open("testdata/special/moments.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var cases []momentCase
	for lines := bufio.NewScanner(file); lines.Scan(); {
		parts := strings.Split(lines.Text(), " = ")
		head := strings.Fields(parts[0])
		row, ok := ops.Lookup(head[1])
		if !ok || len(parts) != 5 {
			t.Fatalf("line %q: want an operation and four lists of numbers", lines.Text())
		}
		c := momentCase{line: strings.Join(parts[:2], " of "), row: row}
		if head[0] == "float32" {
			c.dtype = tensor.Float32
		}
		if head[2] != "-" {
			params, _ := ops.Signature(row)
			if p := parseNumber(t, head[2]); params[1].Kind == ops.IntArg {
				c.args = append(c.args, int(p))
			} else {
				c.args = append(c.args, p)
			}
		}
		for i, list := range []*[]float64{&c.x, &c.value, &c.slopes, &c.bends} {
			for _, word := range strings.Fields(parts[i+1]) {
				*list = append(*list, parseNumber(t, word))
			}
		}
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	return cases
}

// TestMomentsWithoutOverflow compares means, variances and norms of very large and very small numbers, and their first and
// second derivatives, with exact values: sums, squares and powers over- or underflow on the way, the results do not, or are
// infinite. testdata/special/moments.py writes them with mpmath.
func TestMomentsWithoutOverflow(t *testing.T) {
	for _, c := range momentCases(t) {
		g := graph.New(graph.WithDType(c.dtype))
		x := g.VarTensor(tensor.Of(c.x, len(c.x)).To(c.dtype))
		y := ops.Apply(c.row, append([]any{x}, c.args...)...)
		c.compare(t, "value", numbers(y.Tensor()), c.value, 0)
		if !strings.HasPrefix(c.row.Name, "variance") && !c.fit(c.value) {
			continue // the derivative of a length is a quotient by it
		}
		loss := counted(y)
		c.compare(t, "gradient by Backward", numbers(autograd.Backward(loss).Tensor(x)), c.slopes, 0)
		d := autograd.Grad(loss, x)[0]
		c.compare(t, "gradient by Grad", numbers(d.Tensor()), c.slopes, 0)
		if !d.WantsGrad() || !c.fit(c.bends) {
			continue
		}
		bend := counted(d)
		terms := 0.0 // second derivatives are differences of terms that may be larger
		switch name := c.row.Name; {
		case strings.HasPrefix(name, "std") || strings.HasSuffix(name, "norm"): // multiples of the inverse of the length
			terms = float64(len(c.x)) / math.Abs(c.value[0])
		case name == "logsumexp": // probabilities times weights
			terms = float64(len(c.x))
		}
		c.compare(t, "second derivative by Backward", numbers(autograd.Backward(bend).Tensor(x)), c.bends, terms)
		c.compare(t, "second derivative by Grad", numbers(autograd.Grad(bend, x)[0].Tensor()), c.bends, terms)
	}
}

// counted returns the sum of the elements of y with the weights 1, 2, 3, ...
func counted(y graph.Value) graph.Value {
	w := tensor.New(y.Graph().DType(), y.Shape()...)
	for i := range w.Len() {
		w.SetFlat(float64(i+1), i)
	}
	return ops.Sum(ops.Mul(y, y.Graph().ConstTensor(w)))
}

// limits returns the smallest and the largest number of the precision.
func (c momentCase) limits() (smallest, largest float64) {
	if c.dtype == tensor.Float32 {
		return 0x1p-149, math.MaxFloat32
	}
	return 0x1p-1074, math.MaxFloat64
}

// fit reports whether the numbers are in the range of the precision.
func (c momentCase) fit(list []float64) bool {
	_, largest := c.limits()
	return !slices.ContainsFunc(list, func(v float64) bool { return math.Abs(v) > largest })
}

// compare checks numbers up to some roundings: of the results or of the terms that they are made of, of the value on the way
// to a derivative, and of numbers that are nearly 0.
func (c momentCase) compare(t *testing.T, what string, got, want []float64, terms float64) {
	t.Helper()
	const roundings = 8
	smallest, largest := c.limits()
	relative := 0x1p-52
	if c.dtype == tensor.Float32 {
		relative = 0x1p-23
	}
	if v := math.Abs(c.value[0]); v > 0 {
		relative = max(relative, smallest/v)
	}
	scale := terms
	for _, v := range want {
		scale = max(scale, math.Abs(v))
	}
	for i, v := range want {
		if math.Abs(v) > largest {
			v = math.Copysign(math.Inf(1), v)
		}
		if got[i] != v && !(math.Abs(got[i]-v) <= roundings*(relative*scale+smallest)) {
			t.Errorf("%s: %s[%d] = %v, want %v", c.line, what, i, got[i], v)
		}
	}
}
