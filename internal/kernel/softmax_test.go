package kernel_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// logSumExp is the definition, in double precision.
func logSumExp(x []float64) float64 {
	m := math.Inf(-1)
	for _, v := range x {
		m = math.Max(m, v)
	}
	if math.IsInf(m, 0) || math.IsNaN(m) {
		return m
	}
	var s float64
	for _, v := range x {
		s += math.Exp(v - m)
	}
	return m + math.Log(s)
}

// A softmaxBackward is a kernel for the derivative of softmax or, with log, of its logarithm.
type softmaxBackward[T kernel.Float] struct {
	name      string
	run       func(dst, ct, y, x []T, n int)
	log, into bool
}

func softmaxBackwards[T kernel.Float]() []softmaxBackward[T] {
	return []softmaxBackward[T]{
		{"SoftmaxBackward", kernel.SoftmaxBackward[T], false, false},
		{"SoftmaxBackwardInto", kernel.SoftmaxBackwardInto[T], false, true},
		{"LogSoftmaxBackward", kernel.LogSoftmaxBackward[T], true, false},
		{"LogSoftmaxBackwardInto", kernel.LogSoftmaxBackwardInto[T], true, true},
	}
}

func doubles[T kernel.Float](x []T) []float64 {
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = float64(v)
	}
	return d
}

func TestSoftmax(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testSoftmax[float32](t)
		testSoftmax[float64](t)
	})
}

func testSoftmax[T kernel.Float](t *testing.T) {
	t.Helper()
	const tolerance = 40 // ulp; e^x of an x that is off by half an ulp of 8 is off by 8 ulp
	rng := rand.New(rand.NewPCG(19, 20))
	for _, n := range []int{1, 2, 3, 7, 8, 9, 10, 15, 16, 17, 31, 33, 65, 1500} {
		m := 5
		if n == 10 {
			m = 4000 // enough for several processors
		}
		x, ct := boxOf(random[T](rng, m*n, 8), 1), boxOf(random[T](rng, m*n, 1), 2)
		if n > 2 {
			x.s[1] = T(math.Inf(-1))
		}
		y, l, lse := newBox[T](m*n, 3), newBox[T](m*n, 0), newBox[T](m, 1)
		kernel.SafeSoftmax(y.s, x.s, n)
		safe := slices.Clone(y.s)
		kernel.Softmax(y.s, x.s, n)
		if !slices.Equal(safe, y.s) {
			t.Fatalf("dtype=%s n=%d: SafeSoftmax differs from Softmax", dtype[T](), n)
		}
		kernel.LogSoftmax(l.s, x.s, n)
		kernel.LogSumExp(lse.s, x.s, n)
		var want, wantLog, wantSum, ds, dl, size, one []float64
		for i := range m {
			row := doubles(x.s[i*n : i*n+n])
			s := logSumExp(row)
			wantSum = append(wantSum, s)
			var dot, total float64
			for j, v := range row {
				if math.IsInf(v, -1) { // as though it were not there
					continue
				}
				dot += float64(ct.s[i*n+j]) * math.Exp(v-s)
				total += float64(ct.s[i*n+j])
			}
			for j, v := range row {
				want = append(want, math.Exp(v-s))
				wantLog = append(wantLog, v-s)
				if math.IsInf(v, -1) {
					ds, dl = append(ds, 0), append(dl, 0)
				} else {
					ds = append(ds, math.Exp(v-s)*(float64(ct.s[i*n+j])-dot))
					dl = append(dl, float64(ct.s[i*n+j])-math.Exp(v-s)*total)
				}
				size = append(size, math.Exp(v-s))
				one = append(one, 3)
			}
		}
		tol := tolerance * eps[T]()
		for _, backward := range softmaxBackwards[T]() {
			dst := boxOf(random[T](rng, m*n, 1), 1)
			result, want := y, slices.Clone(ds)
			if backward.log {
				result, want = l, slices.Clone(dl)
			}
			if !backward.into {
				for i, d := range dst.s {
					want[i] += float64(d)
				}
			}
			backward.run(dst.s, ct.s, result.s, x.s, n)
			if msg := near(want, dst.s, one, tol); msg != "" {
				t.Fatalf("%s/dtype=%s n=%d: %s", backward.name, dtype[T](), n, msg)
			}
			dst.check(t)
		}
		for name, msg := range map[string]string{
			"Softmax": near(want, y.s, size, tol), "LogSoftmax": near(wantLog, l.s, one, tol), "LogSumExp": near(wantSum, lse.s, one, tol),
		} {
			if msg != "" {
				t.Fatalf("%s/dtype=%s n=%d: %s", name, dtype[T](), n, msg)
			}
		}
		for _, b := range []box[T]{x, ct, y, l, lse} {
			b.check(t)
		}
	}
}

