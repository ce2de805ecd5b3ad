package opstest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// forwardSweep holds the derivative in a direction by one forward sweep against that by two backward ones, in both
// precisions: at the sample's operands, and with special numbers among operands and directions.
func forwardSweep(t *testing.T, s rowtest.Sample) {
	rng := rand.New(rand.NewPCG(3, 4))
	rounds := 4
	if rowtest.Elementwise(s.Row) && len(s.Operands) > 1 { // which have many samples
		rounds = 2
	}
	for round := range rounds {
		spoiled := s
		special := round > 0
		if special {
			spoiled.Operands = rowtest.Spoil(rng, s.Operands)
		}
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			numbers := []float64{1, 0, -2, math.Copysign(0, -1), 0.5, math.Inf(1), math.NaN()}
			if dtype == tensor.Float32 {
				numbers = numbers[:5] // what underflows is not 0 in both ways, and times infinity it shows
			}
			var dirs []*tensor.Tensor
			for _, x := range s.Operands {
				d := tensor.New(dtype, x.Shape()...)
				for k := range d.Len() {
					d.SetFlat(rng.NormFloat64(), k)
					if special {
						d.SetFlat(numbers[rng.IntN(len(numbers))], k)
					}
				}
				if special && !slices.ContainsFunc(rowtest.Numbers(d), func(v float64) bool { return v != 0 }) && d.Len() > 0 {
					d.SetFlat(1, 0) // a forward sweep leaves an operand alone that does not move; the others multiply with 0
				}
				dirs = append(dirs, d)
			}
			var value, forward, reverse []float64
			err := graph.Try(func() {
				g := graph.New(graph.WithDType(dtype))
				xs := rowtest.Variables(g, spoiled.Operands)
				y := spoiled.Apply(xs)
				if !y.WantsGrad() { // without operands
					return
				}
				value = rowtest.Numbers(y.Tensor())
				forward = rowtest.Numbers(autograd.Forward(y, xs, dirs))
				reverse = rowtest.Numbers(twoSweeps(y, xs, dirs))
			})
			if err != nil {
				if special {
					continue // a matrix that is singular now, a label that is none
				}
				t.Fatal(err)
			}
			tolerance := 1e-9
			if dtype == tensor.Float32 {
				tolerance = 1e-3
			}
			for k, want := range reverse {
				if (math.IsNaN(value[k]) || math.IsInf(value[k], 0)) && !rowtest.Elementwise(s.Row) {
					continue // what a derivative is there is up to each way
				}
				if got := forward[k]; !rowtest.SameNumber(got, want, tolerance, 1) {
					t.Fatalf("%v: operands %v, directions %v: element %d is %v by a forward sweep, %v by two backward ones",
						dtype, rowtest.Show(spoiled.Operands), rowtest.Show(dirs), k, got, want)
				}
			}
		}
	}
}

// severalDirections holds a forward sweep in several directions, some of which leave operands alone, against one in each.
func severalDirections(t *testing.T, s rowtest.Sample) {
	var at []float64
	for _, x := range s.Operands {
		at = append(at, rowtest.Numbers(x)...)
	}
	f := func(x graph.Value) graph.Value {
		var xs []graph.Value
		from := 0
		for _, operand := range s.Operands {
			part := ops.Slice(x, 0, from, from+operand.Len())
			xs = append(xs, ops.Reshape(part, operand.Dims()...))
			from += operand.Len()
		}
		return s.Apply(xs)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	dirs := make([][]float64, 5)
	for r := range dirs {
		dirs[r] = make([]float64, len(at))
		for k := range at {
			if r == 0 || rng.IntN(r) > 0 {
				dirs[r][k] = rng.NormFloat64()
			}
		}
	}
	if len(s.Operands) == 0 {
		return
	}
	_, together := autograd.JVPs(f, at, dirs...)
	for r, dir := range dirs {
		_, alone := autograd.JVP(f, at, dir)
		for k, want := range rowtest.Numbers(alone) {
			if got := together[r].AtFlat(k); !rowtest.SameNumber(want, got, agree64, 1) {
				t.Fatalf("element %d in direction %d is %v by a sweep in all directions, %v by one in this one", k, r, got, want)
			}
		}
	}
}

// twoSweeps returns the derivative of y as xs move along dirs, by the derivative of the backward sweep, which is linear
// in its seed, by that seed.
func twoSweeps(y graph.Value, xs []graph.Value, dirs []*tensor.Tensor) *tensor.Tensor {
	g := y.Graph()
	seed := g.VarTensor(tensor.New(tensor.Float64, y.Shape()...))
	sum := g.Const(0)
	for i, d := range autograd.Grad(ops.Sum(ops.Mul(seed, y)), xs...) {
		sum = ops.Add(sum, ops.Sum(ops.Mul(d, g.ConstTensor(dirs[i]))))
	}
	return autograd.Backward(sum).Tensor(seed)
}

// moves checks Row.Moves: with other numbers in every place, those of the result are among them, or 0.
func moves(t *testing.T, s rowtest.Sample) {
	numbers := map[float64]bool{0: true}
	var operands []*tensor.Tensor
	for i, x := range s.Operands {
		if i > 0 && s.Row.Class != graph.Linear { // it says which
			operands = append(operands, x)
			continue
		}
		x = tensor.New(tensor.Float64, x.Shape()...)
		for k := range x.Len() {
			v := math.Sqrt(float64(len(numbers)) + 1.5)
			x.SetFlat(v, k)
			numbers[v] = true
		}
		operands = append(operands, x)
	}
	for k, v := range rowtest.Numbers(s.Apply(rowtest.Variables(graph.New(), operands)).Tensor()) {
		if !numbers[v] {
			t.Errorf("element %d of the result is %v, which is no element of the operands %v", k, v, rowtest.Show(operands))
		}
	}
}
