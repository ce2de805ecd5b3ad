package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// leastNormal returns the smallest number that is not subnormal.
func leastNormal[T kernel.Float]() T {
	if dtype[T]() == "float32" {
		return 0x1p-126
	}
	return T(math.Ldexp(1, -1022))
}

func isSubnormal[T kernel.Float](x T) bool {
	return x != 0 && math.Abs(float64(x)) < float64(leastNormal[T]())
}

// flushed returns copies of slices with zeros of the same sign in place of subnormal numbers.
func flushed[T kernel.Float](all [][]T) [][]T {
	out := make([][]T, len(all))
	for k, s := range all {
		out[k] = slices.Clone(s)
		for i, v := range s {
			if isSubnormal(v) {
				out[k][i] = T(math.Copysign(0, float64(v)))
			}
		}
	}
	return out
}

// tiny returns n numbers around the smallest normal one, most of them, and ordinary and special ones between them. None
// is finite and so large that it would make an intermediate result that was lost a part of the result.
func tiny[T kernel.Float](rng *rand.Rand, n int) []T {
	s, sp := make([]T, n), slices.DeleteFunc(special[T](), func(x T) bool { return math.Abs(float64(x)) > 1000 && x-x == 0 })
	for i := range s {
		x := float64(leastNormal[T]()) * (2*rng.Float64() - 1)
		switch rng.IntN(8) {
		case 0:
			s[i] = sp[rng.IntN(len(sp))]
		case 1:
			s[i] = T(4*rng.Float64() - 2)
		case 2:
			s[i] = T(x * 16)
		case 3:
			s[i] = T(math.Sqrt(math.Abs(x))) // its square is tiny
		default:
			s[i] = T(x)
		}
	}
	return s
}

// goIsExact fails the test if Go computes with zeros in place of subnormal numbers: a kernel then has left the
// processor in its mode.
func goIsExact(t *testing.T, after string) {
	t.Helper()
	least := leastNormal[float64]()
	if half := least / 2; half == 0 || half+least == least {
		t.Fatalf("%s has left the processor taking subnormal numbers as zeros", after)
	}
}

// A flushCase is a function of the package that computes: it changes slices of the given lengths.
type flushCase[T kernel.Float] struct {
	name  string
	sizes []int
	run   func(s [][]T)
	kind  flushKind
}

// A flushKind says what becomes of subnormal numbers.
type flushKind int

const (
	flushes  flushKind = iota // they become zeros
	moves                     // they stay
	endsInGo                  // operands become zeros, and the result of a last step in Go may be subnormal
	blind                     // operands become zeros, and it makes no difference to the result
	jumps                     // the sign of an intermediate result, or 0 for one that became zero, is all that counts
)

func flushCases[T kernel.Float]() []flushCase[T] {
	const n, rows = 37, 2
	var list []flushCase[T]
	names, loops := kernel.Loops[T]()
	for i, f := range loops {
		kind := flushes
		switch names[i] {
		case "Fill", "Neg", "Abs":
			kind = moves
		case "Cos":
			kind = blind
		}
		list = append(list, flushCase[T]{"loop " + names[i], []int{n, n, n, 1}, func(s [][]T) { f(s[0], s[1], s[2], s[3][0]) }, kind})
	}
	m := rows * n
	two, three := []int{m, m}, []int{m, m, m}
	for _, form := range [][2]bool{{false, false}, {true, false}, {false, true}} {
		list = append(list, flushCase[T]{fmt.Sprintf("Gemm %v", form), []int{16 * 16, 16 * 16, 16 * 16}, func(s [][]T) {
			kernel.Gemm(form[0], form[1], 16, 16, 16, s[1], 16, s[2], 16, s[0], 16, true)
		}, flushes})
	}
	return append(list, []flushCase[T]{
		{"Linear", []int{rows * 16, rows * 16, 16 * 16, 16}, func(s [][]T) { kernel.Linear(s[0], s[1], s[2], s[3], rows, 16, 16, true) }, flushes},
		{"Sum", []int{1, 2}, func(s [][]T) { s[0][0] = kernel.Sum(s[1]) }, endsInGo},
		{"Dot", []int{1, 7, 7}, func(s [][]T) { s[0][0] = kernel.Dot(s[1], s[2]) }, endsInGo},
		{"AddColumnSums", []int{n, m}, func(s [][]T) { kernel.AddColumnSums(s[0], s[1]) }, endsInGo},
		{"Softmax", two, func(s [][]T) { kernel.Softmax(s[0], s[1], n) }, endsInGo},
		{"LogSoftmax", two, func(s [][]T) { kernel.LogSoftmax(s[0], s[1], n) }, blind},
		{"LogSumExp", []int{rows, m}, func(s [][]T) { kernel.LogSumExp(s[0], s[1], n) }, blind},
		{"SGDMomentum", three, func(s [][]T) { kernel.SGDMomentum(s[0], s[1], s[2], 0.5, 0.5, 0.25, false) }, flushes},
		{"SGDMomentum Nesterov", three, func(s [][]T) { kernel.SGDMomentum(s[0], s[1], s[2], 0.5, 0.5, 0.25, true) }, flushes},
		{"Adam", []int{m, m, m, m}, func(s [][]T) {
			kernel.Adam(s[0], s[1], s[2], squares(s[3]), 0.5, 0.5, 0.25, 1, 0.25, false, kernel.AdamWeights[T](0.5, 0.25, 3))
		}, flushes},
		{"Adagrad", three, func(s [][]T) { kernel.Adagrad(s[0], s[1], squares(s[2]), 0.5, 1, 0.25) }, flushes},
		{"RMSProp", three, func(s [][]T) { kernel.RMSProp(s[0], s[1], squares(s[2]), 0.5, 0.5, 1, 0.25) }, flushes},
		{"RMSPropMomentum", []int{m, m, m, m}, func(s [][]T) { kernel.RMSPropMomentum(s[0], s[1], s[2], squares(s[3]), 0.5, 0.5, 0.5, 1, 0.25) }, flushes},
		{"Lion", three, func(s [][]T) { kernel.Lion(s[0], s[1], s[2], 0.5, 0.5, 0.25, 0.25) }, jumps},
		{"CopyRows", two, func(s [][]T) { kernel.CopyRows(s[0], n, s[1], n, n, rows) }, moves},
		{"FillRows", []int{m, rows}, func(s [][]T) { kernel.FillRows(s[0], n, s[1], 1, rows) }, moves},
		{"Transpose", two, func(s [][]T) { kernel.Transpose(s[0], rows, s[1], n, rows, n) }, moves},
	}...)
}

