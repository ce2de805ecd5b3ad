package program

import (
	"math"
	"testing"
)

// specialNumbers are what simplifications must be exact for.
var specialNumbers = []float64{
	0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), 0.5, -2, 3, 1e-200, -1e-200, 1e200, 5e-324, 1e-308, math.MaxFloat64,
}

// A form is an operand of the instructions that are tried: how a builder is asked for it, and what it is for inputs.
type form struct {
	name string
	ask  func(b *builder) ref
	of   func(x []float64) float64
}

func forms() []form {
	list := []form{
		{"x", func(*builder) ref { return 0 }, func(x []float64) float64 { return x[0] }},
		{"y", func(*builder) ref { return 1 }, func(x []float64) float64 { return x[1] }},
	}
	for _, v := range append([]float64{2, 4, -0.25, 0.1}, specialNumbers...) {
		list = append(list, form{constantText(v), func(b *builder) ref { return b.constant(v) }, func([]float64) float64 { return v }})
	}
	f := func(op opcode, args ...form) form {
		for len(args) < 3 {
			args = append(args, list[0])
		}
		name := operations[op].name + "("
		for i, a := range args[:arities[op]] {
			if i > 0 {
				name += ", "
			}
			name += a.name
		}
		return form{
			name + ")",
			func(b *builder) ref { return b.emit(op, args[0].ask(b), args[1].ask(b), args[2].ask(b)) },
			func(x []float64) float64 { return operations[op].f(args[0].of(x), args[1].of(x), args[2].of(x)) },
		}
	}
	x, y, zero := list[0], list[1], list[6]
	return append(list,
		f(opNeg, x), f(opNeg, y), f(opAbs, x), f(opSquare, x), f(opReciprocal, y), f(opExp, x),
		f(opMul, x, y), f(opMul, list[5], x), f(opAdd, x, y), f(opSub, x, y), f(opEq, x, zero), f(opEq, zero, y),
		f(opAdd, f(opEq, x, zero), f(opEq, y, zero)), f(opWhere, x, y, zero), f(opNeg, f(opMul, x, y)),
	)
}

// What a builder gives for an instruction, whatever its operands are made of, has the value of the instruction, bit for
// bit.
func TestSimplify(t *testing.T) {
	all := forms()
	few := append(append([]form{}, all[:4]...), all[20:]...) // of three operands
	for op := opAdd; op < opMulAdd; op++ {
		if op >= opErf && op <= opSincDerivative && op != opErf {
			continue // slow, and no simplification knows them
		}
		list := all
		if arities[op] == 3 {
			list = few
		}
		faults := 0
		check := func(args ...form) {
			b := newBuilder("test", 2)
			var refs [3]ref
			for i, a := range args {
				refs[i] = a.ask(b)
			}
			r := b.emit(op, refs[0], refs[1], refs[2])
			code := b.finish([]ref{r}, b.count())
			m := code.machine("test")
			slots := m.workspace()
			for _, x := range specialNumbers {
				for _, y := range specialNumbers {
					slots[0], slots[1] = x, y
					run(m.steps, slots)
					var v [3]float64
					for i, a := range args {
						v[i] = a.of([]float64{x, y})
					}
					got, want := slots[m.outs[0]], operations[op].f(v[0], v[1], v[2])
					if got != got && want != want || math.Float64bits(got) == math.Float64bits(want) {
						continue
					}
					if op == opPow && math.Abs(got-want) <= 5e-324 && math.Abs(want) < 0x1p-1022 {
						continue // rounded once where math.Pow rounds twice
					}
					if faults++; faults < 4 {
						t.Errorf("%s of %v: %v for x = %v, y = %v, want %v", operations[op].name, names(args), got, x, y, want)
					}
				}
			}
		}
		for _, a := range list {
			switch arities[op] {
			case 1:
				check(a)
			case 2:
				for _, b := range list {
					check(a, b)
				}
			case 3:
				for _, b := range list {
					for _, c := range list {
						check(a, b, c)
					}
				}
			}
		}
	}
}

func names(args []form) []string {
	var list []string
	for _, a := range args {
		list = append(list, a.name)
	}
	return list
}
