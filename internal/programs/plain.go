package programs

import "math"

func chainPlain(at []float64) float64 {
	x, a := at[0], at[1]
	y := x
	for range chainLength {
		y = float64(y*a) + x
	}
	return y
}

func nestedPlain(at []float64) float64 {
	x, a, b := at[0], at[1], at[2]
	s := 0.0
	for range nestedLength {
		x = float64(math.Sin(x)*a) + b/(x+1.5)
		s += x
	}
	return s
}

func rosenbrockPlain(xs []float64) float64 {
	s := 0.0
	for i := range len(xs) - 1 {
		t := xs[i+1] - float64(xs[i]*xs[i])
		u := 1 - xs[i]
		s += float64(100*float64(t*t)) + float64(u*u)
	}
	return s
}

func networkPlain(p []float64) float64 {
	loss := 0.0
	var h, next [16]float64
	for _, s := range networkSamples {
		h[0], h[1] = s[0], s[1]
		width, k := 2, 0
		for _, out := range networkWidths {
			for j := range out {
				acc := p[k+width]
				for i := range width {
					acc += float64(p[k+i] * h[i])
				}
				k += width + 1
				if out > 1 {
					acc = math.Tanh(acc)
				}
				next[j] = acc
			}
			h, width = next, out
		}
		if m := 1 - float64(h[0]*s[2]); m > 0 {
			loss += m
		}
	}
	squares := 0.0
	for _, w := range p {
		squares += float64(w * w)
	}
	return float64(loss*0.01) + float64(squares*1e-4)
}

func productPlain(xs []float64) float64 {
	y := xs[0]
	for _, x := range xs[1:] {
		y *= x
	}
	return y
}
