package dense

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// A reflector is I - tau·v·vᵀ, an orthogonal matrix.

// reflect makes the reflector that turns x into (beta, 0, ...), and puts v, whose first element is 1, in place of x. tau is 0 if x
// need not be turned.
func reflect(x []float64) (beta, tau float64) {
	size := kernel.MaxAbs(x[1:])
	if size == 0 {
		beta, x[0] = x[0], 1
		return beta, 0
	}
	size = max(size, math.Abs(x[0]))
	scale := 1.0
	if size < 0x1p-400 || size > 0x1p400 { // squares would vanish or overflow
		_, exponent := math.Frexp(size)
		scale = math.Ldexp(1, min(-exponent, 1000))
		kernel.MulScalar(x, x, scale)
	}
	alpha := x[0]
	beta = -math.Copysign(math.Sqrt(kernel.Dot(x, x)), alpha)
	tau = (beta - alpha) / beta
	kernel.MulScalar(x, x, 1/(alpha-beta))
	x[0] = 1
	return beta / scale, tau
}

// A block of reflectors H₀·H₁·… is I - vᵀ·t·v: the rows of v are their vectors, t is upper triangular.
type block struct {
	k, n int
	v    []float64 // k×n
	t    []float64 // k×k
}

// newBlock takes k vectors of length n, the rows of v, and the numbers tau.
func newBlock(room *Workspace, k, n int, v, tau []float64) block {
	b := block{k, n, v, room.Floats(k * k)}
	gram := room.Floats(k * k)
	kernel.Gemm(false, true, k, k, n, v, n, v, n, gram, k, false)
	for i := range k {
		// Column i of t is -tau·t·(v·vᵢ), for the rows above the diagonal.
		for r := range i {
			sum := 0.0
			for c := r; c < i; c++ {
				sum += b.t[r*k+c] * gram[c*k+i]
			}
			b.t[r*k+i] = -tau[i] * sum
		}
		b.t[i*k+i] = tau[i]
		clear(b.t[i*k : i*k+i])
	}
	return b
}

// apply replaces the matrix x of n rows and cols columns with the product of the block, or its transpose, and x.
func (b block) apply(transposed bool, room *Workspace, x []float64, ldx, cols int) {
	w, u := room.Floats(b.k*cols), room.Floats(b.k*cols)
	kernel.Gemm(false, false, b.k, cols, b.n, b.v, b.n, x, ldx, w, cols, false)
	kernel.Gemm(transposed, false, b.k, cols, b.k, b.t, b.k, w, cols, u, cols, false)
	kernel.Neg(u, u)
	kernel.Gemm(true, false, b.n, cols, b.k, b.v, b.n, u, cols, x, ldx, true)
}

// panelRows is how many reflectors are made before the rest of the matrix is brought up to date.
const panelRows = 32

// panelFor returns how many reflectors there are in the panels of a matrix of n: small matrices are one panel.
func panelFor(n int) int {
	if n <= 2*panelRows {
		return max(n, 1)
	}
	return panelRows
}

// expand sets q, which has m rows and n ≤ m columns, to the first columns of the product of count reflectors. The vector of
// reflector i is row i of v, which is ldv long, from element i+shift on.
func expand(m, n, count, shift int, v []float64, ldv int, tau, q []float64, ldq int) {
	for i := range m {
		clear(q[i*ldq : i*ldq+n])
		if i < n {
			q[i*ldq+i] = 1
		}
	}
	if count <= 0 {
		return
	}
	panel := panelFor(n)
	for p := (count - 1) / panel * panel; p >= 0; p -= panel {
		var room Workspace
		k, from := min(panel, count-p), p+shift
		b := newBlock(&room, k, m-from, gather(&room, k, m-from, v[p*ldv+from:], ldv), tau[p:])
		b.apply(false, &room, q[from*(ldq+1):], ldq, n-from)
		room.Free()
	}
}

// gather returns k vectors of length n, vector i of which is row i of v from element i on, behind zeros.
func gather(room *Workspace, k, n int, v []float64, ldv int) []float64 {
	out := room.Floats(k * n)
	for i := range k {
		row := out[i*n : (i+1)*n]
		clear(row[:i])
		copy(row[i:], v[i*ldv+i:i*ldv+n])
	}
	return out
}
