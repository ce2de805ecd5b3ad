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
