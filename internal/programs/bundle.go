package programs

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// One observation of bundle adjustment, as in ADBench: how far from where it was seen a camera sees a point. The
// residuals are the weighted distances in the picture and 1 - weight²; the result is the sum of their squares. The leaves
// are, in this order,
//
//	 0  the camera's rotation: an axis, as long as the angle
//	 3  its centre
//	 6  its focal length
//	 7  its principal point
//	 9  its radial distortion: factors of r² and r⁴
//	11  the point
//	14  the weight of the observation
//	15  where the point was seen in the picture

// LeastSquare is added to the square of the angle θ of a rotation, so that a rotation by the vector r = 0 has an axis,
// 0, and an angle. It is lost in rounding unless θ is below 1e-142; for the θ that it leaves at 0, sin θ is θ, cos θ is
// 1 and 1/θ is exact. So x goes to x + r × x there, as in ADBench's branch for r = 0, with the derivatives of the
// rotation, and no operation divides by 0.
const LeastSquare = 0x1p-1000

func bundlePoint() []float64 {
	return []float64{
		0.1, -0.2, 0.3, 0.5, -0.4, -2, 1.3, 0.02, -0.03, 0.05, -0.01, // the camera
		0.7, 0.9, 1.5, // the point
		0.8,      // the weight
		0.3, 0.4, // where it was seen
	}
}

func bundleTape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	leaves = g.AppendVars(leaves, at)
	e1, e2, e3 := Residuals(leaves[len(leaves)-len(at):])
	return leaves, ops.Add(ops.Add(ops.Square(e1), ops.Square(e2)), ops.Square(e3))
}

// Residuals records the residuals of one observation, given the 17 numbers of it that [Adjustment.Gather] lays out.
func Residuals(p []graph.Value) (e1, e2, e3 graph.Value) {
	principal, weight, seen := p[7:9], p[14], p[15:17]
	u, v, scale := project(p[:11], p[11:14])
	e1 = ops.Mul(weight, ops.Sub(ops.Add(ops.Mul(u, scale), principal[0]), seen[0]))
	e2 = ops.Mul(weight, ops.Sub(ops.Add(ops.Mul(v, scale), principal[1]), seen[1]))
	return e1, e2, ops.AddScalar(ops.Neg(ops.Square(weight)), 1)
}

// project returns in which direction a camera sees a point, and how many times as large: the camera's rotation, centre,
// focal length, principal point and radial distortion are 3, 3, 1, 2 and 2 numbers.
func project(camera, point []graph.Value) (u, v, scale graph.Value) {
	rotation, centre, focal, radial := [3]graph.Value(camera[0:3]), camera[3:6], camera[6], camera[9:11]

	var x, axis [3]graph.Value
	for i := range x {
		x[i] = ops.Sub(point[i], centre[i])
	}
	// Rodrigues's formula: x·cos θ + (axis × x)·sin θ + axis·(axis·x)·(1 - cos θ).
	angle := ops.Sqrt(ops.AddScalar(dot(rotation, rotation), LeastSquare))
	for i := range axis {
		axis[i] = ops.Div(rotation[i], angle)
	}
	sin, cos := ops.Sin(angle), ops.Cos(angle)
	along := ops.Mul(dot(axis, x), ops.AddScalar(ops.Neg(cos), 1))
	var turned [3]graph.Value
	for i := range turned {
		j, k := (i+1)%3, (i+2)%3
		cross := ops.Sub(ops.Mul(axis[j], x[k]), ops.Mul(axis[k], x[j]))
		turned[i] = ops.Add(ops.Add(ops.Mul(x[i], cos), ops.Mul(cross, sin)), ops.Mul(axis[i], along))
	}
	u, v = ops.Div(turned[0], turned[2]), ops.Div(turned[1], turned[2])
	r2 := ops.Add(ops.Square(u), ops.Square(v))
	scale = ops.Mul(focal, ops.AddScalar(ops.Add(ops.Mul(radial[0], r2), ops.Mul(radial[1], ops.Square(r2))), 1))
	return u, v, scale
}

func dot(a, b [3]graph.Value) graph.Value {
	return ops.Add(ops.Add(ops.Mul(a[0], b[0]), ops.Mul(a[1], b[1])), ops.Mul(a[2], b[2]))
}

func dotPlain(a, b [3]float64) float64 {
	return float64(a[0]*b[0]) + float64(a[1]*b[1]) + float64(a[2]*b[2])
}

func bundlePlain(p []float64) float64 {
	weight, seen := p[14], p[15:17]
	u, v := projectPlain(p[:11], p[11:14])
	e1, e2 := weight*(u-seen[0]), weight*(v-seen[1])
	e3 := 1 - float64(weight*weight)
	return float64(e1*e1) + float64(e2*e2) + float64(e3*e3)
}

