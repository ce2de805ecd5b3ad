package nn

import "math"

// Perplexity returns e to the power of a mean cross entropy in nats, such as the loss that [Evaluate] returns for
// nn.OnLabels(nn.CrossEntropy): among how many equally likely classes the model is as uncertain. It is 1 if every row
// is predicted with certainty, and the number of classes if the model says the same of each. It is no mean over rows:
// take it of the mean over a whole set.
//
// Special cases are:
//
//	Perplexity(+Inf) = +Inf
//	Perplexity(NaN) = NaN
//
// Source: Jelinek, Mercer, Bahl and Baker, Perplexity: a measure of the difficulty of speech recognition tasks (1977).
func Perplexity(meanCrossEntropy float64) float64 { return math.Exp(meanCrossEntropy) }
