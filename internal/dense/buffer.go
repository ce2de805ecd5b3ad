package dense

import "sync"

// A Workspace hands out slices and takes all of them back at once. The zero value is ready.
type Workspace struct {
	used [8]*[]float64
	n    int
}

var unused sync.Pool

// Floats returns n undefined numbers.
func (w *Workspace) Floats(n int) []float64 {
	if w.n == len(w.used) {
		return make([]float64, n)
	}
	p, ok := unused.Get().(*[]float64)
	if !ok {
		p = new([]float64)
	}
	if cap(*p) < n {
		*p = make([]float64, n)
	}
	w.used[w.n] = p
	w.n++
	return (*p)[:n]
}

// Free takes all slices back, none of which may be used any more.
func (w *Workspace) Free() {
	for i, p := range w.used[:w.n] {
		unused.Put(p)
		w.used[i] = nil
	}
	w.n = 0
}
