package kernel

import "sync"

// A gemmTile is a micro-kernel: it sets a tile of C, of a fixed number of rows and vectors, to A·B + D. Distances are
// in bytes: the rows of A are ars apart and its columns acs, so A may lie in any way; B, C and D have rows of
// consecutive elements. B is groups of inner rows, ldb apart, and the next group begins skip behind where a further row
// would. The last vector has cols elements; of B, AVX2 reads the whole vector all the same. If d is nil nothing is
// added. With relu the maximum with 0 is taken. There are one or more tiles, one below the other: the rows of A of one
// are next from those of the last. If copied is not nil, the rows of B, of which there is one group, are copied there, without
// gaps. Rows of B ahead bytes behind the one in use are brought to the cache.
type gemmTile[T Float] func(a *T, ars, acs uintptr, b *T, ldb uintptr, groups, inner int, skip uintptr, c *T, ldc uintptr, d *T, ldd uintptr, cols int, relu bool, tiles int, next uintptr, copied *T, ahead uintptr)

// A gemmPack transposes rows of b, ldb bytes apart, into columns of dst, ldd bytes apart: dst[p,r] = b[r,p] for p < k, with zeros
// where r is not less than the number of rows that the function is for.
type gemmPack[T Float] func(dst *T, ldd uintptr, b *T, ldb uintptr, k int)

// A gemmPanel copies k rows of b, ldb bytes apart, to dst without gaps. How long they are depends on the function; those of
// several panels are divided, and come panel by panel.
type gemmPanel[T Float] func(dst, b *T, ldb uintptr, k int)

// A gemmTileCopy copies k rows of h elements for each of some tiles, h being their rows. The rows of a are lda bytes apart, and
// the copies of tiles next. It writes some elements beyond the end of a copy, fewer than [tileGap].
type gemmTileCopy[T Float] func(dst *T, next uintptr, a *T, lda uintptr, k, h, tiles int)

// A gemmKernel is what an implementation brings for matrix products.
type gemmKernel[T Float] struct {
	tiles      [][]gemmTile[T] // tiles[v-1][r-1] is for v vectors and r rows
	narrow     [][]gemmTile[T] // the same with a last vector of half the width, or nil
	packs      []gemmPack[T]   // packs[r-1] is for r rows
	panel1     gemmPanel[T]    // copies a panel of B
	panel4     gemmPanel[T]    // copies four
	packA      gemmTileCopy[T] // copies tiles of an A that lies transposed
	lanes      int             // elements of a vector
	masked     bool            // the last vector of B is read under a mask
	rows       int             // the most rows of a tile
	mc, kc     int             // rows and terms of a block of A
	nc         int             // columns of B that are copied at a time for several blocks of A
	copyRows   int             // the fewest rows of C for which B is copied though it could be read where it lies
	copyPanels int             // the fewest panels of B for which A is copied
	ahead      int             // how many rows of B are on their way to the cache
	ways       int             // how many rows, 4096 bytes apart, the first cache holds
}

// A product is a matrix product C = A·B + D, or max(A·B + D, 0) with relu.
type product[T Float] struct {
	m, n, k  int
	a        []T
	ars, acs int // distances of rows and columns of A
	b        []T
	brs, bcs int
	inner    int  // rows in a group of B, or 0 if that has none
	jump     int  // distance of groups
	linesA   bool // groups are the tiles of A
	c        []T
	ldc      int
	d        []T // C itself to accumulate, a row to add to every row, or nil
	ldd      int
	relu     bool
}

