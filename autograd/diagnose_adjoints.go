package autograd

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// adjoints sweeps from y down to node first, with ct as the adjoint of y, nil for 1, and with NaN where mask marks
// elements of y, nil for all. It looks for the first adjoint that is not finite and for places where an adjoint of 0
// met a derivative that is not.
func (d *diagnoser) adjoints(y graph.Value, ct, mask *tensor.Tensor, first int) {
	a, r := d.sweepFrom(y, ct, 1), d.sweepFrom(y, mask, math.NaN())
	defer a.Release()
	defer r.Release()
	sweep(a, first, false)
	if first == 0 {
		d.firstAdjoint(a)
	}
	var found []suspect
	for n := range r.Sweep(first) {
		found = d.meetTensor(found, n, a, r)
		passMarks(n, r)
	}
	found = d.meetScalars(found, a, r, first)
	slices.SortStableFunc(found, func(a, b suspect) int { return b.node - a.node })
	for _, s := range found {
		d.suspect(s.f)
	}
}

// passMarks is passTensor for a sweep from NaN. The function of a checkpoint or the rule of a custom operation may
// refuse to work with NaN: then all that it passes on to counts as reached.
func passMarks(n graph.Node, r *graph.Adjoints) {
	if memoryOf(n) == nil {
		passTensor(n, r, true)
		return
	}
	if graph.Try(func() { passTensor(n, r, true) }) == nil {
		return
	}
	for i := range n.NumInputs() {
		in := n.InputNode(i)
		if _, scalar := in.Scalar(); !n.Wants(i) {
			continue
		} else if scalar {
			r.AddScalar(in, math.NaN())
			continue
		}
		t, _ := r.Touch(in)
		t.Fill(math.NaN())
	}
	r.Drop(n)
}

// A suspect is a place that is possibly wrong.
type suspect struct {
	node int // which decides the order
	f    Finding
}

// suspect notes a place that is possibly wrong.
func (d *diagnoser) suspect(f Finding) {
	if len(d.found.Suspects) == maxFindings {
		d.found.MoreSuspects++
		return
	}
	d.found.Suspects = append(d.found.Suspects, f)
}

// sweepFrom returns storage for a sweep from y, seeded with t, or with v for every element if t is nil.
func (d *diagnoser) sweepFrom(y graph.Value, t *tensor.Tensor, v float64) *graph.Adjoints {
	a := d.g.NewAdjoints(y)
	if _, scalar := y.Node().Scalar(); scalar {
		if t != nil {
			v = t.AtFlat(0)
		}
		a.SeedScalar(v)
		return a
	}
	if t == nil {
		t = tensor.New(d.g.DType(), y.Dims()...)
		t.Fill(v)
	}
	a.Seed(t)
	return a
}

// firstAdjoint notes the first adjoint that is not finite. What matters is what arrives at a leaf: an infinite adjoint
// that a ReLU cuts off is no fault. So it goes from the leaves up along what is not finite, as far as that comes from.
func (d *diagnoser) firstAdjoint(a *graph.Adjoints) {
	on := d.g.Ancestors(graph.GradEdges, a.Root())
	odd := make(graph.NodeSet, len(on))
	top := 0
	for id := range on.All {
		n := d.g.Value(id).Node()
		if !a.Reached(n) || adjointOf(n, a).count == 0 {
			continue
		}
		arrives := n.Value().IsLeaf()
		forget(n)
		for i := 0; i < n.NumInputs() && !arrives; i++ {
			arrives = odd.Has(n.InputNode(i).ID()) && d.contribution(n, i, a).count > 0
			forget(n)
		}
		if arrives {
			odd.Add(id)
			top = id
		}
	}
	if top == 0 {
		return
	}
	n := d.g.Value(top).Node()
	for id := range on.Down {
		if id <= top {
			break
		}
		user := d.g.Value(id).Node()
		for i := range user.NumInputs() {
			if user.InputNode(i).ID() != top || !a.Reached(user) {
				continue
			}
			forget(user)
			bad := d.contribution(user, i, a)
			forget(user)
			if bad.count == 0 {
				continue
			}
			f := d.finding(user, i, bad, n.Dims())
			f.what = fmt.Sprintf("%s passes %v to its operand %d, %s, though its own adjoint is finite", d.place(user, ""), bad.number, i, d.label(n))
			d.found.Adjoint = &f
			return
		}
	}
	bad := adjointOf(n, a)
	f := d.finding(n, -1, bad, n.Dims())
	f.what = fmt.Sprintf("that of %s is %v, though what its uses pass to it is finite: the sum overflows", d.place(n, ""), bad.number)
	d.found.Adjoint = &f
}

// scalarElements is oddElements of a scalar.
func scalarElements(v float64) elements {
	if finite(v) {
		return elements{len: 1}
	}
	return elements{number: v, count: 1, len: 1}
}

// adjointOf returns the elements of a node's adjoint that are not finite.
func adjointOf(n graph.Node, a *graph.Adjoints) elements {
	if _, scalar := n.Scalar(); scalar {
		return scalarElements(a.Scalar(n))
	}
	if t := a.Tensor(n); t != nil {
		return oddElements(t, nil)
	}
	return elements{}
}

