package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

var opSolve, opInv, opSolveLower, opSolveUpper graph.Op

func init() {
	systems := []string{
		"(3,3) (3)", "(2,2) (2,3)", "(1,1) (1)", "(2,2,2) (2,2,1)", "(2,2) (3,2,1)", "(3,2,2) (2)",
		"(2,1,2,2) (3,2,1)", "(2,2,2) (2,2)", "(0,0) (0)", "(2,2) (2,0)", "(0,2,2) (2)",
	}
	register(&opSolve, graph.Row{
		Name: "solve", Func: Solve, Params: "a, b",
		Doc:        "solution of linear equations",
		Formula:    "a⁻¹·b",
		Derivative: "-a⁻ᵀ·ct·yᵀ, a⁻ᵀ·ct",
		Forward:    solveForward,
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			transposed := n.Int(1)
			db := solve(n.Input(0), ct, rightCotangent, 1-transposed)
			switch {
			case i == 1:
				return db
			case transposed == 1:
				return Neg(matmul(n.Value(), Transpose(db), rightCotangent))
			default:
				return Neg(matmul(db, Transpose(n.Value()), leftCotangent))
			}
		},
		Prepare: wellConditioned,
		Try:     systems,
		Source:  "Giles (2008), Collected matrix derivative results, 2.3.1; LAPACK's getrf and getrs",
	})
	register(&opInv, graph.Row{
		Name: "inv", Func: Inv, Params: "a",
		Doc:        "inverse of a square matrix, of every matrix in a batch",
		Formula:    "a⁻¹",
		Derivative: "-yᵀ·ct·yᵀ",
		Forward: func(n graph.Node) {
			dims := n.In(0).Dims()
			k := dims[len(dims)-1]
			if k == 0 {
				return
			}
			f := newLU(k)
			for m := range batchLen(dims) {
				f.factor(n.In(0), m*k*k)
				if p := f.zeroPivot(); p >= 0 {
					panic(singularError(n, m, p))
				}
				f.invert()
				fromFloat64(n.Out(), m*k*k, f.data)
			}
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			yt := Transpose(n.Value())
			return Neg(matmul(matmul(yt, ct, rightCotangent), yt, leftCotangent))
		},
		Prepare: wellConditioned,
		Try:     []string{"(3,3)", "(1,1)", "(2,2,2)", "(0,0)", "(0,2,2)"},
		Source:  "Giles (2008), Collected matrix derivative results, 2.2.3; LAPACK's getrf and getri",
	})
	register(&opSolveLower, graph.Row{
		Name: "solve_lower", Func: SolveLower, Params: "a, b",
		Doc:        "solution of linear equations whose matrix is lower triangular",
		Formula:    "tril(a)⁻¹·b",
		Derivative: "-tril(a⁻ᵀ·ct·yᵀ), a⁻ᵀ·ct",
		Forward:    func(n graph.Node) { solveTriangular(n, blas.Lower) },
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			db := SolveUpper(Transpose(n.Input(0)), ct)
			if i == 1 {
				return db
			}
			return Neg(Tril(matmul(db, Transpose(n.Value()), leftCotangent), 0))
		},
		Prepare: wellConditioned,
		Try:     systems,
		Source:  "Giles (2008), restricted to the triangle; BLAS's trsm",
	})
	register(&opSolveUpper, graph.Row{
		Name: "solve_upper", Func: SolveUpper, Params: "a, b",
		Doc:        "solution of linear equations whose matrix is upper triangular",
		Formula:    "triu(a)⁻¹·b",
		Derivative: "-triu(a⁻ᵀ·ct·yᵀ), a⁻ᵀ·ct",
		Forward:    func(n graph.Node) { solveTriangular(n, blas.Upper) },
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			db := SolveLower(Transpose(n.Input(0)), ct)
			if i == 1 {
				return db
			}
			return Neg(Triu(matmul(db, Transpose(n.Value()), leftCotangent), 0))
		},
		Prepare: wellConditioned,
		Try:     systems,
		Source:  "Giles (2008), restricted to the triangle; BLAS's trsm",
	})
}

