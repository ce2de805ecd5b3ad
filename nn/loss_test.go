package nn_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// closed bounds the relative error of a formula of a few terms in float64.
const closed = 1e-14

// valuesOf returns labels as a value on the graph of y.
func valuesOf(y graph.Value, labels []int) graph.Value {
	t := tensor.New(y.Graph().DType(), len(labels))
	for i, label := range labels {
		t.SetFlat(float64(label), i)
	}
	return y.Graph().ConstTensor(t)
}

func TestLosses(t *testing.T) {
	inf := math.Inf(1)
	fromProbs := func(labels ...int) func(p, _ graph.Value) graph.Value {
		return func(p, _ graph.Value) graph.Value { return nn.CrossEntropyFromProbs(p, labels) }
	}
	logits := func(labels ...int) func(p, _ graph.Value) graph.Value {
		return func(p, _ graph.Value) graph.Value { return nn.CrossEntropy(p, labels) }
	}
	logitsAt := func(labels ...int) func(p, _ graph.Value) graph.Value {
		return func(p, _ graph.Value) graph.Value { return nn.CrossEntropyAt(p, valuesOf(p, labels)) }
	}
	tests := []struct {
		name  string
		f     func(y, t graph.Value) graph.Value
		shape []int
		y, t  []float64
		want  float64
		grad  []float64 // by y
	}{
		// The lecture's outputs and targets of section 12.2.1.
		{"half squared error", nn.HalfSquaredError, []int{2}, []float64{0.7513650695523157, 0.7729284653214625}, []float64{0.01, 0.99}, 0.2983711087600027, []float64{0.7413650695523157, -0.2170715346785375}},
		{"mean squared error", nn.MSE, []int{2, 1}, []float64{1, 5}, []float64{2, 2}, 5, []float64{-1, 3}},
		{"binary cross-entropy", nn.BCE, []int{2, 1}, []float64{0.25, 0.5}, []float64{1, 0}, 1.5 * math.Ln2, []float64{-2, 1}},
		{"binary cross-entropy, certain and right", nn.BCE, []int{2}, []float64{1, 0}, []float64{1, 0}, 0, []float64{-0.5, 0.5}},
		{"binary cross-entropy, certain and wrong", nn.BCE, []int{1}, []float64{1}, []float64{0}, inf, []float64{inf}},
		{"binary cross-entropy with logits", nn.BCEWithLogits, []int{2}, []float64{0, 1e20}, []float64{1, 1}, math.Ln2 / 2, []float64{-0.25, 0}},
		{"cross-entropy", logits(1, 0), []int{2, 2}, []float64{1e20, 1e20, 0, 0}, nil, math.Ln2, []float64{0.25, -0.25, -0.25, 0.25}},
		{"cross-entropy, wrong at 1e20", logits(0), []int{1, 2}, []float64{-1e20, 1e20}, nil, 2e20, []float64{-1, 1}},
		{"cross-entropy at values", logitsAt(1, 0), []int{2, 2}, []float64{1e20, 1e20, 0, 0}, nil, math.Ln2, []float64{0.25, -0.25, -0.25, 0.25}},
		{"cross-entropy from probabilities", fromProbs(1, 0), []int{2, 2}, []float64{0.75, 0.25, 0.5, 0.5}, nil, 1.5 * math.Ln2, []float64{0, -2, -1, 0}},
		{"cross-entropy from probabilities, 0 elsewhere", fromProbs(1), []int{1, 3}, []float64{0, 1, 0}, nil, 0, []float64{0, -1, 0}},
		{"cross-entropy from probabilities, wrong", fromProbs(0), []int{1, 2}, []float64{0, 1}, nil, inf, []float64{-inf, 0}},
	}
	near := cmpopts.EquateApprox(closed, 0)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph.New()
			y := g.VarTensor(tensor.Of(tt.y, tt.shape...))
			target := y
			if tt.t != nil {
				target = g.ConstTensor(tensor.Of(tt.t, tt.shape...))
			}
			l := tt.f(y, target)
			if diff := cmp.Diff(tt.want, l.Item(), near); diff != "" {
				t.Errorf("value mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.grad, autograd.Backward(l).Tensor(y).Float64s(), near); diff != "" {
				t.Errorf("gradient mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLossGradients(t *testing.T) {
	p := tensor.Of([]float64{0.3, 0.6, 0.45, 0.5, 0.7, 0.35}, 3, 2)
	z := tensor.Of([]float64{-3, 2, 0.5, 10, -8, 1}, 3, 2)
	target := tensor.Of([]float64{1, 0, 0.25, 0.5, 0, 1}, 3, 2)
	labels := []int{1, 0, 1}
	tests := []struct {
		name string
		f    func(y, t graph.Value) graph.Value
		at   *tensor.Tensor
	}{
		{"HalfSquaredError", nn.HalfSquaredError, z},
		{"MSE", nn.MSE, z},
		{"BCE", nn.BCE, p},
		{"BCEWithLogits", nn.BCEWithLogits, z},
		{"CrossEntropy", func(y, _ graph.Value) graph.Value { return nn.CrossEntropy(y, labels) }, z},
		{"CrossEntropyAt", func(y, _ graph.Value) graph.Value { return nn.CrossEntropyAt(y, valuesOf(y, labels)) }, z},
		{"CrossEntropyFromProbs", func(y, _ graph.Value) graph.Value { return nn.CrossEntropyFromProbs(y, labels) }, p},
		{"CrossEntropyFromProbs of softmax", func(y, _ graph.Value) graph.Value {
			return nn.CrossEntropyFromProbs(nn.Softmax().Forward(nn.Eval(), y), labels)
		}, z},
	}
	for _, tt := range tests {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			t.Run(tt.name+"/"+dtype.String(), func(t *testing.T) {
				f := func(xs ...graph.Value) graph.Value { return tt.f(xs[0], xs[0].Graph().ConstTensor(target)) }
				if err := autograd.Check(f, tt.at.To(dtype)); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestPenalties(t *testing.T) {
	w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, -2, 0, 3}, 2, 2)}
	b := &nn.Param{Name: "b", Data: tensor.Of([]float64{4, -5}, 2)}
	const lambda = 0.1
	tests := []struct {
		name         string
		f            func(g *graph.Graph) graph.Value
		want         float64
		wantW, wantB []float64
	}{
		{"L2", func(g *graph.Graph) graph.Value { return nn.L2(g, lambda, w, b) }, lambda * (1 + 4 + 9 + 16 + 25), []float64{0.2, -0.4, 0, 0.6}, []float64{0.8, -1}},
		{"L2 of the weights", func(g *graph.Graph) graph.Value { return nn.L2(g, lambda, nn.Weights(w, b)...) }, lambda * 14, []float64{0.2, -0.4, 0, 0.6}, []float64{0, 0}},
		{"L1", func(g *graph.Graph) graph.Value { return nn.L1(g, lambda, w, b) }, lambda * (6 + 9), []float64{0.1, -0.1, 0, 0.1}, []float64{0.1, -0.1}},
		{"L2 of nothing", func(g *graph.Graph) graph.Value { return nn.L2(g, lambda) }, 0, []float64{0, 0, 0, 0}, []float64{0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph.New()
			l := tt.f(g)
			near := cmpopts.EquateApprox(closed, 0)
			if diff := cmp.Diff(tt.want, l.Item(), near); diff != "" {
				t.Errorf("value mismatch (-want +got):\n%s", diff)
			}
			grads := autograd.Backward(l)
			if diff := cmp.Diff(tt.wantW, grads.Tensor(g.Bind(w.Data)).Float64s(), near); diff != "" {
				t.Errorf("weights: gradient mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.wantB, grads.Tensor(g.Bind(b.Data)).Float64s(), near); diff != "" {
				t.Errorf("biases: gradient mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLossMisuse(t *testing.T) {
	g := graph.New()
	column, vector := g.ConstTensor(tensor.New(tensor.Float64, 3, 1)), g.ConstTensor(tensor.New(tensor.Float64, 3))
	w := &nn.Param{Name: "w", Data: tensor.New(tensor.Float32, 2)}
	tests := []struct {
		name string
		f    func()
		want string
	}{
		{"a column against a vector", func() { nn.MSE(column, vector) }, "nn.MSE: outputs have shape (3,1), targets have (3): give both the same shape, with ops.Reshape if need be"},
		{"half squared error", func() { nn.HalfSquaredError(vector, column) }, "nn.HalfSquaredError: outputs have shape (3), targets have (3,1): give both the same shape, with ops.Reshape if need be"},
		{"binary cross-entropy", func() { nn.BCE(vector, column) }, "nn.BCE: outputs have shape (3), targets have (3,1): give both the same shape, with ops.Reshape if need be"},
		{"logits", func() { nn.BCEWithLogits(vector, column) }, "nn.BCEWithLogits: outputs have shape (3), targets have (3,1): give both the same shape, with ops.Reshape if need be"},
		{"another graph", func() { nn.MSE(vector, graph.New().Const(1)) }, "nn.MSE: value %1 belongs to another graph: use values of one graph, or bring its numbers over with Graph.ConstTensor(v.Tensor())"},
		{"label of cross-entropy", func() { nn.CrossEntropy(column, []int{0, 1, 0}) }, "ops.CrossEntropy: row 1 has label 1 and the logits have 1 classes: labels run from 0 to 0"},
		{"label that is a value", func() { nn.CrossEntropyAt(column, valuesOf(column, []int{0, 1, 0})) }, "ops.CrossEntropyAt: row 1 has label 1 and the logits have 1 classes: labels are the whole numbers from 0 to 0"},
		{"label of probabilities", func() { nn.CrossEntropyFromProbs(column, []int{0, 0, 7}) }, "nn.CrossEntropyFromProbs: row 2 has label 7, and the output has 1 classes: labels run from 0 to 0"},
		{"labels of probabilities", func() { nn.CrossEntropyFromProbs(column, []int{0}) }, "nn.CrossEntropyFromProbs: 1 labels for an output of shape (3,1): want the shape (rows, classes) and one label for each row"},
		{"negative λ", func() { nn.L2(g, -1) }, "nn.L2: λ = -1: want a finite number, 0 or more"},
		{"λ NaN", func() { nn.L1(g, math.NaN()) }, "nn.L1: λ = NaN: want a finite number, 0 or more"},
		{"nil graph", func() { nn.L1(nil, 1) }, "nn.L1: got a nil graph: give the graph of the loss"},
		{"precision of a penalty", func() { nn.L2(g, 1, w) }, "graph.Graph.Bind: a float32 tensor cannot be bound to a float64 graph: convert a model with nn.To(model, tensor.Float64) and a tensor with t.To, or make the graph with graph.WithDType(tensor.Float32)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := graph.Try(tt.f); err == nil || err.Error() != tt.want {
				t.Errorf("got error %v\nwant %s", err, tt.want)
			}
		})
	}
}

// TestLossesOfScalars holds that the lecture's error of two scalar outputs is the sum of two graphs of scalars.
func TestLossesOfScalars(t *testing.T) {
	g := graph.New()
	y, target := g.Var(0.75), g.Const(0.01)
	e := nn.HalfSquaredError(y, target)
	if got, want := e.Item(), 0.5*0.74*0.74; math.Abs(got-want) > closed {
		t.Errorf("E is %v, want %v", got, want)
	}
	if got := autograd.Backward(ops.MulScalar(e, 2)).Scalar(y); math.Abs(got-2*0.74) > closed {
		t.Errorf("∂2E/∂y is %v, want %v", got, 2*0.74)
	}
}
