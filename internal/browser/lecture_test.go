package browser_test

import (
	"fmt"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/browser"
)

// lectureOut makes the page of the lecture once and returns its file. CHAINRULE_LECTURE names the directory of one that is
// made already.
var lectureOut = sync.OnceValues(func() (string, error) {
	dir := os.Getenv("CHAINRULE_LECTURE")
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "chainrule-lecture-"); err != nil {
			return "", err
		}
		atEnd = append(atEnd, func() { os.RemoveAll(dir) })
		cmd := exec.Command("go", "run", "./examples/lecture", "-out", dir)
		cmd.Dir = filepath.Join("..", "..")
		if text, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go run ./examples/lecture: %w\n%s", err, text)
		}
	}
	return filepath.Join(dir, "index.html"), nil
})

func lecture(t *testing.T) (b *browser.Tab, address string) {
	t.Helper()
	browser.Find(t)
	path, err := lectureOut()
	if err != nil {
		t.Fatal(err)
	}
	b = browser.Open(t)
	address = browser.FileURL(t, path)
	b.Goto(address)
	return b, address
}

// A link leads to a part of the page, and in it to a step.
type link struct{ Href, Text string }

func links(b *browser.Tab, selector string) []link {
	var list []link
	b.Into(&list, fmt.Sprintf(`[...document.querySelectorAll(%q)].map(a => ({href: a.getAttribute("href"), text: a.textContent.trim()}))`, selector))
	return list
}

// The lecture's page is one file of a size that can be mailed. How long it takes to be drawn depends on the machine: it is
// written down only.
func TestLectureFile(t *testing.T) {
	t.Parallel()
	b, _ := lecture(t)
	path, err := lectureOut()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 500_000 {
		t.Errorf("the page has %d bytes, want 500,000 at most", info.Size())
	}
	var paint float64
	b.Into(&paint, `new Promise(done => new PerformanceObserver(list => done(list.getEntries()[0].startTime))
		.observe({type: "paint", buffered: true}))`)
	t.Logf("%d bytes, drawn after %.0f ms", info.Size(), paint)
	if n := b.Requests(); n != 1 {
		t.Errorf("the page asks for %d files, want its own alone", n)
	}
}

// Each part of the lecture can be walked through to its end, fits every window and can be read in both colours.
func TestLectureTabs(t *testing.T) {
	t.Parallel()
	b, address := lecture(t)
	tabs := links(b, "nav a")
	for _, section := range []string{"12.1", "12.2.1", "12.3", "12.4.1", "12.4.2", "12.4.3"} {
		if !strings.Contains(fmt.Sprint(tabs), "tab="+section+" ") {
			t.Errorf("there is no part for section %s: %v", section, tabs)
		}
	}
	for _, tab := range tabs {
		t.Run(tab.Text, func(t *testing.T) {
			b, _ := lecture(t)
			b.Click(fmt.Sprintf("nav a[href=%q]", tab.Href))
			if at := b.Address(); !strings.HasPrefix(at, address+tab.Href) {
				t.Errorf("the link %s leads to %s", tab.Href, at)
			}
			for _, size := range []browser.Size{browser.Desktop, browser.Tablet, browser.Phone} {
				b.Resize(size)
				b.NoSideways()
				b.Goto(address + "#tab=12")
				b.Goto(address + tab.Href)
				var shown bool
				b.Into(&shown, `(r => r.left >= 0 && r.right <= innerWidth)(document.querySelector("nav a[aria-current]").getBoundingClientRect())`)
				if !shown {
					t.Errorf("%d px: the name of the part is not in sight among the others", size.W)
				}
				b.Shot(fmt.Sprintf("lecture-%s-%d", strings.TrimPrefix(tab.Href, "#tab="), size.W))
			}
			b.Resize(browser.Desktop)
			if b.Count("[data-node]") == 0 {
				return
			}
			walk(t, b)
			b.Shot("lecture-" + strings.TrimPrefix(tab.Href, "#tab=") + "-end")
		})
	}
	figures := 0
	for _, scheme := range []string{"light", "dark"} {
		b.Scheme(scheme)
		for _, tab := range tabs {
			b.Goto(address + tab.Href)
			b.Accessible()
			if t.Failed() {
				t.Fatalf("%s, in %s", tab.Href, scheme)
			}
			var grounds []string
			b.Into(&grounds, `[...document.querySelectorAll(".tab:not([hidden]) figure > svg > desc + path")].map(e => getComputedStyle(e).fill)`)
			var page string
			b.Into(&page, `getComputedStyle(document.body).backgroundColor`)
			for i, ground := range grounds {
				if ground != page {
					t.Errorf("%s, in %s: figure %d stands on %s, the page on %s", tab.Href, scheme, i, ground, page)
				}
			}
			figures += len(grounds)
		}
	}
	if figures == 0 {
		t.Error("no part has a figure")
	}
}

