package main

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/durable"
	"github.com/seed366ff29f/chainrule/viz/page"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
	"github.com/seed366ff29f/chainrule/viz/plot"
)

// pageName is the file of the page in the directory of the pictures.
const pageName = "index.html"

// lessonOf returns the page of the given tabs.
func (l *lesson) lessonOf(ctx context.Context, tabs []tab) (*page.Lesson, error) {
	contents := make([]content, len(tabs))
	w := &writer{walks: make(map[string]*walk)}
	for i, t := range tabs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := &contents[i]
		if err := t.fill(ctx, l, c); err != nil {
			return nil, fmt.Errorf("tab %s: %w", t.name, err)
		}
		w.walks[t.name] = nil
		if c.root != (graph.Value{}) {
			w.walks[t.name] = walkOf(c.root, c.fold)
		}
	}
	style, err := prose.ReadFile("page/style.css")
	if err != nil {
		return nil, err
	}
	out := &page.Lesson{Title: "Neural networks training algorithm", Style: template.CSS(style)}
	for i, t := range tabs {
		c := contents[i]
		before, err := w.write(t.name, "before", c.data)
		if err != nil {
			return nil, err
		}
		after, err := w.write(t.name, "after", c.data)
		if err != nil {
			return nil, err
		}
		out.Tabs = append(out.Tabs, page.Tab{
			Name: t.name, Title: t.short, Root: c.root, Before: t.heading() + before, After: after,
			Stepper: stepper.Config{Fold: c.fold, Neurons: c.neurons, DepthFirst: c.depthFirst},
		})
	}
	return out, nil
}

// heading returns the heading of a tab.
func (t tab) heading() template.HTML {
	return template.HTML("<h2>" + template.HTMLEscapeString(t.title) + "</h2>\n")
}

// writePage writes the page of the given parts into the directory of the pictures, whole or not at all, and says so.
func (l *lesson) writePage(ctx context.Context, chosen []part) error {
	lesson, err := l.lessonOf(ctx, tabsOf(chosen))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(l.out, 0o777); err != nil {
		return err
	}
	path := filepath.Join(l.out, pageName)
	if err := durable.Write(path, func(w io.Writer) error { return page.Write(w, *lesson) }); err != nil {
		return fmt.Errorf("%s: %w", pageName, err)
	}
	l.say("The page: open it in a browser, and walk through the lecture's networks step by step.")
	l.printf("\n  %s\n", filepath.ToSlash(path))
	return nil
}

// figureWidth is the width of figures in px: on a phone they are drawn at two thirds of it, and can still be read.
const figureWidth = 560

// drawn returns a figure as a part of the page.
func drawn(f *plot.Figure) (template.HTML, error) {
	var b bytes.Buffer
	err := f.SVG(&b)
	return template.HTML(b.String()), err
}

// plural returns a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
