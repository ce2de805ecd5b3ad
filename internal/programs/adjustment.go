package programs

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// An Adjustment is a bundle adjustment: the sum of squares of the residuals of observations, as bundle has them. Observation
// i is that of point i by camera i, both counted round and round. The leaves are the cameras, of 11 numbers each, the points
// and the weights of the observations.
type Adjustment struct {
	cameras, points, observations int
	seen                          []float64 // two numbers an observation
	At                            []float64
}

// NewAdjustment returns a bundle adjustment. That of 49 cameras, 7776 points and 31 843 observations is the program ba-49.
func NewAdjustment(cameras, points, observations int) *Adjustment {
	rng := Draws(3)
	base := bundlePoint()
	near := func(base []float64, n int) []float64 {
		var list []float64
		for range n {
			for _, v := range base {
				list = append(list, v*(0.95+0.1*rng.Next()))
			}
		}
		return list
	}
	a := &Adjustment{cameras: cameras, points: points, observations: observations, seen: near(base[15:], observations)}
	a.At = append(near(base[:11], cameras), near(base[11:14], points)...)
	a.At = append(a.At, near(base[14:15], observations)...)
	return a
}

// AdjustmentOf returns the bundle adjustment of which every camera, of 11 numbers, every point, of 3, every weight and every
// place where a point was seen, of 2, is the given one: the form in which ADBench publishes them.
func AdjustmentOf(cameras, points, observations int, camera, point []float64, weight float64, seen []float64) *Adjustment {
	a := &Adjustment{cameras: cameras, points: points, observations: observations, seen: slices.Repeat(seen, observations)}
	a.At = append(slices.Repeat(camera, cameras), slices.Repeat(point, points)...)
	a.At = append(a.At, slices.Repeat([]float64{weight}, observations)...)
	return a
}

// Program returns the bundle adjustment as a program of that name.
func (a *Adjustment) Program(name string, operations int) Program {
	return Program{Name: name, Operations: operations, At: a.At, Tape: a.tape, Plain: a.plain}
}

// observation returns what observation i takes of the leaves.
func observation[T any](a *Adjustment, p []T, i int) (camera, point []T, weight T) {
	c, d := i%a.cameras, i%a.points
	return p[11*c:][:11], p[11*a.cameras+3*d:][:3], p[11*a.cameras+3*a.points+i]
}

func (a *Adjustment) tape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	leaves = g.AppendVars(leaves, at)
	p := leaves[len(leaves)-len(at):]
	sum := g.Const(0)
	for i := range a.observations {
		e1, e2, e3 := a.residual(p, i)
		sum = ops.Add(sum, ops.Add(ops.Add(ops.Square(e1), ops.Square(e2)), ops.Square(e3)))
	}
	return leaves, sum
}

// residual records the residuals of observation i: the weighted distances in the picture and 1 - weight².
func (a *Adjustment) residual(p []graph.Value, i int) (e1, e2, e3 graph.Value) {
	camera, point, weight := observation(a, p, i)
	u, v, scale := project(camera, point)
	e1 = ops.Mul(weight, ops.AddScalar(ops.Add(ops.Mul(u, scale), camera[7]), -a.seen[2*i]))
	e2 = ops.Mul(weight, ops.AddScalar(ops.Add(ops.Mul(v, scale), camera[8]), -a.seen[2*i+1]))
	return e1, e2, ops.AddScalar(ops.Neg(ops.Square(weight)), 1)
}

// Residuals records the residuals of all observations, three of each.
func (a *Adjustment) Residuals(p []graph.Value) []graph.Value {
	list := make([]graph.Value, 0, 3*a.observations)
	for i := range a.observations {
		e1, e2, e3 := a.residual(p, i)
		list = append(list, e1, e2, e3)
	}
	return list
}

func (a *Adjustment) plain(p []float64) float64 {
	sum := 0.0
	for i := range a.observations {
		e1, e2, e3 := a.residualPlain(p, i)
		sum += e1*e1 + e2*e2 + e3*e3
	}
	return sum
}

