package kernel

// SumScan sets y to the running sums of x along lines of n elements, inner of them side by side: y[k] = x[0] + … + x[k]. With
// backwards it goes from the end of each line to its front. Sums are kept in double precision.
func SumScan[T Float](y, x []T, n, inner int, backwards bool) {
	scan("SumScan", y, x, n, inner, backwards, func(s []float64, y, x []T) {
		y, x = y[:len(s)], x[:len(s)]
		for j, v := range s {
			v += float64(x[j])
			s[j], y[j] = v, T(v)
		}
	})
}

// ProdScan is [SumScan] for products.
func ProdScan[T Float](y, x []T, n, inner int, backwards bool) {
	scan("ProdScan", y, x, n, inner, backwards, func(s []float64, y, x []T) {
		y, x = y[:len(s)], x[:len(s)]
		for j, v := range s {
			v *= float64(x[j])
			s[j], y[j] = v, T(v)
		}
	})
}

// scanBlock is how many lines that lie side by side are scanned at a time.
const scanBlock = 2048

// scan goes through lines with a function that takes up an element of each of some lines.
func scan[T Float](name string, y, x []T, n, inner int, backwards bool, take func(s []float64, y, x []T)) {
	lines := 0
	if n > 0 {
		lines = len(x) / n
	}
	mustMatch(name, "y", len(y), len(x))
	mustLinesOf(name, len(x), lines, n, inner)
	if lines == 0 {
		return
	}
	start := 1.0
	if name == "SumScan" {
		start = 0
	}
	if inner == 1 {
		scanRows(y, x, n, start, backwards)
		return
	}
	buffer := scratch64.get()
	buffer.a = grow(buffer.a, min(inner, scanBlock))
	for o := 0; o < lines; o += inner {
		for j := 0; j < inner; j += scanBlock {
			width := min(scanBlock, inner-j)
			s := buffer.a[:width]
			for i := range s {
				s[i] = start
			}
			for k := range n {
				if backwards {
					k = n - 1 - k
				}
				at := o*n + k*inner + j
				take(s, y[at:at+width], x[at:at+width])
			}
		}
	}
	scratch64.put(buffer)
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
	productsBackward("ProdScanBackward", dst, ct, x, n, inner, true, set)
}

// ProdLinesBackward adds the derivative of y = ProdLines(x) to dst: ct[i] times the product of the other elements of line i. In
// products of elements a 0 wins over what is infinite, and where ct[i] is 0 the derivative is. With set, it sets dst.
func ProdLinesBackward[T Float](dst, ct, x []T, n, inner int, set bool) {
	lines := 0
	if n > 0 {
		lines = len(x) / n
		mustMatch("ProdLinesBackward", "ct", len(ct), lines)
	}
	mustMatch("ProdLinesBackward", "dst", len(dst), len(x))
	mustLinesOf("ProdLinesBackward", len(x), lines, n, inner)
	if lines == 0 {
		return
	}
	if inner == 1 {
		buffer := scratch64.get()
		defer scratch64.put(buffer)
		buffer.a = grow(buffer.a, n)
		for ; len(x) > 0; dst, ct, x = dst[n:], ct[1:], x[n:] {
			rowProducts(dst[:n], ct[0], x[:n], buffer.a, set)
		}
		return
	}
	productsBackward("ProdLinesBackward", dst, ct, x, n, inner, false, set)
}

// rowProducts is [ProdLinesBackward] for a row, whose quarters it goes through side by side: a product waits for the one before it.
func rowProducts[T Float](dst []T, c T, x []T, before []float64, set bool) {
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
		rowProductsZeroWins(dst, c, x, before, set)
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
		rowProductsZeroWins(dst, c, x, before, set)
		return
	}
	for k, v := range before[:len(dst)] {
		put(dst, k, v, set)
	}
}

// rowProductsZeroWins is rowProducts for any numbers.
func rowProductsZeroWins[T Float](dst []T, c T, x []T, before []float64, set bool) {
	if c == 0 {
		if set {
			clear(dst)
		}
		return
	}
	p := 1.0
	for k, v := range x {
		before[k] = p
		p = productZeroWins(p, float64(v))
	}
	p = 1
	for k := len(x) - 1; k >= 0; k-- {
		put(dst, k, float64(c)*productZeroWins(p, before[k]), set)
		p = productZeroWins(p, float64(x[k]))
	}
}

// put sets or adds to an element.
func put[T Float](dst []T, k int, v float64, set bool) {
	if set {
		dst[k] = T(v)
	} else {
		dst[k] += T(v)
	}
}

// productsBackward goes through some lines at a time, first from the front and then from the end. A line has a cotangent, or with
// scan each of its elements.
func productsBackward[T Float](name string, dst, ct, x []T, n, inner int, scan, set bool) {
	lines := 0
	if n > 0 {
		lines = len(x) / n
	}
	mustMatch(name, "dst", len(dst), len(x))
	mustLinesOf(name, len(x), lines, n, inner)
	if lines == 0 {
		return
	}
	const side = 16
	group, step, apart := inner, inner, 1 // lines that are apart, the elements of each a step
	if inner == 1 {
		group, step, apart = lines, 1, n
	}
	buffer := scratch64.get()
	defer scratch64.put(buffer)
	buffer.a = grow(buffer.a, side*(n+1))
	for o := 0; o < lines; o += group {
		for j := 0; j < group; j += side {
			width := min(side, group-j)
			s, before := buffer.a[:width], buffer.a[side:]
			for i := range s {
				s[i] = 1
			}
			first := o*n + j*apart
			for k := range n {
				row := before[k*width:][:width]
				at := first + k*step
				for i, p := range s {
					row[i] = p
					s[i] = productZeroWins(p, float64(x[at+i*apart]))
				}
			}
			w := ct[min(o+j, len(ct)):]
			for i := range s {
				s[i] = 1
				if scan {
					s[i] = 0
				}
			}
			for k := n - 1; k >= 0; k-- {
				row := before[k*width:][:width]
				at := first + k*step
				for i, v := range s {
					place := at + i*apart
					var d float64
					if scan {
						v += float64(ct[place])
						if v != 0 {
							d = v * row[i]
						}
					} else if c := float64(w[i]); c != 0 {
						d = c * productZeroWins(v, row[i])
					}
					s[i] = productZeroWins(v, float64(x[place]))
					if t := T(d); set {
						dst[place] = t
					} else {
						dst[place] += t
					}
				}
			}
		}
	}
}

// productZeroWins returns a·b, 0 if one of them is.
func productZeroWins(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return a * b
}
