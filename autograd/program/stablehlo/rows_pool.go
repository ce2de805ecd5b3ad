package stablehlo

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

var _ = add(map[string]lowering{
	"max_pool2d": func(e *emitter, n graph.Node, in []value) value {
		p := poolingOf(n, in[0].dims, n.Dims())
		return p.reduce(e, "maximum", in[0], e.constant(math.Inf(-1), in[0].scalar()))
	},
	"max_pool2d_input": func(e *emitter, n graph.Node, in []value) value {
		p := poolingOf(n, in[1].dims, in[0].dims)
		if in[0].len() == 0 {
			return e.constant(0, in[1].typ)
		}
		largest, ties := p.largest(e, in[1])
		share := p.spread(e, e.same("divide", in[0], ties))
		return p.putBack(e, e.choose(largest, share, e.like(0, share)))
	},
	"max_pool2d_select": func(e *emitter, n graph.Node, in []value) value {
		p := poolingOf(n, in[1].dims, n.Dims())
		if in[0].len() == 0 {
			return e.constant(0, in[0].shaped(n.Dims()...))
		}
		largest, ties := p.largest(e, in[1])
		v := p.cut(e, in[0], e.constant(0, in[0].scalar()))
		return e.same("divide", e.sum(e.choose(largest, v, e.like(0, v)), p.inside()...), ties)
	},
	"avg_pool2d": func(e *emitter, n graph.Node, in []value) value {
		p := poolingOf(n, in[0].dims, n.Dims())
		sums := p.reduce(e, "add", in[0], e.constant(0, in[0].scalar()))
		return e.same("divide", sums, e.stretch(p.numbers(e, sums.elem), sums.dims))
	},
	"avg_pool2d_input": func(e *emitter, n graph.Node, in []value) value {
		p := poolingOf(n, n.Dims(), in[0].dims)
		if in[0].len() == 0 {
			return e.constant(0, in[0].shaped(n.Dims()...))
		}
		y := e.same("divide", in[0], e.stretch(p.numbers(e, in[0].elem), in[0].dims))
		// Every element of the images has the sum of the windows that it is in: those that begin at most a window before.
		zero := e.constant(0, y.scalar())
		d := len(p.x) - 2
		before, behind, between, size, step, none := make([]int, d+2), make([]int, d+2), make([]int, d+2), ones(d+2), ones(d+2), make([]int, d+2)
		for i := range 2 {
			before[d+i] = p.size[i] - 1 - p.padding[i]
			behind[d+i] = p.x[d+i] - 1 - (p.y[d+i]-1)*p.stride[i] + p.padding[i]
			between[d+i], size[d+i] = p.stride[i]-1, p.size[i]
		}
		return e.windows("add", e.padded(y, zero, before, behind, between), zero, size, step, none, none)
	},
})

// A pooling is where windows lie on images of shape x, so that there are windows of shape y.
type pooling struct {
	x, y                  []int
	size, stride, padding [2]int
	excludePadding        bool
}

// poolingOf returns the attributes of a node.
func poolingOf(n graph.Node, x, y []int) pooling {
	a := n.Ints()
	return pooling{x, y, [2]int(a[0:2]), [2]int(a[2:4]), [2]int(a[4:6]), a[6] != 0}
}

// reduce returns x reduced over every window.
func (p *pooling) reduce(e *emitter, op string, x, start value) value {
	if len(p.y) == 0 || slices.Contains(p.y, 0) {
		return e.constant(0, x.shaped(slices.Clone(p.y)...))
	}
	d := len(p.x) - 2
	size, step, before, behind := ones(d+2), ones(d+2), make([]int, d+2), make([]int, d+2)
	for i := range 2 {
		size[d+i], step[d+i] = p.size[i], p.stride[i]
		before[d+i], behind[d+i] = p.padding[i], p.padding[i]
	}
	return e.windows(op, x, start, size, step, before, behind)
}

// numbers returns of how many elements the mean of every window is, as (rows, columns) or what stretches to it.
func (p *pooling) numbers(e *emitter, t elem) value {
	if !p.excludePadding {
		return e.constant(float64(p.size[0])*float64(p.size[1]), typ{elem: t})
	}
	var inside [2][]float64
	d := len(p.x) - 2
	for i := range 2 {
		for k := range p.y[d+i] {
			from := k*p.stride[i] - p.padding[i]
			inside[i] = append(inside[i], float64(min(from+p.size[i], p.x[d+i])-max(from, 0)))
		}
	}
	dims := p.y[d:]
	number := tensor.New(tensor.Float64, dims...)
	for r, rows := range inside[0] {
		for c, columns := range inside[1] {
			number.SetAt(rows*columns, r, c)
		}
	}
	return e.convert(e.tensorConstant(number), t)
}

// disjoint reports whether no element is in two windows.
func (p *pooling) disjoint() bool {
	return p.stride[0] >= p.size[0] && p.stride[1] >= p.size[1]
}

// inside returns the axes of what cut returns that go over the elements of a window.
func (p *pooling) inside() []int {
	d := len(p.x) - 2
	if p.disjoint() {
		return []int{d + 1, d + 3}
	}
	return []int{d + 2}
}

