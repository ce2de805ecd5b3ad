//go:build !purego

package kernel

import "unsafe"

//go:generate go run -C=_asm/neon .

// available returns the implementations that this build and this processor have, the best last. Every processor for arm64 that Go
// runs on has vector instructions.
func available() []*implementation { return []*implementation{&portable, &neon} }

// never is a number of panels that no B has: a tile of A lies in few enough streams to be read where it is.
const never = 1 << 30

// neon has in assembly what is worth most, and takes the rest from portable.
var neon = func() implementation {
	impl := portable
	impl.name = "neon"
	impl.f32.loops, impl.f64.loops = portableLoops[float32](), portableLoops[float64]()
	setF32NEON(impl.f32.loops)
	setF64NEON(impl.f64.loops)
	impl.rotate = rotateNEON
	impl.f32.sum, impl.f64.sum = sumOfWhole(16, sumF32NEON), sumOfWhole(8, sumF64NEON)
	impl.f32.dot, impl.f64.dot = dotOfWhole(16, dotF32NEON), dotOfWhole(8, dotF64NEON)
	impl.f32.max, impl.f64.max = maxOfWhole(16, maxF32NEON), maxOfWhole(8, maxF64NEON)
	impl.f32.maxAbs, impl.f64.maxAbs = maxAbsOfWhole(16, maxAbsF32NEON), maxAbsOfWhole(8, maxAbsF64NEON)
	impl.f32.finite, impl.f64.finite = finiteOfWhole(16, finiteF32NEON), finiteOfWhole(8, finiteF64NEON)
	impl.f32.expSum, impl.f64.expSum = expSumOfWhole(4, expSumF32NEON), expSumOfWhole(2, expSumF64NEON)
	impl.f32.expStore, impl.f64.expStore = expStoreOfWhole(4, expStoreF32NEON), expStoreOfWhole(2, expStoreF64NEON)
	impl.f32.gemm = &gemmKernel[float32]{
		tiles: gemmTilesF32NEON, panel1: panel1F32NEON, panel4: panel4F32NEON, packs: packsInGo[float32](4), lanes: 4, rows: 12, mc: 240, kc: 512, nc: 512, copyRows: 96, copyPanels: never, ways: 64,
	}
	impl.f64.gemm = &gemmKernel[float64]{
		tiles: gemmTilesF64NEON, panel1: panel1F64NEON, panel4: panel4F64NEON, packs: packsInGo[float64](2), lanes: 2, rows: 12, mc: 120, kc: 512, nc: 512, copyRows: 96, copyPanels: never, ways: 64,
	}
	return impl
}()

// packsInGo returns transposing copies for up to step rows.
func packsInGo[T Float](step int) []gemmPack[T] {
	packs := make([]gemmPack[T], step)
	for i := range packs {
		rows := i + 1
		packs[i] = func(dst *T, ldd uintptr, b *T, ldb uintptr, k int) {
			for r := range step {
				at := uintptr(r * sizeOf[T]())
				to := func(p int) *T { return (*T)(unsafe.Add(unsafe.Pointer(dst), at+uintptr(p)*ldd)) }
				if r >= rows {
					for p := range k {
						*to(p) = 0
					}
					continue
				}
				for p, v := range unsafe.Slice((*T)(unsafe.Add(unsafe.Pointer(b), uintptr(r)*ldb)), k) {
					*to(p) = v
				}
			}
		}
	}
	return packs
}

// The reductions in assembly want a whole number of steps, which is not 0. The functions below do the rest in Go.

func sumOfWhole[T Float](step int, whole func(x []T) float64) func(x []T) float64 {
	return func(x []T) float64 {
		n, s := len(x)&^(step-1), 0.0
		if n > 0 {
			s = whole(x[:n])
		}
		for _, v := range x[n:] {
			s += float64(v)
		}
		return s
	}
}

func dotOfWhole[T Float](step int, whole func(x, y []T) float64) func(x, y []T) float64 {
	return func(x, y []T) float64 {
		n, s := len(x)&^(step-1), 0.0
		y = y[:len(x)]
		if n > 0 {
			s = whole(x[:n], y[:n])
		}
		for i, v := range x[n:] {
			s += float64(v) * float64(y[n+i])
		}
		return s
	}
}

func maxOfWhole[T Float](step int, whole func(x []T) T) func(x []T) T {
	return func(x []T) T {
		n, m := len(x)&^(step-1), x[0]
		if n > 0 {
			m = whole(x[:n])
		}
		for _, v := range x[n:] {
			m = max(m, v)
		}
		return m
	}
}

func maxAbsOfWhole[T Float](step int, whole func(x []T) T) func(x []T) T {
	return func(x []T) T {
		n, m := len(x)&^(step-1), T(0)
		if n > 0 {
			m = whole(x[:n])
		}
		return max(m, maxAbsPortable(x[n:]))
	}
}

func finiteOfWhole[T Float](step int, whole func(x []T) T) func(x []T) T {
	return func(x []T) T {
		n, s := len(x)&^(step-1), T(0)
		if n > 0 {
			s = whole(x[:n])
		}
		return s + finitePortable(x[n:])
	}
}

func expSumOfWhole[T Float](step int, whole func(x []T, m T) T) func(x []T, m T) T {
	return func(x []T, m T) T {
		n, s := len(x)&^(step-1), T(0)
		if n > 0 {
			s = whole(x[:n], m)
		}
		return s + expSumPortable(x[n:], m)
	}
}

func expStoreOfWhole[T Float](step int, whole func(y, x []T, m T) T) func(y, x []T, m T) T {
	return func(y, x []T, m T) T {
		n, s := len(x)&^(step-1), T(0)
		if n > 0 {
			s = whole(y[:n], x[:n], m)
		}
		return s + expStorePortable(y[n:], x[n:], m)
	}
}

func rotateNEON(z *float64, ld uintptr, cols int, cs *float64, count int) {
	n := cols &^ 1
	if n > 0 {
		rotateF64NEON(z, ld, n, cs, count)
	}
	if n < cols {
		rotatePortable((*float64)(unsafe.Add(unsafe.Pointer(z), n*8)), ld, 1, cs, count)
	}
}
