// Command minimize finds minima with gonum's optimizers, which get exact derivatives from a graph.
//
// It minimizes Rosenbrock's valley in 1000 dimensions,
//
//	Σ 100·(xᵢ₊₁ - xᵢ²)² + (1 - xᵢ)²
//
// by two methods of gonum's that need a gradient, by Newton's method with products of the Hessian, which takes no
// matrix, and as a sum of squares whose sparse Jacobian has three entries for every two rows. Then it fits four models
// to measurements of the Statistical Reference Datasets of NIST, by least squares from both starting points and by
// gonum's Newton method with exact Hessians, and compares parameters and their standard errors with the certified
// values, digit by digit.
//
// At last it adjusts a bundle: it finds the positions of cameras and of points, 12 360 unknowns, from where in their
// pictures the cameras saw the points, within half a pixel. The residuals are a compiled program of one observation.
// Each unknown is in few of them, and neither the Jacobian nor the factor of the normal equations has many numbers.
//
// Usage:
//
//	go run ./examples/minimize [-n 1000] [-cameras 40] [-points 4000]
//
// The flags are:
//
//	-n N        dimensions of the valley
//	-cameras N  cameras of the bundle adjustment
//	-points N   its points, which 6 cameras see each
//
// The exit status is 0, 1 if something failed, 2 for a wrong flag, and 130 after an interrupt (Ctrl-C).
package main

func main() { program().Main() }
