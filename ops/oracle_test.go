package ops_test

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/ops/expr"
)

// oracleTolerance is relative. The reference values are correctly rounded; the engine's have some hundred roundings of
// 1.1e-16 and the condition of a 4 × 4 inverse on top.
const oracleTolerance = 1e-10

// An oracleCase is an expression with its value and gradients, computed by an independent program.
type oracleCase struct {
	Op, Kind, Expr, Note string
	Bind, Grad           map[string]json.RawMessage
	Value                json.RawMessage
}

func oracleCases(t *testing.T) []oracleCase {
	t.Helper()
	data, err := os.ReadFile("testdata/oracle/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []oracleCase }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 500 {
		t.Fatalf("%d cases, want 500 or more", len(file.Cases))
	}
	return file.Cases
}

// oracleTensor returns the number or the array that JSON holds.
func oracleTensor(t *testing.T, raw json.RawMessage) *tensor.Tensor {
	t.Helper()
	b, err := expr.ParseBinding("x=" + strings.Trim(string(raw), `"`))
	if err != nil {
		t.Fatal(err)
	}
	return b.Value
}

// matches reports whether got is want: NaN for NaN, infinities and zeros exactly, else to oracleTolerance.
func matches(want, got float64) bool {
	switch {
	case math.IsNaN(want):
		return math.IsNaN(got)
	case want == 0, math.IsInf(want, 0):
		return got == want
	}
	return math.Abs(got-want) <= oracleTolerance*math.Abs(want)
}

func wantOracle(t *testing.T, what string, want, got *tensor.Tensor) {
	t.Helper()
	if w, g := tensor.FormatShape(want.Dims()), tensor.FormatShape(got.Dims()); w != g {
		t.Errorf("%s has shape %s, want %s", what, g, w)
		return
	}
	for i := range want.Len() {
		if !matches(want.AtFlat(i), got.AtFlat(i)) {
			t.Errorf("%s is %v, want %v", what, got, want)
			return
		}
	}
}

// TestOracle compares values and gradients with those of an independent program, by both ways of differentiating.
func TestOracle(t *testing.T) {
	for _, c := range oracleCases(t) {
		t.Run(c.Op+"/"+c.Kind+" "+c.Expr, func(t *testing.T) {
			if _, ok := ops.Lookup(c.Op); !ok {
				t.Fatalf("there is no operation %s", c.Op)
			}
			e, err := expr.Parse(c.Expr)
			if err != nil {
				t.Fatal(err)
			}
			g := graph.New()
			leaves := make(map[string]graph.Value)
			for name, raw := range c.Bind {
				leaves[name] = g.VarTensor(oracleTensor(t, raw)).Named(name)
			}
			y, err := e.Eval(g, leaves)
			if err != nil {
				t.Fatal(err)
			}
			wantOracle(t, "the value", oracleTensor(t, c.Value), y.Tensor())
			grads := autograd.Backward(y)
			for name, raw := range c.Grad {
				want, x := oracleTensor(t, raw), leaves[name]
				wantOracle(t, "Backward's gradient by "+strconv.Quote(name), want, grads.Tensor(x))
				wantOracle(t, "Grad's gradient by "+strconv.Quote(name), want, autograd.Grad(y, x)[0].Tensor())
			}
			if t.Failed() {
				t.Logf("at %s; %s", c.Bind, c.Note)
			}
		})
	}
}

// Every operation with reference values has a generic case and one at an edge, or two of a kind.
func TestOracleHasTwoCases(t *testing.T) {
	kinds := make(map[string]int)
	for _, c := range oracleCases(t) {
		kinds[c.Op]++
	}
	for op, n := range kinds {
		if n < 2 {
			t.Errorf("%s has %d case, want a generic one and one at an edge", op, n)
		}
	}
}
