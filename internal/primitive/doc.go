// Package primitive reads the expressions of graph.Row's Value and Slopes, from which what an operation computes follows
// in other forms: JavaScript, programs, modules of other compilers.
//
//	t, err := primitive.Parse("where(gt(x, 0), x, a*expm1(x))", "x", "a")
//
// The language is that of package ops/expr, of which an expression uses numbers, the names of the parameters, the
// operators + - * / and the functions that [Arity] knows. [Fold] goes through a [Term] from its leaves up.
package primitive
