// Package viz draws computational graphs.
//
// [DOT] writes the graph below a value in the language of Graphviz:
//
//	grads := autograd.Backward(loss)
//	err := viz.DOT(file, loss, viz.WithGradients(grads), viz.WithContributions())
//
// and `dot -Tsvg` draws it; package [github.com/seed366ff29f/chainrule/viz/svg] draws the same without Graphviz. A node
// shows its name, its operation, its value v, and δ = ∂l/∂v, which the backward sweep found. A value without a name has
// a number, v12, as in [autograd.Explain]. An edge shows the local derivative ∂v/∂u of the result v by the operand u,
// and what the sweep passes along it: δ of v times the local derivative. Where a node is used more than once, these
// contributions add up to its δ. So the picture holds the whole chain rule with its numbers.
//
// [WithTangents] shows the other direction, forward mode: the speed τ of each value as leaves move.
//
// Leaves that want a gradient are filled boxes with square corners, constants have a dotted border, operations round
// corners, the root a double border. The backward pass, if [WithBackward] draws it too, is dashed. Scopes of the graph
// are boxes. [Legend] writes all this into the picture.
//
// A picture of everything soon is too wide to show. [FoldUnnamed] draws the values with names only, as one does by
// hand; [FoldScopes] draws a layer as one node. [HideConstants], [HideValues], [HideEdgeLabels] and [ShapesOnly] leave
// out what a reader does not look for, [Direction] turns the picture, and [MaxNodes] keeps any graph to a size that can
// be read. Scopes of which one passes something on to the next stand one after the other: layers, and the steps of a
// network that is unrolled in time, if each has a scope of its own such as "step 3".
//
// What a picture shows is a [Picture], which [NewPicture] makes: it knows no format. DOT is one way to write it.
// Another renderer draws the nodes and edges with the text of [Node.Lines] and [Edge.Lines], the keys of the legend,
// and lets the pairs of Picture.Order stand in their order.
//
// Names are text and nothing else, whatever is in them: they are cut short, what does not print is written as its
// escape, and what has a meaning in the format is escaped by the renderer.
package viz
