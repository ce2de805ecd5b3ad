package array_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
)

func TestBroadcastShapes(t *testing.T) {
	for _, tt := range []struct {
		a, b, want []int
		ok         bool
	}{
		{nil, nil, nil, true},
		{[]int{3}, nil, []int{3}, true},
		{[]int{2, 3}, []int{3}, []int{2, 3}, true},
		{[]int{2, 1}, []int{1, 3}, []int{2, 3}, true},
		{[]int{0, 3}, []int{1, 3}, []int{0, 3}, true},
		{[]int{0}, []int{1}, []int{0}, true},
		{[]int{0}, []int{2}, nil, false},
		{[]int{2, 3}, []int{4}, nil, false},
		{[]int{2, 3}, []int{3, 2}, nil, false},
	} {
		got, ok := array.BroadcastShapes(nil, tt.a, tt.b)
		if ok != tt.ok || ok && cmp.Diff(tt.want, got) != "" {
			t.Errorf("%v with %v: got %v %v, want %v %v", tt.a, tt.b, got, ok, tt.want, tt.ok)
		}
		if ok {
			for _, s := range [][]int{tt.a, tt.b} {
				if !array.BroadcastsTo(s, got) {
					t.Errorf("%v must stretch to %v", s, got)
				}
			}
		}
	}
}

func TestPair(t *testing.T) {
	for _, pair := range broadcastPairs {
		for _, swap := range []bool{false, true} {
			a, b := counted(tensor.Float64, pair[0]...), counted(tensor.Float64, pair[1]...)
			if swap {
				a, b = b, a
			}
			shape, ok := array.BroadcastShapes(nil, a.Dims(), b.Dims())
			if !ok {
				t.Fatalf("%v do not broadcast", pair)
			}
			var want [][2]float64
			indices(shape, func(index []int) { want = append(want, [2]float64{element(a, index), element(b, index)}) })
			got := make([][2]float64, len(want))
			p := array.Pair(shape, a.Dims(), b.Dims())
			for r := range p.Runs {
				for i := range r.N {
					got[r.Out+i] = [2]float64{a.AtFlat(r.A + i*r.StepA), b.AtFlat(r.B + i*r.StepB)}
				}
			}
			if len(want) > 0 {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%v with %v: mismatch (-want +got):\n%s", a.Dims(), b.Dims(), diff)
				}
			}
		}
	}
}

// A walk by repeated rows visits the same elements.
func TestRepeat(t *testing.T) {
	repeats := 0
	for _, pair := range broadcastPairs {
		for _, swap := range []bool{false, true} {
			a, b := counted(tensor.Float64, pair[0]...), counted(tensor.Float64, pair[1]...)
			if swap {
				a, b = b, a
			}
			shape, _ := array.BroadcastShapes(nil, a.Dims(), b.Dims())
			var want, got [][2]float64
			indices(shape, func(index []int) { want = append(want, [2]float64{element(a, index), element(b, index)}) })
			p := array.Pair(shape, a.Dims(), b.Dims())
			rep := p.Repeat(2, 100)
			if rep.N > 0 {
				repeats++
			}
			for r := range p.Runs {
				if r.Out != len(got) {
					t.Fatalf("%v with %v: a run begins at %d, want %d", a.Dims(), b.Dims(), r.Out, len(got))
				}
				for i := range r.N {
					atA, atB := r.A+i*r.StepA, r.B+i*r.StepB
					if rep.N > 0 {
						atA, atB = r.A+i, r.B+i
						repeated := &atB
						if rep.First {
							repeated = &atA
						}
						if *repeated -= i; rep.Step == 0 {
							*repeated += i % rep.N
						} else {
							*repeated += i / rep.N * rep.Step
						}
					}
					got = append(got, [2]float64{a.AtFlat(atA), b.AtFlat(atB)})
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v with %v: mismatch (-want +got):\n%s", a.Dims(), b.Dims(), diff)
			}
		}
	}
	if repeats < 4 {
		t.Errorf("%d of the pairs repeat rows: too few for a test", repeats)
	}
}

// Broadcast and AddReduced are transposes of each other: ⟨broadcast(x), y⟩ = ⟨x, reduce(y)⟩, exactly for small integers.
func TestBroadcastAndReduce(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		for _, pair := range broadcastPairs {
			shape, _ := array.BroadcastShapes(nil, pair[0], pair[1])
			for _, from := range pair {
				t.Run(fmt.Sprint(dtype, from, shape), func(t *testing.T) {
					x, y := counted(dtype, from...), counted(dtype, shape...)
					wide, narrow := tensor.New(dtype, shape...), tensor.New(dtype, from...)
					array.Broadcast(wide, x)
					k := 0
					indices(shape, func(index []int) {
						if got, want := wide.AtFlat(k), element(x, index); got != want {
							t.Errorf("broadcast at %v: got %v, want %v", index, got, want)
						}
						k++
					})
					array.AddReduced(narrow, y)
					var left, right float64
					for i := range wide.Len() {
						left += wide.AtFlat(i) * y.AtFlat(i)
					}
					for i := range narrow.Len() {
						right += narrow.AtFlat(i) * x.AtFlat(i)
					}
					if left != right {
						t.Errorf("⟨broadcast(x), y⟩ = %v, ⟨x, reduce(y)⟩ = %v", left, right)
					}
				})
			}
		}
	}
}

