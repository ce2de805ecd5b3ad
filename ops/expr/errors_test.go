package expr_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/ops/expr"
)

// intSize is the number of bits of an int.
var intSize = strconv.Itoa(strconv.IntSize)

// What is outside of the language is an error that says what to write instead, with its place.
func TestSyntaxError(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"x^2", "column 2: ^ is bitwise in Go, not a power: write pow(x, 2) or square(x)"},
		{"x^3", "column 2: ^ is bitwise in Go, not a power: write pow(x, 3)"},
		{"3*x^sin(x)", "column 4: ^ is bitwise in Go, not a power: write pow(x, b)"},
		{"x % 2", "column 3: % is no operator here: write x - 2*floor(x/2) for the remainder"},
		{"x[0]", "column 2: an index is a call: write slice(x, axis, start, stop) for a part of x, or gather(x, axis, i) for chosen elements"},
		{"(x)[0]", "column 4: an index is a call: write slice(a, axis, start, stop) for a part of a, or gather(a, axis, i) for chosen elements"},
		{"f[int](x)", "column 2: an index is a call: write slice(f, axis, start, stop) for a part of f, or gather(f, axis, i) for chosen elements"},
		{`"a"`, "column 1: there are no strings here: write names, numbers and calls"},
		{`x "a"`, "column 3: there are no strings here: write names, numbers and calls"},
		{"`a`", "column 1: there are no strings here: write names, numbers and calls"},
		{"'a'", "column 1: there are no characters and strings here: write names, numbers and calls"},
		{"x'", "column 2: ' is no operator: there are no characters and strings here: write names, numbers and calls"},
		{"2i", "column 1: 2i is an imaginary number: the values here are real"},
		{"x 2i", "column 3: 2i is an imaginary number: the values here are real"},
		{"func(){}", "column 1: there are no function literals: write the expression itself, or a call such as square(x)"},
		{"func(x)x", "column 1: there are no function literals: write the expression itself, or a call such as square(x)"},
		{"a.b", "column 2: names have no parts: write one name, or a function's name alone, such as sum(x)"},
		{"np.exp(x)", "column 3: names have no parts: write exp alone, without np."},
		{"math.Exp(x)", "column 5: names have no parts: write exp alone, without math."},
		{"x.T", "column 2: names have no parts: write transpose(x)"},
		{"x.(int)", "column 2: names have no parts: write one name, or a function's name alone, such as sum(x)"},
		{"a.b(c)", "column 2: names have no parts: write one name, or a function's name alone, such as sum(x)"},
		{"a>b", "column 2: > is no operator here: write gt(a, b)"},
		{"a>=b", "column 2: >= is no operator here: write ge(a, b)"},
		{"a<b", "column 2: < is no operator here: write lt(a, b)"},
		{"a<=b", "column 2: <= is no operator here: write le(a, b)"},
		{"x==2", "column 2: == is no operator here: write eq(x, 2)"},
		{"sin(x)!=b", "column 7: != is no operator here: write ne(a, b)"},
		{"x<-1", "column 2: <- is one token in Go: write lt(x, -1)"},
		{"a&&b", "column 2: && is no operator here: multiply the comparisons, such as gt(x, 0) * lt(x, 1)"},
		{"a||b", "column 2: || is no operator here: write maximum of the comparisons, such as maximum(lt(x, 0), gt(x, 1))"},
		{"!a", "column 1: ! is no operator here: write eq(a, 0) for the opposite of a comparison"},
		{"x!", "column 2: ! is no operator here: write exp(lgamma(x + 1)) for a factorial"},
		{"x**2", "column 2: ** is no operator of Go's: write pow(a, b) for a power"},
		{"x*", "column 3: the expression ends after *: an operand is missing"},
		{"*x", "column 1: the expression begins with *: an operand is missing before it"},
		{"x*/y", "column 3: an operand is missing between * and /"},
		{"/x", "column 1: the expression begins with /: an operand is missing before it"},
		{"x//2", "column 2: // hides the rest of the expression, as a comment of Go's: write floor(a / b) for a quotient rounded down, or /* ... */ for a remark"},
		{"x // 2\n", "column 3: // hides the rest of the expression, as a comment of Go's: write floor(a / b) for a quotient rounded down, or /* ... */ for a remark"},
		{"x // 2\n\n", "column 3: // hides the rest of the expression, as a comment of Go's: write floor(a / b) for a quotient rounded down, or /* ... */ for a remark"},
		{"x<<2", "column 2: << is bitwise in Go: write x * pow(2, 2)"},
		{"x>>y", "column 2: >> is bitwise in Go: write floor(x / pow(2, y))"},
		{"x|y", "column 2: | is bitwise in Go: the values here are real numbers, write a function of them"},
		{"x&y", "column 2: & is bitwise in Go: the values here are real numbers, write a function of them"},
		{"x&^y", "column 2: &^ is bitwise in Go: the values here are real numbers, write a function of them"},
		{"&x", "column 1: & is no operator here: write the name alone"},
		{"~x", "column 1: ~ is bitwise in Go: the values here are real numbers, write -x or 1 - x"},
		{"x~y", "column 2: ~ is bitwise in Go: the values here are real numbers, write a function of them"},
		{"^x", "column 1: ^ is bitwise in Go: the values here are real numbers, write -x or 1 - x"},
		{"<-x", "column 1: <- receives from a channel in Go: write an expression of numbers, names and calls"},
		{"x=2", "column 2: = binds no name inside an expression: give name=value after it, or write eq(x, 2) to compare"},
		{"x:=3", "column 2: := binds no name inside an expression: give name=value after it, or write eq(x, 3) to compare"},
		{"x+=2", "column 2: += is an assignment: write x + 2"},
		{"x++", "column 2: ++ is one token in Go: write + + with a space between"},
		{"x--y", "column 2: -- is one token in Go: write - - with a space between"},
		{"--x", "column 1: -- is one token in Go: write - - with a space between"},
		{"x+ ++y", "column 4: ++ is one token in Go: write + + with a space between"},
		{"2x", "column 2: an operator is missing between 2 and x: write 2 * x for a product"},
		{"2 x", "column 3: an operator is missing between 2 and x: write 2 * x for a product"},
		{"x y", "column 3: an operator is missing between x and y: write x * y for a product"},
		{"sin x", "column 1: sin is a function: write sin(x)"},
		{"sin 2", "column 1: sin is a function: write sin(2)"},
		{"sum(x 0)", "column 7: an operator or a comma is missing between x and 0: write x * 0 for a product"},
		{"(x)(y)", "column 4: an operator is missing between ) and (: write ) * ( for a product"},
		{"sum(x)(y)", "column 7: an operator is missing between ) and (: write ) * ( for a product"},
		{"(sum)(x)", "column 6: an operator is missing between ) and (: write ) * ( for a product"},
		{"1(x)", "column 2: an operator is missing between 1 and (: write 1 * ( for a product"},
		{"3.x", "column 3: an operator is missing between 3. and x: write 3. * x for a product"},
		{"x.5", "column 2: an operator is missing between x and .5: write x * .5 for a product"},
		{"", "column 1: the expression is empty: write one, such as sum(x*x)"},
		{"   ", "column 4: the expression is empty: write one, such as sum(x*x)"},
		{"\n", "line 2, column 1: the expression is empty: write one, such as sum(x*x)"},
		{"()", "column 2: the parentheses are empty: write an expression between them"},
		{"-", "column 2: the expression ends after -: an operand is missing"},
		{"x +", "column 4: the expression ends after +: an operand is missing"},
		{"sum(", "column 5: the expression ends after (: an operand is missing"},
		{"sum(x", "column 1: the parenthesis is not closed: add )"},
		{"(x", "column 1: the parenthesis is not closed: add )"},
		{"((x)", "column 1: the parenthesis is not closed: add )"},
		{"x)", "column 2: ) without a ( before it: remove it or open one"},
		{"sum(x))", "column 7: ) without a ( before it: remove it or open one"},
		{"sum(,)", "column 5: an operand is missing between ( and ,"},
		{"sum(x,,0)", "column 7: an operand is missing between , and ,"},
		{"sum(x,)+", "column 9: the expression ends after +: an operand is missing"},
		{"x,", "column 2: a comma stands only between the arguments of a call, such as stack(0, a, b)"},
		{"x,y", "column 2: a comma stands only between the arguments of a call, such as stack(0, a, b)"},
		{"(x,y)", "column 3: a comma stands only between the arguments of a call, such as stack(0, a, b)"},
		{"x;", "column 2: ; ends a statement: write one expression"},
		{"x;y", "column 2: ; ends a statement: write one expression"},
		{"x\ny", "column 2: the expression ends with this line, as in Go: end the line with an operator, a comma or an open parenthesis to go on"},
		{"x\n+ 1", "column 2: the expression ends with this line, as in Go: end the line with an operator, a comma or an open parenthesis to go on"},
		{"sum(x\n)", "column 6: the expression ends with this line, as in Go: end the line with an operator, a comma or an open parenthesis to go on"},
		{"[1,2]", "column 1: an array is bound to a name: write x here and x=[1, 2] after the expression"},
		{"{x}", "column 1: an array is bound to a name: write x here and x=[1, 2] after the expression"},
		{"[]int{1}", "column 1: an array is bound to a name: write x here and x=[1, 2] after the expression"},
		{"f{1}", "column 2: there are no composite values here: bind an array to a name, such as x=[1, 2]"},
		{"struct{}", "column 1: struct is a keyword of Go and cannot be a name: choose another"},
		{"map[int]int{}", "column 1: map is a keyword of Go and cannot be a name: choose another"},
		{"chan int", "column 1: chan is a keyword of Go and cannot be a name: choose another"},
		{"interface{}", "column 1: interface is a keyword of Go and cannot be a name: choose another"},
		{"if", "column 1: if is a keyword of Go and cannot be a name: choose another"},
		{"type", "column 1: type is a keyword of Go and cannot be a name: choose another"},
		{"var(x)", "column 1: var is a keyword of Go and cannot be a function: the nearest name is variance, called as variance(x, axes...)"},
		{"x var", "column 3: var is a keyword of Go and cannot be a name: choose another"},
		{"go f(x)", "column 1: go is a keyword of Go and cannot be a name: choose another"},
		{"x:y", "column 2: : is not part of the language: write where(cond, a, b) for a choice, slice(x, axis, start, stop) for a range"},
		{"...x", "column 1: ... is not part of the language: write the arguments one by one"},
		{"sum(x...)", "column 6: ... is not part of the language: write the arguments one by one"},
		{"sum(...)", "column 5: ... is not part of the language: write the arguments one by one"},
		{"$x", "column 1: $ has no meaning here: an expression has names, numbers, + - * /, parentheses and calls"},
		{"x#y", "column 2: # has no meaning here: an expression has names, numbers, + - * /, parentheses and calls"},
		{"x@y", "column 2: @ is no operator: write matmul(a, b)"},
		{"a?b:c", "column 2: ? is no operator: write where(cond, a, b)"},
		{"√x", "column 1: √ is no operator: write sqrt(x)"},
		{"x²", "column 2: ² is no operator: write square(x) or pow(x, 2)"},
		{"x³", "column 2: ³ is no operator: write pow(x, 3)"},
		{"x ≥ y", "column 3: ≥ is no operator: write ge(a, b)"},
		{"x ≤ y", "column 3: ≤ is no operator: write le(a, b)"},
		{"x ≠ y", "column 3: ≠ is no operator: write ne(a, b)"},
		{"x−y", "column 2: − is no operator: write - for minus"},
		{"x·y", "column 2: · is no operator: write * for a product"},
		{"x×y", "column 2: × is no operator: write * for a product"},
		{"x÷y", "column 2: ÷ is no operator: write / for a quotient"},
		{"∑x", "column 1: ∑ is no operator: write sum(x)"},
		{"∞", "column 1: ∞ is no operator: bind a name to Inf, such as inf=Inf"},
		{"\xff", `column 1: \xff has no meaning here: an expression has names, numbers, + - * /, parentheses and calls`},
		{"\x00", `column 1: \x00 has no meaning here: an expression has names, numbers, + - * /, parentheses and calls`},
		{"x\x00", `column 2: \x00 has no meaning here: an expression has names, numbers, + - * /, parentheses and calls`},
		{"x\ufeff", `column 2: \ufeff has no meaning here: an expression has names, numbers, + - * /, parentheses and calls`},
		{"\a", `column 1: \a has no meaning here: an expression has names, numbers, + - * /, parentheses and calls`},
		{"0x1p", "column 5: exponent has no digits"},
		{"1e", "column 3: exponent has no digits"},
		{"08", "column 2: invalid digit '8' in octal literal"},
		{"017", "column 1: 017 is octal in Go: write 17 for the decimal number"},
		{"00", "column 1: 00 is octal in Go: write 0 for the decimal number"},
		{"0b12", "column 4: invalid digit '2' in binary literal"},
		{"1__0", "column 3: '_' must separate successive digits"},
		{"1e400", "column 1: 1e400 is larger than any float64: bind a name to Inf if infinity is meant"},
		{"0xffffffffffffffffff", "column 1: 0xffffffffffffffffff does not fit 64 bits: write it in decimal, such as 1e30"},
		{"/* x", "column 1: comment not terminated"},
		{"sni(x)", "column 1: there is no function sni: the nearest name is sin, called as sin(x)"},
		{"sinn(x)", "column 1: there is no function sinn: the nearest name is sin, called as sin(x)"},
		{"MatMul(w, w)", "column 1: there is no function MatMul: the nearest name is matmul, called as matmul(a, b)"},
		{"sofmax(x, 0)", "column 1: there is no function sofmax: the nearest name is softmax, called as softmax(x, axis)"},
		{"relux(x)", "column 1: there is no function relux: the nearest name is relu, called as relu(x)"},
		{"Log1P(x)", "column 1: there is no function Log1P: the nearest name is log1p, called as log1p(x)"},
		{"LogSoftmax(x, 0)", "column 1: there is no function LogSoftmax: the nearest name is log_softmax, called as log_softmax(x, axis)"},
		{"sin()", "column 1: sin(x) takes 1 argument, here it has 0"},
		{"sin(x, y)", "column 1: sin(x) takes 1 argument, here it has 2"},
		{"softmax(x)", "column 1: softmax(x, axis) takes 2 arguments, here it has 1"},
		{"softmax(x, 1, 2)", "column 1: softmax(x, axis) takes 2 arguments, here it has 3"},
		{"sum()", "column 1: sum(x, axes...) takes at least 1 argument, here it has 0"},
		{"add(x)", "column 1: add(a, b) takes 2 arguments, here it has 1"},
		{"slice(v, 0, 1)", "column 1: slice(x, axis, start, stop) takes 4 arguments, here it has 3"},
		{"stack()", "column 1: stack(axis, xs...) takes at least 1 argument, here it has 0"},
		{"softmax(x, 0.0)", "column 12: axis in softmax(x, axis) must be an integer written out, such as 0 or -1, not 0.0"},
		{"softmax(x, 1e3)", "column 12: axis in softmax(x, axis) must be an integer written out, such as 0 or -1, not 1e3"},
		{"softmax(x, a)", "column 12: axis in softmax(x, axis) must be an integer written out, such as 0 or -1, not a"},
		{"softmax(x, 1+1)", "column 12: axis in softmax(x, axis) must be an integer written out, such as 0 or -1, not 1+1"},
		{"softmax(x, sin(x))", "column 12: axis in softmax(x, axis) must be an integer written out, such as 0 or -1, not sin(x)"},
		{`softmax(x, "0")`, "column 12: there are no strings here: write names, numbers and calls"},
		{"sum(v, 0.5)", "column 8: axes in sum(x, axes...) must be an integer written out, such as 0 or -1, not 0.5"},
		{"reshape(v, 1000000000000000000000000)", "column 12: dims in reshape(x, dims...) is too large: 1000000000000000000000000 does not fit " + intSize + " bits"},
		{"reshape(v, -1000000000000000000000000)", "column 12: dims in reshape(x, dims...) is too large: -1000000000000000000000000 does not fit " + intSize + " bits"},
		{"add_scalar(x, y)", "column 15: c in add_scalar(x, c) must be a number written out, such as 0.5, not y"},
		{"add_scalar(x, sin(1))", "column 15: c in add_scalar(x, c) must be a number written out, such as 0.5, not sin(1)"},
		{"z", "column 1: z has no value: bind it with z=2 or z=[1, 2]"},
		{"x +\n  z", "line 2, column 3: z has no value: bind it with z=2 or z=[1, 2]"},
		{"π + x", "column 1: π has no value: bind it with π=2 or π=[1, 2]"},
	} {
		t.Run(test.text, func(t *testing.T) {
			_, _, err := evaluate(t, test.text)
			wantError(t, test.want, err)
		})
	}
}

