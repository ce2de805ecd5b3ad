package adbench

import (
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/ops"
)

// kmeans is the sum of the squared distances of points to the nearest of some centroids. Its derivative is the step of
// Newton's method, the quotient of the gradient and the diagonal of the Hessian: that has nothing beside its diagonal, so
// that its product with a vector of ones is the diagonal.
func kmeans() *Task {
	return &Task{
		Name: "kmeans", About: "distances to the nearest centroid; the quotient of gradient and second derivatives",
		Names: []string{"points", "centroids", "dimensions"}, Sizes: []int{1000, 10, 8}, Bytes: 100,
		Make: func(sizes []int) Work {
			n, k, d := sizes[0], sizes[1], sizes[2]
			rng := programs.Draws(7)
			points, at := rng.Fill(n*d, 0, 1), rng.Fill(k*d, 0, 1)
			all := tensor.Of(points, n, d)
			squares := 0.0
			for _, v := range points {
				squares += v * v
			}
			f := func(x graph.Value) graph.Value { // |p - c|² = |p|² + (|c|² - 2·p·c), with one product for all p and c
				c := ops.Reshape(x, k, d)
				products := ops.MatMul(x.Graph().BindConst(all), ops.Transpose(c))
				rest := ops.Sub(ops.Sum(ops.Square(c), 1), ops.MulScalar(products, 2))
				return ops.AddScalar(ops.Sum(ops.Min(rest, 1)), squares)
			}
			ones := tensor.New(tensor.Float64, k*d)
			ones.Fill(1)
			g := graph.New()
			x := g.VarTensor(tensor.Of(at, k*d))
			start := g.Mark()
			step := make([]float64, k*d)
			return Work{
				Inputs: k * d, Plain: func() float64 { return nearest(points, at, d) },
				Derivative: func() (float64, []float64) {
					g.Rewind(start)
					y := f(x)
					gradient := autograd.Grad(y, x)[0]
					first := gradient.Tensor().Float64s()
					second := autograd.Forward(gradient, []graph.Value{x}, []*tensor.Tensor{ones}).Float64s()
					for i := range step {
						step[i] = 0 // of a centroid that is no point's nearest
						if second[i] != 0 {
							step[i] = first[i] / second[i]
						}
					}
					return y.Item(), step
				},
			}
		},
	}
}

// nearest is the plain function.
func nearest(points, centroids []float64, d int) float64 {
	sum := 0.0
	for i := 0; i < len(points); i += d {
		p, least := points[i:i+d], math.Inf(1)
		for j := 0; j < len(centroids); j += d {
			square := 0.0
			for k, c := range centroids[j : j+d] {
				square += (p[k] - c) * (p[k] - c)
			}
			least = min(least, square)
		}
		sum += least
	}
	return sum
}
