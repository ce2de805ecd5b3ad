package main

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// forwardPass is the lecture's Forward Pass(Weights List, X1 = Function Input). It returns the Layer List [X1, ..., Xm];
// the last entry, Xm, is the output.
func forwardPass(weights []graph.Value, x1 graph.Value) []graph.Value {
	m := len(weights) + 1
	layers := make([]graph.Value, m+1) // counted from 1, as the lecture does
	layers[1] = x1
	for i := 2; i <= m; i++ {
		w := weights[i-2] // W_{i-1,i}: the Weights List begins with W_{12}
		layers[i] = ops.MatMul(w, layers[i-1])
	}
	return layers[1:]
}

// feedForward is forwardPass with what a neural network adds to it: the bias b of each layer and the activation g, here
// the sigmoid. H = g(W·X + b).
func feedForward(weights, biases []graph.Value, x1 graph.Value) []graph.Value {
	layers := []graph.Value{x1}
	for i, w := range weights {
		z := ops.Add(ops.MatMul(w, layers[i]), biases[i])
		layers = append(layers, ops.Sigmoid(z))
	}
	return layers
}

// crossEntropy is the lecture's l = -y·log f - (1-y)·log(1-f) for the predicted probability f and the label y, 0 or 1.
func crossEntropy(f, y graph.Value) graph.Value {
	one := f.Graph().Const(1)
	return ops.Neg(ops.Add(
		ops.Mul(y, ops.Log(f)),
		ops.Mul(ops.Sub(one, y), ops.Log(ops.Sub(one, f))),
	))
}

// forwardPropagation is part a.
func forwardPropagation(_ context.Context, l *lesson) error {
	g := graph.New()
	matrix := func(rows, columns int, v ...float64) graph.Value { return g.ConstTensor(tensor.Of(v, rows, columns)) }
	vector := func(v ...float64) graph.Value { return g.ConstTensor(tensor.Of(v, len(v))) }
	weights := []graph.Value{
		matrix(3, 2, 0.1, 0.4, -0.3, 0.2, 0.5, -0.6),
		matrix(2, 3, 0.7, -0.2, 0.3, -0.5, 0.8, 0.1),
		matrix(1, 2, 0.9, -0.4),
	}
	biases := []graph.Value{vector(0.1, 0.2, 0.3), vector(-0.1, 0.1), vector(0.05)}
	x1 := vector(1, 2)

	l.say("Weights List = [W12, W23, W34]. Between layers of n_i and n_j nodes stands a matrix of n_j rows and n_i columns.")
	l.printf("\n")
	for i, w := range weights {
		l.matrix(weightName(i+1), w.Tensor())
	}
	l.say("The pseudo-code multiplies: X1 is the input, then X_i = W_(i-1,i) · X_(i-1).")
	l.layerList(forwardPass(weights, x1))

	product := ops.MatMul(weights[2], ops.MatMul(weights[1], weights[0]))
	l.say("Look at what this does alone: the product W34 · W23 · W12 is one matrix, %s, and that matrix times X1 is X4 again, %s. "+
		"Without an activation between them, any number of layers is worth one.",
		numbers(product.Tensor()), numbers(ops.MatMul(product, x1).Tensor()))

	l.say("A neural network puts the bias and the activation g between the layers, H = g(W·X + b), here with g = sigmoid, g(z) = 1/(1+exp(-z)), and these biases:")
	l.printf("\n")
	for i, b := range biases {
		l.printf("  b(%d) = %s\n", i+1, numbers(b.Tensor()))
	}
	layers := feedForward(weights, biases, x1)
	l.layerList(layers)
	f := ops.Reshape(layers[len(layers)-1])
	l.say("The last layer is f(x,w), the predicted probability of y = 1. Cross entropy l = -y·log f - (1-y)·log(1-f):")
	l.printf("\n  f(x,w) = %.9f    l = %.9f if y = 1,  %.9f if y = 0\n",
		f.Item(), crossEntropy(f, g.Const(1)).Item(), crossEntropy(f, g.Const(0)).Item())

	l.say("The same two functions take any number of layers m, counted with the input: the two-layer network of Figure 12.1 is m = 3. " +
		"With 4 hidden nodes in each layer, and random weights:")
	l.printf("\n             numbers in      on the graph\n")
	l.printf("  layers m    all W, b   leaves  operations      f(x,w)\n")
	for m := 2; m <= 6; m++ {
		g.Reset()
		weights, biases, count := randomNetwork(g, l.rng('a', m), m)
		layers := feedForward(weights, biases, g.ConstTensor(tensor.Of([]float64{1, 2}, 2)))
		leaves, operations := census(g, g.Len())
		l.printf("  %8d   %9d   %6d  %10d   %9.6f\n", m, count, leaves, operations, layers[m-1].Item())
	}
	return nil
}

// randomNetwork returns the weights and biases of a network with m layers: two inputs, four nodes in every hidden layer,
// one output. It also returns how many numbers they hold. Weights are uniform in ±√(6/(rows+columns)) (Glorot and
// Bengio, 2010), biases are 0.
func randomNetwork(g *graph.Graph, rng *rand.Rand, m int) (weights, biases []graph.Value, count int) {
	nodes := 2
	for layer := 2; layer <= m; layer++ {
		next := 4
		if layer == m {
			next = 1
		}
		w := tensor.New(tensor.Float64, next, nodes)
		bound := math.Sqrt(6 / float64(next+nodes))
		for i := range w.Float64s() {
			w.SetFlat(bound*(2*rng.Float64()-1), i)
		}
		weights = append(weights, g.VarTensor(w))
		biases = append(biases, g.VarTensor(tensor.New(tensor.Float64, next)))
		count += w.Len() + next
		nodes = next
	}
	return weights, biases, count
}

// census counts the leaves and the operations among the first nodes of a graph.
func census(g *graph.Graph, nodes int) (leaves, operations int) {
	for v := range g.Nodes() {
		switch {
		case v.ID() > nodes:
			return leaves, operations
		case v.Node().NumInputs() == 0:
			leaves++
		default:
			operations++
		}
	}
	return leaves, operations
}

// layerList prints a Layer List.
func (l *lesson) layerList(layers []graph.Value) {
	l.printf("\n")
	for i, x := range layers {
		l.printf("  X%d = %s\n", i+1, numbers(x.Tensor()))
	}
}