// A name without a value, and misuse of a function that the table knows by another Go name.
func TestEvalError(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"exp", "column 1: exp is a function and has no value by itself: call it as exp(x)"},
		{"x + nan", "column 5: nan has no value: bind it with nan=2 or nan=[1, 2]"},
		{"sum(svd(v))", "column 5: svd: shape (3) is not a matrix: the last two axes are its rows and columns"},
		{"sum(w, 0) / v", "column 11: div: shapes (2) and (3) do not broadcast: aligned at the last axis, lengths must be equal or one of them 1; reshape one with reshape or unsqueeze"},
	} {
		t.Run(test.text, func(t *testing.T) {
			_, _, err := evaluate(t, test.text)
			wantError(t, test.want, err)
		})
	}
}

// What an operation reports carries the place of the call and its name in the language; the rest of the message is the
// operation's own.
func TestOperationError(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"sum(v, 1)", "column 1: sum: "},
		{"sum(x, 0)", "column 1: sum: "},
		{"sum(v, -3)", "column 1: sum: "},
		{"sum(w, 0, 0)", "column 1: sum: "},
		{"matmul(w, v) + matmul(v, transpose(v))", "column 1: matmul: "},
		{"sum(matmul(w, v))", "column 5: matmul: "},
		{"x + w*v", "column 6: mul: "},
		{"sum(reshape(v, 2))", "column 5: reshape: "},
		{"reshape(v, 1000000, 1000000, 1000000, 1000000)", "column 1: reshape: "},
		{"sum(broadcast(x, 1000000, 1000000))", "column 5: broadcast: "},
		{"sum(broadcast(x, 1000, 1000))", "column 5: broadcast: "},
		{"sum(pad(v, 0, 2000000000, 0))", "column 5: pad: "},
		{"sum(pad(v, 0, -1, 0))", "column 5: pad: "},
		{"sum(gather(v, 0, 3))", "column 5: gather: "},
		{"sum(slice(v, 0, 2, 1))", "column 5: slice: "},
		{"softmax(v, 1)", "column 1: softmax: "},
		{"permute(w, 0, 0)", "column 1: permute: "},
		{"transpose(v)", "column 1: transpose: "},
		{"sum(stack(0, x, v))", "column 5: stack: "},
		{"sum(stack(0))", "column 5: stack: "},
		{"sum(concat(0, v, w))", "column 5: concat: "},
		{"concat(0)", "column 1: concat: "},
	} {
		t.Run(test.text, func(t *testing.T) {
			_, _, err := evaluate(t, test.text)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Fatalf("got %v, want an error that begins with %q", err, test.want)
			}
			if strings.Contains(err.Error(), "ops.") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want one line with the names of the language", err)
			}
		})
	}
}

