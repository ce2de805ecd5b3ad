package onnx

import "github.com/seed366ff29f/chainrule/graph"

var _ = add(map[string]lowering{
	"matmul": func(e *emitter, n graph.Node, in []value) value { return e.product(in[0], in[1], n.Dims()) },
	"linear": func(e *emitter, n graph.Node, in []value) value {
		x, w, b := in[0], in[1], in[2]
		if x.dims[x.rank()-1] == 0 {
			return e.expand(b, n.Dims())
		}
		if x.rank() == 2 {
			if turned, ok := e.permuted[w.name]; ok { // as weights lie in files
				return e.to("Gemm", x.as(n.Dims()...), []value{x, turned.of, b}, intAttr("transB", 1))
			}
			return e.to("Gemm", x.as(n.Dims()...), []value{x, w, b})
		}
		return e.same("Add", e.product(x, w, n.Dims()), b)
	},
	"dot": func(e *emitter, n graph.Node, in []value) value { return e.product(in[0], in[1], n.Dims()) },
	// The operands are a column and a row.
	"outer": func(e *emitter, _ graph.Node, in []value) value { return e.same("Mul", in...) },
})

// product returns the product of matrices or vectors, of the given shape. That of no numbers is 0.
func (e *emitter) product(a, b value, dims []int) value {
	if a.len() == 0 || b.len() == 0 {
		return e.full(0, a.elem, dims)
	}
	return e.to("MatMul", a.as(dims...), []value{a, b})
}
