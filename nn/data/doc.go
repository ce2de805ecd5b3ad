// Package data holds sets of examples and hands them out in mini-batches.
//
// A [Set] has a row of features for each example, and targets or labels or both. [ReadCSV] reads one from a file, [MNIST]
// from the files of images that are known by that name, whose format [ReadIDX] reads;
// [Set.SplitModulo] and [Set.SplitRandom] split it into parts to train on, to choose by and to report, and [Standardize]
// brings features to a common scale by the figures of the training part alone. [Batches] goes through a set as training
// does: in shuffled epochs, or drawing every batch anew.
//
//	set, err := data.ReadFile("iris.csv", data.Described)
//	train, valid, test := set.SplitModulo(5)
//	data.Standardize(train, valid, test)
//	batches := data.NewBatches(train, data.BatchConfig{Size: 32, Rand: rng})
//	for batch := range batches.Epoch() {
//		... // batch.X, batch.T, batch.Labels
//	}
//
// The tensors of a batch are filled anew each time, so that a graph binds them once and nothing is allocated.
// Integers are inputs too, Set.Tokens, and so are several tensors, Set.More. [Set.CheckFinite] finds a number that is NaN
// or infinite before training does.
//
// Batches can be changed at random as they come, by BatchConfig.Augment, cut into parts for workers that share them, by
// BatchConfig.Parts, and stopped and gone on with: [Batches.State] and [Batches.Restore].
// Misuse panics with a *tensor.Error, which is what other packages call *graph.Error; files give errors.
package data
