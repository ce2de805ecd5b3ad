package page_test

import (
	"bytes"
	"errors"
	"strconv"
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

// TestInert checks that no text of a program becomes a part of the page's markup, unless it is given as HTML.
func TestInert(t *testing.T) {
	for _, evil := range []string{"</script><script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "</title></style><b>", "a\u2028b\u202e\x00\xff", strings.Repeat("x", 1<<20)} {
		g := graph.New()
		done := g.Scope(evil)
		y := ops.Mul(g.Var(2).Named(evil), g.Var(3).Named("y")).Named(evil)
		done()
		html := written(t, page.Lesson{Title: evil, Tabs: []page.Tab{{Name: "a", Title: evil, Root: y}, {Name: strings.ReplaceAll(evil, "\u202e", ""), Title: evil}}})
		for _, bad := range []string{"<script>alert", "<img", "<b>", "\u202e"} {
			if strings.Contains(html, bad) {
				t.Errorf("%.40q: the page has %s", evil, bad)
			}
		}
		if n, m := strings.Count(html, "<script"), strings.Count(html, "</script>"); n != 4 || m != 4 {
			t.Errorf("%.40q: the page has %d scripts, ended %d times, want 4: three and data", evil, n, m)
		}
		if len(html) > 100_000+3*len(evil) { // the name of a tab stands in its address, however long
			t.Errorf("%.40q: the page has %d bytes", evil, len(html))
		}
	}
}

// TestOrigins checks that a page asks nobody for anything: it has no address but its own, and forbids itself all others.
func TestOrigins(t *testing.T) {
	html := written(t, page.Lesson{Title: "network", Root: network(), Script: "document.title = 'x'", Style: "p { color: red }"})
	if !strings.Contains(html, `content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-`) {
		t.Error("the page has no content security policy")
	}
	if n := strings.Count(html, "'sha256-"); n != 4 {
		t.Errorf("the policy lets %d scripts run, want 4", n)
	}
	rest := strings.ReplaceAll(html, "http://www.w3.org/2000/svg", "")
	for _, bad := range []string{"http:", "https:", "//cdn", "src=\"", "@import", "url(", "fetch(", "innerHTML", "eval(", "document.write"} {
		if strings.Contains(rest, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
}

// TestLarge writes pages of graphs with 100,000 nodes, or with edges that lead far: what is shown is limited, and the page
// stays small.
func TestLarge(t *testing.T) {
	const n = 100_000
	chain := func(name func(k int) string) graph.Value {
		y := graph.New().Var(0.1).Named("x")
		for k := range n {
			y = ops.Tanh(y)
			if s := name(k); s != "" {
				y.Named(s)
			}
		}
		return y
	}
	wide := graph.New()
	sum := wide.Var(1)
	for range n / 2 {
		sum = ops.Add(sum, wide.Var(1))
	}
	unrolled := func(steps int, name string) graph.Value { // every step has an edge from w
		g := graph.New()
		w, h := g.Var(0.5).Named("w"), g.Var(0.1).Named("h")
		for k := range steps {
			h = ops.Tanh(ops.Mul(w, h))
			if name != "" {
				h.Named(name + strconv.Itoa(k))
			}
		}
		return h
	}
	for name, root := range map[string]graph.Value{
		"unrolled, 100 steps, no names": unrolled(100, ""),
		"unrolled, 100 steps":           unrolled(100, "h"),
		"unrolled":                      unrolled(n/2, "h"),
		"no names":                      chain(func(int) string { return "" }),
		"all names":                     chain(func(k int) string { return "h" + strconv.Itoa(k) }),
		"one name":                      chain(func(int) string { return "h" }),
		"leaves":                        sum,
	} {
		for _, cfg := range []stepper.Config{{}, {Fold: true}, {Fold: true, Neurons: true, DepthFirst: true}} {
			if html := written(t, page.Lesson{Title: name, Root: root, Stepper: cfg}); len(html) > 400_000 {
				t.Errorf("%s, %+v: the page has %d bytes", name, cfg, len(html))
			}
		}
	}
}