func TestSoftmaxExtremes(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	tests := []struct {
		name              string
		x                 []float64
		softmax, log, lse []float64
	}{
		{"large and equal", []float64{1e20, 1e20}, []float64{0.5, 0.5}, []float64{-math.Ln2, -math.Ln2}, []float64{1e20}},
		{"far apart", []float64{1e20, -1e20}, []float64{1, 0}, []float64{0, -2e20}, []float64{1e20}},
		{"one is -Inf", []float64{0, -inf}, []float64{1, 0}, []float64{0, -inf}, []float64{0}},
		{"all are -Inf", []float64{-inf, -inf}, []float64{nan, nan}, []float64{nan, nan}, []float64{-inf}},
		{"one is +Inf", []float64{0, inf}, []float64{nan, nan}, []float64{nan, nan}, []float64{inf}},
		{"one is NaN", []float64{inf, nan}, []float64{nan, nan}, []float64{nan, nan}, []float64{nan}},
		{"NaN and -Inf", []float64{nan, -inf}, []float64{nan, nan}, []float64{nan, nan}, []float64{nan}},
	}
	forEach(t, func(t *testing.T) {
		t.Helper()
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				y, l, s := make([]float64, 2), make([]float64, 2), make([]float64, 1)
				kernel.Softmax(y, tt.x, 2)
				kernel.LogSoftmax(l, tt.x, 2)
				kernel.LogSumExp(s, tt.x, 2)
				safe, want := make([]float64, 2), slices.Clone(tt.softmax)
				kernel.SafeSoftmax(safe, tt.x, 2)
				for i, v := range tt.x {
					if v == -inf {
						want[i] = 0
					}
				}
				if msg := diff(want, safe); msg != "" {
					t.Errorf("SafeSoftmax: %s", msg)
				}
				if tt.name == "one is +Inf" { // the other element may be 0 or -Inf
					y[0], l[0] = nan, nan
				}
				for name, msg := range map[string]string{
					"Softmax": diff(tt.softmax, y), "LogSumExp": diff(tt.lse, s),
					"LogSoftmax": near(tt.log, l, []float64{1, 1}, 1e-15),
				} {
					if msg != "" {
						t.Errorf("%s: %s", name, msg)
					}
				}
			})
		}
	})
}

// TestSoftmaxRowsApart holds that a row does not change what comes of the others, whatever is in it.
func TestSoftmaxRowsApart(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testSoftmaxRowsApart(t, kernel.Softmax[float32], false)
		testSoftmaxRowsApart(t, kernel.Softmax[float64], false)
		testSoftmaxRowsApart(t, kernel.SafeSoftmax[float32], true)
		testSoftmaxRowsApart(t, kernel.SafeSoftmax[float64], true)
	})
}

