package main

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/autograd/minimize"
	compiler "github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// An observation takes so many numbers: a camera, a point, and where the point was seen.
const (
	cameraSize = 9 // a rotation, as an axis as long as the angle, a translation, a focal length, two factors of distortion
	pointSize  = 3
	seenSize   = 2
)

// reprojection records how far an observation lies from where the camera would see the point, in pixels.
func reprojection(p []graph.Value) (horizontal, vertical graph.Value) {
	rotation, translation, focal, distortion := [3]graph.Value(p[0:3]), p[3:6], p[6], p[7:9]
	point, seen := [3]graph.Value(p[9:12]), p[12:14]
	// Rodrigues's formula: x·cos θ + (axis × x)·sin θ + axis·(axis·x)·(1 - cos θ). What is added to θ² is lost in
	// rounding, but at 0, where it leaves x + rotation × x with the derivatives of the rotation.
	angle := ops.Sqrt(ops.AddScalar(dot(rotation, rotation), 0x1p-1000))
	sin, cos := ops.Sin(angle), ops.Cos(angle)
	var axis, x [3]graph.Value
	for i := range axis {
		axis[i] = ops.Div(rotation[i], angle)
	}
	along := ops.Mul(dot(axis, point), ops.AddScalar(ops.Neg(cos), 1))
	for i := range x {
		j, k := (i+1)%3, (i+2)%3
		cross := ops.Sub(ops.Mul(axis[j], point[k]), ops.Mul(axis[k], point[j]))
		turned := ops.Add(ops.Add(ops.Mul(point[i], cos), ops.Mul(cross, sin)), ops.Mul(axis[i], along))
		x[i] = ops.Add(turned, translation[i])
	}
	u, v := ops.Div(x[0], x[2]), ops.Div(x[1], x[2])
	r2 := ops.Add(ops.Square(u), ops.Square(v))
	scale := ops.Mul(focal, ops.AddScalar(ops.Mul(r2, ops.Add(distortion[0], ops.Mul(distortion[1], r2))), 1))
	return ops.Sub(ops.Mul(scale, u), seen[0]), ops.Sub(ops.Mul(scale, v), seen[1])
}

func dot(a, b [3]graph.Value) graph.Value {
	return ops.Add(ops.Add(ops.Mul(a[0], b[0]), ops.Mul(a[1], b[1])), ops.Mul(a[2], b[2]))
}

// A scene is cameras around points, and where each point was seen by some cameras.
type scene struct {
	cameras, points, observations int
	truth, start                  []float64 // cameras and points, as they are and as they are taken to be at first
	residuals                     minimize.Residuals
}

const (
	seenBy = 6   // cameras, by which a point is seen
	noise  = 0.5 // pixels, the standard deviation of where a point was seen
)

// newScene draws a scene: cameras on a circle, 5 from the middle, that look there, and points in a cube of side 2 about it.
func newScene(cameras, points int) (*scene, error) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := &scene{cameras: cameras, points: points, observations: points * min(seenBy, cameras)}
	around := func(x, deviation float64) float64 { return x + deviation*rng.NormFloat64() }
	for c := range cameras {
		turn := 0.1 + 2*math.Pi*float64(c)/float64(cameras)
		s.truth = append(s.truth, around(0, 0.01), turn, around(0, 0.01), 0, 0, 5, 800, -0.05, 0.01)
		s.start = append(s.start, around(0, 0.02), around(turn, 0.02), around(0, 0.02), around(0, 0.05), around(0, 0.05), around(5, 0.05), 780, 0, 0)
	}
	for range pointSize * points {
		x := 2*rng.Float64() - 1
		s.truth = append(s.truth, x)
		s.start = append(s.start, around(x, 0.05))
	}
	// The numbers of each observation: where they stand among the unknowns, and after these where the point was seen.
	var index []int
	seen := make([]float64, seenSize*s.observations)
	for i := range s.observations {
		camera, point := s.pair(rng, i)
		for k := range cameraSize {
			index = append(index, cameraSize*camera+k)
		}
		for k := range pointSize {
			index = append(index, cameraSize*cameras+pointSize*point+k)
		}
		index = append(index, len(s.truth)+seenSize*i, len(s.truth)+seenSize*i+1)
	}
	g := graph.New(graph.Traced())
	xs := g.Vars(make([]float64, cameraSize+pointSize+seenSize))
	horizontal, vertical := reprojection(xs)
	p, err := compiler.Compile(ops.Stack(0, horizontal, vertical), xs...)
	if err != nil {
		return nil, err
	}
	// From where nothing was seen the residuals are where the points are seen.
	for i, v := range minimize.ProgramResiduals(p, index, seen).Func(nil, s.truth) {
		seen[i] = around(v, noise)
	}
	s.residuals = minimize.ProgramResiduals(p, index, seen)
	return s, nil
}

// pair returns the camera and the point of an observation: cameras of one point stand well apart.
func (s *scene) pair(rng *rand.Rand, i int) (camera, point int) {
	of := min(seenBy, s.cameras)
	point = i / of
	step := max(1, s.cameras/12)
	camera = point*5 + i%of*step
	if step > 1 {
		camera += rng.IntN(2)
	}
	return camera % s.cameras, point
}

// bundle adjusts a scene, and prints the error in pixels from step to step.
func bundle(ctx context.Context, out *command.Output, cameras, points int) error {
	s, err := newScene(cameras, points)
	if err != nil {
		return err
	}
	out.Printf("\nBundle adjustment: %d cameras, %d points, %d observations\n\n", cameras, points, s.observations)
	out.Printf("  step   sum of squares   error in pixels\n")
	last := minimize.Fit{Steps: -1}
	show := func(f minimize.Fit) { out.Printf("%6d %16.6g %17.4f\n", f.Steps, f.Sum, s.pixels(f.Sum)) }
	fit, err := minimize.LeastSquaresOf(s.residuals, s.start, minimize.LeastSquaresConfig{
		Tolerance: 1e-6,
		Progress: func(f minimize.Fit) error {
			if f.Steps < 5 {
				show(f)
			}
			last = f
			return ctx.Err()
		},
	})
	if err != nil {
		return err
	}
	if last.Steps >= 5 {
		show(last)
	}
	n := float64(len(fit.X))
	out.Printf("\nThe Jacobian of %d residuals by %d unknowns has %d entries, %.2g of all.\n", fit.Jacobian.M, fit.Jacobian.N, len(fit.Jacobian.Value), float64(len(fit.Jacobian.Value))/float64(fit.Jacobian.M)/n)
	if fit.Factor > 0 {
		out.Printf("The factor of the normal equations has %d numbers, %.2g of all.\n", fit.Factor, float64(fit.Factor)/(n*(n+1)/2))
	}
	// The unknowns take up some of the noise; 7 of them, how the whole lies and its size, do not matter.
	rest := 1 - (n-7)/float64(fit.Jacobian.M)
	out.Printf("Noise of %g pixels leaves an error of about %.4f.\n", noise, math.Sqrt2*noise*math.Sqrt(rest))
	return nil
}

// pixels returns the distance of an observation from where its point would be seen, the root of the mean square.
func (s *scene) pixels(sum float64) float64 { return math.Sqrt(sum / float64(s.observations)) }
