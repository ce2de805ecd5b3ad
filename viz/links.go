package viz

import "github.com/seed366ff29f/chainrule/graph"

// A link is a way from a node to one that uses it: as an operand, or through nodes that are folded between them.
type link struct {
	from    int     // node
	operand int     // index, -1 for a way through folded nodes
	d       float64 // derivative of the way through folded nodes
	flows   bool    // a gradient flows along it
	known   bool    // d is a number: there are no tensors on the way
}

// foldBudget limits the links that folding makes. A node without a name can lie below many with one.
const foldBudget = 1 << 20

// fold leaves the leaves, the roots and the nodes with names in the set, and returns the links between them. It
// reports false, and changes nothing, if there would be too many.
func fold(g *graph.Graph, in graph.NodeSet, roots []graph.Value) (map[int][]link, bool) {
	keep := make(graph.NodeSet, len(in))
	for id := range in.All {
		if n := g.Value(id).Node(); n.Name() != "" || n.NumInputs() == 0 {
			keep.Add(id)
		}
	}
	for _, r := range roots {
		keep.Add(r.ID())
	}
	links := make(map[int][]link)
	budget := foldBudget
	at := make(map[int]int) // by node: 1 + the index of the folded link from there
	for id := range in.All {
		n := g.Value(id).Node()
		var out []link
		for i := range n.NumInputs() {
			from := n.InputNode(i).ID()
			d, known := n.Partial(i)
			flows := n.WantsGrad() && n.Wants(i)
			known = known || !flows
			ways := []link{{from: from, operand: i, d: 1, flows: flows, known: true}}
			switch {
			case !in.Has(from):
				continue
			case keep.Has(from) && keep.Has(id):
				out = append(out, ways[0])
				continue
			case !keep.Has(from):
				ways = links[from]
			}
			for _, w := range ways {
				w.operand, w.d, w.known = -1, product(d, w.d), w.known && known
				w.flows = w.flows && flows
				if k := at[w.from]; k > 0 {
					old := &out[k-1]
					old.d, old.flows, old.known = old.d+w.d, old.flows || w.flows, old.known && w.known
					continue
				}
				out = append(out, w)
				at[w.from] = len(out)
			}
		}
		clear(at)
		links[id] = out
		if budget -= len(out); budget < 0 {
			return nil, false
		}
	}
	copy(in, keep)
	return links, true
}

// links appends what leads to a node from others in the view.
func (v *view) links(dst []link, id int) []link {
	if v.folded != nil {
		return append(dst, v.folded[id]...)
	}
	n := v.g.Value(id).Node()
	for i := range n.NumInputs() {
		if from := n.InputNode(i).ID(); v.in.Has(from) {
			dst = append(dst, link{from: from, operand: i})
		}
	}
	return dst
}
