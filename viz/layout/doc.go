// Package layout stands between what a picture shows and where it stands: sizes of boxes and labels go in, coordinates
// come out.
//
// A [Graph] holds the sizes. [Graph.DOT] writes it in the language of Graphviz, and [Graph.Read] reads what Graphviz
// answers in its format json0, whichever build of it that was: a library, a program, or one in a browser. The
// package itself knows none of them, and no text but its width, which [TextWidth] measures.
package layout
