package nn_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// xor returns the four examples of the exclusive or, which no single layer can tell apart.
func xor() *data.Set {
	labels := []int{0, 1, 1, 0}
	return &data.Set{X: tensor.Of([]float64{0, 0, 0, 1, 1, 0, 1, 1}, 4, 2), T: data.Binary(labels), Labels: labels}
}

// One training step by hand: forward pass, loss, backward sweep, update.
func Example() {
	rng := rand.New(rand.NewPCG(1, 2))
	set := xor()
	model := nn.Sequential(nn.Linear(rng, 2, 8), nn.Tanh(), nn.Linear(rng, 8, 1))
	opt := nn.NewSGD(nn.SGDConfig{LR: 0.5})
	g := graph.New()
	for step := range 501 {
		z := model.Forward(nn.Train(rng), g.BindConst(set.X))
		loss := nn.BCEWithLogits(z, g.BindConst(set.T))
		if step%250 == 0 {
			fmt.Printf("step %3d: loss %.4f\n", step, loss.Item())
		}
		if err := opt.Step(model.Params(), autograd.Backward(loss)); err != nil {
			fmt.Println(err)
			return
		}
		g.Reset()
	}
	// Output:
	// step   0: loss 0.6950
	// step 250: loss 0.0259
	// step 500: loss 0.0082
}

