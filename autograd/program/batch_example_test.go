package program_test

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// A projectile's range and how it changes with speed and angle, for many throws at once.
func ExampleProgram_EvalBatch() {
	g := graph.New(graph.Traced())
	speed, angle := g.Var(10), g.Var(0.5)
	reach := ops.MulScalar(ops.Mul(ops.Square(speed), ops.Sin(ops.MulScalar(angle, 2))), 1/9.81)
	p, err := program.Compile(reach, speed, angle)
	if err != nil {
		fmt.Println(err)
		return
	}
	throws := []float64{
		10, 0.3,
		10, 0.6,
		20, 0.9,
	}
	reaches, slopes := make([]float64, 3), make([]float64, 6)
	p.EvalBatch(reaches, slopes, throws)
	for i, y := range reaches {
		fmt.Printf("%.2f m, %.2f m for 1 m/s more, %+.2f m for 0.1 more\n", y, slopes[2*i], 0.1*slopes[2*i+1])
	}
	// Output:
	// 5.76 m, 1.15 m for 1 m/s more, +1.68 m for 0.1 more
	// 9.50 m, 1.90 m for 1 m/s more, +0.74 m for 0.1 more
	// 39.71 m, 3.97 m for 1 m/s more, -1.85 m for 0.1 more
}

// Polar coordinates of many points become places in the plane, each with its Jacobian.
func ExampleProgram_JacobianBatch() {
	g := graph.New(graph.Traced())
	r, phi := g.Var(1), g.Var(0)
	p, err := program.Compile(ops.Stack(0, ops.Mul(r, ops.Cos(phi)), ops.Mul(r, ops.Sin(phi))), r, phi)
	if err != nil {
		fmt.Println(err)
		return
	}
	places, jacobians := make([]float64, 4), make([]float64, 8)
	p.JacobianBatch(places, jacobians, []float64{2, 0, 3, 0})
	fmt.Println(places)
	fmt.Println(jacobians)
	// Output:
	// [2 0 3 0]
	// [1 0 0 2 1 0 0 3]
}

// Springs between neighbours on a line: each force is made of two of many places.
func ExampleProgram_SparseJacobian() {
	g := graph.New(graph.Traced())
	a, b := g.Var(0), g.Var(1)
	p, err := program.Compile(ops.PowScalar(ops.Sub(b, a), 3), a, b)
	if err != nil {
		fmt.Println(err)
		return
	}
	places := []float64{0, 1, 3, 4}
	springs := []int{0, 1, 1, 2, 2, 3} // the first is between places 0 and 1
	forces := make([]float64, 3)
	j := p.SparseJacobian(nil, forces, places, springs, len(places))
	fmt.Println(forces)
	for k, v := range j.Value {
		fmt.Printf("force %d by place %d: %v\n", j.Row[k], j.Col[k], v)
	}
	// Output:
	// [1 8 1]
	// force 0 by place 0: -3
	// force 0 by place 1: 3
	// force 1 by place 1: -12
	// force 1 by place 2: 12
	// force 2 by place 2: -3
	// force 2 by place 3: 3
}
