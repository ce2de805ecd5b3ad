package program

import (
	"io"
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// hardNumbers are operands at which functions of package math, or short forms of a function, are wrong on some machine:
// denormal ones, those where a result begins to be denormal or infinite, those next to multiples of π/2 and to ±1, and huge
// ones. Each is there with both signs.
var hardNumbers = func() (list []float64) {
	for _, x := range []float64{
		0, 5e-324, 2e-323, 1e-310, 0x1p-1022, 1e-300, 1e-160, 1e-17, 0x1p-28, 0x1p-27, 1e-8, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 3, 20.5,
		math.Pi / 2, math.Pi, 3 * math.Pi / 2, 2 * math.Pi, 11, 22, 344, 355, 710, 52174, 1e5 * math.Pi, 245850922, 0x1p29 * math.Pi, 1e14 * math.Pi,
		708.3, 708.5, 709.5, 709.78, 709.79, 710.4, 710.5, 740, 744.4, 745.2, 746,
		0x1p48, 0x1p53, 1e22, 1e154, 1e155, 0x1p1000, 1e300, 1.7e308, math.MaxFloat64, math.Inf(1), math.NaN(),
	} {
		for _, v := range []float64{x, math.Nextafter(x, 0), math.Nextafter(x, math.Inf(1))} {
			list = append(list, v, -v)
		}
	}
	return list
}()

// hardPoints returns hard numbers for one operand, or pairs of them for two.
func hardPoints(operands int) (points [][]float64) {
	if operands == 1 {
		for _, x := range hardNumbers {
			points = append(points, []float64{x})
		}
		return points
	}
	var some []float64
	for i, x := range hardNumbers {
		if i%6 < 2 || math.Abs(x) < 1e-300 {
			some = append(some, x)
		}
	}
	for _, a := range some {
		for _, b := range some {
			points = append(points, []float64{a, b})
		}
	}
	return points
}

// Where an operation of package ops is a primitive of programs, a program computes what a tape does at hard operands:
// evaluated and as Go source the very bits of scalars, in a batch and where it is recorded on tensors a number of the same
// kind, to rounding.
func TestPrimitivesAsOnTheTape(t *testing.T) {
	var list []madeProgram
	primitives := 0
	for op := opInvalid + 1; op < numOpcodes; op++ {
		o := operations[op]
		row, ok := ops.Lookup(o.name)
		if !ok || row.Unary == nil && row.Binary == nil {
			continue
		}
		primitives++
		tape := func(at []float64) float64 {
			if row.Unary != nil {
				y, _ := row.Unary(at[0])
				return y
			}
			y, _, _ := row.Binary(at[0], at[1])
			return y
		}
		g := graph.New(graph.Traced())
		args := g.Vars(make([]float64, o.arity))
		operands := make([]any, len(args))
		for i, x := range args {
			operands[i] = x
		}
		p, err := Compile(ops.Apply(row, operands...), args...)
		if err != nil {
			t.Fatal(err)
		}
		points := hardPoints(o.arity)
		ys, flat := make([]float64, len(points)), []float64(nil)
		for _, at := range points {
			flat = append(flat, at...)
		}
		p.EvalBatch(ys, nil, flat)
		tensors := onTensors(row, points)
		failures := 0
		for i, at := range points {
			want := tape(at)
			in := [3]float64{}
			copy(in[:], at)
			y, f := p.Eval(at, nil), o.f(in[0], in[1], in[2])
			if !sameNumber(y, want) || !sameNumber(f, want) || !sameLane(op, ys[i], want) || !sameLane(op, tensors[i], want) {
				if failures++; failures <= 8 {
					t.Errorf("%s of %v: evaluated %v, the reference %v, in a batch %v, on tensors %v, want %v", o.name, at, y, f, ys[i], tensors[i], want)
				}
			}
		}
		if failures > 8 {
			t.Errorf("%s: %d of %d are wrong", o.name, failures, len(points))
		}
		if p.WriteGo(io.Discard, "main", "F") == nil {
			list = append(list, madeProgram{name: o.name, write: p.WriteGo, points: points, want: p.Eval})
		}
	}
	if primitives < 40 {
		t.Errorf("only %d primitives have a row", primitives)
	}
	runGo(t, list)
}

// onTensors returns what an operation makes of points, recorded on tensors.
func onTensors(row *graph.Row, points [][]float64) []float64 {
	g := graph.New()
	operands := make([]any, len(points[0]))
	for i := range operands {
		column := tensor.New(tensor.Float64, len(points))
		for k, at := range points {
			column.SetFlat(at[i], k)
		}
		operands[i] = g.ConstTensor(column)
	}
	y := ops.Apply(row, operands...).Node().Data()
	list := make([]float64, len(points))
	for k := range list {
		list[k] = y.AtFlat(k)
	}
	return list
}

// sameLane reports whether a number of a batch is what the tape has, to rounding, zeros with their sign but where a
// cotangent of -0 wins.
func sameLane(op opcode, got, want float64) bool {
	ulps := float64(batchUlps)
	if op == opPow {
		ulps = powUlps
	}
	return nearly(got, want, ulps) && (op == opChain || got != 0 || want != 0 || math.Signbit(got) == math.Signbit(want))
}
