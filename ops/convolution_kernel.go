package ops

import (
	"slices"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
)

// convSizes are the sizes of a convolution. A sequence is an image of height 1. Channels are those of a group, and an
// image or its maps what a group of them has: groups lie one behind the other, like images.
type convSizes struct {
	batch, groups, in, out int
	h, w                   int // images
	kh, kw                 int // kernels
	rows, cols             int // maps
	strideH, strideW       int
	above, left            int // padding
	dilationH, dilationW   int
	direct                 bool // patches are the image itself
	lined                  bool // patches are not written out: see lines
	imageLen, mapLen, area int  // elements of an image, of its maps, and of one map
}

func sizesOf(x, k, y []int, g convGeometry) convSizes {
	s := convSizes{batch: x[0], groups: g.groups, in: k[1], out: k[0] / g.groups, h: 1, kh: 1, rows: 1}
	s.strideH, s.above, s.dilationH = g.stride[0], g.padding[0], g.dilation[0]
	s.strideW, s.left, s.dilationW = g.stride[1], g.padding[1], g.dilation[1]
	s.w, s.kw, s.cols = x[len(x)-1], k[len(k)-1], y[len(y)-1]
	if len(x) == 4 {
		s.h, s.kh, s.rows = x[2], k[2], y[2]
	}
	// Where there is no second place or element to reach, it does not matter how far away it would be.
	for _, step := range []struct {
		n    int
		step *int
	}{{s.rows, &s.strideH}, {s.cols, &s.strideW}, {s.kh, &s.dilationH}, {s.kw, &s.dilationW}} {
		if step.n == 1 {
			*step.step = 1
		}
	}
	s.imageLen = s.in * s.h * s.w
	s.area = s.rows * s.cols
	s.mapLen = s.out * s.area
	// Kernels of one element, one beside the other, see the image as it is.
	s.direct = s.kh == 1 && s.kw == 1 && s.above == 0 && s.left == 0 && s.rows == s.h && s.cols == s.w
	return s
}

// patch returns how many elements of an image a kernel sees at one place.
func (s *convSizes) patch() int { return s.in * s.kh * s.kw }

// blockLen is how many elements of patches are laid out at a time: few enough to stay in the cache. But a block has
// some places at least, so that kernels are not read again and again for a few of them.
const (
	blockLen    = 1 << 16
	blockPlaces = 128
)

// block returns how many places are laid out at a time: whole rows of them, or a part of one.
func (s *convSizes) block() int {
	depth := s.patch()
	if s.lined {
		depth = s.in * s.kw
	}
	n := min(max(blockLen/depth, blockPlaces), s.area)
	if n >= s.cols {
		return n - n%s.cols
	}
	parts := (s.cols + n - 1) / n
	return (s.cols + parts - 1) / parts
}

// next returns how many places the block from number from on has.
func (s *convSizes) next(from int) int {
	n := s.block()
	if n >= s.cols {
		return min(n, s.area-from)
	}
	return min(n, s.cols-from%s.cols)
}

// blocks returns how many blocks there are.
func (s *convSizes) blocks() int {
	n := s.block()
	if n >= s.cols {
		return (s.area + n - 1) / n
	}
	return s.rows * ((s.cols + n - 1) / n)
}

// A convJob does the work of convolveTo as matrix products. The patches that a kernel sees at n places of an image are
// the columns of a matrix of patch() rows; with it the convolution is kernels × patches = maps. The rows are in the
// order of the kernels' elements, or where the sizes are lined with each column of a kernel before the next.
type convJob[T constraints.Float] struct {
	s          convSizes
	target     int
	win        int  // which zeros win
	accumulate bool // add to maps, or to images that are patches themselves
	chunks     int  // parts of the batch
	x, w, y    []T
	bias       []T  // what maps are filled with before, or nil
	sums       []T  // of the kernels' gradients, one for each chunk
	levels     int  // of partial sums in a chunk
	upright    bool // the kernels' gradients are sums of patches × mapsᵀ, in place of maps × patchesᵀ
	patches    int  // elements of the patches that are laid out at a time
	lines      int  // elements of the lines
	turned     int  // elements of transposed maps
}

