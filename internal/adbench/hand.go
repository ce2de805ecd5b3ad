package adbench

import (
	"math"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/ops"
)

// A hand has 22 bones, the wrist, the palm and four in each finger, and a pose of 26 numbers: the rotation of the whole
// as an axis times an angle, its place, and four angles in each finger, two of which are at the first joint. Points on
// its skin follow the bones in parts: a point x at rest goes to Σ w·(R·(x - joint) + t) over the bones, with rotations
// R and places t of their joints. The bones lie along the second axis at rest; fingers bend about the first one.
const (
	bones     = 22
	poseSize  = 26
	fingers   = 5
	inFinger  = 4
	firstBone = 2 // of the first finger
)

// parentOf returns the bone that another one hangs on.
func parentOf(b int) int {
	if b < firstBone || (b-firstBone)%inFinger != 0 {
		return b - 1
	}
	return 1
}

// offsetOf returns where a bone's joint is at rest, from that of its parent.
func offsetOf(b int) [3]float64 {
	finger, joint := (b-firstBone)/inFinger, (b-firstBone)%inFinger
	switch {
	case b == 0:
		return [3]float64{}
	case b == 1:
		return [3]float64{0, 0.2, 0}
	case joint == 0:
		return [3]float64{0.25 * float64(finger-2), 0.9 - 0.08*float64((finger-2)*(finger-2)), 0}
	}
	return [3]float64{0, 0.45 - 0.1*float64(joint), 0}
}

// A skin has points, the two bones that each follows, and where each was measured.
type skin struct {
	points, measured []float64 // three numbers each
	bones            [][2]int
	weights          [][2]float64
}

// hand is the distance of points of a hand from where they were measured, and its Jacobian by the pose.
func hand() *Task {
	return &Task{
		Name: "hand", About: "points on the skin of a posed hand; the Jacobian by the pose",
		Names: []string{"points"}, Sizes: []int{1000}, Most: 100_000,
		Make: func(sizes []int) Work {
			n := sizes[0]
			rng := programs.Draws(7)
			pose := rng.Fill(poseSize, -0.5, 0.5)
			s := newSkin(n, &rng)
			weights := tensor.Of(s.matrix(), n, 4*bones)
			measured := tensor.Of(s.measured, n, 3)
			f := func(x graph.Value) graph.Value {
				g := x.Graph()
				m := posed(onGraph(g), ops.Unstack(x, 0))
				moved := ops.MatMul(g.BindConst(weights), ops.Reshape(ops.Stack(0, m...), 4*bones, 3))
				return ops.Sub(g.BindConst(measured), moved)
			}
			var directions [poseSize][]float64
			for j := range directions {
				directions[j] = make([]float64, poseSize)
				directions[j][j] = 1
			}
			jacobian := make([]float64, 3*n*poseSize)
			return Work{
				Inputs: poseSize, Point: pose, Plain: func() float64 { return s.residuals(pose) },
				Derivative: func() (float64, []float64) {
					y, columns := autograd.JVPs(f, pose, directions[:]...) // few, against so many rows
					for first := 0; first < 3*n; first += 64 {             // rows that the cache holds while the columns come
						last := min(first+64, 3*n)
						for j, c := range columns {
							for i, v := range c.Float64s()[first:last] {
								jacobian[(first+i)*poseSize+j] = v
							}
						}
					}
					return Total(y.Float64s()), jacobian
				},
			}
		},
	}
}

// newSkin returns n points around the bones.
func newSkin(n int, rng *programs.Draws) *skin {
	s := &skin{bones: make([][2]int, n), weights: make([][2]float64, n)}
	joints := joints()
	for i := range n {
		b := 1 + i%(bones-1)
		for k := range 3 {
			s.points = append(s.points, joints[b][k]+0.2*(rng.Next()-0.5))
		}
		w := 0.5 + 0.5*rng.Next()
		s.bones[i], s.weights[i] = [2]int{b, parentOf(b)}, [2]float64{w, 1 - w}
	}
	for _, v := range s.points {
		s.measured = append(s.measured, v+0.1*(rng.Next()-0.5))
	}
	return s
}

// joints returns where the joints are at rest.
func joints() (at [bones][3]float64) {
	for b := 1; b < bones; b++ {
		for k, v := range offsetOf(b) {
			at[b][k] = at[parentOf(b)][k] + v
		}
	}
	return at
}

// matrix returns the points as the rows of a matrix, four numbers for each bone, so that its product with what posed
// returns is where they are in that pose.
func (s *skin) matrix() []float64 {
	m := make([]float64, len(s.bones)*4*bones)
	for i, bs := range s.bones {
		for j, b := range bs {
			row, w := m[(i*bones+b)*4:][:4], s.weights[i][j]
			for k := range 3 {
				row[k] = w * s.points[3*i+k]
			}
			row[3] = w
		}
	}
	return m
}

