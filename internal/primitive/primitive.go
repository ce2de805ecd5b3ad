package primitive

import "slices"

// arities are the numbers of operands of all primitives.
var arities = map[string]int{
	"add": 2, "sub": 2, "mul": 2, "div": 2, "neg": 1, // written as operators
	"abs": 1, "exp": 1, "log": 1, "log1p": 1, "expm1": 1, "sqrt": 1, "pow": 2, "hypot": 2,
	"sin": 1, "cos": 1, "tan": 1, "asin": 1, "acos": 1, "atan": 1, "atan2": 2,
	"sinh": 1, "cosh": 1, "tanh": 1, "asinh": 1, "acosh": 1, "atanh": 1,
	"floor": 1, "ceil": 1, "round": 1, "trunc": 1, "sign": 1, "maximum": 2, "minimum": 2,
	"gt": 2, "ge": 2, "lt": 2, "le": 2, "eq": 2, "ne": 2, "isnan": 1, "isfinite": 1, "where": 3,

	"erf": 1, "erfc": 1, "erfcx": 1, "erfcx_derivative": 2, "erfinv": 1, "erfcinv": 1,
	"lgamma": 1, "digamma": 1, "polygamma": 2, "lbeta": 2, "digamma_difference": 2, "sinc_derivative": 2,
}

// operators are the primitives that have no name in expressions.
var operators = []string{"add", "sub", "mul", "div", "neg"}

// conditions are the primitives that are 1 where something holds and 0 elsewhere.
var conditions = []string{"gt", "ge", "lt", "le", "eq", "ne", "isnan", "isfinite"}

// Arity returns the number of operands of the primitive with the given name, and whether there is one. Operators are
// add, sub, mul, div and neg.
func Arity(name string) (n int, ok bool) {
	n, ok = arities[name]
	return n, ok
}

// Names returns the names of all primitives, sorted.
func Names() []string {
	names := make([]string, 0, len(arities))
	for name := range arities {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// IsCondition reports whether the primitive with the given name is 1 where something holds and 0 elsewhere.
func IsCondition(name string) bool { return slices.Contains(conditions, name) }
