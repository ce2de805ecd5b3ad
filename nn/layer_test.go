package nn_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func names(params []*nn.Param) []string {
	var out []string
	for _, p := range params {
		out = append(out, p.Name)
	}
	return out
}

func TestLinear(t *testing.T) {
	l := nn.Linear(newRand(1), 2, 3)
	w, b := l.Params()[0], l.Params()[1]
	w.Data.Copy(tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 2, 3))
	b.Data.Copy(tensor.Of([]float64{10, 20, 30}, 3))
	g := graph.New()
	y := l.Forward(nn.Eval(), g.ConstTensor(tensor.Of([]float64{1, 0, 2, -1}, 2, 2)))
	if diff := cmp.Diff([]float64{11, 22, 33, 10 + 2 - 4, 20 + 4 - 5, 30 + 6 - 6}, y.Tensor().Float64s()); diff != "" {
		t.Errorf("batch: mismatch (-want +got):\n%s", diff)
	}
	y = l.Forward(nn.Eval(), g.ConstTensor(tensor.Of([]float64{1, 0}, 2)))
	if diff := cmp.Diff([]float64{11, 22, 33}, y.Tensor().Float64s()); diff != "" {
		t.Errorf("vector: mismatch (-want +got):\n%s", diff)
	}
	if got := g.Bind(w.Data).Name(); got != "weight" {
		t.Errorf("the leaf of the weights is named %q, want weight", got)
	}
	if n := len(nn.Linear(newRand(1), 2, 3, nn.NoBias()).Params()); n != 1 {
		t.Errorf("a layer without bias has %d parameters, want 1", n)
	}
}

// TestModelGradient compares the gradient by every parameter of a model with central differences.
func TestModelGradient(t *testing.T) {
	rng := newRand(1)
	model := nn.Sequential(nn.Linear(rng, 3, 4), nn.Tanh(), nn.Dropout(), nn.Linear(rng, 4, 3, nn.NoBias()), nn.Sigmoid(), nn.Linear(rng, 3, 2), nn.Softmax())
	set := randomSet(rng, 5, 3, 2)
	loss := func(g *graph.Graph) graph.Value {
		y := model.Forward(nn.Train(newRand(9)), g.ConstTensor(set.X)) // the same mask each time
		l := ops.Add(nn.CrossEntropyFromProbs(y, set.Labels), nn.L2(g, 0.1, model.Params()...))
		return ops.Add(l, nn.L1(g, 0.01, nn.Weights(model.Params()...)...))
	}
	g := graph.New()
	grads := autograd.Backward(loss(g))
	const h = 1e-5 // the quotient's error is then about h², and 1e-16/h by rounding
	const allowed = 1e-9
	for _, p := range model.Params() {
		got := grads.Tensor(g.Bind(p.Data))
		for k := range p.Data.Len() {
			w := p.Data.AtFlat(k)
			at := func(v float64) float64 {
				p.Data.SetFlat(v, k)
				return loss(graph.New()).Item()
			}
			want := (at(w+h) - at(w-h)) / (2 * h)
			p.Data.SetFlat(w, k)
			if math.Abs(got.AtFlat(k)-want) > allowed {
				t.Errorf("%s, element %d: gradient is %v, central differences give %v", p.Name, k, got.AtFlat(k), want)
			}
		}
	}
}

