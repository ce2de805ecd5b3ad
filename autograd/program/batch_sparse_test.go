package program_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// compiledOf compiles a function of n numbers with several results.
func compiledOf(t testing.TB, n int, f func(x []graph.Value) []graph.Value) *program.Program {
	t.Helper()
	g := graph.New(graph.Traced())
	xs := g.Vars(make([]float64, n))
	p, err := program.Compile(ops.Stack(0, f(xs)...), xs...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestJacobianBatch holds that many points have the results and derivatives that each has by itself, where there are
// NaN and infinities too, in lanes and for a program that is too long for them.
func TestJacobianBatch(t *testing.T) {
	several := func(x []graph.Value) []graph.Value {
		return []graph.Value{ops.Mul(x[0], ops.Exp(x[1])), x[1], x[0].Graph().Const(3), ops.Where(ops.Gt(x[0], x[1]), ops.Sqrt(x[0]), ops.Log(x[1])), ops.Sqrt(ops.Mul(x[0], x[0]))}
	}
	long := func(x []graph.Value) []graph.Value {
		y := x[0]
		for range 40_000 { // each of which the backward sweep needs: more than lanes have slots
			y = ops.Sin(ops.Add(y, x[0]))
		}
		return []graph.Value{y, ops.Square(y)}
	}
	inf, nan := math.Inf(1), math.NaN()
	tests := map[string]struct {
		inputs, results int
		f               func(x []graph.Value) []graph.Value
		points          []float64
	}{
		"in lanes":   {2, 5, several, []float64{1, 2, -1, -2, 0, 0, -3, -1, inf, 1, 1, inf, nan, 1, 1, nan, 0.5, 0.25}},
		"one result": {1, 1, func(x []graph.Value) []graph.Value { return []graph.Value{ops.Exp(x[0])} }, []float64{1, 2, 3}},
		"too long":   {1, 2, long, []float64{0.5, nan}},
		"no points":  {2, 5, several, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := compiledOf(t, test.inputs, test.f)
			m, n := test.results, test.inputs
			count := len(test.points) / n
			for count > 3 && count < 70 { // more than a block of lanes
				test.points = append(test.points, test.points[:n]...)
				count++
			}
			ys, jacobians := make([]float64, count*m), make([]float64, count*m*n)
			p.JacobianBatch(ys, jacobians, test.points)
			values := make([]float64, count*m)
			p.JacobianBatch(values, nil, test.points)
			wantYs, want := make([]float64, count*m), make([]float64, count*m*n)
			for i := range count {
				p.Jacobian(test.points[i*n:(i+1)*n], wantYs[i*m:(i+1)*m], want[i*m*n:(i+1)*m*n])
			}
			for what, pair := range map[string][2][]float64{"results": {wantYs, ys}, "results alone": {wantYs, values}, "derivatives": {want, jacobians}} {
				for k, w := range pair[0] {
					if g := pair[1][k]; !rowtest.SameNumber(g, w, 1e-14, 0) {
						t.Fatalf("%s: number %d is %v, Jacobian has %v", what, k, g, w)
					}
				}
			}
		})
	}
}

// TestSparseJacobian holds the Jacobian of a bundle adjustment, put together of that of one observation, against the one
// that is read off the tape of all.
func TestSparseJacobian(t *testing.T) {
	a := programs.NewAdjustment(7, 900, 2100) // more than a block of points
	at, index := a.Assembly()
	ys := make([]float64, 3*a.Observations())
	got := observation(t).SparseJacobian(nil, ys, at, index, len(a.At))
	want := autograd.SparseJacobian(a.Residuals, a.At)
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-10, 1e-10)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%.2000s", diff)
	}
	g := graph.New()
	for i, y := range a.Residuals(g.Vars(a.At)) {
		if v := y.Item(); math.Abs(ys[i]-v) > 1e-12*max(1, math.Abs(v)) {
			t.Fatalf("residual %d is %v, want %v", i, ys[i], v)
		}
	}
}

