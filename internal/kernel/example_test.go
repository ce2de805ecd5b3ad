package kernel_test

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// A layer of two inputs and three outputs, for a batch of two.
func ExampleLinear() {
	x := []float64{
		1, 2,
		3, -4,
	}
	w := []float64{
		1, 0, -1,
		0, 1, 1,
	}
	bias := []float64{0.5, 0, 0}
	y := make([]float64, 6)
	kernel.Linear(y, x, w, bias, 2, 3, 2, true)
	fmt.Println(y[:3])
	fmt.Println(y[3:])
	// Output:
	// [1.5 2 1]
	// [3.5 0 0]
}

// The gradient of the weights of a layer is the transposed input times the cotangent of the output, added to what is there.
func ExampleGemm() {
	x := []float32{
		1, 2,
		3, -4,
	}
	ct := []float32{
		1, 0, 0,
		0, 1, 0,
	}
	dw := []float32{
		10, 10, 10,
		10, 10, 10,
	}
	kernel.Gemm(true, false, 2, 3, 2, x, 2, ct, 3, dw, 3, true)
	fmt.Println(dw[:3])
	fmt.Println(dw[3:])
	// Output:
	// [11 13 10]
	// [12 6 10]
}

// Where the cotangent is 0 the local derivative does not matter, not even if there is none.
func ExampleMulAddTo() {
	x := []float64{0, 4}
	derivative := make([]float64, 2)
	kernel.Sqrt(derivative, x)
	kernel.Div(derivative, []float64{0.5, 0.5}, derivative)
	dx := make([]float64, 2)
	kernel.MulAddTo(dx, []float64{0, 1}, derivative)
	fmt.Println(derivative, dx)
	// Output: [+Inf 0.25] [0 0.25]
}