// walk goes through all steps of what is shown. Step by step more is known, nothing that is known changes, and at the end
// all values are known, and what is no number is nowhere.
func walk(t *testing.T, b *browser.Tab) {
	t.Helper()
	_, steps := b.Step()
	b.Press("Home")
	before := b.Nodes()
	for step := 1; step < steps; step++ {
		b.Press("ArrowRight")
		if at, _ := b.Step(); at != step {
			t.Fatalf("after %d times the key → the page is at step %d", step, at)
		}
		b.Legible()
		now := b.Nodes()
		for name, was := range before {
			is := now[name]
			if was.Value != "" && is.Value != was.Value || was.Delta != "" && is.Delta != was.Delta {
				t.Errorf("step %d: %s was %+v and is %+v", step, name, was, is)
			}
		}
		if len(known(now)) != len(known(before))+1 {
			t.Errorf("step %d: %d numbers are known, before %d: want one more", step, len(known(now)), len(known(before)))
		}
		before = now
	}
	for name, n := range before {
		if n.Value == "" {
			t.Errorf("at the end the value of %s is unknown", name)
		}
		for _, v := range append(n.Values(t), n.Deltas(t)...) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("at the end %s shows %+v", name, n)
			}
		}
	}
}

// known returns what is known of nodes.
func known(nodes map[string]browser.Node) []string {
	var list []string
	for name, n := range nodes {
		if n.Value != "" {
			list = append(list, name)
		}
		if n.Delta != "" {
			list = append(list, "δ "+name)
		}
	}
	return list
}

// Every link in the text leads to a part that is there, and to a step of it that is there.
func TestLectureLinks(t *testing.T) {
	t.Parallel()
	b, address := lecture(t)
	tabs := map[string]bool{}
	for _, l := range links(b, "nav a") {
		tabs[place(t, l.Href).Get("tab")] = true
	}
	seen := map[string]bool{}
	for _, l := range links(b, "main a") {
		if seen[l.Href] || !strings.HasPrefix(l.Href, "#") {
			continue
		}
		seen[l.Href] = true
		want := place(t, l.Href)
		if !tabs[want.Get("tab")] {
			t.Errorf("the link %q leads to %s: there is no such part", l.Text, l.Href)
			continue
		}
		b.Goto(address + l.Href)
		got := place(t, "#"+fragment(b.Address()))
		if got.Get("tab") != want.Get("tab") || want.Has("step") && got.Get("step") != want.Get("step") || got.Get("order") != want.Get("order") {
			t.Errorf("the link %q to %s leads to %s", l.Text, l.Href, b.Address())
		}
		if want.Has("step") {
			if at, _ := b.Step(); strconv.Itoa(at) != want.Get("step") {
				t.Errorf("the link %q to %s shows step %d", l.Text, l.Href, at)
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("the text has %d links into the page, want those of its questions and sections", len(seen))
	}
}

func fragment(address string) string {
	_, f, _ := strings.Cut(address, "#")
	return f
}

// place reads what stands behind the # of an address.
func place(t *testing.T, href string) url.Values {
	t.Helper()
	v, err := url.ParseQuery(strings.TrimPrefix(href, "#"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The four questions have answers, and the links at the answers lead to the steps that show them.
func TestLectureQuestions(t *testing.T) {
	t.Parallel()
	b, address := lecture(t)
	for _, c := range []struct {
		question string
		shows    []string // the card of the step that is linked, or the part
	}{
		{"why is δ", []string{"δ of out_h1", "Why a sum?", "0.0363503"}},
		{"order the right one", []string{"δ of b", "Why a sum?"}},
		{"dropout remove", []string{"δ of ", "= 0"}},
		{"early stopping choose", []string{"validation"}},
	} {
		b.Goto(address)
		b.Into(new(bool), fmt.Sprintf(`(() => {
			const all = [...document.querySelectorAll("#questions li")];
			const q = all.find(e => e.textContent.toLowerCase().includes(%q));
			if (!q) throw new Error("no such question");
			location.hash = q.querySelector("a").getAttribute("href");
			return new Promise(done => setTimeout(() => done(true), 100));
		})()`, c.question))
		text := b.Text("main")
		for _, want := range c.shows {
			if !strings.Contains(text, want) {
				t.Errorf("question %q: the step that is linked, %s, does not show %q", c.question, fragment(b.Address()), want)
			}
		}
		b.Shot("question-" + strings.Fields(c.question)[0])
	}
}
