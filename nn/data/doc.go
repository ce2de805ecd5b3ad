// Package data holds sets of examples and hands them out in mini-batches.
//
// # Sets
//
// A [Set] has a row of features for each example, and targets or labels or both. It may have more inputs: other tensors
// in Set.More, and integers in Set.Tokens, such as the letters of a text, with Set.Next for what comes at each
// position.
//
//	set, err := data.ReadFile("iris.csv", data.Described)
//	train, valid, test := set.SplitModulo(5)
//	data.Standardize(train, valid, test)
//	batches := data.NewBatches(train, data.BatchConfig{Size: 32, Rand: rng})
//	for batch := range batches.Epoch() {
//		... // batch.X, batch.T, batch.Labels
//	}
//
// # Files
//
//   - [ReadCSV] and [ReadFile]: rows of numbers and a class.
//   - [ReadTable]: columns with names, targets, categories, missing values.
//   - [MNIST]: the files of images that are known by that name. [ReadIDX] reads their format.
//   - [FromArrays]: arrays with names, such as package npy reads from NumPy's archives.
//
// Each takes files packed with gzip too, but for NumPy's, and says where something is wrong in one. [Set.CheckFinite]
// finds a number that is NaN or infinite before training does.
//
// # Parts
//
// [Set.SplitModulo], [Set.SplitRandom] and [Set.SplitStratified] split a set into parts to train on, to choose by and
// to report; [Set.KFold] and [Set.KFoldStratified] make each example serve once for measuring. [Standardize] brings
// features to a common scale by the figures of the training part alone.
//
// # Batches
//
// [Batches] goes through a set as training does: in shuffled epochs, or drawing every batch anew. The tensors of a
// batch are filled anew each time, so that a graph binds them once and nothing is allocated. Batches can be changed at
// random as they come, by BatchConfig.Augment, cut into parts for workers that share them, by BatchConfig.Parts, and
// stopped and gone on with, by [Batches.State] and [Batches.Restore].
//
// Misuse panics with a *tensor.Error, which is what other packages call *graph.Error; files give errors.
package data