func (a *Adjustment) residualPlain(p []float64, i int) (e1, e2, e3 float64) {
	camera, point, weight := observation(a, p, i)
	u, v := projectPlain(camera, point)
	return weight * (u - a.seen[2*i]), weight * (v - a.seen[2*i+1]), 1 - weight*weight
}

// ResidualsPlain returns what Residuals records, appended to dst.
func (a *Adjustment) ResidualsPlain(dst, p []float64) []float64 {
	for i := range a.observations {
		e1, e2, e3 := a.residualPlain(p, i)
		dst = append(dst, e1, e2, e3)
	}
	return dst
}

// Tensors returns the leaves as tensors: cameras, points and weights.
func (a *Adjustment) Tensors() []*tensor.Tensor {
	cameras, rest := a.At[:11*a.cameras], a.At[11*a.cameras:]
	points, weights := rest[:3*a.points], rest[3*a.points:]
	return []*tensor.Tensor{tensor.Of(cameras, a.cameras, 11), tensor.Of(points, a.points, 3), tensor.Of(weights, a.observations)}
}

// Constants returns what OnTensors needs besides the leaves: where the points were seen.
func (a *Adjustment) Constants() []*tensor.Tensor {
	return []*tensor.Tensor{tensor.Of(a.seen, a.observations, 2)}
}

// OnTensors records the program on tensors, given the leaves and the constants, with all observations side by side.
func (a *Adjustment) OnTensors(leaves, constants []graph.Value) graph.Value {
	camera, point := make([]int, a.observations), make([]int, a.observations)
	for i := range a.observations {
		camera[i], point[i] = i%a.cameras, i%a.points
	}
	cameras := ops.Unstack(ops.Gather(ops.Transpose(leaves[0]), 1, camera...), 0)
	u, v, scale := project(cameras, ops.Unstack(ops.Gather(ops.Transpose(leaves[1]), 1, point...), 0))
	weight, seen := leaves[2], ops.Unstack(ops.Transpose(constants[0]), 0)
	e1 := ops.Mul(weight, ops.Sub(ops.Add(ops.Mul(u, scale), cameras[7]), seen[0]))
	e2 := ops.Mul(weight, ops.Sub(ops.Add(ops.Mul(v, scale), cameras[8]), seen[1]))
	e3 := ops.AddScalar(ops.Neg(ops.Square(weight)), 1)
	return ops.Sum(ops.Add(ops.Add(ops.Square(e1), ops.Square(e2)), ops.Square(e3)))
}

// Gather lays out the leaves of bundle for every observation, 17 numbers each.
func (a *Adjustment) Gather(dst, p []float64) {
	for i := range a.observations {
		camera, point, weight := observation(a, p, i)
		row := dst[17*i:][:17]
		copy(row, camera)
		copy(row[11:], point)
		row[14], row[15], row[16] = weight, a.seen[2*i], a.seen[2*i+1]
	}
}

// Assembly returns the leaves with where the points were seen behind them, and for every observation where among those the
// 17 leaves of [Residuals] stand.
func (a *Adjustment) Assembly() (at []float64, index []int) {
	n := len(a.At)
	places := make([]int, n)
	for i := range places {
		places[i] = i
	}
	for i := range a.observations {
		camera, point, weight := observation(a, places, i)
		index = append(append(append(index, camera...), point...), weight, n+2*i, n+2*i+1)
	}
	return append(a.At[:n:n], a.seen...), index
}

// Scatter sums up what each observation adds to the gradient, which it sets. It is the transpose of Gather.
func (a *Adjustment) Scatter(grad, rows []float64) {
	clear(grad)
	for i := range a.observations {
		camera, point, _ := observation(a, grad, i)
		row := rows[17*i:][:17]
		for k := range camera {
			camera[k] += row[k]
		}
		for k := range point {
			point[k] += row[11+k]
		}
		grad[11*a.cameras+3*a.points+i] = row[14]
	}
}

// Observations returns how many there are.
func (a *Adjustment) Observations() int { return a.observations }
