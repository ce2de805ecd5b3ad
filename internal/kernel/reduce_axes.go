package kernel

// maxAxes is how many axes a box may have.
const maxAxes = 16

// AddOverAxes adds the sums over some axes of a box of numbers: dst[Σₗ iₗ·steps[l]] += x[i₀, i₁, …]. The axes have
// lengths dims, the fastest first, 16 at most. Those with step 0 are summed over, and there is one at least, the first
// or second; the others are the axes of dst, which has no gaps, so their steps are the products of the lengths of those
// before.
//
// Sums are kept in double precision, in float64 over blocks that are added pairwise, so the error is at most a few ulp of
// |dst[j]| + Σ|x[i]|, for the x[i] that are added to dst[j].
func AddOverAxes[T Float](dst, x []T, dims, steps []int) {
	if raceEnabled {
		touch(dst)
		observe(x)
	}
	if len(x) == 0 {
		return
	}
	var s axesJob[T]
	s.plan(dst, x, dims, steps)
	var sums *scratch[float64]
	if s.cuts > 1 {
		sums = scratch64.get()
		sums.a = grow(sums.a, s.parts*s.cuts*columnBlock)
		s.sums = sums.a
	}
	chunks := s.parts * s.cuts
	if len(x) >= minParallel && chunks > 1 && workers.acquire() {
		j := &jobsOf[T]().axes
		*j = s
		workers.run(j, chunks, len(x) >= rousePieces*piece)
		*j = axesJob[T]{}
		workers.release()
	} else {
		for i := range chunks {
			s.chunk(i)
		}
	}
	if sums != nil {
		for i := range s.parts {
			s.join(i)
		}
		scratch64.put(sums)
	}
}

// A sum of few parts is cut along the outermost axis that is summed over, into axesCuts pieces at most, so that several
// processors have something to do. The number does not depend on theirs.
const axesCuts = 8

// An axis is a length, and how far apart in x the elements along it are.
type axis struct{ n, step int }

// An axesJob is a sum over axes that is spread over processors. A part of it makes neighbouring elements of dst,
// columnBlock of them at most. It reads x by units: rows, each of which is summed to one element, or lines, which are
// added element by element.
type axesJob[T Float] struct {
	dst, x              []T
	row                 int           // the length of rows; 0 for lines
	kept, summed        [maxAxes]axis // summed is without the axis along a row
	numKept, numSummed  int
	split, inner, width int // a part has all of the kept axes before split, inner elements, and width elements of that one
	across              int // parts along that axis
	parts               int
	cuts                int       // pieces of a part
	sums                []float64 // of the pieces, columnBlock for each, if there are several
}

// plan divides the work.
func (s *axesJob[T]) plan(dst, x []T, dims, steps []int) {
	s.dst, s.x = dst, x
	step := 1
	for l, n := range dims {
		switch {
		case steps[l] != 0:
			s.kept[s.numKept] = axis{n, step}
			s.numKept++
		case l == 0:
			s.row = n
		default:
			s.summed[s.numSummed] = axis{n, step}
			s.numSummed++
		}
		step *= n
	}
	if s.numKept == 0 {
		s.kept[0], s.numKept = axis{1, 0}, 1
	}
	s.inner = 1
	for s.split < s.numKept-1 && s.inner*s.kept[s.split].n <= columnBlock {
		s.inner *= s.kept[s.split].n
		s.split++
	}
	n := s.kept[s.split].n
	s.width = min(columnBlock/s.inner, n)
	s.across = (n + s.width - 1) / s.width
	s.parts = s.across
	for _, a := range s.kept[s.split+1 : s.numKept] {
		s.parts *= a.n
	}
	s.cuts = 1
	if s.parts < axesCuts && s.numSummed > 0 && len(x) >= minParallel {
		s.cuts = min(axesCuts, s.summed[s.numSummed-1].n)
	}
}

// chunk does piece i: those of a part follow each other.
func (s *axesJob[T]) chunk(i int) {
	buffer := scratch64.get()
	defer scratch64.put(buffer)
	buffer.a = grow(buffer.a, columnBlock*(maxHalvings+2))
	sums := s.piece(buffer.a, i/s.cuts, i%s.cuts)
	if s.cuts == 1 {
		s.addTo(i, sums)
		return
	}
	copy(s.sums[i*columnBlock:], sums)
}

