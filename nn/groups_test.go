package nn_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// twoGroups returns groups with momentum, of the first parameter and of the others, at the rates 0.1 and 0.02.
func twoGroups(params []*nn.Param) (g *nn.Groups, first, second *nn.SGD) {
	first, second = nn.NewSGD(nn.SGDConfig{LR: 0.1, Momentum: 0.5}), nn.NewSGD(nn.SGDConfig{LR: 0.02, Momentum: 0.5})
	return nn.NewGroups(nn.Group{Params: params[:1], Optimizer: first}, nn.Group{Params: params[1:], Optimizer: second}), first, second
}

// TestGroupsChangeAllOrNothing lets a step fail in either group, for each reason.
func TestGroupsChangeAllOrNothing(t *testing.T) {
	nan, top := math.NaN(), math.MaxFloat64
	tests := map[string]struct {
		grads  [2][]float64 // of both parameters; nil for one that the loss does not reach
		target any
	}{
		"gradient of the first":  {[2][]float64{{nan}, {1}}, new(*nn.GradientError)},
		"gradient of the second": {[2][]float64{{1}, {nan}}, new(*nn.GradientError)},
		"first not reached":      {[2][]float64{nil, {1}}, new(*nn.UnreachedError)},
		"second not reached":     {[2][]float64{{1}, nil}, new(*nn.UnreachedError)},
		"first overflows":        {[2][]float64{{top}, {1}}, new(*nn.OverflowError)},
		"second overflows":       {[2][]float64{{1}, {top}}, new(*nn.OverflowError)},
	}
	for name, tt := range tests {
		params := []*nn.Param{{Name: "a", Data: tensor.Of([]float64{1}, 1)}, {Name: "b", Data: tensor.Of([]float64{2}, 1)}}
		g, _, _ := twoGroups(params)
		step := func(grads [2][]float64) error {
			acc := nn.NewGradients(params...)
			for i, c := range grads {
				if c != nil {
					acc.Add(linear(params[i], c...))
				}
			}
			return g.Apply(acc)
		}
		if err := step([2][]float64{{1}, {1}}); err != nil {
			t.Fatal(err)
		}
		before := []float64{params[0].Data.At(0), params[1].Data.At(0)}
		remembered := func() map[string]string {
			s := kept(g.State(params))
			delete(s, "0bounds") // which a step that fails may measure anew
			delete(s, "1bounds")
			return s
		}
		state := remembered()
		g.SetLR(1e3) // for the overflow
		if err := step(tt.grads); !errors.As(err, tt.target) {
			t.Errorf("%s: got error %v, want a %T", name, err, tt.target)
		}
		g.SetLR(0.1)
		if diff := cmp.Diff(before, []float64{params[0].Data.At(0), params[1].Data.At(0)}); diff != "" {
			t.Errorf("%s: the parameters: mismatch (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(state, remembered()); diff != "" {
			t.Errorf("%s: the state: mismatch (-want +got):\n%s", name, diff)
		}
	}
}

// TestGroupsRates holds that rates stay in proportion, and that of the first group is the one asked for.
func TestGroupsRates(t *testing.T) {
	g, first, second := twoGroups(keptParams(tensor.Float64))
	if g.LR() != 0.1 {
		t.Errorf("LR is %v at first, want that of the first group", g.LR())
	}
	for _, lr := range []float64{0.2, 0, 0.3, 1e-320, 0.1} {
		g.SetLR(lr)
		if g.LR() != lr || first.LR() != lr || math.Abs(second.LR()-lr/5) > 1e-15*lr+0x1p-1073 {
			t.Errorf("after SetLR(%v): LR %v, rates %v and %v", lr, g.LR(), first.LR(), second.LR())
		}
	}
	for i := range 1000 { // of which many are no multiples that can be undone
		if lr := 1 / float64(i+3); func() bool { g.SetLR(lr); return g.LR() != lr }() {
			t.Errorf("after SetLR(%v): LR %v", lr, g.LR())
		}
	}
	g.SetLR(0.1)
	if second.LR() != 0.02 {
		t.Errorf("back at the first rate, that of the second group is %v, want 0.02", second.LR())
	}
}

// TestGroupsOfPart steps with some of the parameters, and with one that is not trained and in no group.
func TestGroupsOfPart(t *testing.T) {
	a, b := &nn.Param{Name: "a", Data: tensor.Of([]float64{1}, 1)}, &nn.Param{Name: "b", Data: tensor.Of([]float64{2}, 1)}
	frozen := &nn.Param{Name: "f", Data: tensor.Of([]float64{3}, 1), Frozen: true}
	g, _, _ := twoGroups([]*nn.Param{a, b})
	if err := g.Step([]*nn.Param{frozen, a}, linear(a, 1)); err != nil {
		t.Fatal(err)
	}
	if a.Data.At(0) == 1 || b.Data.At(0) != 2 || frozen.Data.At(0) != 3 {
		t.Errorf("got %v, %v and %v, want the first changed", a.Data, b.Data, frozen.Data)
	}
	if s := g.State([]*nn.Param{frozen, b, a}); len(s.Counts) != 1 || s.Counts[0].Param != 2 {
		t.Errorf("got the state %+v, want one of parameter 2", s)
	}
}

// TestGroupsOfUsedOptimizers makes groups of optimizers that remember more than the parameters of their groups.
func TestGroupsOfUsedOptimizers(t *testing.T) {
	params := keptParams(tensor.Float64)
	first, second := nn.NewAdam(nn.AdamConfig{}), nn.NewAdam(nn.AdamConfig{})
	for _, opt := range []nn.Optimizer{first, second} {
		if err := take(opt, params, 1); err != nil {
			t.Fatal(err)
		}
	}
	g := nn.NewGroups(nn.Group{Params: params[:1], Optimizer: first}, nn.Group{Params: params[1:], Optimizer: second})
	state := g.State(params)
	if len(state.Counts) != 2 || len(state.Tensors) != 6 {
		t.Errorf("got %d counts and %d tensors, want those of one optimizer for each parameter: 2 and 6", len(state.Counts), len(state.Tensors))
	}
	if err := g.SetState(params, state); err != nil {
		t.Error(err)
	}
}

func TestGroupsMisuse(t *testing.T) {
	a, b := &nn.Param{Name: "a", Data: tensor.Of([]float64{1}, 1)}, &nn.Param{Name: "b", Data: tensor.Of([]float64{2}, 1)}
	sgd := func() *nn.SGD { return nn.NewSGD(nn.SGDConfig{LR: 0.1}) }
	group := func(opt nn.Optimizer, params ...*nn.Param) nn.Group { return nn.Group{Params: params, Optimizer: opt} }
	still := sgd()
	still.SetLR(0)
	one := sgd()
	tests := []struct {
		f    func()
		want string
	}{
		{func() { nn.NewGroups() }, "nn.NewGroups: got no groups: give one or more"},
		{func() { nn.NewGroups(group(sgd(), a), group(sgd(), b, a)) }, `nn.NewGroups: parameter "a" is in group 0 and in group 1: put it into one`},
		{func() { nn.NewGroups(group(nil, a)) }, "nn.NewGroups: group 0 has no optimizer: set one, such as nn.NewSGD(nn.SGDConfig{LR: 0.1})"},
		{func() { nn.NewGroups(group(sgd(), a), group((*nn.Lion)(nil), b)) }, "nn.NewGroups: got a nil or zero *nn.Lion: make one with nn.NewLion(nn.LionConfig{})"},
		{func() { nn.NewGroups(group(one, a), group(one, b)) }, "nn.NewGroups: group 0 and group 1 have the same optimizer: make one for each"},
		{func() { nn.NewGroups(group(still, a)) }, "nn.NewGroups: the rate of group 0 is 0: the rates stay in proportion to it; put a group with a rate first"},
		{func() { nn.NewGroups(group(nn.NewGroups(group(sgd(), a)), a)) }, "nn.NewGroups: group 0 has a *nn.Groups: a step of several optimizers that changes all or nothing takes those of this package, and no Groups"},
		{func() { nn.NewGroups(group(mine{sgd()}, a)) }, "nn.NewGroups: group 0 has a nn_test.mine: a step of several optimizers that changes all or nothing takes those of this package, and no Groups"},
		{func() { nn.NewGroups(group(sgd(), nil)) }, "nn.NewGroups: got a nil *nn.Param: leave it out"},
		{func() { _ = nn.NewGroups(group(sgd(), a)).Step([]*nn.Param{a, b}, linear(a, 1)) }, `nn.Groups.Step: parameter "b" is in none of the groups: put it into one, or freeze it`},
		{func() { _ = nn.NewGroups(group(sgd(), a)).Apply(nn.NewGradients(a, b)) }, `nn.Groups.Apply: parameter "b" is in none of the groups: put it into one, or freeze it`},
		{func() { nn.NewGroups(group(sgd(), a)).State([]*nn.Param{b}) }, `nn.Groups.State: parameter "b" is in none of the groups: put it into one, or freeze it`},
		{func() { nn.NewGroups(group(sgd(), a)).SetLR(-1) }, "nn.Groups.SetLR: LR = -1: want a finite number, 0 or more"},
		{func() {
			nn.NewGroups(group(sgd(), a), group(nn.NewSGD(nn.SGDConfig{LR: 1e10}), b)).SetLR(1e300)
		}, "nn.Groups.SetLR: LR = 1e+300 would make the rate of group 1 +Inf: want a finite number"},
	}
	for _, tt := range tests {
		if err := graph.Try(tt.f); err == nil || err.Error() != tt.want {
			t.Errorf("got error %v\nwant %s", err, tt.want)
		}
	}
	if a.Data.At(0) != 1 {
		t.Errorf("a call that failed has changed a to %v", a.Data)
	}
	if nn.NewGroups(group(sgd(), a, a)) == nil {
		t.Error("a parameter that is listed twice in one group must do")
	}
}

// Mine is an optimizer of another package, which takes the steps of another one in its own way.
type mine struct{ *nn.SGD }

func (m mine) Step([]*nn.Param, autograd.Gradients) error { return nil }