// scratch holds the copies of blocks that a product needs, or in a the sums of columns or over axes, and the buffer of a chunk
// of [Share].
type scratch[T Float] struct {
	a, b   []T
	buffer []T
	strip  strip[T] // of softmax across lines
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
	nr := panelVectors * g.lanes
	// B has to be copied if its rows are not contiguous, if a vector would reach past its end, and where that is faster.
	packB := p.inner == 0 && (p.bcs != 1 || !g.masked && p.n&(g.lanes-1) != 0 || p.m >= g.copyRows && p.n > nr)
	reuse := p.n // what a copy of A gives grows with the columns of B, and twice as fast if rows of a tile lie side by side
	if p.acs != 1 {
		reuse *= 2
	}
	packA := p.k >= minPackA && p.m >= minPackA && reuse >= g.copyPanels*nr
	collide := !packA && g.collides(p.m, p.k, p.ars, p.acs)
	copyA, rows := collide && p.n > nr, g.rows
	if collide && !copyA && p.acs == 1 {
		rows = min(rows, g.ways) // what is read once is not worth a copy
	}
	var s *scratch[T]
	if packB || copyA || packA {
		s = free.get()
		defer free.put(s)
	}
	kBlocks, mBlocks := parts(p.k, g.kc), parts(p.m, g.mc)
	if kBlocks <= 1 && mBlocks <= 1 && !copyA && p.k*p.n*sizeOf[T]() <= smallB && p.k <= fewTerms && p.n > nr {
		g.multiplyByRows(p, s, packB)
		return
	}
	ahead := 0
	if p.n > nr { // else the processor sees by itself that rows follow each other
		ahead = g.ahead * p.brs
	}
	columns := p.n
	if mBlocks > 1 && packB {
		columns = g.nc
	}
	for j0 := 0; j0 < p.n; j0 += columns {
		j1 := min(j0+columns, p.n)
		for kb := range max(kBlocks, 1) {
			x := block[T]{k0: 0, k1: p.k, d: p.d, ldd: p.ldd, relu: p.relu}
			if kBlocks > 1 {
				x.k0, x.k1 = p.blockStart(kb, kBlocks), p.blockStart(kb+1, kBlocks)
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
				x.tiles, x.height, x.tall = heights(x.m1-x.m0, rows)
				switch {
				case packA:
					g.packTiles(s, p, &x)
				case copyA:
					copyBlock(s, p, &x)
				}
				if packB && mb == 0 {
					kept := nr // one panel after the other is copied just before it is used
					if mBlocks > 1 {
						kept = parts(j1-j0, nr) * nr
					}
					s.b = grow(s.b, (x.k1-x.k0)*kept)
				}
				for j := j0; j < j1; j += nr {
					w, vecs := g.width(p, j)
					x.b, x.bOff, x.ldb, x.ahead = p.b, p.rowOfB(x.k0)+j*p.bcs, p.brs, ahead
					whole := p.bcs == 1 && (g.masked || w == vecs*g.lanes) // the panel can be read where it lies
					if !packB || whole && p.m < g.copyRows {
						g.column(p, &x, 0, j, w, vecs)
						continue
					}
					at, first := 0, 0 // where the copy of the panel is, and the first tile that reads it
					if mBlocks > 1 {
						at = (x.k1 - x.k0) * (j - j0)
					}
					switch {
					case mb > 0 || x.k0 == x.k1:
					case whole:
						x.copied = &s.b[at]
						if x.k1-x.k0 < 2*g.ahead {
							x.ahead = nr // there are few rows: those of the next panel
						}
						g.tile(p, &x, 0, 1, j, w, vecs)
						x.copied, first = nil, 1
					default:
						g.packPanel(s.b[at:], vecs*g.lanes, p, x.k0, x.k1, j, w)
					}
					x.b, x.bOff, x.ldb, x.ahead = s.b, at, vecs*g.lanes, g.ahead*nr
					g.column(p, &x, first, j, w, vecs)
				}
			}
		}
	}
}

// column computes the tiles of the block from number t on, in w columns from column j.
func (g *gemmKernel[T]) column(p *product[T], x *block[T], t, j, w, vecs int) {
	if t < x.tall {
		g.tile(p, x, t, x.tall-t, j, w, vecs)
		t = x.tall
	}
	if t < x.tiles {
		g.tile(p, x, t, x.tiles-t, j, w, vecs)
	}
}

// blockStart returns the term with which block i of n begins: the first one of a group.
func (p *product[T]) blockStart(i, n int) int {
	if p.inner > 0 {
		return i * (p.k / p.inner) / n * p.inner
	}
	return i * p.k / n
}

// rowOfB returns where row i of B begins, the first of a group if there are groups.
func (p *product[T]) rowOfB(i int) int {
	if p.inner > 0 {
		return i / p.inner * p.jump
	}
	return i * p.brs
}

// panelGroup is how many panels of B are copied at a time.
const panelGroup = 4

const (
	// smallB is how many bytes of B are worth copying as a whole if it has few rows: then each row of C is finished before the
	// next.
	smallB   = 1 << 15
	fewTerms = 64

	// A is copied tile by tile if it is at least minPackA in each direction and there are many panels of B.
	minPackA = 64
)

// multiplyByRows computes a product with few terms, whose time goes into writing C.
func (g *gemmKernel[T]) multiplyByRows(p *product[T], s *scratch[T], packB bool) {
	x := block[T]{k1: p.k, m1: p.m, a: p.a, ars: p.ars, acs: p.acs, b: p.b, ldb: p.brs, d: p.d, ldd: p.ldd, relu: p.relu}
	nr := panelVectors * g.lanes
	if packB {
		x.b = g.packPanels(s, p, 0, p.k, 0, p.n)
	}
	x.tiles, x.height, x.tall = heights(p.m, g.rows)
	for t := range x.tiles {
		for j := 0; j < p.n; j += nr {
			w, vecs := g.width(p, j)
			x.bOff = j
			if packB {
				x.bOff, x.ldb = p.k*j, vecs*g.lanes
			}
			g.tile(p, &x, t, 1, j, w, vecs)
		}
	}
}

