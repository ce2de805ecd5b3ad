package tensor_test

import (
	"fmt"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

func ExampleTensor_MarshalBinary() {
	b, err := tensor.Of([]float32{1, -2.5}, 2, 1).MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}
	var t tensor.Tensor
	if err := t.UnmarshalBinary(b); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(b), t.DType(), t.Shape(), &t)
	// Output: 30 float32 [2 1] [[1] [-2.5]]
}
