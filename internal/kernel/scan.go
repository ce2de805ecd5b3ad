package kernel

// SumScan sets y to the running sums of x along lines of n elements, inner of them side by side: y[k] = x[0] + … + x[k]. With
// backwards it goes from the end of each line to its front. Sums are kept in double precision.
func SumScan[T Float](y, x []T, n, inner int, backwards bool) {
	scan("SumScan", linesWork[T]{kind: workSumScan, dst: y, x: x, n: n, inner: inner, backwards: backwards})
}

// ProdScan is [SumScan] for products.
func ProdScan[T Float](y, x []T, n, inner int, backwards bool) {
	scan("ProdScan", linesWork[T]{kind: workProdScan, dst: y, x: x, n: n, inner: inner, backwards: backwards})
}

// scan does work on whole lines.
func scan[T Float](name string, j linesWork[T]) {
	lines := 0
	if j.n > 0 {
		lines = len(j.x) / j.n
	}
	shareLines(name, j, lines)
}

// scanRows does rows lo up to hi.
func (j *linesWork[T]) scanRows(lo, hi int) {
	from, to := lo*j.n, hi*j.n
	dst, x := j.dst[from:to], j.x[from:to]
	switch j.kind {
	case workSumScan:
		scanRows(dst, x, j.n, 0, j.backwards)
	case workProdScan:
		scanRows(dst, x, j.n, 1, j.backwards)
	case workProdScanBackward:
		prodScanBackwardRows(dst, j.w[from:to], x, j.n)
	default:
		buffer := scratch64.get()
		buffer.a = grow(buffer.a, j.n)
		for i := lo; i < hi; i++ {
			rowProducts(dst[:j.n], j.c[i], x[:j.n], buffer.a)
			dst, x = dst[j.n:], x[j.n:]
		}
		scratch64.put(buffer)
	}
}

// scanAcross does lines lo up to hi, which lie side by side.
func (j *linesWork[T]) scanAcross(lo, hi int) {
	side := 512 // lines whose running sums are kept at a time
	if j.kind >= workProdScanBackward {
		side = min(max(1<<15/j.n/16*16, 16), 64) // whose products before each element stay in the cache
	}
	buffer := scratch64.get()
	buffer.a = grow(buffer.a, side)
	if j.kind >= workProdScanBackward {
		buffer.b = grow(buffer.b, side*(j.n+1))
	}
	for lo < hi {
		end := min(hi, lo+side, (lo/j.inner+1)*j.inner)
		s, at := buffer.a[:end-lo], lo/j.inner*j.n*j.inner+lo%j.inner
		if j.kind >= workProdScanBackward {
			j.productsBackward(s, buffer.b, lo, at)
		} else {
			j.accumulate(s, at)
		}
		lo = end
	}
	scratch64.put(buffer)
}

// accumulate sets running sums or products of some lines whose first element is at a place.
func (j *linesWork[T]) accumulate(s []float64, at int) {
	k := kernelsOf[T]().affine
	f, start := k.scanSum, 0.0
	if j.kind == workProdScan {
		f, start = k.scanProd, 1
	}
	fill64(s, start)
	j.eachRows(len(s), j.backwards, func(r, rows, stride int) {
		from := at + r*j.inner
		f(s, j.dst[from:], j.x[from:], stride, rows)
	})
}

// eachRows calls f for some rows of lines side by side at a time, from the last ones on with backwards; stride is then negative.
func (j *linesWork[T]) eachRows(width int, backwards bool, f func(r, rows, stride int)) {
	step := rowsAtATime(width)
	if !backwards {
		for r := 0; r < j.n; r += step {
			f(r, min(step, j.n-r), j.inner)
		}
		return
	}
	for end := j.n; end > 0; end -= step {
		r := max(end-step, 0)
		f(r, end-r, -j.inner)
	}
}

