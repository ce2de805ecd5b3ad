package nn_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// A tracedCase is a layer that is applied to arguments.
type tracedCase struct {
	name  string
	make  func(rng *rand.Rand) nn.Layer
	args  map[string][]int // shapes by name; what begins with "mask" is 0 or 1
	ids   int              // if above 0, the arguments are whole numbers below it
	apply func(l nn.Layer, p nn.Pass, args map[string]graph.Value) map[string]graph.Value
}

// tracedCases are the layers of all other tests, and those that draw random numbers.
func tracedCases(t *testing.T) []tracedCase {
	type source = *rand.Rand
	forward := func(l nn.Layer, p nn.Pass, args map[string]graph.Value) map[string]graph.Value {
		return map[string]graph.Value{"y": l.Forward(p, args["x"])}
	}
	var cases []tracedCase
	for _, c := range append(layerCases(),
		layerCase{"linear", func(r source) nn.Layer { return nn.Linear(r, 3, 2) }, []int{4, 3}, 0},
		layerCase{"sigmoid", func(source) nn.Layer { return nn.Sigmoid() }, []int{4, 3}, 0},
		layerCase{"tanh", func(source) nn.Layer { return nn.Tanh() }, []int{4, 3}, 0},
		layerCase{"softmax", func(source) nn.Layer { return nn.Softmax() }, []int{4, 3}, 0},
		layerCase{"dropout", func(source) nn.Layer { return nn.Dropout() }, []int{4, 3}, 0},
		layerCase{"classic dropout", func(source) nn.Layer { return nn.Dropout(nn.Classic(), nn.KeepProb(0.7)) }, []int{4, 3}, 0},
		layerCase{"dropout twice", func(source) nn.Layer { return nn.Sequential(nn.Dropout(), nn.Dropout()) }, []int{4, 3}, 0},
		layerCase{"rnn with dropout", func(r source) nn.Layer { return nn.RNN(r, 3, 2, nn.Layers(2), nn.WithDropout()) }, []int{2, 3, 3}, 0},
		layerCase{"gru with dropout", func(r source) nn.Layer { return nn.GRU(r, 3, 2, nn.Layers(2), nn.WithDropout()) }, []int{2, 3, 3}, 0},
		layerCase{"lstm with dropout", func(r source) nn.Layer { return nn.LSTM(r, 3, 2, nn.Layers(2), nn.WithDropout()) }, []int{2, 3, 3}, 0},
		layerCase{"attention with dropout", func(r source) nn.Layer { return nn.MultiHeadAttention(r, 4, 2, nn.WithDropout()) }, []int{2, 3, 4}, 0},
		layerCase{"block with dropout", func(r source) nn.Layer { return nn.TransformerBlock(r, 4, 2, 3, nn.WithDropout()) }, []int{2, 3, 4}, 0},
	) {
		cases = append(cases, tracedCase{c.name, c.make, map[string][]int{"x": c.shape}, c.ids, forward})
	}
	for _, c := range sequenceCases(t) {
		args := map[string][]int{}
		for _, a := range c.Args {
			args[a.Name] = a.Shape
		}
		cases = append(cases, tracedCase{c.Name, func(source) nn.Layer { return sequenceLayers[c.Name]() }, args, 0, appliedTo})
	}
	return cases
}

// TestTracedLayers holds that what a layer records in a training pass on a traced graph, gradients of first and second
// order included, is the same whatever the numbers of its arguments, parameters, state, seed and step, and that it looks
// at none of them.
func TestTracedLayers(t *testing.T) {
	fill := func(v float64) func(*rand.Rand) float64 { return func(*rand.Rand) float64 { return v } }
	random := (*rand.Rand).NormFloat64
	others := []func(*rand.Rand) float64{random, fill(math.Copysign(0, -1)), fill(-1), fill(math.NaN()), fill(math.Inf(1))}
	for _, c := range tracedCases(t) {
		for dtype, others := range map[tensor.DType][]func(*rand.Rand) float64{tensor.Float64: others, tensor.Float32: others[:1]} {
			t.Run(c.name+"/"+dtype.String(), func(t *testing.T) {
				want := c.trace(t, dtype, 1, random)
				for i, number := range others {
					got := c.trace(t, dtype, uint64(2+i), number)
					if !slices.Equal(want, got) {
						t.Fatalf("what is recorded depends on the numbers: mismatch (-some +others):\n%s", cmp.Diff(want, got))
					}
				}
			})
		}
	}
}

// trace lists the nodes that a training pass, its gradients and theirs record.
func (c *tracedCase) trace(t *testing.T, dtype tensor.DType, seed uint64, number func(*rand.Rand) float64) []string {
	t.Helper()
	rng := newRand(seed)
	g := graph.New(graph.Traced(), graph.WithDType(dtype))
	seedAndStep := g.Vars([]float64{float64(seed), float64(10 * seed)})
	var wrt []graph.Value
	given := seedAndStep // the program's arguments
	args := map[string]graph.Value{}
	for _, name := range slices.Sorted(maps.Keys(c.args)) {
		x := tensor.New(dtype, c.args[name]...)
		for i := range x.Len() {
			v := number(rng)
			switch {
			case c.ids > 0:
				v = float64(rng.IntN(c.ids))
			case strings.HasPrefix(name, "mask"):
				v = float64(rng.IntN(2))
			}
			x.SetFlat(v, i)
		}
		args[name] = g.VarTensor(x)
		wrt = append(wrt, args[name])
	}
	layer := c.make(rng)
	nn.To(layer, dtype)
	for _, p := range layer.Params() {
		if p.Kind == nn.Counter {
			continue
		}
		for i := range p.Data.Len() {
			p.Data.SetFlat(number(rng), i)
		}
		if v := p.Bind(g); p.Trained() {
			wrt = append(wrt, v)
		} else {
			given = append(given, v)
		}
	}
	results := c.apply(layer, nn.TrainAt(seedAndStep[0], seedAndStep[1]), args)
	squares := func(vs []graph.Value) graph.Value {
		sum := g.Const(0)
		for _, v := range vs {
			sum = ops.Add(sum, ops.Sum(ops.Square(v)))
		}
		return sum
	}
	var list []graph.Value
	for _, name := range slices.Sorted(maps.Keys(results)) {
		list = append(list, results[name])
	}
	if l := squares(autograd.Grad(squares(list), wrt...)); l.WantsGrad() {
		autograd.Grad(l, wrt...)
	}
	for _, r := range g.Reads() {
		t.Errorf("%s looks at the numbers of %v", r.Caller, r.Value)
	}
	return rowtest.Trace(g, append(given, wrt...)...)
}