// cut returns the elements of every window of x, with fill, a scalar, around the images: as (..., rows, height, columns,
// width) where no two windows meet, and else as (..., rows, columns, elements).
func (p *pooling) cut(e *emitter, x, fill value) value {
	d := len(p.x) - 2
	before, behind := make([]int, d+2), make([]int, d+2)
	for i := range 2 {
		before[d+i] = p.padding[i]
		behind[d+i] = p.stretch(i) - p.padding[i] - p.x[d+i]
	}
	if slices.ContainsFunc(slices.Concat(before, behind), func(k int) bool { return k != 0 }) {
		x = e.padded(x, fill, before, behind, nil)
	}
	if p.disjoint() {
		apart := e.reshape(x, slices.Concat(p.y[:d], []int{p.y[d], p.stride[0], p.y[d+1], p.stride[1]})...)
		return e.part(apart, make([]int, d+4), slices.Concat(p.y[:d], []int{p.y[d], p.size[0], p.y[d+1], p.size[1]}), nil)
	}
	var list []value
	for _, at := range p.offsets() {
		from, to, step := make([]int, d+2), slices.Clone(x.dims), ones(d+2)
		for i := range 2 {
			from[d+i], step[d+i] = at[i], p.stride[i]
			to[d+i] = at[i] + (p.y[d+i]-1)*p.stride[i] + 1
		}
		list = append(list, e.reshape(e.part(x, from, to, step), append(slices.Clone(p.y), 1)...))
	}
	return e.joined(d+2, list...)
}

// stretch returns how long what all windows cover is along an axis: where none meet, with what lies behind the last one.
func (p *pooling) stretch(i int) int {
	y := p.y[len(p.x)-2+i]
	if p.disjoint() {
		return y * p.stride[i]
	}
	return (y-1)*p.stride[i] + p.size[i]
}

// offsets returns the places in a window.
func (p *pooling) offsets() (list [][2]int) {
	for i := range p.size[0] {
		for j := range p.size[1] {
			list = append(list, [2]int{i, j})
		}
	}
	return list
}

// spread returns an element for every window as one for each of its elements.
func (p *pooling) spread(e *emitter, y value) value {
	d := len(p.x) - 2
	if p.disjoint() {
		at := append(upTo(0, d+1), d+2)
		return e.place(y, at, slices.Concat(p.y[:d], []int{p.y[d], p.size[0], p.y[d+1], p.size[1]}))
	}
	return e.place(y, upTo(0, d+2), append(slices.Clone(p.y), p.size[0]*p.size[1]))
}

// putBack returns images of the elements of windows, as cut returns them: sums where windows meet, and zeros where none
// is.
func (p *pooling) putBack(e *emitter, windows value) value {
	d := len(p.x) - 2
	zero := e.constant(0, windows.scalar())
	before, behind := make([]int, d+2), make([]int, d+2)
	if p.disjoint() {
		room := make([]int, d+4)
		room[d+1], room[d+3] = p.stride[0]-p.size[0], p.stride[1]-p.size[1]
		whole := e.padded(windows, zero, make([]int, d+4), room, nil)
		for i := range 2 {
			before[d+i] = -p.padding[i]
			behind[d+i] = p.x[d+i] + p.padding[i] - p.stretch(i)
		}
		images := e.reshape(whole, slices.Concat(p.y[:d], []int{p.stretch(0), p.stretch(1)})...)
		return e.padded(images, zero, before, behind, nil)
	}
	var sum value
	for k, at := range p.offsets() {
		between := make([]int, d+2)
		for i := range 2 {
			before[d+i], between[d+i] = at[i]-p.padding[i], p.stride[i]-1
			behind[d+i] = p.x[d+i] - 1 - (p.y[d+i]-1)*p.stride[i] - before[d+i]
		}
		one := e.reshape(e.along(windows, d+2, k, k+1), p.y...)
		images := e.padded(one, zero, before, behind, between)
		if k > 0 {
			images = e.same("add", sum, images)
		}
		sum = images
	}
	return sum
}

// largest returns which elements of windows of x are the largest of theirs, and how many there are in every window. NaN is
// larger than all numbers, and what surrounds the images is none of them.
func (p *pooling) largest(e *emitter, x value) (largest, ties value) {
	elements := p.cut(e, x, e.constant(math.Inf(-1), x.scalar()))
	most := p.spread(e, e.reduce("maximum", elements, e.constant(math.Inf(-1), x.scalar()), p.inside()...))
	largest = e.same("or", e.compare("EQ", elements, most), e.same("and", e.compare("NE", elements, elements), e.compare("NE", most, most)))
	if p.padding != [2]int{} {
		image := p.cut(e, e.constant(1, x.of(i1)), e.constant(0, x.of(i1).scalar()))
		largest = e.same("and", largest, image)
	}
	return largest, e.sum(e.convert(largest, x.elem), p.inside()...)
}

func ones(n int) []int { return slices.Repeat([]int{1}, n) }
