package autograd

import (
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/internal/legible"
)

// cuts returns the keys that every path passes, from y down to x. Keys are numbered in recording order and arcs lead
// down, so a key is passed by every path if no arc spans it.
func (e *explainer) cuts() []int {
	n := e.numKeys()
	cuts := []int{n - 1}
	lowest := n - 1 // that an arc from above leads to
	var buf []arc
	for k := n - 1; k > 0; k-- {
		buf = e.down(buf[:0], k)
		for _, a := range buf {
			lowest = min(lowest, a.to)
		}
		// Arcs from k and above lead to lowest at the farthest. If all of them end at k-1 or above, k-1 is a cut.
		if lowest >= k-1 {
			cuts = append(cuts, k-1)
		}
	}
	return cuts
}

// pathsBetween returns the paths from one key down to another, of which there are few.
func (e *explainer) pathsBetween(from, to int) [][]int {
	type frame struct {
		arcs []arc
		next int
	}
	arcs := func(k int) []arc {
		var out []arc
		for _, a := range e.down(nil, k) {
			if a.to >= to {
				out = append(out, a)
			}
		}
		slices.SortFunc(out, func(a, b arc) int { return a.to - b.to })
		return out
	}
	var paths [][]int
	path := []int{from}
	stack := []frame{{arcs: arcs(from)}}
	for len(stack) > 0 {
		f := &stack[len(stack)-1]
		if f.next == len(f.arcs) {
			stack = stack[:len(stack)-1]
			path = path[:len(path)-1]
			continue
		}
		k := f.arcs[f.next].to
		f.next++
		if k == to {
			paths = append(paths, append(slices.Clone(path), to))
			continue
		}
		path = append(path, k)
		stack = append(stack, frame{arcs: arcs(k)})
	}
	return paths
}

// byPath writes every path.
func (e *explainer) byPath(paths int) {
	cuts := e.cuts()
	total := e.total()
	symbol := e.ratio(cuts[0], cuts[len(cuts)-1])
	var sums [][2]int // pairs of cuts with several paths between them
	weights := make([]float64, len(cuts)-1)
	parts := make(map[[2]int][][]int)
	factors := newFactorSet()
	for i := range weights {
		pair := [2]int{cuts[i], cuts[i+1]}
		ps := [][]int{{cuts[i], cuts[i+1]}}
		if paths > 1 {
			ps = e.pathsBetween(cuts[i], cuts[i+1])
		}
		if len(ps) == 1 {
			weights[i] = e.derivative(pair[0], pair[1])
			factors.add(pair)
			continue
		}
		sums = append(sums, pair)
		parts[pair] = ps
		for _, p := range ps {
			weights[i] += e.along(p)
		}
	}
	if paths > 1 {
		e.write(legible.Count(paths), " paths lead from ", e.label(e.keyPlace(cuts[0])), " to ", e.label(e.keyPlace(cuts[len(cuts)-1])),
			": the factors along a path are multiplied, the paths are added.\n\n")
	}
	if len(cuts) > 2 || len(sums) == 0 {
		e.product(symbol, cuts, weights, number(total))
		e.write("\n")
	}
	for _, pair := range sums {
		e.sum(pair, parts[pair], total, len(cuts) == 2)
		e.write("\n")
		for _, p := range parts[pair] {
			for i := range len(p) - 1 {
				factors.add([2]int{p[i], p[i+1]})
			}
		}
	}
	e.factors(factors.list)
}

// total returns the result of the sweep.
func (e *explainer) total() float64 { return e.grads.Scalar(e.x) }

// A factorSet is a list of pairs without repetition.
type factorSet struct {
	list [][2]int
	seen map[[2]int]bool
}

func newFactorSet() *factorSet { return &factorSet{seen: make(map[[2]int]bool)} }

func (s *factorSet) add(pair [2]int) {
	if !s.seen[pair] {
		s.seen[pair] = true
		s.list = append(s.list, pair)
	}
}

// along returns the product of the derivatives along a path of keys.
func (e *explainer) along(path []int) float64 {
	w := 1.0
	for i := range len(path) - 1 {
		w = contribution(w, e.derivative(path[i], path[i+1]))
	}
	return w
}

// product writes the factors between the given keys, with symbols and with numbers.
func (e *explainer) product(head string, keys []int, weights []float64, result string) {
	n := len(weights)
	var symbols, numbers []string
	for i, w := range weights {
		if n > maxFactors && i == maxFactors/2 {
			left := "… " + legible.Count(n-maxFactors) + " more …"
			symbols, numbers = append(symbols, left), append(numbers, left)
		}
		if n > maxFactors && i >= maxFactors/2 && i < n-maxFactors/2 {
			continue
		}
		symbols = append(symbols, e.ratio(keys[i], keys[i+1]))
		if len(numbers) == 0 {
			numbers = append(numbers, number(w))
		} else {
			numbers = append(numbers, factor(w))
		}
	}
	parts := []string{strings.Join(symbols, " · "), strings.Join(numbers, " · "), result}
	if n == 1 {
		parts = parts[1:2]
	}
	e.write(joined(head, parts...), "\n")
	e.zeroNote(weights)
}

// zeroNote says what a zero among the factors does to those behind it.
func (e *explainer) zeroNote(weights []float64) {
	for i, w := range weights {
		if w != w {
			return
		}
		if w == 0 && i+1 < len(weights) {
			e.write("    (the adjoint is 0 behind the factor 0: it contributes 0, whatever the derivatives that follow)\n")
			return
		}
	}
}

