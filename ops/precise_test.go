package ops_test

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// The bounds of TestFewUnitsInTheLastPlace, in units in the last place. A derivative that is made of operations on the
// graph has more roundings than the function of numbers in the row.
const (
	ulpsOfValue = 5
	ulpsOfSlope = 8
)

// absolute names the functions whose roots lie on curves that are not treated one by one: their values have some units
// in the last place of 1 there.
var absolute = map[string]bool{"lbeta": true}

// A preciseCase is a call of an operation with its value and its derivatives by the operands.
type preciseCase struct {
	rowtest.Sample
	want []float64
}

func preciseCases(t *testing.T) []preciseCase {
	t.Helper()
	file, err := os.Open("testdata/special/precise.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var cases []preciseCase
	for lines := bufio.NewScanner(file); lines.Scan(); {
		call, numbers, _ := strings.Cut(lines.Text(), " = ")
		name, args, _ := strings.Cut(call, " ")
		row, ok := ops.Lookup(name)
		if !ok {
			t.Fatalf("line %q: there is no operation %s", lines.Text(), name)
		}
		params, _ := ops.Signature(row)
		c := preciseCase{Sample: rowtest.Sample{Text: call, Row: row}}
		for i, word := range strings.Fields(args) {
			v := parseNumber(t, word)
			switch params[i].Kind {
			case ops.ValueArg:
				c.Args = append(c.Args, rowtest.Operand(len(c.Operands)))
				c.Operands = append(c.Operands, filled(v))
			case ops.IntArg:
				c.Args = append(c.Args, int(v))
			default:
				c.Args = append(c.Args, v)
			}
		}
		for _, word := range strings.Fields(numbers) {
			c.want = append(c.want, parseNumber(t, word))
		}
		if len(c.want) != 1+len(c.Operands) {
			t.Fatalf("line %q: want a value and %d derivatives", lines.Text(), len(c.Operands))
		}
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	return cases
}

func parseNumber(t *testing.T, word string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(word, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestFewUnitsInTheLastPlace compares functions and their derivatives with exact values to some units in the last place,
// over their whole domains: testdata/special/generate.py writes them with mpmath.
func TestFewUnitsInTheLastPlace(t *testing.T) {
	for _, c := range preciseCases(t) {
		for _, fm := range forms {
			if fm.dtype == tensor.Float32 {
				continue
			}
			var operands []*tensor.Tensor
			for _, x := range c.Operands {
				operands = append(operands, filled(x.AtFlat(0), fm.shape...))
			}
			y, d := fm.derivative(operands, func(xs []graph.Value) graph.Value { return c.Apply(xs) })
			scale := math.Abs(c.want[0])
			if absolute[c.Row.Name] {
				scale = math.Max(scale, 1)
			}
			if e := units(y[0], c.want[0], scale); e > ulpsOfValue {
				t.Errorf("%s: %s = %v, want %v: %.1f units in the last place", fm.name, c.Text, y[0], c.want[0], e)
			}
			for i, want := range c.want[1:] {
				got := d[i*len(y)]
				if e := units(got, want, math.Abs(want)); e > ulpsOfSlope {
					t.Errorf("%s: derivative %d of %s = %v, want %v: %.1f units in the last place", fm.name, i, c.Text, got, want, e)
				}
			}
		}
	}
}

// units returns the error of got in units in the last place of a number of the given size.
func units(got, want, size float64) float64 {
	if got == want {
		return 0
	}
	return math.Abs(got-want) / math.Max(size*0x1p-52, 5e-324)
}
