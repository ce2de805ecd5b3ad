package graph

import "github.com/seed366ff29f/chainrule/graph/tensor"

// A binding is a leaf that shares a tensor's storage, or a value that stands for it.
type binding struct {
	t     *tensor.Tensor
	grads bool // what Bind returns, not what BindConst does
	id    int32
	last  int32 // the last node there was when it was made, which is the leaf itself
}

// fewBindings is how many bindings are looked through one by one: that takes less time than a map does, above all to
// fill one and to empty it in every training step.
const fewBindings = 16

// bindings holds what tensors are bound to, in the order in which it was bound.
type bindings struct {
	list []binding
	late [2]map[*tensor.Tensor]int32 // those behind the first few, of BindConst and of Bind
}

// find returns what t is bound to, and whether there is something.
func (b *bindings) find(t *tensor.Tensor, grads bool) (id int32, ok bool) {
	for i := range min(len(b.list), fewBindings) {
		if l := &b.list[i]; l.t == t && l.grads == grads {
			return l.id, true
		}
	}
	if len(b.list) <= fewBindings {
		return 0, false
	}
	id, ok = b.late[index(grads)][t]
	return id, ok
}

// add notes what t is bound to, where last is the end of the tape.
func (b *bindings) add(t *tensor.Tensor, grads bool, id, last int32) {
	if len(b.list) >= fewBindings {
		late := &b.late[index(grads)]
		if *late == nil {
			*late = make(map[*tensor.Tensor]int32)
		}
		(*late)[t] = id
	}
	b.list = append(b.list, binding{t, grads, id, last})
}

// cut forgets what was bound with node n on the tape.
func (b *bindings) cut(n int32) {
	keep := len(b.list)
	for keep > 0 && b.list[keep-1].last >= n {
		keep--
	}
	if len(b.list) > fewBindings {
		if keep <= fewBindings {
			clear(b.late[0])
			clear(b.late[1])
		} else {
			for _, l := range b.list[keep:] {
				delete(b.late[index(l.grads)], l.t)
			}
		}
	}
	clear(b.list[keep:]) // the graph keeps no tensor that it does not need
	b.list = b.list[:keep]
}

func index(grads bool) int {
	if grads {
		return 1
	}
	return 0
}
