package ops

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/dense"
	"github.com/seed366ff29f/chainrule/internal/kernel"
	"golang.org/x/exp/constraints"
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
		Common:     solveCommon,
		Backward: func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			return systemBackward(n, i, ct, dst, fresh, n.Int(1) == 1, func(_, k int) (lo, hi int) { return 0, k })
		},
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
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			if i == 1 {
				return solve(n.Input(0), t, rightCotangent, n.Int(1))
			}
			if n.Int(1) == 1 {
				t = Transpose(t)
			}
			return Neg(solve(n.Input(0), matmul(t, n.Value(), leftCotangent), rightCotangent, n.Int(1)))
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
		Forward:    invForward,
		Backward: func(n graph.Node, _ int, ct, dst *tensor.Tensor, fresh bool) bool {
			array.Instance(n.DType(), invBackward[float64], invBackward[float32])(n, ct, dst, fresh)
			return true
		},
		VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
			yt := Transpose(n.Value())
			return Neg(matmul(matmul(yt, ct, rightCotangent), yt, leftCotangent))
		},
		Tangent: func(n graph.Node, _ int, t graph.Value) graph.Value {
			y := n.Value()
			return Neg(matmul(matmul(y, t, rightCotangent), y, leftCotangent))
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
		Forward:    func(n graph.Node) { solveTriangular(n, false) },
		Common:     func(n graph.Node, ct *tensor.Tensor) { solveTriangularCommon(n, ct, false) },
		Backward: func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			return systemBackward(n, i, ct, dst, fresh, false, func(i, _ int) (lo, hi int) { return 0, i + 1 })
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			db := triangularSystem(opSolveUpper, Transpose(n.Input(0)), ct, rightCotangent)
			if i == 1 {
				return db
			}
			return Neg(Tril(matmul(db, Transpose(n.Value()), leftCotangent), 0))
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			if i == 1 {
				return triangularSystem(opSolveLower, n.Input(0), t, rightCotangent)
			}
			return Neg(triangularSystem(opSolveLower, n.Input(0), matmul(Tril(t, 0), n.Value(), leftCotangent), rightCotangent))
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
		Forward:    func(n graph.Node) { solveTriangular(n, true) },
		Common:     func(n graph.Node, ct *tensor.Tensor) { solveTriangularCommon(n, ct, true) },
		Backward: func(n graph.Node, i int, ct, dst *tensor.Tensor, fresh bool) bool {
			return systemBackward(n, i, ct, dst, fresh, false, func(i, k int) (lo, hi int) { return i, k })
		},
		VJP: func(n graph.Node, i int, ct graph.Value) graph.Value {
			db := triangularSystem(opSolveLower, Transpose(n.Input(0)), ct, rightCotangent)
			if i == 1 {
				return db
			}
			return Neg(Triu(matmul(db, Transpose(n.Value()), leftCotangent), 0))
		},
		Tangent: func(n graph.Node, i int, t graph.Value) graph.Value {
			if i == 1 {
				return triangularSystem(opSolveUpper, n.Input(0), t, rightCotangent)
			}
			return Neg(triangularSystem(opSolveUpper, n.Input(0), matmul(Triu(t, 0), n.Value(), leftCotangent), rightCotangent))
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
// A matrix with an element that is infinite or NaN gives NaN, for every right side, and so do both gradients. An infinity
// or NaN of b spoils no other right side.
//
// Derivative: for the cotangent ct of the result, a⁻ᵀ·ct by b, and minus that times yᵀ by a.
//
// It panics with a [*graph.Error] if the shapes do not fit or a matrix is singular, which is to say that a pivot is
// exactly 0: a matrix that is singular but for rounding gives large numbers.
func Solve(a, b graph.Value) graph.Value {
	return asColumns(opSolve, a, b, func(a, b graph.Value) graph.Value { return solve(a, b, plainProduct, 0) })
}

// Inv returns the inverse of a square matrix, or of every matrix in a batch. To solve linear equations use [Solve],
// which is faster and more accurate. A matrix with an element that is infinite or NaN gives NaN, and so does its gradient.
//
// Derivative: for the cotangent ct of the result y, -yᵀ·ct·yᵀ.
//
// It panics with a [*graph.Error] if a matrix is not square or is singular, which is to say that a pivot is exactly 0.
func Inv(a graph.Value) graph.Value {
	c := graph.Begin(opInv, a)
	return c.Record(mustSquare(c, 0)...)
}

// SolveLower is [Solve] for a lower triangular matrix: what stands above the diagonal of a is not read. The equations are
// solved one after the other, so that an infinity or NaN of a or b spoils no element of the result before its row.
//
// Derivative: for the cotangent ct of the result, a⁻ᵀ·ct by b, and the lower triangle of minus that times yᵀ by a.
//
// It panics with a [*graph.Error] if the shapes do not fit or an element of the diagonal is 0.
func SolveLower(a, b graph.Value) graph.Value {
	return asColumns(opSolveLower, a, b, func(a, b graph.Value) graph.Value {
		return triangularSystem(opSolveLower, a, b, plainProduct)
	})
}

// SolveUpper is [Solve] for an upper triangular matrix: what stands below the diagonal of a is not read. The equations are
// solved one after the other, the last first, so that an infinity or NaN of a or b spoils no element of the result behind
// its row.
//
// Derivative: for the cotangent ct of the result, a⁻ᵀ·ct by b, and the upper triangle of minus that times yᵀ by a.
//
// It panics with a [*graph.Error] if the shapes do not fit or an element of the diagonal is 0.
func SolveUpper(a, b graph.Value) graph.Value {
	return asColumns(opSolveUpper, a, b, func(a, b graph.Value) graph.Value {
		return triangularSystem(opSolveUpper, a, b, plainProduct)
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

// triangularSystem records the solution of equations whose matrix is triangular, for matrices b.
func triangularSystem(op graph.Op, a, b graph.Value, cotangents int) graph.Value {
	return system(graph.Begin(op, a, b)).Ints(cotangents).Record(systemShape(a, b)...)
}

func solveForward(n graph.Node) {
	dims := n.In(0).Dims()
	f := newLU(dims[len(dims)-1])
	defer f.free()
	saved := saveLU(n, batchLen(dims), f.n)
	eachSystem(n, n.In(1), n.Out(), func(matrix, offset int) {
		f.factor(n.In(0), offset)
		if p := f.zeroPivot(); p >= 0 {
			panic(singularError(n, matrix, p))
		}
		saved.keep(matrix, f)
	}, func(b []float64, cols int) {
		solveSystem(b, cols, n.Int(0) == rightCotangent, func(b []float64, cols int) { f.solve(n.Int(1) == 1, b, cols) })
	})
}

// solveSystem replaces b with the solution, which solve finds. If b is a cotangent, columns of zeros stay zeros.
func solveSystem(b []float64, cols int, cotangent bool, solve func(b []float64, cols int)) {
	var zero []int
	if cotangent {
		zero = zeroColumns(b, cols)
	}
	solve(b, cols)
	for _, j := range zero {
		for i := j; i < len(b); i += cols {
			b[i] = 0
		}
	}
}

// solveCommon leaves the cotangent of the right sides, which that of the matrices is made of, in Save.
func solveCommon(n graph.Node, ct *tensor.Tensor) {
	dims := n.In(0).Dims()
	f := newLU(dims[len(dims)-1])
	defer f.free()
	saved := saveLU(n, batchLen(dims), f.n)
	eachSystem(n, ct, n.Save(1, ct.Dims()...), func(matrix, _ int) {
		saved.restore(matrix, f)
	}, func(b []float64, cols int) {
		solveSystem(b, cols, true, func(b []float64, cols int) { f.solve(n.Int(1) == 0, b, cols) })
	})
}

// systemBackward adds to dst what the cotangent that Common left contributes to the matrix, where part says which
// elements of row i it reads, or to the right side.
func systemBackward(n graph.Node, i int, ct, dst *tensor.Tensor, fresh, transposed bool, part func(i, k int) (lo, hi int)) bool {
	if i == 0 {
		array.Instance(n.DType(), addSystems[float64], addSystems[float32])(n, ct, dst, fresh, transposed, part)
		return true
	}
	n.Unstretched(ct, dst, fresh, func(dst *tensor.Tensor, fresh bool) { addScaled(dst, 1, n.Saved(1), fresh) })
	return true
}

// addSystems adds -db·yᵀ to dst for the cotangent db of the right side, or -y·dbᵀ for the transposed system.
func addSystems[T constraints.Float](n graph.Node, ct, dst *tensor.Tensor, fresh, transposed bool, part func(i, k int) (lo, hi int)) {
	x, dims := n.In(0).Dims(), ct.Dims()
	k, cols := x[len(x)-1], dims[len(dims)-1]
	d, y, db := tensor.Data[T](dst), tensor.Data[T](n.Out()), tensor.Data[T](n.Saved(1))
	if len(y) == 0 {
		if fresh {
			dst.Zero()
		}
		return
	}
	batches := batchLen(dims)
	whole := fresh && batchLen(x) == batches // every matrix has one product
	if fresh && !whole {
		dst.Zero()
	}
	product := n.Buffer(k, k)
	defer n.FreeTemp(product)
	kernel.Neg(db, db)
	p := array.Pair(dims[:len(dims)-2], x[:len(x)-2], dims[:len(dims)-2])
	for r := range p.Runs {
		for s := range r.N {
			a, b, cotangent := db[(r.Out+s)*k*cols:][:k*cols], y[(r.Out+s)*k*cols:][:k*cols], leftCotangent
			if transposed {
				a, b, cotangent = b, a, rightCotangent
			}
			to, at := tensor.Data[T](product), d[(r.A+s*r.StepA)*k*k:][:k*k]
			if whole {
				to = at
			}
			settle(cotangent, a, b, to, false, func(win int) { gemm(win, false, true, k, k, cols, a, cols, b, cols, to, k, false) })
			for i := range k {
				lo, hi := part(i, k)
				if !whole {
					kernel.AddTo(at[i*k+lo:i*k+hi], to[i*k+lo:i*k+hi])
					continue
				}
				clear(at[i*k : i*k+lo])
				clear(at[i*k+hi : i*k+k])
			}
		}
	}
	kernel.Neg(db, db)
}

func invForward(n graph.Node) {
	eachSquare(n, func(m int, a []float64, f *lu) {
		copy(f.data, a)
		f.factorData()
		if p := f.zeroPivot(); p >= 0 {
			panic(singularError(n, m, p))
		}
		f.invert(a)
		fromFloat64(n.Out(), m*f.n*f.n, a)
	})
}

// invBackward adds -yᵀ·ct·yᵀ to dst, or sets it.
func invBackward[T constraints.Float](n graph.Node, ct, dst *tensor.Tensor, fresh bool) {
	dims := n.Dims()
	k := dims[len(dims)-1]
	buffer := n.Buffer(k, k)
	defer n.FreeTemp(buffer)
	half := tensor.Data[T](buffer)
	for m := 0; m < n.Out().Len(); m += k * k {
		y, w, d := tensor.Data[T](n.Out())[m:m+k*k], tensor.Data[T](ct)[m:m+k*k], tensor.Data[T](dst)[m:m+k*k]
		settle(rightCotangent, y, w, half, false, func(win int) { gemm(win, true, false, k, k, k, y, k, w, k, half, k, false) })
		kernel.Neg(half, half)
		settle(leftCotangent, half, y, d, !fresh, func(win int) { gemm(win, false, true, k, k, k, half, k, y, k, d, k, !fresh) })
	}
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

func solveTriangular(n graph.Node, upper bool) {
	t := dense.Triangle{N: n.In(0).Dims()[n.In(0).Rank()-1], Upper: upper}
	var room dense.Workspace
	defer room.Free()
	t.LD, t.Data = t.N, room.Floats(t.N*t.N)
	eachSystem(n, n.In(1), n.Out(), func(matrix, offset int) {
		toFloat64(t.Data, n.In(0), offset)
		for i := range t.N {
			if t.Data[i*(t.N+1)] == 0 {
				panic(n.Errorf(graph.ErrValue, "%s is singular: element (%d,%d) of its diagonal is 0", whichMatrix(n, 0, matrix), i, i))
			}
		}
	}, func(b []float64, cols int) {
		solveSystem(b, cols, n.Int(0) == rightCotangent, func(b []float64, cols int) { t.Solve(b, cols, cols) })
	})
}

// solveTriangularCommon is [solveCommon] for a triangular matrix.
func solveTriangularCommon(n graph.Node, ct *tensor.Tensor, upper bool) {
	t := dense.Triangle{N: n.In(0).Dims()[n.In(0).Rank()-1], Upper: upper}.T()
	var room dense.Workspace
	defer room.Free()
	t.LD, t.Data = t.N, room.Floats(t.N*t.N)
	eachSystem(n, ct, n.Save(1, ct.Dims()...), func(_, offset int) {
		toFloat64(t.Data, n.In(0), offset)
	}, func(b []float64, cols int) {
		solveSystem(b, cols, true, func(b []float64, cols int) { t.Solve(b, cols, cols) })
	})
}

// eachSystem calls factor for every matrix of operand 0, with its number in the batch and where it begins, and then
// replace with a copy of every right side of b that goes with it, whose solution it stores in out.
func eachSystem(n graph.Node, b, out *tensor.Tensor, factor func(matrix, offset int), replace func(b []float64, cols int)) {
	x, y := n.In(0).Dims(), b.Dims()
	k, cols := x[len(x)-1], y[len(y)-1]
	if out.Len() == 0 {
		return
	}
	double := out.DType() == tensor.Float64
	var room dense.Workspace
	defer room.Free()
	var rhs []float64
	if !double {
		rhs = room.Floats(k * cols)
	}
	last := -1
	p := array.Pair(out.Dims()[:out.Rank()-2], x[:len(x)-2], y[:len(y)-2])
	for r := range p.Runs {
		for s := range r.N {
			if m := r.A + s*r.StepA; m != last {
				factor(m, m*k*k)
				last = m
			}
			at := (r.Out + s) * k * cols
			if double {
				rhs = out.Float64s()[at : at+k*cols]
			}
			toFloat64(rhs, b, (r.B+s*r.StepB)*k*cols)
			replace(rhs, cols)
			if !double {
				fromFloat64(out, at, rhs)
			}
		}
	}
}
