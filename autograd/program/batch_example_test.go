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