func TestPermute(t *testing.T) {
	for _, tt := range []struct{ shape, axes []int }{
		{[]int{}, []int{}}, {[]int{3}, []int{0}}, {[]int{2, 3}, []int{1, 0}}, {[]int{40, 33}, []int{1, 0}},
		{[]int{2, 3, 4}, []int{2, 0, 1}}, {[]int{2, 3, 4}, []int{0, 2, 1}}, {[]int{2, 3, 4}, []int{0, 1, 2}},
		{[]int{2, 1, 4, 3}, []int{3, 1, 0, 2}}, {[]int{2, 3, 4, 5}, []int{2, 3, 0, 1}}, {[]int{2, 0, 3}, []int{2, 1, 0}},
	} {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			x := counted(dtype, tt.shape...)
			shape := make([]int, len(tt.axes))
			for i, a := range tt.axes {
				shape[i] = tt.shape[a]
			}
			y := tensor.New(dtype, shape...)
			array.Permute(y, x, tt.axes)
			indices(shape, func(index []int) {
				from := make([]int, len(index))
				for i, a := range tt.axes {
					from[a] = index[i]
				}
				if got, want := y.At(index...), x.At(from...); got != want {
					t.Errorf("%v by %v at %v: got %v, want %v", tt.shape, tt.axes, index, got, want)
				}
			})
			back := x.Clone()
			array.PermuteAdd(back, y, array.InversePermutation(nil, tt.axes))
			for i := range x.Len() {
				if got, want := back.AtFlat(i), 2*x.AtFlat(i); got != want {
					t.Fatalf("%v by %v and back, added: element %d is %v, want %v", tt.shape, tt.axes, i, got, want)
				}
			}
		}
	}
}

func FuzzBroadcast(f *testing.F) {
	f.Add([]byte{2, 3}, []byte{3})
	f.Add([]byte{2, 1, 4}, []byte{1, 3, 1})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		shape := func(s []byte) []int {
			var out []int
			for _, d := range s[:min(len(s), 5)] {
				out = append(out, int(d%4))
			}
			return out
		}
		x, y := counted(tensor.Float64, shape(a)...), counted(tensor.Float64, shape(b)...)
		out, ok := array.BroadcastShapes(nil, x.Dims(), y.Dims())
		if !ok {
			return
		}
		p := array.Pair(out, x.Dims(), y.Dims())
		n := 0
		for r := range p.Runs {
			n += r.N
			_ = x.AtFlat(r.A+(r.N-1)*r.StepA) + y.AtFlat(r.B+(r.N-1)*r.StepB)
		}
		if want := tensor.New(tensor.Float64, out...).Len(); n != want {
			t.Errorf("%v with %v: the runs cover %d elements of %d", x.Dims(), y.Dims(), n, want)
		}
	})
}

