// Package expr parses expressions written as text, such as
//
//	sum(softmax(matmul(w, x), 0) * log1p(x*x))
//
// and records them on a graph, where they can be differentiated like any other value. The text may come from a
// configuration file, a command line or a student.
//
//	e, err := expr.Parse("x*x + sin(y)")
//	g := graph.New()
//	x, y := g.Var(3), g.Var(0.5)
//	v, err := e.Eval(g, map[string]graph.Value{"x": x, "y": y})
//	grads := autograd.Backward(v)
//
// # The language
//
// An expression is one of Go's: numbers, names, + - * / with Go's precedence, unary - and +, parentheses, and calls.
// Names may have any Unicode letters. Everything else is a call: pow(x, 3) for a power, gt(a, b) for a comparison,
// slice(x, axis, start, stop) for a part. What Go's grammar has beyond that is an error that says what to write.
//
// The functions are the operations of [github.com/seed366ff29f/chainrule/ops], by their names in the table of rows.
// A row that is registered is a function that expressions can call; there is no other list. An argument is what the
// row's Go function takes there: a value is any expression; an integer (an axis, a dimension, an index, a label) is
// an integer written out, with a sign or without; a number (a bound of clamp) is an expression of numbers alone.
//
// # How it works
//
// [Parse] reads the tokens of go/scanner and keeps the operators and parentheses that are still open on a stack
// (Dijkstra, 1961), so that the nesting of an expression uses no stack of Go's: a million parentheses are no special
// case. It leaves the expression in postfix order, operands before their operation, which is also the order in which
// a tape is recorded: [Expr.Eval] is one loop. go/parser accepts the same expressions and reads them in the same way,
// up to its limit of 100,000 operands in a row; a test compares the two.
//
// # Errors
//
// Every mistake is an [*Error] with the line and the column in the expression, in one line of text. Misuse that an
// operation reports, such as shapes that do not fit, carries the place of the call and wraps the *graph.Error.
package expr
