package ops

import (
	"reflect"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

// An ArgKind is what an argument of an operation is.
type ArgKind uint8

// The kinds of arguments.
const (
	ValueArg ArgKind = iota // a value on the graph
	IntArg                  // an integer: an axis, a dimension, an index, a label
	FloatArg                // a constant number
)

// String returns "a value", "an integer" or "a number".
func (k ArgKind) String() string { return [...]string{"a value", "an integer", "a number"}[k] }

// A Parameter is a parameter of an operation's function.
type Parameter struct {
	Name     string
	Kind     ArgKind
	Variadic bool // takes any number of arguments, none too
}

// Signature returns the parameters of a row's function, or false if it takes something else than values, integers and
// numbers, so that [Apply] cannot call it.
func Signature(row *graph.Row) ([]Parameter, bool) {
	f := reflect.TypeOf(row.Func)
	if f == nil || f.Kind() != reflect.Func { // a leaf, or a row that is not registered
		return nil, false
	}
	names := strings.Split(row.Params, ", ")
	params := make([]Parameter, f.NumIn())
	for i := range params {
		p := &params[i]
		if i < len(names) {
			p.Name = names[i]
		}
		t := f.In(i)
		if f.IsVariadic() && i == f.NumIn()-1 {
			p.Variadic = true
			t = t.Elem()
		}
		switch t {
		case reflect.TypeFor[graph.Value]():
			p.Kind = ValueArg
		case reflect.TypeFor[int]():
			p.Kind = IntArg
		case reflect.TypeFor[float64]():
			p.Kind = FloatArg
		default:
			return nil, false
		}
	}
	return params, f.NumOut() == 1
}

// Usage returns how a row's function is called in an expression: "sum(x, axes...)".
func Usage(row *graph.Row) string {
	params, _ := Signature(row)
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Name
		if p.Variadic {
			names[i] += "..."
		}
	}
	return row.Name + "(" + strings.Join(names, ", ") + ")"
}

// Lookup returns the row of the operation with the given name in lower snake case, or false.
func Lookup(name string) (*graph.Row, bool) {
	for _, r := range graph.Rows() {
		if r.Name == name {
			return r, true
		}
	}
	return nil, false
}

// Apply applies a row's function to arguments of type [graph.Value], int and float64, in the order of its [Signature].
// An int serves as a float64 too. It panics with a [*graph.Error] if the arguments do not fit the signature.
func Apply(row *graph.Row, args ...any) graph.Value {
	params, ok := Signature(row)
	if !ok {
		panic(graph.Errorf("ops.Apply", graph.ErrUsage, "%s takes something else than values, integers and numbers: call it in Go", row.Name))
	}
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		p := params[min(i, len(params)-1)]
		if i >= len(params) && !p.Variadic {
			break
		}
		switch v := a.(type) {
		case graph.Value:
			ok = p.Kind == ValueArg
		case float64:
			ok = p.Kind == FloatArg
		case int:
			if ok = p.Kind != ValueArg; p.Kind == FloatArg {
				a = float64(v)
			}
		default:
			ok = false
		}
		if !ok {
			panic(graph.Errorf("ops.Apply", graph.ErrUsage, "argument %d of %s has type %T, the function takes %s", i+1, Usage(row), a, p.Kind))
		}
		in[i] = reflect.ValueOf(a)
	}
	least, most := len(params), len(params)
	if least > 0 && params[least-1].Variadic {
		least, most = least-1, len(args)
	}
	if len(args) < least || len(args) > most {
		panic(graph.Errorf("ops.Apply", graph.ErrUsage, "%d arguments for %s", len(args), Usage(row)))
	}
	return reflect.ValueOf(row.Func).Call(in)[0].Interface().(graph.Value)
}
