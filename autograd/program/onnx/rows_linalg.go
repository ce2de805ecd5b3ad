package onnx

import "github.com/seed366ff29f/chainrule/graph"

var _ = add(map[string]lowering{"det": det})

// det is the determinant of matrices.
func det(e *emitter, n graph.Node, in []value) value {
	if in[0].len() == 0 {
		return e.full(1, in[0].elem, n.Dims())
	}
	return e.to("Det", in[0].as(n.Dims()...), in)
}
