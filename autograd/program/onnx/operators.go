package onnx

import "fmt"

// An operatorForm is how an operator is read: how many inputs it has, of which those behind the least may be "", which
// attributes, and what is recorded for it.
type operatorForm struct {
	least, most int
	attributes  []string
	record      func(c *call) []imported
}

// operators are those that are read, by name.
var operators = map[string]operatorForm{}

// addOperators adds a table of operators. Two of one name are a mistake.
func addOperators(table map[string]operatorForm) bool {
	for name, f := range table {
		if _, ok := operators[name]; ok || f.record == nil {
			panic(fmt.Sprintf("onnx: operator %s has two forms, or one that is nil", name))
		}
		operators[name] = f
	}
	return true
}
