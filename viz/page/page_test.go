package page_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/page"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
)

// network records the lecture's network of two inputs, two hidden nodes and two outputs, and returns its error.
func network() graph.Value {
	g := graph.New()
	constant := func(name string, v float64) graph.Value { return g.Const(v).Named(name) }
	i1, i2, t1, t2 := constant("i1", 0.05), constant("i2", 0.1), constant("t1", 0.01), constant("t2", 0.99)
	var w [9]graph.Value
	for k, v := range []float64{0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55} {
		w[k+1] = g.Var(v).Named("w" + string(rune('1'+k)))
	}
	b1, b2 := g.Var(0.35).Named("b1"), g.Var(0.6).Named("b2")
	neuron := func(name string, v, x, w, y, b graph.Value) graph.Value {
		net := ops.Add(ops.Add(ops.Mul(v, x), ops.Mul(w, y)), b).Named("net_" + name)
		return ops.Sigmoid(net).Named("out_" + name)
	}
	h1, h2 := neuron("h1", w[1], i1, w[2], i2, b1), neuron("h2", w[3], i1, w[4], i2, b1)
	o1, o2 := neuron("o1", w[5], h1, w[6], h2, b2), neuron("o2", w[7], h1, w[8], h2, b2)
	half := func(name string, t, o graph.Value) graph.Value {
		return ops.MulScalar(ops.Square(ops.Sub(t, o)), 0.5).Named(name)
	}
	return ops.Add(half("E_o1", t1, o1), half("E_o2", t2, o2)).Named("E_total")
}

func written(t *testing.T, l page.Lesson) string {
	t.Helper()
	var b bytes.Buffer
	if err := page.Write(&b, l); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSize holds the page of the 2-2-2 network to what a page may weigh.
func TestSize(t *testing.T) {
	for _, cfg := range []stepper.Config{{}, {Fold: true}, {Fold: true, Neurons: true}} {
		if n := len(written(t, page.Lesson{Title: "network", Root: network(), Stepper: cfg})); n > 80_000 {
			t.Errorf("%+v: the page has %d bytes, want 80,000 at most", cfg, n)
		}
	}
}

// TestTabs checks that tabs share script and style.
func TestTabs(t *testing.T) {
	l := page.Lesson{Title: "tabs"}
	for _, name := range []string{"12.1", "12.2.1", "b = a+a"} {
		l.Tabs = append(l.Tabs, page.Tab{Name: name, Title: "part " + name, Root: network(), Stepper: stepper.Config{Fold: true}})
	}
	l.Tabs = append(l.Tabs, page.Tab{Name: "text", Title: "text", Before: "<p>No graph.</p>"})
	html := written(t, l)
	if n := strings.Count(html, "const chainrule ="); n != 1 {
		t.Errorf("the script is there %d times, want once", n)
	}
	if n := strings.Count(html, `type="application/json"`); n != 3 {
		t.Errorf("there are data for %d steppers, want 3", n)
	}
	for _, want := range []string{`data-tab="12.2.1"`, `href="#tab=b+%3D+a%2Ba"`, "<p>No graph.</p>"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

// TestMisuse checks the messages whole.
func TestMisuse(t *testing.T) {
	x := graph.New().Var(1)
	for _, c := range []struct {
		name string
		f    func() error
		want string
	}{
		{"nil writer", func() error { return page.Write(nil, page.Lesson{Root: x}) }, "page.Write: got a nil io.Writer: pass where to write, such as os.Stdout"},
		{"nothing", func() error { return page.Write(&bytes.Buffer{}, page.Lesson{}) }, "page.Write: the lesson shows nothing: set Root, or give Tabs"},
		{"one name twice", func() error {
			return page.Write(&bytes.Buffer{}, page.Lesson{Tabs: []page.Tab{{Name: "a", Root: x}, {Name: "a", Root: x}}})
		}, `page.Write: tab 2 has the name "a" of another: give each its own, it stands in the address`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := graph.Try(func() { c.f() })
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// failing fails after a number of bytes.
type failing struct{ left int }

var errFull = errors.New("disk full")

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestWriteError(t *testing.T) {
	for _, left := range []int{0, 100, 30_000, 50_000} {
		if err := page.Write(&failing{left}, page.Lesson{Root: network()}); !errors.Is(err, errFull) {
			t.Errorf("after %d bytes: got %v, want %v", left, err, errFull)
		}
	}
}
