package programs

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// The 2-2-2 network of a first course: two inputs, two hidden nodes and two outputs, all with the logistic function, and
// half the squared error. Its leaves are the weights, node by node, the bias of the hidden layer and that of the outputs.
const (
	input1, input2   = 0.05, 0.10
	target1, target2 = 0.01, 0.99
)

func network222Tape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	leaves = g.AppendVars(leaves, at)
	p := leaves[len(leaves)-len(at):]
	h1 := ops.Sigmoid(ops.Add(ops.Add(ops.MulScalar(p[0], input1), ops.MulScalar(p[1], input2)), p[8]))
	h2 := ops.Sigmoid(ops.Add(ops.Add(ops.MulScalar(p[2], input1), ops.MulScalar(p[3], input2)), p[8]))
	o1 := ops.Sigmoid(ops.Add(ops.Add(ops.Mul(p[4], h1), ops.Mul(p[5], h2)), p[9]))
	o2 := ops.Sigmoid(ops.Add(ops.Add(ops.Mul(p[6], h1), ops.Mul(p[7], h2)), p[9]))
	e1, e2 := ops.AddScalar(o1, -target1), ops.AddScalar(o2, -target2)
	return leaves, ops.Add(ops.MulScalar(ops.Square(e1), 0.5), ops.MulScalar(ops.Square(e2), 0.5))
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func network222Plain(p []float64) float64 {
	h1 := logistic(float64(p[0]*input1) + float64(p[1]*input2) + p[8])
	h2 := logistic(float64(p[2]*input1) + float64(p[3]*input2) + p[8])
	o1 := logistic(float64(p[4]*h1) + float64(p[5]*h2) + p[9])
	o2 := logistic(float64(p[6]*h1) + float64(p[7]*h2) + p[9])
	e1, e2 := o1-target1, o2-target2
	return float64(0.5*(e1*e1)) + float64(0.5*(e2*e2))
}

func network222Derivative(p, grad []float64) float64 {
	h1 := logistic(p[0]*input1 + p[1]*input2 + p[8])
	h2 := logistic(p[2]*input1 + p[3]*input2 + p[8])
	o1 := logistic(p[4]*h1 + p[5]*h2 + p[9])
	o2 := logistic(p[6]*h1 + p[7]*h2 + p[9])
	e1, e2 := o1-target1, o2-target2
	d1, d2 := e1*o1*(1-o1), e2*o2*(1-o2) // by the sums that enter the nodes
	c1, c2 := (d1*p[4]+d2*p[6])*h1*(1-h1), (d1*p[5]+d2*p[7])*h2*(1-h2)
	grad[0], grad[1], grad[2], grad[3] = c1*input1, c1*input2, c2*input1, c2*input2
	grad[4], grad[5], grad[6], grad[7] = d1*h1, d1*h2, d2*h1, d2*h2
	grad[8], grad[9] = c1+c2, d1+d2
	return 0.5*(e1*e1) + 0.5*(e2*e2)
}
