package programs

import "math"

// ADBench returns programs of ADBench, a comparison of tools for automatic differentiation, in the sizes in which they are
// usually given. They have the tape's form and the plain one. Their numbers come from testdata/adbench.py, which
// computes them with JAX from arrays.
//
// Source: Srajer, Kukelova and Fitzgibbon (2018), A benchmark of selected algorithmic differentiation tools on some
// problems in computer vision and machine learning, arXiv:1807.10129; with the corrections of GradBench in the prior of
// the mixture.
func ADBench() []Program {
	list := []Program{
		NewGaussians(1000, 2, 5).Program("gmm-2-5", 77_074),
		NewGaussians(1000, 10, 25).Program("gmm-10-25", 3_380_354),
		NewMemory(2, 1024, 14).Program("lstm-2-1024", 573_704),
		NewAdjustment(49, 7776, 31_843).Program("ba-49", 2_356_382),
	}
	for i := range list {
		p := &list[i]
		e := adbenchNumbers[p.Name]
		p.Value, p.Gradient, p.Error = e.value, e.gradient, 1e-11
	}
	return list
}

// Draws is a stream of numbers in [0, 1).
type Draws uint64

// Next returns the next number.
func (d *Draws) Next() float64 {
	*d = (*d*1103515245 + 12345) % (1 << 31)
	return float64(*d) / (1 << 31)
}

// Fill returns n numbers between low and high.
func (d *Draws) Fill(n int, low, high float64) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = low + (high-low)*d.Next()
	}
	return list
}

// lnMultiGamma returns the logarithm of the multivariate gamma function.
func lnMultiGamma(a float64, p int) float64 {
	sum := float64(p*(p-1)) / 4 * math.Log(math.Pi)
	for j := range p {
		v, _ := math.Lgamma(a - float64(j)/2)
		sum += v
	}
	return sum
}
