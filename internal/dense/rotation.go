package dense

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/kernel"
	"gonum.org/v1/gonum/lapack/gonum"
)

// lapack are routines for a few numbers.
var lapack gonum.Implementation

// rotation returns c ≥ 0, s and r for which c·f + s·g = r and c·g - s·f = 0.
func rotation(f, g float64) (c, s, r float64) {
	const least, most = 0x1p-500, 0x1p500
	if x, y := math.Abs(f), math.Abs(g); least < x && x < most && least < y && y < most {
		r = math.Copysign(math.Sqrt(f*f+g*g), f)
		return f / r, g / r, r
	}
	return lapack.Dlartg(f, g)
}

// symmetric2 returns the eigenvalues of (a b; b c), the larger in size first, and the unit vector (cs, sn) of the first.
func symmetric2(a, b, c float64) (first, second, cs, sn float64) { return lapack.Dlaev2(a, b, c) }

// turns are sweeps of rotations of neighbouring rows that wait until there are enough of them: then each part of the rows is fetched
// into the cache once for all.
type turns struct {
	z        []float64 // the rows
	ld, cols int
	sweeps   []sweep
	cs       []float64 // the pairs (c, s) of all sweeps
}

// A sweep turns the rows from lo to hi, one after the other.
type sweep struct {
	lo, hi int
	up     bool
	from   int // where its pairs begin
}

func newTurns(z []float64, ld, cols int) *turns { return &turns{z: z, ld: ld, cols: cols} }

const (
	mostPairs  = 4096 // that wait
	turnedCols = 32   // are turned at a time
)

// begin begins a sweep.
func (t *turns) begin(lo, hi int, up bool) {
	if len(t.cs) >= 2*mostPairs {
		t.flush()
	}
	t.sweeps = append(t.sweeps, sweep{lo, hi, up, len(t.cs)})
}

// add adds a rotation to the sweep: of the two rows x and y whose turn it is, x becomes c·x + s·y, and y becomes c·y - s·x.
func (t *turns) add(c, s float64) { t.cs = append(t.cs, c, s) }

// flush applies what waits.
func (t *turns) flush() {
	for j := 0; j < t.cols; j += turnedCols {
		w := min(turnedCols, t.cols-j)
		for _, s := range t.sweeps {
			kernel.Rotate(t.z[s.lo*t.ld+j:], t.ld, w, s.up, t.cs[s.from:s.from+2*(s.hi-s.lo)])
		}
	}
	t.sweeps, t.cs = t.sweeps[:0], t.cs[:0]
}