func TestInitializers(t *testing.T) {
	const in, out = 300, 200
	const n = in * out
	tests := []struct {
		init     nn.Init
		variance float64
		bound    float64 // of the absolute values; 0 for none
	}{
		{nn.XavierUniform(), 2.0 / (in + out), math.Sqrt(6.0 / (in + out))},
		{nn.XavierNormal(), 2.0 / (in + out), 0},
		{nn.HeUniform(), 2.0 / in, math.Sqrt(6.0 / in)},
		{nn.HeNormal(), 2.0 / in, 0},
		{nn.Normal(0.01), 1e-4, 0},
	}
	for _, tt := range tests {
		t.Run(tt.init.String(), func(t *testing.T) {
			w := nn.Linear(newRand(3), in, out, nn.WithInit(tt.init)).Params()[0].Data.Float64s()
			var sum, squares, largest float64
			for _, v := range w {
				sum += v
				squares += v * v
				largest = max(largest, math.Abs(v))
			}
			// The mean of n numbers deviates by √(variance/n), their mean square by at most √(2/n) of itself.
			if mean := sum / n; math.Abs(mean) > 5*math.Sqrt(tt.variance/n) {
				t.Errorf("mean is %g", mean)
			}
			if v := squares / n; math.Abs(v/tt.variance-1) > 5*math.Sqrt(2.0/n) {
				t.Errorf("variance is %g, want about %g", v, tt.variance)
			}
			if tt.bound > 0 && (largest > tt.bound || largest < 0.999*tt.bound) {
				t.Errorf("largest absolute value is %g, want just below %g", largest, tt.bound)
			}
			again := nn.Linear(newRand(3), in, out, nn.WithInit(tt.init)).Params()[0].Data.Float64s()
			if diff := cmp.Diff(w[:10], again[:10]); diff != "" {
				t.Errorf("one seed gives two results (-first +second):\n%s", diff)
			}
		})
	}
	if b := nn.Linear(newRand(3), 2, 3).Params()[1].Data.Float64s(); cmp.Diff([]float64{0, 0, 0}, b) != "" {
		t.Errorf("biases begin as %v, want zeros", b)
	}
}

func TestParameterNames(t *testing.T) {
	rng := newRand(1)
	shared := nn.Linear(rng, 2, 2)
	model := nn.Sequential(nn.Named("in", nn.Linear(rng, 2, 2)), nn.ReLU(), shared, nn.Tanh(), shared, nn.Sequential(nn.Linear(rng, 2, 2, nn.NoBias())))
	want := []string{"0.in.weight", "0.in.bias", "2.weight", "2.bias", "5.0.weight"}
	if diff := cmp.Diff(want, names(model.Params())); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"0.in.weight", "2.weight", "5.0.weight"}, names(nn.Weights(model.Params()...))); diff != "" {
		t.Errorf("Weights: mismatch (-want +got):\n%s", diff)
	}
	g := graph.New()
	model.Forward(nn.Eval(), g.ConstTensor(tensor.New(tensor.Float64, 1, 2)))
	if scopes := g.Scopes(); len(scopes) != 1 || scopes[0].Name != "in" {
		t.Errorf("scopes are %v, want one named in", scopes)
	}
}

