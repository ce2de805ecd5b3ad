// Package plot draws what people look at when they train a network: learning curves, what a model has made of its data,
// its weights, and the results of a search. Each picture takes a line:
//
//	err = plot.Curves(history).SaveFile("curves.svg")              // of nn.Fit: losses, metrics, the chosen epoch
//	err = plot.Fit(model, train, plot.Target(math.Sin)).SVG(w)     // a function of one number, and the data
//	err = plot.Boundary(model, train).SVG(w)                       // what a classifier chooses in the plane
//	err = plot.Grid(errors, plot.MarkCell(1, 2, "chosen")).PNG(w)  // a table of numbers in colours
//	err = plot.Activations(model, batch.X).SVG(w)                  // what layers give, as histograms
//	err = plot.Gradients(model.Params(), grads).SVG(w)             // the sizes of gradients
//	err = plot.Weights(param).SVG(w)                               // a parameter in colours
//	err = plot.Lines([]plot.Line{{Name: "E", Y: errors}}).SVG(w)   // any curves
//
// The functions return a [Figure], which writes itself as SVG or PNG. It consists of plots of gonum.org/v1/plot:
// [Figure.Plots] returns them for those who want to go on with them.
//
// # How pictures are made
//
// Curves have their names at their ends, not in a legend. They differ by dashes and points by shape as well as by colour,
// and the colours are those that colour-blind people can tell apart, so that a picture can be printed in grey. Axes say
// what they show. Screen readers get a title and a description with the main numbers.
//
// An SVG stands on white, whatever is behind it; as a part of a page of HTML that is dark it is dark, see [Colors]. It
// has neither ids, scripts nor style sheets, so that any number of them can stand in one page. Its text is text, in
// Liberation Sans, Arial or Helvetica, which have the same widths. The same data give the same bytes.
//
// Text has its size in px whatever the size of the picture: for the screen of a phone, a picture of 360 px is better than
// a wide one made small; see [Size].
//
// Numbers that have no place in a picture, such as NaN, leave a gap, and a line above says so: no data make a picture
// fail. Calls that a correct program does not make, such as a nil model, panic with a [*graph.Error]; writers return
// errors.
//
// The graphs that values come from are drawn by package viz.
package plot
