package main

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// rounding is for results that another order of the same few operations may round differently.
var rounding = cmpopts.EquateApprox(1e-13, 1e-15)

// TestForwardPass compares both forward passes with plain loops, for networks of two to six layers.
func TestForwardPass(t *testing.T) {
	sigmoid := func(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
	l := &lesson{seed: 1}
	for m := 2; m <= 6; m++ {
		t.Run(strconv.Itoa(m)+" layers", func(t *testing.T) {
			g := graph.New()
			weights, biases, _ := randomNetwork(g, l.rng('t', m), m)
			for _, b := range biases {
				c := b.Tensor()
				c.Fill(0.3)
				b.SetTensor(c)
			}
			x1 := []float64{0.5, -2}
			x := g.ConstTensor(tensor.Of(slices.Clone(x1), 2))
			linear, activated := forwardPass(weights, x), feedForward(weights, biases, x)
			if len(linear) != m || len(activated) != m {
				t.Fatalf("Layer Lists of %d and %d layers, want %d", len(linear), len(activated), m)
			}
			wantLinear, wantActivated := x1, x1
			for layer, w := range weights {
				w := w.Tensor()
				rows, cols := w.Dims()[0], w.Dims()[1]
				nextLinear, nextActivated := make([]float64, rows), make([]float64, rows)
				for i := range rows {
					z := 0.3
					for j := range cols {
						nextLinear[i] += w.At(i, j) * wantLinear[j]
						z += w.At(i, j) * wantActivated[j]
					}
					nextActivated[i] = sigmoid(z)
				}
				wantLinear, wantActivated = nextLinear, nextActivated
				if diff := cmp.Diff(wantLinear, items(linear[layer+1]), rounding); diff != "" {
					t.Errorf("X%d of the pseudo-code: mismatch (-want +got)\n%s", layer+2, diff)
				}
				if diff := cmp.Diff(wantActivated, items(activated[layer+1]), rounding); diff != "" {
					t.Errorf("X%d with bias and activation: mismatch (-want +got)\n%s", layer+2, diff)
				}
			}
		})
	}
}

func TestCrossEntropy(t *testing.T) {
	for _, tt := range []struct{ f, y, want float64 }{
		{0.8, 1, -math.Log(0.8)},
		{0.8, 0, -math.Log(0.2)},
		{0.5, 1, math.Ln2},
	} {
		g := graph.New()
		if got := crossEntropy(g.Var(tt.f), g.Const(tt.y)).Item(); !cmp.Equal(tt.want, got, rounding) {
			t.Errorf("crossEntropy(%v, %v) = %v, want %v", tt.f, tt.y, got, tt.want)
		}
	}
}

// TestEquations checks equations (a) to (e) of 12.3 for both labels, and the δ nodes against the numeric sweep.
func TestEquations(t *testing.T) {
	for _, y := range []float64{0, 1} {
		t.Run("y="+strconv.Itoa(int(y)), func(t *testing.T) {
			n := example123
			n.y = y
			r, d := n.record(graph.New()), n.byHand()
			for _, e := range r.equations(d) {
				if !near(e.graph, e.hand) {
					t.Errorf("%s %s: the graph has %v, by hand it is %v", e.label, e.text, e.graph, e.hand)
				}
			}
			if want := d.yHat - y; !near(items(r.dZ2), []float64{want}) {
				t.Errorf("δz(2) = %v, want ŷ - y = %v", items(r.dZ2), want)
			}
			grads := autograd.Backward(r.l)
			for _, p := range []struct {
				name         string
				value, delta graph.Value
			}{
				{"ŷ", r.yHat, r.dYHat}, {"z(2)", r.z2, r.dZ2}, {"w(2)", r.w2, r.dW2}, {"b(2)", r.b2, r.dB2},
				{"a(1)", r.a1, r.dA1}, {"z(1)", r.z1, r.dZ1}, {"w(1)", r.w1, r.dW1}, {"b(1)", r.b1, r.dB1},
			} {
				if diff := cmp.Diff(grads.Tensor(p.value).Float64s(), items(p.delta), rounding); diff != "" {
					t.Errorf("δ%s: mismatch (-Backward +Grad)\n%s", p.name, diff)
				}
				if id := p.delta.ID(); id <= r.forwardEnd || id > r.deltasEnd {
					t.Errorf("δ%s is node %d, want one of the backward pass, %d to %d", p.name, id, r.forwardEnd+1, r.deltasEnd)
				}
			}
			if r.dB2 != r.dZ2 || r.dB1 != r.dZ1 {
				t.Error("δb(2) and δz(2), or δb(1) and δz(1), are two nodes")
			}
		})
	}
}

// Slip 4: the loss as the lecture names it has the opposite of the derivative that the lecture gives for it.
func TestSlipSign(t *testing.T) {
	for _, y := range []float64{0, 1} {
		n := example123
		n.y = y
		r := n.record(graph.New())
		yHat := r.yHat.Item()
		unsigned := y*math.Log(yHat) + (1-y)*math.Log(1-yHat)
		if got := r.unsigned.Item(); !cmp.Equal(unsigned, got, rounding) {
			t.Errorf("y = %v: y·log ŷ + (1-y)·log(1-ŷ) = %v, want %v", y, got, unsigned)
		}
		given := -y/yHat + (1-y)/(1-yHat)
		if !near(items(r.dUnsigned), []float64{-given}) || !near(items(r.dYHat), []float64{given}) {
			t.Errorf("y = %v: derivatives %v without the sign and %v with it, want %v and %v", y, r.dUnsigned.Item(), r.dYHat.Item(), -given, given)
		}
	}
}

// Slip 5: the a of equation (c) and the a(1) of (d) are one node: it is made of z(1), and z(2) of it.
func TestSlipTwoNamesForOneNode(t *testing.T) {
	r := example123.record(graph.New())
	if in := r.a1.Inputs(); len(in) != 1 || in[0] != r.z1 {
		t.Errorf("a(1) is made of %v, want z(1)", in)
	}
	product := r.z2.Inputs()[0].Inputs()[0] // z(2) = Σ w(2)·a(1) + b(2)
	if !slices.Contains(product.Inputs(), r.a1) {
		t.Errorf("z(2) adds up the product of %v, want a(1) among them", product.Inputs())
	}
}

func TestCensus(t *testing.T) {
	g := graph.New()
	x, k := g.Var(2), g.Const(3)
	ops.Mul(ops.Add(x, k), g.Var(1))
	for nodes, want := range [][2]int{{0, 0}, {1, 0}, {2, 0}, {2, 1}, {3, 1}, {3, 2}} {
		if leaves, operations := census(g, nodes); leaves != want[0] || operations != want[1] {
			t.Errorf("%d leaves and %d operations among %d nodes, want %d", leaves, operations, nodes, want)
		}
	}
}

func TestNear(t *testing.T) {
	tests := []struct {
		name string
		a, b []float64
		want bool
	}{
		{"equal", []float64{1, 0}, []float64{1, 0}, true},
		{"within rounding", []float64{1}, []float64{1 + 1e-14}, true},
		{"too far", []float64{1, 1e-20}, []float64{1, 1.1e-20}, false},
		{"shorter", []float64{1}, []float64{1, 2}, false},
		{"longer", []float64{1, 2}, []float64{1}, false},
		{"NaN", []float64{math.NaN()}, []float64{math.NaN()}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := near(tt.a, tt.b); got != tt.want {
				t.Errorf("near(%v, %v) = %t, want %t", tt.a, tt.b, got, tt.want)
			}
		})
	}
}
