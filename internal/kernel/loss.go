package kernel

// Huber sets s[i] to d = y[i]-t[i], held between -delta and delta, which is finite, and returns the sum of s[i]·(d - s[i]/2): what
// Huber's loss counts. It is added like [Sum64].
func Huber[T Float](s, y, t []T, delta T) float64 {
	mustMatch("Huber", "y", len(y), len(s))
	mustMatch("Huber", "t", len(t), len(s))
	if raceEnabled {
		touch(s)
		observe(y)
		observe(t)
	}
	var sum float64
	for lo := 0; lo < len(s); lo += maxParts * piece {
		hi := min(lo+maxParts*piece, len(s))
		sum += huberParts(huberJob[T]{f: kernelsOf[T]().huber, s: s[lo:hi], y: y[lo:hi], t: t[lo:hi], delta: delta})
	}
	return sum
}

func huberParts[T Float](job huberJob[T]) float64 {
	n := (len(job.s) + piece - 1) / piece
	if n > 1 && workers.acquire() {
		j := &jobsOf[T]().huber
		*j = job
		workers.run(j, n, n >= rousePieces)
		job.parts = j.parts
		*j = huberJob[T]{}
		workers.release()
	} else {
		for i := range n {
			job.parts[i] = job.part(i)
		}
	}
	return combinePairs(reduceSum, job.parts[:n])
}

// A huberJob is the work of Huber, spread over processors.
type huberJob[T Float] struct {
	f       func(s, y, t []T, delta T) float64
	s, y, t []T
	delta   T
	parts   [maxParts]float64
}

func (j *huberJob[T]) chunk(i int) { j.parts[i] = j.part(i) }

func (j *huberJob[T]) part(i int) float64 {
	lo, hi := i*piece, min((i+1)*piece, len(j.s))
	return huberPairwise(j.f, j.s[lo:hi], j.y[lo:hi], j.t[lo:hi], j.delta)
}

// huberPairwise adds the sums of both halves, where [reducePairwise] does.
func huberPairwise[T Float](f func(s, y, t []T, delta T) float64, s, y, t []T, delta T) float64 {
	if len(s) > leaf && !is32[T]() {
		h := (len(s)/2 + leaf - 1) / leaf * leaf
		return huberPairwise(f, s[:h], y[:h], t[:h], delta) + huberPairwise(f, s[h:], y[h:], t[h:], delta)
	}
	return f(s, y, t, delta)
}

func huberPortable[T Float](s, y, t []T, delta T) float64 {
	var sum float64
	t = t[:len(s)]
	for i, v := range y[:len(s)] {
		d := v - t[i]
		s[i] = min(max(d, -delta), delta)
		sum += float64(s[i]) * float64(d-s[i]/2)
	}
	return sum
}
