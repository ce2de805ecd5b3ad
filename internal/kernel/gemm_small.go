package kernel

// isSmall reports whether a product is one for [gemmKernel.multiplySmall]: with so little work that its preparation counts, one
// panel of a B whose rows lie side by side, and nothing worth copying.
func (g *gemmKernel[T]) isSmall(m, n, k, ars, acs int) bool {
	return n <= panelVectors*g.lanes && (g.masked || n&(g.lanes-1) == 0) && k > 0 && m <= g.mc && k <= g.kc && m*n*k < gemmParallel &&
		!g.collides(m, k, ars, acs)
}

// multiplySmall is [gemmKernel.multiply] for small products: C = A·B + D, or max(A·B + D, 0) with relu, as in [product]. B has rows
// of consecutive elements, ldb apart.
func (g *gemmKernel[T]) multiplySmall(m, n, k int, a []T, ars, acs int, b []T, ldb int, c []T, ldc int, d []T, ldd int, relu bool) {
	vecs := 1
	if n > g.lanes {
		vecs = 2
	}
	cols, of := n-(vecs-1)*g.lanes, g.tiles
	if g.narrow != nil && cols <= g.lanes/2 {
		of = g.narrow
	}
	bytes := uintptr(sizeOf[T]())
	tiles, height, tall := heights(m, g.rows)
	for i, n, h := 0, tall, height+1; i < m; i, n, h = i+n*h, tiles-tall, height {
		if n == 0 {
			continue
		}
		var dp *T
		if d != nil {
			dp = &d[i*ldd]
		}
		of[vecs-1][h-1](&a[i*ars], uintptr(ars)*bytes, uintptr(acs)*bytes, &b[0], uintptr(ldb)*bytes, 1, k, 0,
			&c[i*ldc], uintptr(ldc)*bytes, dp, uintptr(ldd)*bytes, cols, relu, n, uintptr(h*ars)*bytes, nil, 0)
	}
}
