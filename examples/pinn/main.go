// Command pinn solves differential equations with networks: physics-informed neural networks (Raissi, Perdikaris and
// Karniadakis, 2019).
//
// A network is a function u(x) that can be differentiated by its input as well as by its parameters. What a
// differential equation asks of u can therefore be written as a loss: put u and its derivatives into the equation, look
// at what is left over, the residual, at some points, and make its mean square small. No solution is shown to the
// network, only the equation.
//
//	x := g.VarTensor(points)                            // the input is what we differentiate by
//	u := model.Forward(p, x)
//	v := autograd.Grad(ops.Sum(u), x)[0]                // u′, as a value on the graph
//	a := autograd.Grad(ops.Sum(v), x)[0]                // u″
//	loss := ops.Mean(ops.Square(residual of u, v, a))   // whose gradient by the parameters nn.Fit takes
//
// Three ideas make it work. What is known of the solution at its borders is built in: u = 1 + (1-e^(-t²))·N(t) has
// u(0) = 1 and u′(0) = 0 whatever the network N is (Lagaris, Likas and Fotiadis, 1998), and nothing has to be weighed
// against the residual. Activations are sines, whose derivatives are as lively as they are themselves (Sitzmann and
// others, 2020). And each step draws new points, by FitConfig.Augment: where the points stay, the residual vanishes at
// them and not between them. The program shows what that costs, and what L-BFGS brings, a method with an idea of the
// curvature, which needs points that stay, and many of them.
//
// The equations are a damped oscillator and the flow of heat in a rod, whose solutions are known, so that errors can be
// measured. Classic solvers are faster and more exact for such equations; networks are for many dimensions, for
// geometries without a mesh, and for equations with unknown parts that are to be found from measurements.
//
// Usage:
//
//	go run ./examples/pinn [-seeds 5] [-steps 3000] [-seed 1]
//
// The flags are:
//
//	-seeds N  trainings of each kind, with other first weights and points
//	-steps N  updates in each training; with L-BFGS as many as take about as long
//	-seed N   the first of the seeds; one seed always gives the same figures
//
// The text goes to standard output; a terminal shows on standard error how far the work has got. The exit status is 0,
// 1 if something failed, 2 for a wrong flag, and 130 after an interrupt (Ctrl-C).
package main

func main() { program().Main() }