// The jobs that no one uses, so that a convolution allocates nothing.
var (
	convJobs32 = sync.Pool{New: func() any { return new(convJob[float32]) }}
	convJobs64 = sync.Pool{New: func() any { return new(convJob[float64]) }}
)

const (
	// convChunks is how many parts a batch is divided into, for several processors.
	convChunks = 64

	// convSums is how many parts have a sum of their own where the kernels' gradients are added up, and convSumsLen how many
	// elements these sums may have. The numbers do not depend on the processors, so that results do not.
	convSums    = 8
	convSumsLen = 1 << 16
)

func convolveOf[T constraints.Float](g *graph.Graph, jobs *sync.Pool, s convSizes, target int, t [3]*tensor.Tensor, bias *tensor.Tensor, cotangents int, fresh bool) {
	j := jobs.Get().(*convJob[T])
	*j = convJob[T]{s: s, target: target, chunks: min(s.batch, convChunks), x: tensor.Data[T](t[images]), w: tensor.Data[T](t[kernels]), y: tensor.Data[T](t[maps])}
	// Which operand of the matrix product is which tensor.
	left, right, a, b := kernels, images, j.w, j.x
	switch target {
	case images:
		right, b = maps, j.y
	case kernels:
		left, a = maps, j.y
	}
	j.win = challenged((cotangents>>left&1)*leftCotangent|(cotangents>>right&1)*rightCotangent, a, b)
	if j.win&leftCotangent != 0 && !slices.Contains(a, 0) {
		j.win &^= leftCotangent
	}
	// The padding of images is zeros too, of a cotangent as well.
	if padded := right == images && s.above+s.left > 0; j.win&rightCotangent != 0 && !padded && !slices.Contains(b, 0) {
		j.win &^= rightCotangent
	}
	var sums, arranged *tensor.Tensor
	switch {
	case target == kernels:
		if fresh {
			clear(j.w)
		}
		j.chunks = min(s.batch, convSums)
		if j.chunks*len(j.w) > convSumsLen {
			j.chunks = 1
		}
		if j.chunks > 1 {
			sums = g.Temp(j.chunks, len(j.w))
			j.sums = tensor.Data[T](sums)
		}
		j.upright = s.upright()
		j.s.lined = j.upright && j.win == plainProduct && 1 < s.kh && s.kh <= kernel.LinesMost && s.lines()
	case target == images && s.turns() && j.win == plainProduct && kernel.AllFinite(j.w):
		j.s, j.target, j.x, j.y = s.turned(), maps, j.y, j.x
		j.s.lined = j.s.lines()
		arranged = g.Temp(len(j.w))
		arrange(&j.s, tensor.Data[T](arranged), j.w, true)
		j.accumulate = !fresh
	case target == images && fresh && !s.direct:
		clear(j.x)
	case target == maps && j.win == plainProduct && s.lines():
		j.s.lined = true
		if s.kh > 1 && s.kw > 1 {
			arranged = g.Temp(len(j.w))
			arrange(&j.s, tensor.Data[T](arranged), j.w, false)
		}
		j.accumulate = !fresh
	default:
		j.accumulate = !fresh
	}
	if bias != nil {
		j.bias, j.accumulate = tensor.Data[T](bias), true
	}
	if arranged != nil {
		j.w = tensor.Data[T](arranged)
	}
	size := j.plan()
	kernel.Share(j, j.chunks, size, s.batch*s.groups*s.area*s.out*s.patch())
	if sums != nil {
		for i := range j.chunks {
			kernel.AddTo(j.w, j.sums[i*len(j.w):(i+1)*len(j.w)])
		}
		g.FreeTemp(sums)
	}
	if arranged != nil {
		g.FreeTemp(arranged)
	}
	*j = convJob[T]{}
	jobs.Put(j)
}

