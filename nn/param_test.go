package nn_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

func TestWeights(t *testing.T) {
	// What the shape says where neither kind nor name does.
	shapes := []struct {
		shape  []int
		weight bool
	}{
		{nil, false}, {[]int{1}, false}, {[]int{4}, false}, {[]int{4, 3}, true}, {[]int{4, 1}, false}, {[]int{1, 4}, false}, {[]int{1, 1}, false},
		{[]int{4, 1, 1}, false}, {[]int{1, 4, 1, 1}, false}, {[]int{1, 1, 1, 1}, false}, {[]int{8, 3, 5, 5}, true}, {[]int{8, 1, 5, 5}, true},
		{[]int{8, 3, 1, 1}, true}, {[]int{8, 1, 1, 5}, true}, {[]int{0, 3}, false},
	}
	names := []struct {
		name   string
		weight func(byShape bool, rank int) bool
	}{
		{"", func(s bool, _ int) bool { return s }},
		{"w", func(s bool, _ int) bool { return s }},
		{"0.kernel", func(s bool, _ int) bool { return s }},
		{"bias.w", func(s bool, _ int) bool { return s }},
		{"antibias", func(s bool, _ int) bool { return s }},
		{"bias", func(bool, int) bool { return false }},
		{"0.bias#2", func(bool, int) bool { return false }},
		{"0.conv.bias", func(bool, int) bool { return false }},
		{"weight", func(_ bool, rank int) bool { return rank >= 2 }},
		{"0.out.weight", func(_ bool, rank int) bool { return rank >= 2 }},
	}
	for _, s := range shapes {
		for _, n := range names {
			byName := n.weight(s.weight, len(s.shape))
			for kind, want := range map[nn.ParamKind]bool{nn.Undeclared: byName, nn.Weight: true, nn.Bias: false} {
				p := &nn.Param{Name: n.name, Data: tensor.New(tensor.Float64, s.shape...), Kind: kind}
				if got := slices.Contains(nn.Weights(p), p); got != want {
					t.Errorf("shape %v, name %q, kind %d: weight is %v, want %v", s.shape, n.name, kind, got, want)
				}
			}
		}
	}
	err := graph.Try(func() { nn.Weights(&nn.Param{Name: "p", Data: tensor.New(tensor.Float64, 1), Kind: 9}) })
	if want := `nn.Weights: parameter "p" is of kind 9: want nn.Undeclared, nn.Weight, nn.Bias, nn.State or nn.Counter`; err == nil || err.Error() != want {
		t.Errorf("got error %v\nwant %s", err, want)
	}
}

// TestWeightsOfLinear holds that layers of any size declare what is what, whatever name a model gives it.
func TestWeightsOfLinear(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 4}, {4, 1}, {4, 3}} {
		l := nn.Linear(newRand(1), size[0], size[1])
		w, b := l.Params()[0], l.Params()[1]
		w.Name, b.Name = "a", "weight"
		if got := nn.Weights(l.Params()...); len(got) != 1 || got[0] != w {
			t.Errorf("%v: got %d weights, want the first parameter", size, len(got))
		}
	}
}

// TestParamJSON writes a parameter with its numbers and reads it back.
func TestParamJSON(t *testing.T) {
	p := nn.Param{Name: "w", Data: tensor.Of([]float64{1, 2}, 2), Kind: nn.Weight}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back nn.Param
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if back.Name != p.Name || back.Kind != p.Kind || !slices.Equal(back.Data.Dims(), p.Data.Dims()) || !slices.Equal(back.Data.Float64s(), p.Data.Float64s()) {
		t.Errorf("%s: got %+v back", text, back)
	}
	if _, err := json.Marshal(nn.Param{Name: "w", Data: &tensor.Tensor{}}); !errors.Is(err, tensor.ErrUsage) {
		t.Errorf("a zero tensor: error %v, want one that is tensor.ErrUsage", err)
	}
}