// productsBackward sets the derivatives of products, or with scan of running ones, of some lines from line lo on, whose first element
// is at a place. Products of finite numbers are 0 where a factor is; others are made anew where a 0 has to win.
func (j *linesWork[T]) productsBackward(s, buffer []float64, lo, at int) {
	k, width := kernelsOf[T]().affine, len(s)
	c, before := buffer[:width], buffer[width:]
	fill64(s, 1)
	j.eachRows(width, false, func(r, rows, stride int) { k.scanBefore(s, before[r*width:], j.x[at+r*j.inner:], stride, rows) })
	plain := finite64(s)
	if plain && j.kind == workProdBackward {
		for i := range c {
			c[i] = float64(j.c[lo+i])
		}
		fill64(s, 1)
		j.eachRows(width, true, func(r, rows, stride int) {
			from := at + r*j.inner
			k.scanBehind(s, c, before[r*width:], j.dst[from:], j.x[from:], stride, rows)
		})
		for i, v := range c {
			if v != 0 {
				continue
			}
			for r := range j.n {
				j.dst[at+r*j.inner+i] = 0
			}
		}
		plain = finite64(s)
	} else if plain {
		clear(s)
		j.eachRows(width, true, func(r, rows, stride int) {
			from := at + r*j.inner
			k.scanBehindTo(s, before[r*width:], j.dst[from:], j.w[from:], j.x[from:], stride, rows)
		})
		plain = finite64(s)
	}
	if !plain {
		j.productsZeroWin(s, before, lo, at)
	}
}

// productsZeroWin is productsBackward for any numbers.
func (j *linesWork[T]) productsZeroWin(s, before []float64, lo, at int) {
	width, running := len(s), j.kind == workProdScanBackward
	fill64(s, 1)
	for k := range j.n {
		row := before[k*width:][:width]
		for i, v := range j.x[at+k*j.inner:][:width] {
			row[i] = s[i]
			s[i] = productZeroWins(s[i], float64(v))
		}
	}
	if running {
		clear(s)
	} else {
		fill64(s, 1)
	}
	for k := j.n - 1; k >= 0; k-- {
		row, from := before[k*width:][:width], at+k*j.inner
		for i, v := range s {
			d := 0.0
			if running {
				v += float64(j.w[from+i])
				if v != 0 {
					d = v * row[i]
				}
			} else if c := float64(j.c[lo+i]); c != 0 {
				d = c * productZeroWins(v, row[i])
			}
			s[i] = productZeroWins(v, float64(j.x[from+i]))
			j.dst[from+i] = T(d)
		}
	}
}

// fill64 sets all numbers to v.
func fill64(s []float64, v float64) {
	for i := range s {
		s[i] = v
	}
}

