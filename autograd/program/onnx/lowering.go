package onnx

import (
	"fmt"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

// A lowering adds the nodes of a node of the recording, whose operands are in, converted to the precision of the node. The
// result has the shape of the node; it is converted to its precision, so that it may be truth values or integers.
type lowering func(e *emitter, n graph.Node, in []value) value

// lowerings are the forms of operations by name. Elementwise operations whose rows have an expression need none.
var lowerings = map[string]lowering{}

// reasons says of operations without a form why they have none.
var reasons = map[string]string{}

// add adds a table of lowerings. Two entries of one name are a mistake.
func add(table map[string]lowering) bool {
	for name, l := range table {
		if _, ok := lowerings[name]; ok || l == nil {
			panic(fmt.Sprintf("onnx: operation %s has two lowerings, or one that is nil", name))
		}
		lowerings[name] = l
	}
	return true
}

// without adds a table of reasons.
func without(table map[string]string) bool {
	for name, reason := range table {
		if _, ok := reasons[name]; ok || reason == "" {
			panic(fmt.Sprintf("onnx: operation %s has two reasons, or an empty one", name))
		}
		reasons[name] = reason
	}
	return true
}

// Lowers reports whether operations of a row have a form in ONNX, and if not, why.
func Lowers(row *graph.Row) (ok bool, reason string) {
	l, reason := loweringOf(row)
	return l != nil, reason
}

// loweringOf returns the lowering of a row, or nil and the reason why it has none.
func loweringOf(row *graph.Row) (lowering, string) {
	switch {
	case row == nil:
		return nil, "there is no operation"
	case lowerings[row.Name] != nil && ours(row):
		return lowerings[row.Name], ""
	case reasons[row.Name] != "" && ours(row):
		return nil, reasons[row.Name]
	case row.Value != "":
		if err := formOf(row).err; err != nil {
			return nil, err.Error()
		}
		return elementwise, ""
	}
	return nil, "its row says no expression and no table has it"
}

// ours reports whether a row is one of this engine, for which the tables speak.
func ours(row *graph.Row) bool {
	return strings.HasPrefix(row.GoName(), "ops.") || strings.HasPrefix(row.GoName(), "autograd.")
}