func TestTo(t *testing.T) {
	model := nn.Linear(newRand(1), 3, 2)
	before := model.Params()[0].Data
	nn.To(model, tensor.Float32)
	after := model.Params()[0].Data
	if after.DType() != tensor.Float32 || model.Params()[1].Data.DType() != tensor.Float32 {
		t.Fatal("the parameters are not float32")
	}
	if diff := cmp.Diff(before.Float32s(), after.Float32s()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	err := graph.Try(func() { model.Forward(nn.Eval(), graph.New().Const(1)) })
	const want = "graph.Graph.Bind: a float32 tensor cannot be bound to a float64 graph: convert a model with nn.To(model, tensor.Float64) and a tensor with t.To, or make the graph with graph.WithDType(tensor.Float32)"
	if err == nil || err.Error() != want {
		t.Errorf("got error %v\nwant %s", err, want)
	}
}

// trainings are the ways to make the pass of a training step on a graph.
var trainings = map[string]func(g *graph.Graph, seed uint64) nn.Pass{
	"Train":   func(_ *graph.Graph, seed uint64) nn.Pass { return nn.Train(newRand(seed)) },
	"TrainAt": func(g *graph.Graph, seed uint64) nn.Pass { return nn.TrainAt(g.Const(float64(seed)), g.Const(3)) },
}

func TestDropout(t *testing.T) {
	for name, train := range trainings {
		t.Run(name, func(t *testing.T) { testDropout(t, train) })
	}
}

func testDropout(t *testing.T, train func(*graph.Graph, uint64) nn.Pass) {
	const n, p = 100000, 0.8
	ones := tensor.New(tensor.Float64, n)
	ones.Fill(1)
	tests := []struct {
		name      string
		layer     nn.Layer
		kept, use float64 // values of an element that is kept in training, and in use
	}{
		{"inverted by default", nn.Dropout(nn.KeepProb(p)), 1 / p, 1},
		{"inverted", nn.Dropout(nn.Inverted(), nn.KeepProb(p)), 1 / p, 1},
		{"classic", nn.Dropout(nn.KeepProb(p), nn.Classic()), 1, p},
	}
	for _, tt := range tests {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			t.Run(tt.name+"/"+dtype.String(), func(t *testing.T) {
				g := graph.New(graph.WithDType(dtype))
				x := g.VarTensor(ones)
				y := tt.layer.Forward(train(g, 5), x)
				kept := 0
				numbers := y.Tensor().Float64s()
				const exact = 1e-7 // the rounding of 1/p in float32
				for i, v := range numbers {
					if v == 0 {
						continue
					}
					kept++
					if math.Abs(v-tt.kept) > exact {
						t.Fatalf("element %d is %v, want 0 or %v", i, v, tt.kept)
					}
				}
				// A binomial count with standard deviation √(n·p·(1-p)) = 126.
				if kept < n*p-640 || kept > n*p+640 {
					t.Errorf("%d of %d are kept, want about %v", kept, n, n*p)
				}
				// The gradient is the mask.
				if grad := autograd.Backward(ops.Sum(y)).Tensor(x).Float64s(); !slices.Equal(numbers, grad) {
					t.Error("the gradient is not the mask")
				}
				if again := tt.layer.Forward(train(g, 5), x).Tensor().Float64s(); !slices.Equal(numbers, again) {
					t.Error("one seed gives two masks")
				}
				if other := tt.layer.Forward(train(g, 6), x).Tensor().Float64s(); slices.Equal(numbers, other) {
					t.Error("two seeds give one mask")
				}
				if use := tt.layer.Forward(nn.Eval(), x).Tensor().At(7); math.Abs(use-tt.use) > exact {
					t.Errorf("in use an element is %v, want %v", use, tt.use)
				}
			})
		}
	}
	t.Run("what is not finite", func(t *testing.T) {
		inf, nan := math.Inf(1), math.NaN()
		const n = 64
		for name, layer := range map[string]nn.Layer{"inverted": nn.Dropout(), "classic": nn.Dropout(nn.Classic())} {
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				for _, v := range []float64{inf, -inf, nan} {
					x, weight := tensor.New(dtype, n), tensor.New(dtype, n)
					x.Fill(v)
					weight.Fill(1)
					g := graph.New(graph.WithDType(dtype))
					leaf := g.BindConst(weight)
					ones := layer.Forward(train(g, 5), leaf).Tensor().Float64s() // the same mask
					y := layer.Forward(train(g, 5), g.ConstTensor(x)).Tensor().Float64s()
					// The adjoint of dropout's result is v throughout.
					in := g.VarTensor(weight)
					l := ops.Sum(ops.Mul(layer.Forward(train(g, 5), in), g.ConstTensor(x)))
					grad := autograd.Backward(l).Tensor(in).Float64s()
					again := autograd.Grad(l, in)[0].Tensor().Float64s()
					for i, one := range ones {
						want := v
						if one == 0 {
							want = 0
						}
						for _, got := range []float64{y[i], grad[i], again[i]} {
							if got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
								t.Fatalf("%s, %s, %v: element %d is %v with gradients %v and %v, want %v each", name, dtype, v, i, y[i], grad[i], again[i], want)
							}
						}
					}
				}
			}
		}
	})
	t.Run("scalar", func(t *testing.T) {
		g := graph.New()
		y := nn.Dropout().Forward(train(g, 5), g.Var(3))
		if v := y.Item(); v != 0 && v != 6 {
			t.Errorf("got %v, want 0 or 6", v)
		}
	})
	t.Run("keeping all", func(t *testing.T) {
		g := graph.New()
		x := g.Var(3)
		if nn.Dropout(nn.KeepProb(1), nn.Classic()).Forward(train(g, 5), x) != x {
			t.Error("with p = 1 dropout must return its operand")
		}
	})
}

// TestDropoutIsIndependent counts neighbours that are both kept: p² of them if elements are independent.
func TestDropoutIsIndependent(t *testing.T) {
	const n, p = 100000, 0.5
	ones := tensor.New(tensor.Float64, n)
	ones.Fill(1)
	for name, train := range trainings {
		g := graph.New()
		y := nn.Dropout(nn.KeepProb(p), nn.Classic()).Forward(train(g, 5), g.ConstTensor(ones)).Tensor().Float64s()
		for _, lag := range []int{1, 2, 3} {
			both := 0
			for i := lag; i < n; i++ {
				if y[i] != 0 && y[i-lag] != 0 {
					both++
				}
			}
			if math.Abs(float64(both)-n*p*p) > 800 { // the standard deviation is about 160
				t.Errorf("%s: lag %d: %d pairs, want about %v", name, lag, both, n*p*p)
			}
		}
	}
}

