package program

import "github.com/seed366ff29f/chainrule/graph"

// checkReads returns an error if one of the nodes, in the order of recording, was recorded after the program had looked at
// numbers: what is recorded then may depend on them. Arguments do not count.
func checkReads(op string, nodes []graph.Node, isArgument graph.NodeSet) error {
	if len(nodes) == 0 {
		return nil
	}
	for _, r := range nodes[0].Graph().Reads() {
		for _, n := range nodes {
			if n.ID() <= r.Len || isArgument.Has(n.ID()) {
				continue
			}
			place := r.Caller
			if place == "" {
				place = "an unknown place"
			}
			return graph.Errorf(op, graph.ErrUsage, "value %s, or a gradient of it, was read at %s, before %s was recorded: a program is the same for all numbers, so choose with ops.Where, and read when everything is recorded; or set AllowReads if nothing was decided by what was read",
				r.Value.Node().Label(), place, n.Label())
		}
	}
	return nil
}
