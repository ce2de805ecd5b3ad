package kernel

import "fmt"

// Copy sets dst to src. The copy of Go writes past the caches from 1 MiB on, so that what reads dst next waits for memory:
// here that begins where the caches are too small anyway.
func Copy[T Float](dst, src []T) {
	mustMatch("Copy", "src", len(src), len(dst))
	if size := int(sizeOf[T]()); len(dst)*size <= 16<<20 {
		for most := 1 << 19 / size; len(dst) > most; dst, src = dst[most:], src[most:] {
			copy(dst[:most], src)
		}
	}
	copy(dst, src)
}

// CopyRows copies rows of n elements from matrix to matrix: dst[i·ldd+j] = src[i·lds+j] for i < rows and j < n. The
// rows of dst do not overlap, neither each other nor those of src, which may overlap each other.
//
// It is for many short rows, which take little longer than their elements, and for rows of one element, which are columns.
func CopyRows[T Float](dst []T, ldd int, src []T, lds, n, rows int) {
	if n < 1 || rows < 1 {
		return
	}
	if ldd < n && rows > 1 || lds < 0 || len(dst) < (rows-1)*ldd+n || len(src) < (rows-1)*lds+n {
		panic(fmt.Sprintf("kernel: CopyRows: %d rows of %d elements, %d apart in dst of %d and %d apart in src of %d: they do not fit",
			rows, n, ldd, len(dst), lds, len(src)))
	}
	if raceEnabled {
		touch(dst)
		observe(src)
	}
	if n*rows < minParallel || !copyShared(dst, ldd, src, lds, n, rows, false) {
		copyRows(dst, ldd, src, lds, n, rows)
	}
}

// copyRows is CopyRows on one processor.
func copyRows[T Float](dst []T, ldd int, src []T, lds, n, rows int) {
	switch n {
	case 1:
		if lds == 1 {
			for i, v := range src[:rows] {
				dst[i*ldd] = v
			}
			return
		}
		for i := range rows {
			dst[i*ldd] = src[i*lds]
		}
		return
	case 2:
		for i := range rows {
			to, from := dst[i*ldd:][:2], src[i*lds:][:2]
			to[0], to[1] = from[0], from[1]
		}
		return
	}
	if k := kernelsOf[T](); k.copyRows != nil && k.copyLeast <= n && n <= copyMost {
		size := uintptr(sizeOf[T]())
		for i := 0; i < rows; i += piece / copyMost {
			k.copyRows(&dst[i*ldd], &src[i*lds], uintptr(ldd)*size, uintptr(lds)*size, n, min(piece/copyMost, rows-i))
		}
		return
	}
	for i := range rows {
		to, from := dst[i*ldd:i*ldd+n], src[i*lds:]
		if k := kernelsOf[T](); k.copyRows != nil && n >= 16*copyMost {
			// The copy of Go reads ahead less.
			size, row := uintptr(sizeOf[T]()), uintptr(copyMost)
			for ; len(to) >= copyMost; to, from = to[copyMost:], from[copyMost:] {
				many := min(piece, len(to)) / copyMost
				k.copyRows(&to[0], &from[0], row*size, row*size, copyMost, many)
				to, from = to[(many-1)*copyMost:], from[(many-1)*copyMost:]
			}
		}
		copy(to, from)
	}
}

// FillRows sets every element of row i of dst, a matrix of rows of n elements, to src[i·lds].
func FillRows[T Float](dst []T, n int, src []T, lds, rows int) {
	if n < 1 || rows < 1 {
		return
	}
	if lds < 0 || len(dst) < rows*n || len(src) < (rows-1)*lds+1 {
		panic(fmt.Sprintf("kernel: FillRows: %d rows of %d elements in dst of %d, from numbers %d apart in src of %d: they do not fit",
			rows, n, len(dst), lds, len(src)))
	}
	if raceEnabled {
		touch(dst)
		observe(src)
	}
	if n*rows < minParallel || !copyShared(dst, n, src, lds, n, rows, true) {
		fillRows(dst, n, src, lds, n, rows)
	}
}

