package nn_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/nn"
)

func TestPlateauAgreesWithPyTorch(t *testing.T) {
	var reference struct {
		Figures  []float64
		Plateaus map[string][]float64
	}
	readTorch(t, "schedules.json", &reference)
	tests := map[string]nn.PlateauConfig{
		"default threshold": {Patience: 2, MinDelta: 1e-4, Relative: true},
		"impatient":         {Factor: 0.5},
		"absolute":          {Patience: 2, Factor: 0.5, MinDelta: 0.02},
		"relative":          {Patience: 2, Factor: 0.5, MinDelta: 0.05, Relative: true},
		"cooling":           {Patience: 1, Factor: 0.7, MinDelta: 0.02, Cooldown: 4},
		"floor":             {Factor: 0.3, MinDelta: 0.05, Floor: 0.01},
	}
	if len(tests) != len(reference.Plateaus) {
		t.Errorf("%d plateaus in the file, %d here", len(reference.Plateaus), len(tests))
	}
	for name, cfg := range tests {
		p := nn.NewPlateau(cfg)
		if p.Factor() != 1 {
			t.Errorf("%s: begins at %v, want 1", name, p.Factor())
		}
		var got []float64
		for _, figure := range reference.Figures {
			factor := p.Observe(figure)
			if factor != p.Factor() {
				t.Errorf("%s: Observe returns %v, and Factor %v after it", name, factor, p.Factor())
			}
			got = append(got, factor)
		}
		if diff := cmp.Diff(reference.Plateaus[name], got, nearFactor); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
		}
	}
}

// TestPlateauFigures ranges over figures that are out of the ordinary.
func TestPlateauFigures(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name    string
		cfg     nn.PlateauConfig
		figures []float64
		want    []float64
	}{
		{"NaN is no improvement", nn.PlateauConfig{Factor: 0.5}, []float64{nan, 1, nan, 0.5}, []float64{0.5, 0.5, 0.25, 0.25}},
		{"nor is an infinity", nn.PlateauConfig{Factor: 0.5}, []float64{inf, 1, -inf, 0.5, inf}, []float64{0.5, 0.5, 0.25, 0.25, 0.125}},
		{"equal is no improvement", nn.PlateauConfig{Factor: 0.5}, []float64{0, 0, 0}, []float64{1, 0.5, 0.25}},
		{"below zero", nn.PlateauConfig{Factor: 0.5, MinDelta: 0.5, Relative: true}, []float64{-1, -1.25, -1.75, -2}, []float64{1, 0.5, 0.5, 0.25}},
		{"floor 1", nn.PlateauConfig{Factor: 0.5, Floor: 1}, []float64{0, 0, 0}, []float64{1, 1, 1}},
	}
	for _, tt := range tests {
		p := nn.NewPlateau(tt.cfg)
		var got []float64
		for _, figure := range tt.figures {
			got = append(got, p.Observe(figure))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestPlateauGoesOn cuts a run at every figure, and goes on from the state as text.
func TestPlateauGoesOn(t *testing.T) {
	cfg := nn.PlateauConfig{Factor: 0.7, Patience: 1, Cooldown: 2, MinDelta: 0.1}
	figures := []float64{3, 2, 2, 2, math.NaN(), 1, 2, 2, 2, 2, 2, 0, -1, -1, -1, -1}
	whole := nn.NewPlateau(cfg)
	for cut, figure := range figures {
		text, err := json.Marshal(whole.State())
		if err != nil {
			t.Fatal(err)
		}
		var state nn.PlateauState
		if err := json.Unmarshal(text, &state); err != nil {
			t.Fatal(err)
		}
		again := nn.NewPlateau(cfg)
		if err := again.SetState(state); err != nil {
			t.Fatal(err)
		}
		twin := *whole
		for i := cut; i < len(figures); i++ {
			if got, want := again.Observe(figures[i]), twin.Observe(figures[i]); got != want {
				t.Errorf("cut at figure %d: the factor after figure %d is %v, want %v", cut, i, got, want)
			}
		}
		whole.Observe(figure)
	}
}

func TestPlateauRefusesStates(t *testing.T) {
	p := nn.NewPlateau(nn.PlateauConfig{Patience: 3, Cooldown: 2})
	for _, figure := range []float64{1, 2, 2, 2, 2} {
		p.Observe(figure)
	}
	before := p.State()
	tests := []struct {
		state nn.PlateauState
		want  string
	}{
		{nn.PlateauState{Best: math.NaN()}, "nn.Plateau.SetState: the best figure is NaN: want a finite number"},
		{nn.PlateauState{Best: math.Inf(-1)}, "nn.Plateau.SetState: the best figure is -Inf: want a finite number"},
		{nn.PlateauState{Waited: -1}, "nn.Plateau.SetState: -1 figures without improvement: want 0 to the Patience 3"},
		{nn.PlateauState{Waited: 4}, "nn.Plateau.SetState: 4 figures without improvement: want 0 to the Patience 3"},
		{nn.PlateauState{Cooling: -1}, "nn.Plateau.SetState: -1 figures of cooling: want 0 to the Cooldown 2"},
		{nn.PlateauState{Cooling: 3}, "nn.Plateau.SetState: 3 figures of cooling: want 0 to the Cooldown 2"},
		{nn.PlateauState{Reductions: -1}, "nn.Plateau.SetState: -1 reductions: want 0 or more"},
	}
	for _, tt := range tests {
		if err := p.SetState(tt.state); err == nil || err.Error() != tt.want {
			t.Errorf("got error %v\nwant %s", err, tt.want)
		}
		if p.State() != before {
			t.Errorf("a state that was refused has changed the plateau to %+v", p.State())
		}
	}
}
