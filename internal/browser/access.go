package browser

import (
	"fmt"
	"os"
	"strings"
)

// Accessible fails the test for everything in the page as it is now that axe-core finds against WCAG 2.2, levels A and
// AA, or against its own best practices. What it cannot decide, it leaves to people.
//
// What is said of a node has to begin with its name. That it contains all the numbers in the box, letter by letter, is
// not asked: they are no label, and "δ ·" is better said as "δ unknown".
func (b *Tab) Accessible() {
	b.t.Helper()
	source, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		b.t.Fatal(err)
	}
	var there bool
	b.Into(&there, `typeof axe === "object"`)
	if !there {
		b.Run(string(source) + "\n;0")
	}
	var found []struct {
		ID, Help string
		Nodes    []struct{ Target, Message string }
	}
	b.Into(&found, `(() => {
		const named = e => e.dataset.node && e.getAttribute("aria-label")?.startsWith(e.dataset.node);
		const fault = (rule, n) => rule !== "label-content-name-mismatch" || !named(document.querySelector(n.target.at(-1)));
		return axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => ({
			id: v.id, help: v.help,
			nodes: v.nodes.filter(n => fault(v.id, n)).map(n => ({target: n.target.join(" "), message: n.failureSummary})),
		})).filter(v => v.nodes.length > 0));
	})()`)
	for _, f := range found {
		var places []string
		for i, n := range f.Nodes {
			if i == 5 {
				places = append(places, fmt.Sprintf("and %d more", len(f.Nodes)-i))
				break
			}
			places = append(places, n.Target+": "+strings.Join(strings.Fields(n.Message), " "))
		}
		b.t.Errorf("accessibility: %s: %s\n\t%s", f.ID, f.Help, strings.Join(places, "\n\t"))
	}
}

// NoSideways fails the test if the page is wider than the window, naming what stands out.
func (b *Tab) NoSideways() {
	b.t.Helper()
	var w struct {
		Page, Window float64
		Out          []string
	}
	b.Into(&w, `(() => {
		const root = document.documentElement, window = root.clientWidth;
		const out = [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() && e.getBoundingClientRect().right > window + 0.5);
		return {page: Math.max(root.scrollWidth, document.body.scrollWidth), window: window, out: out.slice(0, 5).map(e => e.outerHTML.slice(0, 100))};
	})()`)
	if w.Page > w.Window {
		b.t.Errorf("the page is %g px wide in a window of %g px; these stand out: %q", w.Page, w.Window, w.Out)
	}
}
