package nn_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// A Product is a layer of one's own: y = (x·A)·(x·B) + c, where the product of both is taken element by element.
type Product struct {
	a, b, bias *nn.Param
	params     []*nn.Param
}

func NewProduct(rng *rand.Rand, in, out int) *Product {
	init := nn.XavierUniform()
	l := &Product{
		a:    &nn.Param{Name: "a", Kind: nn.Weight, Data: init.Draw(rng, in, out, in, out)},
		b:    &nn.Param{Name: "b", Kind: nn.Weight, Data: init.Draw(rng, in, out, in, out)},
		bias: &nn.Param{Name: "bias", Kind: nn.Bias, Data: tensor.New(tensor.Float64, out)},
	}
	l.params = []*nn.Param{l.a, l.b, l.bias}
	return l
}

func (l *Product) Params() []*nn.Param { return l.params }

func (l *Product) Forward(_ nn.Pass, x graph.Value) graph.Value {
	g := x.Graph()
	y := ops.Mul(ops.MatMul(x, l.a.Bind(g)), ops.MatMul(x, l.b.Bind(g)))
	return ops.Add(y, l.bias.Bind(g))
}

// A layer of one's own stands in a model as others do: its parameters get names, and are counted and trained.
func ExampleLayer() {
	rng := rand.New(rand.NewPCG(1, 2))
	model := nn.Sequential(NewProduct(rng, 2, 4), nn.Linear(rng, 4, 1))
	for _, p := range model.Params() {
		fmt.Println(p.Name, p.Data.Shape(), p.Kind)
	}
	set := xor() // products tell it apart
	loss := nn.OnTargets(nn.BCEWithLogits)
	if _, err := nn.Fit(context.Background(), model, set, nn.FitConfig{
		Loss: loss, Optimizer: nn.NewAdam(nn.AdamConfig{LR: 0.1}), Rand: rng, BatchSize: 4, Epochs: 200,
	}); err != nil {
		fmt.Println(err)
		return
	}
	_, wrong, err := nn.Evaluate(model, set, loss, nn.ThresholdError(0))
	fmt.Println("wrong:", wrong, err)
	// Output:
	// 0.a [2 4] weight
	// 0.b [2 4] weight
	// 0.bias [4] bias
	// 1.weight [4 1] weight
	// 1.bias [1] bias
	// wrong: 0 <nil>
}

// A convolutional network for images of 8×8 pixels of one channel, in ten classes.
func ExampleSummary() {
	rng := rand.New(rand.NewPCG(1, 2))
	model := nn.Sequential(
		nn.Conv2D(rng, 1, 16, 3, nn.Padding(1), nn.NoBias()), nn.BatchNorm(16), nn.ReLU(),
		nn.Residual(nn.Conv2D(rng, 16, 16, 3, nn.Padding(1)), nn.ReLU()),
		nn.MaxPool2D(2), nn.Flatten(),
		nn.Linear(rng, 16*4*4, 10),
	)
	if err := nn.Summary(os.Stdout, model, 1, 8, 8); err != nil {
		fmt.Println(err)
	}
	// Output:
	// layer                                output      parameters  bytes
	// Sequential                           (1,10)
	//   0  Conv2D(1, 16, 3, padding 1)     (1,16,8,8)         144   1152
	//   1  BatchNorm(16)                   (1,16,8,8)          65    520
	//   2  ReLU                            (1,16,8,8)
	//   3  Residual                        (1,16,8,8)
	//     0  Conv2D(16, 16, 3, padding 1)  (1,16,8,8)        2320  18560
	//     1  ReLU                          (1,16,8,8)
	//   4  MaxPool2D(2)                    (1,16,4,4)
	//   5  Flatten                         (1,256)
	//   6  Linear(256, 10)                 (1,10)            2570  20560
	// total                                                  5099  40792
	//   trained                                              5066  40528
	//   not trained                                            33    264
}

// In training batch norm uses the moments of the batch, 3 and 3.5 here, and moves running averages towards them, of the
// variance the unbiased one. In use it takes those.
func ExampleBatchNorm() {
	layer := nn.BatchNorm(1)
	x := tensor.Of([]float64{1, 2, 3, 6}, 4, 1)
	y := layer.Forward(nn.Train(rand.New(rand.NewPCG(1, 2))), graph.New().ConstTensor(x))
	fmt.Printf("training %.3f\n", y.Tensor().Float64s())
	for _, p := range layer.Params()[2:] {
		fmt.Printf("%s %.3f\n", p.Name, p.Data.Float64s())
	}
	y = layer.Forward(nn.Eval(), graph.New().ConstTensor(x))
	fmt.Printf("in use   %.3f\n", y.Tensor().Float64s())
	// Output:
	// training [-1.069 -0.535 0.000 1.604]
	// running_mean [0.300]
	// running_var [1.367]
	// num_batches_tracked [1.000]
	// in use   [0.599 1.454 2.310 4.876]
}

// The letters of a word as vectors of two numbers.
func ExampleEmbedding() {
	table := nn.Embedding(rand.New(rand.NewPCG(1, 2)), 26, 2)
	var ids []int
	for _, letter := range "noon" {
		ids = append(ids, int(letter-'a'))
	}
	y := table.Lookup(graph.New(), ids)
	fmt.Println(y.Shape())
	fmt.Printf("%.2f\n", y.Tensor().Float64s())
	// Output:
	// [4 2]
	// [0.60 1.71 0.02 -1.32 0.02 -1.32 0.60 1.71]
}

// What flows back to x has a way around the layers, here by the 1 that is added to their derivative.
func ExampleResidual() {
	layer := nn.Residual(nn.Func(ops.Square))
	x := graph.New().Const(3)
	fmt.Println(layer.Forward(nn.Eval(), x).Item())
	// Output:
	// 12
}