// finite64 reports whether all numbers are finite.
func finite64(s []float64) bool {
	for _, v := range s {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// scanRows goes through rows, four at a time: a sum waits for the one before it, so that a processor has time for others.
func scanRows[T Float](y, x []T, n int, start float64, backwards bool) {
	if n == 0 {
		return
	}
	first, step := 0, 1
	if backwards {
		first, step = n-1, -1
	}
	for ; len(x) >= 4*n; x, y = x[4*n:], y[4*n:] {
		x0, x1, x2, x3 := x[:n], x[n:2*n], x[2*n:3*n], x[3*n:4*n]
		y0, y1, y2, y3 := y[:n], y[n:2*n], y[2*n:3*n], y[3*n:4*n]
		s0, s1, s2, s3 := start, start, start, start
		if start == 0 {
			for k := first; uint(k) < uint(n); k += step {
				s0 += float64(x0[k])
				s1 += float64(x1[k])
				s2 += float64(x2[k])
				s3 += float64(x3[k])
				y0[k], y1[k], y2[k], y3[k] = T(s0), T(s1), T(s2), T(s3)
			}
			continue
		}
		for k := first; uint(k) < uint(n); k += step {
			s0 *= float64(x0[k])
			s1 *= float64(x1[k])
			s2 *= float64(x2[k])
			s3 *= float64(x3[k])
			y0[k], y1[k], y2[k], y3[k] = T(s0), T(s1), T(s2), T(s3)
		}
	}
	for ; len(x) > 0; x, y = x[n:], y[n:] {
		s := start
		for k := first; uint(k) < uint(n); k += step {
			if start == 0 {
				s += float64(x[k])
			} else {
				s *= float64(x[k])
			}
			y[k] = T(s)
		}
	}
}

// ProdScanBackward adds the derivative of y = ProdScan(x) to dst: sₖ = ct[k] + x[k+1]·sₖ₊₁ times the product of the elements before.
// In products with elements of x a 0 wins over what is infinite. With set, it sets dst.
func ProdScanBackward[T Float](dst, ct, x []T, n, inner int, set bool) {
	mustMatch("ProdScanBackward", "ct", len(ct), len(x))
	scanInto("ProdScanBackward", linesWork[T]{kind: workProdScanBackward, dst: dst, w: ct, x: x, n: n, inner: inner}, set)
}

// ProdLinesBackward adds the derivative of y = ProdLines(x) to dst: ct[i] times the product of the other elements of line i. In
// products of elements a 0 wins over what is infinite, and where ct[i] is 0 the derivative is. With set, it sets dst.
func ProdLinesBackward[T Float](dst, ct, x []T, n, inner int, set bool) {
	if n > 0 {
		mustMatch("ProdLinesBackward", "ct", len(ct), len(x)/n)
	}
	scanInto("ProdLinesBackward", linesWork[T]{kind: workProdBackward, dst: dst, c: ct, x: x, n: n, inner: inner}, set)
}

// scanInto does work that sets dst, or with set false adds what it would set.
func scanInto[T Float](name string, j linesWork[T], set bool) {
	mustMatch(name, "dst", len(j.dst), len(j.x))
	if set {
		scan(name, j)
		return
	}
	dst, free := j.dst, scratchOf[T]()
	own := free.get()
	own.b = grow(own.b, len(dst))
	j.dst = own.b
	scan(name, j)
	AddTo(dst, own.b)
	free.put(own)
}

// prodScanBackwardRows sets the derivatives of running products of rows, four at a time: a product waits for the one before it.
func prodScanBackwardRows[T Float](dst, ct, x []T, n int) {
	buffer := scratch64.get()
	defer scratch64.put(buffer)
	buffer.a = grow(buffer.a, 4*n)
	before := buffer.a
	for ; len(x) >= 4*n; dst, ct, x = dst[4*n:], ct[4*n:], x[4*n:] {
		x0, x1, x2, x3 := x[:n], x[n:2*n], x[2*n:3*n], x[3*n:4*n]
		b0, b1, b2, b3 := before[:n], before[n:2*n], before[2*n:3*n], before[3*n:4*n]
		p0, p1, p2, p3 := 1.0, 1.0, 1.0, 1.0
		for k, v := range x0 {
			b0[k], b1[k], b2[k], b3[k] = p0, p1, p2, p3
			p0 *= float64(v)
			p1 *= float64(x1[k])
			p2 *= float64(x2[k])
			p3 *= float64(x3[k])
		}
		if s := p0 + p1 + p2 + p3; s-s != 0 {
			prodScanBackwardRow(dst[:4*n], ct, x[:4*n], n, before)
			continue
		}
		c0, c1, c2, c3 := ct[:n], ct[n:2*n], ct[2*n:3*n], ct[3*n:4*n]
		d0, d1, d2, d3 := dst[:n], dst[n:2*n], dst[2*n:3*n], dst[3*n:4*n]
		v0, v1, v2, v3 := 0.0, 0.0, 0.0, 0.0
		for k := n - 1; k >= 0; k-- {
			v0 += float64(c0[k])
			v1 += float64(c1[k])
			v2 += float64(c2[k])
			v3 += float64(c3[k])
			d0[k], d1[k], d2[k], d3[k] = T(v0*b0[k]), T(v1*b1[k]), T(v2*b2[k]), T(v3*b3[k])
			v0 *= float64(x0[k])
			v1 *= float64(x1[k])
			v2 *= float64(x2[k])
			v3 *= float64(x3[k])
		}
		if s := v0 + v1 + v2 + v3; s-s != 0 {
			prodScanBackwardRow(dst[:4*n], ct, x[:4*n], n, before)
		}
	}
	prodScanBackwardRow(dst, ct, x, n, before)
}

// prodScanBackwardRow is prodScanBackwardRows for one row after another, of any numbers.
func prodScanBackwardRow[T Float](dst, ct, x []T, n int, before []float64) {
	for i := 0; i < len(x); i += n {
		p := 1.0
		for k, v := range x[i : i+n] {
			before[k] = p
			p = productZeroWins(p, float64(v))
		}
		s := 0.0
		for k := n - 1; k >= 0; k-- {
			s += float64(ct[i+k])
			d := 0.0
			if s != 0 {
				d = s * before[k]
			}
			s = productZeroWins(s, float64(x[i+k]))
			dst[i+k] = T(d)
		}
	}
}

// rowProducts is [ProdLinesBackward] for a row, whose quarters it goes through side by side: a product waits for the one before it.
func rowProducts[T Float](dst []T, c T, x []T, before []float64) {
	q := len(x) / 4
	x0, x1, x2, x3 := x[:q], x[q:2*q], x[2*q:3*q], x[3*q:4*q]
	rest := x[4*q:]
	var product [4]float64
	p0, p1, p2, p3 := 1.0, 1.0, 1.0, 1.0
	b0, b1, b2, b3 := before[:q], before[q:2*q], before[2*q:3*q], before[3*q:4*q]
	for k, v := range x0 { // the products within quarters
		b0[k], b1[k], b2[k], b3[k] = p0, p1, p2, p3
		p0 *= float64(v)
		p1 *= float64(x1[k])
		p2 *= float64(x2[k])
		p3 *= float64(x3[k])
	}
	product = [4]float64{p0, p1, p2, p3}
	p := p0 * p1 * p2 * p3
	for i, v := range rest {
		before[4*q+i] = p
		p *= float64(v)
	}
	if c == 0 || p != p || p-p != 0 {
		// A zero, or numbers that are not finite, for which the order matters.
		rowProductsZeroWins(dst, c, x, before)
		return
	}
	v := float64(c)
	for i := len(rest) - 1; i >= 0; i-- {
		before[4*q+i] *= v
		v *= float64(rest[i])
	}
	// Behind a quarter stand the later ones, before it the earlier ones.
	v3 := v
	v2 := v3 * product[3]
	v1 := v2 * product[2]
	v0 := v1 * product[1]
	e1, e2, e3 := product[0], product[0]*product[1], product[0]*product[1]*product[2]
	for k := q - 1; k >= 0; k-- {
		b0[k], b1[k], b2[k], b3[k] = v0*b0[k], v1*(e1*b1[k]), v2*(e2*b2[k]), v3*(e3*b3[k])
		v0 *= float64(x0[k])
		v1 *= float64(x1[k])
		v2 *= float64(x2[k])
		v3 *= float64(x3[k])
	}
	if v = v0 + v1 + v2 + v3; v-v != 0 {
		rowProductsZeroWins(dst, c, x, before)
		return
	}
	for k, v := range before[:len(dst)] {
		dst[k] = T(v)
	}
}

// rowProductsZeroWins is rowProducts for any numbers.
func rowProductsZeroWins[T Float](dst []T, c T, x []T, before []float64) {
	if c == 0 {
		clear(dst)
		return
	}
	p := 1.0
	for k, v := range x {
		before[k] = p
		p = productZeroWins(p, float64(v))
	}
	p = 1
	for k := len(x) - 1; k >= 0; k-- {
		dst[k] = T(float64(c) * productZeroWins(p, before[k]))
		p = productZeroWins(p, float64(x[k]))
	}
}

// productZeroWins returns a·b, 0 if one of them is.
func productZeroWins(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return a * b
}