// A block is the part of a product that is computed from one block of A.
type block[T Float] struct {
	m0, m1 int // its rows
	k0, k1 int // its terms

	tiles, height, tall int // how many tiles it has, and their rows: one more for the first tall ones

	a              []T // A or a copy of the block
	aOff, ars, acs int // where the block begins in it, and strides
	tileSize       int // if not 0, the copy is made of tiles of so many elements for each row
	b              []T // B or a copy of a panel
	bOff, ldb      int // where the panel begins in it, and the distance of rows
	copied         *T  // where a tile copies the panel to, or nil
	ahead          int // how far behind what is read of the panel are elements to be brought to the cache

	d    []T // what is added, as in product
	ldd  int
	relu bool
}

// tile computes n tiles of the same height, the first of which is number t, in w columns, vecs vectors, from column j.
func (g *gemmKernel[T]) tile(p *product[T], x *block[T], t, n, j, w, vecs int) {
	h, down := x.height, t*x.height+x.tall
	if t < x.tall {
		h, down = x.height+1, t*(x.height+1)
	}
	i := x.m0 + down
	bytes := uintptr(sizeOf[T]())
	a, ars, acs, next := x.aOff+down*x.ars, x.ars, x.acs, h*x.ars
	if x.tileSize != 0 {
		a, ars, acs, next = x.aOff+t*x.tileSize, 1, h, x.tileSize
	}
	var bp, dp *T
	ap := &p.c[0] // any address will do where there is nothing to read
	if x.k1 > x.k0 {
		ap, bp = &x.a[a], &x.b[x.bOff]
	}
	if x.d != nil {
		dp = &x.d[i*x.ldd+j]
	}
	groups, inner, skip := min(x.k1-x.k0, 1), x.k1-x.k0, 0
	switch {
	case p.linesA:
		next = p.jump
	case p.inner > 0:
		groups, inner, skip = inner/p.inner, p.inner, p.jump-p.inner*x.ldb
	}
	tiles, cols := g.tiles, w-(vecs-1)*g.lanes
	if g.narrow != nil && cols <= g.lanes/2 {
		tiles = g.narrow
	}
	tiles[vecs-1][h-1](ap, uintptr(ars)*bytes, uintptr(acs)*bytes, bp, uintptr(x.ldb)*bytes, groups, inner, uintptr(skip)*bytes,
		&p.c[i*p.ldc+j], uintptr(p.ldc)*bytes, dp, uintptr(x.ldd)*bytes, cols, x.relu, n, uintptr(next)*bytes, x.copied, uintptr(x.ahead)*bytes)
}

// width returns how many columns and vectors the panel at column j has.
func (g *gemmKernel[T]) width(p *product[T], j int) (w, vecs int) {
	if nr := panelVectors * g.lanes; p.n-j >= nr {
		return nr, panelVectors
	}
	w = p.n - j
	return w, (w + g.lanes - 1) / g.lanes
}

// heights splits rows into tiles of at most so many, which are nearly equal: the first tall of them have one row more than height.
func heights(rows, most int) (tiles, height, tall int) {
	tiles = parts(rows, most)
	if tiles <= 1 {
		return tiles, rows, 0
	}
	return tiles, rows / tiles, rows % tiles
}

// packTiles copies a block of A tile by tile: the numbers of a column of a tile follow each other, then the next column.
func (g *gemmKernel[T]) packTiles(s *scratch[T], p *product[T], x *block[T]) {
	k, size := x.k1-x.k0, uintptr(sizeOf[T]())
	h := x.height
	if x.tall > 0 {
		h++
	}
	x.tileSize = (h*k + 2*tileGap - 1) / tileGap * tileGap
	s.a = grow(s.a, x.tiles*x.tileSize)
	i := x.m0
	for t := 0; t < x.tiles; {
		if t == x.tall {
			h = x.height
		}
		dst, n := s.a[t*x.tileSize:], 1
		if p.acs != 1 {
			alike := x.tiles
			if t < x.tall {
				alike = x.tall
			}
			n = min(tileGroup, alike-t)
			g.packA(&dst[0], uintptr(x.tileSize)*size, &p.a[x.k0*p.acs+i], uintptr(p.acs)*size, k, h, n)
		} else {
			step, row := len(g.packs), uintptr(h)*size
			for from, columns := 0, packBytes/int(row); from < k; from += columns {
				// The last rows first: their copies are filled up with zeros, over numbers of the next column.
				for r := (h - 1) / step * step; r >= 0; r -= step {
					g.packs[min(step, h-r)-1](&dst[from*h+r], row, &p.a[(i+r)*p.ars+x.k0+from], uintptr(p.ars)*size, min(columns, k-from))
				}
			}
		}
		i, t = i+n*h, t+n
	}
	x.a, x.aOff = s.a, 0
}

