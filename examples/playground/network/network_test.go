package network_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/examples/playground/network"
)

func forever() bool { return true }

// with returns a network of the defaults with some changes.
func with(t *testing.T, change func(s *network.Settings)) *network.Network {
	t.Helper()
	s := network.Defaults()
	if change != nil {
		change(&s)
	}
	n, err := network.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// last returns the newest epoch.
func last(n *network.Network) network.Epoch { return n.Epochs()[len(n.Epochs())-1] }

// What the page begins with reaches 95 % on both sets soon.
func TestDefaults(t *testing.T) {
	n := with(t, nil)
	n.Train(3000, forever)
	if e := last(n); e.TrainRight < 0.95 || e.ValidRight < 0.95 {
		t.Errorf("after epoch %d %g and %g are right, want 0.95", e.Number, e.TrainRight, e.ValidRight)
	}
}

// Every kind of data, activation and optimizer can be learned with: the loss falls.
func TestChoices(t *testing.T) {
	check := func(name string, change func(s *network.Settings)) {
		t.Run(name, func(t *testing.T) {
			n := with(t, change)
			n.Train(600, forever)
			if e := last(n); !(e.TrainLoss < 0.9*n.Epochs()[0].TrainLoss) || n.Ended() != "" {
				t.Errorf("the loss went from %g to %g, ended %q", n.Epochs()[0].TrainLoss, e.TrainLoss, n.Ended())
			}
		})
	}
	for _, kind := range network.Kinds() {
		check(kind, func(s *network.Settings) { s.Data.Kind = kind })
	}
	for _, f := range network.Activations() {
		check(f, func(s *network.Settings) { s.Activation = f })
	}
	for _, o := range network.Optimizers() {
		check(o, func(s *network.Settings) { s.Optimizer = o })
	}
	check("dropout and L2", func(s *network.Settings) { s.Keep, s.L2, s.Hidden = 0.8, 1e-3, []int{12, 12} })
	check("no hidden layer", func(s *network.Settings) { s.Hidden = nil })
	check("drawn", func(s *network.Settings) {
		s.Data.Kind, s.Data.Validation = network.Drawn, 0
		s.Data.Points = []network.Point{{X: -1, Y: 0}, {X: 1, Y: 0, Class: 1}, {X: 0, Y: 2, Class: 2}}
	})
}

func TestPoints(t *testing.T) {
	for _, kind := range network.Kinds() {
		n := with(t, func(s *network.Settings) {
			s.Data = network.Data{Kind: kind, Count: 101, Noise: 0.01, Validation: 0.3, Seed: 5}
		})
		if len(n.Points()) != 101 {
			t.Errorf("%s: %d points, want 101", kind, len(n.Points()))
		}
		valid, count := 0, make([]int, 3)
		for _, p := range n.Points() {
			if p.Valid {
				valid++
			}
			if math.Abs(p.X) > network.Extent || math.Abs(p.Y) > network.Extent {
				t.Errorf("%s: (%g, %g) is outside of the picture", kind, p.X, p.Y)
			}
			count[p.Class]++
		}
		if valid != 30 {
			t.Errorf("%s: %d points are for validation, want 30", kind, valid)
		}
		for c := range n.Classes() {
			if count[c] < 101/n.Classes() {
				t.Errorf("%s: %d of 101 points are of class %d", kind, count[c], c)
			}
		}
	}
}

// One seed gives one training.
func TestSeed(t *testing.T) {
	run := func() ([]network.Epoch, []float32) {
		n := with(t, func(s *network.Settings) { s.Keep = 0.9 })
		n.Train(100, forever)
		return n.Epochs(), n.Plane(nil, network.NewGrid(9))
	}
	e1, p1 := run()
	e2, p2 := run()
	if diff := cmp.Diff(e1, e2); diff != "" {
		t.Errorf("epochs differ:\n%s", diff)
	}
	if diff := cmp.Diff(p1, p2); diff != "" {
		t.Errorf("planes differ:\n%s", diff)
	}
}

// Early stopping ends with the parameters of the epoch that was best on the validation set.
func TestEarlyStopping(t *testing.T) {
	n := with(t, func(s *network.Settings) { s.Patience, s.Data.Noise, s.Hidden = 20, 0.6, []int{16, 16} })
	grid := network.NewGrid(5)
	var best []float32
	for n.Ended() == "" {
		n.TrainEpoch()
		if n.Best() == last(n).Number {
			best = n.Plane(nil, grid)
		}
	}
	losses := make([]float64, len(n.Epochs()))
	for i, e := range n.Epochs() {
		losses[i] = e.ValidLoss
	}
	if losses[n.Best()] != slices.Min(losses) || last(n).Number != n.Best()+20 || !strings.Contains(n.Ended(), "20 epochs") {
		t.Errorf("best %d of %d epochs, ended %q", n.Best(), len(losses), n.Ended())
	}
	if diff := cmp.Diff(best, n.Plane(nil, grid)); diff != "" {
		t.Errorf("the network is not that of the best epoch:\n%s", diff)
	}
}

func TestEnd(t *testing.T) {
	n := with(t, func(s *network.Settings) { s.Epochs = 3 })
	n.Train(1000, forever)
	if len(n.Epochs()) != 4 || n.Ended() != "all 3 epochs are done" {
		t.Errorf("%d epochs, ended %q", len(n.Epochs()), n.Ended())
	}
	steps := n.Steps()
	n.Train(10, forever)
	n.TrainEpoch()
	if n.Steps() != steps {
		t.Error("training went on after its end")
	}
}

func TestDiverges(t *testing.T) {
	n := with(t, func(s *network.Settings) {
		s.Optimizer, s.Rate, s.Data.Kind, s.Activation = "momentum", 100, "waves", "identity"
	})
	n.Train(5000, forever)
	if !strings.HasPrefix(n.Ended(), "diverged: ") || !strings.Contains(n.Ended(), "smaller learning rate") {
		t.Errorf("ended %q", n.Ended())
	}
}

// Training stops when it is told to.
func TestMore(t *testing.T) {
	n := with(t, nil)
	left := 3
	n.Train(100, func() bool { left--; return left >= 0 })
	if n.Steps() != 3 {
		t.Errorf("%d updates, want 3", n.Steps())
	}
}

func TestPictures(t *testing.T) {
	grid := network.NewGrid(8)
	for kind, outputs := range map[string]int{"moons": 1, "arms": 3, "waves": 1} {
		n := with(t, func(s *network.Settings) { s.Data.Kind, s.Hidden = kind, []int{3, 2} })
		plane := n.Plane(nil, grid)
		if len(plane) != 64*outputs || n.Outputs() != outputs {
			t.Fatalf("%s: %d numbers and %d outputs, want %d and %d", kind, len(plane), n.Outputs(), 64*outputs, outputs)
		}
		if kind == "arms" {
			for i := range 64 {
				if sum := plane[3*i] + plane[3*i+1] + plane[3*i+2]; math.Abs(float64(sum)-1) > 1e-6 {
					t.Errorf("probabilities add up to %g", sum)
				}
			}
		}
		if nodes := n.Nodes(nil, grid); len(nodes) != 64*5 {
			t.Errorf("%s: pictures of %d bytes, want %d", kind, len(nodes), 64*5)
		}
		if w := n.Weights(); len(w) != 3 || len(w[0]) != 2 || len(w[1]) != 3 || len(w[2]) != 2 || len(w[2][0]) != outputs {
			t.Errorf("%s: weights %v", kind, w)
		}
	}
}

// The picture's first place is at the top left, and a node without bounds is shown between plus and minus its greatest.
func TestOrientation(t *testing.T) {
	n := with(t, func(s *network.Settings) { s.Hidden, s.Activation = []int{1}, "identity" })
	w := n.Weights()[0]
	const size = 4
	pictures := n.Nodes(nil, network.NewGrid(size))
	var want []float64
	for row := range size {
		for column := range size {
			x, y := -2.25+1.5*float64(column), 2.25-1.5*float64(row)
			want = append(want, w[0][0]*x+w[1][0]*y)
		}
	}
	greatest := slices.Max(want)
	for i, v := range want {
		if math.Abs(float64(pictures[i])-128-127*v/greatest) > 0.5+1e-9 {
			t.Errorf("place %d is %d, want %g", i, pictures[i], 128+127*v/greatest)
		}
	}
}

func TestSettingErrors(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		field  string
		change func(s *network.Settings)
	}{
		{"data", func(s *network.Settings) { s.Data.Kind = "cats" }},
		{"data", func(s *network.Settings) { s.Data.Kind = network.Drawn }},
		{"data", func(s *network.Settings) {
			s.Data.Kind, s.Data.Points = network.Drawn, make([]network.Point, network.MaxPoints+1)
		}},
		{"data", func(s *network.Settings) {
			s.Data.Kind, s.Data.Points = network.Drawn, []network.Point{{}, {X: nan}}
		}},
		{"data", func(s *network.Settings) {
			s.Data.Kind, s.Data.Points = network.Drawn, []network.Point{{}, {Class: 7}}
		}},
		{"data", func(s *network.Settings) {
			s.Data.Kind, s.Data.Points = network.Drawn, []network.Point{{}, {Class: -1}}
		}},
		{"count", func(s *network.Settings) { s.Data.Count = 1 << 30 }},
		{"count", func(s *network.Settings) { s.Data.Count = -1 }},
		{"noise", func(s *network.Settings) { s.Data.Noise = nan }},
		{"validation", func(s *network.Settings) { s.Data.Validation = 1 }},
		{"validation", func(s *network.Settings) { s.Data.Validation = nan }},
		{"hidden", func(s *network.Settings) { s.Hidden = make([]int, 7) }},
		{"hidden", func(s *network.Settings) { s.Hidden = []int{0} }},
		{"hidden", func(s *network.Settings) { s.Hidden = []int{4, 1 << 30} }},
		{"activation", func(s *network.Settings) { s.Activation = "" }},
		{"optimizer", func(s *network.Settings) { s.Optimizer = "lion" }},
		{"keep", func(s *network.Settings) { s.Keep = 0 }},
		{"l2", func(s *network.Settings) { s.L2 = -1 }},
		{"batch", func(s *network.Settings) { s.Batch = 0 }},
		{"rate", func(s *network.Settings) { s.Rate = math.Inf(1) }},
		{"rate", func(s *network.Settings) { s.Rate = nan }},
		{"patience", func(s *network.Settings) { s.Patience = -1 }},
		{"patience", func(s *network.Settings) { s.Patience, s.Data.Validation = 5, 0 }},
		{"epochs", func(s *network.Settings) { s.Epochs = 0 }},
	} {
		s := network.Defaults()
		tt.change(&s)
		n, err := network.New(s)
		var setting *network.SettingError
		if !errors.As(err, &setting) || setting.Field != tt.field || n != nil {
			t.Errorf("%v: error %v, want one about %s", s, err, tt.field)
		}
	}
	n := with(t, nil)
	if err := n.SetRate(-1); err == nil {
		t.Error("a rate of -1 was taken")
	}
}

// Two points and a large share for validation: both are trained on.
func TestFewPoints(t *testing.T) {
	n := with(t, func(s *network.Settings) {
		s.Data = network.Data{Kind: network.Drawn, Validation: 0.8, Points: []network.Point{{X: -1, Valid: true}, {X: 1, Class: 1}}}
		s.Patience = 5
	})
	n.Train(50, forever)
	if e := last(n); n.Best() != -1 || n.Ended() != "" {
		t.Errorf("best %d, ended %q, %v", n.Best(), n.Ended(), e)
	}
	want := []network.Point{{X: -1}, {X: 1, Class: 1}}
	if diff := cmp.Diff(want, n.Points(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
}
