package npy_test

import (
	"bytes"
	"fmt"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/graph/tensor/npy"
)

func ExampleWrite() {
	var file bytes.Buffer
	if err := npy.Write(&file, tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 2, 3)); err != nil {
		fmt.Println(err)
		return
	}
	t, err := npy.Read(&file)
	fmt.Println(t, err)
	// Output: [[1 2 3] [4 5 6]] <nil>
}

func ExampleReadNPZ() {
	var file bytes.Buffer
	err := npy.WriteNPZ(&file, map[string]*tensor.Tensor{
		"weight": tensor.Of([]float32{1, 2}, 1, 2),
		"bias":   tensor.Of([]float32{0.5}, 1),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	arrays, err := npy.ReadNPZ(bytes.NewReader(file.Bytes()), int64(file.Len()), "bias")
	fmt.Println(arrays["bias"], err)
	// Output: [0.5] <nil>
}