// TestTrainAt checks which random numbers layers draw: those of a stream each, in the order in which they are applied.
func TestTrainAt(t *testing.T) {
	const n, keep = 200, 0.3
	model := nn.Sequential(nn.Dropout(nn.KeepProb(keep), nn.Classic()), nn.Named("a", nn.Sequential(nn.Dropout(nn.KeepProb(keep), nn.Classic()))))
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		g := graph.New(graph.WithDType(dtype))
		seed, step := g.Var(11), g.Var(4)
		ones := tensor.New(dtype, n)
		ones.Fill(1)
		x := g.ConstTensor(ones)
		masks := func(first int) []float64 {
			want := make([]float64, n)
			u, v := ops.RandomUniform(seed, step, first, n).Tensor(), ops.RandomUniform(seed, step, first+1, n).Tensor()
			for i := range want {
				if u.At(i) < keep && v.At(i) < keep {
					want[i] = 1
				}
			}
			return want
		}
		pass := nn.TrainAt(seed, step)
		if !pass.Training() || pass.Rand() != nil {
			t.Error("want a pass of a training step without a *rand.Rand")
		}
		watched := 0
		for k, p := range []nn.Pass{pass, pass.Watch(func(string, nn.Layer, graph.Value) { watched++ }), nn.TrainAt(seed, step)} {
			got := model.Forward(p, x).Tensor().Float64s()
			if want := masks([]int{0, 2, 0}[k]); !slices.Equal(got, want) {
				t.Errorf("%v: forward %d: got %v, want %v", dtype, k, got, want)
			}
		}
		if watched != 3 {
			t.Errorf("saw %d layers, want 3", watched)
		}
		if got, want := pass.Uniform(2, 3).Tensor().Float64s(), ops.RandomUniform(seed, step, 4, 2, 3).Tensor().Float64s(); !slices.Equal(got, want) {
			t.Errorf("Uniform is %v, want %v of stream 4", got, want)
		}
	}
	g := graph.New()
	one, two := g.Const(1), g.ConstTensor(tensor.New(tensor.Float64, 2))
	for _, c := range []struct {
		f    func()
		want string
	}{
		{func() { nn.TrainAt(graph.Value{}, one) }, "nn.TrainAt: got the zero graph.Value, which belongs to no graph"},
		{func() { nn.TrainAt(one, graph.New().Const(1)) }, "nn.TrainAt: value %1 belongs to another graph"},
		{func() { nn.TrainAt(one, two) }, "nn.TrainAt: the seed has shape () and the step (2): give scalars"},
		{func() { nn.TrainAt(two, one) }, "nn.TrainAt: the seed has shape (2) and the step (): give scalars"},
		{func() { nn.Dropout().Forward(nn.TrainAt(one, one), graph.New().Var(1)) }, "nn.Dropout: value %1 belongs to another graph"},
		{func() { nn.Dropout().Forward(nn.TrainAt(g.Const(-1), one), two) }, "ops.RandomUniform: the seed is -1: want a whole number from 0 to 16777216"},
		{func() { nn.Dropout().Forward(nn.Train(newRand(1)), graph.New(graph.Traced()).Var(1)) }, "nn.Dropout: the graph is traced and the pass draws the mask now: what is recorded would always drop the same elements; use a pass of nn.TrainAt(seed, step)"},
		{func() { nn.Train(newRand(1)).Uniform(2) }, "nn.Pass.Uniform: the pass has no seed and step: draw from Pass.Rand, or use nn.TrainAt"},
		{func() { nn.Eval().Uniform(2) }, "nn.Pass.Uniform: the pass has no seed and step: draw from Pass.Rand, or use nn.TrainAt"},
	} {
		if err := graph.Try(c.f); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got error %v\nwant %s", err, c.want)
		}
	}
}