// Solve returns the y for which a·y = b. For a of shape (n,n), b is a vector (n) or a matrix (n,k) of k right sides, and
// y has the shape of b. Axes before these are a batch and broadcast.
//
// What b is follows PyTorch: vectors if it has one axis, or if its shape is a's without the last axis; else matrices.
// With a of shape (5,3,3), for instance, b of shape (3) or (5,3) holds vectors, and b of shape (3,2) or (5,3,1) matrices.
//
// Derivative: for the cotangent ct of the result, a⁻ᵀ·ct by b, and minus that times yᵀ by a.
//
// It panics with a [*graph.Error] if the shapes do not fit or a matrix is singular, which is to say that a pivot is
// exactly 0: a matrix that is singular but for rounding gives large numbers.
func Solve(a, b graph.Value) graph.Value {
	return asColumns(opSolve, a, b, func(a, b graph.Value) graph.Value { return solve(a, b, plainProduct, 0) })
}

// Inv returns the inverse of a square matrix, or of every matrix in a batch. To solve linear equations use [Solve],
// which is faster and more accurate.
//
// Derivative: for the cotangent ct of the result y, -yᵀ·ct·yᵀ.
//
// It panics with a [*graph.Error] if a matrix is not square or is singular, which is to say that a pivot is exactly 0.
func Inv(a graph.Value) graph.Value {
	c := graph.Begin(opInv, a)
	return c.Record(mustSquare(c, 0)...)
}

// SolveLower is [Solve] for a lower triangular matrix: what stands above the diagonal of a is not read.
//
// Derivative: for the cotangent ct of the result, a⁻ᵀ·ct by b, and the lower triangle of minus that times yᵀ by a.
//
// It panics with a [*graph.Error] if the shapes do not fit or an element of the diagonal is 0.
func SolveLower(a, b graph.Value) graph.Value {
	return asColumns(opSolveLower, a, b, func(a, b graph.Value) graph.Value {
		return system(graph.Begin(opSolveLower, a, b)).Record(systemShape(a, b)...)
	})
}

// SolveUpper is [Solve] for an upper triangular matrix: what stands below the diagonal of a is not read.
//
// Derivative: for the cotangent ct of the result, a⁻ᵀ·ct by b, and the upper triangle of minus that times yᵀ by a.
//
// It panics with a [*graph.Error] if the shapes do not fit or an element of the diagonal is 0.
func SolveUpper(a, b graph.Value) graph.Value {
	return asColumns(opSolveUpper, a, b, func(a, b graph.Value) graph.Value {
		return system(graph.Begin(opSolveUpper, a, b)).Record(systemShape(a, b)...)
	})
}

// wellConditioned makes the matrices of operand 0 diagonally dominant.
func wellConditioned(i int, x graph.Value) graph.Value {
	if i > 0 {
		return x
	}
	return Add(x, mask(x, func(i, j int) float64 { return 7 * indicator(i == j) }))
}

// asColumns calls f with right sides that are matrices. Vectors become columns, and their last axis disappears again.
func asColumns(op graph.Op, a, b graph.Value, f func(a, b graph.Value) graph.Value) graph.Value {
	c := graph.Begin(op, a, b)
	x, y := mustSquare(c, 0), c.Dims(1)
	if len(y) == 0 {
		panic(c.Errorf(graph.ErrShape, "the right side is a scalar, the matrix has shape %s: give a vector of length %d", tensor.FormatShape(x), x[len(x)-1]))
	}
	if len(y) > 1 && !slices.Equal(y, x[:len(x)-1]) {
		return f(a, b)
	}
	columns := f(a, Reshape(b, append(slices.Clone(y), 1)...))
	dims := columns.Dims()
	return Reshape(columns, dims[:len(dims)-1]...)
}

