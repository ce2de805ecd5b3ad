package autograd_test

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"github.com/seed366ff29f/chainrule/ops"
)

// flushing makes a graph that takes subnormal numbers as zeros.
func flushing(dtype tensor.DType) *graph.Graph {
	return graph.New(graph.WithDType(dtype), graph.WithFlushToZero())
}

// halved records the half of the smallest normal number of the graph's precision, as a tensor, and returns it.
func halved(g *graph.Graph) float64 {
	least := 0x1p-1022
	if g.DType() == tensor.Float32 {
		least = 0x1p-126
	}
	x := g.ConstTensor(tensor.Of([]float64{least, least}, 2).To(g.DType()))
	return ops.MulScalar(x, 0.5).Tensor().At(0)
}

// vanishing returns what the backward sweep makes of the smallest number that is not subnormal, times a half.
func vanishing(g *graph.Graph) float64 {
	half := 0x1p-511
	if g.DType() == tensor.Float32 {
		half = 0x1p-63
	}
	x := g.VarTensor(tensor.Of([]float64{1, 2}, 2).To(g.DType()))
	y := ops.MulScalar(ops.MulScalar(ops.MulScalar(x, half), half), 0.5)
	return autograd.Backward(ops.Sum(y)).Tensor(x).At(0)
}

// A graph takes subnormal numbers as zeros if it was made so, forward and backward, and no other one does. Scalars are exact.
func TestFlushToZero(t *testing.T) {
	zeros := strings.HasPrefix(kernel.Implementation(), "avx")
	for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
		exact, flush := graph.New(graph.WithDType(dtype)), flushing(dtype)
		if exact.FlushesToZero() || !flush.FlushesToZero() {
			t.Errorf("%s: FlushesToZero does not say how the graph was made", dtype)
		}
		for name, f := range map[string]func(*graph.Graph) float64{"forward": halved, "backward": vanishing} {
			if got := f(exact); got == 0 {
				t.Errorf("%s %s: got 0 without the option", dtype, name)
			}
			if got := f(flush); (got == 0) != zeros {
				t.Errorf("%s %s: got %g with the option", dtype, name, got)
			}
		}
		x := flush.Var(0x1p-1022)
		if y := ops.MulScalar(x, 0.5); y.Item() != 0x1p-1023 || autograd.Backward(ops.MulScalar(y, 0x1p-1073)).Scalar(x) == 0 {
			t.Errorf("%s: scalars are not exact", dtype)
		}
	}
}

// Graphs that are used within the rules of others keep to their own settings, and so do those that are used afterwards, also
// where a rule has panicked.
func TestFlushToZeroNests(t *testing.T) {
	if !strings.HasPrefix(kernel.Implementation(), "avx") {
		t.Skip("the implementation in Go is exact")
	}
	exact, flush := graph.New(graph.WithDType(tensor.Float32)), flushing(tensor.Float32)
	for _, outer := range []*graph.Graph{exact, flush} {
		var forward, backward []float64
		both := func() []float64 { return []float64{halved(exact), halved(flush), halved(exact)} }
		f := autograd.Custom("both", func(xs ...*tensor.Tensor) *tensor.Tensor {
			forward = both()
			return xs[0].Clone()
		}, func(y, ct graph.Value, xs ...graph.Value) []graph.Value {
			backward = both()
			return []graph.Value{ct}
		})
		x := outer.VarTensor(tensor.Of([]float32{1, 2}, 2))
		autograd.Backward(ops.Sum(f(x)))
		want := []float64{0x1p-127, 0, 0x1p-127}
		if !slices.Equal(forward, want) || !slices.Equal(backward, want) {
			t.Errorf("within the rule of a graph that flushes %t: forward %g, backward %g, want %g", outer.FlushesToZero(), forward, backward, want)
		}
	}
	refuses := autograd.Custom("refuses", func(...*tensor.Tensor) *tensor.Tensor { panic("no") }, func(_, ct graph.Value, _ ...graph.Value) []graph.Value {
		return []graph.Value{ct}
	})
	func() {
		defer func() { _ = recover() }()
		refuses(flush.VarTensor(tensor.Of([]float32{1}, 1)))
	}()
	if x := tensor.Of([]float32{0x1p-126}, 1); halved(graph.New(graph.WithDType(tensor.Float32))) == 0 || x.At(0)/2 == 0 {
		t.Error("after a rule that panicked, results are not exact")
	}
}

// Two graphs in two goroutines do not disturb each other, whatever the collector and the scheduler do.
func TestFlushToZeroSideBySide(t *testing.T) {
	if !strings.HasPrefix(kernel.Implementation(), "avx") {
		t.Skip("the implementation in Go is exact")
	}
	var wg sync.WaitGroup
	for _, g := range []*graph.Graph{graph.New(graph.WithDType(tensor.Float32)), flushing(tensor.Float32), graph.New(), flushing(tensor.Float32)} {
		wg.Go(func() {
			for i := range 200 {
				g.Reset()
				if f, b := halved(g), vanishing(g); (f == 0) != g.FlushesToZero() || (b == 0) != g.FlushesToZero() {
					t.Errorf("time %d: got %g and %g, flushes %t", i, f, b, g.FlushesToZero())
					return
				}
				if half := math.Float64frombits(1<<52) / 2; half == 0 {
					t.Error("Go takes subnormal numbers as zeros")
					return
				}
				if i%50 == 0 {
					runtime.GC()
				}
			}
		})
	}
	wg.Wait()
}
