package onnx

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/ops"
)

var _ = addOperators(map[string]operatorForm{
	"MatMul": {2, 2, nil, func(c *call) []imported {
		xs := c.same()
		return out(c.in[0].elem, c.matmul(xs[0], xs[1]))
	}},
	"Gemm": {2, 3, []string{"alpha", "beta", "transA", "transB"}, func(c *call) []imported {
		xs := c.same()
		a, b := xs[0], xs[1]
		if a.Rank() != 2 || b.Rank() != 2 || c.float("alpha", 1) != 1 || c.float("beta", 1) != 1 {
			c.fail("it is no product of matrices, or has factors alpha or beta, which are not read")
		}
		if c.flag("transA", 0) {
			c.pay(a.Dims(), 0)
			a = ops.Transpose(a)
		}
		if c.flag("transB", 0) {
			c.pay(b.Dims(), 0)
			b = ops.Transpose(b)
		}
		if len(xs) < 3 {
			return out(c.in[0].elem, c.matmul(a, b))
		}
		if bias := xs[2]; bias.Rank() == 1 && bias.Dims()[0] == b.Dims()[1] {
			c.pay([]int{a.Dims()[0], b.Dims()[1]}, a.Dims()[1])
			return out(c.in[0].elem, ops.Linear(a, b, bias))
		}
		y := c.matmul(a, b)
		if dims := c.broadcast(y, xs[2]); !slices.Equal(dims, y.Dims()) {
			c.fail("what it adds has shape %v, the product %v", xs[2].Dims(), y.Dims())
		}
		return out(c.in[0].elem, ops.Add(y, xs[2]))
	}},
	"Det": {1, 1, nil, func(c *call) []imported {
		x := c.x(0)
		if x.Rank() >= 2 {
			n := x.Dims()[x.Rank()-1]
			c.pay(x.Dims(), n)
		}
		return out(c.in[0].elem, ops.Det(x))
	}},
	"Conv": {2, 3, convAttributes, func(c *call) []imported {
		x, w, bias := c.x(0), c.x(1), graph.Value{}
		if c.has(2) {
			bias = c.x(2)
		}
		g := c.geometry(x, w, 1)
		dims := []int{x.Dims()[0], w.Dims()[0]}
		for i := range g.stride {
			reach := product(g.dilation[i], w.Dims()[2+i]-1) + 1
			size := x.Dims()[2+i] + 2*g.padding[i] - reach
			if w.Dims()[2+i] < 1 || size < 0 {
				c.fail("kernels of %v do not fit into %v", w.Dims(), x.Dims())
			}
			dims = append(dims, size/g.stride[i]+1)
		}
		c.pay(dims, product(w.Dims()[1:]...))
		if len(g.stride) == 1 {
			return out(c.in[0].elem, ops.Conv1DWith(x, w, ops.Conv1DConfig{Stride: g.stride[0], Padding: g.padding[0], Dilation: g.dilation[0], Groups: g.groups, Bias: bias}))
		}
		return out(c.in[0].elem, ops.Conv2DWith(x, w, ops.Conv2DConfig{Stride: [2]int(g.stride), Padding: [2]int(g.padding), Dilation: [2]int(g.dilation), Groups: g.groups, Bias: bias}))
	}},
	"ConvTranspose": {2, 2, append([]string{"output_padding"}, convAttributes...), func(c *call) []imported {
		y, w := c.x(0), c.x(1)
		g := c.geometry(y, w, 0)
		rest := c.ints("output_padding", len(g.stride), 0, 0)
		if g.groups != 1 || slices.ContainsFunc(g.dilation, func(d int) bool { return d != 1 }) || g.stride[0] != g.stride[len(g.stride)-1] || g.padding[0] != g.padding[len(g.padding)-1] {
			c.fail("it has groups, dilation, or unequal strides or pads, which are not read")
		}
		size := make([]int, len(g.stride))
		for i := range size {
			size[i] = product(max(y.Dims()[2+i]-1, 0), g.stride[i]) + w.Dims()[2+i] - 2*g.padding[i]
			if size[i] < 0 || size[i] > math.MaxInt32 {
				c.fail("its images would have height or width %d", size[i])
			}
			size[i] += rest[i]
		}
		c.pay(slices.Concat([]int{y.Dims()[0], w.Dims()[1]}, size), 0)
		c.pay(y.Dims(), product(w.Dims()[1:]...))
		if len(size) == 1 {
			return out(c.in[0].elem, ops.Conv1DInput(y, w, size[0], g.stride[0], g.padding[0]))
		}
		return out(c.in[0].elem, ops.Conv2DInput(y, w, size[0], size[1], g.stride[0], g.padding[0]))
	}},
	"MaxPool":     {1, 1, poolAttributes, func(c *call) []imported { return c.pool(ops.MaxPool2DWith, false) }},
	"AveragePool": {1, 1, append([]string{"count_include_pad"}, poolAttributes...), func(c *call) []imported { return c.pool(ops.AvgPool2DWith, !c.flag("count_include_pad", 0)) }},
})

