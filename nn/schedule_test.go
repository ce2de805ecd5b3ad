package nn_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
)

// nearFactor is for factors that PyTorch works out from step to step, and a Schedule each by itself.
var nearFactor = cmpopts.EquateApprox(1e-13, 1e-15)

// readTorch reads a file of testdata that PyTorch has written.
func readTorch(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func TestSchedulesAgreeWithPyTorch(t *testing.T) {
	var reference struct{ Schedules map[string][]float64 }
	readTorch(t, "schedules.json", &reference)
	tests := map[string]nn.Schedule{
		"constant":                nn.Constant(0.5),
		"step":                    nn.StepDecay(7, 0.3),
		"exponential":             nn.Exponential(0.93),
		"cosine":                  nn.Cosine(50),
		"cosine with a floor":     nn.Cosine(50, 0.1),
		"warm-up, constant":       nn.Warmup(8, nn.Constant(1)),
		"warm-up, cosine":         nn.Warmup(8, nn.Cosine(42)),
		"one cycle":               nn.OneCycle(51, nn.OneCycleConfig{}),
		"one cycle, all settings": nn.OneCycle(51, nn.OneCycleConfig{Rise: 0.45, Div: 10, FinalDiv: 50}),
	}
	if len(tests) != len(reference.Schedules) {
		t.Errorf("%d schedules in the file, %d here", len(reference.Schedules), len(tests))
	}
	for name, schedule := range tests {
		want := reference.Schedules[name]
		got := make([]float64, len(want))
		for k := range got {
			got[k] = schedule(k)
		}
		if diff := cmp.Diff(want, got, nearFactor); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
		}
	}
}

// TestScheduleEdges holds the factors at the ends, which are exact.
func TestScheduleEdges(t *testing.T) {
	tests := []struct {
		name     string
		schedule nn.Schedule
		want     map[int]float64 // by step
	}{
		{"constant", nn.Constant(2), map[int]float64{-1: 2, 0: 2, math.MaxInt: 2}},
		{"constant 0", nn.Constant(0), map[int]float64{0: 0, 5: 0}},
		{"step", nn.StepDecay(10, 0.5), map[int]float64{math.MinInt: 1, -1: 1, 0: 1, 9: 1, 10: 0.5, 19: 0.5, 20: 0.25, math.MaxInt: 0}},
		{"exponential", nn.Exponential(0.5), map[int]float64{math.MinInt: 1, 0: 1, 1: 0.5, 3: 0.125, math.MaxInt: 0}},
		{"cosine", nn.Cosine(100), map[int]float64{math.MinInt: 1, 0: 1, 100: 0, 101: 0, 150: 0, math.MaxInt: 0}},
		{"cosine of one step", nn.Cosine(1, 0.25), map[int]float64{0: 1, 1: 0.25, 2: 0.25}},
		{"cosine that stays", nn.Cosine(10, 1), map[int]float64{0: 1, 5: 1, 10: 1, 11: 1}},
		{"warm-up", nn.Warmup(4, nn.Constant(1)), map[int]float64{math.MinInt: 0.25, -1: 0.25, 0: 0.25, 1: 0.5, 3: 1, 4: 1, math.MaxInt: 1}},
		{"warm-up of one step", nn.Warmup(1, nn.Exponential(0.5)), map[int]float64{0: 1, 1: 1, 2: 0.5}},
		{"warm-up to a constant", nn.Warmup(2, nn.Constant(3)), map[int]float64{0: 1.5, 1: 3, 2: 3}},
		{"one cycle", nn.OneCycle(21, nn.OneCycleConfig{Rise: 1.0 / 3, Div: 8, FinalDiv: 16}), map[int]float64{math.MinInt: 1.0 / 8, 0: 1.0 / 8, 6: 1, 20: 1.0 / 128, 21: 1.0 / 128, math.MaxInt: 1.0 / 128}},
	}
	for _, tt := range tests {
		for step, want := range tt.want {
			if got := tt.schedule(step); got != want {
				t.Errorf("%s: got %v at step %d, want %v", tt.name, got, step, want)
			}
		}
	}
}

