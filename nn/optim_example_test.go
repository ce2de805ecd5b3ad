package nn_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/nn"
)

// A hundred updates with a schedule: the rate rises for ten of them, and falls along a wave.
func ExampleWarmup() {
	const lr, steps = 0.1, 100
	schedule := nn.Warmup(10, nn.Cosine(steps-10))
	opt := nn.NewSGD(nn.SGDConfig{LR: lr})
	for step := range steps {
		opt.SetLR(lr * schedule(step))
		if step%20 == 0 {
			fmt.Printf("update %2d: rate %.4f\n", step, opt.LR())
		}
		// opt.Step(...)
	}
	// Output:
	// update  0: rate 0.0100
	// update 20: rate 0.0970
	// update 40: rate 0.0750
	// update 60: rate 0.0413
	// update 80: rate 0.0117
}

// The rate is halved when the loss on a validation set has not become smaller for two epochs in a row.
func ExamplePlateau() {
	plateau := nn.NewPlateau(nn.PlateauConfig{Factor: 0.5, Patience: 1})
	for epoch, loss := range []float64{0.9, 0.5, 0.6, 0.55, 0.4, 0.4, 0.4} {
		fmt.Printf("epoch %d: loss %.2f, factor %g\n", epoch+1, loss, plateau.Observe(loss))
	}
	// Output:
	// epoch 1: loss 0.90, factor 1
	// epoch 2: loss 0.50, factor 1
	// epoch 3: loss 0.60, factor 1
	// epoch 4: loss 0.55, factor 0.5
	// epoch 5: loss 0.40, factor 0.5
	// epoch 6: loss 0.40, factor 0.5
	// epoch 7: loss 0.40, factor 0.25
}

// Weight decay for the weights and none for the biases, whose rate is half as large.
func ExampleNewGroups() {
	rng := rand.New(rand.NewPCG(1, 2))
	model := nn.Sequential(nn.Linear(rng, 2, 8), nn.Tanh(), nn.Linear(rng, 8, 1))
	var weights, biases []*nn.Param
	for _, p := range model.Params() {
		if p.Kind == nn.Weight {
			weights = append(weights, p)
		} else {
			biases = append(biases, p)
		}
	}
	opt := nn.NewGroups(
		nn.Group{Params: weights, Optimizer: nn.NewAdamW(nn.AdamWConfig{LR: 1e-3, WeightDecay: 0.01})},
		nn.Group{Params: biases, Optimizer: nn.NewAdam(nn.AdamConfig{LR: 5e-4})},
	)
	opt.SetLR(opt.LR() / 10) // of both
	fmt.Println(len(weights), "weights,", len(biases), "biases, rate", opt.LR())
	// Output:
	// 2 weights, 2 biases, rate 0.0001
}
