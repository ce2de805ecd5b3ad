package nn

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// A place says where a parameter has its name from.
type place struct {
	owner   Layer   // the outermost container that has put something before the name
	through []Layer // the layers that containers took the parameter from
	fixed   bool    // models share the parameter: the name stays
}

// A member is a layer of a container, and what the container puts before the names of its parameters.
type member struct {
	prefix string
	layer  Layer
}

// adopt returns the parameters of a container, each once, and names them. A name belongs to the model that gave it: a
// parameter that comes from a layer which a model has taken before, or from a part of that model, keeps its name.
// What is new to this model and would have a name that is taken gets a number behind it.
func adopt(op string, container Layer, members ...member) []*Param {
	var params []*Param
	from := map[*Param]member{} // those to be named
	byName := map[string]*Param{}
	for _, m := range members {
		list := paramsOf(op, m.layer)
		for _, p := range list {
			if slices.Contains(params, p) {
				continue
			}
			params = append(params, p)
			if !p.isShared(m.layer, list) {
				from[p] = m
				continue
			}
			p.place.fixed = true
			if byName[p.Name] != nil {
				panic(graph.Errorf(op, graph.ErrUsage, "two parameters of other models are both named %q there: use those models as layers here, or wrap what is shared in nn.Named before", p.Name))
			}
			byName[p.Name] = p
		}
	}
	for _, p := range params {
		m, ok := from[p]
		if !ok {
			continue
		}
		name := m.prefix + "." + p.Name
		for n := 2; byName[name] != nil; n++ {
			name = fmt.Sprintf("%s.%s#%d", m.prefix, p.Name, n)
		}
		byName[name], p.Name = p, name
		if p.place == nil {
			p.place = &place{}
		}
		p.place.owner = container
		p.place.through = append(p.place.through, m.layer)
	}
	return params
}

// isShared reports whether another model has the parameter too, which comes from a layer with the given parameters. A
// layer that has all parameters of the model that named this one is made of that model, and shares nothing.
func (p *Param) isShared(from Layer, params []*Param) bool {
	switch at := p.place; {
	case at == nil:
		return false
	case at.fixed:
		return true
	case same(at.owner, from):
		return false
	case slices.ContainsFunc(at.through, func(l Layer) bool { return same(l, from) }):
		return true
	default:
		return slices.ContainsFunc(at.owner.Params(), func(q *Param) bool { return !slices.Contains(params, q) })
	}
}

// same reports whether two layers are one. Layers of types that cannot be compared are not.
func same(a, b Layer) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.ValueOf(a).Comparable() && a == b
}
