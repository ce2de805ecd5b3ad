package programs

// Small returns the small programs, which people run for many points: some tens of operations, a derivative by every
// leaf. They have no bare form, and a derivative written by hand. Their expected numbers come from testdata/small.py, by
// numerical differentiation in 60 digits.
func Small() []Program {
	list := []Program{
		{
			Name: "network222", Operations: 27, At: []float64{0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55, 0.35, 0.60},
			Tape: network222Tape, Plain: network222Plain, Derivative: network222Derivative,
		},
		{
			Name: "blackscholes", Operations: 24, At: []float64{100, 105, 0.2, 0.05, 0.75},
			Tape: blackScholesTape, Plain: blackScholesPlain, Derivative: blackScholesDerivative,
		},
		{
			Name: "bundle", Operations: 73, At: bundlePoint(),
			Tape: bundleTape, Plain: bundlePlain, Derivative: bundleDerivative,
		},
		{
			Name: "mixture", Operations: 119, At: mixturePoint(),
			Tape: mixtureTape, Plain: mixturePlain, Derivative: mixtureDerivative,
		},
	}
	for i := range list {
		p := &list[i]
		e := smallNumbers[p.Name]
		p.Value, p.Gradient, p.Error = e.value, map[int]float64{}, 1e-13
		for k, d := range e.gradient {
			p.Gradient[k] = d
		}
	}
	return list
}
