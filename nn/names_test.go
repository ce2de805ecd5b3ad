package nn_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

func TestNames(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	g := graph.New(graph.WithDType(tensor.Float32))
	var model nn.Layer = nn.Sequential(nn.Linear(rng, 4, 8), nn.ReLU(), nn.Dropout(nn.KeepProb(0.8)), nn.Linear(rng, 8, 3))
	nn.To(model, tensor.Float32)
	x := g.BindConst(tensor.Of(make([]float32, 8), 2, 4))
	logits := model.Forward(nn.Train(rng), x)
	_ = model.Forward(nn.Eval(), x)
	loss := ops.Add(nn.CrossEntropy(logits, []int{0, 2}), nn.L2(g, 1e-4, model.Params()...))
	z, half := nn.BCEWithLogits(logits, logits), nn.HalfSquaredError(logits, logits)
	loss = ops.Add(loss, ops.Add(ops.StopGradient(z), ops.Add(nn.MSE(logits, logits), half)))
	var opt nn.Optimizer = nn.NewSGD(nn.SGDConfig{LR: 0.1, Momentum: 0.9})
	params := model.Params()
	if err := opt.Step(params, autograd.Backward(loss)); err != nil {
		panic(err)
	}
	var (
		_ string         = params[0].Name
		_ *tensor.Tensor = params[0].Data
		_ nn.Optimizer   = nn.NewAdam(nn.AdamConfig{LR: 1e-3})
	)
}
