package kernel

import "unsafe"

// Nothing interrupts assembly, so kernels get slices in pieces: no goroutine waits longer than one of them takes.
const (
	piece = 65536 // elements at most

	// part is the size of the pieces that processors share, and minParallel how much of it there has to be. An expensive
	// function takes some 10 times as long as an addition.
	part                 = 16384
	minParallel          = 8 * part
	minParallelExpensive = 2 * part
	minParallelStep      = 4 * part // for steps of optimizers: gradients are in the caches of those who computed them

	// rousePieces is how many pieces of additions are worth waking a sleeping helper.
	rousePieces = 8
)

// expensive are the operations of at least some 10 instructions an element.
var expensive = [numOps]bool{
	opExp: true, opLog: true, opTanh: true, opSigmoid: true, opSoftplus: true, opErf: true, opSin: true, opCos: true,
	opTanhBackward: true, opTanhBackwardInto: true, opSigmoidBackward: true, opSigmoidBackwardInto: true,
	opSoftplusBackward: true, opSoftplusBackwardInto: true, opLogSoftmaxBackward: true, opLogSoftmaxBackwardInto: true,
}

// apply runs a kernel whose lengths are known to fit.
func apply[T Float](op opcode, dst, a, b []T, c T) {
	if raceEnabled {
		touch(dst)
		observe(a)
		observe(b)
	}
	f := kernelsOf[T]().loops[op]
	if len(dst) < minParallelExpensive {
		f(dst, a, b, c)
		return
	}
	enough, rouse := minParallel, rousePieces*piece
	switch {
	case op == opSGD:
		enough = minParallelStep
	case expensive[op]:
		enough, rouse = minParallelExpensive, rousePieces*piece/8
	}
	if len(dst) >= enough && workers.acquire() {
		j := &jobsOf[T]().apply
		j.f, j.dst, j.a, j.b, j.c = f, dst, a, b, c
		workers.run(j, (len(dst)+part-1)/part, len(dst) >= rouse)
		*j = applyJob[T]{}
		workers.release()
		return
	}
	for lo := 0; lo < len(dst); lo += piece {
		hi := min(lo+piece, len(dst))
		f(dst[lo:hi], sub(a, lo, hi), sub(b, lo, hi), c)
	}
}

// sub returns s[lo:hi], or nil for a slice that is not used.
func sub[T Float](s []T, lo, hi int) []T {
	if s == nil {
		return nil
	}
	return s[lo:hi]
}

// An applyJob is an elementwise operation that is spread over processors.
type applyJob[T Float] struct {
	f         loop[T]
	dst, a, b []T
	c         T
}

func (j *applyJob[T]) chunk(i int) {
	lo, hi := i*part, min((i+1)*part, len(j.dst))
	j.f(j.dst[lo:hi], sub(j.a, lo, hi), sub(j.b, lo, hi), j.c)
}

// jobs are the tasks of the pool: one of each kind is enough, because there is one task at a time.
type jobs[T Float] struct {
	apply   applyJob[T]
	copies  copyJob[T]
	gather  gatherJob[T]
	reverse reverseJob[T]
	along   alongJob[T]
	sort    sortJob[T]
	maps    mapJob[T]
	reduce  reduceJob[T]
	step    stepJob[T]
	rows    rowsJob[T]
	columns columnsJob[T]
	axes    axesJob[T]
	lines   linesJob[T]
	work    linesWork[T]
	matVec  matVecJob[T]
	gemm    gemmJob[T]
	share   shareJob[T]
	pool    poolJob[T]
	random  randomJob[T]
	huber   huberJob[T]
}

var (
	jobs32 jobs[float32]
	jobs64 jobs[float64]
)

func jobsOf[T Float]() *jobs[T] {
	if is32[T]() {
		return (*jobs[T])(unsafe.Pointer(&jobs32))
	}
	return (*jobs[T])(unsafe.Pointer(&jobs64))
}
