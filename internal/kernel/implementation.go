package kernel

import (
	"fmt"
	"os"
	"strings"
	"unsafe"
)

// An implementation is one way to compute everything.
type implementation struct {
	name string
	f32  kernels[float32]
	f64  kernels[float64]

	lanes *laneKernels // nil for loops in Go

	rotate rotateFunc

	specials *[numSpecialOps]specialLoops
}

// kernels are the loops of an implementation in one precision. They expect slices that fit, and none longer than a piece.
type kernels[T Float] struct {
	loops  *[numOps]loop[T]
	maps   *[numMapOps]mapLoop[T]
	slopes *[numSlopeOps]slopeLoops[T]
	lines  *lineKernels[T]
	affine *affineKernels[T]

	sum      func(x []T) float64    // Σ x
	dot      func(x, y []T) float64 // Σ x*y
	max      func(x []T) T          // x is not empty; NaN if there is one
	maxAbs   func(x []T) T          // max |x|, 0 if x is empty; NaN if there is one
	finite   func(x []T) T          // 0, or NaN if an element is not finite
	expSum   func(x []T, m T) T     // Σ e^(x-m)
	expStore func(y, x []T, m T) T  // the same, and y = e^(x-m)

	softmax      []softmaxFunc[T] // softmax[v-1] is for rows of v vectors; nil for row by row
	softmaxLanes int              // the elements of a vector

	// columns sets sums to the sums of columns of rows rows of x, which are stride apart; rows is not 0.
	columns func(sums []float64, x []T, stride, rows int)

	// The next three are nil for loops in Go. copyLeast is the length of the shortest rows that they write.
	copyRows   func(dst, src *T, ldd, lds uintptr, n, rows int)
	fillRows   func(dst, src *T, ldd, lds uintptr, n, rows int)
	gatherRows func(dst, src *T, index *int, ldd, lds uintptr, n, rows int)
	copyLeast  int

	reverse      func(dst, src *T, n, lines int) // nil for loops in Go
	reverseLeast int                             // the length of the shortest lines that reverse takes

	huber  func(s, y, t []T, delta T) float64
	random func(dst []T, keys [12]uint32)

	maxPool2                               func(y, x []T, cols, width, rows int)
	maxPool2Backward, maxPool2BackwardInto func(dx, ct, x, y []T, cols, width, rows int)

	maxWindows   func(y, which, x *T, cols, width, kh, kw int, skip T) // nil for loops in Go
	windowsLeast int                                                   // how many windows maxWindows takes at least

	momentum momentumFunc[T]
	nesterov momentumFunc[T]
	adam     twoFunc[T]
	adagrad  oneFunc[T]
	rmsprop  oneFunc[T]
	lion     oneFunc[T]

	rmspropMomentum twoFunc[T]

	gru          gruFunc[T]
	gruBackward  gruBackwardFunc[T]
	lstm         lstmFunc[T]
	lstmBackward lstmBackwardFunc[T]

	gemm *gemmKernel[T] // nil for the plain loops
}

// portable is the implementation in Go.
var portable = implementation{name: "portable", f32: portableKernels[float32](), f64: portableKernels[float64](), rotate: rotatePortable, specials: &portableSpecials}

func portableKernels[T Float]() kernels[T] {
	return kernels[T]{
		loops:                portableLoops[T](),
		maps:                 portableMaps[T](),
		slopes:               portableSlopes[T](),
		lines:                portableLines[T](),
		affine:               portableAffine[T](),
		sum:                  sumPortable[T],
		dot:                  dotPortable[T],
		max:                  maxPortable[T],
		maxAbs:               maxAbsPortable[T],
		finite:               finitePortable[T],
		expSum:               expSumPortable[T],
		expStore:             expStorePortable[T],
		columns:              columnsPortable[T],
		huber:                huberPortable[T],
		random:               randomPortable[T],
		maxPool2:             maxPool2Portable[T],
		maxPool2Backward:     maxPool2BackwardPortable[T],
		maxPool2BackwardInto: maxPool2BackwardIntoPortable[T],
		momentum:             momentumPortable[T],
		nesterov:             nesterovPortable[T],
		adam:                 adamPortable[T],
		adagrad:              adagradPortable[T],
		rmsprop:              rmspropPortable[T],
		lion:                 lionPortable[T],
		rmspropMomentum:      rmspropMomentumPortable[T],
		gru:                  gruPortable[T], gruBackward: gruBackwardPortable[T],
		lstm: lstmPortable[T], lstmBackward: lstmBackwardPortable[T],
	}
}

// current is the implementation in use. Only tests change it after the program has started.
var current = fromEnvironment()

// Implementation returns the name of the implementation in use: "portable", "avx2", "avx512" or "neon".
func Implementation() string { return current.name }

const variable = "CHAINRULE_KERNEL"

// fromEnvironment returns the implementation that the environment asks for. It panics if there is none of that name: a
// program that computes with other kernels than it was told to would be worse.
func fromEnvironment() *implementation {
	impl, err := choose(os.Getenv(variable), available())
	if err != nil {
		panic(err)
	}
	return impl
}

// choose returns the implementation of the given name, or the last one, which is the best, for the name "".
func choose(name string, list []*implementation) (*implementation, error) {
	if name == "" {
		return list[len(list)-1], nil
	}
	var names []string
	for _, impl := range list {
		if impl.name == name {
			return impl, nil
		}
		names = append(names, impl.name)
	}
	switch name {
	case "portable", "avx2", "avx512", "neon":
		return nil, fmt.Errorf("%s=%s: this build and this processor have only %s", variable, name, strings.Join(names, " and "))
	}
	return nil, fmt.Errorf("%s=%s: want portable, avx2, avx512 or neon, or none for the best", variable, name)
}

// kernelsOf returns the loops for T of the implementation in use.
func kernelsOf[T Float]() *kernels[T] {
	if is32[T]() {
		return (*kernels[T])(unsafe.Pointer(&current.f32))
	}
	return (*kernels[T])(unsafe.Pointer(&current.f64))
}