// fillRows is FillRows on one processor, for rows that are ldd elements apart.
func fillRows[T Float](dst []T, ldd int, src []T, lds, n, rows int) {
	const few = 8 // elements, which are not worth a call
	k := kernelsOf[T]()
	if k.fillRows != nil && k.copyLeast <= n && n <= copyMost {
		size := uintptr(sizeOf[T]())
		for i := 0; i < rows; i += piece / copyMost {
			k.fillRows(&dst[i*ldd], &src[i*lds], uintptr(ldd)*size, uintptr(lds)*size, n, min(piece/copyMost, rows-i))
		}
		return
	}
	fill := k.loops[opFill]
	for i := range rows {
		row, v := dst[i*ldd:][:n], src[i*lds]
		if n < few {
			for k := range row {
				row[k] = v
			}
			continue
		}
		for ; len(row) > piece; row = row[piece:] {
			fill(row[:piece], nil, nil, v)
		}
		fill(row, nil, nil, v)
	}
}

// copyMost is the length of a row from which on the copy of Go is as fast.
const copyMost = 1024

// Transpose sets dst to the transpose of a matrix of rows rows of cols elements: dst[j·ldd+i] = src[i·lds+j]. The rows
// of dst are filled up with zeros: ldd of them are set.
func Transpose[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	if rows < 0 || cols < 1 {
		return
	}
	mustMatrix("Transpose", "src", rows, cols, len(src), lds)
	if ldd < rows || len(dst) < cols*ldd {
		panic(fmt.Sprintf("kernel: Transpose: len(dst) is %d, want %d rows of %d, which is %d at least", len(dst), cols, ldd, rows))
	}
	if raceEnabled {
		touch(dst)
		observe(src)
	}
	i := 0
	if g := kernelsOf[T]().gemm; g != nil {
		size, step := uintptr(sizeOf[T]()), len(g.packs)
		for ; i < rows && i+step <= ldd; i += step {
			pack, from := g.packs[min(step, rows-i)-1], i*lds
			for j := 0; j < cols; j += piece / 32 {
				pack(&dst[j*ldd+i], uintptr(ldd)*size, &src[from+j], uintptr(lds)*size, min(piece/32, cols-j))
			}
		}
	}
	const block = 32 // rows whose lines stay in the cache
	for ; i < ldd; i += block {
		for j := range cols {
			row := dst[j*ldd+i : j*ldd+min(i+block, ldd)]
			for k := range row {
				row[k] = 0
				if i+k < rows {
					row[k] = src[(i+k)*lds+j]
				}
			}
		}
	}
}

// TransposePart sets a part of dst to the transpose of a matrix of rows rows of cols elements: dst[j·ldd+i] = src[i·lds+j].
// What lies between the rows of dst stays what it is.
func TransposePart[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	if rows < 1 || cols < 1 {
		return
	}
	mustMatrix("TransposePart", "src", rows, cols, len(src), lds)
	mustMatrix("TransposePart", "dst", cols, rows, len(dst), ldd)
	if raceEnabled {
		touch(dst)
		observe(src)
	}
	step := 1
	g := kernelsOf[T]().gemm
	if g != nil {
		step = len(g.packs)
	}
	if g == nil || rows < step {
		transposeTiles(dst, ldd, src, lds, rows, cols)
		return
	}
	size := uintptr(sizeOf[T]())
	width := piece / 32
	if uintptr(ldd)*size%pageStride == 0 {
		width = fewLines
	}
	for from := 0; from < cols; from += width {
		n := min(width, cols-from)
		for i := 0; i < rows; i += step {
			i := min(i, rows-step) // the last rows may be a second time's
			g.packs[step-1](&dst[from*ldd+i], uintptr(ldd)*size, &src[i*lds+from], uintptr(lds)*size, n)
		}
	}
}

// Rows that are a multiple of pageStride bytes apart share few places of the caches: of those of dst no more than
// fewLines are written at a time.
const (
	pageStride = 1024
	fewLines   = 16
)

// transposeTiles goes through square tiles, so that both matrices are touched a cache line at a time.
func transposeTiles[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	const tile = 16
	for j0 := 0; j0 < cols; j0 += tile {
		j1 := min(j0+tile, cols)
		for i0 := 0; i0 < rows; i0 += tile {
			i1 := min(i0+tile, rows)
			for j := j0; j < j1; j++ {
				row := dst[j*ldd+i0 : j*ldd+i1]
				at := i0*lds + j
				for k := range row {
					row[k] = src[at]
					at += lds
				}
			}
		}
	}
}
