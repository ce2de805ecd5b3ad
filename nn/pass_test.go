package nn_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// An averaged layer multiplies by a weight, adds a little of the running mean of its inputs, and counts its training
// passes.
type averaged struct{ weight, mean, passes *nn.Param }

func newAveraged() *averaged {
	return &averaged{
		weight: &nn.Param{Name: "weight", Data: tensor.Of([]float64{2}, 1), Kind: nn.Weight},
		mean:   &nn.Param{Name: "mean", Data: tensor.Of([]float64{1}, 1), Kind: nn.State},
		passes: &nn.Param{Name: "passes", Data: tensor.New(tensor.Float64), Kind: nn.Counter},
	}
}

func (s *averaged) Params() []*nn.Param { return []*nn.Param{s.weight, s.mean, s.passes} }

func (s *averaged) Forward(p nn.Pass, x graph.Value) graph.Value {
	y := ops.Add(ops.Mul(x, s.weight.Bind(x.Graph())), ops.MulScalar(s.mean.Bind(x.Graph()), 0.01))
	p.Update(s.mean, ops.Reshape(ops.Mean(x), 1), 0.25)
	p.Count(s.passes)
	return y
}

func (s *averaged) state() [2]float64 { return [2]float64{s.mean.Data.At(0), s.passes.Data.At()} }

func TestState(t *testing.T) {
	s, g := newAveraged(), graph.New()
	x := g.Const(5)
	x = ops.Reshape(x, 1)
	step := func(p nn.Pass) { s.Forward(p, x) }
	check := func(when string, want [2]float64) {
		t.Helper()
		if got := s.state(); got != want {
			t.Errorf("%s the state is %v, want %v", when, got, want)
		}
	}
	step(nn.Eval())
	check("after a pass in use", [2]float64{1, 0})
	step(nn.Train(newRand(1)))
	check("after a training pass", [2]float64{2, 1})

	var u nn.Updates
	kept := nn.Train(newRand(1)).Into(&u)
	step(kept)
	step(kept)
	check("before Commit", [2]float64{2, 1})
	u.Commit()
	check("after Commit", [2]float64{0.75*(0.75*2+1.25) + 1.25, 3})
	before := s.state()
	u.Commit()
	check("after another Commit", before)
	step(kept)
	u.Drop()
	u.Commit()
	check("after Drop", before)

	s.mean.Frozen, s.passes.Frozen = true, true
	step(nn.Train(newRand(1)))
	step(kept)
	u.Commit()
	check("frozen", before)
}

// TestOnlyWhatIsTrained trains a layer with a weight, state and a frozen bias.
// A share of 0 keeps the state and one of 1 sets it, whatever stands on the other side.
func TestStateShares(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, tt := range []struct{ state, v, share, want float64 }{
		{3, inf, 0, 3}, {3, nan, 0, 3}, {inf, 3, 1, 3}, {nan, 3, 1, 3}, {3, 5, 0.5, 4}, {0.1, 0.3, 1, 0.3}, {3, inf, 0.5, inf},
	} {
		var u nn.Updates
		for i, p := range []nn.Pass{nn.Train(newRand(1)), nn.Train(newRand(1)).Into(&u)} {
			s := &nn.Param{Name: "s", Data: tensor.Of([]float64{tt.state}, 1), Kind: nn.State}
			p.Update(s, ops.Reshape(graph.New().Const(tt.v), 1), tt.share)
			u.Commit()
			if got := s.Data.At(0); got != tt.want {
				t.Errorf("pass %d: %v of the way from %v to %v is %v, want %v", i, tt.share, tt.state, tt.v, got, tt.want)
			}
		}
	}
}

