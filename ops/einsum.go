package ops

import (
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// Einsum returns the sum of products that spec describes in Einstein's notation, as in NumPy and PyTorch. Every operand
// has a term of letters, one for each axis; axes with one letter have one length. After the arrow stand the letters of
// the result, and what does not stand there is summed over:
//
//	"ij,jk->ik"     product of two matrices
//	"bij,bjk->bik"  of two batches of them
//	"ii->i"         diagonal
//	"ij->ji"        transpose
//	"i,j->ij"       outer product
//	"bqd,bkd->bqk"  scores of attention
//
// Without an arrow the result has the letters that occur once, in alphabetical order. An ellipsis stands for any number
// of axes in front, behind or between, which broadcast: "...ij,...jk->...ik". Blanks do not count.
//
// Einsum is made of other operations: sums, permutations and matrix products of two operands at a time, that pair first
// whose product is smallest.
//
// Derivative: by each operand, the sum of products of the cotangent with the other operands.
//
// It panics with a [*graph.Error] if spec is malformed or the operands do not fit it.
func Einsum(spec string, xs ...graph.Value) graph.Value {
	terms, out := parseEinsum(spec, xs)
	sizes := labelSizes(spec, terms)
	for i := range terms {
		terms[i] = terms[i].squeeze(sizes).diagonal()
	}
	for i := range terms {
		terms[i] = terms[i].sumExcept(needed(terms, out, i, -1))
	}
	for len(terms) > 1 {
		i, j := cheapest(terms, out, sizes)
		ab := contract(terms[i], terms[j], needed(terms, out, i, j), sizes)
		terms = append(slices.Delete(slices.Delete(terms, j, j+1), i, i+1), ab)
	}
	return terms[0].arrange(out).v
}

// A term is an operand with a label for each of its axes: a letter, or for the axes of an ellipsis -1, -2, ... from the
// last one on.
type term struct {
	v      graph.Value
	labels []int
}

const einsum = "ops.Einsum"

// parseEinsum returns the operands with their labels, and the labels of the result.
func parseEinsum(spec string, xs []graph.Value) (terms []term, out []int) {
	if len(xs) == 0 {
		panic(graph.Errorf(einsum, graph.ErrUsage, "%q: no operands: give one for each term", spec))
	}
	for _, x := range xs {
		x.CheckIn(einsum, xs[0].Graph())
	}
	left, right, arrow := strings.Cut(strings.ReplaceAll(spec, " ", ""), "->")
	parts := strings.Split(left, ",")
	if len(parts) != len(xs) {
		panic(graph.Errorf(einsum, graph.ErrUsage, "%q has %d terms for %d operands: give one for each, with commas between them", spec, len(parts), len(xs)))
	}
	ellipsis := 0
	count := map[int]int{}
	for i, part := range parts {
		dims := xs[i].Dims()
		letters := len(part)
		if strings.Contains(part, "...") {
			letters -= 3
			ellipsis = max(ellipsis, len(dims)-letters)
		}
		if letters > len(dims) || letters < len(dims) && letters == len(part) {
			panic(graph.Errorf(einsum, graph.ErrShape, "%q: term %q has %d letters, operand %d has shape %s: give one for each axis", spec, part, letters, i, tensor.FormatShape(dims)))
		}
		labels := parseLabels(spec, part, len(dims)-letters)
		terms = append(terms, term{xs[i], labels})
		for _, l := range labels {
			count[l]++
		}
	}
	if arrow {
		out = parseLabels(spec, right, ellipsis)
		for i, l := range out {
			if slices.Contains(out[:i], l) {
				panic(graph.Errorf(einsum, graph.ErrUsage, "%q: %q stands twice in the result: give every letter once", spec, rune(l)))
			}
			if count[l] == 0 {
				panic(graph.Errorf(einsum, graph.ErrUsage, "%q: %q of the result stands in no operand", spec, rune(l)))
			}
		}
		return terms, out
	}
	for l, n := range count {
		if n == 1 || l < 0 {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return terms, out
}

// parseLabels returns the labels of a term whose ellipsis stands for the given number of axes.
func parseLabels(spec, part string, ellipsis int) []int {
	before, after, found := strings.Cut(part, "...")
	var labels []int
	for k, s := range []string{before, after} {
		if k == 1 && found {
			for i := -ellipsis; i < 0; i++ {
				labels = append(labels, i)
			}
		}
		for _, r := range s {
			if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
				panic(graph.Errorf(einsum, graph.ErrUsage, "%q: %q in term %q is neither a letter nor one ellipsis: axes are a to z and A to Z", spec, r, part))
			}
			labels = append(labels, int(r))
		}
	}
	return labels
}

// labelSizes returns the length of each label's axes.
func labelSizes(spec string, terms []term) map[int]int {
	sizes := map[int]int{}
	for i, t := range terms {
		for k, l := range t.labels {
			d := t.v.Dims()[k]
			switch old, known := sizes[l]; {
			case !known || l < 0 && old == 1:
				sizes[l] = d
			case d != old && !(l < 0 && d == 1):
				name := "the ellipsis"
				if l > 0 {
					name = `"` + string(rune(l)) + `"`
				}
				panic(graph.Errorf(einsum, graph.ErrShape, "%q: axis %d of operand %d %s has length %d, but %s has length %d elsewhere", spec, k, i, tensor.FormatShape(t.v.Dims()), d, name, old))
			}
		}
	}
	return sizes
}

// squeeze drops the axes of length 1 that broadcast.
func (t term) squeeze(sizes map[int]int) term {
	var dims, labels []int
	for i, l := range t.labels {
		if d := t.v.Dims()[i]; d == sizes[l] {
			dims, labels = append(dims, d), append(labels, l)
		}
	}
	if len(labels) == len(t.labels) {
		return t
	}
	return term{Reshape(t.v, dims...), labels}
}

// diagonal takes the diagonal of axes that have one label.
func (t term) diagonal() term {
	for i := 0; i < len(t.labels); i++ {
		j := slices.Index(t.labels[:i], t.labels[i])
		if j < 0 {
			continue
		}
		order := []int{}
		for k := range t.labels {
			if k != i && k != j {
				order = append(order, k)
			}
		}
		labels := []int{}
		for _, k := range order {
			labels = append(labels, t.labels[k])
		}
		t = term{Diagonal(Permute(t.v, append(order, j, i)...)), append(labels, t.labels[i])}
		i = 0
	}
	return t
}

// needed returns the labels of the result and of all operands but i and j.
func needed(terms []term, out []int, i, j int) []int {
	labels := slices.Clone(out)
	for k, t := range terms {
		if k != i && k != j {
			labels = append(labels, t.labels...)
		}
	}
	return labels
}

// sumExcept sums over the axes whose labels are not among those to keep.
func (t term) sumExcept(keep []int) term {
	var axes, labels []int
	for i, l := range t.labels {
		if slices.Contains(keep, l) {
			labels = append(labels, l)
		} else {
			axes = append(axes, i)
		}
	}
	if len(axes) == 0 {
		return t
	}
	return term{Sum(t.v, axes...), labels}
}

// arrange permutes the axes to the given order of labels.
func (t term) arrange(labels []int) term {
	if slices.Equal(t.labels, labels) {
		return t
	}
	var axes []int
	for _, l := range labels {
		axes = append(axes, slices.Index(t.labels, l))
	}
	return term{Permute(t.v, axes...), labels}
}

// cheapest returns the pair of operands whose product has the fewest elements.
func cheapest(terms []term, out []int, sizes map[int]int) (i, j int) {
	best := 0.0
	for a := range terms {
		for b := a + 1; b < len(terms); b++ {
			keep := needed(terms, out, a, b)
			n := 1.0
			for _, l := range union(terms[a].labels, terms[b].labels) {
				if slices.Contains(keep, l) {
					n *= float64(sizes[l])
				}
			}
			if a == 0 && b == 1 || n < best {
				i, j, best = a, b, n
			}
		}
	}
	return i, j
}

func union(a, b []int) []int {
	u := slices.Clone(a)
	for _, l := range b {
		if !slices.Contains(a, l) {
			u = append(u, l)
		}
	}
	return u
}

// contract multiplies two operands and sums over the labels that both have and nothing else needs: a matrix product for
// every combination of the labels that both have and something else needs.
func contract(a, b term, keep []int, sizes map[int]int) term {
	var batch, summed, rows, columns []int
	for _, l := range a.labels {
		switch {
		case !slices.Contains(b.labels, l):
			rows = append(rows, l)
		case slices.Contains(keep, l):
			batch = append(batch, l)
		default:
			summed = append(summed, l)
		}
	}
	for _, l := range b.labels {
		if !slices.Contains(a.labels, l) {
			columns = append(columns, l)
		}
	}
	dims := func(labels []int) []int {
		var d []int
		for _, l := range labels {
			d = append(d, sizes[l])
		}
		return d
	}
	length := func(labels []int) int { return product(dims(labels)) }
	head := dims(batch)
	if len(batch) > 1 {
		head = []int{length(batch)}
	}
	left := Reshape(a.arrange(slices.Concat(batch, rows, summed)).v, slices.Concat(head, []int{length(rows), length(summed)})...)
	right := Reshape(b.arrange(slices.Concat(batch, summed, columns)).v, slices.Concat(head, []int{length(summed), length(columns)})...)
	labels := slices.Concat(batch, rows, columns)
	return term{Reshape(MatMul(left, right), dims(labels)...), labels}
}