func TestBindingError(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"x", `column 1: binding "x" has no =: write a name and its value, such as x=2 or x=[1, 2]`},
		{"x y", `column 1: binding "x y" has no =: write a name and its value, such as x=2 or x=[1, 2]`},
		{"", `column 1: binding "" has no =: write a name and its value, such as x=2 or x=[1, 2]`},
		{"=2", `column 1: binding "=2" has no name before =: write x=2 or x=[1, 2]`},
		{"=", `column 1: binding "=" has no name before =: write x=2 or x=[1, 2]`},
		{"x=", "column 3: x: the value is missing: write x=2 or x=[1, 2]"},
		{"x= ", "column 3: x: the value is missing: write x=2 or x=[1, 2]"},
		{"x=abc", "column 3: x: abc is not a number: write one such as 2, 1e-3, Inf or NaN, or an array such as [1, 2]"},
		{"x=2 3", "column 3: x: 2 3 is not a number: write one such as 2, 1e-3, Inf or NaN, or an array such as [1, 2]"},
		{"x=1e400", "column 3: x: 1e400 is larger than any float64: write Inf for infinity"},
		{"x=-1e400", "column 3: x: -1e400 is larger than any float64: write Inf for infinity"},
		{"x==3", "column 3: x: =3 is not a number: write one such as 2, 1e-3, Inf or NaN, or an array such as [1, 2]"},
		{`x="NaN"`, `column 3: x: "NaN" is not a number: write one such as 2, 1e-3, Inf or NaN, or an array such as [1, 2]`},
		{"x={}", "column 3: x: {} is not a number: write one such as 2, 1e-3, Inf or NaN, or an array such as [1, 2]"},
		{"x=true", "column 3: x: true is not a number: write one such as 2, 1e-3, Inf or NaN, or an array such as [1, 2]"},
		{"2x=3", "column 1: 2x cannot be a name: a name has letters, digits and _, and does not begin with a digit"},
		{"a.b=1", "column 1: a.b cannot be a name: a name has letters, digits and _, and does not begin with a digit"},
		{"-json=1", "column 1: -json cannot be a name: a name has letters, digits and _, and does not begin with a digit"},
		{"var=3", "column 1: var is a keyword of Go and cannot be a name: choose another"},
		{"x y=1", "column 1: x y cannot be a name: a name has letters, digits and _, and does not begin with a digit"},
		{"x=[]", "column 3: x: the array is empty: give it at least one number"},
		{"x=[[],[]]", "column 4: x: [0] is empty: give it at least one number"},
		{"x=[[1],[]]", "column 8: x: [1] is empty: give it at least one number"},
		{"x=[[1,2],[3]]", "column 12: x: the array is ragged: [1] has length 1, the arrays before it have length 2"},
		{"x=[[1,2],[3,4,5]]", "column 16: x: the array is ragged: [1] has length 3, the arrays before it have length 2"},
		{"x=[[[1,2],[3,4]],[[5,6]]]", "column 24: x: the array is ragged: [1] has length 1, the arrays before it have length 2"},
		{"x=[1,[2]]", "column 6: x: an array stands where numbers stood before, at [1]: all must be nested alike"},
		{"x=[[1],2]", "column 8: x: a number stands where an array stood before, at [1]: all must be nested alike"},
		{"x=[[1,2],[3,[4]]]", "column 13: x: an array stands where numbers stood before, at [1][1]: all must be nested alike"},
		{"x=[1,NaN]", `column 6: x: NaN is not JSON: write "NaN", "+Inf" and "-Inf" as strings, and numbers as in 0.5 or -1e-3`},
		{"x=[1, -Inf]", `column 7: x: -Inf is not JSON: write "NaN", "+Inf" and "-Inf" as strings, and numbers as in 0.5 or -1e-3`},
		{"x=[Infinity]", `column 4: x: Infinity is not JSON: write "NaN", "+Inf" and "-Inf" as strings, and numbers as in 0.5 or -1e-3`},
		{`x=[1,"abc"]`, `column 6: x: "abc" is not a number at [1]: an array has numbers and the strings "NaN", "+Inf" and "-Inf"`},
		{`x=["1"]`, `column 4: x: "1" is not a number at [0]: an array has numbers and the strings "NaN", "+Inf" and "-Inf"`},
		{"x=[true]", `column 4: x: true is not a number at [0]: an array has numbers and the strings "NaN", "+Inf" and "-Inf"`},
		{"x=[1, null]", `column 7: x: null is not a number at [1]: an array has numbers and the strings "NaN", "+Inf" and "-Inf"`},
		{`x=[{"a":1}]`, `column 4: x: an object is not a number at [0]: an array has numbers and the strings "NaN", "+Inf" and "-Inf"`},
		{"x=[1e400]", `column 4: x: 1e400 is larger than any float64 at [0]: an array has numbers and the strings "NaN", "+Inf" and "-Inf"`},
		{"x=[01]", "column 5: x: the array is not JSON: its elements are separated by single commas, and numbers have no leading zeros"},
		{"x=[+1]", `column 4: x: +1 is not JSON: write "NaN", "+Inf" and "-Inf" as strings, and numbers as in 0.5 or -1e-3`},
		{"x=[.5]", `column 4: x: .5 is not JSON: write "NaN", "+Inf" and "-Inf" as strings, and numbers as in 0.5 or -1e-3`},
		{"x=[1,a]", `column 6: x: a is not a number: an array has numbers and the strings "NaN", "+Inf" and "-Inf", separated by commas`},
		{"x=[1,,2]", "column 7: x: the array is not JSON: its elements are separated by single commas, and numbers have no leading zeros"},
		{"x=[,1]", "column 5: x: the array is not JSON: its elements are separated by single commas, and numbers have no leading zeros"},
		{"x=[1 2]", "column 6: x: the array is not JSON: its elements are separated by single commas, and numbers have no leading zeros"},
		{"x=[1,2,]", "column 8: x: the array is not JSON: its elements are separated by single commas, and numbers have no leading zeros"},
		{"x=[1,2", "column 7: x: the array is not closed: add ]"},
		{"x=[[1,2]", "column 9: x: the array is not closed: add ]"},
		{"x=[1,2]]", "column 8: x: ] follows the array: remove it"},
		{"x=[1,2] y", "column 9: x: y follows the array: remove it"},
		{"x=[1,2}", `column 7: x: } is not a number: an array has numbers and the strings "NaN", "+Inf" and "-Inf", separated by commas`},
		{"x=[1:2]", `column 5: x: :2 is not a number: an array has numbers and the strings "NaN", "+Inf" and "-Inf", separated by commas`},
		{"x=[[[[[[[[[[[[[[[[[", "column 19: x: the array is nested deeper than 16 levels: a tensor has at most 16 axes"},
		{"x=(1,2)", "column 3: x: (1,2) is not a number: write one such as 2, 1e-3, Inf or NaN, or an array such as [1, 2]"},
		{"x=[1;2]", `column 5: x: ;2 is not a number: an array has numbers and the strings "NaN", "+Inf" and "-Inf", separated by commas`},
		{"θ=[1,x]", `column 6: θ: x is not a number: an array has numbers and the strings "NaN", "+Inf" and "-Inf", separated by commas`},
		{"x=['NaN']", `column 4: x: 'NaN' is not a number: an array has numbers and the strings "NaN", "+Inf" and "-Inf", separated by commas`},
		{"x=[1\x00]", `column 5: x: \x00 is not a number: an array has numbers and the strings "NaN", "+Inf" and "-Inf", separated by commas`},
	} {
		t.Run(test.text, func(t *testing.T) {
			_, err := expr.ParseBinding(test.text)
			wantError(t, test.want, err)
		})
	}
}

