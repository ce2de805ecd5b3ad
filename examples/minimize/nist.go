package main

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// A reference is a problem of the Statistical Reference Datasets of the National Institute of Standards and Technology,
// a work of the United States government and in the public domain: https://www.itl.nist.gov/div898/strd. The certified
// values have 11 digits; NIST computed them with 128 bits.
type reference struct {
	name, about string
	x, y        []float64
	starts      [2][]float64 // the first is farther from the solution
	certified   []float64    // parameters
	errors      []float64    // their standard errors
	sum         float64      // of the squares of the residuals
	model       func(b []graph.Value, x float64) graph.Value
}

// references have all levels of difficulty that NIST tells apart.
var references = []reference{
	{
		name: "Misra1a", about: "adsorption of a dental material, y = b₁·(1 - exp(-b₂·x))",
		y: []float64{10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78},
		x: []float64{77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0},
		starts: [2][]float64{
			{500, 0.0001},
			{250, 0.0005},
		},
		certified: []float64{2.3894212918e+02, 5.5015643181e-04},
		errors:    []float64{2.7070075241e+00, 7.2668688436e-06},
		sum:       1.2455138894e-01,
		model: func(b []graph.Value, x float64) graph.Value {
			return ops.Mul(b[0], ops.Neg(ops.Expm1(ops.MulScalar(b[1], -x))))
		},
	},
	{
		name: "Roszman1", about: "quantum defects of iodine atoms, y = b₁ - b₂·x - arctan(b₃/(x - b₄))/π",
		y: []float64{
			0.252429, 0.252141, 0.251809, 0.297989, 0.296257, 0.295319, 0.339603, 0.337731, 0.333820, 0.389510, 0.386998, 0.438864,
			0.434887, 0.427893, 0.471568, 0.461699, 0.461144, 0.513532, 0.506641, 0.505062, 0.535648, 0.533726, 0.568064, 0.612886, 0.624169,
		},
		x: []float64{
			-4868.68, -4868.09, -4867.41, -3375.19, -3373.14, -3372.03, -2473.74, -2472.35, -2469.45, -1894.65, -1893.40, -1497.24,
			-1495.85, -1493.41, -1208.68, -1206.18, -1206.04, -997.92, -996.61, -996.31, -834.94, -834.66, -710.03, -530.16, -464.17,
		},
		starts: [2][]float64{
			{0.1, -0.00001, 1000, -100},
			{0.2, -0.000005, 1200, -150},
		},
		certified: []float64{2.0196866396e-01, -6.1953516256e-06, 1.2044556708e+03, -1.8134269537e+02},
		errors:    []float64{1.9172666023e-02, 3.2058931691e-06, 7.4050983057e+01, 4.9573513849e+01},
		sum:       4.9484847331e-04,
		model: func(b []graph.Value, x float64) graph.Value {
			angle := ops.Atan(ops.Div(b[2], ops.AddScalar(ops.Neg(b[3]), x)))
			return ops.Sub(ops.Sub(b[0], ops.MulScalar(b[1], x)), ops.MulScalar(angle, 1/math.Pi))
		},
	},
	{
		name: "MGH09", about: "kinetics of an enzyme, y = b₁·(x² + b₂·x)/(x² + b₃·x + b₄)",
		y: []float64{0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246},
		x: []float64{4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625},
		starts: [2][]float64{
			{25, 39, 41.5, 39},
			{0.25, 0.39, 0.415, 0.39},
		},
		certified: []float64{1.9280693458e-01, 1.9128232873e-01, 1.2305650693e-01, 1.3606233068e-01},
		errors:    []float64{1.1435312227e-02, 1.9633220911e-01, 8.0842031232e-02, 9.0025542308e-02},
		sum:       3.0750560385e-04,
		model: func(b []graph.Value, x float64) graph.Value {
			above := ops.AddScalar(ops.MulScalar(b[1], x), x*x)
			below := ops.Add(ops.AddScalar(ops.MulScalar(b[2], x), x*x), b[3])
			return ops.Div(ops.Mul(b[0], above), below)
		},
	},
	{
		name: "Thurber", about: "electron mobility of a semiconductor, a quotient of two cubic polynomials",
		y: []float64{
			80.574, 84.248, 87.264, 87.195, 89.076, 89.608, 89.868, 90.101, 92.405, 95.854, 100.696, 101.060, 401.672, 390.724, 567.534,
			635.316, 733.054, 759.087, 894.206, 990.785, 1090.109, 1080.914, 1122.643, 1178.351, 1260.531, 1273.514, 1288.339, 1327.543,
			1353.863, 1414.509, 1425.208, 1421.384, 1442.962, 1464.350, 1468.705, 1447.894, 1457.628,
		},
		x: []float64{
			-3.067, -2.981, -2.921, -2.912, -2.840, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363, -2.322, -1.501, -1.460, -1.274,
			-1.212, -1.100, -1.046, -0.915, -0.714, -0.566, -0.545, -0.400, -0.309, -0.109, -0.103, 0.010, 0.119,
			0.377, 0.790, 0.963, 1.006, 1.115, 1.572, 1.841, 2.047, 2.200,
		},
		starts: [2][]float64{
			{1000, 1000, 400, 40, 0.7, 0.3, 0.03},
			{1300, 1500, 500, 75, 1, 0.4, 0.05},
		},
		certified: []float64{1.2881396800e+03, 1.4910792535e+03, 5.8323836877e+02, 7.5416644291e+01, 9.6629502864e-01, 3.9797285797e-01, 4.9727297349e-02},
		errors:    []float64{4.6647963344e+00, 3.9571156086e+01, 2.8698696102e+01, 5.5675370270e+00, 3.1333340687e-02, 1.4984928198e-02, 6.5842344623e-03},
		sum:       5.6427082397e+03,
		model: func(b []graph.Value, x float64) graph.Value {
			return ops.Div(polynomial(b[:4], x), ops.AddScalar(ops.MulScalar(polynomial(b[4:], x), x), 1))
		},
	},
}

// polynomial returns b₀ + b₁·x + b₂·x² + …
func polynomial(b []graph.Value, x float64) graph.Value {
	sum := b[len(b)-1]
	for i := len(b) - 2; i >= 0; i-- {
		sum = ops.Add(ops.MulScalar(sum, x), b[i])
	}
	return sum
}

// residuals returns how far the model lies beside the measurements.
func (r *reference) residuals(b []graph.Value) []graph.Value {
	out := make([]graph.Value, len(r.y))
	for i, y := range r.y {
		out[i] = ops.AddScalar(r.model(b, r.x[i]), -y)
	}
	return out
}
