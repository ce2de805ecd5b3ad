package ops_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestProcessors compares what operations that move and order elements give, and their gradients, on one processor and on three: to
// the bit, for lines that lie together and side by side.
func TestProcessors(t *testing.T) {
	calls := map[string]func(x, index graph.Value, axis int) graph.Value{
		"argmax":     func(x, _ graph.Value, axis int) graph.Value { return ops.ArgMax(x, axis) },
		"argmin":     func(x, _ graph.Value, axis int) graph.Value { return ops.ArgMin(x, axis) },
		"cummax":     func(x, _ graph.Value, axis int) graph.Value { return ops.CumMax(x, axis) },
		"cummin":     func(x, _ graph.Value, axis int) graph.Value { return ops.CumMin(x, axis) },
		"sort":       func(x, _ graph.Value, axis int) graph.Value { return ops.Sort(x, axis) },
		"topk":       func(x, _ graph.Value, axis int) graph.Value { return ops.TopK(x, axis, 5) },
		"take_along": ops.TakeAlong,
		"put_along":  func(x, index graph.Value, axis int) graph.Value { return ops.PutAlong(x, index, axis, 40) },
		"gather":     func(x, _ graph.Value, axis int) graph.Value { return ops.Gather(x, axis, 7, 3, 3, 30, 0) },
		"flip":       func(x, _ graph.Value, axis int) graph.Value { return ops.Flip(x, axis) },
		"roll":       func(x, _ graph.Value, axis int) graph.Value { return ops.Roll(x, axis, 11) },
		"pad":        func(x, _ graph.Value, axis int) graph.Value { return ops.Pad(x, axis, 2, 3) },
		"stack":      func(x, _ graph.Value, axis int) graph.Value { return ops.Stack(axis, x, ops.Neg(x)) },
		"concat":     func(x, _ graph.Value, axis int) graph.Value { return ops.Concat(axis, x, ops.Neg(x)) },
		"repeat":     func(x, _ graph.Value, axis int) graph.Value { return ops.Repeat(x, axis, 3) },
	}
	rng := rand.New(rand.NewPCG(51, 52))
	x, index := tensor.New(tensor.Float32, 364, 364), tensor.New(tensor.Float32, 364, 364)
	for i := range x.Float32s() {
		x.Float32s()[i] = float32(rng.IntN(1000)) - 500 // some of them equal
		if rng.IntN(500) == 0 {
			x.Float32s()[i] = float32(math.NaN())
		}
		index.Float32s()[i] = float32(rng.IntN(40))
	}
	for name, f := range calls {
		for axis := range 2 {
			run := func(processors int) (y, dx []float32) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
				g := graph.New(graph.WithDType(tensor.Float32))
				v := g.Bind(x)
				out := f(v, g.BindConst(index), axis)
				ct := tensor.New(tensor.Float32, out.Shape()...)
				for i := range ct.Float32s() {
					ct.Float32s()[i] = float32(i%7) - 3
				}
				return out.Tensor().Float32s(), autograd.Backward(out, autograd.WithSeed(ct)).Tensor(v).Float32s()
			}
			wantY, wantDX := run(1)
			y, dx := run(3)
			bits := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
			if !slices.EqualFunc(y, wantY, bits) {
				t.Errorf("%s along axis %d: the result depends on the number of processors", name, axis)
			}
			if !slices.EqualFunc(dx, wantDX, bits) {
				t.Errorf("%s along axis %d: the gradient depends on the number of processors", name, axis)
			}
		}
	}
}
