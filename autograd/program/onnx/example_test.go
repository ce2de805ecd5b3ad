package onnx_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/autograd/program/onnx"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// A model becomes a file, and a function again.
func Example() {
	rng := rand.New(rand.NewPCG(1, 0))
	model := nn.Sequential(nn.Linear(rng, 20, 32), nn.ReLU(), nn.Linear(rng, 32, 4), nn.Softmax())
	f, err := nn.RecordForward(graph.New(graph.Traced()), model, tensor.New(tensor.Float64, 8, 20))
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if err := onnx.Write(&file, f, onnx.WithFloat32()); err != nil {
		fmt.Println(err)
		return
	}
	read, err := onnx.Read(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range read.Arguments {
		fmt.Println(a.Name, a.Role, a.Value.Shape())
	}
	for _, n := range read.Nodes() {
		if !n.Value().IsLeaf() {
			fmt.Println(n.OpName(), n.Dims())
		}
	}
	// Output:
	// 0.weight parameter [32 20]
	// 0.bias parameter [32]
	// 2.weight parameter [4 32]
	// 2.bias parameter [4]
	// batch batch [8 20]
	// transpose [20 32]
	// linear [8 32]
	// relu [8 32]
	// transpose [32 4]
	// linear [8 4]
	// softmax [8 4]
}
