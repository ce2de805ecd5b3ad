// Command orbit differentiates a long integration: where a comet is after 100,000 steps, by how it started.
//
// The comet runs on an ellipse about a sun, in units in which its semi-major axis and the sun's pull are 1. Each step of
// Verlet's method, the leapfrog, takes the place and the speed a little further:
//
//	v ← v + h/2·a(r),  r ← r + h·v,  v ← v + h/2·a(r),  a(r) = -r/|r|³
//
// A backward sweep needs what every step has recorded, which for many steps is more than there is memory for. autograd.Loop
// keeps the states before some of the steps, and records each step anew when the sweep comes to it, from the nearest state
// that was kept: as in Griewank and Walther (2000). The program takes the derivative of the last y by place and speed at
// the start in several ways, and shows how much memory and time each took. All are equal to the last bit.
//
// After whole revolutions the derivatives are known. A higher speed v at the nearest point r lengthens the time of
// revolution, T = 2π·a^(3/2) with 1/a = 2/r - v², and where the comet would be again it is late by the sum of all delays:
//
//	∂y/∂x₀ = -6πN·v/r²,  ∂y/∂y₀ = 1,  ∂y/∂vx₀ = 0,  ∂y/∂vy₀ = -6πN·v²
//
// for N revolutions. What the method's steps are off by from the ellipse is what the derivatives differ by from these.
//
// Usage:
//
//	go run ./examples/orbit [-steps 100000] [-revolutions 10] [-eccentricity 0.6]
//
// The flags are:
//
//	-steps N         how many steps there are
//	-revolutions N   how often the comet goes around
//	-eccentricity E  of the ellipse: 0 is a circle, and near 1 the comet almost falls into the sun
//
// The exit status is 0, 1 if something failed, 2 for a wrong flag, and 130 after an interrupt (Ctrl-C).
package main

func main() { program().Main() }
