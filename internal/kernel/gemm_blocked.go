package kernel

import "sync"

// A gemmTile is a micro-kernel: it sets a tile of C, of a fixed number of rows and vectors, to A·B + D. Distances are in bytes:
// the rows of A are ars apart and its columns acs, so A may lie in any way; B, C and D have rows of consecutive elements.
// The last vector has cols elements; of B, AVX2 reads the whole vector all the same. If d is nil nothing is added. With relu the
// maximum with 0 is taken.
type gemmTile[T Float] func(a *T, ars, acs uintptr, b *T, ldb uintptr, k int, c *T, ldc uintptr, d *T, ldd uintptr, cols int, relu bool)

// A gemmPack transposes rows of b, ldb bytes apart, into columns of dst, ldd bytes apart: dst[p,r] = b[r,p] for p < k, with zeros
// where r is not less than the number of rows that the function is for.
type gemmPack[T Float] func(dst *T, ldd uintptr, b *T, ldb uintptr, k int)

// A gemmPanel copies k rows of b, ldb bytes apart and two vectors long, to dst without gaps.
type gemmPanel[T Float] func(dst, b *T, ldb uintptr, k int)

// A gemmKernel is what an implementation brings for matrix products.
type gemmKernel[T Float] struct {
	tiles   [][]gemmTile[T] // tiles[v-1][r-1] is for v vectors and r rows
	packs   []gemmPack[T]   // packs[r-1] is for r rows
	panel   gemmPanel[T]    // copies a panel of B
	lanes   int             // elements of a vector
	masked  bool            // the last vector of B is read under a mask
	rows    int             // the most rows of a tile
	mc, kc  int             // rows and terms of a block of A
	maxOpen int             // the most rows of C for which B is read where it lies
	ways    int             // how many rows, 4096 bytes apart, the first cache holds
}

// A product is a matrix product C = A·B + D, or max(A·B + D, 0) with relu.
type product[T Float] struct {
	m, n, k  int
	a        []T
	ars, acs int // distances of rows and columns of A
	b        []T
	brs, bcs int
	c        []T
	ldc      int
	d        []T // C itself to accumulate, a row to add to every row, or nil
	ldd      int
	relu     bool
}

// scratch holds the copies of blocks that a product needs.
type scratch[T Float] struct {
	a, b []T
	next *scratch[T]
}

// A scratchList keeps buffers that no product uses at the moment.
type scratchList[T Float] struct {
	mu   sync.Mutex
	head *scratch[T]
}

func (l *scratchList[T]) get() *scratch[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.head
	if s == nil {
		return new(scratch[T])
	}
	l.head = s.next
	return s
}

