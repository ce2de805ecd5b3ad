package progress

import (
	"io"
	"sync"
	"time"

	"github.com/seed366ff29f/chainrule/graph"
)

// Steps shows on a terminal how many of n steps of any work are done, such as of several trainings at once:
//
//	search  252/600  42% [===============>........................]  [5s:6s]
//
// with the time that has passed and the time left. It returns the function to call after each step, which any goroutine
// may, and the function that takes the display away. Where w is no terminal nothing is shown.
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
	c := &counter{line: line{t: t}, drawing: newDrawing(0, n), work: clean(work), start: time.Now()}
	return c.step, c.done
}

// A counter is the display of [Steps].
type counter struct {
	mu sync.Mutex
	line
	drawing
	work  string
	n     int
	start time.Time
	over  bool
}

func (c *counter) step() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n = min(c.n+1, c.steps)
	now := time.Now()
	if c.over || !c.due(now) {
		return
	}
	c.moveTo(c.n)
	c.predict = now.Sub(c.start) >= speedKnown
	c.draw(now, c.fit(c.room(), []field{{c.work, 2}, {of(c.n, c.steps), 8}}), "")
}

func (c *counter) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	c.clear(time.Now())
}
