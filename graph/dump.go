package graph

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// WriteText writes the tape as text, one node a line in recording order, and returns the first error of w:
//
//	%1 = leaf "x"  () 2
//	%2 = mul(%1, %1)  () 4
func (g *Graph) WriteText(w io.Writer) error {
	g.must("graph.Graph.WriteText")
	if w == nil {
		panic(Errorf("graph.Graph.WriteText", ErrUsage, "got a nil io.Writer: give one such as os.Stdout"))
	}
	b := bufio.NewWriter(w)
	for v := range g.Nodes() {
		n := v.Node()
		fmt.Fprintf(b, "%%%d = %s", n.id, n.OpName())
		if in := n.NumInputs(); in > 0 {
			b.WriteByte('(')
			for i := range in {
				if i > 0 {
					b.WriteString(", ")
				}
				b.WriteString("%" + strconv.Itoa(int(n.inputID(i))))
			}
			b.WriteByte(')')
		}
		if name := n.Name(); name != "" {
			fmt.Fprintf(b, " %q", name)
		}
		if v, ok := n.Scalar(); ok {
			fmt.Fprintf(b, "  () %g\n", v)
		} else {
			fmt.Fprintf(b, "  %s %s\n", tensor.FormatShape(n.Dims()), n.Data().Summary(6, 6))
		}
	}
	return b.Flush()
}