// contribution returns the elements that are not finite of what node n passes to operand i.
func (d *diagnoser) contribution(n graph.Node, i int, a *graph.Adjoints) elements {
	if p, ok := n.Partial(i); ok {
		w := a.Scalar(n)
		if w == 0 || !passes(n, i) {
			return elements{}
		}
		return scalarElements(w * p)
	}
	if !n.Wants(i) {
		return elements{}
	}
	ct := a.Tensor(n)
	if _, scalar := n.Scalar(); scalar {
		ct = n.Temp()
		ct.SetFlat(a.Scalar(n), 0)
		defer n.FreeTemp(ct)
	}
	dst := n.Temp(n.InputNode(i).Dims()...)
	defer n.FreeTemp(dst)
	pass(n, i, ct, dst, true)
	return oddElements(dst, nil)
}

// meetScalars appends to found the scalar operations with an adjoint of 0 that was reached and a derivative that is not
// finite.
func (d *diagnoser) meetScalars(found []suspect, a, r *graph.Adjoints, first int) []suspect {
	var leads graph.NodeSet
	kept := 0
	for id := range d.g.Ancestors(graph.GradEdges, a.Root()).Down {
		n := d.g.Value(id).Node()
		if id < first {
			break
		}
		if _, scalar := n.Scalar(); !scalar || a.Scalar(n) != 0 || !r.Reached(n) {
			continue
		}
		for i := range n.NumInputs() {
			p, ok := n.Partial(i)
			if !ok || finite(p) || !n.Wants(i) {
				continue
			}
			if leads == nil {
				leads = d.leading(a.Root())
			}
			if !leads.Has(n.InputNode(i).ID()) {
				continue
			}
			if kept++; kept > maxFindings {
				d.found.MoreSuspects++
				continue
			}
			found = append(found, suspect{id, d.hidden(n, i, scalarElements(p))})
		}
	}
	return found
}

// hidden returns the finding of an adjoint of 0 that met a derivative that is not finite.
func (d *diagnoser) hidden(n graph.Node, i int, bad elements) Finding {
	in := n.InputNode(i)
	f := d.finding(n, i, bad, in.Dims())
	f.what = fmt.Sprintf("the adjoint of %s is 0 and its derivative by operand %d, %s, is %v: their product was taken for 0", d.place(n, ""), i, d.label(in), bad.number)
	return f
}

// leading returns the nodes from which a gradient can arrive at a leaf. A tensor operation counts as passing on what it
// gets.
func (d *diagnoser) leading(y graph.Value) graph.NodeSet {
	on := d.g.Ancestors(graph.GradEdges, y)
	leads := make(graph.NodeSet, len(on))
	for id := range on.All {
		n := d.g.Value(id).Node()
		if n.Value().IsLeaf() {
			leads.Add(id)
		}
		for i := range n.NumInputs() {
			_, scalar := n.Partial(i)
			if leads.Has(n.InputNode(i).ID()) && (!scalar || passes(n, i)) {
				leads.Add(id)
				break
			}
		}
	}
	return leads
}

// meetTensor appends to found the operands of a tensor operation by which the derivative is not finite where an adjoint
// that was reached is 0. It finds out with a cotangent of 1 there, and of 0 elsewhere.
func (d *diagnoser) meetTensor(found []suspect, n graph.Node, a, r *graph.Adjoints) []suspect {
	zeros, some := n.Temp(n.Dims()...), false
	defer n.FreeTemp(zeros)
	var ct, mask *tensor.Tensor
	if _, scalar := n.Scalar(); scalar {
		if some = a.Scalar(n) == 0 && r.Reached(n); some {
			zeros.Fill(1)
		}
	} else {
		ct, mask = a.Tensor(n), r.Tensor(n)
		for k := range zeros.Len() {
			if mask.AtFlat(k) != 0 && (ct == nil || ct.AtFlat(k) == 0) {
				zeros.SetFlat(1, k)
				some = true
			}
		}
	}
	d.open(n, func(y graph.Value, first int) {
		d.adjoints(y, copied(a, n), copied(r, n), first)
	})
	if !some {
		return found
	}
	forget(n)
	for i := range n.NumInputs() {
		if !n.Wants(i) {
			continue
		}
		in := n.InputNode(i)
		dst := n.Temp(in.Dims()...)
		pass(n, i, zeros, dst, true)
		if bad := oddElements(dst, nil); bad.count > 0 && d.arrives(in, dst) {
			if len(found) < maxFindings {
				found = append(found, suspect{n.ID(), d.hidden(n, i, bad)})
			} else {
				d.found.MoreSuspects++
			}
		}
		n.FreeTemp(dst)
	}
	forget(n)
	return found
}

// arrives reports whether what is passed to a node's elements that are not finite in t arrives at a leaf.
func (d *diagnoser) arrives(n graph.Node, t *tensor.Tensor) bool {
	if d.swept++; n.Value().IsLeaf() || d.inside != "" || d.swept > sweepBudget {
		return true
	}
	mask := tensor.New(d.g.DType(), n.Dims()...)
	for k := range t.Len() {
		if !finite(t.AtFlat(k)) {
			mask.SetFlat(math.NaN(), k)
		}
	}
	r := d.sweepFrom(n.Value(), mask, 0)
	defer r.Release()
	for u := range r.Sweep(0) {
		passMarks(u, r)
	}
	for id := range d.g.Ancestors(graph.GradEdges, n.Value()).All {
		if leaf := d.g.Value(id).Node(); leaf.Value().IsLeaf() && r.Reached(leaf) && adjointOf(leaf, r).count > 0 {
			return true
		}
	}
	return false
}