func projectPlain(camera, point []float64) (horizontal, vertical float64) {
	rotation, centre, focal, principal, radial := [3]float64(camera[0:3]), camera[3:6], camera[6], camera[7:9], camera[9:11]

	x := [3]float64{point[0] - centre[0], point[1] - centre[1], point[2] - centre[2]}
	angle := math.Sqrt(dotPlain(rotation, rotation) + LeastSquare)
	axis := [3]float64{rotation[0] / angle, rotation[1] / angle, rotation[2] / angle}
	sin, cos := math.Sin(angle), math.Cos(angle)
	along := dotPlain(axis, x) * (1 - cos)
	cross := crossPlain(axis, x)
	t0 := float64(x[0]*cos) + float64(cross[0]*sin) + float64(axis[0]*along)
	t1 := float64(x[1]*cos) + float64(cross[1]*sin) + float64(axis[1]*along)
	t2 := float64(x[2]*cos) + float64(cross[2]*sin) + float64(axis[2]*along)
	u, v := t0/t2, t1/t2
	r2 := float64(u*u) + float64(v*v)
	scale := focal * (float64(radial[0]*r2) + float64(radial[1]*(r2*r2)) + 1)
	return float64(u*scale) + principal[0], float64(v*scale) + principal[1]
}

func crossPlain(a, b [3]float64) [3]float64 {
	return [3]float64{
		float64(a[1]*b[2]) - float64(a[2]*b[1]),
		float64(a[2]*b[0]) - float64(a[0]*b[2]),
		float64(a[0]*b[1]) - float64(a[1]*b[0]),
	}
}

// bundleDerivative goes back through bundlePlain: dv is the derivative of the result by v.
func bundleDerivative(p, grad []float64) float64 {
	rotation, centre, focal, principal, radial := [3]float64(p[0:3]), p[3:6], p[6], p[7:9], p[9:11]
	point, weight, seen := p[11:14], p[14], p[15:17]

	x := [3]float64{point[0] - centre[0], point[1] - centre[1], point[2] - centre[2]}
	angle := math.Sqrt(dotPlain(rotation, rotation) + LeastSquare)
	axis := [3]float64{rotation[0] / angle, rotation[1] / angle, rotation[2] / angle}
	sin, cos := math.Sincos(angle)
	inner, rest := dotPlain(axis, x), 1-cos
	along := inner * rest
	cross := crossPlain(axis, x)
	t0 := x[0]*cos + cross[0]*sin + axis[0]*along
	t1 := x[1]*cos + cross[1]*sin + axis[1]*along
	t2 := x[2]*cos + cross[2]*sin + axis[2]*along
	u, v := t0/t2, t1/t2
	r2 := u*u + v*v
	distorted := radial[0]*r2 + radial[1]*(r2*r2) + 1
	scale := focal * distorted
	off1, off2 := u*scale+principal[0]-seen[0], v*scale+principal[1]-seen[1]
	e1, e2, e3 := weight*off1, weight*off2, 1-weight*weight

	d1, d2 := 2*e1*weight, 2*e2*weight // by off1 and off2
	grad[14] = 2*(e1*off1+e2*off2) - 4*e3*weight
	grad[7], grad[8], grad[15], grad[16] = d1, d2, -d1, -d2
	dscale := d1*u + d2*v
	ddistorted := dscale * focal
	grad[6] = dscale * distorted
	grad[9], grad[10] = ddistorted*r2, ddistorted*(r2*r2)
	dr2 := ddistorted * (radial[0] + 2*radial[1]*r2)
	du, dv := d1*scale+2*u*dr2, d2*scale+2*v*dr2
	dt := [3]float64{du / t2, dv / t2, -(du*u + dv*v) / t2}

	// With c the cross product, dt·c is dt·(axis × x): it passes (x × dt) on to axis and (dt × axis) to x.
	dtx, dtc, dta := dotPlain(dt, x), dotPlain(dt, cross), dotPlain(dt, axis)
	dinner := dta * rest
	toAxis, toX := crossPlain(x, dt), crossPlain(dt, axis)
	var daxis [3]float64
	for i := range daxis {
		dx := dt[i]*cos + toX[i]*sin + dinner*axis[i]
		grad[11+i], grad[3+i] = dx, -dx
		daxis[i] = toAxis[i]*sin + dt[i]*along + dinner*x[i]
	}
	// By the angle: of cos -sin, of sin cos, of 1 - cos sin; the axis is the rotation over the angle.
	dangle := dtc*cos - dtx*sin + dta*inner*sin - dotPlain(daxis, axis)/angle
	for i := range daxis {
		grad[i] = daxis[i]/angle + dangle*axis[i]
	}
	return e1*e1 + e2*e2 + e3*e3
}
