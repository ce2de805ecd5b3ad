package expr

import (
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// A function is an operation that expressions can call.
type function struct {
	row    *graph.Row
	params []ops.Parameter

	unary    func(graph.Value) graph.Value              // the row's function, where it has this type
	binary   func(a, b graph.Value) graph.Value         // the same
	constant func(x graph.Value, c float64) graph.Value // name_scalar: binary with a number in place of b
}

// lookup returns the function with the given name, or nil.
func lookup(name string) *function {
	row, ok := ops.Lookup(name)
	if !ok {
		return nil
	}
	params, ok := ops.Signature(row)
	if !ok {
		return nil
	}
	f := &function{row: row, params: params}
	f.unary, _ = row.Func.(func(graph.Value) graph.Value)
	if f.binary, _ = row.Func.(func(a, b graph.Value) graph.Value); f.binary != nil {
		if row, ok := ops.Lookup(name + "_scalar"); ok {
			f.constant, _ = row.Func.(func(graph.Value, float64) graph.Value)
		}
	}
	return f
}

// param returns the parameter that argument i goes to, and false if there is none.
func (f *function) param(i int) (ops.Parameter, bool) {
	last := len(f.params) - 1
	switch {
	case i <= last:
		return f.params[i], true
	case last >= 0 && f.params[last].Variadic:
		return f.params[last], true
	}
	return ops.Parameter{}, false
}

// variadic reports whether the last parameter takes any number of arguments.
func (f *function) variadic() bool {
	return len(f.params) > 0 && f.params[len(f.params)-1].Variadic
}

// nearest returns the function whose name is most like the given one, nil for a name that is longer than any.
func nearest(name string) *graph.Row {
	const longest = 64
	if len(name) > longest {
		return nil
	}
	name = strings.ToLower(name)
	var best *graph.Row
	least := 0
	for _, r := range graph.Rows() {
		if _, ok := ops.Signature(r); !ok {
			continue
		}
		d := distance(name, r.Name)
		// A name that goes on, such as variance for var, is nearer than its length says.
		if len(name) > 1 && strings.HasPrefix(r.Name, name) {
			d = min(d, 1)
		}
		if best == nil || d < least || d == least && better(name, r.Name, best.Name) {
			best, least = r, d
		}
	}
	return best
}

// better reports whether a is the better guess for name of two that are as near: the one that begins like it.
func better(name, a, b string) bool {
	p, q := common(name, a), common(name, b)
	return p > q || p == q && a < b
}

// common returns the number of bytes with which both begin.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// distance returns the number of letters to insert, delete, replace or swap with their neighbour to turn a into b
// (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	var before, above []int
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := range s {
		before, above, row = above, row, make([]int, len(t)+1)
		row[0] = i + 1
		for j := range t {
			d := above[j]
			if s[i] != t[j] {
				d++
			}
			d = min(d, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				d = min(d, before[j-1]+1)
			}
			row[j+1] = d
		}
	}
	return row[len(t)]
}

// Functions returns how each function is called, such as "sum(x, axes...)", sorted by name.
func Functions() []string {
	var list []string
	for _, r := range graph.Rows() {
		if _, ok := ops.Signature(r); ok {
			list = append(list, ops.Usage(r))
		}
	}
	slices.Sort(list)
	return list
}
