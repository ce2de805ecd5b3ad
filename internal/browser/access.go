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

// Legible fails the test if, in the drawing of a stepper, a text stands out of its node's box, or what is written on an edge
// covers a text or is covered.
func (b *Tab) Legible() {
	b.t.Helper()
	var faults []string
	b.Into(&faults, `(() => {
		const faults = [];
		const inside = (a, r) => a.left >= r.left - 1 && a.right <= r.right + 1 && a.top >= r.top - 1 && a.bottom <= r.bottom + 1;
		const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
		const passes = [...document.querySelectorAll(".pass")].filter(e => e.checkVisibility())
			.map(e => ({text: e.textContent, r: e.querySelector("rect").getBoundingClientRect()}));
		for (const node of document.querySelectorAll("[data-node]")) {
			if (!node.checkVisibility()) continue;
			const box = node.querySelector("rect").getBoundingClientRect();
			for (const t of node.querySelectorAll("text")) {
				if (!t.textContent.trim()) continue;
				const r = t.getBoundingClientRect();
				if (!inside(r, box)) faults.push(t.textContent + " stands out of the box of " + node.dataset.node);
				for (const p of passes) if (meet(r, p.r)) faults.push(p.text + " covers " + t.textContent + " of " + node.dataset.node);
			}
		}
		passes.forEach((p, i) => passes.slice(i + 1).forEach(q => { if (meet(p.r, q.r)) faults.push(q.text + " covers " + p.text); }));
		return faults;
	})()`)
	for _, f := range faults {
		b.t.Error("drawing: " + f)
	}
}