func TestLayerMisuse(t *testing.T) {
	rng := newRand(1)
	forward := func(l nn.Layer, p nn.Pass, shape ...int) func() {
		return func() { l.Forward(p, graph.New().ConstTensor(tensor.New(tensor.Float64, shape...))) }
	}
	tests := []struct {
		name string
		f    func()
		want string
	}{
		{"no source", func() { nn.Linear(nil, 1, 1) }, "nn.Linear: got a nil or zero *rand.Rand: make one with rand.New(rand.NewPCG(seed, 0))"},
		{"no nodes", func() { nn.Linear(rng, 3, 0) }, "nn.Linear: 3 inputs and 0 outputs: both must be 1 or more"},
		{"zero init", func() { nn.Linear(rng, 3, 1, nn.WithInit(nn.Init{})) }, "nn.WithInit: got the zero Init: use nn.XavierUniform(), nn.HeNormal() or another of its kind"},
		{"deviation", func() { nn.Normal(-1) }, "nn.Normal: standard deviation -1: want a finite number, 0 or more"},
		{"wrong width", forward(nn.Linear(rng, 3, 1), nn.Eval(), 5, 2), `nn.Linear: layer "weight" takes 3 numbers a row, x has shape (5,2): give x the shape (rows, 3)`},
		{"no channels", func() { nn.Conv2D(rng, 0, 4, 3) }, "nn.Conv2D: 0 channels in, 4 channels out and kernels of size 3: all must be 1 or more"},
		{"kernels too large", func() { nn.Conv2D(rng, 1<<20, 1<<20, 1<<20) }, "nn.Conv2D: kernels of shape (1048576,1048576,1048576,1048576) are too large: use fewer channels or a smaller size"},
		{"groups that do not divide", func() { nn.Conv1D(rng, 6, 8, 3, nn.ChannelGroups(4)) }, "nn.Conv1D: 4 groups of 6 channels in and 8 channels out: groups must divide both"},
		{"no groups", func() { nn.ChannelGroups(0) }, "nn.ChannelGroups: 0 groups: want 1 or more"},
		{"stride", func() { nn.Stride(2, 0) }, "nn.Stride: got 0: want 1 or more"},
		{"padding", func() { nn.Padding(-1) }, "nn.Padding: got -1: want 0 or more"},
		{"dilation", func() { nn.Dilation(0) }, "nn.Dilation: got 0: want 1 or more"},
		{"two numbers for one axis", func() { nn.Conv1D(rng, 1, 1, 3, nn.Stride(2, 2)) }, "nn.Conv1D: nn.Stride has 2 numbers: give one, or as many as there are axes, 1"},
		{"three numbers for two axes", func() { nn.MaxPool2D(2, nn.Padding(1, 1, 1)) }, "nn.MaxPool2D: nn.Padding has 3 numbers: give one, or as many as there are axes, 2"},
		{"another layer's option", func() { nn.Conv2D(rng, 1, 1, 3, nn.Eps(1)) }, "nn.Conv2D: there is no nn.Eps here: the options are nn.Stride, nn.Padding, nn.Dilation, nn.ChannelGroups, nn.WithInit, nn.NoBias"},
		{"dilation of a window", func() { nn.MaxPool2D(2, nn.Dilation(2)) }, "nn.MaxPool2D: there is no nn.Dilation here: the options are nn.Stride, nn.Padding"},
		{"wrong channels", forward(nn.Conv2D(rng, 3, 1, 2), nn.Eval(), 5, 2, 4, 4), `nn.Conv2D: layer "weight" takes 3 channels, x has shape (5,2,4,4): give x the shape (rows, 3, height, width)`},
		{"an image without rows", forward(nn.Conv2D(rng, 3, 1, 2), nn.Eval(), 3, 4, 4), `nn.Conv2D: layer "weight" takes 3 channels, x has shape (3,4,4): give x the shape (rows, 3, height, width)`},
		{"an image for a sequence", forward(nn.Conv1D(rng, 4, 1, 2, nn.ChannelGroups(1)), nn.Eval(), 5, 4, 4, 4), `nn.Conv1D: layer "weight" takes 4 channels, x has shape (5,4,4,4): give x the shape (rows, 4, length)`},
		{"image smaller than the kernel", forward(nn.Conv2D(rng, 3, 1, 5), nn.Eval(), 5, 3, 4, 4), "ops.Conv2DWith: kernels of shape (1,3,5,5) do not fit into images of shape (5,3,4,4) with padding 0: along axis 2, 5 must be from 1 to 4"},
		{"no window", func() { nn.AvgPool2D(0) }, "nn.AvgPool2D: a window of size 0: want 1 or more"},
		{"padding of a window", func() { nn.MaxPool2D(2, nn.Padding(2)) }, "nn.MaxPool2D: padding 2 for a window of size 2: it must be from 0 to 1, half the window"},
		{"pooling rows", forward(nn.MaxPool2D(2), nn.Eval(), 4, 4), "nn.MaxPool2D: x has shape (4,4): give it the shape (rows, channels, height, width)"},
		{"average of rows", forward(nn.GlobalAvgPool(), nn.Eval(), 4, 4), "nn.GlobalAvgPool: x has shape (4,4): give it the shape (rows, channels, height, width)"},
		{"flatten a vector", forward(nn.Flatten(), nn.Eval(), 4), "nn.Flatten: x has shape (4): give it the shape (rows, ...)"},
		{"normalize nothing", func() { nn.BatchNorm(0) }, "nn.BatchNorm: 0 channels: want 1 or more"},
		{"momentum", func() { nn.Momentum(1.5) }, "nn.Momentum: share = 1.5: want 0 ≤ share ≤ 1"},
		{"eps", func() { nn.Eps(-1) }, "nn.Eps: eps = -1: want a finite number, 0 or more"},
		{"channels of a batch", forward(nn.BatchNorm(3), nn.Eval(), 4, 2), `nn.BatchNorm: layer "weight" takes 3 channels, x has shape (4,2): give x the shape (rows, 3) or (rows, 3, ...)`},
		{"one value to a channel", forward(nn.BatchNorm(3), nn.Train(rng), 1, 3, 1, 1), `nn.BatchNorm: layer "weight" has x of shape (1,3,1,1) in training, 1 values for each channel, and a variance needs two: give every batch two rows or more, the last of an epoch and each worker's part too`},
		{"rows of nothing", func() { nn.LayerNorm(0) }, "nn.LayerNorm: rows of 0 numbers: want 1 or more"},
		{"rows of less", func() { nn.RMSNorm(-1) }, "nn.RMSNorm: rows of -1 numbers: want 1 or more"},
		{"wrong rows", forward(nn.LayerNorm(3), nn.Eval(), 3, 4), `nn.LayerNorm: layer "weight" takes rows of 3 numbers, x has shape (3,4): give x the shape (..., 3)`},
		{"rows of a scalar", forward(nn.RMSNorm(3), nn.Eval()), `nn.RMSNorm: layer "weight" takes rows of 3 numbers, x has shape (): give x the shape (..., 3)`},
		{"no vectors", func() { nn.Embedding(rng, 0, 3) }, "nn.Embedding: 0 vectors of 3 numbers: both must be 1 or more"},
		{"no layers to go around", func() { nn.Residual() }, "nn.Residual: no layers: give those whose result is added to x"},
		{"another shape around", forward(nn.Residual(nn.Linear(rng, 3, 1)), nn.Eval(), 2, 3), "nn.Residual: the layers make (2,1) of x (2,3): they must keep its shape, such as by nn.Padding"},
		{"slope", func() { nn.LeakyReLU(math.NaN()) }, "nn.LeakyReLU: slope = NaN: want a finite number"},
		{"alpha", func() { nn.ELU(math.Inf(1)) }, "nn.ELU: alpha = +Inf: want a finite number"},
		{"train without source", func() { nn.Train(nil) }, "nn.Train: got a nil or zero *rand.Rand: make one with rand.New(rand.NewPCG(seed, 0)), or use nn.Eval() where nothing is random"},
		{"keep nothing", func() { nn.KeepProb(0) }, "nn.KeepProb: probability 0: want 0 < p ≤ 1, the probability of keeping a neuron"},
		{"keep too much", func() { nn.KeepProb(1.5) }, "nn.KeepProb: probability 1.5: want 0 < p ≤ 1, the probability of keeping a neuron"},
		{"nil layer", func() { nn.Sequential(nn.ReLU(), nil) }, "nn.Sequential: layer 1 is nil: give layers such as nn.Linear(rng, in, out) and nn.ReLU()"},
		{"nil named layer", func() { nn.Named("a", nil) }, `nn.Named: layer "a" is nil: give a layer such as nn.Linear(rng, in, out)`},
		{"nil function", func() { nn.Func(nil) }, "nn.Func: got a nil function: give one such as ops.Tanh"},
		{"zero value", func() { nn.Linear(rng, 3, 1).Forward(nn.Eval(), graph.Value{}) }, "nn.Linear: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := graph.Try(tt.f); err == nil || err.Error() != tt.want {
				t.Errorf("got error %v\nwant %s", err, tt.want)
			}
		})
	}
}
