package autograd_test

import (
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// A step is one operation as the tape keeps it. The first idea: every computation is a sequence of steps so simple that
// the derivatives of each by its own operands are known on the spot.
type step struct {
	value   float64
	partial [2]float64 // ∂value/∂operand, for each operand
	operand [2]int     // the operands' rows; 0, a row that no one reads, where there is none
}

// A tape is the list of steps in the order in which they were computed. The second idea: write them all down, so that a
// value is known by its row. Operands always stand in rows before the results made of them.
type tape []step

func (t *tape) record(value float64, partial [2]float64, operand [2]int) (row int) {
	*t = append(*t, step{value, partial, operand})
	return len(*t) - 1
}

// An input has no operands. All other steps compute a value and their partial derivatives side by side.

func (t *tape) input(x float64) int { return t.record(x, [2]float64{}, [2]int{}) }

func (t *tape) add(a, b int) int { // ∂(x+y)/∂x = ∂(x+y)/∂y = 1
	x, y := (*t)[a].value, (*t)[b].value
	return t.record(x+y, [2]float64{1, 1}, [2]int{a, b})
}

func (t *tape) mul(a, b int) int { // ∂(x·y)/∂x = y, ∂(x·y)/∂y = x
	x, y := (*t)[a].value, (*t)[b].value
	return t.record(x*y, [2]float64{y, x}, [2]int{a, b})
}

func (t *tape) sigmoid(a int) int { // σ'(x) = σ(x)·(1-σ(x))
	s := 1 / (1 + math.Exp(-(*t)[a].value))
	return t.record(s, [2]float64{s * (1 - s), 0}, [2]int{a})
}

// backward returns ∂y/∂v for the value v of every row up to that of y. The third idea: the chain rule says that ∂y/∂u is
// the sum of ∂y/∂v · ∂v/∂u over all v made of u. These v stand after u. So in one loop from y back to the first row,
// ∂y/∂v is complete by the time v passes it on to its operands.
func (t tape) backward(y int) []float64 {
	adjoint := make([]float64, y+1)
	adjoint[y] = 1 // ∂y/∂y
	for v := y; v > 0; v-- {
		for i, u := range t[v].operand {
			adjoint[u] += adjoint[v] * t[v].partial[i]
		}
	}
	return adjoint
}

// That was the engine. network222 records a network of two inputs, two hidden units and two outputs on any engine that
// has these four operations, with the error E = Σ ½·(target - output)², and returns E and the weight w5.
func network222[V any](input func(float64) V, add, mul func(a, b V) V, sigmoid func(V) V) (e, w5 V) {
	i1, i2, t1, t2 := input(0.05), input(0.10), input(0.01), input(0.99)
	w1, w2, w3, w4 := input(0.15), input(0.20), input(0.25), input(0.30)
	w5, w6, w7, w8 := input(0.40), input(0.45), input(0.50), input(0.55)
	b1, b2 := input(0.35), input(0.60)

	unit := func(v, x, w, y, b V) V { return sigmoid(add(add(mul(v, x), mul(w, y)), b)) }
	h1, h2 := unit(w1, i1, w2, i2, b1), unit(w3, i1, w4, i2, b1)
	o1, o2 := unit(w5, h1, w6, h2, b2), unit(w7, h1, w8, h2, b2)

	halfSquare := func(t, o V) V {
		d := add(t, mul(input(-1), o))
		return mul(input(0.5), mul(d, d))
	}
	return add(halfSquare(t1, o1), halfSquare(t2, o2)), w5
}

// The idea in one sitting: a whole reverse-mode engine, built from nothing, beside this library on the same network.
// What the library adds are tensors, more operations, derivatives of derivatives, checks and speed.
func Example_engine() {
	t := &tape{{}} // row 0 stands for operands that are not there
	e, w5 := network222(t.input, t.add, t.mul, t.sigmoid)
	fmt.Printf("from nothing: E = %.9f, ∂E/∂w5 = %.9f\n", (*t)[e].value, t.backward(e)[w5])

	g := graph.New()
	loss, weight := network222(g.Var, ops.Add, ops.Mul, ops.Sigmoid)
	fmt.Printf("this library: E = %.9f, ∂E/∂w5 = %.9f\n", loss.Item(), autograd.Backward(loss).Scalar(weight))
	// Output:
	// from nothing: E = 0.298371109, ∂E/∂w5 = 0.082167041
	// this library: E = 0.298371109, ∂E/∂w5 = 0.082167041
}
