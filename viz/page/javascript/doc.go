// Package javascript writes operations as JavaScript, so that a page can compute a graph of scalars anew without the
// engine.
//
//	source, missing := javascript.Functions(rows)
//
// returns the text of an object with a function for each row that has an expression, [graph.Row.Value] and its Slopes:
//
//	const functions = source;
//	const [y, slopes] = functions["mul"](2, 3); // 6, [3, 2]
//
// A function takes the operands in their order and then the constant parameters, for which a page asks
// [Constants] node by node. It returns the value and, by operand, the local derivative, or null: from an operand that
// was not selected, and one without a derivative, nothing is passed on whatever the adjoint. With that a sweep keeps the
// promises of autograd.Backward:
//
//	if (w !== 0) slopes.forEach((d, i) => { if (d !== null) adjoint[inputs[i]] += w * d; });
//
// The numbers agree with Go's to some roundings, and are NaN, infinite and 0 where Go's are. Special functions, such as
// erf and digamma, are part of the source if they are used, and only then.
package javascript