func (l *scratchList[T]) put(s *scratch[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.next = l.head
	l.head = s
}

// grow returns s, or a larger slice, with n elements.
func grow[T Float](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// panelVectors is how many vectors wide a panel of B is.
const panelVectors = 2

// multiply computes the product on one core.
func (g *gemmKernel[T]) multiply(p *product[T], free *scratchList[T]) {
	size := sizeOf[T]()
	nr := panelVectors * g.lanes
	// B has to be copied if its rows are not contiguous, if a vector would reach past its end, and where that is faster.
	packB := p.bcs != 1 || !g.masked && p.n&(g.lanes-1) != 0 || p.m > g.maxOpen && p.n > g.lanes
	copyA := g.collides(p)
	var s *scratch[T]
	if packB || copyA {
		s = free.get()
		defer free.put(s)
	}
	kBlocks, mBlocks := parts(p.k, g.kc), parts(p.m, g.mc)
	for kb := range max(kBlocks, 1) {
		k0, k1 := 0, p.k
		if kBlocks > 1 {
			k0, k1 = kb*p.k/kBlocks, (kb+1)*p.k/kBlocks
		}
		d, ldd, relu := p.d, p.ldd, p.relu
		if kb > 0 {
			d, ldd = p.c, p.ldc
		}
		if k1 < p.k {
			relu = false
		}
		for mb := range mBlocks {
			m0, m1 := 0, p.m
			if mBlocks > 1 {
				m0, m1 = mb*p.m/mBlocks, (mb+1)*p.m/mBlocks
			}
			a, aOff, ars, acs := p.a, m0*p.ars+k0*p.acs, p.ars, p.acs
			if copyA {
				a, ars, acs = copyBlock(s, p, m0, m1, k0, k1)
				aOff = 0
			}
			// Tiles are nearly equal: the first tall of them have one row more than the others.
			tiles := parts(m1-m0, g.rows)
			height, tall := m1-m0, 0
			if tiles > 1 {
				height, tall = (m1-m0)/tiles, (m1-m0)%tiles
			}
			for j := 0; j < p.n; j += nr {
				w, vecs := nr, panelVectors
				if p.n-j < nr {
					w = p.n - j
					vecs = (w + g.lanes - 1) / g.lanes
				}
				b, bOff, ldb := p.b, k0*p.brs+j*p.bcs, p.brs
				if packB && k1 > k0 {
					ldb = vecs * g.lanes
					s.b = grow(s.b, (k1-k0)*ldb)
					g.packPanel(s.b, ldb, p, k0, k1, j, w)
					b, bOff = s.b, 0
				}
				cols := w - (vecs-1)*g.lanes
				rows := g.tiles[vecs-1]
				i := m0
				for t := range tiles {
					h := height
					if t < tall {
						h++
					}
					var bp, dp *T
					ap := &p.c[0] // any address will do where there is nothing to read
					if k1 > k0 {
						ap, bp = &a[aOff+(i-m0)*ars], &b[bOff]
					}
					if d != nil {
						dp = &d[i*ldd+j]
					}
					rows[h-1](ap, uintptr(ars*size), uintptr(acs*size), bp, uintptr(ldb*size), k1-k0,
						&p.c[i*p.ldc+j], uintptr(p.ldc*size), dp, uintptr(ldd*size), cols, relu)
					i += h
				}
			}
		}
	}
}

// parts returns how many parts of at most size make n, n/size rounded up.
func parts(n, size int) int {
	if 0 < n && n <= size {
		return 1 // divisions are slow
	}
	return (n + size - 1) / size
}

// collides reports whether A has to be copied because its rows fall on the same few lines of the first cache.
func (g *gemmKernel[T]) collides(p *product[T]) bool {
	stored := p.ars
	if p.acs != 1 {
		stored = p.acs
	}
	return stored*sizeOf[T]()%4096 == 0 && p.m > g.ways && p.n > panelVectors*g.lanes && p.k > 1
}

// copyBlock copies the block of A of rows m0 to m1 and terms k0 to k1, in the order in which it lies, with a gap after each row
// that keeps rows apart in the cache. It returns the copy and its strides.
func copyBlock[T Float](s *scratch[T], p *product[T], m0, m1, k0, k1 int) (a []T, ars, acs int) {
	rows, cols := m1-m0, k1-k0
	if p.acs != 1 {
		rows, cols = cols, rows
	}
	ld := (cols+15)/16*16 + 16
	s.a = grow(s.a, rows*ld)
	for i := range rows {
		from := (m0+i)*p.ars + k0
		if p.acs != 1 {
			from = (k0+i)*p.acs + m0
		}
		copy(s.a[i*ld:i*ld+cols], p.a[from:from+cols])
	}
	if p.acs != 1 {
		return s.a, 1, ld
	}
	return s.a, ld, 1
}

// packPanel copies rows k0 to k1 of w columns of B, from column j, into rows of ldb elements, filled up with zeros.
func (g *gemmKernel[T]) packPanel(dst []T, ldb int, p *product[T], k0, k1, j, w int) {
	if p.bcs == 1 {
		if w == panelVectors*g.lanes && k1 > k0 {
			g.panel(&dst[0], &p.b[k0*p.brs+j], uintptr(p.brs*sizeOf[T]()), k1-k0)
			return
		}
		for i := range k1 - k0 {
			from := (k0+i)*p.brs + j
			row := dst[i*ldb : i*ldb+ldb]
			copy(row, p.b[from:from+w])
			clear(row[w:])
		}
		return
	}
	size := sizeOf[T]()
	step := len(g.packs)
	for c := 0; c < ldb; c += step {
		r := min(step, w-c)
		if r <= 0 {
			for i := range k1 - k0 {
				clear(dst[i*ldb+c : i*ldb+c+step])
			}
			continue
		}
		g.packs[r-1](&dst[c], uintptr(ldb*size), &p.b[k0+(j+c)*p.bcs], uintptr(p.bcs*size), k1-k0)
	}
}
