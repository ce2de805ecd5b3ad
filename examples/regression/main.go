// Command regression predicts a number together with an error bar, and measures whether the error bar is right.
//
// The data are 442 patients with diabetes: ten measurements of each, and how far the disease has progressed a year
// later. A network predicts two numbers for a patient, the mean μ of a normal distribution and the logarithm of its
// variance σ², and is trained to make the density of what really happened high: its loss is
//
//	-ln N(t; μ, σ²) = ½·ln σ² + ½·(t-μ)²/σ² + ½·ln 2π
//
// (Nix and Weigend, 1994). So it learns where it can be sure and where it cannot: an error costs less where σ is large,
// and a large σ costs everywhere. Several networks that were trained from other first weights and with other rows to
// stop by make an ensemble, which adds what they disagree about to σ (Lakshminarayanan, Pritzel and Blundell, 2017).
//
// An error bar is a claim: 90 % intervals should contain the truth for 90 of 100 patients that were not trained on, the
// patients for whom a small number is predicted and the others alike. The program measures that by 5-fold
// cross-validation, in which each patient is predicted once by networks that have not seen them, and repeats it with
// other folds and other weights. The figures are means ± standard deviations over these repetitions.
//
// Usage:
//
//	go run ./examples/regression [-seeds 5] [-members 5] [-seed 1]
//
// The flags are:
//
//	-seeds N    repetitions, each with other folds and other first weights
//	-members N  networks in the ensemble
//	-seed N     the first of the seeds; one seed always gives the same figures
//
// The exit status is 0, 1 if something failed, 2 for a wrong flag, and 130 after an interrupt (Ctrl-C).
package main

func main() { program().Main() }
