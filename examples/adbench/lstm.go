package main

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// lstm is the loss of a model of text, and its gradient, on scalars: every bit has a cell of its own, so that tensors would
// be tiny.
func lstm() *task {
	return &task{
		name: "lstm", about: "the loss of a model of text, long short-term memories; the gradient",
		names: []string{"layers", "characters", "bits"}, sizes: []int{2, 1024, 14},
		make: func(sizes []int) work {
			m := programs.NewMemory(sizes[0], sizes[1], sizes[2])
			return remembered(m)
		},
		read: func(in *numbers) (work, []int) {
			l, c, b := in.size("layers"), in.size("characters"), in.size("bits")
			at := in.list(2 * l * 4 * b)
			at = append(at, in.list(3*b)...)
			state, text := in.list(2*l*b), in.list(c*b)
			in.end()
			if in.err != nil {
				return work{}, nil
			}
			return remembered(programs.MemoryOf(l, b, at, state, text)), []int{l, c, b}
		},
	}
}

func remembered(m *programs.Memory) work {
	p := m.Program("lstm", 0)
	return work{
		inputs: len(p.At), point: p.At, plain: func() float64 { return p.Plain(p.At) },
		derivative: gradientOnScalars(p.At, func(xs []graph.Value) graph.Value {
			return m.Loss(xs)
		}),
	}
}
