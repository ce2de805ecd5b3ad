package dense

import (
	"math"
	"sort"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// SVD sets s to the singular values of a matrix of m rows and n ≤ m columns, descending, and the rows of u and v, of lengths m and
// n, to the n left and right singular vectors. It overwrites the matrix, whose elements must be finite. It reports whether the
// iteration converged.
//
// The matrix is made bidiagonal, after a QR factorization if it is tall, and then diagonal by the QR iteration of LAPACK's bdsqr,
// whose rotations are applied as in [Eigen].
func SVD(m, n int, a []float64, lda int, s, u, v []float64) bool {
	if n == 0 {
		return true
	}
	var room Workspace
	defer room.Free()
	if 5*m >= 8*n && m > n { // as LAPACK decides
		q, r, w := room.Floats(m*n), room.Floats(n*n), room.Floats(n*n)
		QR(m, n, a, lda, q, n, r, n)
		if !SVD(n, n, r, n, s, w, v) {
			return false
		}
		kernel.Gemm(false, true, n, m, n, w, n, q, n, u, m, false)
		return true
	}
	scale := scaleOf(m, n, a, lda)
	e, tauv, tauu := room.Floats(n), room.Floats(n), room.Floats(n)
	left, right, q := room.Floats(n*m), room.Floats(n*n), room.Floats(m*n)
	bidiagonal(m, n, a, lda, s, e, left, tauv, right, tauu)
	expand(m, n, n, 0, left, m, tauv, q, n)
	kernel.Transpose(left, m, q, n, m, n)
	expand(n, n, n-1, 1, right, n, tauu, q, n)
	kernel.Transpose(right, n, q, n, n, n)
	it := bidiagonalIteration{n: n, d: s, e: e, u: newTurns(left, m, m), v: newTurns(right, n, n)}
	if !it.run() {
		return false
	}
	it.u.flush()
	it.v.flush()
	order := make([]int, n)
	for i, x := range s {
		order[i] = i
		if x < 0 {
			s[i] = -x
			kernel.Neg(right[i*n:(i+1)*n], right[i*n:(i+1)*n])
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return s[order[i]] > s[order[j]] })
	copy(e, s)
	for i, k := range order {
		s[i] = e[k] / scale
		copy(u[i*m:(i+1)*m], left[k*m:(k+1)*m])
		copy(v[i*n:(i+1)*n], right[k*n:(k+1)*n])
	}
	return true
}

// A bidiagonalIteration makes an upper bidiagonal matrix diagonal: d is its diagonal, e stands above it. Its rotations turn u from
// the left and v from the right.
type bidiagonalIteration struct {
	n    int
	d, e []float64
	u, v *turns

	tolerance, threshold float64
	down                 bool // the direction: from large elements to small ones
}

// run is the implicit QR iteration, which is without shift where that would cost small singular values their digits: Demmel and
// Kahan (1990), Accurate singular values of bidiagonal matrices. It reports whether it converged.
func (b *bidiagonalIteration) run() bool {
	n, d, e := b.n, b.d, b.e
	b.tolerance = math.Pow(epsilon, -1.0/8) * epsilon
	least := math.Abs(d[0])
	for i, mu := 1, least; i < n && least > 0; i++ {
		mu = math.Abs(d[i]) * (mu / (mu + math.Abs(e[i-1])))
		least = min(least, mu)
	}
	most := 6 * n * n // rotations
	b.threshold = max(b.tolerance*least/math.Sqrt(float64(n)), float64(most)*leastNum)
	lastLo, lastHi := -1, -1
	for hi := n - 1; hi > 0; {
		if most < 0 {
			return false
		}
		// The block from lo to hi, between which no element of e is negligible.
		lo, largest := hi, math.Abs(d[hi])
		for lo > 0 {
			if math.Abs(e[lo-1]) <= b.threshold {
				e[lo-1] = 0
				break
			}
			lo--
			largest = max(largest, math.Abs(d[lo]), math.Abs(e[lo]))
		}
		switch lo {
		case hi:
			hi--
			continue
		case hi - 1:
			b.two(lo)
			hi -= 2
			continue
		}
		if lo > lastHi || hi < lastLo {
			b.down = math.Abs(d[lo]) >= math.Abs(d[hi])
		}
		smallest, split := b.split(lo, hi)
		if split {
			continue
		}
		lastLo, lastHi = lo, hi
		most -= hi - lo
		shift := b.shift(lo, hi)
		if float64(n)*b.tolerance*(smallest/largest) <= max(epsilon, b.tolerance/100) {
			shift = 0
		}
		b.sweep(lo, hi, shift)
	}
	return true
}

// two finds the singular values of the block of i and i+1.
func (b *bidiagonalIteration) two(i int) {
	least, most, sinv, cosv, sinu, cosu := lapack.Dlasv2(b.d[i], b.e[i], b.d[i+1])
	b.d[i], b.d[i+1], b.e[i] = most, least, 0
	b.v.begin(i, i+1, false)
	b.v.add(cosv, sinv)
	b.u.begin(i, i+1, false)
	b.u.add(cosu, sinu)
}

// split sets an element of e to 0 that is negligible beside what follows of it for the singular values. If there is none it
// returns a lower bound for the least of them.
func (b *bidiagonalIteration) split(lo, hi int) (least float64, split bool) {
	d, e := b.d, b.e
	if b.down {
		if math.Abs(e[hi-1]) <= b.tolerance*math.Abs(d[hi]) {
			e[hi-1] = 0
			return 0, true
		}
		mu := math.Abs(d[lo])
		least = mu
		for i := lo; i < hi; i++ {
			if math.Abs(e[i]) <= b.tolerance*mu {
				e[i] = 0
				return 0, true
			}
			mu = math.Abs(d[i+1]) * (mu / (mu + math.Abs(e[i])))
			least = min(least, mu)
		}
		return least, false
	}
	if math.Abs(e[lo]) <= b.tolerance*math.Abs(d[lo]) {
		e[lo] = 0
		return 0, true
	}
	mu := math.Abs(d[hi])
	least = mu
	for i := hi - 1; i >= lo; i-- {
		if math.Abs(e[i]) <= b.tolerance*mu {
			e[i] = 0
			return 0, true
		}
		mu = math.Abs(d[i]) * (mu / (mu + math.Abs(e[i])))
		least = min(least, mu)
	}
	return least, false
}

// shift returns the singular value that the next sweep aims at, 0 if it is negligible.
func (b *bidiagonalIteration) shift(lo, hi int) float64 {
	d, e := b.d, b.e
	var shift, first float64
	if b.down {
		first = math.Abs(d[lo])
		shift, _ = lapack.Dlas2(d[hi-1], e[hi-1], d[hi])
	} else {
		first = math.Abs(d[hi])
		shift, _ = lapack.Dlas2(d[lo], e[lo], d[lo+1])
	}
	if first > 0 && (shift/first)*(shift/first) < epsilon {
		return 0
	}
	return shift
}

// sweep chases the bulge through the block.
func (b *bidiagonalIteration) sweep(lo, hi int, shift float64) {
	b.u.begin(lo, hi, !b.down)
	b.v.begin(lo, hi, !b.down)
	last := &b.e[lo]
	switch {
	case b.down:
		last = &b.e[hi-1]
		if shift == 0 {
			b.downUnshifted(lo, hi)
		} else {
			b.downShifted(lo, hi, shift)
		}
	case shift == 0:
		b.upUnshifted(lo, hi)
	default:
		b.upShifted(lo, hi, shift)
	}
	if math.Abs(*last) <= b.threshold {
		*last = 0
	}
}

func (b *bidiagonalIteration) downUnshifted(lo, hi int) {
	d, e := b.d, b.e
	c, lastC, lastS := 1.0, 1.0, 0.0
	for i := lo; i < hi; i++ {
		var s, r float64
		c, s, r = rotation(d[i]*c, e[i])
		if i > lo {
			e[i-1] = lastS * r
		}
		lastC, lastS, d[i] = rotation(lastC*r, d[i+1]*s)
		b.v.add(c, s)
		b.u.add(lastC, lastS)
	}
	h := d[hi] * c
	d[hi], e[hi-1] = h*lastC, h*lastS
}

func (b *bidiagonalIteration) upUnshifted(lo, hi int) {
	d, e := b.d, b.e
	c, lastC, lastS := 1.0, 1.0, 0.0
	for i := hi; i > lo; i-- {
		var s, r float64
		c, s, r = rotation(d[i]*c, e[i-1])
		if i < hi {
			e[i] = lastS * r
		}
		lastC, lastS, d[i] = rotation(lastC*r, d[i-1]*s)
		b.v.add(lastC, lastS)
		b.u.add(c, s)
	}
	h := d[lo] * c
	d[lo], e[lo] = h*lastC, h*lastS
}

func (b *bidiagonalIteration) downShifted(lo, hi int, shift float64) {
	d, e := b.d, b.e
	f := (math.Abs(d[lo]) - shift) * (math.Copysign(1, d[lo]) + shift/d[lo])
	g := e[lo]
	for i := lo; i < hi; i++ {
		c, s, r := rotation(f, g)
		if i > lo {
			e[i-1] = r
		}
		b.v.add(c, s)
		f, e[i] = c*d[i]+s*e[i], c*e[i]-s*d[i]
		g, d[i+1] = s*d[i+1], c*d[i+1]
		c, s, d[i] = rotation(f, g)
		b.u.add(c, s)
		f, d[i+1] = c*e[i]+s*d[i+1], c*d[i+1]-s*e[i]
		if i < hi-1 {
			g, e[i+1] = s*e[i+1], c*e[i+1]
		}
	}
	e[hi-1] = f
}

func (b *bidiagonalIteration) upShifted(lo, hi int, shift float64) {
	d, e := b.d, b.e
	f := (math.Abs(d[hi]) - shift) * (math.Copysign(1, d[hi]) + shift/d[hi])
	g := e[hi-1]
	for i := hi; i > lo; i-- {
		c, s, r := rotation(f, g)
		if i < hi {
			e[i] = r
		}
		b.u.add(c, s)
		f, e[i-1] = c*d[i]+s*e[i-1], c*e[i-1]-s*d[i]
		g, d[i-1] = s*d[i-1], c*d[i-1]
		c, s, d[i] = rotation(f, g)
		b.v.add(c, s)
		f, d[i-1] = c*e[i-1]+s*d[i-1], c*d[i-1]-s*e[i-1]
		if i > lo+1 {
			g, e[i-2] = s*e[i-2], c*e[i-2]
		}
	}
	e[lo] = f
}
