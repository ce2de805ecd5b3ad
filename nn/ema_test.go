package nn_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// TestEMA compares averages with the sum that the documentation of NewEMA has.
func TestEMA(t *testing.T) {
	numbers := []float64{3, -1, 4, 1, -5, 9, 2, 6}
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		for _, decay := range []float64{0, 0.5, 0.9, 0.9999} {
			w := &nn.Param{Name: "w", Data: tensor.New(dtype, 2, 1)}
			b := &nn.Param{Name: "b", Data: tensor.New(dtype), Frozen: true}
			state := &nn.Param{Name: "s", Data: tensor.New(dtype, 1), Kind: nn.State}
			ema := nn.NewEMA([]*nn.Param{w, b, w, state}, decay)
			for n, v := range numbers {
				w.Data.SetAt(v, 0, 0)
				w.Data.SetAt(-2, 1, 0)
				b.Data.SetAt(v / 2)
				state.Data.SetAt(v, 0)
				ema.Update()
				var sum, factors float64
				for i, x := range numbers[:n+1] {
					f := math.Pow(decay, float64(n-i))
					sum += f * x
					factors += f
				}
				want := []float64{sum / factors, -2, sum / factors / 2, v}
				ema.Swap()
				got := []float64{w.Data.At(0, 0), w.Data.At(1, 0), b.Data.At(), state.Data.At(0)}
				ema.Swap()
				near := cmpopts.EquateApprox(1e-12, 1e-15)
				if dtype == tensor.Float32 {
					near = cmpopts.EquateApprox(1e-7, 1e-7) // the rounding of the average
				}
				if diff := cmp.Diff(want, got, near); diff != "" {
					t.Errorf("%s, decay %v, update %d: mismatch (-want +got):\n%s", dtype, decay, n+1, diff)
				}
				if back := []float64{w.Data.At(0, 0), w.Data.At(1, 0), b.Data.At(), state.Data.At(0)}; !slices.Equal(back, []float64{v, -2, v / 2, v}) {
					t.Errorf("%s, decay %v, update %d: the parameters are %v afterwards", dtype, decay, n+1, back)
				}
			}
		}
	}
}

// TestEMASeesSmallChanges holds that shares below the digits of single precision count.
func TestEMASeesSmallChanges(t *testing.T) {
	w := &nn.Param{Name: "w", Data: tensor.Of([]float32{1}, 1)}
	ema := nn.NewEMA([]*nn.Param{w}, 0.99999)
	ema.Update()
	w.Data.SetAt(1.5, 0)
	for range 200_000 {
		ema.Update()
	}
	ema.Swap()
	if got := w.Data.At(0); math.Abs(got-1.5) > 1e-6 {
		t.Errorf("after 200000 updates at 1.5 the average is %v", got)
	}
}

// TestEMAOfLargeNumbers holds that differences which overflow do not spoil an average.
func TestEMAOfLargeNumbers(t *testing.T) {
	w := &nn.Param{Name: "w", Data: tensor.Of([]float64{math.MaxFloat64}, 1)}
	ema := nn.NewEMA([]*nn.Param{w}, 0.5)
	ema.Update()
	w.Data.SetAt(-math.MaxFloat64, 0)
	ema.Update()
	ema.Swap()
	if got := w.Data.At(0); math.Abs(got+math.MaxFloat64/3) > 1e-12*math.MaxFloat64 {
		t.Errorf("got %v, want a third of -MaxFloat64", got)
	}
}

// TestEMABegins holds that the first update is a copy, to the last bit.
func TestEMABegins(t *testing.T) {
	for i := range 1000 {
		w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1 / float64(i+3)}, 1)}
		ema := nn.NewEMA([]*nn.Param{w}, 1-1/float64(i+2))
		ema.Update()
		ema.Swap()
		if got := w.Data.At(0); got != 1/float64(i+3) {
			t.Errorf("decay %v: got %v, want %v", 1-1/float64(i+2), got, 1/float64(i+3))
		}
	}
}

