package stepper

import (
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// maxElements is the number of elements up to which a tensor is written out.
const maxElements = 12

// maxData is the number of elements up to which a tensor stands in full in the page's attributes.
const maxData = 64

// tensors reports whether some derivative is no number.
func (m *Model) tensors() bool {
	for k := range m.nodes {
		if m.hasTensors(k) {
			return true
		}
	}
	return false
}

// adjoint returns ∂l/∂v for a tensor v, nil if it was not kept.
func (m *Model) adjoint(n node) *tensor.Tensor {
	if !m.grads.Kept(n.Value()) {
		return nil
	}
	return m.grads.Tensor(n.Value())
}

// elements returns the numbers of a tensor as they stand in attributes: exactly, with spaces between them, "" if there
// are many.
func elements(t *tensor.Tensor) string {
	if t == nil || t.Len() > maxData {
		return ""
	}
	var b strings.Builder
	for i, v := range t.Float64s() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return b.String()
}

// tensorLines returns a tensor as it stands in a box: a matrix that is small by rows, a large one in short.
func tensorLines(t *tensor.Tensor) []string {
	if t == nil {
		return []string{"not kept"}
	}
	const short = 4
	dims := t.Dims()
	switch {
	case t.Len() > maxElements || len(dims) != 2 || t.Len() == 0:
		return []string{legible.Tensor(t, maxElements, short)}
	case dims[1] == 1 && dims[0] > 1: // a column
		return []string{"[" + strings.Join(row(t, 0, dims[0], short), " ") + "]ᵀ"}
	}
	lines := make([]string, dims[0])
	for i := range lines {
		lines[i] = "[" + strings.Join(row(t, i*dims[1], dims[1], short), " ") + "]"
	}
	return lines
}

// inLine returns the lines of a tensor as one.
func inLine(lines []string) string {
	if len(lines) == 1 {
		return lines[0]
	}
	return "[" + strings.Join(lines, " ") + "]"
}

// row returns n elements of a tensor.
func row(t *tensor.Tensor, first, n, digits int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = legible.Number(t.AtFlat(first+i), digits)
	}
	return out
}

// valueLines returns the value of a node as it stands in a box.
func (m *Model) valueLines(n node, f form) []string {
	if v, scalar := n.Scalar(); scalar {
		return []string{legible.Number(v, f.digits)}
	}
	lines := tensorLines(n.Data())
	return append([]string{tensor.FormatShape(n.Dims())}, lines...)
}

// adjointLines returns δ of a node as it stands in a box.
func (m *Model) adjointLines(n node, f form) []string {
	if _, scalar := n.Scalar(); scalar {
		return []string{"δ = " + legible.Number(m.grads.Scalar(n.Value()), f.digits)}
	}
	lines := tensorLines(m.adjoint(n))
	lines[0] = "δ = " + lines[0]
	return lines
}
