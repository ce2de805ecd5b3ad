package programs

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// Gaussians is the logarithm of the posterior of a mixture of k Gaussians in d dimensions, given points:
//
//	Σᵢ ln Σₖ e^(αₖ + Σ qₖ - ½|Qₖ(xᵢ - μₖ)|²) - n·(ln Σₖ e^αₖ + d/2·ln 2π) + Σₖ ln w(Qₖ)
//
// Component k has a weight, a mean and the lower triangular factor Q of its precision, given by q, the logarithms of its
// diagonal, and by what is below, column by column. w is the density of Wishart's distribution with γ = 1 and m = 0, but
// for what does not depend on Q in it. The leaves are all weights, all means, and all factors.
type Gaussians struct {
	n, d, k int
	points  []float64 // row by row
	At      []float64
}

// NewGaussians returns a mixture of k Gaussians in d dimensions, and n points. That of 1000 points and 5 Gaussians in 2
// dimensions is the program gmm-2-5.
func NewGaussians(n, d, k int) *Gaussians {
	rng := Draws(42)
	m := &Gaussians{n: n, d: d, k: k, points: rng.Fill(n*d, -1, 1)}
	m.At = append(m.At, rng.Fill(k, -1, 1)...)
	m.At = append(m.At, rng.Fill(k*d, -1, 1)...)
	m.At = append(m.At, rng.Fill(k*m.factor(), -0.5, 0.5)...)
	return m
}

// GaussiansOf returns the mixture of k Gaussians in d dimensions with the given points, row by row, and leaves.
func GaussiansOf(d, k int, points, at []float64) *Gaussians {
	return &Gaussians{n: len(points) / d, d: d, k: k, points: points, At: at}
}

// Program returns the mixture as a program of that name.
func (m *Gaussians) Program(name string, operations int) Program {
	return Program{Name: name, Operations: operations, At: m.At, Tape: m.tape, Plain: m.plain}
}

// factor returns how many numbers give the factor of a component.
func (m *Gaussians) factor() int { return m.d * (m.d + 1) / 2 }

// parts cuts the leaves into weights, means and factors.
func parts[T any](m *Gaussians, p []T) (alpha, mu, factors []T) {
	return p[:m.k], p[m.k:][:m.k*m.d], p[m.k+m.k*m.d:]
}

// constant is what does not depend on the leaves.
func (m *Gaussians) constant() float64 {
	d, n := float64(m.d), float64(m.d+1) // of freedom
	prior := n*d*-0.5*math.Ln2 - lnMultiGamma(n/2, m.d)
	return -float64(m.n)*d/2*math.Log(2*math.Pi) + float64(m.k)*prior
}

func (m *Gaussians) tape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	leaves = g.AppendVars(leaves, at)
	p := leaves[len(leaves)-len(at):]
	c := m.components(p)
	total := m.rest(p, c)
	for n := range m.n {
		x := m.points[n*m.d:][:m.d]
		total = ops.Add(total, m.likely(p, c, func(i int, mu graph.Value) graph.Value { return ops.AddScalar(mu, -x[i]) }))
	}
	return leaves, total
}

// PointTape records what one point adds to the result. Its leaves are the point and those of the mixture.
func (m *Gaussians) PointTape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	leaves = g.AppendVars(leaves, at)
	p := leaves[len(leaves)-len(at):]
	x, p := p[:m.d], p[m.d:]
	return leaves, m.likely(p, m.components(p), func(i int, mu graph.Value) graph.Value { return ops.Sub(mu, x[i]) })
}

// RestTape records what the result has besides the points.
func (m *Gaussians) RestTape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	leaves = g.AppendVars(leaves, at)
	p := leaves[len(leaves)-len(at):]
	return leaves, m.rest(p, m.components(p))
}

// Points returns the points, row by row.
func (m *Gaussians) Points() []float64 { return m.points }

// gaussianComponents holds what the factors are to the points: the diagonals, and the logarithm of each component's weight
// and determinant.
type gaussianComponents struct{ scales, weights []graph.Value }

func (m *Gaussians) components(p []graph.Value) gaussianComponents {
	alpha, _, factors := parts(m, p)
	c := gaussianComponents{make([]graph.Value, m.k*m.d), make([]graph.Value, m.k)}
	for k := range m.k {
		c.weights[k] = alpha[k]
		for i, v := range factors[k*m.factor():][:m.d] {
			c.weights[k] = ops.Add(c.weights[k], v)
			c.scales[k*m.d+i] = ops.Exp(v)
		}
	}
	return c
}

// rest returns the prior and what the weights are divided by.
func (m *Gaussians) rest(p []graph.Value, c gaussianComponents) graph.Value {
	alpha, _, factors := parts(m, p)
	var squares graph.Value
	for k := range m.k {
		for i, v := range factors[k*m.factor():][:m.factor()] {
			if i < m.d {
				v = c.scales[k*m.d+i]
			}
			if v = ops.Square(v); k == 0 && i == 0 {
				squares = v
			} else {
				squares = ops.Add(squares, v)
			}
		}
	}
	all := ops.MulScalar(logSumExp(alpha), -float64(m.n))
	return ops.AddScalar(ops.Add(ops.MulScalar(squares, -0.5), all), m.constant())
}

