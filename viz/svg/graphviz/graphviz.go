// Package graphviz places what a picture shows with Graphviz, compiled to WebAssembly and run by the library
// go-graphviz: no program needs to be installed. It takes nothing but coordinates from it.
//
// The first program of a user that imports this package compiles Graphviz when it starts, which takes about half a second.
// The machine code is kept in the user's directory for caches, where later programs take 0.05 s to load it; see package
// cache below this one.
package graphviz

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/goccy/go-graphviz"

	"github.com/seed366ff29f/chainrule/viz/layout"
	"github.com/seed366ff29f/chainrule/viz/svg/graphviz/cache"
)

func init() { cache.Restore() } // go-graphviz, which is imported, has been initialized

// The library has one memory for all, and guards it nowhere.
var mutex sync.Mutex

// Place returns where Graphviz places the graph. It may be called by several goroutines: one is served at a time. It
// returns an error if Graphviz does not manage, or if it would take too long, as [layout.MaxEffort] says. It panics with a
// [*graph.Error] if the graph does not fit together.
//
// [*graph.Error]: https://pkg.go.dev/github.com/seed366ff29f/chainrule/graph#Error
func Place(g *layout.Graph) (*layout.Layout, error) {
	if n := g.Effort(); n > layout.MaxEffort {
		return nil, fmt.Errorf("graphviz: no layout of %d nodes and %d edges: they have %d places in all ranks together, and more than %d take too long: draw fewer nodes",
			len(g.Nodes), len(g.Edges), n, layout.MaxEffort)
	}
	answer, err := run(g.DOT())
	if err != nil {
		return nil, fmt.Errorf("graphviz: no layout of %d nodes and %d edges: %w", len(g.Nodes), len(g.Edges), err)
	}
	return g.Read(answer)
}

// run is `dot -Tjson0`. What goes wrong inside the library, panics too, is an error.
func run(dot []byte) (answer []byte, err error) {
	mutex.Lock()
	defer mutex.Unlock()
	defer func() {
		if r := recover(); r != nil {
			answer, err = nil, fmt.Errorf("it stopped: %v", r)
		}
	}()
	ctx := context.Background()
	gv, err := graphviz.New(ctx)
	if err != nil {
		return nil, err
	}
	// What Close returns is the last warning of the whole program. If there was an error, the answer is no layout.
	defer func() { _ = gv.Close() }()
	parsed, err := graphviz.ParseBytes(dot)
	if err != nil {
		return nil, err
	}
	defer func() { _ = parsed.Close() }()
	var b bytes.Buffer
	if err := gv.Render(ctx, parsed, "json0", &b); err != nil {
		return nil, err
	}
	if b.Len() == 0 {
		return nil, errors.New("it gave no answer")
	}
	return b.Bytes(), nil
}
