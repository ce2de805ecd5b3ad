package kernel

import "math"

// This file holds functions that take elements of lines and numbers of each line, and scans, in Go.

func portableAffine[T Float]() *affineKernels[T] {
	return &affineKernels[T]{
		acrossAffine: func(dst, x, hi, lo, c, b []T, stride, rows int) {
			for r := range rows {
				to := dst[r*stride:][:len(hi)]
				for j, v := range x[r*stride:][:len(hi)] {
					to[j] = times(v-hi[j]-lo[j], c[j]) + b[j]
				}
			}
		},
		acrossAffineTo: func(dst, x, hi, lo, c []T, stride, rows int) {
			for r := range rows {
				to := dst[r*stride:][:len(hi)]
				for j, v := range x[r*stride:][:len(hi)] {
					to[j] += times(v-hi[j]-lo[j], c[j])
				}
			}
		},
		rowsAffine: func(dst, x, hi, lo, c, b []T, n int) {
			for i, h := range hi {
				to := dst[i*n:][:n]
				for j, v := range x[i*n:][:n] {
					to[j] = times(v-h-lo[i], c[i]) + b[i]
				}
			}
		},
		rowsAffineTo: func(dst, x, hi, lo, c []T, n int) {
			for i, h := range hi {
				to := dst[i*n:][:n]
				for j, v := range x[i*n:][:n] {
					to[j] += times(v-h-lo[i], c[i])
				}
			}
		},
		acrossSlope: func(dst, w, x, mean, c, hi, lo, slope []T, stride, rows int) {
			for r := range rows {
				to, from := dst[r*stride:][:len(mean)], x[r*stride:][:len(mean)]
				for j, v := range w[r*stride:][:len(mean)] {
					to[j] = times(v-mean[j], c[j]) - times(from[j]-hi[j]-lo[j], slope[j])
				}
			}
		},
		acrossSlopeTo: func(dst, w, x, mean, c, hi, lo, slope []T, stride, rows int) {
			for r := range rows {
				to, from := dst[r*stride:][:len(mean)], x[r*stride:][:len(mean)]
				for j, v := range w[r*stride:][:len(mean)] {
					to[j] += times(v-mean[j], c[j]) - times(from[j]-hi[j]-lo[j], slope[j])
				}
			}
		},
		rowsSlope: func(dst, w, x, mean, c, hi, lo, slope []T, n int) {
			for i, m := range mean {
				to, from := dst[i*n:][:n], x[i*n:][:n]
				for j, v := range w[i*n:][:n] {
					to[j] = times(v-m, c[i]) - times(from[j]-hi[i]-lo[i], slope[i])
				}
			}
		},
		rowsSlopeTo: func(dst, w, x, mean, c, hi, lo, slope []T, n int) {
			for i, m := range mean {
				to, from := dst[i*n:][:n], x[i*n:][:n]
				for j, v := range w[i*n:][:n] {
					to[j] += times(v-m, c[i]) - times(from[j]-hi[i]-lo[i], slope[i])
				}
			}
		},
		rowsGain: func(dst, w, x, gain, mean, slope, c []T, n int) {
			for i, m := range mean {
				to, from := dst[i*n:][:n], x[i*n:][:n]
				for j, v := range w[i*n:][:n] {
					to[j] = times(timesZeroWins(v, gain[j])-m-times(from[j], slope[i]), c[i])
				}
			}
		},
		rowsGainTo: func(dst, w, x, gain, mean, slope, c []T, n int) {
			for i, m := range mean {
				to, from := dst[i*n:][:n], x[i*n:][:n]
				for j, v := range w[i*n:][:n] {
					to[j] += times(timesZeroWins(v, gain[j])-m-times(from[j], slope[i]), c[i])
				}
			}
		},
		rowsGainSums: func(s, q []float64, w, x, gain []T, n int) {
			for i := range s {
				s[i], q[i] = gainSumsPortable(w[i*n:][:n], x[i*n:][:n], gain[:n])
			}
		},
		acrossExpSum: func(s []float64, x, m []T, stride, rows int) {
			for r := range rows {
				for j, v := range x[r*stride:][:len(m)] {
					s[j] += math.Exp(float64(v - m[j]))
				}
			}
		},
		acrossExp: func(s []float64, y, x, m []T, stride, rows int) {
			for r := range rows {
				to := y[r*stride:][:len(m)]
				for j, v := range x[r*stride:][:len(m)] {
					e := math.Exp(float64(v - m[j]))
					s[j] += e
					to[j] = T(e)
				}
			}
		},
		acrossSoftmax: func(dst, ct, y, s []T, stride, rows int) {
			for r := range rows {
				to, by := dst[r*stride:][:len(s)], y[r*stride:][:len(s)]
				for j, v := range ct[r*stride:][:len(s)] {
					to[j] = timesZeroWins(v-s[j], by[j])
				}
			}
		},
		acrossSoftmaxTo: func(dst, ct, y, s []T, stride, rows int) {
			for r := range rows {
				to, by := dst[r*stride:][:len(s)], y[r*stride:][:len(s)]
				for j, v := range ct[r*stride:][:len(s)] {
					to[j] += timesZeroWins(v-s[j], by[j])
				}
			}
		},
		acrossLogSoftmax: func(dst, ct, y, s []T, stride, rows int) {
			for r := range rows {
				to, by := dst[r*stride:][:len(s)], y[r*stride:][:len(s)]
				for j, v := range ct[r*stride:][:len(s)] {
					to[j] = v - timesZeroWins(s[j], T(math.Exp(float64(by[j]))))
				}
			}
		},
		acrossLogSoftmaxTo: func(dst, ct, y, s []T, stride, rows int) {
			for r := range rows {
				to, by := dst[r*stride:][:len(s)], y[r*stride:][:len(s)]
				for j, v := range ct[r*stride:][:len(s)] {
					to[j] += v - timesZeroWins(s[j], T(math.Exp(float64(by[j]))))
				}
			}
		},
		scanSum: func(s []float64, y, x []T, stride, rows int) {
			eachRow(len(s), stride, rows, func(_, at int) {
				to := y[at:][:len(s)]
				for j, v := range x[at:][:len(s)] {
					s[j] += float64(v)
					to[j] = T(s[j])
				}
			})
		},
		scanProd: func(s []float64, y, x []T, stride, rows int) {
			eachRow(len(s), stride, rows, func(_, at int) {
				to := y[at:][:len(s)]
				for j, v := range x[at:][:len(s)] {
					s[j] *= float64(v)
					to[j] = T(s[j])
				}
			})
		},
		scanBefore: func(s, before []float64, x []T, stride, rows int) {
			eachRow(len(s), stride, rows, func(wide, at int) {
				copy(before[wide:], s)
				for j, v := range x[at:][:len(s)] {
					s[j] *= float64(v)
				}
			})
		},
		scanBehind: func(s, c, before []float64, dst, x []T, stride, rows int) {
			eachRow(len(s), stride, rows, func(wide, at int) {
				to, by := dst[at:][:len(s)], before[wide:][:len(s)]
				for j, v := range x[at:][:len(s)] {
					to[j] = T(c[j] * (s[j] * by[j]))
					s[j] *= float64(v)
				}
			})
		},
		scanBehindTo: func(s, before []float64, dst, ct, x []T, stride, rows int) {
			eachRow(len(s), stride, rows, func(wide, at int) {
				to, by, add := dst[at:][:len(s)], before[wide:][:len(s)], ct[at:][:len(s)]
				for j, v := range x[at:][:len(s)] {
					s[j] += float64(add[j])
					to[j] = T(s[j] * by[j])
					s[j] *= float64(v)
				}
			})
		},
	}
}

// eachRow calls f with where rows begin: those of a slice without gaps, and those stride apart, from the last one on if
// that is negative.
func eachRow(width, stride, rows int, f func(wide, at int)) {
	for r := range rows {
		if stride < 0 {
			r = rows - 1 - r
		}
		f(r*width, r*max(stride, -stride))
	}
}

// timesZeroWins returns ct·d, +0 where ct is a zero of either sign.
func timesZeroWins[T Float](ct, d T) T {
	if ct == 0 {
		return 0
	}
	return times(ct, d)
}

// gainSumsPortable returns Σ g and Σ g·x for g = w·gain, 0 where w is, each as two sums of every other element.
func gainSumsPortable[T Float](w, x, gain []T) (s, q float64) {
	var sums, products [2]float64
	for j, v := range w {
		g := float64(timesZeroWins(v, gain[j]))
		sums[j%2] += g
		products[j%2] += times(g, float64(x[j]))
	}
	return sums[0] + sums[1], products[0] + products[1]
}
