package kernel

import "fmt"

// MaxWindows sets y to the largest elements of windows of kh×kw elements of x, whose rows are width elements apart. Window j begins
// at x[j·step]. Which[j] is set to where the largest element stands in window j, p·width+q for row p and column q, or to -1 if
// there may be several of them, or NaN, or if T does not hold that number for sure. NaN wins.
func MaxWindows[T Float](y, which, x []T, step, width, kh, kw int) {
	mustMatch("MaxWindows", "which", len(which), len(y))
	if len(y) == 0 {
		return
	}
	dense := (len(y)-1)*step + 1 // windows that begin one element after the other, of which those of y are some
	if kh < 1 || kw < 1 || width < 0 || step < 1 || len(x) < (kh-1)*width+kw-1+dense {
		panic(fmt.Sprintf("kernel: MaxWindows: %d windows of %d×%d elements, %d apart, rows %d apart, do not fit into %d elements", len(y), kh, kw, step, width, len(x)))
	}
	if raceEnabled {
		touch(y)
		touch(which)
		observe(x)
	}
	exact := (kh-1)*width+kw <= 1<<24 // integers up to there are numbers of single precision
	k := kernelsOf[T]()
	if most := piece / (kh * kw); k.maxWindows == nil || dense < k.windowsLeast || most < 2*k.windowsLeast || !exact || step > farWindows {
		maxWindowsPortable(y, which, x, step, width, kh, kw, exact)
		return
	}
	if step == 1 {
		maxWindows(k, y, which, x, width, kh, kw)
		return
	}
	free := scratchOf[T]()
	s := free.get()
	defer free.put(s)
	s.buffer = grow(s.buffer, 2*dense)
	m, places := s.buffer[:dense], s.buffer[dense:]
	maxWindows(k, m, places, x, width, kh, kw)
	for j := range y {
		y[j], which[j] = m[j*step], places[j*step]
	}
}

// farWindows is how far apart windows are for which the ones between them are computed too.
const farWindows = 8

// maxWindows is MaxWindows with the kernel, for windows that begin one element after the other.
func maxWindows[T Float](k *kernels[T], y, which, x []T, width, kh, kw int) {
	most := piece / (kh * kw)
	for from := 0; from < len(y); from += most {
		n := min(most, len(y)-from)
		at := min(from, len(y)-max(n, k.windowsLeast)) // the last ones overlap those before
		k.maxWindows(&y[at], &which[at], &x[at], from+n-at, width, kh, kw, T(width-kw))
	}
}

func maxWindowsPortable[T Float](y, which, x []T, step, width, kh, kw int, exact bool) {
	for j := range y {
		at := j * step
		m, offset, plain := x[at], 0, exact
		if m != m {
			plain = false
		}
		for p := range kh {
			for q, v := range x[at+p*width:][:kw] {
				switch {
				case v > m:
					m, offset, plain = v, p*width+q, exact
				case v == m && p+q > 0:
					plain = false
				case v != v:
					m, plain = v, false
				}
			}
		}
		if !plain || m != m {
			offset = -1
		}
		y[j], which[j] = m, T(offset)
	}
}
