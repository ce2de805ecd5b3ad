package kernel

// This file holds the reductions of lines in Go.

func portableLines[T Float]() *lineKernels[T] {
	return &lineKernels[T]{
		acrossMax: acrossPortable(func(v, x T) T { return max(v, x) }),
		acrossMin: acrossPortable(func(v, x T) T { return min(v, x) }),
		rowsMax:   rowsPortable(func(v, x T) T { return max(v, x) }),
		rowsMin:   rowsPortable(func(v, x T) T { return min(v, x) }),
		acrossProd: func(s []float64, x []T, stride, rows int) {
			for r := range rows {
				for j, v := range x[r*stride:][:len(s)] {
					s[j] *= float64(v)
				}
			}
		},
		rowsProd: func(s []float64, x []T, n int) {
			for i := range s {
				p := 1.0
				for _, v := range x[i*n:][:n] {
					p *= float64(v)
				}
				s[i] = p
			}
		},
		acrossSum: func(s []float64, x []T, stride, rows int) {
			for r := range rows {
				for j, v := range x[r*stride:][:len(s)] {
					s[j] += float64(v)
				}
			}
		},
		rowsSum: func(s []float64, x []T, n int) {
			for i := range s {
				s[i] = sumPortable(x[i*n:][:n])
			}
		},
		acrossMoments: func(s, q, m []float64, x []T, stride, rows int) {
			q, m = q[:len(s)], m[:len(s)]
			for r := range rows {
				for j, v := range x[r*stride:][:len(s)] {
					d := float64(v) - m[j]
					s[j] += d
					q[j] += times(d, d)
				}
			}
		},
		rowsMoments: func(s, q, m []float64, x []T, n int) {
			for i := range s {
				s[i], q[i] = momentsPortable(x[i*n:][:n], m[i])
			}
		},
		acrossProducts: func(s, q, m []float64, w, x []T, stride, rows int) {
			q, m = q[:len(s)], m[:len(s)]
			for r := range rows {
				row := w[r*stride:][:len(s)]
				for j, v := range x[r*stride:][:len(s)] {
					s[j] += float64(row[j])
					q[j] += times(float64(row[j]), float64(v)-m[j])
				}
			}
		},
		rowsProducts: func(s, q, m []float64, w, x []T, n int) {
			for i := range s {
				s[i], q[i] = productsPortable(w[i*n:][:n], x[i*n:][:n], m[i])
			}
		},
		matVec:    matVecPortable[T],
		normalize: normalizePortable[T],
		selected: func(dst, a, b []T, _ T) {
			for i, v := range a {
				dst[i] = 0
				if v == b[i] || v != v {
					dst[i] = 1
				}
			}
		},
		selectedScalar: func(dst, a, _ []T, c T) {
			for i, v := range a {
				dst[i] = 0
				if v == c || v != v {
					dst[i] = 1
				}
			}
		},
	}
}

func acrossPortable[T Float](take func(v, x T) T) func(s, x []T, stride, rows int) {
	return func(s, x []T, stride, rows int) {
		for r := range rows {
			for j, v := range x[r*stride:][:len(s)] {
				s[j] = take(s[j], v)
			}
		}
	}
}

func rowsPortable[T Float](take func(v, x T) T) func(s, x []T, n int) {
	return func(s, x []T, n int) {
		for i := range s {
			row := x[i*n:][:n]
			v := row[0]
			for _, e := range row[1:] {
				v = take(v, e)
			}
			s[i] = v
		}
	}
}

// momentsPortable returns Σ (x-m) and Σ (x-m)², each as two sums of every other element.
func momentsPortable[T Float](x []T, m float64) (s, q float64) {
	var s1, q1 float64
	for ; len(x) >= 2; x = x[2:] {
		d, e := float64(x[0])-m, float64(x[1])-m
		s += d
		s1 += e
		q += times(d, d)
		q1 += times(e, e)
	}
	for _, v := range x {
		d := float64(v) - m
		s += d
		q += times(d, d)
	}
	return s + s1, q + q1
}

// productsPortable returns Σ w and Σ w·(x-m) in the same way.
func productsPortable[T Float](w, x []T, m float64) (s, q float64) {
	x = x[:len(w)]
	var s1, q1 float64
	for ; len(w) >= 2 && len(x) >= 2; w, x = w[2:], x[2:] {
		s += float64(w[0])
		s1 += float64(w[1])
		q += times(float64(w[0]), float64(x[0])-m)
		q1 += times(float64(w[1]), float64(x[1])-m)
	}
	for i, v := range w {
		s += float64(v)
		q += times(float64(v), float64(x[i])-m)
	}
	return s + s1, q + q1
}
