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

// A gemmPanel copies k rows of b, ldb bytes apart, to dst without gaps. How long they are depends on the function.
type gemmPanel[T Float] func(dst, b *T, ldb uintptr, k int)

// A gemmKernel is what an implementation brings for matrix products.
type gemmKernel[T Float] struct {
	tiles   [][]gemmTile[T] // tiles[v-1][r-1] is for v vectors and r rows
	packs   []gemmPack[T]   // packs[r-1] is for r rows
	panel   gemmPanel[T]    // copies a panel of B
	packA   gemmPanel[T]    // copies k rows of as many elements as a tile has rows, or nil if that does not pay
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

// scratch holds the copies of blocks that a product needs, and the buffer of a chunk of [Share].
type scratch[T Float] struct {
	a, b   []T
	buffer []T
	next   *scratch[T]
}

// A scratchList keeps scratch that no one uses at the moment.
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
	// B has to be copied if its rows are not contiguous, if a vector would reach past its end, and where that is faster.
	packB := p.bcs != 1 || !g.masked && p.n&(g.lanes-1) != 0 || p.m > g.maxOpen && p.n > g.lanes
	copyA, packA := g.collides(p), g.packA != nil && p.acs != 1 && p.k >= minPackA && p.m >= minPackA && p.n >= minPackA
	var s *scratch[T]
	if packB || copyA || packA {
		s = free.get()
		defer free.put(s)
	}
	kBlocks, mBlocks := parts(p.k, g.kc), parts(p.m, g.mc)
	if kBlocks <= 1 && mBlocks <= 1 && !copyA && p.k*p.n*sizeOf[T]() <= smallB && p.n > panelVectors*g.lanes {
		g.multiplyByRows(p, s, packB)
		return
	}
	for kb := range max(kBlocks, 1) {
		x := block[T]{k0: 0, k1: p.k, d: p.d, ldd: p.ldd, relu: p.relu}
		if kBlocks > 1 {
			x.k0, x.k1 = kb*p.k/kBlocks, (kb+1)*p.k/kBlocks
		}
		if kb > 0 {
			x.d, x.ldd = p.c, p.ldc
		}
		if x.k1 < p.k {
			x.relu = false
		}
		for mb := range mBlocks {
			x.m0, x.m1 = 0, p.m
			if mBlocks > 1 {
				x.m0, x.m1 = mb*p.m/mBlocks, (mb+1)*p.m/mBlocks
			}
			x.a, x.aOff, x.ars, x.acs = p.a, x.m0*p.ars+x.k0*p.acs, p.ars, p.acs
			tiles, height, tall := g.heights(x.m1 - x.m0)
			switch {
			case packA:
				g.packTiles(s, p, &x, tiles, height, tall)
			case copyA:
				copyBlock(s, p, &x)
			}
			for j := 0; j < p.n; j += panelVectors * g.lanes {
				w, vecs := g.width(p, j)
				x.b, x.bOff, x.ldb = p.b, x.k0*p.brs+j*p.bcs, p.brs
				if packB && x.k1 > x.k0 {
					x.ldb = vecs * g.lanes
					s.b = grow(s.b, (x.k1-x.k0)*x.ldb)
					g.packPanel(s.b, x.ldb, p, x.k0, x.k1, j, w)
					x.b, x.bOff = s.b, 0
				}
				i := x.m0
				for t := range tiles {
					h := height
					if t < tall {
						h++
					}
					g.tile(p, &x, i, h, j, w, vecs)
					i += h
				}
			}
		}
	}
}

const (
	// smallB is how many bytes of B are worth copying as a whole: then each row of C is finished before the next.
	smallB = 1 << 15

	// minPackA is how large a product is in each direction for which a transposed A is copied tile by tile.
	minPackA = 192
)

// multiplyByRows computes a product with few terms, whose time goes into writing C.
func (g *gemmKernel[T]) multiplyByRows(p *product[T], s *scratch[T], packB bool) {
	x := block[T]{k1: p.k, m1: p.m, a: p.a, ars: p.ars, acs: p.acs, b: p.b, ldb: p.brs, d: p.d, ldd: p.ldd, relu: p.relu}
	nr := panelVectors * g.lanes
	if packB {
		s.b = grow(s.b, p.k*(p.n+nr))
		for j := 0; j < p.n && p.k > 0; j += nr {
			w, vecs := g.width(p, j)
			g.packPanel(s.b[p.k*j:], vecs*g.lanes, p, 0, p.k, j, w)
		}
		x.b = s.b
	}
	tiles, height, tall := g.heights(p.m)
	i := 0
	for t := range tiles {
		h := height
		if t < tall {
			h++
		}
		for j := 0; j < p.n; j += nr {
			w, vecs := g.width(p, j)
			x.bOff = j
			if packB {
				x.bOff, x.ldb = p.k*j, vecs*g.lanes
			}
			g.tile(p, &x, i, h, j, w, vecs)
		}
		i += h
	}
}

