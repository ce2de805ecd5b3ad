package kernel

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A countingTask counts how often each chunk is done.
type countingTask []atomic.Int64

func (c countingTask) chunk(i int) { c[i].Add(1) }

func TestPoolDoesEveryChunkOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	p := pool{wake: make(chan struct{}, maxHelpers)}
	for round := range 300 {
		chunks := 1 + round%37
		task := make(countingTask, chunks)
		p.rest.Store(0) // on a busy machine helpers may be late
		if !p.acquire() {
			t.Fatal("the pool is taken")
		}
		p.run(task, chunks, round%3 == 0)
		p.release()
		for i := range task {
			if n := task[i].Load(); n != 1 {
				t.Fatalf("round %d: chunk %d of %d was done %d times", round, i, chunks, n)
			}
		}
		if round%100 == 50 {
			time.Sleep(2 * spinTime) // helpers go to sleep
		}
	}
}

// A listingTask lists its chunks as they are done.
type listingTask struct{ done []int }

func (l *listingTask) chunk(i int) { l.done = append(l.done, i) }

func TestPoolDealsChunksInOrder(t *testing.T) {
	for _, c := range []struct {
		chunks, workers, first int
		want                   []int
	}{
		{5, 1, 0, []int{0, 1, 2, 3, 4}},
		{5, 2, 0, []int{0, 1, 2, 3, 4}},
		{5, 2, 1, []int{2, 3, 4, 0, 1}},
		{7, 3, 1, []int{2, 3, 4, 5, 6, 0, 1}},
		{7, 3, 2, []int{4, 5, 6, 0, 1, 2, 3}},
		{3, 2, 5, []int{1, 2, 0}}, // a helper that an earlier task with more of them has started
	} {
		var p pool
		var l listingTask
		p.deal(c.chunks, c.workers)
		p.work(&l, c.first)
		if !slices.Equal(l.done, c.want) {
			t.Errorf("%d chunks dealt to %d: worker %d does %v alone, want %v", c.chunks, c.workers, c.first, l.done, c.want)
		}
	}
}

func TestPoolIsNotSharedNorUsedAlone(t *testing.T) {
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	p := pool{wake: make(chan struct{}, maxHelpers)}
	if p.acquire() {
		t.Error("acquired for one processor")
	}
	runtime.GOMAXPROCS(2)
	if !p.acquire() {
		t.Error("not acquired")
	}
	if p.acquire() {
		t.Error("acquired twice")
	}
	p.release()
}

func TestPoolRestsAfterALateHelper(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	p := pool{wake: make(chan struct{}, maxHelpers)}
	p.active.Add(1) // a helper that does not get on
	time.AfterFunc(200*lateTime, func() { p.active.Add(-1) })
	if !p.acquire() {
		t.Fatal("not acquired")
	}
	p.run(make(countingTask, 1), 1, false)
	p.release()
	if p.acquire() {
		t.Error("acquired at once")
	}
	time.Sleep(restTime + time.Millisecond)
	if !p.acquire() {
		t.Error("not acquired after a rest")
	}
}

// TestConcurrentCallers lets several goroutines compete for the pool: results must not mix.
func TestConcurrentCallers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	var wg sync.WaitGroup
	for id := range 4 {
		wg.Go(func() {
			const n = 160
			a, c := make([]float32, n*n), make([]float32, n*n)
			x := make([]float32, 3*minParallel)
			Fill(a, float32(id))
			for range 20 {
				Gemm(false, true, n, n, n, a, n, a, n, c, n, false)
				Fill(x, 0)
				AddScalarTo(x, float32(id))
				if want := float32(id * id * n); c[0] != want || c[n*n-1] != want || Sum(c) != want*n*n {
					t.Errorf("product of %d has %v and %v, want %v", id, c[0], c[n*n-1], want)
				}
				if Max(x) != float32(id) || Sum(x) != float32(id*len(x)) {
					t.Errorf("sum of %d is %v", id, Sum(x))
				}
			}
		})
	}
	wg.Wait()
}

func TestResultsDoNotDependOnProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const n = 1_000_003
	x := make([]float64, n)
	for i := range x {
		x[i] = 1 / float64(i+1)
	}
	one := [3]float64{Sum(x), Dot(x, x), gemmCorner(x)}
	runtime.GOMAXPROCS(4)
	if four := [3]float64{Sum(x), Dot(x, x), gemmCorner(x)}; four != one {
		t.Errorf("on 4 processors %v, on one %v", four, one)
	}
}

// TestLinesDoNotDependOnProcessors runs everything that is done to lines on one processor and on four.
func TestLinesDoNotDependOnProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, s := range [][3]int{{600, 230, 1}, {1, 170, 800}, {7, 200, 100}} {
		outer, n, inner := s[0], s[1], s[2]
		x, w, numbers := waves(outer*n*inner, 1), waves(outer*n*inner, 2), waves(outer*inner, 3)
		for name, run := range lineWorks(x, w, numbers, n, inner) {
			results := func() []float32 {
				dst := slices.Clone(w)
				run(dst)
				return dst
			}
			runtime.GOMAXPROCS(1)
			one := results()
			runtime.GOMAXPROCS(4)
			if four := results(); !slices.Equal(one, four) {
				t.Errorf("%s %v: results on one processor and on four differ", name, s)
			}
		}
	}
}

