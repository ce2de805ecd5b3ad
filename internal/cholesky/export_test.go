package cholesky

// Dense returns the order of the unknowns, and the factor as a matrix of n × n in it.
func (f *Factor) Dense() (unknowns []int32, u []float64) {
	u = make([]float64, f.n*f.n)
	for _, p := range f.panels {
		for i := range p.width {
			for k := i; k < len(p.places); k++ {
				u[(p.first+i)*f.n+int(p.places[k])] = p.data[i*len(p.places)+k]
			}
		}
	}
	return f.unknown, u
}
