package kernel

import "unsafe"

// A rotateFunc applies count > 0 rotations to cols columns of rows that are ld bytes apart.
type rotateFunc func(z *float64, ld uintptr, cols int, cs *float64, count int)

// Rotate turns pairs of neighbouring rows of z, ld elements apart, in order: with c and s, elements 2·i and 2·i+1 of cs, rows
// x = i and y = i+1 become c·x + s·y and c·y - s·x. If up is set it begins with the last two of the rows and goes up: i counts
// from below then.
//
// There is one row more than pairs in cs.
func Rotate(z []float64, ld, cols int, up bool, cs []float64) {
	count := len(cs) / 2
	mustMatch("Rotate", "cs", len(cs), 2*count)
	mustMatrix("Rotate", "z", count+1, cols, len(z), ld)
	if count == 0 || cols <= 0 {
		return
	}
	if raceEnabled {
		touch(z)
		observe(cs)
	}
	first, step := 0, ld
	if up {
		first, step = count*ld, -ld
	}
	current.rotate(&z[first], uintptr(step*sizeOf[float64]()), cols, &cs[0], count)
}

func rotatePortable(z *float64, ld uintptr, cols int, cs *float64, count int) {
	pairs := unsafe.Slice(cs, 2*count)
	x := unsafe.Slice(z, cols)
	for i := range count {
		z = (*float64)(unsafe.Add(unsafe.Pointer(z), ld))
		y := unsafe.Slice(z, cols)
		c, s := pairs[2*i], pairs[2*i+1]
		for j, v := range x {
			w := y[j]
			x[j], y[j] = c*v+s*w, c*w-s*v
		}
		x = y
	}
}
