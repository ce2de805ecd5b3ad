package graph

import "github.com/seed366ff29f/chainrule/graph/tensor"

// A binding is a leaf that shares a tensor's storage.
type binding struct {
	t     *tensor.Tensor
	grads bool // made by Bind, not by BindConst
	id    int32
}

// fewBindings is how many bindings are looked through one by one: that takes less time than a map does, above all to
// fill one and to empty it in every training step.
const fewBindings = 16

// bindings holds the leaves that share storage, in the order in which they were made.
type bindings struct {
	list []binding
	late [2]map[*tensor.Tensor]int32 // those behind the first few, of BindConst and of Bind
}

// find returns the leaf that was made of t, and whether there is one.
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

// add notes a leaf that was made of t.
func (b *bindings) add(t *tensor.Tensor, grads bool, id int32) {
	if len(b.list) >= fewBindings {
		late := &b.late[index(grads)]
		if *late == nil {
			*late = make(map[*tensor.Tensor]int32)
		}
		(*late)[t] = id
	}
	b.list = append(b.list, binding{t, grads, id})
}

// cut forgets the leaves from node n on.
func (b *bindings) cut(n int32) {
	keep := len(b.list)
	for keep > 0 && b.list[keep-1].id >= n {
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
