package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/nn/search"
)

// How many hidden nodes, and which learning rate? Each of six points is tried with three seeds.
func Example() {
	set, err := data.ReadFile("../data/testdata/iris.csv", data.Described)
	if err != nil {
		fmt.Println(err)
		return
	}
	train, valid, test := set.SplitModulo(5)
	data.Standardize(train, valid, test)
	loss := nn.OnLabels(nn.CrossEntropy)

	nodes := search.Choice("nodes", 1, 2, 8)
	rate := search.LogUniform("rate", 1e-3, 1)

	fit := func(ctx context.Context, r *search.Run) (nn.Layer, error) {
		model := nn.Sequential(nn.Linear(r.Rand, 4, nodes.Of(r)), nn.Tanh(), nn.Linear(r.Rand, nodes.Of(r), 3))
		_, err := nn.Fit(ctx, model, train, nn.FitConfig{
			Loss: loss, Optimizer: nn.NewSGD(nn.SGDConfig{LR: rate.Of(r)}), Rand: r.Rand, BatchSize: 16, Epochs: 40,
		})
		return model, err
	}
	table, err := search.Maximize(context.Background(), search.Random(6, nodes, rate), search.Config{Name: "iris", Seed: 1, Runs: 3},
		func(ctx context.Context, r *search.Run) (float64, error) {
			model, err := fit(ctx, r)
			if err != nil {
				return 0, err
			}
			_, accuracy, err := nn.Evaluate(model, valid, loss, nn.Accuracy)
			return accuracy, err
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(table)

	best, err := table.Best()
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := fit(context.Background(), best.Run(0)) // as it was trained in the search
	if err != nil {
		fmt.Println(err)
		return
	}
	_, accuracy, err := nn.Evaluate(model, test, loss, nn.Accuracy)
	fmt.Printf("nodes=%d: test accuracy %.3f, error %v\n", nodes.Of(best), accuracy, err)
	// Output:
	// iris: 6 trials, the highest score first
	// trial  nodes      rate   score
	//     3      1    0.1954  0.9778  ± 0.019
	//     2      2    0.1719  0.9556  ± 0.019
	//     1      2    0.2279  0.9444  ± 0.038
	//     4      8  0.008099  0.7333  ± 0.033
	//     0      1   0.05492  0.6889  ± 0.019
	//     5      1  0.002695  0.3556  ± 0.084
	// nodes=1: test accuracy 0.967, error <nil>
}

// Five-fold cross-validation: the runs of a trial are the folds, and its score is their mean.
func ExampleMinimize() {
	set, err := data.ReadFile("../data/testdata/iris.csv", data.Described)
	if err != nil {
		fmt.Println(err)
		return
	}
	var train, valid []*data.Set
	for t, v := range set.KFoldStratified(rand.New(rand.NewPCG(1, 2)), 5) {
		data.Standardize(t, v)
		train, valid = append(train, t), append(valid, v)
	}
	penalty := search.Choice("L2", 0, 0.001, 0.01, 0.1)
	table, err := search.Minimize(context.Background(), search.Grid(penalty), search.Config{Runs: len(train)},
		func(ctx context.Context, r *search.Run) (float64, error) {
			model := nn.Linear(r.Rand, 4, 3)
			_, err := nn.Fit(ctx, model, train[r.Index], nn.FitConfig{
				Loss: nn.OnLabels(nn.CrossEntropy), Optimizer: nn.NewSGD(nn.SGDConfig{LR: 0.5}), Rand: r.Rand, Epochs: 30, L2: penalty.Of(r),
			})
			if err != nil {
				return 0, err
			}
			loss, wrong, err := nn.Evaluate(model, valid[r.Index], nn.OnLabels(nn.CrossEntropy), nn.ArgMaxError)
			r.Note("wrong", wrong)
			return loss, err
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(table)
	// Output:
	// 4 trials, the lowest score first
	// trial     L2   score             wrong
	//     0      0  0.1661  ± 0.017  0.05333  ± 0.038
	//     1  0.001  0.1711  ± 0.017  0.04667  ± 0.038
	//     2   0.01  0.2322  ± 0.013     0.04  ± 0.037
	//     3    0.1  0.4599  ± 0.013     0.12  ± 0.045
}

// A search that takes long writes every run to a file. Here it is cancelled after two of four, and goes on from there.
func ExampleConfig() {
	dir, err := os.MkdirTemp("", "search")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	x := search.Int("x", 1, 4)
	ctx, cancel := context.WithCancel(context.Background())
	cfg := search.Config{File: dir + "/squares.jsonl", Workers: 1, OnRun: func(p search.Progress) {
		fmt.Printf("%d of %d: %v has %g\n", p.Done, p.Total, p.Run, p.Score)
		if p.Done == 2 {
			cancel()
		}
	}}
	square := func(_ context.Context, r *search.Run) (float64, error) { return float64(x.Of(r) * x.Of(r)), nil }
	_, err = search.Maximize(ctx, search.Grid(x), cfg, square)
	fmt.Println(err)
	table, err := search.Maximize(context.Background(), search.Grid(x), cfg, square)
	fmt.Println(err)
	fmt.Print(table)
	// Output:
	// 1 of 4: x=1 has 1
	// 2 of 4: x=2 has 4
	// search.Maximize: stopped after 2 of 4 runs: context canceled
	// 3 of 4: x=3 has 9
	// 4 of 4: x=4 has 16
	// <nil>
	// 4 trials, the highest score first
	// trial  x  score
	//     3  4     16
	//     2  3      9
	//     1  2      4
	//     0  1      1
}
