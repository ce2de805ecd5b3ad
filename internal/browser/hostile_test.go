package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/browser"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/page"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
)

// hostile are names that mean something to HTML, CSS, JavaScript, an address, a terminal or a template.
var hostile = []string{
	`</script><script>pwned = 1; alert(1)</script>`,
	`<script>pwned = 1</script>`,
	`<!--<script>`,
	`-->`,
	`]]>`,
	`<img src=x onerror="pwned = 1">`,
	`"><svg onload="pwned = 1">`,
	`" onfocus="pwned = 1" autofocus="`,
	`' onmouseover='pwned = 1`,
	"`${pwned = 1}`",
	`javascript:pwned=1`,
	`</title><h1>title</h1>`,
	`</style><b>bold</b>`,
	`&lt;b&gt; &amp; &quot;`,
	`\"; pwned = 1; //`,
	`\u003cb\u003e`,
	"line\nline\r\nline\u2028line\u2029line",
	"tab\tbell\a nul\x00 end",
	"\u202eright to left\u202c \u2067isolate\u2069",
	"broken \xff\xfe utf-8",
	"{0} {1} {d0} {}", "{999}",
	"$& $1 $` $' $$",
	"__proto__", "constructor", "toString", "hasOwnProperty",
	"#tab=1&step=2", "%", "%zz", "+ &=",
	"", " ", "v12", "δ", "𝛿", "e\u0301\u0301\u0301",
	strings.Repeat("long ", 200_000),
}

// Names are data. Whatever they contain, a part of a page has the elements that it has for plain names, runs nothing, asks
// for nothing, and works.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	l := page.Lesson{Title: hostile[0] + hostile[10], Tabs: []page.Tab{part("plain")}}
	for _, name := range hostile {
		l.Tabs = append(l.Tabs, part(name))
	}
	b := browser.Open(t)
	b.Goto(publish(t, l))
	b.Press("End")
	plain := elements(b)
	for k, name := range hostile {
		t.Run(fmt.Sprintf("%.20q", name), func(t *testing.T) {
			b.Click(fmt.Sprintf("nav a:nth-child(%d)", k+2))
			var at int
			b.Into(&at, `[...document.querySelectorAll("nav a")].findIndex(a => a.ariaCurrent === "page")`)
			if at != k+1 {
				t.Fatalf("after a click on part %d, part %d is current", k+1, at)
			}
			walk(t, b)
			if got := elements(b); got != plain {
				t.Errorf("the part has %s, want %s as with a plain name", got, plain)
			}
			if n := len(b.Nodes()); n != 4 {
				t.Errorf("%d nodes are shown, want 4", n)
			}
			b.NoSideways()
			address := b.Address()
			b.Goto("about:blank")
			b.Goto(address)
			if at, steps := b.Step(); at != steps-1 || b.Address() != address {
				t.Errorf("opened again, %.100q is step %d of %.100q, want the last, %d", address, at, b.Address(), steps-1)
			}
		})
	}
	var ran bool
	if b.Into(&ran, `"pwned" in globalThis`); ran {
		t.Error("a script in a name ran")
	}
}

// part returns a part of a page in which a name stands wherever one can.
func part(name string) page.Tab {
	g := graph.New()
	done := g.Scope(name)
	x, w := g.Var(0.5).Named(name+"x"), g.Var(2).Named(name+"w")
	y := ops.Sigmoid(ops.Mul(w, x).Named(name + "y")).Named(name)
	done()
	return page.Tab{Name: name, Title: name, Root: y, Stepper: stepper.Config{Fold: true}}
}

// elements counts the elements of the part that is shown, but for those that a drawing has more of if names are short.
func elements(b *browser.Tab) string {
	var count string
	b.Into(&count, `(() => {
		const n = {};
		for (const e of document.querySelectorAll("section.tab:not([hidden]) *")) n[e.localName] = (n[e.localName] ?? 0) + 1;
		for (const drawn of ["g", "rect", "text", "tspan"]) delete n[drawn];
		return Object.keys(n).sort().map(k => n[k] + " " + k).join(", ");
	})()`)
	return count
}
