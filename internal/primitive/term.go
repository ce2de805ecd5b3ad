package primitive

// A Term is an expression that was read: a number, a parameter, or a primitive of other terms.
type Term struct {
	Op    string  // the name of the primitive, "" for a number and for a parameter
	Args  []*Term // what the primitive is applied to
	Param string  // the name of the parameter, "" for a number
	Value float64 // the number
}

// Mentions reports whether the parameter with the given name occurs in t.
func (t *Term) Mentions(param string) bool {
	if t.Op == "" {
		return t.Param == param
	}
	for _, a := range t.Args {
		if a.Mentions(param) {
			return true
		}
	}
	return false
}

// Fold computes a term from its leaves up: leaf gives what a number or a parameter stands for, apply what a primitive
// makes of its operands.
func Fold[T any](t *Term, leaf func(*Term) T, apply func(op string, args []T) T) T {
	if t.Op == "" {
		return leaf(t)
	}
	args := make([]T, len(t.Args))
	for i, a := range t.Args {
		args[i] = Fold(a, leaf, apply)
	}
	return apply(t.Op, args)
}