// plan divides the buffer of a chunk, and returns how many elements it has.
func (j *convJob[T]) plan() int {
	s := &j.s
	switch {
	case s.direct:
	case s.lined:
		j.lines = s.in*s.kw*s.linesOf(s.block())*min(s.block(), s.cols) + kernel.LinesSlack
		if j.target == kernels {
			j.turned = s.block() * s.vectors()
		}
	default:
		j.patches, j.lines = s.patch()*s.block(), s.kh*s.block()
	}
	size := j.patches + j.lines + j.turned
	if j.target == kernels {
		perChunk := (s.batch + j.chunks - 1) / j.chunks
		j.levels = sumLevels(perChunk * s.products())
		size += j.levels * s.out * s.patch()
		if j.upright {
			size += s.out * s.patch()
		}
	}
	return size
}

// vectors returns how many maps there are, rounded up to what [kernel.GemmOfLines] reads.
func (s *convSizes) vectors() int {
	return (s.out + kernel.LinesSlack - 1) / kernel.LinesSlack * kernel.LinesSlack
}

// upright reports whether the kernels' gradients are better computed as sums of patches × mapsᵀ, which are their
// transposes. The right operand is copied in columns, which are filled up to whole vectors.
func (s *convSizes) upright() bool {
	const lanes = 16
	up := func(n int) int { return (n + lanes - 1) / lanes * lanes }
	this, other := s.patch()*up(s.out), s.out*up(s.patch())
	return this < other || this == other && s.out <= s.patch()
}

// turns reports whether the gradient of images is better computed as a convolution of the maps, with kernels that are
// turned by half a circle: nothing has to be folded back then. That needs kernels that step from element to element;
// and where images are much larger than maps, most products would be with padding.
func (s *convSizes) turns() bool {
	return !s.direct && s.strideH == 1 && s.strideW == 1 && s.above <= (s.kh-1)*s.dilationH && s.left <= (s.kw-1)*s.dilationW &&
		2*s.h*s.w <= 3*s.area
}

// turned returns the sizes of that convolution.
func (s *convSizes) turned() convSizes {
	t := *s
	t.in, t.out = s.out, s.in
	t.h, t.w, t.rows, t.cols = s.rows, s.cols, s.h, s.w
	t.above, t.left = (s.kh-1)*s.dilationH-s.above, (s.kw-1)*s.dilationW-s.left
	t.imageLen, t.mapLen, t.area = s.mapLen, s.imageLen, s.h*s.w
	return t
}

// arrange copies kernels for a convolution of the given sizes whose patches have another order than that of the
// kernels' elements. With turned they are those of the convolution that it is turned from: channels and maps change
// places in every group, and elements come in reverse order.
func arrange[T constraints.Float](s *convSizes, dst, w []T, turned bool) {
	size := s.kh * s.kw
	for i := range s.groups * s.out * s.in {
		o, c := i/s.in, i%s.in
		out, from := dst[i*size:][:size], w[i*size:]
		if turned {
			g := o / s.out
			from = w[((g*s.in+c)*s.out+o%s.out)*size:]
		}
		from = from[:size]
		for p := range s.kh {
			for q := range s.kw {
				k := p*s.kw + q
				v := from[k]
				if turned {
					v = from[size-1-k]
				}
				if s.lined {
					k = q*s.kh + p
				}
				out[k] = v
			}
		}
	}
}

// products returns how many matrix products the kernels' gradient by one image is divided into.
func (s *convSizes) products() int {
	return s.blocks() * ((s.block() + convTerms - 1) / convTerms)
}

// Chunk does part i of the batch.
func (j *convJob[T]) Chunk(i int, buffer []T) {
	s, w := &j.s, j.w
	if j.sums != nil {
		w = j.sums[i*len(w) : (i+1)*len(w)]
	}
	from, to := i*s.batch/j.chunks, (i+1)*s.batch/j.chunks
	patches, buffer := buffer[:j.patches], buffer[j.patches:]
	lines, buffer := buffer[:j.lines], buffer[j.lines:]
	turned, parts := buffer[:j.turned], buffer[j.turned:]
	if s.lined {
		clear(lines)
	}
	for g := range s.groups {
		k := s.out * s.patch()
		own := w[g*k : (g+1)*k]
		sums := partialSums[T]{total: own, parts: parts, levels: j.levels}
		if j.upright {
			sums.total, sums.parts = parts[:k], parts[k:]
			clear(sums.total)
		}
		for b := from; b < to; b++ {
			j.image(b*s.groups+g, &sums, patches, lines, turned)
		}
		sums.finish()
		if j.upright {
			addUpright(s, own, sums.total)
		}
	}
}

