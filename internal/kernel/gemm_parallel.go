package kernel

import "unsafe"

// scratch32 and scratch64 are the buffers of products of either precision.
var (
	scratch32 scratchList[float32]
	scratch64 scratchList[float64]
)

func scratchOf[T Float]() *scratchList[T] {
	if is32[T]() {
		return (*scratchList[T])(unsafe.Pointer(&scratch32))
	}
	return (*scratchList[T])(unsafe.Pointer(&scratch64))
}

// run computes the product.
func (g *gemmKernel[T]) run(p *product[T]) {
	g.multiply(p, scratchOf[T]())
}