// A block is the part of a product that is computed from one block of A.
type block[T Float] struct {
	m0, m1 int // its rows
	k0, k1 int // its terms

	a              []T // A or a copy of the block
	aOff, ars, acs int // where the block begins in it, and strides
	tileSize       int // if not 0, the copy is made of tiles of so many elements for each row
	b              []T // B or a copy of a panel
	bOff, ldb      int // where the panel begins in it, and the distance of rows

	d    []T // what is added, as in product
	ldd  int
	relu bool
}

// tile computes the tile of h rows from row i and w columns, vecs vectors, from column j.
func (g *gemmKernel[T]) tile(p *product[T], x *block[T], i, h, j, w, vecs int) {
	bytes := uintptr(sizeOf[T]())
	a, ars, acs := x.aOff+(i-x.m0)*x.ars, x.ars, x.acs
	if x.tileSize != 0 {
		a, ars, acs = x.aOff+(i-x.m0)*x.tileSize, 1, h
	}
	var bp, dp *T
	ap := &p.c[0] // any address will do where there is nothing to read
	if x.k1 > x.k0 {
		ap, bp = &x.a[a], &x.b[x.bOff]
	}
	if x.d != nil {
		dp = &x.d[i*x.ldd+j]
	}
	g.tiles[vecs-1][h-1](ap, uintptr(ars)*bytes, uintptr(acs)*bytes, bp, uintptr(x.ldb)*bytes, x.k1-x.k0,
		&p.c[i*p.ldc+j], uintptr(p.ldc)*bytes, dp, uintptr(x.ldd)*bytes, w-(vecs-1)*g.lanes, x.relu)
}

// width returns how many columns and vectors the panel at column j has.
func (g *gemmKernel[T]) width(p *product[T], j int) (w, vecs int) {
	if nr := panelVectors * g.lanes; p.n-j >= nr {
		return nr, panelVectors
	}
	w = p.n - j
	return w, (w + g.lanes - 1) / g.lanes
}

// heights splits rows into tiles that are nearly equal: the first tall of them have one row more than height.
func (g *gemmKernel[T]) heights(rows int) (tiles, height, tall int) {
	tiles = parts(rows, g.rows)
	if tiles <= 1 {
		return tiles, rows, 0
	}
	return tiles, rows / tiles, rows % tiles
}

// packTiles copies a block of A that lies transposed: for each tile, the numbers of a column follow each other, then the next
// column.
func (g *gemmKernel[T]) packTiles(s *scratch[T], p *product[T], x *block[T], tiles, height, tall int) {
	k := x.k1 - x.k0
	s.a = grow(s.a, (x.m1-x.m0)*k)
	i, size := x.m0, sizeOf[T]()
	for t := range tiles {
		h := height
		if t < tall {
			h++
		}
		dst := s.a[(i-x.m0)*k:][:h*k]
		from := x.k0*p.acs + i
		if h == g.rows {
			g.packA(&dst[0], &p.a[from], uintptr(p.acs*size), k)
		} else {
			for c := range k {
				copy(dst[c*h:c*h+h], p.a[from+c*p.acs:])
			}
		}
		i += h
	}
	x.a, x.aOff, x.tileSize = s.a, 0, k
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

// copyBlock copies the block of A, in the order in which it lies, with a gap after each row that keeps rows apart in the cache.
func copyBlock[T Float](s *scratch[T], p *product[T], x *block[T]) {
	rows, cols := x.m1-x.m0, x.k1-x.k0
	if p.acs != 1 {
		rows, cols = cols, rows
	}
	ld := (cols+15)/16*16 + 16
	s.a = grow(s.a, rows*ld)
	for i := range rows {
		from := (x.m0+i)*p.ars + x.k0
		if p.acs != 1 {
			from = (x.k0+i)*p.acs + x.m0
		}
		copy(s.a[i*ld:i*ld+cols], p.a[from:from+cols])
	}
	x.a, x.aOff, x.ars, x.acs = s.a, 0, ld, 1
	if p.acs != 1 {
		x.ars, x.acs = 1, ld
	}
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