// Training with a validation set, early stopping and a penalty.
func ExampleFit() {
	set, err := data.ReadFile("data/testdata/iris.csv", data.Described)
	if err != nil {
		fmt.Println(err)
		return
	}
	train, valid, test := set.SplitModulo(5)
	data.Standardize(train, valid, test)

	rng := rand.New(rand.NewPCG(1, 2))
	model := nn.Sequential(nn.Linear(rng, 4, 16), nn.Tanh(), nn.Linear(rng, 16, 3))
	loss := nn.OnLabels(nn.CrossEntropy)
	history, err := nn.Fit(context.Background(), model, train, nn.FitConfig{
		Loss:       loss,
		Optimizer:  nn.NewAdam(nn.AdamConfig{LR: 0.01}),
		Rand:       rng,
		BatchSize:  16,
		Epochs:     300,
		L2:         1e-4,
		Validation: valid,
		Patience:   20,
		Metric:     nn.ArgMaxError,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, wrong, err := nn.Evaluate(model, test, loss, nn.ArgMaxError)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", history.Reason)
	fmt.Printf("test error %.4f\n", wrong)
	// Output:
	// no improvement on the validation set
	// test error 0.0333
}

// The figures of a classifier on a test set: which classes it takes for which, and how well it orders the rows.
func ExampleConfusion() {
	set, err := data.ReadFile("data/testdata/iris.csv", data.Described)
	if err != nil {
		fmt.Println(err)
		return
	}
	train, _, test := set.SplitModulo(3)
	data.Standardize(train, test)
	rng := rand.New(rand.NewPCG(1, 2))
	model := nn.Linear(rng, 4, 3)
	_, err = nn.Fit(context.Background(), model, train, nn.FitConfig{
		Loss: nn.OnLabels(nn.CrossEntropy), Optimizer: nn.NewSGD(nn.SGDConfig{LR: 0.1}), Rand: rng, Epochs: 20,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	y, err := nn.Predict(model, test)
	if err != nil {
		fmt.Println(err)
		return
	}
	matrix := nn.Confusion(nn.ArgMax(y), test.Labels, 3)
	matrix.Names = set.Classes
	fmt.Print(matrix)

	virginica, scores := make([]bool, test.Len()), make([]float64, test.Len())
	for i, label := range test.Labels {
		virginica[i], scores[i] = label == 2, y.At(i, 2)
	}
	fmt.Printf("area under the ROC curve of virginica: %.3f\n", nn.AUC(scores, virginica))
	// Output:
	// label \ predicted  setosa  versicolor  virginica  precision  recall      F1  rows
	// setosa                 17           0          0     1.0000  1.0000  1.0000    17
	// versicolor              0          10          7     1.0000  0.5882  0.7407    17
	// virginica               0           0         16     0.6957  1.0000  0.8205    16
	// macro                                                0.8986  0.8627  0.8538    50
	// micro                                                0.8600  0.8600  0.8600    50
	// weighted                                             0.9026  0.8600  0.8544    50
	// accuracy                                                             0.8600    50
	// area under the ROC curve of virginica: 1.000
}

// A step on a batch of four that comes in two parts: the mean of the gradients of both, clipped to the norm 0.5.
func ExampleGradients() {
	w := &nn.Param{Name: "w", Data: tensor.Of([]float64{0}, 1)}
	parts := []*tensor.Tensor{tensor.Of([]float64{1, 2}, 2), tensor.Of([]float64{3, 4}, 2)}
	opt := nn.NewSGD(nn.SGDConfig{LR: 1})
	g := graph.New()
	acc := nn.NewGradients(w)
	for _, part := range parts {
		// The mean of ½(x - w)² has the derivative w - mean(x).
		loss := ops.MulScalar(ops.Mean(ops.Square(ops.Sub(g.BindConst(part), g.Bind(w.Data)))), 0.5)
		acc.Add(autograd.Backward(loss))
		g.Reset()
	}
	acc.Scale(1 / float64(len(parts)))
	fmt.Println("norm", acc.ClipNorm(0.5))
	if err := opt.Apply(acc); err != nil {
		fmt.Println(err)
		return
	}
	acc.Zero() // for the next step
	fmt.Println("w =", w.Data)
	// Output:
	// norm 2.5
	// w = [0.5]
}

// Workers with graphs of their own, which bind the same parameters. The sums are in a fixed order, so that the result
// does not depend on who is done first.
func ExampleGradients_Add() {
	w := &nn.Param{Name: "w", Data: tensor.Of([]float64{0}, 1)}
	parts := []*tensor.Tensor{tensor.Of([]float64{1, 2}, 2), tensor.Of([]float64{3, 4}, 2)}
	grads := make([]autograd.Gradients, len(parts))
	var wg sync.WaitGroup
	for i, part := range parts {
		wg.Go(func() {
			g := graph.New()
			grads[i] = autograd.Backward(ops.Sum(ops.Square(ops.Sub(g.BindConst(part), g.Bind(w.Data)))))
		})
	}
	wg.Wait()
	acc := nn.NewGradients(w)
	for i := range grads {
		acc.Add(grads[i])
	}
	if err := nn.NewSGD(nn.SGDConfig{LR: 0.05}).Apply(acc); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("w =", w.Data)
	// Output:
	// w = [1]
}

// Clipping makes a long gradient short and keeps its direction.
func ExampleGradients_ClipNorm() {
	w := &nn.Param{Name: "w", Data: tensor.Of([]float64{30, 40}, 2)}
	g := graph.New()
	acc := nn.NewGradients(w)
	acc.Add(autograd.Backward(ops.Sum(ops.Square(g.Bind(w.Data)))))
	fmt.Println("norm", acc.ClipNorm(5))
	if err := nn.NewSGD(nn.SGDConfig{LR: 1}).Apply(acc); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("w =", w.Data)
	// Output:
	// norm 100
	// w = [27 36]
}

// The lecture's total error of its worked example.
func ExampleHalfSquaredError() {
	g := graph.New()
	out := g.VarTensor(tensor.Of([]float64{0.75136507, 0.772928465}, 2))
	target := g.ConstTensor(tensor.Of([]float64{0.01, 0.99}, 2))
	e := nn.HalfSquaredError(out, target)
	fmt.Printf("E = %.9f\n", e.Item())
	fmt.Printf("∂E/∂out = %.8f\n", autograd.Backward(e).Tensor(out).Float64s())
	// Output:
	// E = 0.298371109
	// ∂E/∂out = [0.74136507 -0.21707153]
}

// Cross-entropy is exact for any logits, and names a label that is not one of the classes.
func ExampleCrossEntropy() {
	g := graph.New()
	fmt.Println(nn.CrossEntropy(g.ConstTensor(tensor.Of([]float64{1e20, 1e20}, 1, 2)), []int{0}).Item())
	fmt.Println(graph.Try(func() {
		nn.CrossEntropy(g.ConstTensor(tensor.New(tensor.Float64, 2, 10)), []int{3, 12})
	}))
	// Output:
	// 0.6931471805599453
	// ops.CrossEntropy: row 1 has label 12 and the logits have 10 classes: labels run from 0 to 9
}

// The gradient of the penalty λ·Σw² is 2λw.
func ExampleL2() {
	w := &nn.Param{Name: "w", Data: tensor.Of([]float64{1, -2}, 2)}
	g := graph.New()
	penalty := nn.L2(g, 0.5, w)
	fmt.Println(penalty.Item(), autograd.Backward(penalty).Tensor(g.Bind(w.Data)).Float64s())
	// Output:
	// 2.5 [1 -2]
}

// The two modes of dropout with p = 0.8, the probability of keeping a neuron.
func ExampleDropout() {
	x := tensor.Of([]float64{1, 1, 1, 1, 1, 1, 1, 1}, 8)
	for _, layer := range []nn.Layer{nn.Dropout(nn.KeepProb(0.8), nn.Inverted()), nn.Dropout(nn.KeepProb(0.8), nn.Classic())} {
		g := graph.New()
		v := g.ConstTensor(x)
		fmt.Println("training", layer.Forward(nn.Train(rand.New(rand.NewPCG(8, 0))), v).Tensor().Float64s())
		fmt.Println("use     ", layer.Forward(nn.Eval(), v).Tensor().Float64s())
	}
	// Output:
	// training [1.25 1.25 0 1.25 1.25 1.25 1.25 1.25]
	// use      [1 1 1 1 1 1 1 1]
	// training [1 1 0 1 1 1 1 1]
	// use      [0.8 0.8 0.8 0.8 0.8 0.8 0.8 0.8]
}

// A layer without parameters from any function on the graph, and a layer with a name.
func ExampleNamed() {
	rng := rand.New(rand.NewPCG(1, 2))
	model := nn.Sequential(
		nn.Named("hidden", nn.Linear(rng, 3, 4, nn.WithInit(nn.HeNormal()))),
		nn.ReLU(),
		nn.Named("output", nn.Linear(rng, 4, 2, nn.NoBias())),
	)
	for _, p := range model.Params() {
		fmt.Println(p.Name, p.Data.Shape())
	}
	// Output:
	// 0.hidden.weight [3 4]
	// 0.hidden.bias [4]
	// 2.output.weight [4 2]
}

// A model is saved, and loaded into another that is built in the same way.
func ExampleSave() {
	build := func(seed uint64) nn.Layer {
		rng := rand.New(rand.NewPCG(seed, 0))
		return nn.Sequential(nn.Linear(rng, 2, 3), nn.Tanh(), nn.Linear(rng, 3, 1))
	}
	trained, loaded := build(1), build(2)
	var file bytes.Buffer // nn.SaveFile and nn.LoadFile do the same with the name of a file
	if err := nn.Save(&file, trained); err != nil {
		fmt.Println(err)
		return
	}
	if err := nn.Load(&file, loaded); err != nil {
		fmt.Println(err)
		return
	}
	g := graph.New()
	x := g.ConstTensor(tensor.Of([]float64{1, 2}, 1, 2))
	fmt.Println(trained.Forward(nn.Eval(), x).Item() == loaded.Forward(nn.Eval(), x).Item())
	// Output:
	// true
}

// A file that does not fit is refused with all that differs. Here the last layer is to be another one, and is trained
// while what was loaded stays as it is.
func ExampleLoad() {
	rng := rand.New(rand.NewPCG(1, 2))
	var file bytes.Buffer
	if err := nn.Save(&file, nn.Sequential(nn.Linear(rng, 4, 8), nn.ReLU(), nn.Linear(rng, 8, 3))); err != nil {
		fmt.Println(err)
		return
	}
	saved := file.Bytes()

	body, head := nn.Sequential(nn.Linear(rng, 4, 8), nn.ReLU()), nn.Linear(rng, 8, 2)
	fmt.Println(nn.Load(bytes.NewReader(saved), body))
	if err := nn.Load(bytes.NewReader(saved), body, nn.AllowLeftOver()); err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range body.Params() {
		p.Frozen = true
	}
	for _, p := range nn.Sequential(body, head).Params() {
		fmt.Println(p.Name, p.Trained())
	}
	// Output:
	// nn.Load: the file does not fit the model: not in the model: "2.bias", "2.weight": give nn.AllowLeftOver() to pass over those that are not in the model
	// 0.0.weight false
	// 0.0.bias false
	// 1.weight true
	// 1.bias true
}

// What a step of Adam takes and gives, apart from batch, label, and three numbers: a function that can be run elsewhere.
func ExampleRecordStep() {
	rng := rand.New(rand.NewPCG(1, 0))
	model := nn.Sequential(nn.Linear(rng, 20, 32), nn.ReLU(), nn.Dropout(nn.KeepProb(0.8)), nn.Linear(rng, 32, 4))
	g := graph.New(graph.Traced())
	step, err := nn.RecordStep(g, model, tensor.New(tensor.Float64, 64, 20), tensor.New(tensor.Float64, 64), nn.StepConfig{
		Loss:      nn.CrossEntropyAt,
		Optimizer: nn.NewAdam(nn.AdamConfig{}),
		L2:        1e-4,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range step.Arguments[:6] {
		fmt.Println(a.Name, a.Role, a.Value.Shape())
	}
	loss := step.Results[len(step.Results)-1]
	fmt.Printf("%d arguments, %d results; the last is %s, %.4f\n", len(step.Arguments), len(step.Results), loss.Name, loss.Value.Item())
	// Output:
	// 0.weight parameter [32 20]
	// 0.bias parameter [32]
	// 3.weight parameter [4 32]
	// 3.bias parameter [4]
	// exp_avg.0.weight state [32 20]
	// exp_avg_sq.0.weight state [32 20]
	// 17 arguments, 13 results; the last is loss, 1.3895
}
