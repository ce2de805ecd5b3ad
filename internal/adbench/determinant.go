package adbench

import (
	"math/bits"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
	"github.com/seed366ff29f/chainrule/ops"
)

// determinant is that of a matrix by expansion along its first column, again and again: n·(n-1)·… products of scalars, in a
// recursion. Its gradient are the cofactors.
func determinant() *Task {
	return &Task{
		Name: "det", About: "a determinant by expansion into minors; the gradient",
		Names: []string{"rows"}, Sizes: []int{8}, Most: 11, // 11 rows are 40 million products
		Make: func(sizes []int) Work {
			n := sizes[0]
			rng := programs.Draws(7)
			at := rng.Fill(n*n, 0, 1)
			return Work{
				Inputs: n * n, Point: at, Plain: func() float64 { return minor(at, n, 0, 1<<n-1) },
				Derivative: gradientOnScalars(at, func(xs []graph.Value) graph.Value { return minorOf(xs, n, 0, 1<<n-1) }),
			}
		},
	}
}

// minor returns the determinant of what columns from j on have in the rows of a set.
func minor(a []float64, n, j, rows int) float64 {
	sum, sign := 0.0, 1.0
	for left := rows; left != 0; left &= left - 1 {
		i := bits.TrailingZeros(uint(left))
		term := a[i*n+j]
		if rest := rows &^ (1 << i); rest != 0 {
			term *= minor(a, n, j+1, rest)
		}
		sum += sign * term
		sign = -sign
	}
	return sum
}

// minorOf is minor on the graph.
func minorOf(a []graph.Value, n, j, rows int) (sum graph.Value) {
	minus := false
	for left := rows; left != 0; left &= left - 1 {
		i := bits.TrailingZeros(uint(left))
		term := a[i*n+j]
		if rest := rows &^ (1 << i); rest != 0 {
			term = ops.Mul(term, minorOf(a, n, j+1, rest))
		}
		switch {
		case left == rows:
			sum = term
		case minus:
			sum = ops.Sub(sum, term)
		default:
			sum = ops.Add(sum, term)
		}
		minus = !minus
	}
	return sum
}
