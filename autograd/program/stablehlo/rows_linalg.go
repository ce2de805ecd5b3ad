package stablehlo

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/array"
)

// Factorizations are those that XLA expands by itself on every machine: its custom calls Qr and Eigh, and instructions of
// StableHLO for Cholesky's and for triangular systems. They run in float64 whatever the precision of the graph, as this
// engine's do. What is refused when it is recorded, such as a singular matrix, gives infinities or NaN here.
var _ = add(map[string]lowering{
	"solve": func(e *emitter, n graph.Node, in []value) value {
		a, b := e.systems(in[0], in[1])
		if b.len() == 0 {
			return b
		}
		y := e.factor(a).solve(b, n.Int(1) == 1)
		if n.Int(0) == cotangentsOnTheRight {
			zero := e.like(0, b)
			any := e.reduce("or", e.compare("NE", b, zero), e.constant(0, typ{elem: i1}), b.rank()-2)
			y = e.choose(e.spread(any, b.dims, b.rank()-2), y, zero)
		}
		return y
	},
	"inv": func(e *emitter, n graph.Node, in []value) value {
		a := e.convert(in[0], f64)
		if a.len() == 0 {
			return a
		}
		return e.factor(a).solve(e.identity(a.typ), false)
	},
	"solve_lower": func(e *emitter, n graph.Node, in []value) value {
		a, b := e.systems(in[0], in[1])
		return e.triangular(a, b, true, false)
	},
	"solve_upper": func(e *emitter, n graph.Node, in []value) value {
		a, b := e.systems(in[0], in[1])
		return e.triangular(a, b, false, false)
	},
	"det": func(e *emitter, n graph.Node, in []value) value { return e.determinants(e.convert(in[0], f64)) },
	"logdet": func(e *emitter, n graph.Node, in []value) value {
		a := e.convert(in[0], f64)
		if a.len() == 0 {
			return e.constant(0, a.shaped(n.Dims()...))
		}
		f := e.factor(a)
		diagonal := f.diagonal()
		logs := e.sum(e.same("log", e.same("abs", diagonal)), diagonal.rank()-1)
		sign := e.same("multiply", f.sign(), e.multiplied(e.same("sign", diagonal), diagonal.rank()-1))
		return e.choose(e.compare("LT", sign, e.like(0, sign)), e.like(math.NaN(), logs), logs)
	},
	"cofactor": func(e *emitter, n graph.Node, in []value) value { return e.cofactors(e.convert(in[0], f64)) },
	"cholesky": func(e *emitter, n graph.Node, in []value) value {
		a := e.symmetricPart(e.convert(in[0], f64))
		if a.len() == 0 {
			return a
		}
		l := e.generic("stablehlo.cholesky", "lower = true", nil, []value{a}, a.typ)[0]
		return e.choose(e.onOrBelow(a.typ), e.nanUnlessFinite(a, l), e.like(0, l))
	},
	"qr": func(e *emitter, n graph.Node, in []value) value {
		a := e.convert(in[0], f64)
		if a.len() == 0 {
			return e.constant(0, a.shaped(n.Dims()...))
		}
		f := e.factor(a)
		d := a.rank() - 2
		columns := a.dims[d+1]
		r := e.along(f.packed, d, 0, columns)
		r = e.choose(e.onOrAbove(r.typ), r, e.like(0, r))
		diagonal := f.diagonal()
		sign := e.choose(e.compare("LT", diagonal, e.like(0, diagonal)), e.like(-1, diagonal), e.like(1, diagonal))
		q := e.same("multiply", f.q(), e.spread(sign, a.dims, d))
		r = e.same("multiply", r, e.spread(sign, r.dims, d+1))
		return e.joined(d, q, r)
	},
	"eigh": eigh,
})

var _ = without(map[string]string{
	"svd": "XLA has no singular value decomposition of its own, only libraries that differ between machines",
})

