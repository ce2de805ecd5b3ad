package kernel

import (
	"math"
	"sync/atomic"

	"github.com/seed366ff29f/chainrule/internal/specfun"
)

// PNormRows sets dst[i] to (Σ|x|ᵖ)¹ᐟᵖ for row i of n elements of x, p > 0. Numbers are scaled by a power of 2 first, so that powers of
// the largest ones neither overflow nor vanish. It is NaN, and the result false, for rows where that needs more care: with an element
// that is not finite, without one that is not 0, and with p so large that powers of ½ vanish.
func PNormRows[T Float](dst, x []T, n int, p float64) (plain bool) {
	return foldLines("PNormRows", linesJob[T]{kind: foldPower, dst: dst, x: x, n: n, inner: 1, divisor: p})
}

// powerBlock is how many elements are raised to a power at a time, so that they stay in the cache.
const powerBlock = 2048

// powers is PNormRows for rows lo up to hi.
func (j *linesJob[T]) powers(lo, hi int) {
	p := j.divisor
	free := scratchOf[T]()
	buffer := free.get()
	buffer.buffer = grow(buffer.buffer, powerBlock+1)
	least, most := 0x1p-100, 64.0
	if !is32[T]() {
		least, most = 0x1p-1000, 512
	}
	for ; lo < hi; lo++ {
		row := j.x[lo*j.n : (lo+1)*j.n]
		largest := float64(MaxAbs(row))
		if !(least <= largest && largest <= 1/least && p <= most) {
			j.dst[lo] = T(math.NaN())
			atomic.StoreUint32(&j.rare, 1)
			continue
		}
		_, exponent := math.Frexp(largest)
		s := sumPowers(row, buffer.buffer, T(math.Ldexp(1, -exponent)), T(p))
		j.dst[lo] = T(math.Ldexp(specfun.Pow(s, 1/p), exponent))
	}
	free.put(buffer)
}

// sumPowers returns Σ|x·scale|ᵖ, by halves.
func sumPowers[T Float](x, buffer []T, scale, p T) float64 {
	if len(x) > powerBlock {
		h := (len(x)/2 + leaf - 1) / leaf * leaf
		return sumPowers(x[:h], buffer, scale, p) + sumPowers(x[h:], buffer, scale, p)
	}
	d := buffer[:len(x)]
	MulScalar(d, x, scale)
	Abs(d, d)
	raise(d, buffer[powerBlock:], p)
	return Sum64(d)
}

// raise raises numbers that are not negative to a power; exponent is a buffer of one element.
func raise[T Float](d, exponent []T, p T) {
	switch p {
	case 0.5:
		Map(MapPowHalf, d, d, nil, 0, 0)
	case 1:
	case 2:
		Square(d, d)
	case 3:
		Map(MapCube, d, d, nil, 0, 0)
	case 4:
		Map(MapFourthPower, d, d, nil, 0, 0)
	default:
		exponent[0] = p
		Map(MapPow, d, d, exponent[:1], 0, 0)
	}
}

// PNormLinesBackward adds the derivative of the p-norms y of lines of x to dst: ct[i]·sign(x)·(|x|/y[i])ᵖ⁻¹ for the elements of line i,
// p > 1. Where ct[i] is 0 it is 0, and where y[i] is 0 the elements are, and ct[i]·0. With set, it sets dst.
func PNormLinesBackward[T Float](dst, ct, x, y []T, n, inner int, p float64, set bool) {
	mustMatch("PNormLinesBackward", "y", len(y), len(ct))
	shareLines("PNormLinesBackward", linesWork[T]{kind: workPNormBackward, dst: dst, c: ct, x: x, b: y, n: n, inner: inner, p: p, set: set}, len(ct))
}

// powersBackward is PNormLinesBackward for rows lo up to hi, or for rows of elements of lines side by side.
func (j *linesWork[T]) powersBackward(lo, hi int) {
	free := scratchOf[T]()
	buffer := free.get()
	buffer.buffer = grow(buffer.buffer, 4*powerBlock+1)
	y, c, d, sign := buffer.buffer[:powerBlock], buffer.buffer[powerBlock:2*powerBlock], buffer.buffer[2*powerBlock:3*powerBlock], buffer.buffer[3*powerBlock:4*powerBlock]
	exponent := buffer.buffer[4*powerBlock:]
	q := T(j.p - 1)
	width := j.inner // of a row of elements
	if j.inner == 1 {
		width = j.n
	}
	for ; lo < hi; lo++ {
		for at := 0; at < width; at += powerBlock {
			size := min(powerBlock, width-at)
			from := lo*width + at
			dst, x, y, c, d, sign := j.dst[from:from+size], j.x[from:from+size], y[:size], c[:size], d[:size], sign[:size]
			if j.inner == 1 {
				Fill(y, j.b[lo])
				Fill(c, j.c[lo])
			} else {
				line := lo/j.n*j.inner + at
				copy(y, j.b[line:])
				copy(c, j.c[line:])
			}
			for i, v := range y {
				if v == 0 {
					y[i] = 1
				}
			}
			Abs(d, x)
			if q <= 1 { // the quotient of the bases could vanish before its root
				raise(d, exponent, q)
				raise(y, exponent, q)
				Div(d, d, y)
			} else {
				Div(d, d, y)
				raise(d, exponent, q)
			}
			Map(MapSign, sign, x, nil, 0, 0)
			Mul(d, sign, d)
			if j.set {
				MulZeroWins(dst, c, d)
			} else {
				MulAddTo(dst, c, d)
			}
		}
	}
	free.put(buffer)
}
