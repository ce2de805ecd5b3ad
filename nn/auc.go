package nn

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// AUC returns the area under the ROC curve of a classifier for two classes: the probability that a positive row, picked
// at random, has a higher score than a negative one, where equal scores count one half. 1 is a perfect order, 0.5 that
// of chance, 0 a perfect order the wrong way round. Only the order of the scores matters, so logits do as well as
// probabilities.
//
// It is exact but for one rounding, in O(n log n) for n rows: the statistic U of Mann and Whitney (1947), divided by
// the number of pairs. It has to see all rows of a set at once: the mean of the areas of batches is something else.
//
// Special cases are:
//
//	no positive row, no negative row, or no row: NaN
//	a score that is NaN: NaN
//	±Inf: the highest and the lowest score; ±0 are equal
//
// It panics with a [*graph.Error] if there is not one score for each row.
func AUC(scores []float64, positive []bool) float64 {
	const op = "nn.AUC"
	if len(scores) != len(positive) {
		panic(graph.Errorf(op, graph.ErrShape, "%d scores for %d rows: want one for each", len(scores), len(positive)))
	}
	order := make([]int, len(scores))
	for i, s := range scores {
		if math.IsNaN(s) {
			return math.NaN()
		}
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		switch {
		case scores[i] < scores[j]:
			return -1
		case scores[i] > scores[j]:
			return 1
		}
		return 0
	})
	// The pairs in which the positive row is higher count 2, those of equal scores 1.
	var twice, positives, negatives uint64 // of the rows with lower scores
	for i := 0; i < len(order); {
		var p, n uint64 // of the rows with this score
		for score := scores[order[i]]; i < len(order) && scores[order[i]] == score; i++ {
			if positive[order[i]] {
				p++
			} else {
				n++
			}
		}
		twice += p * (2*negatives + n)
		positives += p
		negatives += n
	}
	if positives == 0 || negatives == 0 {
		return math.NaN()
	}
	return float64(twice) / float64(2*positives*negatives)
}