// residuals is the plain function: the sum of all residuals.
func (s *skin) residuals(pose []float64) float64 {
	m := posed(onNumbers, pose)
	sum := 0.0
	for i, bs := range s.bones {
		x := s.points[3*i:][:3]
		for k := range 3 {
			moved := 0.0
			for j, b := range bs {
				t := m[12*b:][:12]
				moved += s.weights[i][j] * (x[0]*t[k] + x[1]*t[3+k] + x[2]*t[6+k] + t[9+k])
			}
			sum += s.measured[3*i+k] - moved
		}
	}
	return sum
}

// An arithmetic is what posed computes with.
type arithmetic[T any] struct {
	add, mul             func(a, b T) T
	sin, cos, sqrt, over func(x T) T // over is 1/x
	number               func(x float64) T
}

var onNumbers = arithmetic[float64]{
	add: func(a, b float64) float64 { return a + b }, mul: func(a, b float64) float64 { return a * b },
	sin: math.Sin, cos: math.Cos, sqrt: math.Sqrt, over: func(x float64) float64 { return 1 / x },
	number: func(x float64) float64 { return x },
}

func onGraph(g *graph.Graph) arithmetic[graph.Value] {
	return arithmetic[graph.Value]{
		add: ops.Add, mul: ops.Mul, sin: ops.Sin, cos: ops.Cos, sqrt: ops.Sqrt, over: ops.Reciprocal,
		number: func(x float64) graph.Value { return g.Const(x) },
	}
}

// A motion is a rotation, by columns, and where the joint goes.
type motion[T any] struct {
	columns [3][3]T
	place   [3]T
}

// posed returns four rows of three numbers for each bone: the transpose of its rotation, and where that leaves the origin.
func posed[T any](a arithmetic[T], pose []T) []T {
	var all [bones]motion[T]
	all[0] = motion[T]{a.rotation([3]T(pose[:3])), [3]T(pose[3:6])}
	for b := 1; b < bones; b++ {
		m := all[parentOf(b)]
		offset := offsetOf(b)
		m.place = a.moved(m, [3]T{a.number(offset[0]), a.number(offset[1]), a.number(offset[2])})
		if k := b - firstBone; k >= 0 {
			angles := pose[6+4*(k/inFinger):][:4]
			switch joint := k % inFinger; joint {
			case 0:
				a.turn(&m.columns[1], &m.columns[2], angles[0])
				a.turn(&m.columns[0], &m.columns[1], angles[1])
			case 1, 2:
				a.turn(&m.columns[1], &m.columns[2], angles[joint+1])
			}
		}
		all[b] = m
	}
	var out []T
	for b, rest := range joints() {
		m := all[b]
		for _, c := range m.columns {
			out = append(out, c[:]...)
		}
		place := a.moved(m, [3]T{a.number(-rest[0]), a.number(-rest[1]), a.number(-rest[2])})
		out = append(out, place[:]...)
	}
	return out
}

// moved returns the rotation of x, and the place added to it.
func (a arithmetic[T]) moved(m motion[T], x [3]T) (y [3]T) {
	for k := range y {
		y[k] = m.place[k]
		for j, c := range m.columns {
			y[k] = a.add(y[k], a.mul(c[k], x[j]))
		}
	}
	return y
}

// turn turns two columns of a rotation into each other.
func (a arithmetic[T]) turn(x, y *[3]T, angle T) {
	s, c := a.sin(angle), a.cos(angle)
	for k := range x {
		x[k], y[k] = a.add(a.mul(c, x[k]), a.mul(s, y[k])), a.add(a.mul(c, y[k]), a.mul(a.mul(a.number(-1), s), x[k]))
	}
}

// rotation returns the columns of the rotation by |r| about r, by Rodrigues' formula. ADBench takes rotations by less than
// 1e-4 for none, and so says that they do not depend on r; here derivatives are those of the rotation, at r = 0 too.
func (a arithmetic[T]) rotation(r [3]T) (columns [3][3]T) {
	square := a.add(a.add(a.mul(r[0], r[0]), a.mul(r[1], r[1])), a.mul(r[2], r[2]))
	angle := a.sqrt(a.add(square, a.number(programs.LeastSquare)))
	s, c := a.sin(angle), a.cos(angle)
	one := a.over(angle)
	n := [3]T{a.mul(r[0], one), a.mul(r[1], one), a.mul(r[2], one)}
	rest := a.add(a.number(1), a.mul(a.number(-1), c))
	for j := range columns {
		for k := range columns[j] {
			columns[j][k] = a.mul(rest, a.mul(n[j], n[k]))
		}
		columns[j][j] = a.add(columns[j][j], c)
		next, after := (j+1)%3, (j+2)%3
		columns[j][next] = a.add(columns[j][next], a.mul(s, n[after]))
		columns[j][after] = a.add(columns[j][after], a.mul(a.mul(a.number(-1), s), n[next]))
	}
	return columns
}