// likely returns the logarithm of the density at one point, given how far a mean is from it.
func (m *Gaussians) likely(p []graph.Value, c gaussianComponents, off func(i int, mu graph.Value) graph.Value) graph.Value {
	_, mu, factors := parts(m, p)
	terms, centred := make([]graph.Value, m.k), make([]graph.Value, m.d)
	for k := range terms {
		below := factors[k*m.factor():][m.d:m.factor()]
		var square graph.Value
		for i := range centred {
			centred[i] = off(i, mu[k*m.d+i])
			z := ops.Mul(c.scales[k*m.d+i], centred[i])
			at := i - 1 // of row i in column 0
			for j := range i {
				z = ops.Add(z, ops.Mul(below[at], centred[j]))
				at += m.d - 2 - j
			}
			if z = ops.Square(z); i == 0 {
				square = z
			} else {
				square = ops.Add(square, z)
			}
		}
		terms[k] = ops.Sub(c.weights[k], ops.MulScalar(square, 0.5))
	}
	return logSumExp(terms)
}

func (m *Gaussians) plain(p []float64) float64 {
	alpha, mu, factors := parts(m, p)
	scales, weights := make([]float64, m.k*m.d), make([]float64, m.k)
	prior := 0.0
	for k := range m.k {
		f := factors[k*m.factor():][:m.factor()]
		weights[k] = alpha[k]
		for i, v := range f {
			if i < m.d {
				weights[k] += v
				v = math.Exp(v)
				scales[k*m.d+i] = v
			}
			prior += v * v
		}
	}
	z, terms := make([]float64, m.d), make([]float64, m.k)
	total := -0.5 * prior
	for n := range m.n {
		x := m.points[n*m.d:][:m.d]
		for k := range terms {
			mu, scales := mu[k*m.d:][:m.d], scales[k*m.d:][:m.d]
			below := factors[k*m.factor():][m.d:m.factor()]
			clear(z)
			square := 0.0
			for j := range z { // by columns, as the factor lies in memory
				c := mu[j] - x[j]
				v := z[j] + scales[j]*c
				square += v * v
				rest := z[j+1:]
				column := below[:len(rest)]
				for i, l := range column {
					rest[i] += l * c
				}
				below = below[len(rest):]
			}
			terms[k] = weights[k] - 0.5*square
		}
		total += logSumExpPlain(terms)
	}
	return total - float64(m.n)*logSumExpPlain(alpha) + m.constant()
}

// Tensors returns the leaves as tensors: weights, means and factors.
func (m *Gaussians) Tensors() []*tensor.Tensor {
	alpha, mu, factors := parts(m, m.At)
	return []*tensor.Tensor{tensor.Of(alpha, m.k), tensor.Of(mu, m.k, m.d), tensor.Of(factors, m.k, m.factor())}
}

// Constants returns what OnTensors needs besides the leaves: the points, and where in the factor, as a matrix row by row,
// the numbers lie that give it.
func (m *Gaussians) Constants() []*tensor.Tensor {
	places := make([]float64, 0, m.factor())
	for i := range m.d {
		places = append(places, float64(i*m.d+i))
	}
	for j := range m.d {
		for i := j + 1; i < m.d; i++ {
			places = append(places, float64(i*m.d+j))
		}
	}
	index := tensor.New(tensor.Float64, m.k, m.factor())
	for k := range m.k {
		copy(index.Float64s()[k*m.factor():], places)
	}
	return []*tensor.Tensor{tensor.Of(m.points, m.n, m.d), index}
}

// OnTensors records the program on tensors, given the leaves and the constants, with one product of matrices for all
// points and components.
func (m *Gaussians) OnTensors(leaves, constants []graph.Value) graph.Value {
	alpha, mu, factors := leaves[0], leaves[1], leaves[2]
	points, places := constants[0], constants[1]
	logs := ops.Slice(factors, 1, 0, m.d)
	numbers := ops.Concat(1, ops.Exp(logs), ops.Slice(factors, 1, m.d, m.factor()))
	q := ops.PutAlong(numbers, places, 1, m.d*m.d)                                    // the factors as matrices
	images := ops.MatMul(points, ops.Transpose(ops.Reshape(q, m.k*m.d, m.d)))         // of the points by every factor
	centre := ops.MatMul(ops.Reshape(q, m.k, m.d, m.d), ops.Reshape(mu, m.k, m.d, 1)) // of the means by their own
	off := ops.Reshape(ops.Sub(images, ops.Reshape(centre, m.k*m.d)), m.n, m.k, m.d)
	terms := ops.Sub(ops.Add(alpha, ops.Sum(logs, 1)), ops.MulScalar(ops.Sum(ops.Square(off), 2), 0.5))
	likely := ops.Sub(ops.Sum(ops.LogSumExp(terms, 1)), ops.MulScalar(ops.LogSumExp(alpha), float64(m.n)))
	return ops.AddScalar(ops.Sub(likely, ops.MulScalar(ops.Sum(ops.Square(numbers)), 0.5)), m.constant())
}