// join adds the pieces of part i, one after the other, to dst.
func (s *axesJob[T]) join(i int) {
	_, _, width := s.place(i)
	pieces := s.sums[i*s.cuts*columnBlock:]
	total := pieces[:s.inner*width]
	for k := 1; k < s.cuts; k++ {
		addTo64(total, pieces[k*columnBlock:][:len(total)])
	}
	s.addTo(i, total)
}

// addTo adds the sums of part i to dst.
func (s *axesJob[T]) addTo(i int, sums []float64) {
	first, _, _ := s.place(i)
	dst := s.dst[first : first+len(sums)]
	for k, v := range sums {
		dst[k] = T(float64(dst[k]) + v)
	}
}

// place returns where part i begins in dst and in x, and how wide it is.
func (s *axesJob[T]) place(i int) (first, from, width int) {
	lo := i % s.across * s.width
	width = min(s.width, s.kept[s.split].n-lo)
	first, from = lo*s.inner, lo*s.kept[s.split].step
	i /= s.across
	stride := s.inner * s.kept[s.split].n
	for _, a := range s.kept[s.split+1 : s.numKept] {
		k := i % a.n
		i /= a.n
		first += k * stride
		from += k * a.step
		stride *= a.n
	}
	return first, from, width
}

// piece returns the sums of a piece of part i, in the buffer.
func (s *axesJob[T]) piece(buffer []float64, i, cut int) []float64 {
	_, from, width := s.place(i)
	var units [columnBlock]int // where in x they begin
	units[0] = from
	n, line := 1, 1 // units, and the elements that each makes
	for l, a := range s.kept[:s.split+1] {
		if l == s.split {
			a.n = width
		}
		if l == 0 && s.row == 0 {
			line = a.n
			continue
		}
		for k := n; k < n*a.n; k++ {
			units[k] = units[k-n] + a.step
		}
		n *= a.n
	}
	if s.cuts == 1 {
		return s.sum(buffer, units[:n], line)
	}
	own := *s
	outer := &own.summed[s.numSummed-1]
	lo, hi := cut*outer.n/s.cuts, (cut+1)*outer.n/s.cuts
	for k := range units[:n] {
		units[k] += lo * outer.step
	}
	outer.n = hi - lo
	return own.sum(buffer, units[:n], line)
}

// sum returns the sums of a part, in the buffer.
func (s *axesJob[T]) sum(buffer []float64, units []int, line int) []float64 {
	k, size := kernelsOf[T](), len(units)*line
	sums, lines, halves := buffer[:size], buffer[columnBlock:], buffer[2*columnBlock:]
	lines = lines[:line]
	together := 0 < s.row && s.row <= leaf // rows that follow each other
	for u := 1; u < len(units) && together; u++ {
		together = units[u] == units[u-1]+s.row
	}
	if together {
		lines = lines[:len(units)]
	}
	clear(sums)
	var index [maxAxes]int
	blocks, added, at := 0, 0, 0
	for {
		rows := 1
		switch {
		case together:
			k.lines.rowsSum(lines, s.x[at+units[0]:][:len(units)*s.row], s.row)
			addTo64(sums, lines)
		case s.row > 0:
			for u, o := range units {
				sums[u] += Sum64(s.x[at+o : at+o+s.row])
			}
		default:
			rows = min(s.summed[0].n-index[0], rowBlock)
			for u, o := range units {
				k.columns(lines, s.x[at+o:], s.summed[0].step, rows)
				addTo64(sums[u*line:], lines)
			}
		}
		l := 0
		for by := rows; l < s.numSummed; l, by = l+1, 1 {
			a := s.summed[l]
			index[l] += by
			at += by * a.step
			if index[l] < a.n {
				break
			}
			at -= a.n * a.step
			index[l] = 0
		}
		if l == s.numSummed {
			break
		}
		if added += rows; added < rowBlock {
			continue
		}
		// A sum of 2ᵏ blocks waits for another one: there is one where the number of blocks has bit k.
		h := halves
		for b := blocks; b&1 != 0; b >>= 1 {
			addTo64(sums, h[:size])
			h = h[columnBlock:]
		}
		copy(h, sums)
		clear(sums)
		blocks, added = blocks+1, 0
	}
	for b := blocks; b != 0; b >>= 1 {
		if b&1 != 0 {
			addTo64(sums, halves[:size])
		}
		halves = halves[min(columnBlock, len(halves)):]
	}
	return sums
}

// addTo64 adds x to the first elements of dst.
func addTo64(dst, x []float64) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] += v
	}
}
