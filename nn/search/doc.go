// Package search looks for settings that give a good score: the number of layers and nodes, the learning rate, or
// anything else. It tries all points of a grid, or points drawn at random, several at once, and lists them by score.
//
// A [Setting] is a name and the values it may have. A plan, [Grid] or [Random], says which points are tried. The
// objective computes the score of a point, in which it reads the settings:
//
//	nodes := search.Choice("nodes", 4, 8, 16)
//	rate := search.LogUniform("rate", 1e-3, 1)
//	plan := search.Random(20, nodes, rate)
//	table, err := search.Minimize(ctx, plan, search.Config{Seed: 1}, func(ctx context.Context, r *search.Run) (float64, error) {
//		model := network(r.Rand, nodes.Of(r))
//		if _, err := nn.Fit(ctx, model, train, config(r.Rand, rate.Of(r))); err != nil {
//			return 0, err
//		}
//		loss, _, err := nn.Evaluate(model, valid, crossEntropy, nil)
//		return loss, err
//	})
//	fmt.Print(table)
//	best, err := table.Best()
//	fmt.Println(nodes.Of(best), rate.Of(best))
//
// # Trials, runs, folds
//
// A trial is a point that is tried. One training says little about it, as the first weights are random: with
// Config.Runs a trial is several runs, each with a seed of its own, and its score is their mean. So is k-fold
// cross-validation, where run number i of each trial is validated by fold i of the data, and trained on the others; see
// the example of [Minimize].
//
// Choose by validation rows, never by the test set: the smallest of many test errors is small by luck, too.
//
// # Searches that take long
//
// With Config.File every run is written to a file as soon as it has ended. A search that was killed or cancelled goes
// on where it stood, and ends with the same table. That rests on seeds: what a run draws depends on the search's seed
// and the number of the run alone, not on what ran before it, or beside it.
//
// A run that fails is listed with its error, and the others go on.
package search