// cotangentsOnTheRight is what the first attribute of solve is if the right sides are cotangents, whose zeros win.
const cotangentsOnTheRight = 2

// systems returns matrices and right sides in float64, with their batch axes stretched to each other.
func (e *emitter) systems(a, b value) (value, value) {
	da, db := a.rank()-2, b.rank()-2
	batch, _ := array.BroadcastShapes(nil, a.dims[:da], b.dims[:db])
	return e.stretch(e.convert(a, f64), slices.Concat(batch, a.dims[da:])), e.stretch(e.convert(b, f64), slices.Concat(batch, b.dims[db:]))
}

// triangular returns a⁻¹·b for triangular matrices, or a⁻ᵀ·b. What lies in the other triangle is not read.
func (e *emitter) triangular(a, b value, lower, transposed bool) value {
	if a.len() == 0 || b.len() == 0 {
		return b
	}
	transpose := "NO_TRANSPOSE"
	if transposed {
		transpose = "TRANSPOSE"
	}
	properties := fmt.Sprintf("left_side = true, lower = %t, transpose_a = #stablehlo<transpose %s>, unit_diagonal = false", lower, transpose)
	return e.generic("stablehlo.triangular_solve", properties, nil, []value{a, b}, b.typ)[0]
}

// A factorization is q·r of matrices with no more columns than rows: r on and above the diagonal of packed, and q as the
// product of reflections of which the rest of packed and taus are made.
type factorization struct {
	e            *emitter
	packed, taus value
}

// factor returns the factors of matrices, of which there are some.
func (e *emitter) factor(a value) factorization {
	d := a.rank() - 2
	taus := a.shaped(slices.Concat(a.dims[:d], a.dims[d+1:])...)
	ys := e.generic("stablehlo.custom_call", `call_target_name = "Qr"`, nil, []value{a}, a.typ, taus)
	return factorization{e, ys[0], ys[1]}
}

// q returns the orthogonal factor, with as many columns as the matrices have.
func (f factorization) q() value {
	return f.e.generic("stablehlo.custom_call", `call_target_name = "ProductOfElementaryHouseholderReflectors"`, nil, []value{f.packed, f.taus}, f.packed.typ)[0]
}

// solve returns a⁻¹·b, or a⁻ᵀ·b if so asked.
func (f factorization) solve(b value, transposed bool) value {
	d := b.rank() - 2
	batch := upTo(0, d)
	if transposed {
		return f.e.product(f.q(), f.e.triangular(f.packed, b, false, true), batch, batch, []int{d + 1}, []int{d})
	}
	return f.e.triangular(f.packed, f.e.product(f.q(), b, batch, batch, []int{d}, []int{d}), false, false)
}

// diagonal returns the diagonal of r.
func (f factorization) diagonal() value {
	e, d := f.e, f.packed.rank()-2
	r := e.along(f.packed, d, 0, f.packed.dims[d+1])
	on := e.compare("EQ", e.counting(d, r.of(i32)), e.counting(d+1, r.of(i32)))
	return e.sum(e.choose(on, r, e.like(0, r)), d)
}

// sign returns the determinant of q: -1 for every reflection that is one.
func (f factorization) sign() value {
	one, minus := f.e.like(1, f.taus), f.e.like(-1, f.taus)
	return f.e.multiplied(f.e.choose(f.e.compare("NE", f.taus, f.e.like(0, f.taus)), minus, one), f.taus.rank()-1)
}