func testSoftmaxRowsApart[T kernel.Float](t *testing.T, softmax func(dst, x []T, n int), safe bool) {
	t.Helper()
	const rows = 7
	rng := rand.New(rand.NewPCG(23, 24))
	inf := T(math.Inf(1))
	for _, n := range []int{1, 2, 7, 8, 9, 16, 17, 24, 31, 32, 33, 63, 64, 65} {
		plain := random[T](rng, rows*n, 3)
		want := make([]T, rows*n)
		softmax(want, plain, n)
		for _, odd := range []T{inf, -inf, inf - inf} {
			for at := range n {
				for _, all := range []bool{false, true} {
					x := slices.Clone(plain)
					row := x[3*n : 4*n]
					if row[at] = odd; all {
						kernel.Fill(row, odd)
					}
					masked := odd == -inf && (all || n == 1)
					y := boxOf(slices.Clone(x), 1)
					softmax(y.s, y.s, n)
					for i, v := range y.s {
						switch {
						case i/n != 3:
							if v != want[i] {
								t.Fatalf("dtype=%s n=%d: element %d is %v, and %v with %v in row 3", dtype[T](), n, i, want[i], v, odd)
							}
						case masked && safe || odd == -inf && !masked && x[i] == odd:
							if v != 0 {
								t.Fatalf("dtype=%s n=%d: element %d is %v, want 0 for -Inf", dtype[T](), n, i, v)
							}
						case odd == -inf && !masked:
							if !(v >= 0 && v <= 1) {
								t.Fatalf("dtype=%s n=%d: element %d is %v beside -Inf, want a number from 0 to 1", dtype[T](), n, i, v)
							}
						case v == v:
							t.Fatalf("dtype=%s n=%d: element %d is %v beside %v, want NaN", dtype[T](), n, i, v, odd)
						}
					}
					y.check(t)
				}
			}
		}
	}
}

func TestSoftmaxBackwardZeroWins(t *testing.T) {
	nan := math.NaN()
	forEach(t, func(t *testing.T) {
		t.Helper()
		for _, backward := range softmaxBackwards[float64]() {
			d, want := []float64{1, 2}, []float64{1, 2}
			if backward.into {
				want = []float64{0, 0}
			}
			backward.run(d, []float64{0, 0}, []float64{nan, nan}, []float64{1, 1}, 2)
			if msg := diff(want, d); msg != "" {
				t.Errorf("%s: mismatch (-want +got):\n%s", backward.name, msg)
			}
		}
	})
}

// TestSoftmaxBackwardMasked holds that an element whose logit is -Inf is as though it were not there, whatever its cotangent and
// the result are.
func TestSoftmaxBackwardMasked(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testSoftmaxBackwardMasked[float32](t)
		testSoftmaxBackwardMasked[float64](t)
	})
}

func testSoftmaxBackwardMasked[T kernel.Float](t *testing.T) {
	t.Helper()
	inf := T(math.Inf(1))
	mask := -inf
	for _, backward := range softmaxBackwards[T]() {
		result := kernel.Softmax[T]
		if backward.log {
			result = kernel.LogSoftmax[T]
		}
		for _, ct := range []T{0, 3, inf, -inf, inf - inf} {
			x := []T{mask, 1, mask, 2, 0.5}
			y := make([]T, 5)
			result(y, x, 5)
			d := []T{7, 8, 9, 10, 11}
			backward.run(d, []T{ct, 0.25, ct, -1, 2}, y, x, 5)

			x = []T{1, 2, 0.5}
			y = y[:3]
			result(y, x, 3)
			few := []T{8, 10, 11}
			backward.run(few, []T{0.25, -1, 2}, y, x, 3)
			want := []T{7, few[0], 9, few[1], few[2]}
			if backward.into {
				want[0], want[2] = 0, 0
			}
			if msg := near(doubles(want), d, []float64{7, 8, 9, 10, 11}, 2*eps[T]()); msg != "" {
				t.Errorf("%s/dtype=%s, cotangent %v: %s", backward.name, dtype[T](), ct, msg)
			}
		}
		// Only -Inf: softmax and its logarithm are NaN, and nothing is added.
		x, d := []T{mask, mask}, []T{1, 2}
		y, want := make([]T, 2), []T{1, 2}
		result(y, x, 2)
		if backward.into {
			want = []T{0, 0}
		}
		if backward.run(d, []T{3, 4}, y, x, 2); !slices.Equal(want, d) {
			t.Errorf("%s/dtype=%s of only -Inf: got %v, want %v", backward.name, dtype[T](), d, want)
		}
	}
}
