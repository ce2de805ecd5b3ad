package autograd_test

import (
	"runtime"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestSmallCallsGiveUpLargeMemory counts what stays of the graph of a large call while small ones, which use it again, go
// on. The collector, which frees what nothing uses, runs between them.
func TestSmallCallsGiveUpLargeMemory(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the pool keeps what another processor has put there from small calls
	f := func(x graph.Value) graph.Value { return ops.Sum(ops.Mul(ops.Sin(x), ops.Cos(x))) }
	small := make([]float64, 10)
	inUse := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	for name, call := range map[string]func(at []float64){
		"ValueAndGrad": func(at []float64) { autograd.ValueAndGrad(f, at) },
		"JVP":          func(at []float64) { autograd.JVP(f, at, at) },
		"HVP":          func(at []float64) { autograd.HVP(f, at, at) },
	} {
		t.Run(name, func(t *testing.T) {
			call(small)
			before := inUse()
			call(make([]float64, 1<<20)) // some 8 MiB a tensor
			for range 64 {
				runtime.GC()
				call(small)
			}
			if kept := inUse() - before; kept > 4<<20 {
				t.Errorf("%d KiB are kept after 64 small calls", kept>>10)
			}
		})
	}
}
