package kernel

// A workKind says what is done to lines that gives as many elements.
type workKind int

const (
	workAffine workKind = iota
	workAffineTo
	workSlope
	workSlopeTo
	workGain
	workNormalize
	workPNormBackward
	workNormBackward
	workSumScan // from here on whole lines
	workProdScan
	workProdScanBackward
	workProdBackward
	workExtremeBackward
	workSoftmax // with exponentials
	workSoftmaxBackward
	workLogSumExp
)

// vectorGroup is what parts of lines that lie side by side are multiples of: they hold whole groups of vectors.
const vectorGroup = 64

// A linesWork is work on lines that is spread over processors. What its slices are is for each kind to say.
type linesWork[T Float] struct {
	kind            workKind
	dst, w, x, y    []T // in the shape of the lines
	hi, lo, a, b, c []T
	n, inner        int
	part            int // units of a chunk
	units           int // lines, or rows of elements side by side
	centered, set   bool
	backwards       bool
	row             rowKind // of softmax

	eps, least, most float64 // see NormalizeRows
	p                float64 // see PNormLinesBackward
	rare             uint32
}

// shareLines does work on lines, of which there are so many. It reports false if work has noted that it left some of it.
func shareLines[T Float](name string, j linesWork[T], lines int) (done bool) {
	if j.kind != workLogSumExp {
		mustMatch(name, "x", len(j.x), len(j.dst))
	}
	mustLinesOf(name, len(j.x), lines, j.n, j.inner)
	if len(j.x) == 0 {
		return true
	}
	if raceEnabled {
		touch(j.dst)
		observe(j.w)
		observe(j.x)
	}
	j.units = lines
	if j.inner > 1 && j.kind < workSumScan {
		j.units = lines / j.inner * j.n
	}
	j.part = (j.units + lineParts - 1) / lineParts
	if j.inner > 1 && j.kind >= workSumScan {
		j.part = (j.part + vectorGroup - 1) / vectorGroup * vectorGroup
	}
	enough, rouse := minParallel, rousePieces*piece
	if j.kind >= workSoftmax {
		enough, rouse = minParallelExpensive, rouse/8
	}
	if len(j.x) >= enough && j.part < j.units && workers.acquire() {
		shared := &jobsOf[T]().work
		*shared = j
		workers.run(shared, (j.units+j.part-1)/j.part, len(j.x) >= rouse)
		done = shared.rare == 0
		*shared = linesWork[T]{}
		workers.release()
		return done
	}
	j.do(0, j.units)
	return j.rare == 0
}

func (j *linesWork[T]) chunk(i int) { j.do(i*j.part, min((i+1)*j.part, j.units)) }

// do does units lo up to hi.
func (j *linesWork[T]) do(lo, hi int) {
	switch {
	case j.kind == workGain:
		j.gainRows(lo, hi)
	case j.kind == workNormBackward:
		j.normsBackward(lo, hi)
	case j.kind == workExtremeBackward:
		j.extremesBackward(lo, hi)
	case j.kind == workLogSumExp && j.inner == 1:
		j.logSumExpRows(lo, hi)
	case j.kind == workPNormBackward:
		j.powersBackward(lo, hi)
	case j.kind == workNormalize:
		j.normalizeRows(lo, hi)
	case j.kind >= workSoftmax:
		j.strips(lo, hi)
	case j.kind >= workSumScan && j.inner == 1:
		j.scanRows(lo, hi)
	case j.kind >= workSumScan:
		j.scanAcross(lo, hi)
	case j.inner == 1:
		j.spreadRows(lo, hi)
	default:
		j.spreadAcross(lo, hi)
	}
}

// spreadRows does rows lo up to hi.
func (j *linesWork[T]) spreadRows(lo, hi int) {
	if j.n <= piece {
		for step := piece / j.n; lo < hi; lo += step {
			rows := min(step, hi-lo)
			j.rows(lo, rows, lo*j.n, (lo+rows)*j.n, j.n)
		}
		return
	}
	for ; lo < hi; lo++ {
		for at := 0; at < j.n; at += piece {
			size := min(piece, j.n-at)
			j.rows(lo, 1, lo*j.n+at, lo*j.n+at+size, size)
		}
	}
}

// rows calls the kernel for elements from up to to, which are rows of n elements from row lo on.
func (j *linesWork[T]) rows(lo, rows, from, to, n int) {
	k, end := kernelsOf[T]().affine, lo+rows
	switch j.kind {
	case workAffine:
		k.rowsAffine(j.dst[from:to], j.x[from:to], j.hi[lo:end], j.lo[lo:end], j.c[lo:end], j.b[lo:end], n)
	case workAffineTo:
		k.rowsAffineTo(j.dst[from:to], j.x[from:to], j.hi[lo:end], j.lo[lo:end], j.c[lo:end], n)
	case workSlope:
		k.rowsSlope(j.dst[from:to], j.w[from:to], j.x[from:to], j.b[lo:end], j.c[lo:end], j.hi[lo:end], j.lo[lo:end], j.a[lo:end], n)
	default:
		k.rowsSlopeTo(j.dst[from:to], j.w[from:to], j.x[from:to], j.b[lo:end], j.c[lo:end], j.hi[lo:end], j.lo[lo:end], j.a[lo:end], n)
	}
}

// widest is how many lines side by side a kernel goes through at a time.
const widest = 8192

// spreadAcross does rows lo up to hi of elements of lines side by side.
func (j *linesWork[T]) spreadAcross(lo, hi int) {
	for lo < hi {
		group := lo / j.n // of lines side by side
		end := min(hi, (group+1)*j.n)
		for at := 0; at < j.inner; at += widest {
			width := min(widest, j.inner-at)
			step := rowsAtATime(width)
			for r := lo; r < end; r += step {
				j.across(group*j.inner+at, width, r*j.inner+at, min(step, end-r))
			}
		}
		lo = end
	}
}

// across calls the kernel for some rows of lines side by side, width of them from line on, whose first element is at from.
func (j *linesWork[T]) across(line, width, from, rows int) {
	k, end := kernelsOf[T]().affine, line+width
	switch j.kind {
	case workAffine:
		k.acrossAffine(j.dst[from:], j.x[from:], j.hi[line:end], j.lo[line:end], j.c[line:end], j.b[line:end], j.inner, rows)
	case workAffineTo:
		k.acrossAffineTo(j.dst[from:], j.x[from:], j.hi[line:end], j.lo[line:end], j.c[line:end], j.inner, rows)
	case workSlope:
		k.acrossSlope(j.dst[from:], j.w[from:], j.x[from:], j.b[line:end], j.c[line:end], j.hi[line:end], j.lo[line:end], j.a[line:end], j.inner, rows)
	default:
		k.acrossSlopeTo(j.dst[from:], j.w[from:], j.x[from:], j.b[line:end], j.c[line:end], j.hi[line:end], j.lo[line:end], j.a[line:end], j.inner, rows)
	}
}
