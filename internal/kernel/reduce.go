package kernel

// Sum returns Σ x[i], 0 for an empty slice.
//
// Numbers are added pairwise, in single precision with double-precision sums, so the error is at most a few ulp of Σ|x[i]|.
func Sum[T Float](x []T) T { return T(Sum64(x)) }

// Sum64 is [Sum] before it is rounded to T: a sum in single precision does not overflow.
func Sum64[T Float](x []T) float64 { return reduce(reduceSum, x, x) }

// Dot returns Σ x[i]*y[i], 0 for empty slices, added like [Sum].
func Dot[T Float](x, y []T) T {
	mustMatch("Dot", "y", len(y), len(x))
	return T(reduce(reduceDot, x, y))
}

// Dot64 is [Dot] before it is rounded to T. In single precision it neither overflows nor underflows.
func Dot64[T Float](x, y []T) float64 {
	mustMatch("Dot64", "y", len(y), len(x))
	return reduce(reduceDot, x, y)
}

// Max returns the largest element of x. NaN if there is one; it panics if x is empty.
func Max[T Float](x []T) T {
	if len(x) == 0 {
		panic("kernel: Max: x is empty")
	}
	if raceEnabled {
		observe(x)
	}
	f := kernelsOf[T]().max
	if len(x) <= piece {
		return f(x)
	}
	m := x[0]
	for lo := 0; lo < len(x); lo += piece {
		m = max(m, f(x[lo:min(lo+piece, len(x))]))
	}
	return m
}

// AllFinite reports whether x holds neither NaN nor an infinity.
func AllFinite[T Float](x []T) bool { return reduce(reduceFinite, x, x) == 0 }

// MaxAbs returns the largest absolute value in x, 0 for an empty slice. NaN if there is one.
func MaxAbs[T Float](x []T) T { return T(reduce(reduceMaxAbs, x, x)) }

// A reduction says what becomes of a piece.
type reduction int

const (
	reduceSum reduction = iota
	reduceDot
	reduceMaxAbs
	reduceFinite
)

// reducePiece reduces a piece of two slices of equal length.
func reducePiece[T Float](k *kernels[T], r reduction, x, y []T) float64 {
	switch r {
	case reduceMaxAbs:
		return float64(k.maxAbs(x))
	case reduceFinite:
		return float64(k.finite(x))
	}
	return reducePairwise(k, r, x, y)
}

// leaf is how many numbers a kernel adds to sums that it keeps side by side. Longer slices are split in two.
const leaf = 1024

// reducePairwise adds the sums of both halves of a slice. Single precision does not need it: there, kernels have digits to spare.
func reducePairwise[T Float](k *kernels[T], r reduction, x, y []T) float64 {
	if len(x) > leaf && !is32[T]() {
		h := (len(x)/2 + leaf - 1) / leaf * leaf
		return reducePairwise(k, r, x[:h], y[:h]) + reducePairwise(k, r, x[h:], y[h:])
	}
	if r == reduceDot {
		return k.dot(x, y)
	}
	return k.sum(x)
}

// reduce puts the reductions of all pieces together.
func reduce[T Float](r reduction, x, y []T) float64 {
	if raceEnabled {
		observe(x)
		observe(y)
	}
	k := kernelsOf[T]()
	if len(x) <= leaf { // most are short: with one call on the way
		switch r {
		case reduceDot:
			return k.dot(x, y)
		case reduceSum:
			return k.sum(x)
		case reduceMaxAbs:
			return float64(k.maxAbs(x))
		case reduceFinite:
			return float64(k.finite(x))
		}
	}
	if len(x) <= piece {
		return reducePiece(k, r, x, y)
	}
	var s float64
	for lo := 0; lo < len(x); lo += maxParts * piece {
		hi := min(lo+maxParts*piece, len(x))
		s = combine(r, s, reduceParts(k, r, x[lo:hi], y[lo:hi]))
	}
	return s
}

// maxParts is how many pieces are reduced before they are put together.
const maxParts = 64

func reduceParts[T Float](k *kernels[T], r reduction, x, y []T) float64 {
	var parts [maxParts]float64
	n := (len(x) + piece - 1) / piece
	if n > 1 && workers.acquire() {
		j := &jobsOf[T]().reduce
		j.k, j.r, j.x, j.y = k, r, x, y
		workers.run(j, n, n >= 2*rousePieces)
		parts = j.parts
		j.x, j.y = nil, nil
		workers.release()
	} else {
		for i := range n {
			lo, hi := i*piece, min((i+1)*piece, len(x))
			parts[i] = reducePiece(k, r, x[lo:hi], y[lo:hi])
		}
	}
	return combinePairs(r, parts[:n])
}

// combine puts the reductions of two parts together.
func combine(r reduction, x, y float64) float64 {
	if r == reduceMaxAbs {
		return max(x, y) // NaN if either is
	}
	return x + y
}

// combinePairs puts the reductions of many parts together pairwise.
func combinePairs(r reduction, parts []float64) float64 {
	if len(parts) == 1 {
		return parts[0]
	}
	h := len(parts) / 2
	return combine(r, combinePairs(r, parts[:h]), combinePairs(r, parts[h:]))
}

// A reduceJob is a reduction that is spread over processors.
type reduceJob[T Float] struct {
	k     *kernels[T]
	r     reduction
	x, y  []T
	parts [maxParts]float64
}

func (j *reduceJob[T]) chunk(i int) {
	lo, hi := i*piece, min((i+1)*piece, len(j.x))
	j.parts[i] = reducePiece(j.k, j.r, j.x[lo:hi], j.y[lo:hi])
}