// TestEMABeforeUpdates holds that an average of nothing leaves the parameters alone.
func TestEMABeforeUpdates(t *testing.T) {
	params := keptParams(tensor.Float64)
	before := bitsOf(params[0].Data)
	ema := nn.NewEMA(params, 0.9)
	for range 2 {
		ema.Swap()
		if diff := cmp.Diff(before, bitsOf(params[0].Data)); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}

// TestEMAFollowsTo converts the parameters while they hold the averages, and while they do not.
func TestEMAFollowsTo(t *testing.T) {
	model := nn.Linear(newRand(1), 1, 1, nn.NoBias())
	w := model.Params()[0]
	nn.To(model, tensor.Float32)
	ema := nn.NewEMA(model.Params(), 0.5)
	nn.To(model, tensor.Float64)
	for _, v := range []float64{1, 4} {
		w.Data.Fill(v)
		ema.Update()
		nn.To(model, tensor.Float32)
	}
	ema.Swap()
	if got := w.Data.AtFlat(0); got != 3 || w.Data.DType() != tensor.Float32 {
		t.Errorf("got the average %v in %s, want 3", got, w.Data.DType())
	}
	nn.To(model, tensor.Float64)
	ema.Swap()
	if got := w.Data.AtFlat(0); got != 4 || w.Data.DType() != tensor.Float64 {
		t.Errorf("got back %v in %s, want 4", got, w.Data.DType())
	}
	w.Data.Fill(0.1) // which single precision does not hold
	ema.Swap()
	ema.Swap()
	if got := w.Data.AtFlat(0); got != 0.1 {
		t.Errorf("got back %v, want 0.1", got)
	}
}

func TestEMAAllocatesNothing(t *testing.T) {
	model := nn.Linear(newRand(1), 5, 3)
	ema := nn.NewEMA(model.Params(), 0.9)
	if n := testing.AllocsPerRun(10, func() {
		ema.Update()
		ema.Swap()
		ema.Swap()
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// TestEMAGoesOn cuts the updates in two, and takes the average to other parameters.
func TestEMAGoesOn(t *testing.T) {
	for cut := range 4 {
		params, other := keptParams(tensor.Float32), keptParams(tensor.Float32)
		whole, again := nn.NewEMA(params, 0.7), nn.NewEMA(other, 0.7)
		update := func(ema *nn.EMA, params []*nn.Param, n int) {
			params[0].Data.SetFlat(math.Sqrt(float64(n+1)), 1)
			params[1].Data.SetFlat(1/float64(n+3), 0)
			ema.Update()
		}
		for n := range cut {
			update(whole, params, n)
		}
		if err := again.SetState(whole.State()); err != nil {
			t.Fatal(err)
		}
		for n := cut; n < 6; n++ {
			update(whole, params, n)
			update(again, other, n)
			if diff := cmp.Diff(kept(whole.State()), kept(again.State())); diff != "" {
				t.Errorf("cut after %d updates: mismatch (-want +got):\n%s", cut, diff)
			}
		}
	}
}

// TestEMARefusesStates ranges over everything that can be wrong with each part of a state.
func TestEMARefusesStates(t *testing.T) {
	ema := nn.NewEMA(keptParams(tensor.Float32), 0.7)
	ema.Update()
	state := ema.State()
	before := kept(state)
	bad, want := spoilt(state)
	for fault, s := range bad {
		err := ema.SetState(s)
		if strings.HasSuffix(fault, "step: 0") {
			if err != nil { // an average of nothing may be kept
				t.Errorf("%s: got error %v", fault, err)
			}
			if err := ema.SetState(state); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want := want[fault]
		if strings.HasSuffix(want, "is missing") {
			want = "is missing"
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "nn.EMA.SetState: ") {
			t.Errorf("%s: got error %v, want one with %q", fault, err, want)
		}
		if diff := cmp.Diff(before, kept(ema.State())); diff != "" {
			t.Fatalf("%s: a state that was refused: mismatch (-want +got):\n%s", fault, diff)
		}
	}
}

func TestEMAMisuse(t *testing.T) {
	w := &nn.Param{Name: "w", Data: tensor.New(tensor.Float64, 2)}
	swapped := nn.NewEMA([]*nn.Param{w}, 0.5)
	swapped.Swap()
	reshaped := &nn.Param{Name: "r", Data: tensor.New(tensor.Float64, 2)}
	other := nn.NewEMA([]*nn.Param{reshaped}, 0.5)
	reshaped.Data = tensor.New(tensor.Float64, 3)
	const shape = `parameter "r" has shape (3) now, and its average (2): make a new one with nn.NewEMA`
	tests := []struct {
		f    func()
		want string
	}{
		{func() { nn.NewEMA(nil, 1) }, "nn.NewEMA: decay = 1: want 0 ≤ decay < 1"},
		{func() { nn.NewEMA(nil, math.NaN()) }, "nn.NewEMA: decay = NaN: want 0 ≤ decay < 1"},
		{func() { nn.NewEMA([]*nn.Param{nil}, 0.5) }, "nn.NewEMA: got a nil *nn.Param: leave it out"},
		{func() { swapped.Update() }, "nn.EMA.Update: the parameters hold the averages: call Swap again before training goes on"},
		{func() { _ = swapped.SetState(swapped.State()) }, "nn.EMA.SetState: the parameters hold the averages: call Swap before"},
		{func() { other.Update() }, "nn.EMA.Update: " + shape},
		{func() { other.Swap() }, "nn.EMA.Swap: " + shape},
	}
	for _, tt := range tests {
		if err := graph.Try(tt.f); err == nil || err.Error() != tt.want {
			t.Errorf("got error %v\nwant %s", err, tt.want)
		}
	}
}

// emaCalls is the part of averages in TestNil.
func emaCalls() map[string][]call {
	none, zero, made := (*nn.EMA)(nil), &nn.EMA{}, nn.NewEMA(nil, 0.5)
	const want = "nil or zero *nn.EMA"
	return map[string][]call{
		"NewEMA":       {{func() { nn.NewEMA(nil, 0) }, harmless}, {func() { nn.NewEMA([]*nn.Param{{}}, 0) }, "has no numbers"}},
		"EMA.Update":   {{none.Update, want}, {zero.Update, want}, {made.Update, harmless}},
		"EMA.Swap":     {{none.Swap, want}, {zero.Swap, want}, {func() { nn.NewEMA(nil, 0.5).Swap() }, harmless}},
		"EMA.State":    {{func() { none.State() }, want}, {func() { zero.State() }, want}, {func() { made.State() }, harmless}},
		"EMA.SetState": {{func() { _ = none.SetState(nn.OptimizerState{}) }, want}, {func() { _ = zero.SetState(nn.OptimizerState{}) }, want}, {func() { _ = made.SetState(made.State()) }, harmless}},
	}
}

// The average of numbers that go to and fro.
func ExampleEMA() {
	w := &nn.Param{Name: "w", Data: tensor.Of([]float64{0}, 1)}
	ema := nn.NewEMA([]*nn.Param{w}, 0.9)
	for step := range 100 {
		w.Data.SetAt(1+0.5*float64(1-2*(step%2)), 0) // opt.Step(...)
		ema.Update()
	}
	fmt.Println("trained", w.Data)
	ema.Swap()
	fmt.Printf("average [%.2f]\n", w.Data.At(0))
	ema.Swap()
	fmt.Println("trained", w.Data)
	// Output:
	// trained [0.5]
	// average [0.97]
	// trained [0.5]
}