var (
	convAttributes = []string{"dilations", "group", "kernel_shape", "pads", "strides"}
	poolAttributes = []string{"kernel_shape", "pads", "strides"}
)

// matmul returns the product of matrices, in batches too, or of vectors.
func (c *call) matmul(a, b graph.Value) graph.Value {
	if a.Rank() == 0 || b.Rank() == 0 {
		c.fail("it multiplies a scalar, which is no matrix")
	}
	rows, columns, n, m := 1, 1, a.Rank(), b.Rank()
	lead := func(x graph.Value) []int { return x.Dims()[:max(0, x.Rank()-2)] }
	if n > 1 {
		rows = a.Dims()[n-2]
	}
	if m > 1 {
		columns = b.Dims()[m-1]
	}
	batch, ok := array.BroadcastShapes(nil, lead(a), lead(b))
	if !ok {
		c.fail("batches %v and %v do not broadcast", a.Dims(), b.Dims())
	}
	c.pay(append(batch, rows, columns), a.Dims()[n-1])
	if n == 1 && m == 1 {
		return ops.Dot(a, b)
	}
	return ops.MatMul(a, b)
}

// geometry returns how kernels lie on images of 3 or 4 axes, where the given axis of the kernels is that of the maps.
func (c *call) geometry(x, w graph.Value, channels int) convolution {
	d := x.Rank() - 2
	if d != 1 && d != 2 || w.Rank() != x.Rank() {
		c.fail("images have shape %v and kernels %v: those of 1 or 2 dimensions are read", x.Dims(), w.Dims())
	}
	g := convolution{stride: c.ints("strides", d, 1, 1), dilation: c.ints("dilations", d, 1, 1), padding: c.pads(d), groups: c.int("group", 1)}
	if g.groups < 1 || x.Dims()[1] != product(g.groups, w.Dims()[channels]) && channels == 1 || x.Dims()[1] != w.Dims()[channels] && channels == 0 {
		c.fail("images have shape %v, kernels %v in %d groups", x.Dims(), w.Dims(), g.groups)
	}
	if kernel := c.ints("kernel_shape", d, 0, -1); c.attributes["kernel_shape"] != nil && !slices.Equal(kernel, w.Dims()[2:]) {
		c.fail("its attribute kernel_shape is %v, of kernels of shape %v", kernel, w.Dims())
	}
	return g
}

// pads returns the attribute pads, which must be the same on either side.
func (c *call) pads(d int) []int {
	pads := c.ints("pads", 2*d, 0, 0)
	if !slices.Equal(pads[:d], pads[d:]) {
		c.fail("its pads are %v: equal ones on either side are read", pads)
	}
	return pads[:d]
}

// pool reduces windows of images.
func (c *call) pool(f func(x graph.Value, config ops.PoolConfig) graph.Value, exclude bool) []imported {
	x := c.x(0)
	if x.Rank() != 4 {
		c.fail("its images have shape %v: those of 4 axes are read", x.Dims())
	}
	p := ops.PoolConfig{Size: [2]int(c.ints("kernel_shape", 2, 1, 0)), Stride: [2]int(c.ints("strides", 2, 1, 1)), Padding: [2]int(c.pads(2)), ExcludePadding: exclude}
	dims := x.Shape()
	for i := range 2 {
		size := dims[2+i] + 2*p.Padding[i] - p.Size[i]
		if size < 0 || p.Size[i] < 1 {
			c.fail("windows of %v do not fit into %v", p.Size, x.Dims())
		}
		dims[2+i] = size/p.Stride[i] + 1
	}
	c.pay(dims, product(p.Size[0], p.Size[1]))
	return out(c.in[0].elem, f(x, p))
}
