// Command minimize finds minima with gonum's optimizers, which get exact derivatives from a graph.
//
// It minimizes Rosenbrock's valley in 1000 dimensions,
//
//	Σ 100·(xᵢ₊₁ - xᵢ²)² + (1 - xᵢ)²
//
// by two methods of gonum's that need a gradient, and as a sum of squares whose sparse Jacobian has three entries for every
// two rows. Then it fits four models to measurements of the Statistical Reference Datasets of NIST, by least squares from
// both starting points and by gonum's Newton method with exact Hessians, and compares parameters and their standard errors
// with the certified values, digit by digit.
//
// Usage:
//
//	go run ./examples/minimize [-n 1000]
//
// The flags are:
//
//	-n N  dimensions of the valley
//
// The exit status is 0, 1 if something failed, 2 for a wrong flag, and 130 after an interrupt (Ctrl-C).
package main

func main() { program().Main() }
