package ops_test

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// valueTolerance bounds the relative error of an elementwise function against exact values. Go's math functions are
// good to a few units in the last place, 2.2e-16; the error of an argument such as x² in e^-x² is multiplied by it, up
// to 700.
const valueTolerance = 2e-13

// TestElementwiseAgainstExactValues compares functions and derivatives, where they are hard, with values that mpmath
// computed with 60 digits: testdata/special/generate.py writes them.
func TestElementwiseAgainstExactValues(t *testing.T) {
	file, err := os.Open("testdata/special/values.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	count := 0
	for lines.Scan() {
		var name string
		var x, value, derivative float64
		if _, err := fmt.Sscan(lines.Text(), &name, &x, &value, &derivative); err != nil {
			t.Fatalf("line %q: %v", lines.Text(), err)
		}
		count++
		f := func(xs []graph.Value) graph.Value {
			if n, ok := strings.CutPrefix(name, "polygamma"); ok {
				return ops.Polygamma(int(n[0]-'0'), xs[0])
			}
			row, ok := ops.Lookup(name)
			if !ok {
				t.Fatalf("no operation %q", name)
			}
			return ops.Apply(row, xs[0])
		}
		for _, fm := range forms {
			if fm.dtype == tensor.Float32 {
				continue
			}
			y, d := fm.derivative([]*tensor.Tensor{filled(x, fm.shape...)}, f)
			if !near(y[0], value) {
				t.Errorf("%s: %s(%v) = %v, want %v", fm.name, name, x, y[0], value)
			}
			if !near(d[0], derivative) {
				t.Errorf("%s: derivative of %s at %v is %v, want %v", fm.name, name, x, d[0], derivative)
			}
		}
	}
	if err := lines.Err(); err != nil || count == 0 {
		t.Errorf("read %d values: %v", count, err)
	}
}

// near reports whether got is want within valueTolerance, or within the distance of two denormal numbers.
func near(got, want float64) bool {
	return got == want || math.Abs(got-want) <= valueTolerance*math.Abs(want)+5e-324
}
