package adbench

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// lstm is the loss of a model of text, and its gradient, on scalars: every bit has a cell of its own, so that tensors would
// be tiny.
func lstm() *Task {
	return &Task{
		Name: "lstm", About: "the loss of a model of text, long short-term memories; the gradient",
		Names: []string{"layers", "characters", "bits"}, Sizes: []int{2, 1024, 14}, Bytes: 1500,
		Make: func(sizes []int) Work {
			m := programs.NewMemory(sizes[0], sizes[1], sizes[2])
			return remembered(m)
		},
		Read: func(in *Numbers) (func() Work, []int) {
			l, c, b := in.size("layers"), in.size("characters"), in.size("bits")
			at := in.list(2 * l * 4 * b)
			at = append(at, in.list(3*b)...)
			state, text := in.list(2*l*b), in.list(c*b)
			in.end()
			if in.Err != nil {
				return nil, nil
			}
			return func() Work { return remembered(programs.MemoryOf(l, b, at, state, text)) }, []int{l, c, b}
		},
	}
}

func remembered(m *programs.Memory) Work {
	p := m.Program("lstm", 0)
	return Work{
		Inputs: len(p.At), Point: p.At, Plain: func() float64 { return p.Plain(p.At) },
		Derivative: gradientOnScalars(p.At, func(xs []graph.Value) graph.Value {
			return m.Loss(xs)
		}),
	}
}