func TestScheduleSettings(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		f    func()
		want string
	}{
		{func() { nn.Constant(-1) }, "nn.Constant: factor = -1: want a finite number, 0 or more"},
		{func() { nn.Constant(nan) }, "nn.Constant: factor = NaN: want a finite number, 0 or more"},
		{func() { nn.Constant(inf) }, "nn.Constant: factor = +Inf: want a finite number, 0 or more"},
		{func() { nn.StepDecay(0, 0.5) }, "nn.StepDecay: every = 0: want 1 or more"},
		{func() { nn.StepDecay(1, 0) }, "nn.StepDecay: factor = 0: want a finite number above 0"},
		{func() { nn.StepDecay(1, nan) }, "nn.StepDecay: factor = NaN: want a finite number above 0"},
		{func() { nn.Exponential(-0.5) }, "nn.Exponential: gamma = -0.5: want a finite number above 0"},
		{func() { nn.Exponential(inf) }, "nn.Exponential: gamma = +Inf: want a finite number above 0"},
		{func() { nn.Cosine(0) }, "nn.Cosine: steps = 0: want 1 or more"},
		{func() { nn.Cosine(-3) }, "nn.Cosine: steps = -3: want 1 or more"},
		{func() { nn.Cosine(3, 1.5) }, "nn.Cosine: floor = 1.5: want 0 ≤ floor ≤ 1, as a factor of the rate"},
		{func() { nn.Cosine(3, nan) }, "nn.Cosine: floor = NaN: want 0 ≤ floor ≤ 1, as a factor of the rate"},
		{func() { nn.Cosine(3, 0, 0) }, "nn.Cosine: got 2 floors: give one, or none for 0"},
		{func() { nn.Warmup(0, nn.Constant(1)) }, "nn.Warmup: steps = 0: want 1 or more"},
		{func() { nn.Warmup(3, nil) }, "nn.Warmup: got a nil schedule: give what follows, such as nn.Constant(1)"},
		{func() { nn.OneCycle(0, nn.OneCycleConfig{}) }, "nn.OneCycle: steps = 0: want 1 or more"},
		{func() { nn.OneCycle(3, nn.OneCycleConfig{}) }, "nn.OneCycle: the rate would be at its top at step -0.1 of 3: want Rise·steps above 1; give more steps, or nn.Cosine without a rise"},
		{func() { nn.OneCycle(10, nn.OneCycleConfig{Rise: 1}) }, "nn.OneCycle: Rise = 1: want 0 < Rise < 1"},
		{func() { nn.OneCycle(10, nn.OneCycleConfig{Rise: nan}) }, "nn.OneCycle: Rise = NaN: want 0 < Rise < 1"},
		{func() { nn.OneCycle(10, nn.OneCycleConfig{Div: 0.5}) }, "nn.OneCycle: Div = 0.5: want a finite number, 1 or more"},
		{func() { nn.OneCycle(10, nn.OneCycleConfig{FinalDiv: -1}) }, "nn.OneCycle: FinalDiv = -1: want a finite number above 0"},
		{func() { nn.NewPlateau(nn.PlateauConfig{Factor: 1}) }, "nn.NewPlateau: Factor = 1: want 0 < Factor < 1"},
		{func() { nn.NewPlateau(nn.PlateauConfig{Factor: nan}) }, "nn.NewPlateau: Factor = NaN: want 0 < Factor < 1"},
		{func() { nn.NewPlateau(nn.PlateauConfig{Patience: -1}) }, "nn.NewPlateau: Patience -1, Cooldown 0: want 0 or more each"},
		{func() { nn.NewPlateau(nn.PlateauConfig{Cooldown: -2}) }, "nn.NewPlateau: Patience 0, Cooldown -2: want 0 or more each"},
		{func() { nn.NewPlateau(nn.PlateauConfig{MinDelta: nan}) }, "nn.NewPlateau: MinDelta = NaN: want a finite number, 0 or more"},
		{func() { nn.NewPlateau(nn.PlateauConfig{MinDelta: 1, Relative: true}) }, "nn.NewPlateau: MinDelta = 1: want 0 ≤ MinDelta < 1"},
		{func() { nn.NewPlateau(nn.PlateauConfig{Floor: 2}) }, "nn.NewPlateau: Floor = 2: want 0 ≤ Floor ≤ 1, as a factor of the rate"},
	}
	for _, tt := range tests {
		if err := graph.Try(tt.f); err == nil || err.Error() != tt.want {
			t.Errorf("got error %v\nwant %s", err, tt.want)
		}
	}
}

// scheduleCalls is the part of schedules in TestNil.
func scheduleCalls() map[string][]call {
	made, none, zero := nn.NewPlateau(nn.PlateauConfig{}), (*nn.Plateau)(nil), &nn.Plateau{}
	const want = "nil or zero *nn.Plateau"
	return map[string][]call{
		"Warmup":           {{func() { nn.Warmup(1, nil) }, "got a nil schedule"}},
		"Plateau.Observe":  {{func() { none.Observe(1) }, want}, {func() { zero.Observe(1) }, want}, {func() { made.Observe(1) }, harmless}},
		"Plateau.Factor":   {{func() { none.Factor() }, want}, {func() { zero.Factor() }, want}, {func() { made.Factor() }, harmless}},
		"Plateau.State":    {{func() { none.State() }, want}, {func() { zero.State() }, want}, {func() { made.State() }, harmless}},
		"Plateau.SetState": {{func() { _ = none.SetState(nn.PlateauState{}) }, want}, {func() { _ = zero.SetState(nn.PlateauState{}) }, want}, {func() { _ = made.SetState(nn.PlateauState{}) }, harmless}},
	}
}
