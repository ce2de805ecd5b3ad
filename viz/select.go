package viz

import (
	"cmp"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// dropConstants takes the constants from the set, and operations on nothing but constants; the roots stay.
func dropConstants(g *graph.Graph, s graph.NodeSet, roots []graph.Value) {
	constant := make(graph.NodeSet, len(s))
	for id := range s.All {
		n := g.Value(id).Node()
		k := n.NumInputs()
		all := k > 0 || !n.WantsGrad()
		for i := 0; i < k && all; i++ {
			all = constant.Has(n.InputNode(i).ID())
		}
		if all {
			constant.Add(id)
		}
	}
	for _, r := range roots {
		constant.Remove(r.ID())
	}
	for i := range s {
		s[i] &^= constant[i]
	}
}

// An item is what a picture draws as one node: a node of the graph, a scope, or the rest.
type item struct {
	first int // smallest number of its nodes
	scope int // index of the innermost scope that it stands in, or that it stands for; -1 for none
	count int // nodes that it stands for; 0 for a node of the graph
}

// A view says which nodes of the graph a picture shows one by one, and what stands for the others.
type view struct {
	g         *graph.Graph
	scopes    []graph.ScopeInfo
	in        graph.NodeSet  // the nodes that the picture is about
	folded    map[int][]link // what leads to each of them, if nodes between them are folded
	shown     graph.NodeSet  // the ones that it shows
	collapsed []int          // scopes that are drawn as one node, by their first node
	items     []item         // by their first node
	at        map[int]int
	scopeAt   map[int]int
	rest      int // index of the item for the rest, -1 for none
}

// newView chooses what to draw of the nodes in the set: everything if that is at most limit items; else the graph with
// scopes drawn as one item each, as many of them opened as there is room for; else the items nearest to the roots. With
// foldScopes no scope is opened but those around the roots.
func newView(g *graph.Graph, in graph.NodeSet, folded map[int][]link, roots []graph.Value, limit int, foldScopes bool) *view {
	v := &view{g: g, scopes: g.Scopes(), in: in, folded: folded, shown: in, at: map[int]int{}, scopeAt: map[int]int{}, rest: -1}
	if in.Len() > limit || foldScopes {
		v.collapse(roots, limit, foldScopes)
	}
	v.makeItems()
	return v
}

// A box is what a scope holds of the nodes in a view.
type box struct {
	own   int // nodes that stand in no scope inside this one
	total int // all nodes
	kids  int // scopes directly inside that are not empty
	open  bool
}

// boxes returns the content of every scope. Those around a root are open.
func (v *view) boxes(roots []graph.Value) (boxes []box, outside, kids int) {
	boxes = make([]box, len(v.scopes))
	w := scopeWalk{scopes: v.scopes}
	isRoot := make(graph.NodeSet, len(v.in))
	for _, r := range roots {
		isRoot.Add(r.ID())
	}
	for id := range v.in.All {
		s := w.at(id)
		if s < 0 {
			outside++
			continue
		}
		boxes[s].own++
		if isRoot.Has(id) {
			boxes[s].open = true
		}
	}
	for s := len(boxes) - 1; s >= 0; s-- { // scopes stand behind the one they are in
		b := &boxes[s]
		b.total += b.own
		if b.total == 0 {
			continue
		}
		p := v.scopes[s].Parent
		if p < 0 {
			kids++
			continue
		}
		q := &boxes[p]
		q.kids++
		q.total += b.total
		q.open = q.open || b.open
	}
	return boxes, outside, kids
}

// collapse fills in shown and collapsed for at most limit items.
func (v *view) collapse(roots []graph.Value, limit int, foldScopes bool) {
	boxes, visible, kids := v.boxes(roots)
	visible += kids
	within := make([][]int, len(boxes)) // scopes inside, not empty, the last first
	var queue []int
	for s := len(boxes) - 1; s >= 0; s-- {
		if boxes[s].total == 0 {
			continue
		}
		if boxes[s].open {
			visible += boxes[s].own + boxes[s].kids - 1
		}
		if p := v.scopes[s].Parent; p < 0 {
			queue = append(queue, s)
		} else {
			within[p] = append(within[p], s)
		}
	}
	for i := 0; i < len(queue); i++ {
		s := queue[i]
		b := &boxes[s]
		if more := b.own + b.kids - 1; !foldScopes && !b.open && visible+more <= limit {
			b.open = true
			visible += more
		}
		if b.open {
			queue = append(queue, within[s]...)
		} else {
			v.collapsed = append(v.collapsed, s)
		}
	}
	slices.SortFunc(v.collapsed, func(a, b int) int { return cmp.Compare(v.scopes[a].First, v.scopes[b].First) })
	v.shown = slices.Clone(v.in)
	for _, s := range v.collapsed {
		for id := v.scopes[s].First; id < v.scopes[s].End && id>>6 < len(v.shown); id++ {
			v.shown.Remove(id)
		}
	}
	if visible > limit {
		v.nearest(roots, limit-1)
	}
}

// nearest keeps the n items nearest to the roots, counted in edges.
func (v *view) nearest(roots []graph.Value, n int) {
	shown := make(graph.NodeSet, len(v.in))
	var collapsed []int
	taken := make(map[int]bool) // scopes
	var queue []int             // node numbers, and ^s for scope s
	take := func(id int) {
		switch s := v.scopeOf(id); {
		case len(queue) >= n || !v.in.Has(id):
		case s >= 0 && !taken[s]:
			taken[s] = true
			collapsed = append(collapsed, s)
			queue = append(queue, ^s)
		case s < 0 && !shown.Has(id):
			shown.Add(id)
			queue = append(queue, id)
		}
	}
	var buf []link
	takeInputs := func(id int) {
		buf = v.links(buf[:0], id)
		for _, l := range buf {
			take(l.from)
		}
	}
	for _, r := range roots {
		take(r.ID())
	}
	for i := 0; i < len(queue) && len(queue) < n; i++ {
		if queue[i] >= 0 {
			takeInputs(queue[i])
			continue
		}
		s := v.scopes[^queue[i]]
		for id := min(s.End, len(v.in)<<6) - 1; id >= s.First && len(queue) < n; id-- {
			if v.in.Has(id) {
				takeInputs(id)
			}
		}
	}
	slices.SortFunc(collapsed, func(a, b int) int { return cmp.Compare(v.scopes[a].First, v.scopes[b].First) })
	v.shown, v.collapsed = shown, collapsed
}

// scopeOf returns the collapsed scope that a node stands in, -1 for none.
func (v *view) scopeOf(id int) int {
	if len(v.collapsed) == 0 || v.shown.Has(id) {
		return -1
	}
	k, found := slices.BinarySearchFunc(v.collapsed, id, func(s, id int) int { return cmp.Compare(v.scopes[s].First, id) })
	if !found {
		k--
	}
	if k >= 0 && id < v.scopes[v.collapsed[k]].End {
		return v.collapsed[k]
	}
	return -1
}

// makeItems lists what is drawn in the order of the first nodes.
func (v *view) makeItems() {
	w := scopeWalk{scopes: v.scopes}
	for id := range v.in.All {
		if v.shown.Has(id) {
			v.at[id] = len(v.items)
			v.items = append(v.items, item{first: id, scope: w.at(id)})
			continue
		}
		s := v.scopeOf(id)
		k := v.rest
		if s >= 0 {
			var ok bool
			if k, ok = v.scopeAt[s]; !ok {
				k = len(v.items)
				v.scopeAt[s] = k
				v.items = append(v.items, item{first: id, scope: s})
			}
		} else if k < 0 {
			k = len(v.items)
			v.rest = k
			v.items = append(v.items, item{first: id, scope: -1})
		}
		v.items[k].count++
	}
}

// item returns the index of the item that shows a node, or stands for it. The node must be in the view.
func (v *view) item(id int) int {
	if v.shown.Has(id) {
		return v.at[id]
	}
	if s := v.scopeOf(id); s >= 0 {
		return v.scopeAt[s]
	}
	return v.rest
}

// A scopeWalk finds the innermost scopes of nodes in ascending order.
type scopeWalk struct {
	scopes []graph.ScopeInfo
	next   int
	open   []int
}

// at returns the innermost scope around a node, -1 for none.
func (w *scopeWalk) at(id int) int {
	for {
		for k := len(w.open); k > 0 && w.scopes[w.open[k-1]].End <= id; k-- {
			w.open = w.open[:k-1]
		}
		if w.next == len(w.scopes) || w.scopes[w.next].First > id {
			break
		}
		w.open = append(w.open, w.next)
		w.next++
	}
	if k := len(w.open); k > 0 {
		return w.open[k-1]
	}
	return -1
}
