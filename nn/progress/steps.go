package progress

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/seed366ff29f/chainrule/graph"
)

// Steps shows on a terminal how many of n steps of any work are done, such as of several trainings at once:
//
//	search   42%  [=========>            ]  252/600  3s left
//
// It returns the function to call after each step, which any goroutine may, and the function that takes the display away.
// Where w is no terminal nothing is shown.
//
// Steps panics with a [*graph.Error] if w is nil or n is less than 1.
func Steps(w io.Writer, n int, work string) (step, done func()) {
	const op = "progress.Steps"
	mustBeWriter(op, w)
	if n < 1 {
		panic(graph.Errorf(op, graph.ErrUsage, "%d steps: want 1 or more", n))
	}
	t := terminalOf(w)
	if t == nil {
		return func() {}, func() {}
	}
	c := &counter{line: line{t: t}, work: clean(work), all: n, start: time.Now()}
	return c.step, c.done
}

// A counter is the display of [Steps].
type counter struct {
	mu sync.Mutex
	line
	work   string
	n, all int
	start  time.Time
	over   bool
}

func (c *counter) step() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n = min(c.n+1, c.all)
	if now := time.Now(); !c.over && c.due(now) {
		c.draw(now, c.now(now), "")
	}
}

func (c *counter) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	c.clear(time.Now())
}

func (c *counter) now(now time.Time) string {
	var rest string
	if d, ok := left(now.Sub(c.start), c.n, c.all-c.n); ok {
		rest = duration(d) + " left"
	}
	done := float64(c.n) / float64(c.all)
	return fit(c.room(), []field{
		{text: c.work, rank: 4}, {text: fmt.Sprintf("%3d%%", int(100*done)), rank: 1}, {rank: 3, bar: true, done: done},
		{text: of(c.n, c.all), rank: 5}, {text: rest, rank: 2},
	})
}