func TestSparseJacobianEntries(t *testing.T) {
	// Of three inputs: a product and a sum with one of them, and a step of another.
	p := compiledOf(t, 3, func(x []graph.Value) []graph.Value {
		return []graph.Value{ops.Mul(x[0], x[1]), ops.Add(ops.Square(x[2]), ops.Floor(x[0]))}
	})
	at := []float64{2, 3, 5, 7}
	tests := []struct {
		name     string
		index    []int
		unknowns int
		want     autograd.Sparse
	}{
		{"in order", []int{0, 1, 2}, 4, autograd.Sparse{M: 2, N: 4, Row: []int{0, 0, 1}, Col: []int{0, 1, 2}, Value: []float64{3, 2, 10}}},
		{"out of order", []int{3, 1, 0, 0, 2, 1}, 4, autograd.Sparse{M: 4, N: 4, Row: []int{0, 0, 1, 2, 2, 3}, Col: []int{1, 3, 0, 0, 2, 1}, Value: []float64{7, 3, 4, 5, 2, 6}}},
		{"one number twice", []int{1, 1, 1}, 4, autograd.Sparse{M: 2, N: 4, Row: []int{0, 1}, Col: []int{1, 1}, Value: []float64{6, 6}}},
		{"with constants", []int{0, 3, 2}, 2, autograd.Sparse{M: 2, N: 2, Row: []int{0}, Col: []int{0}, Value: []float64{7}}},
		{"no unknowns", []int{0, 3, 2}, 0, autograd.Sparse{M: 2}},
		{"no points", nil, 4, autograd.Sparse{N: 4}},
	}
	used := &autograd.Sparse{M: 9, N: 9, Row: []int{8}, Col: []int{8}, Value: []float64{8}}
	for _, test := range tests {
		used = p.SparseJacobian(used, make([]float64, len(test.index)/3*2), at, test.index, test.unknowns)
		if diff := cmp.Diff(&test.want, used, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s, in the place of another: mismatch (-want +got):\n%s", test.name, diff)
		}
		got := p.SparseJacobian(nil, make([]float64, len(test.index)/3*2), at, test.index, test.unknowns)
		if diff := cmp.Diff(&test.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestBatchJacobianErrors(t *testing.T) {
	p := compiledOf(t, 2, func(x []graph.Value) []graph.Value { return []graph.Value{ops.Mul(x[0], x[1]), x[0], x[1]} })
	floats := func(n int) []float64 { return make([]float64, n) }
	one := compiledOf(t, 2, func(x []graph.Value) []graph.Value { return []graph.Value{ops.Mul(x[0], x[1])} })
	both := floats(12)
	tests := []struct {
		want string
		f    func()
	}{
		{"program.Program.JacobianBatch: got a nil or zero *program.Program: make one with program.Compile", func() { new(program.Program).JacobianBatch(nil, nil, nil) }},
		{"program.Program.JacobianBatch: ys has room for 4 numbers, and the program has 3 results: give a row of them for each point", func() { p.JacobianBatch(floats(4), nil, floats(2)) }},
		{"program.Program.JacobianBatch: the points have 3 numbers, and 2 points of 2 inputs have 4: give a row of inputs for each row of results", func() { p.JacobianBatch(floats(6), nil, floats(3)) }},
		{"program.Program.JacobianBatch: the Jacobians have room for 6 derivatives, and 2 points of 2 inputs and 3 results have 12: give a matrix for each point, or nil", func() { p.JacobianBatch(floats(6), floats(6), floats(4)) }},
		{"program.Program.JacobianBatch: the Jacobians and the points share memory: give slices of their own", func() { p.JacobianBatch(floats(6), both, both[:4]) }},
		{"program.Program.JacobianBatch: the Jacobians and the points share memory: give slices of their own", func() { p.JacobianBatch(floats(6), both, both[8:]) }},
		{"program.Program.JacobianBatch: the results and the points share memory: give slices of their own", func() { p.JacobianBatch(both[:6], nil, both[2:6]) }},
		{"program.Program.JacobianBatch: the results and the Jacobians share memory: give slices of their own", func() { p.JacobianBatch(both[6:], both, floats(4)) }},
		{"program.Program.EvalBatch: the gradients and the points share memory: give slices of their own", func() { one.EvalBatch(floats(3), both[:6], both[5:11]) }},
		{"program.Program.EvalBatch: the results and the points share memory: give slices of their own", func() { one.EvalBatch(both[:3], nil, both[:6]) }},
		{"", func() { one.EvalBatch(both[:2], both[2:6], both[6:10]) }},
		{"program.Program.SparseJacobian: the results and the numbers of the points share memory: give ys a slice of its own", func() { p.SparseJacobian(nil, both[:3], both, []int{0, 1}, 2) }},
		{"program.Program.SparseJacobian: got a nil or zero *program.Program: make one with program.Compile", func() { new(program.Program).SparseJacobian(nil, nil, nil, nil, 0) }},
		{"program.Program.SparseJacobian: ys has room for 4 numbers, and the program has 3 results: give a row of them for each point", func() { p.SparseJacobian(nil, floats(4), floats(1), []int{0, 0}, 1) }},
		{"program.Program.SparseJacobian: 3 indices, and 2 points of 2 inputs have 4: give one for each input of each point", func() { p.SparseJacobian(nil, floats(6), floats(1), []int{0, 0, 0}, 1) }},
		{"program.Program.SparseJacobian: 3 unknowns among 2 numbers: give 0 to 2", func() { p.SparseJacobian(nil, nil, floats(2), nil, 3) }},
		{"program.Program.SparseJacobian: input 1 of point 1 is number 2 of 2: they are counted from 0", func() { p.SparseJacobian(nil, floats(6), floats(2), []int{0, 1, 0, 2}, 1) }},
		{"program.Program.SparseJacobian: input 0 of point 0 is number -1 of 2: they are counted from 0", func() { p.SparseJacobian(nil, floats(3), floats(2), []int{-1, 0}, 1) }},
	}
	for _, test := range tests {
		got := ""
		if err := graph.Try(test.f); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}