// waves returns n positive numbers near 1.
func waves(n int, speed float64) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(1 + 0.01*math.Sin(speed*float64(i)))
	}
	return s
}

// lineWorks returns functions of lines of x and w, with numbers of each line, that set dst, or elements of it, or add to it.
func lineWorks(x, w, numbers []float32, n, inner int) map[string]func(dst []float32) {
	c, lines := numbers, len(numbers)
	works := map[string]func(dst []float32){
		"AffineLines":        func(dst []float32) { AffineLines(dst, x, c, c, c, c, n, inner) },
		"ScaleLines":         func(dst []float32) { ScaleLines(dst, x, c, c, c, n, inner, false) },
		"SlopeLines":         func(dst []float32) { SlopeLines(dst, w, x, c, c, c, c, c, n, inner, true) },
		"MeanLines":          func(dst []float32) { MeanLines(dst[:lines], dst[lines:2*lines], x, n, inner) },
		"SumScan":            func(dst []float32) { SumScan(dst, x, n, inner, true) },
		"ProdScan":           func(dst []float32) { ProdScan(dst, x, n, inner, false) },
		"ProdScanBackward":   func(dst []float32) { ProdScanBackward(dst, w, x, n, inner, false) },
		"ProdLinesBackward":  func(dst []float32) { ProdLinesBackward(dst, c, x, n, inner, true) },
		"MaxLinesBackward":   func(dst []float32) { MaxLinesBackward(dst, c, x, c, n, inner) },
		"NormLinesBackward":  func(dst []float32) { NormLinesBackward(dst, c, x, c, n, inner, true) },
		"PNormLinesBackward": func(dst []float32) { PNormLinesBackward(dst, c, x, c, n, inner, 3, true) },
		"LogSumExpLines":     func(dst []float32) { LogSumExpLines(dst[:lines], x, n, inner) },
		"SoftmaxLines":       func(dst []float32) { SoftmaxLines(dst, x, n, inner) },
		"LogSoftmaxLines":    func(dst []float32) { LogSoftmaxLines(dst, x, n, inner) },
		"SoftmaxBackward":    func(dst []float32) { SoftmaxLinesBackward(dst, x, w, x, n, inner, false) },
		"LogSoftmaxBackward": func(dst []float32) { LogSoftmaxLinesBackward(dst, x, w, x, n, inner, true) },
	}
	if inner == 1 {
		works["PNormRows"] = func(dst []float32) { PNormRows(dst[:lines], x, n, 3) }
		works["NormalizeRows"] = func(dst []float32) {
			NormalizeRows(dst, make([]float32, len(x)), make([]float32, lines), x, x[:n], x[:n], n, 0.1, 0, 1e9)
		}
		works["NormalizeRowsBackward"] = func(dst []float32) { NormalizeRowsBackward(dst, w, x, x[:n], c, n, true, false) }
	}
	return works
}

func TestLinesAllocateNothing(t *testing.T) {
	for _, s := range [][3]int{{600, 230, 1}, {1, 170, 800}} {
		n, inner := s[1], s[2]
		x, numbers := waves(s[0]*n*inner, 1), waves(s[0]*inner, 3)
		dst := slices.Clone(x)
		for name, run := range lineWorks(x, x, numbers, n, inner) {
			if name == "NormalizeRows" {
				continue // which is given new slices here
			}
			if allocs := testing.AllocsPerRun(2, func() { run(dst) }); allocs != 0 {
				t.Errorf("%s %v: %v allocations", name, s, allocs)
			}
		}
	}
}

// gemmCorner returns the sum of a product of two matrices that are filled from x.
func gemmCorner(x []float64) float64 {
	const n = 200
	c := make([]float64, n*n)
	Gemm(false, false, n, n, n, x, n, x[n*n:], n, c, n, false)
	return Sum(c)
}

func TestNothingAllocates(t *testing.T) {
	const n = 200
	a, c, x := make([]float32, n*n), make([]float32, n*n), make([]float32, 3*minParallel)
	allocs := testing.AllocsPerRun(20, func() {
		Gemm(false, true, n, n, n, a, n, a, n, c, n, false)
		Linear(c, a, a, a[:n], n, n, n, true)
		Exp(x, x)
		Adam(x, x, x, x, 1, 0.5, 0.5, 1, 0, false, [2]float64{0.5, 0.5})
		Adam(a, a, a, a, 1, 0.5, 0.5, 1, 0, false, [2]float64{0.5, 0.5})
		SGDMomentum(x, x, x, 0, 0, 0, true)
		Adagrad(x, x, x, 0, 1, 0)
		RMSProp(x, x, x, 0, 0, 1, 0)
		RMSPropMomentum(x, x, x, x, 0, 0, 0, 1, 0)
		RMSPropCentered(x, x, x, x, x, 0, 0, 0, 1, 0)
		Lion(x, x, x, 0, 0, 0, 0)
		Softmax(c, a, n)
		AddColumnSums(a[:n], c)
		Sum(x)
		MaxAbs(x)
		AllFinite(x)
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