// TestAddReducedIsAccurate sums so many numbers over every set of axes that sums in single precision, one number after
// the other, lose three digits.
func TestAddReducedIsAccurate(t *testing.T) {
	const seen = 0.125 // what stands in the sum before
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		bound := 1e-14
		if dtype == tensor.Float32 {
			bound = 1e-6
		}
		for _, shape := range [][]int{
			{100_000}, {2, 50_000}, {50_000, 2}, {2, 30_000, 2}, {30_000, 2, 3}, {2, 3, 30_000}, {100, 16, 100}, {10_000, 2, 3, 2}, {2, 3, 2, 10_000},
			{2, 10_000, 3, 2}, {30, 2, 40, 17}, {3, 60, 2, 50, 2}, {2, 10, 5, 12, 3, 4, 2},
		} {
			x := tensor.New(dtype, shape...)
			for i := range x.Len() {
				x.SetFlat(0.1+float64(i%7)/32, i)
			}
			for set := range 1 << len(shape) {
				kept := append([]int{}, shape...)
				for a := range kept {
					if set>>a&1 != 0 {
						kept[a] = 1
					}
				}
				got := tensor.New(dtype, kept...)
				got.Fill(seen)
				array.AddReduced(got, x)
				want := sumsTo(kept, x, seen)
				for i := range got.Len() {
					if e := math.Abs(got.AtFlat(i)-want[i]) / want[i]; e > bound {
						t.Errorf("%v %v to %v: element %d is %v, want %v: off by %.2g", dtype, shape, kept, i, got.AtFlat(i), want[i], e)
						break
					}
				}
			}
		}
	}
}

// element returns the element that broadcasting reads from x at an index of the result.
func element(x *tensor.Tensor, index []int) float64 {
	at := make([]int, x.Rank())
	for i := range at {
		if k := index[len(index)-len(at)+i]; x.Dims()[i] > 1 {
			at[i] = k
		}
	}
	return x.At(at...)
}

// indices calls f for every index of a shape in row-major order.
func indices(shape []int, f func(index []int)) {
	index := make([]int, len(shape))
	var walk func(axis int)
	walk = func(axis int) {
		if axis == len(shape) {
			f(index)
			return
		}
		for index[axis] = 0; index[axis] < shape[axis]; index[axis]++ {
			walk(axis + 1)
		}
	}
	walk(0)
}

func counted(dtype tensor.DType, shape ...int) *tensor.Tensor {
	x := tensor.New(dtype, shape...)
	for i := range x.Len() {
		x.SetFlat(float64(i+1), i)
	}
	return x
}

// broadcastPairs are operand shapes for all ways in which axes can be grouped.
var broadcastPairs = [][2][]int{
	{{}, {}}, {{3}, {}}, {{2, 3}, {3}}, {{2, 3}, {2, 1}}, {{2, 1}, {1, 3}}, {{2, 3, 4}, {3, 1}}, {{2, 1, 4}, {3, 1}},
	{{1, 5}, {4, 1}}, {{2, 3, 4, 5}, {1, 3, 1, 1}}, {{2, 3, 4, 5}, {2, 1, 4, 1}}, {{1, 1, 1}, {1}}, {{0, 3}, {1, 3}},
	{{2, 0}, {2, 1}}, {{5, 1, 2, 1}, {3, 1, 7}}, {{2, 2, 2, 2, 2}, {2, 1, 2, 1, 2}},
}

// sumsTo returns first plus the sums of x over the axes that have length 1 in kept, each added with what it loses.
func sumsTo(kept []int, x *tensor.Tensor, first float64) []float64 {
	n := 1
	steps := make([]int, len(kept))
	for a := len(kept) - 1; a >= 0; a-- {
		if kept[a] > 1 {
			steps[a] = n
		}
		n *= kept[a]
	}
	hi, lo := make([]float64, n), make([]float64, n)
	for i := range hi {
		hi[i] = first
	}
	for i := range x.Len() {
		to, rest := 0, i
		for a := len(kept) - 1; a >= 0; a-- {
			to += rest % x.Dims()[a] * steps[a]
			rest /= x.Dims()[a]
		}
		v := x.AtFlat(i)
		s := hi[to] + v
		d := s - hi[to]
		lo[to] += (hi[to] - (s - d)) + (v - d)
		hi[to] = s
	}
	for i := range hi {
		hi[i] += lo[i]
	}
	return hi
}