// determinants returns the determinants of matrices. Those of up to three rows are exact for small integers.
func (e *emitter) determinants(a value) value {
	d := a.rank() - 2
	n, dims := a.dims[d+1], a.dims[:d]
	at := func(i, j int) value { return e.element(a, i, j) }
	switch {
	case n == 0 || a.len() == 0:
		return e.constant(1, a.shaped(slices.Clone(dims)...))
	case n == 1:
		return at(0, 0)
	case n == 2:
		return e.minor(at(0, 0), at(0, 1), at(1, 0), at(1, 1))
	case n == 3:
		y := e.same("multiply", at(0, 0), e.minor(at(1, 1), at(1, 2), at(2, 1), at(2, 2)))
		y = e.same("subtract", y, e.same("multiply", at(0, 1), e.minor(at(1, 0), at(1, 2), at(2, 0), at(2, 2))))
		return e.same("add", y, e.same("multiply", at(0, 2), e.minor(at(1, 0), at(1, 1), at(2, 0), at(2, 1))))
	}
	f := e.factor(a)
	return e.same("multiply", f.sign(), e.multiplied(f.diagonal(), d))
}

// minor returns a·d - b·c.
func (e *emitter) minor(a, b, c, d value) value {
	return e.same("subtract", e.same("multiply", a, d), e.same("multiply", b, c))
}

// cofactors returns the cofactors of matrices by their definition: the determinants of what is left without a row and a
// column, all of them as one batch. It takes n² times what a determinant takes, and is right for singular matrices.
func (e *emitter) cofactors(a value) value {
	d := a.rank() - 2
	n := a.dims[d+1]
	switch {
	case a.len() == 0:
		return a
	case n == 1:
		return e.like(1, a)
	}
	// One after the other, all matrices without a row, and all of these without a column: (..., n, n, n-1, n-1).
	without := func(x value, axis, batch int) value {
		list := make([]value, n)
		for i := range list {
			switch i {
			case 0:
				list[i] = e.along(x, axis, 1, n)
			case n - 1:
				list[i] = e.along(x, axis, 0, n-1)
			default:
				list[i] = e.joined(axis, e.along(x, axis, 0, i), e.along(x, axis, i+1, n))
			}
			list[i] = e.reshape(list[i], slices.Insert(slices.Clone(list[i].dims), batch, 1)...)
		}
		return e.joined(batch, list...)
	}
	minors := e.determinants(without(without(a, d, d), d+2, d+1))
	odd := e.same("and", e.same("add", e.counting(d, a.of(i32)), e.counting(d+1, a.of(i32))), e.constant(1, a.of(i32)))
	return e.choose(e.compare("EQ", odd, e.like(0, odd)), minors, e.same("negate", minors))
}

// element returns element (i,j) of every matrix.
func (e *emitter) element(a value, i, j int) value {
	d := a.rank() - 2
	return e.reshape(e.along(e.along(a, d, i, i+1), d+1, j, j+1), a.dims[:d]...)
}

// identity returns identity matrices.
func (e *emitter) identity(t typ) value {
	d := t.rank() - 2
	return e.convert(e.compare("EQ", e.counting(d, t.of(i32)), e.counting(d+1, t.of(i32))), t.elem)
}

// onOrBelow returns where matrices of a type are on the diagonal or below it.
func (e *emitter) onOrBelow(t typ) value {
	d := t.rank() - 2
	return e.compare("GE", e.counting(d, t.of(i32)), e.counting(d+1, t.of(i32)))
}

// onOrAbove returns where matrices of a type are on the diagonal or above it.
func (e *emitter) onOrAbove(t typ) value {
	d := t.rank() - 2
	return e.compare("LE", e.counting(d, t.of(i32)), e.counting(d+1, t.of(i32)))
}

// symmetricPart returns (a + aᵀ)/2.
func (e *emitter) symmetricPart(a value) value {
	d := a.rank() - 2
	half := e.same("multiply", a, e.like(0.5, a))
	return e.same("add", half, e.permute(half, append(upTo(0, d), d+1, d)...))
}

// multiplied returns the products of x along an axis, which disappears.
func (e *emitter) multiplied(x value, axis int) value {
	return e.reduce("multiply", x, e.constant(1, x.scalar()), axis)
}