// sum writes the paths between two keys and adds them up.
func (e *explainer) sum(pair [2]int, paths [][]int, total float64, all bool) {
	symbol := e.ratio(pair[0], pair[1])
	e.write(symbol, " is the sum over ", legible.Count(len(paths)), " paths:\n")
	uses := make(map[int]int)
	for _, p := range paths {
		for _, k := range p {
			uses[k]++
		}
	}
	var terms []string
	sum := 0.0
	for i, p := range paths {
		weights := make([]float64, len(p)-1)
		for j := range weights {
			weights[j] = e.derivative(p[j], p[j+1])
		}
		w := e.along(p)
		sum += w
		through := "  directly: "
		if len(p) > 2 {
			k := p[1]
			for _, own := range p[1 : len(p)-1] {
				if uses[own] == 1 {
					k = own
					break
				}
			}
			through = "  through " + e.label(e.keyPlace(k)) + ": "
		}
		symbols := make([]string, 0, len(p))
		numbers := make([]string, 0, len(p))
		for j := range weights {
			if len(weights) > maxFactors && j >= maxFactors/2 && j < len(weights)-maxFactors/2 {
				if j == maxFactors/2 {
					left := "… " + legible.Count(len(weights)-maxFactors) + " more …"
					symbols, numbers = append(symbols, left), append(numbers, left)
				}
				continue
			}
			symbols = append(symbols, e.ratio(p[j], p[j+1]))
			if j == 0 {
				numbers = append(numbers, number(weights[j]))
			} else {
				numbers = append(numbers, factor(weights[j]))
			}
		}
		e.write(through, strings.Join(symbols, " · "), "\n      = ", strings.Join(numbers, " · "))
		if len(weights) > 1 {
			e.write(" = ", number(w))
		}
		e.write("\n")
		e.zeroNote(weights)
		if i == 0 {
			terms = append(terms, number(w))
		} else {
			terms = append(terms, factor(w))
		}
	}
	if all {
		sum = total
	}
	e.write("  ", symbol, " = ", strings.Join(terms, " + "), " = ", number(sum), "\n")
}

// factors explains each factor: which operation it is, and its rule with values.
func (e *explainer) factors(list [][2]int) {
	for i, pair := range list {
		if i == maxFactors {
			e.write("… ", legible.Count(len(list)-i), " more factors\n")
			return
		}
		e.factor(pair[0], pair[1])
	}
}

func (e *explainer) factor(from, to int) {
	steps, paths := e.between(from, to)
	symbol := e.ratio(from, to)
	d := e.derivative(from, to)
	if len(steps) == 2 {
		e.step(symbol, steps[0], steps[1], "")
		return
	}
	if paths == 1 {
		var numbers []string
		for i := range len(steps) - 1 {
			if len(steps) > maxSteps+1 && i >= maxSteps/2 && i < len(steps)-1-maxSteps/2 {
				if i == maxSteps/2 {
					numbers = append(numbers, "… "+legible.Count(len(steps)-1-maxSteps)+" more …")
				}
				continue
			}
			w := e.direct(steps[i], steps[i+1])
			if i == 0 {
				numbers = append(numbers, number(w))
			} else {
				numbers = append(numbers, factor(w))
			}
		}
		e.write(joined(symbol, strings.Join(numbers, " · "), number(d)), ", in ", legible.Count(len(steps)-1), " steps:\n")
	} else {
		e.write(symbol, " = ", number(d), ", over ", legible.Count(paths), " paths through values without a name:\n")
	}
	left := 0
	lines := 0
	for _, p := range steps[:len(steps)-1] {
		for _, a := range e.arcs(nil, p) {
			if _, ok := slices.BinarySearchFunc(steps, a.to, func(s, t int) int { return t - s }); !ok {
				continue
			}
			if lines++; lines > maxSteps {
				left++
				continue
			}
			e.step("∂"+e.label(p)+"/∂"+e.label(a.to), p, a.to, "    ")
		}
	}
	if left > 0 {
		e.write("    … ", legible.Count(left), " more steps\n")
	}
}

// direct returns the derivative of the node at a place by one of its operands.
func (e *explainer) direct(from, to int) float64 {
	for _, a := range e.arcs(nil, from) {
		if a.to == to {
			return a.d
		}
	}
	return 0
}

// step explains the derivative of a node by one of its operands. The same operand may stand in it more than once.
func (e *explainer) step(symbol string, from, to int, indent string) {
	n := e.node(from)
	var uses []int
	for i := range n.NumInputs() {
		if e.place(n, i) == to {
			uses = append(uses, i)
		}
	}
	definition := e.label(from) + " = " + e.expression(n)
	if indent != "" { // the derivative has no other place where it is used: first what the node is
		e.write(indent, definition, ": ")
	}
	if len(uses) == 1 {
		e.write(symbol, " = ", strings.Join(e.derived(n, uses[0]), " = "))
	} else {
		var terms []string
		for k, i := range uses {
			d, _ := n.Partial(i)
			if k == 0 {
				terms = append(terms, number(d))
			} else {
				terms = append(terms, factor(d))
			}
		}
		e.write(symbol, " = ", strings.Join(terms, " + "), " = ", number(e.direct(from, to)), ", a term for each time that ", e.label(to), " stands there")
	}
	if indent == "" {
		e.write("   as ", definition)
	}
	e.write("\n")
}