func TestOnlyWhatIsTrained(t *testing.T) {
	for name, opt := range map[string]nn.Optimizer{"SGD": nn.NewSGD(nn.SGDConfig{LR: 0.5, WeightDecay: 0.1}), "Adam": nn.NewAdam(nn.AdamConfig{})} {
		s := newAveraged()
		frozen := &nn.Param{Name: "bias", Data: tensor.Of([]float64{7}, 1), Frozen: true}
		params := append(s.Params(), frozen)
		if w := nn.Weights(params...); len(w) != 1 || w[0] != s.weight {
			t.Errorf("Weights selects %d parameters, want the weight", len(w))
		}
		g := graph.New()
		x := g.VarTensor(tensor.Of([]float64{3}, 1))
		loss := ops.Sum(ops.Add(s.Forward(nn.Eval(), x), frozen.Bind(g)))
		grads := autograd.Backward(loss)
		if b, ok := g.Bound(frozen.Data); ok {
			t.Errorf("the frozen parameter is bound as %v, which wants a gradient", b)
		}
		acc := nn.NewGradients(params...)
		acc.Add(grads)
		if n := acc.ClipNorm(100); n != 3 {
			t.Errorf("the norm of the gradient is %v, want 3", n)
		}
		if err := opt.Step(params, grads); err != nil {
			t.Error(err)
		}
		if err := opt.Apply(acc); err != nil {
			t.Error(err)
		}
		if s.weight.Data.At(0) >= 2 || s.state() != [2]float64{1, 0} || frozen.Data.At(0) != 7 {
			t.Errorf("%s: weight %v, state %v, bias %v: want a smaller weight than 2, and the others as they were: [1 0] and 7", name, s.weight.Data.At(0), s.state(), frozen.Data.At(0))
		}
		nn.To(broken{params}, tensor.Float32)
		if s.mean.Data.DType() != tensor.Float32 || s.passes.Data.DType() != tensor.Float64 || frozen.Data.DType() != tensor.Float32 {
			t.Errorf("%s: nn.To made the state %s, the counter %s and the frozen bias %s", name, s.mean.Data.DType(), s.passes.Data.DType(), frozen.Data.DType())
		}
	}
}

func TestWatch(t *testing.T) {
	rng := newRand(1)
	block := nn.TransformerBlock(rng, 4, 2, 8)
	for _, c := range []struct {
		name  string
		model nn.Layer
		want  []string
	}{
		{"one after the other", nn.Sequential(nn.Linear(rng, 4, 3), nn.ReLU()), []string{"0 Linear(4, 3) (2,5,3)", "1 ReLU (2,5,3)"}},
		{"containers", nn.Sequential(nn.Residual(nn.Linear(rng, 4, 4), nn.Tanh()), nn.Named("last", nn.Sequential(nn.Linear(rng, 4, 1)))), []string{
			"0.0 Linear(4, 4) (2,5,4)", "0.1 Tanh (2,5,4)", "0 Residual (2,5,4)", "1.0 Linear(4, 1) (2,5,1)", "1 last: Sequential (2,5,1)",
		}},
		{"a layer twice", nn.Sequential(block, block), nil},
		{"no container", nn.Linear(rng, 4, 3), nil},
		{"nothing", nn.Sequential(), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			pass := nn.Eval().Watch(func(name string, l nn.Layer, y graph.Value) {
				got = append(got, fmt.Sprintf("%s %v %s", name, l, tensor.FormatShape(y.Dims())))
			})
			if pass.Training() || pass.Rand() != nil {
				t.Error("a pass of a model in use became one of a training step")
			}
			g := graph.New()
			x := g.ConstTensor(tensor.New(tensor.Float64, 2, 5, 4))
			want := c.model.Forward(nn.Eval(), x).Tensor().Float64s()
			y := c.model.Forward(pass, x)
			if !slices.Equal(y.Tensor().Float64s(), want) {
				t.Error("the result is another one when it is watched")
			}
			first := got
			got = nil
			c.model.Forward(pass, x)
			if c.want != nil && !slices.Equal(first, c.want) || !slices.Equal(first, got) {
				t.Errorf("saw %q, and then %q; want %q each time", first, got, c.want)
			}
			if graph.Try(func() { c.model.Forward(pass, g.ConstTensor(tensor.New(tensor.Float64, 2, 5, 3))) }) != nil {
				got = nil
				c.model.Forward(pass, x)
				if !slices.Equal(first, got) {
					t.Errorf("saw %q after a pass that did not get to its end, want %q", got, first)
				}
			}
			if c.name == "a layer twice" && (len(got) < 4 || !strings.HasPrefix(got[len(got)-1], "1 ")) {
				t.Errorf("saw %q", got)
			}
		})
	}
}