// system checks that a·y = b can be solved for matrices b.
func system(c graph.Call) graph.Call {
	x, y := c.Dims(0), c.Dims(1)
	if n := x[len(x)-1]; y[len(y)-2] != n {
		panic(c.Errorf(graph.ErrShape, "the matrix has shape %s, the right side %s: it must have %d rows", tensor.FormatShape(x), tensor.FormatShape(y), n))
	}
	var buf [tensor.MaxRank]int
	if _, ok := array.BroadcastShapes(buf[:0], x[:len(x)-2], y[:len(y)-2]); !ok {
		panic(c.Errorf(graph.ErrShape, "batch axes differ: the matrix has shape %s, the right side %s: before the last two axes, lengths must be equal or one of them 1", tensor.FormatShape(x), tensor.FormatShape(y)))
	}
	return c
}

// systemShape returns the shape of the solution.
func systemShape(a, b graph.Value) []int {
	x, y := a.Dims(), b.Dims()
	shape, _ := array.BroadcastShapes(make([]int, 0, tensor.MaxRank), x[:len(x)-2], y[:len(y)-2])
	return append(shape, y[len(y)-2:]...)
}

// solve records the solution of a·y = b, or of aᵀ·y = b if transposed is 1, for matrices b.
func solve(a, b graph.Value, cotangents, transposed int) graph.Value {
	return system(graph.Begin(opSolve, a, b)).Ints(cotangents, transposed).Record(systemShape(a, b)...)
}

func solveForward(n graph.Node) {
	f := newLU(n.In(0).Dims()[n.In(0).Rank()-1])
	eachSystem(n, func(matrix, offset int) {
		f.factor(n.In(0), offset)
		if p := f.zeroPivot(); p >= 0 {
			panic(singularError(n, matrix, p))
		}
	}, func(b []float64, cols int) {
		var zero []int
		if n.Int(0) == rightCotangent {
			zero = zeroColumns(b, cols)
		}
		f.solve(n.Int(1) == 1, b, cols)
		for _, j := range zero {
			for i := range f.n {
				b[i*cols+j] = 0
			}
		}
	})
}

// zeroColumns returns which columns of b are zero.
func zeroColumns(b []float64, cols int) []int {
	var zero []int
columns:
	for j := range cols {
		for i := j; i < len(b); i += cols {
			if b[i] != 0 {
				continue columns
			}
		}
		zero = append(zero, j)
	}
	return zero
}

func solveTriangular(n graph.Node, uplo blas.Uplo) {
	k := n.In(0).Dims()[n.In(0).Rank()-1]
	t := blas64.Triangular{Uplo: uplo, Diag: blas.NonUnit, N: k, Stride: max(k, 1), Data: make([]float64, k*k)}
	eachSystem(n, func(matrix, offset int) {
		toFloat64(t.Data, n.In(0), offset)
		for i := range k {
			if t.Data[i*(k+1)] == 0 {
				panic(n.Errorf(graph.ErrValue, "%s is singular: element (%d,%d) of its diagonal is 0", whichMatrix(n, 0, matrix), i, i))
			}
		}
	}, func(b []float64, cols int) {
		blas64.Trsm(blas.Left, blas.NoTrans, 1, t, general(k, cols, b))
	})
}

// eachSystem calls factor for every matrix of operand 0, with its number in the batch and where it begins, and then
// replace with every right side that goes with it, whose solution it stores.
func eachSystem(n graph.Node, factor func(matrix, offset int), replace func(b []float64, cols int)) {
	a, b, out := n.In(0), n.In(1), n.Out()
	x, y := a.Dims(), b.Dims()
	k, cols := x[len(x)-1], y[len(y)-1]
	if out.Len() == 0 {
		return
	}
	rhs := make([]float64, k*cols)
	last := -1
	p := array.Pair(out.Dims()[:out.Rank()-2], x[:len(x)-2], y[:len(y)-2])
	for r := range p.Runs {
		for s := range r.N {
			if m := r.A + s*r.StepA; m != last {
				factor(m, m*k*k)
				last = m
			}
			toFloat64(rhs, b, (r.B+s*r.StepB)*k*cols)
			replace(rhs, cols)
			fromFloat64(out, (r.Out+s)*k*cols, rhs)
		}
	}
}