// squares returns x without its signs.
func squares[T kernel.Float](x []T) []T {
	kernel.Abs(x, x)
	return x
}

// Where subnormal numbers are taken as zeros, results are those of exact arithmetic with zeros in place of subnormal
// operands and results, up to what intermediate results lose; an operand that is the result may stay. NaN and
// infinities stand where they do. Without it, and in Go, nothing changes.
func TestFlushSubnormals(t *testing.T) {
	forEach(t, func(t *testing.T) {
		t.Helper()
		testFlush[float32](t)
		testFlush[float64](t)
	})
}

func testFlush[T kernel.Float](t *testing.T) {
	t.Helper()
	inGo := !strings.HasPrefix(kernel.Implementation(), "avx")
	least := float64(leastNormal[T]())
	for _, c := range flushCases[T]() {
		name := dtype[T]() + " " + c.name
		rng := rand.New(rand.NewPCG(31, 32))
		differ := false
		for range 20 {
			var in [][]T
			for _, n := range c.sizes {
				in = append(in, tiny[T](rng, n))
			}
			run := func(in [][]T, on bool) [][]T {
				out := make([][]T, len(in))
				for k, s := range in {
					out[k] = slices.Clone(s)
				}
				was := kernel.FlushSubnormals(on)
				c.run(out)
				goIsExact(t, name)
				kernel.FlushSubnormals(was)
				return out
			}
			exact, got := run(in, false), run(in, true)
			if again := run(in, false); !slices.EqualFunc(exact, again, sameBits) {
				t.Fatalf("%s: exact results are not what they were", name)
			}
			if c.kind == moves || inGo {
				if !slices.EqualFunc(exact, got, sameBits) {
					t.Fatalf("%s: results are not exact", name)
				}
				continue
			}
			differ = differ || !slices.EqualFunc(exact, got, sameBits)
			if c.kind == jumps {
				continue
			}
			want := flushed(run(flushed(in), false))
			for k := range got {
				for i, g := range got[k] {
					w := want[k][i]
					if tol := 0x1p14*least + 64*eps[T]()*math.Abs(float64(w)); !same(g, w) && !(math.Abs(float64(g)-float64(w)) <= tol) {
						t.Fatalf("%s: slice %d at %d: got %v, want %v; exact %v", name, k, i, g, w, exact[k][i])
					}
					if isSubnormal(g) && c.kind != endsInGo && !slices.ContainsFunc(in, func(s []T) bool { return i < len(s) && s[i] == g }) {
						t.Fatalf("%s: slice %d at %d: result %v is subnormal", name, k, i, g)
					}
				}
			}
		}
		if !differ && c.kind != moves && c.kind != blind && !inGo {
			t.Errorf("%s: subnormal numbers make no difference", name)
		}
	}
}

