package kernel

import "fmt"

// A window of this file is 2×2 elements of a matrix x of rows of width elements. Windows lie one beside the other:
// there are rows of cols windows, and element (i,j) of a matrix of them belongs to
//
//	x[2i,2j] x[2i,2j+1]
//	x[2i+1,2j] x[2i+1,2j+1]
//
// The elements of x behind the last whole window of a row belong to none.

// MaxPool2 sets y to the largest elements of windows: y has rows of cols elements, and x twice as many rows. NaN wins.
func MaxPool2[T Float](y, x []T, cols, width int) {
	j := poolJob[T]{y: y, x: x, cols: cols, width: width}
	j.run("MaxPool2", "y", len(y), len(x))
}

// MaxPool2Backward adds the derivative of MaxPool2(y, x): ct goes to the largest element of a window, in even parts to
// several, and nothing, even of an infinite ct, to the others. Where y is NaN the largest elements are those that are
// NaN.
func MaxPool2Backward[T Float](dx, ct, x, y []T, cols, width int) {
	mustMatch("MaxPool2Backward", "ct", len(ct), len(y))
	mustMatch("MaxPool2Backward", "dx", len(dx), len(x))
	j := poolJob[T]{dx: dx, ct: ct, y: y, x: x, cols: cols, width: width, add: true}
	j.run("MaxPool2Backward", "y", len(y), len(x))
}

// MaxPool2BackwardInto is [MaxPool2Backward] without the sum: width must be 2·cols, so that there is no element of dx
// that no window has.
func MaxPool2BackwardInto[T Float](dx, ct, x, y []T, cols int) {
	mustMatch("MaxPool2BackwardInto", "ct", len(ct), len(y))
	mustMatch("MaxPool2BackwardInto", "dx", len(dx), len(x))
	j := poolJob[T]{dx: dx, ct: ct, y: y, x: x, cols: cols, width: 2 * cols}
	j.run("MaxPool2BackwardInto", "y", len(y), len(x))
}

// A poolJob is the work of a function of this file, spread over processors. dx and ct are nil in the forward pass.
type poolJob[T Float] struct {
	dx, ct, x, y []T
	cols, width  int
	add          bool
	rows         int // of windows in a chunk
}

// run does the work, of small elements in windows and large elements of x.
func (j *poolJob[T]) run(fn, name string, small, large int) {
	if small == 0 {
		return
	}
	if j.cols < 1 || j.width < 2*j.cols || small%j.cols != 0 {
		panic(fmt.Sprintf("kernel: %s: %d elements of %s, cols %d, width %d: want whole rows, and width to be 2·cols at least", fn, small, name, j.cols, j.width))
	}
	rows := small / j.cols
	if need := (2*rows-1)*j.width + 2*j.cols; large < need {
		panic(fmt.Sprintf("kernel: %s: len(x) is %d, want at least %d for %d rows of windows, x being %d wide", fn, large, need, rows, j.width))
	}
	if raceEnabled {
		observe(j.x)
		if j.dx == nil {
			touch(j.y)
		} else {
			touch(j.dx)
			observe(j.ct)
			observe(j.y)
		}
	}
	j.rows = max(part/j.width, 1)
	chunks := (rows + j.rows - 1) / j.rows
	if large >= minParallel && workers.acquire() {
		shared := &jobsOf[T]().pool
		*shared = *j
		workers.run(shared, chunks, large >= rousePieces*piece)
		*shared = poolJob[T]{}
		workers.release()
		return
	}
	for i := range chunks {
		j.chunk(i)
	}
}

func (j *poolJob[T]) chunk(i int) {
	k := kernelsOf[T]()
	from := i * j.rows
	rows := min(j.rows, len(j.y)/j.cols-from)
	small, large := from*j.cols, 2*from*j.width
	end := small + rows*j.cols
	y, x := j.y[small:end], j.x[large:]
	switch {
	case j.dx == nil:
		k.maxPool2(y, x, j.cols, j.width, rows)
	case j.add:
		k.maxPool2Backward(j.dx[large:], j.ct[small:end], x, y, j.cols, j.width, rows)
	default:
		k.maxPool2BackwardInto(j.dx[large:], j.ct[small:end], x, y, j.cols, j.width, rows)
	}
}

func maxPool2Portable[T Float](y, x []T, cols, width, rows int) {
	for i := range rows {
		top, bottom, out := x[2*i*width:][:2*cols], x[(2*i+1)*width:][:2*cols], y[i*cols:][:cols]
		for j := range out {
			out[j] = max(top[2*j], top[2*j+1], bottom[2*j], bottom[2*j+1])
		}
	}
}

func maxPool2BackwardPortable[T Float](dx, ct, x, y []T, cols, width, rows int) {
	for i := range rows {
		for j := range cols {
			at := 2 * (i*width + j)
			places := [4]int{at, at + 1, at + width, at + width + 1}
			m, ties := y[i*cols+j], T(0)
			for _, k := range places {
				if isLargest(x[k], m) {
					ties++
				}
			}
			for _, k := range places {
				if isLargest(x[k], m) {
					dx[k] += ct[i*cols+j] / ties
				}
			}
		}
	}
}

func maxPool2BackwardIntoPortable[T Float](dx, ct, x, y []T, cols, width, rows int) {
	clear(dx[:2*rows*width])
	maxPool2BackwardPortable(dx, ct, x, y, cols, width, rows)
}

// isLargest reports whether v is one of the largest elements of a window, of which m is the value.
func isLargest[T Float](v, m T) bool { return v == m || v != v }