// eigh is Jacobi's method as XLA has it, sorted by eigenvalue, with the signs that ops.Eigh promises. XLA ends with
// eigenvectors to about 1e-7; two steps of refinement, each of which squares the error, leave those of eigenvalues that are
// well apart with what float64 can say.
func eigh(e *emitter, n graph.Node, in []value) value {
	a := e.symmetricPart(e.convert(in[0], f64))
	if a.len() == 0 {
		return e.constant(0, a.shaped(n.Dims()...))
	}
	d := a.rank() - 2
	size := a.dims[d+1]
	values := a.shaped(a.dims[:d+1]...)
	const config = `"1,1,100,1e-9"` // the lower triangle is read, eigenvalues are sorted, 100 sweeps are the most, tolerance
	ys := e.generic("stablehlo.custom_call", `backend_config = `+config+`, call_target_name = "Eigh"`, nil, []value{a}, a.typ, values)
	v, w := ys[0], ys[1]
	for range 2 {
		v, w = e.refine(a, v)
	}

	// The first component that is the largest but for rounding is positive.
	sizes := e.same("abs", v)
	least := e.same("multiply", e.reduce("maximum", sizes, e.constant(0, v.scalar()), d), e.constant(1-1e-12, values))
	places := e.counting(d, v.of(i32))
	last := e.constant(float64(size), places.typ)
	large := e.compare("GE", sizes, e.spread(least, v.dims, d))
	first := e.reduce("minimum", e.choose(large, places, last), e.constant(float64(size), places.scalar()), d)
	chosen := e.compare("EQ", places, e.spread(first, v.dims, d))
	component := e.sum(e.choose(chosen, v, e.like(0, v)), d)
	sign := e.choose(e.compare("LT", component, e.like(0, component)), e.like(-1, component), e.like(1, component))
	v = e.same("multiply", v, e.spread(sign, v.dims, d))

	y := e.joined(d, e.reshape(w, slices.Insert(slices.Clone(w.dims), d, 1)...), v)
	return e.nanUnlessFinite(a, y)
}

// nanUnlessFinite returns y, and NaN for matrices of a that have an element that is infinite or NaN.
func (e *emitter) nanUnlessFinite(a, y value) value {
	d := a.rank() - 2
	finite := e.reduce("and", e.to("is_finite", a.of(i1), "", a), e.constant(1, typ{elem: i1}), d, d+1)
	return e.choose(e.spread(finite, y.dims, d, d+1), y, e.like(math.NaN(), y))
}

// refine returns better eigenvectors of symmetric matrices, and the eigenvalues that go with them, where eigenvalues are not
// too close for that: Ogita and Aishima (2018), Iterative refinement for symmetric eigenvalue decomposition, algorithm 1.
func (e *emitter) refine(a, v value) (refined, eigenvalues value) {
	d := a.rank() - 2
	batch := upTo(0, d)
	r := e.same("subtract", e.identity(a.typ), e.product(v, v, batch, batch, []int{d}, []int{d}))
	s := e.product(v, e.product(a, v, batch, batch, []int{d + 1}, []int{d}), batch, batch, []int{d}, []int{d})
	on := e.compare("EQ", e.counting(d, a.of(i32)), e.counting(d+1, a.of(i32)))
	zero, one := e.like(0, a), e.like(1, a)
	w := e.sum(e.choose(on, e.same("divide", s, e.same("subtract", one, r)), zero), d)
	row := e.spread(w, a.dims, d)
	gap := e.choose(on, zero, e.same("subtract", row, e.spread(w, a.dims, d+1)))
	part := e.same("divide", e.same("add", s, e.same("multiply", row, r)), gap)
	half := e.same("multiply", r, e.like(0.5, r))
	small := e.compare("LT", e.same("abs", part), e.like(0.1, part))
	change := e.choose(e.same("and", small, e.same("not", on)), part, half)
	return e.same("add", v, e.product(v, change, batch, batch, []int{d + 1}, []int{d})), w
}