// sameBits reports whether slices are equal, where all NaNs are.
func sameBits[T kernel.Float](x, y []T) bool { return slices.EqualFunc(x, y, same[T]) }

// What was said before comes back, and holds for one goroutine only.
func TestFlushSubnormalsNests(t *testing.T) {
	if !strings.HasPrefix(kernel.Implementation(), "avx") {
		t.Skip("the implementation in Go is exact")
	}
	say := func(on, want bool) {
		t.Helper()
		if was := kernel.FlushSubnormals(on); was != want {
			t.Errorf("FlushSubnormals(%t) = %t, want %t", on, was, want)
		}
	}
	say(false, false)
	say(true, false)
	say(true, true)
	done := make(chan bool)
	go func() { done <- kernel.FlushSubnormals(false) }()
	if <-done {
		t.Error("another goroutine flushes too")
	}
	say(false, true)
	say(false, false)
}

// halves sets dst to the halves of x, the smallest normal numbers, and reports whether all are zeros, and whether none is.
func halves(dst, x []float32) (zeros, exact bool) {
	kernel.MulScalar(dst, x, 0.5)
	zeros, exact = true, true
	for _, v := range dst {
		zeros, exact = zeros && v == 0, exact && v == 0x1p-127
	}
	return zeros, exact
}

// Goroutines that want zeros and goroutines that do not run side by side, move from thread to thread, have their work done
// by helpers, and have the collector run meanwhile.
func TestFlushSubnormalsConcurrently(t *testing.T) {
	if !strings.HasPrefix(kernel.Implementation(), "avx") {
		t.Skip("the implementation in Go is exact")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	var stop atomic.Bool
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			defer kernel.FlushSubnormals(kernel.FlushSubnormals(k%2 == 1))
			n, times := []int{5, 1000, 140_000}[k%3], []int{200, 100, 5}[k%3]
			x, y := slices.Repeat([]float32{0x1p-126}, n), make([]float32, n)
			for i := range times {
				if zeros, exact := halves(y, x); k%2 == 1 && !zeros || k%2 == 0 && !exact {
					t.Errorf("goroutine %d, time %d: zeros %t, exact %t", k, i, zeros, exact)
					break
				}
				goIsExact(t, "MulScalar")
				if i%8 == 0 {
					runtime.Gosched()
				}
			}
		})
	}
	go func() {
		for !stop.Load() {
			runtime.GC()
		}
	}()
	wg.Wait()
	stop.Store(true)
}

// However many goroutines want zeros at once, each is known, and no other one is.
func TestFlushSubnormalsOfMany(t *testing.T) {
	if !strings.HasPrefix(kernel.Implementation(), "avx") {
		t.Skip("the implementation in Go is exact")
	}
	const many = 3000
	var ready, wg sync.WaitGroup
	ready.Add(many)
	var wrong atomic.Int64
	for k := range many {
		wg.Go(func() {
			on := k%4 != 0
			defer kernel.FlushSubnormals(kernel.FlushSubnormals(on))
			ready.Done()
			ready.Wait()
			x, y := []float32{0x1p-126, 0x1p-126}, make([]float32, 2)
			if zeros, exact := halves(y, x); zeros != on || exact == on {
				wrong.Add(1)
			}
		})
	}
	wg.Wait()
	if n := wrong.Load(); n > 0 {
		t.Errorf("%d of %d goroutines got the wrong results", n, many)
	}
}

// Every function in assembly that computes asks for the mode where it begins, and undoes it before each return.
func TestAssemblyAsks(t *testing.T) {
	files, err := filepath.Glob("*_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	var functions []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if name != "subnormal_amd64.s" {
			functions = append(functions, strings.Split(string(text), "\nTEXT ·")[1:]...)
		}
	}
	for _, f := range functions {
		name, _, _ := strings.Cut(f, "(")
		returns, asks, undoes := strings.Count(f, "\tRET\n"), strings.Count(f, "·flushHere(SB)"), strings.Count(f, "·unflushHere(SB)")
		mover := slices.ContainsFunc([]string{"lane", "pack", "panel", "copy", "fillRows", "reverse", "gather", "maxWindows"}, func(p string) bool { return strings.HasPrefix(name, p) })
		switch {
		case mover && asks+undoes > 0:
			t.Errorf("%s only moves numbers, or serves scalars, and asks how to treat subnormal ones", name)
		case !mover && (asks != 1 || returns != 2*undoes || undoes == 0):
			t.Errorf("%s: %d returns, asks %d times and undoes it %d times; want one question, and two returns for each time", name, returns, asks, undoes)
		}
	}
	if len(functions) < 100 {
		t.Errorf("found %d functions", len(functions))
	}
}