const (
	// tileGroup is how many tiles of A are copied at a time, so that its rows are read in longer pieces.
	tileGroup = 8

	// tileGap is how many elements are between the copies of tiles at least.
	tileGap = 16

	// packBytes is how many bytes of a copy are written at a time by transposing copies, which go over all of them once for every
	// eight rows or four: so many stay in the first cache until they are whole.
	packBytes = 1 << 14
)

// turns reports whether the transpose of C = Aᵀ·B, which is Bᵀ·A, is computed in less time than C, whose few columns fill the
// vectors badly. With narrow tiles of double precision it is not: they wait for A.
func (g *gemmKernel[T]) turns(m, n, k int) bool {
	const worthCopying = 64 // terms
	unit := g.lanes
	if g.narrow != nil {
		if !is32[T]() {
			return false
		}
		unit /= 2
	}
	nr := panelVectors * g.lanes
	return n <= nr && m >= 4*nr && k >= worthCopying && 5*n <= 4*parts(n, unit)*unit
}

// multiplyTurned sets C to Aᵀ·B by way of its transpose.
func (g *gemmKernel[T]) multiplyTurned(m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int) {
	free := scratchOf[T]()
	s := free.get()
	s.buffer = grow(s.buffer, m*n)
	g.run(&product[T]{m: n, n: m, k: k, a: b, ars: 1, acs: ldb, b: a, brs: lda, bcs: 1, c: s.buffer, ldc: m})
	TransposePart(c, ldc, s.buffer, m, n, m)
	free.put(s)
}

// parts returns how many parts of at most size make n, n/size rounded up.
func parts(n, size int) int {
	if 0 < n && n <= size {
		return 1 // divisions are slow
	}
	return (n + size - 1) / size
}

// collides reports whether the rows of A fall on the same few lines of the first cache.
func (g *gemmKernel[T]) collides(m, k, ars, acs int) bool {
	stored := ars
	if acs != 1 {
		stored = acs
	}
	return stored*sizeOf[T]()%4096 == 0 && m > g.ways && k > 1
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

// packPanels copies rows k0 to k1 and columns j0 to j1 of B to s.b, which it returns: panel by panel, the one at column j from
// element (k1-k0)·(j-j0) on.
func (g *gemmKernel[T]) packPanels(s *scratch[T], p *product[T], k0, k1, j0, j1 int) []T {
	nr, k := panelVectors*g.lanes, k1-k0
	s.b = grow(s.b, k*parts(j1-j0, nr)*nr)
	for j := j0; j < j1 && k > 0; {
		dst := s.b[k*(j-j0):]
		if p.bcs == 1 && j1-j >= panelGroup*nr {
			g.panel4(&dst[0], &p.b[k0*p.brs+j], uintptr(p.brs*sizeOf[T]()), k)
			j += panelGroup * nr
			continue
		}
		w, vecs := g.width(p, j)
		g.packPanel(dst, vecs*g.lanes, p, k0, k1, j, w)
		j += nr
	}
	return s.b
}

// packPanel copies rows k0 to k1 of w columns of B, from column j, into rows of ldb elements, filled up with zeros.
func (g *gemmKernel[T]) packPanel(dst []T, ldb int, p *product[T], k0, k1, j, w int) {
	if p.bcs == 1 {
		if w == panelVectors*g.lanes && k1 > k0 {
			g.panel1(&dst[0], &p.b[k0*p.brs+j], uintptr(p.brs*sizeOf[T]()), k1-k0)
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
	for from, rows := 0, packBytes/(ldb*size); from < k1-k0; from += rows {
		n := min(rows, k1-k0-from)
		for c := 0; c < ldb; c += step {
			r := min(step, w-c)
			if r <= 0 {
				for i := from; i < from+n; i++ {
					clear(dst[i*ldb+c : i*ldb+c+step])
				}
				continue
			}
			g.packs[r-1](&dst[from*ldb+c], uintptr(ldb*size), &p.b[k0+from+(j+c)*p.bcs], uintptr(p.bcs*size), n)
		}
	}
}
