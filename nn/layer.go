package nn

import (
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Model is anything that has parameters, such as a [Layer]. Params returns them, state among them, the same slice
// each time, which must not be changed. Their names are unique.
type Model interface {
	Params() []*Param
}

// A Layer is a function with parameters. Forward records it on the graph of x; it binds the layer's parameters there
// and keeps nothing of the graph, so that one layer can serve several graphs, and several goroutines as long as none
// changes the parameters. Params returns the parameters, state among them, the same slice each time, which must not be
// changed. The layers of this package panic with a [*graph.Error] in Forward if x is not of a shape that they take.
//
// A layer of one's own is a type with these two methods. It draws its first numbers by [Init.Draw], takes part in the
// graph by [Param.Bind], and changes state by [Pass.Update].
type Layer interface {
	Forward(p Pass, x graph.Value) graph.Value
	Params() []*Param
}

// paramsOf returns the parameters of a model. It panics unless they are usable.
func paramsOf(op string, model Model) []*Param {
	if model == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil model: give a layer such as nn.Linear(rng, in, out)"))
	}
	params := model.Params()
	mustHaveNumbers(op, params)
	return params
}

// distinct returns parameters, each once. It panics if two of them have one tensor, unless none of both is trained.
func distinct(op string, params []*Param) []*Param {
	var each []*Param
	of, listed := map[*tensor.Tensor]*Param{}, map[*Param]bool{}
	for _, p := range params {
		if listed[p] {
			continue
		}
		if q := of[p.Data]; q != nil && (p.trained() || q.trained()) {
			panic(sameTensor(op, q, p))
		}
		of[p.Data], listed[p] = p, true
		each = append(each, p)
	}
	return each
}

// sameTensor returns the error for two parameters with one tensor: both would be changed by the gradient of all its
// uses.
func sameTensor(op string, p, q *Param) *graph.Error {
	return graph.Errorf(op, graph.ErrUsage, "parameters %q and %q have the same tensor, which would be changed twice: give both layers the same *nn.Param", p.Name, q.Name)
}

// layerName returns what a layer is called in a summary: the name of the function that makes it, without the package.
func layerName(op string) string { return strings.TrimPrefix(op, "nn.") }
