package autograd

import (
	"math"
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
	weights := make([]float64, len(cuts)-1)
	several := make(map[int][][]int) // the paths between cuts i and i+1, if there are several
	for i := range weights {
		if paths > 1 {
			if ps := e.pathsBetween(cuts[i], cuts[i+1]); len(ps) > 1 {
				several[i] = ps
				for _, p := range ps {
					weights[i] += e.along(p)
				}
				continue
			}
		}
		weights[i] = e.derivative(cuts[i], cuts[i+1])
	}
	if paths > 1 {
		e.write(legible.Count(paths), " paths lead from ", e.label(e.keyPlace(cuts[0])), " to ", e.label(e.keyPlace(cuts[len(cuts)-1])),
			": the factors along a path are multiplied, the paths are added.\n\n")
	}
	if len(cuts) > 2 || paths == 1 {
		e.product(symbol, cuts, weights, number(total))
		e.write("\n")
	}
	for i := range weights {
		if ps, ok := several[i]; ok {
			e.sum(cuts[i], cuts[i+1], ps, total, len(cuts) == 2)
			e.write("\n")
		}
	}
	e.factors(several, cuts)
	product := 1.0
	for _, w := range weights {
		product = contribution(product, w)
	}
	e.remark(product, total)
}

// rounding is the relative difference between two ways to add up the same products that rounding explains.
const rounding = 1e-9

// remark says why the result is not the sum of the paths, where it is not.
func (e *explainer) remark(sum, total float64) {
	if sum == total || math.Abs(sum-total) <= rounding*max(math.Abs(sum), math.Abs(total)) || sum != sum && total != total {
		return
	}
	e.write("\nThe paths one by one give ", number(sum), ". The sweep adds up at every node before it goes on, and where that sum is 0 it\n",
		"passes on 0, whatever the derivatives that follow: ", number(total), ".\n")
}

// total returns the result of the sweep.
func (e *explainer) total() float64 { return e.grads.Scalar(e.x) }

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

// sum writes the paths between two keys and adds them up; all says that these are y and x.
func (e *explainer) sum(from, to int, paths [][]int, total float64, all bool) {
	symbol := e.ratio(from, to)
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
		if i == 0 {
			terms = append(terms, number(w))
		} else {
			terms = append(terms, factor(w))
		}
		if len(p) == 2 {
			e.write("  directly: ", number(w), "\n")
			continue
		}
		k := p[1]
		for _, own := range p[1 : len(p)-1] {
			if uses[own] == 1 {
				k = own
				break
			}
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
		e.write("  through ", e.label(e.keyPlace(k)), ": ", strings.Join(symbols, " · "), "\n      = ", strings.Join(numbers, " · "), " = ", number(w), "\n")
		e.zeroNote(weights)
	}
	if all {
		sum = total
	}
	e.write("  ", symbol, " = ", strings.Join(terms, " + "), " = ", number(sum), "\n")
}

// factors explains each factor: which operation it is, and its rule with values.
func (e *explainer) factors(several map[int][][]int, cuts []int) {
	count := 0
	explain := func(from, to int, note string) {
		if count++; count <= maxFactors {
			e.factor(from, to, note)
		}
	}
	var buf []arc
	for i := range len(cuts) - 1 {
		paths, ok := several[i]
		if !ok {
			explain(cuts[i], cuts[i+1], "")
			continue
		}
		before, seen := count, make(map[[2]int]bool)
		for _, p := range paths {
			for j := 0; j < len(p)-1 && count < maxFactors; j++ {
				if pair := [2]int{p[j], p[j+1]}; !seen[pair] {
					seen[pair] = true
					note := ""
					if len(p) == 2 {
						note = " directly"
					}
					explain(p[j], p[j+1], note)
				}
			}
		}
		count = before // every arc between the cuts is on one of the paths
		for k := cuts[i]; k > cuts[i+1]; k-- {
			buf = e.down(buf[:0], k)
			count += len(buf)
		}
	}
	if left := count - maxFactors; left > 0 {
		e.write("… ", legible.Count(left), " more factors\n")
	}
}

func (e *explainer) factor(from, to int, note string) {
	steps, paths := e.between(from, to)
	symbol := e.ratio(from, to) + note
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