// addUpright adds to the gradient of kernels its transpose, in the order of patches.
func addUpright[T constraints.Float](s *convSizes, dst, src []T) {
	size := s.kh * s.kw
	for c := range s.in {
		for p := range s.kh {
			for q := range s.kw {
				k := p*s.kw + q
				if s.lined {
					k = q*s.kh + p
				}
				row := src[(c*size+k)*s.out:][:s.out]
				at := (c*s.kh+p)*s.kw + q
				for o, v := range row {
					dst[o*s.in*size+at] += v
				}
			}
		}
	}
}

// image does one group of an image. The group's kernels, or what is added to them, are the sums.
func (j *convJob[T]) image(i int, sums *partialSums[T], patches, lines, turned []T) {
	s, w := &j.s, sums.total
	image, maps := j.x[i*s.imageLen:(i+1)*s.imageLen], j.y[i*s.mapLen:(i+1)*s.mapLen]
	k := s.patch()
	win := j.winIn(w, image, maps)
	if j.bias != nil {
		first := i % s.groups * s.out
		for o, b := range j.bias[first : first+s.out] {
			kernel.Fill(maps[o*s.area:(o+1)*s.area], b)
		}
	}
	for from, n := 0, 0; from < s.area; from += n {
		n = s.next(from)
		col, ld := image[from:], s.area
		switch {
		case s.direct:
		case s.lined:
			layLines(s, lines, image, from, n)
		default:
			col, ld = patches[:k*n], n
			if j.target != images {
				unfold(s, col, image, lines, from, n)
			}
		}
		width := min(n, s.cols)
		apart, jump := s.dilationH*width, s.linesOf(n)*width // of lines
		switch j.target {
		case images:
			gemm(win, true, false, k, n, s.out, w, k, maps[from:], s.area, col, ld, s.direct && j.accumulate)
			if !s.direct {
				fold(s, image, col, from, n)
			}
		case kernels:
			if s.lined {
				kernel.Transpose(turned, s.vectors(), maps[from:], s.area, s.out, n)
			}
			parts := (n + convTerms - 1) / convTerms
			for p := range parts {
				lo, hi := p*n/parts, (p+1)*n/parts
				dst, accumulate := sums.next()
				switch {
				case s.lined:
					kernel.GemmOfLines(k, s.out, hi-lo, lines[lo:], apart, s.kh, jump, turned[lo*s.vectors():], s.vectors(), dst, s.out, accumulate)
				case j.upright:
					gemm(exchanged(win), false, true, k, s.out, hi-lo, col[lo:], ld, maps[from+lo:], s.area, dst, s.out, accumulate)
				default:
					gemm(win, false, true, s.out, k, hi-lo, maps[from+lo:], s.area, col[lo:], ld, dst, k, accumulate)
				}
				sums.done()
			}
		default:
			if s.lined {
				kernel.GemmLines(s.out, n, k, w, k, lines, apart, s.kh, jump, maps[from:], s.area, j.accumulate)
			} else {
				gemm(win, false, false, s.out, n, k, w, k, col, ld, maps[from:], s.area, j.accumulate)
			}
		}
	}
}

// exchanged returns which zeros win if the operands of a product change places.
func exchanged(win int) int {
	return win&leftCotangent*(rightCotangent/leftCotangent) | win&rightCotangent/(rightCotangent/leftCotangent)
}

// winIn returns which zeros win in the products of one image. They are none if what they meet there is finite.
func (j *convJob[T]) winIn(w, image, maps []T) int {
	switch {
	case j.win == plainProduct:
		return plainProduct
	case j.target == images:
		return challenged(j.win, w, maps)
	case j.target == kernels:
		return challenged(j.win, maps, image)
	}
	return challenged(j.win, w, image)
}