// The functions that the messages name exist.
func TestSuggestions(t *testing.T) {
	for _, name := range strings.Fields("pow square floor slice gather sum transpose maximum gt ge lt le eq ne exp lgamma where stack matmul sqrt prod") {
		if _, ok := ops.Lookup(name); !ok {
			t.Errorf("messages suggest %s, which is no function", name)
		}
	}
}

func TestTooLong(t *testing.T) {
	_, err := expr.Parse(strings.Repeat("x+", expr.MaxText/2) + "x")
	wantError(t, "column 1: the expression has 4194305 bytes, at most 4194304 are read: bind arrays to names and use functions over arrays", err)
	_, err = expr.Parse(strings.Repeat("long", 1000) + "(x)")
	wantError(t, "column 1: there is no function longlonglonglonglonglonglo…glonglonglong", err)
}

// A row that takes something else than values, integers and numbers is no function.
func TestFunctions(t *testing.T) {
	list := strings.Join(expr.Functions(), "\n") + "\n"
	for _, row := range graph.Rows() {
		_, callable := ops.Signature(row)
		if listed := strings.Contains(list, ops.Usage(row)+"\n"); listed != callable {
			t.Errorf("%s: listed %v, can be called %v", row.Name, listed, callable)
		}
		if _, err := expr.Parse(row.Name + "()"); err == nil || strings.Contains(err.Error(), "no function") == callable {
			t.Errorf("%s(): %v, but can be called %v", row.Name, err, callable)
		}
	}
}
