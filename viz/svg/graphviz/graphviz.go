// Package graphviz places what a picture shows with Graphviz, compiled to WebAssembly and run by wazero: no program needs
// to be installed, and no cgo. It takes nothing but coordinates from it.
//
// The first call of a program compiles Graphviz, which takes about half a second.
//
// The file graphviz.wasm.gz is Graphviz 12.1.2 with expat 2.6.3, as they stand in the release v0.2.10 of go-graphviz, in
// the file internal/wasm/graphviz.wasm. Graphviz is under the Eclipse Public License 1.0, and its source is at
// https://graphviz.org; expat and go-graphviz are under the MIT License. The file LICENSES has their texts.
package graphviz

import (
	"context"
	"fmt"

	"github.com/seed366ff29f/chainrule/viz/layout"
)

//go:generate go run generate.go

// Place returns where Graphviz places the graph. It may be called by several goroutines at once. It returns an error if
// Graphviz does not manage, or if it would take too long, as [layout.MaxEffort] says. It panics with a [*graph.Error] if
// the graph does not fit together.
//
// [*graph.Error]: https://pkg.go.dev/github.com/seed366ff29f/chainrule/graph#Error
func Place(g *layout.Graph) (*layout.Layout, error) {
	if n := g.Effort(); n > layout.MaxEffort {
		return nil, fmt.Errorf("graphviz: no layout of %d nodes and %d edges: they have %d places in all ranks together, and more than %d take too long: draw fewer nodes",
			len(g.Nodes), len(g.Edges), n, layout.MaxEffort)
	}
	answer, err := run(context.Background(), g.DOT())
	if err != nil {
		return nil, fmt.Errorf("graphviz: no layout of %d nodes and %d edges: %w", len(g.Nodes), len(g.Edges), err)
	}
	return g.Read(answer)
}
