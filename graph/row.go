package graph

import (
	"reflect"
	"runtime"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// An Op is the number of an operation: the index of its [Row]. The zero Op is no operation.
type Op uint16

// The operations that a graph knows by itself; all others are registered by the packages that define them.
const (
	opInvalid Op = iota
	opLeaf
)

// A Class, for authors of operations, says how an operation's result depends on its operands. It decides whether the
// result is a constant, where the Tangent of a row comes from, what diagnoses look for, and which tests run.
type Class uint8

// The classes of operations.
const (
	General     Class = iota // anything else
	Elementwise              // element by element, operands broadcast
	Linear                   // linear in every operand
	NoGrad                   // no derivative: comparisons, one_hot; the result is a constant
)

// An Interval is a range of numbers from Lo to Hi.
type Interval struct{ Lo, Hi float64 }

// A Kink is a point where an operation is not differentiable, and the derivative that it promises there.
type Kink struct {
	At     float64 // the operand's value
	Chosen float64 // the derivative that is returned
	Why    string  // the reason for the choice
}

// A Point is the value of an operation and its derivative for one operand.
type Point struct{ Value, Derivative float64 }

// Specials says what an elementwise operation of one operand does where numbers end.
type Specials struct{ NaN, Inf, NegInf, Zero, NegZero Point }

// A Row, for authors of operations, is everything about one operation. The table of rows is the single source for the
// tests, the reference table, the labels in pictures, and the names that expressions know.
//
// Elementwise operations give Unary, UnaryParam or Binary and get their tensor kernels from it; a hand-made Forward or
// Backward replaces them where that pays. Every row that is not NoGrad has a VJP.
type Row struct {
	Name       string     // lower snake case: "log1p"
	Func       any        // the public function: Log1p
	Params     string     // names of its parameters: "x, axis"
	Doc        string     // one line: what it computes
	Formula    string     // "ln(1+x)"
	Derivative string     // "1/(1+x)"; a formula for each operand, "b, a", or one, or words, for all of them
	Class      Class      // how the result depends on the operands
	Selects    []int      // operands that get nothing, whatever the adjoint, where the derivative by them is 0: they were not selected
	Moves      bool       // every element of the result is an element of an operand, or 0; if Class is not Linear, of operand 0, where others say which
	Domain     []Interval // where the operands of its tests are drawn from, one for each operand; the last one repeats
	At         Specials   // of an elementwise operation of one operand: what it does at NaN, infinities and zeros
	Kinks      []Kink     // where it is not differentiable
	Source     string     // where the rule comes from
	Try        []string   // calls that its tests make, such as "(2,3) 1": a random operand of that shape and the integer 1

	// Prepare, if any, maps a random operand to one that the operation can take, such as a positive definite matrix.
	// It is recorded on the graph, so that differences and derivatives pass through it alike.
	Prepare func(i int, x Value) Value

	// Unary returns an elementwise function of one operand and its derivative.
	Unary func(x float64) (y, dx float64)
	// UnaryParam is Unary with constant parameters.
	UnaryParam func(x float64, p [2]float64) (y, dx float64)
	// Binary returns an elementwise function of two operands and its derivatives.
	Binary func(a, b float64) (y, da, db float64)

	// Value and Slopes say the same as expressions, in the language of package ops/expr: the value in the names of
	// Params, "x/(1+abs(x))", and the derivative by each operand, in which y is the value unless a parameter has that
	// name. Source code in other languages follows from them. An integer parameter stands for its number:
	// "polygamma(n+1, x)". NaN, where a function ends, is the square root of a negative number; where selects, so that
	// the other branch may be NaN. Optional.
	//
	// They are made of primitives, which alone name themselves, "exp(x)": what the mathematics of other languages have,
	//
	//	+ - * / abs exp log log1p expm1 sqrt pow hypot sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh
	//	floor ceil round trunc sign maximum minimum gt ge lt le eq ne where isnan isfinite
	//
	// and the special functions that source code brings along:
	//
	//	erf erfc erfcx erfcx_derivative erfinv erfcinv lgamma digamma polygamma lbeta digamma_difference sinc_derivative
	Value  string
	Slopes []string

	// Forward computes n.Out() from the operands n.In(i) and the attributes.
	Forward func(n Node)
	// Backward adds to dst the product of the cotangent ct of the result with the derivative by operand i. A dst that
	// is fresh has undefined numbers: Backward sets it, so that the first contribution to a gradient need not be added
	// to zeros; a kernel that can only add begins with dst.Zero(). It returns false to leave the work to VJP, and
	// then nothing may have been added. Optional.
	Backward func(n Node, i int, ct, dst *tensor.Tensor, fresh bool) bool
	// InPlace says that Backward, of an operation with one operand, may be given one tensor as ct and as a fresh dst,
	// and never returns false: a cotangent that no one needs any more then becomes the operand's adjoint where it
	// stands.
	InPlace bool
	// Passes says that operand i gets a stretch of the cotangent as it is, from element from on as many as the operand has:
	// where its derivative is 1 and nothing is summed. Such numbers are handed on without a copy, and Backward is not
	// called for them. Optional.
	Passes func(n Node, i int) (from int, ok bool)
	// Common, if any, is called before Backward, once for a cotangent: it computes what Backward needs for several
	// operands and leaves it in n.Save.
	Common func(n Node, ct *tensor.Tensor)
	// VJP returns, as operations on the graph, the cotangent of operand i for the cotangent ct of the result. Its shape
	// is the operand's, or one that the operand's broadcasts to: the caller sums over the stretched axes.
	VJP func(n Node, i int, ct Value) Value
	// Tangent returns, as operations on the graph, what a tangent t of operand i contributes to the tangent of the result:
	// the product of the Jacobian with t, of the result's shape or one that broadcasts to it. It is the VJP for an
	// elementwise operation, whose Jacobian is its own transpose, and the operation itself for a linear one of one operand,
	// with t in its place: Register fills it in there. Without one, forward sweeps differentiate the VJP by ct. Optional.
	Tangent func(n Node, i int, t Value) Value
	// Stacks says that Tangent takes tangents of operand i in several directions, too: its t has one more axis then,
	// the first, with the directions along it, and so has what it returns. Optional.
	Stacks func(n Node, i int) bool

	goName  string // "ops.Log1p", for messages
	arity   int    // number of operands that are values, -1 if it varies
	selects uint32 // Selects, a bit for each operand
}

var table = []*Row{
	opInvalid: {Name: "invalid", goName: "graph.Op"},
	opLeaf:    {Name: "leaf", goName: "graph.Var", Class: NoGrad},
}

// Register, for authors of operations, adds one to the table and returns its number. It is called while packages are
// initialized, before any graph exists. It panics with an [*Error] if the row is incomplete, or its name is taken or
// not in lower snake case.
func Register(row Row) Op {
	const op = "graph.Register"
	for _, r := range table {
		if r.Name == row.Name {
			panic(Errorf(op, ErrUsage, "operation %q is registered twice: give the second one another name", row.Name))
		}
	}
	f := reflect.TypeOf(row.Func)
	switch {
	case !isSnakeCase(row.Name):
		panic(Errorf(op, ErrUsage, "an operation has the name %q: give it one of lower-case letters, digits and underscores that begins with a letter", row.Name))
	case f == nil || f.Kind() != reflect.Func:
		panic(Errorf(op, ErrUsage, "operation %q has no function: set Row.Func", row.Name))
	case row.Class == NoGrad && row.VJP != nil:
		panic(Errorf(op, ErrUsage, "operation %q has Class NoGrad and a VJP: one of the two is a mistake", row.Name))
	}
	row.complete()
	switch {
	case row.Forward == nil:
		panic(Errorf(op, ErrUsage, "operation %q has no Forward: set Row.Forward, or for an elementwise operation Unary, UnaryParam or Binary", row.Name))
	case row.Common != nil && row.Backward == nil:
		panic(Errorf(op, ErrUsage, "operation %q has a Common and no Backward that would use it: set Row.Backward, or leave Common out", row.Name))
	case row.VJP == nil && row.Class != NoGrad:
		panic(Errorf(op, ErrUsage, "operation %q has no VJP: set Row.VJP, or Class NoGrad if it has no derivative", row.Name))
	}
	name := runtime.FuncForPC(reflect.ValueOf(row.Func).Pointer()).Name()
	row.goName = name[strings.LastIndexByte(name, '/')+1:]
	for i := range f.NumIn() {
		switch f.In(i) {
		case reflect.TypeFor[Value]():
			row.arity++
		case reflect.TypeFor[[]Value]():
			row.arity = -1
		}
		if row.arity < 0 {
			break
		}
	}
	if row.Tangent == nil {
		switch {
		case row.Class == Elementwise:
			row.Tangent = row.VJP
		case row.Class == Linear && row.arity == 1:
			row.Tangent = func(n Node, _ int, t Value) Value { return n.Again(t) }
		}
	}
	for _, i := range row.Selects {
		if i < 0 || i > 31 {
			panic(Errorf(op, ErrUsage, "operation %q selects operand %d: operands run from 0 to 31", row.Name, i))
		}
		row.selects |= 1 << i
	}
	table = append(table, &row)
	form := scalarForm{unary: row.Unary, binary: row.Binary}
	if row.Class != NoGrad {
		form.mask = wantsGrad
	}
	scalarForms = append(scalarForms, form)
	return Op(len(table) - 1)
}

// isSnakeCase reports whether a name can be that of an operation in all formats that have one.
func isSnakeCase(name string) bool {
	for i, c := range []byte(name) {
		if !('a' <= c && c <= 'z' || i > 0 && ('0' <= c && c <= '9' || c == '_')) {
			return false
		}
	}
	return name != ""
}

// Rows returns the table of operations in the order of their registration.
func Rows() []*Row { return append([]*Row(nil), table[opLeaf+1:]...) }

// Row returns the operation's row. It panics with an [*Error] if no operation has the number.
func (o Op) Row() *Row {
	if int(o) >= len(table) {
		panicNoOp(o)
	}
	return table[o]
}

//go:noinline
func panicNoOp(o Op) {
	panic(Errorf("graph.Op.Row", ErrIndex, "no operation has the number %d: there are %d; use what graph.Register returned", uint16(o), len(table)))
}

// String returns the operation's name in lower snake case.
func (o Op) String() string { return o.Row().Name }

// GoName returns the name of the public function with its package: "ops.Log1p".
func (r *Row) GoName() string { return r.goName }

// SelectsOperand reports whether the operation passes nothing on to operand i where the derivative by it is 0.
func (r *Row) SelectsOperand(i int) bool { return r.selects>>i&1 != 0 }

// Arity returns the number of operands that are values, or -1 if it varies.
func (r *Row) Arity() int { return r.arity }
