package browser_test

import (
	"fmt"
	"html/template"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/browser"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/page"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
)

// publish writes a lesson as a file and returns its address.
func publish(t testing.TB, l page.Lesson) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := page.Write(f, l); err != nil {
		t.Fatal(err)
	}
	return browser.FileURL(t, path)
}

// views are the ways in which a graph is shown.
var views = []struct {
	name string
	cfg  stepper.Config
}{
	{"neurons", stepper.Config{Fold: true, Neurons: true}},
	{"folded", stepper.Config{Fold: true}},
	{"all nodes", stepper.Config{}},
}

// Every step of the lecture's network, in every view, shows what is known by then, and nothing that is not; and the
// numbers are the lecture's.
func TestSteps(t *testing.T) {
	t.Parallel()
	for _, v := range views {
		t.Run(v.name, func(t *testing.T) {
			root := record222()
			c := courseOf(root, v.cfg.Fold)
			for name, want := range values222 {
				if got := c.value[name]; !close(got, want) {
					t.Errorf("the value of %s is %v, in the lecture %v", name, got, want)
				}
			}
			for name, want := range deltas222 {
				if got := c.delta[name]; !close(got, want) {
					t.Errorf("the δ of %s is %v, in the lecture %v", name, got, want)
				}
			}
			b := browser.Open(t)
			b.Goto(publish(t, page.Lesson{Title: "2-2-2", Root: root, Stepper: v.cfg}))
			for step := range c.steps {
				if step > 0 {
					b.Press("ArrowRight")
				}
				c.check(t, b, step)
				b.Legible()
				b.Shot(fmt.Sprintf("steps-%s-%02d", v.name, step))
				if t.Failed() {
					t.Fatalf("step %d", step)
				}
			}
			b.Press("ArrowRight") // there is no step after the last
			c.check(t, b, len(c.steps)-1)
			b.Press("ArrowLeft")
			c.check(t, b, len(c.steps)-2)
		})
	}
}

// On a narrow screen too what is written on edges covers nothing at any step.
func TestNarrowDrawing(t *testing.T) {
	t.Parallel()
	for _, v := range views {
		t.Run(v.name, func(t *testing.T) {
			b := browser.Open(t)
			b.Resize(browser.Phone)
			b.Goto(publish(t, page.Lesson{Title: "2-2-2", Root: record222(), Stepper: v.cfg}))
			_, steps := b.Step()
			for step := range steps {
				b.Legible()
				if t.Failed() {
					t.Fatalf("step %d", step)
				}
				b.Press("ArrowRight")
			}
		})
	}
}

// Whatever the leaves are set to, the page computes what a recording with these leaves has.
func TestSliders(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	b.Goto(publish(t, page.Lesson{Title: "2-2-2", Root: record222(), Stepper: views[0].cfg}))
	b.Press("End")
	rng := rand.New(rand.NewPCG(12, 21))
	leaves := []string{"i1", "i2", "t1", "t2", "w1", "w2", "w3", "w4", "b1", "w5", "w6", "w7", "w8", "b2"}
	for k := range 100 {
		to := map[string]float64{}
		for _, name := range leaves {
			to[slider(name)] = 4*rng.Float64() - 2
		}
		b.Set(to)
		nodes := b.Nodes()
		at := map[string]float64{}
		for _, name := range leaves {
			v := nodes[name].Values(t)
			if len(v) != 1 {
				t.Fatalf("setting %d: the value of %s is %q", k, name, nodes[name].Value)
			}
			at[name] = v[0] // a slider moves in steps
		}
		c := courseOf(record222At(at), true)
		c.check(t, b, len(c.steps)-1)
		if t.Failed() {
			t.Fatalf("with the leaves %v", at)
		}
	}
	// Back at the numbers that the program recorded, everything is as it was.
	b.Click(".leaves button")
	c := courseOf(record222(), true)
	c.check(t, b, len(c.steps)-1)
	b.Press("Home")
	c.check(t, b, 0)
}

// slider returns the selector of the slider of a leaf.
func slider(name string) string { return fmt.Sprintf("input[type=range][data-leaf=%q]", name) }

// A slider that is moved at some step moves what is known then, and shows nothing that is not.
func TestSliderAtEachStep(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	b.Goto(publish(t, page.Lesson{Title: "2-2-2", Root: record222(), Stepper: views[0].cfg}))
	b.Set(map[string]float64{slider("w5"): -1})
	at := maps.Clone(values222)
	at["w5"] = b.Nodes()["w5"].Values(t)[0]
	if at["w5"] >= 0 {
		t.Fatalf("the slider moved w5 to %v, want near -1", at["w5"])
	}
	c := courseOf(record222At(at), true)
	for step := range c.steps {
		c.check(t, b, step)
		b.Press("ArrowRight")
	}
}

// The keys move as the page says they do, and a slider that has the focus keeps its own.
func TestKeys(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	b.Goto(publish(t, page.Lesson{Title: "2-2-2", Root: record222(), Stepper: views[0].cfg}))
	_, steps := b.Step()
	for _, c := range []struct {
		key  string
		want int
	}{
		{"ArrowLeft", 0}, {"ArrowRight", 1}, {"ArrowRight", 2}, {"ArrowLeft", 1}, {"End", steps - 1}, {"ArrowRight", steps - 1},
		{"ArrowLeft", steps - 2}, {"Home", 0}, {"End", steps - 1}, {"Home", 0}, {"ArrowUp", 0}, {"Escape", 0},
	} {
		b.Press(c.key)
		if at, _ := b.Step(); at != c.want {
			t.Fatalf("after %s the page is at step %d, want %d", c.key, at, c.want)
		}
	}
	b.Run(`document.querySelector("input[data-leaf=w1]").focus()`)
	before := b.Nodes()["w1"].Value
	b.Press("ArrowRight")
	if at, _ := b.Step(); at != 0 {
		t.Errorf("a key for a slider moved the page to step %d", at)
	}
	if after := b.Nodes()["w1"].Value; after == before {
		t.Errorf("a key did not move the slider that has the focus: w1 is still %s", after)
	}
}

// Playing goes on by itself until it is stopped, by the space bar as by the button, and ends at the last step.
func TestPlay(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	b.Goto(publish(t, page.Lesson{Title: "2-2-2", Root: record222(), Stepper: views[0].cfg}))
	b.Press(" ")
	b.Wait(`document.body.dataset.step === "2"`, 20*time.Second)
	b.Press(" ")
	if text := b.Text(".bar"); !strings.Contains(text, "play") {
		t.Errorf("stopped, the buttons say %q, want one that plays", text)
	}
	b.Press("End", "ArrowLeft", "ArrowLeft")
	_, steps := b.Step()
	b.Press(" ")
	if text := b.Text(".bar"); !strings.Contains(text, "pause") {
		t.Errorf("playing, the buttons say %q, want one that stops", text)
	}
	b.Wait(fmt.Sprintf(`document.body.dataset.step === "%d" && document.querySelector(".bar").innerText.includes("play")`, steps-1), 20*time.Second)
}

// The address names the step; whoever opens it, or comes back to it, is there.
func TestAddress(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	address := publish(t, page.Lesson{Title: "2-2-2", Root: record222(), Stepper: views[0].cfg})
	b.Goto(address)
	_, steps := b.Step()
	for _, c := range []struct {
		fragment string
		want     int
	}{
		{"step=7", 7}, {"step=0", 0}, {fmt.Sprint("step=", steps-1), steps - 1}, {fmt.Sprint("step=", steps), steps - 1},
		{"step=1000000", steps - 1}, {"step=99999999999999999999999", steps - 1}, {"step=-1", 0}, {"step=5", 5}, {"tab=none&step=6", 6},
	} {
		b.Goto(address + "#" + c.fragment)
		if at, _ := b.Step(); at != c.want {
			t.Errorf("#%s leads to step %d, want %d", c.fragment, at, c.want)
		}
		want := fmt.Sprint("#step=", c.want)
		if got := b.Address(); !strings.HasSuffix(got, want) {
			t.Errorf("#%s: the address is %s, want it to end in %s", c.fragment, got, want)
		}
	}
	for _, fragment := range []string{"", "step=", "step=x", "step=NaN", "step", "%", "step=%zz", "<b>", "step=1e1"} {
		b.Goto("about:blank")
		b.Goto(address + "#" + fragment)
		if at, _ := b.Step(); at != 0 && fragment != "step=1e1" {
			t.Errorf("#%s leads to step %d, want 0", fragment, at)
		}
	}
	b.Goto(address + "#step=7")
	b.Press("ArrowRight")
	b.Reload()
	if at, _ := b.Step(); at != 8 || !strings.HasSuffix(b.Address(), "#step=8") {
		t.Errorf("after a reload the page is at step %d, address %s, want 8", at, b.Address())
	}
	c := courseOf(record222(), true)
	c.check(t, b, 8)
}

// At every size and in both colours the page fits its window and can be read.
func TestLooks(t *testing.T) {
	t.Parallel()
	for _, v := range views {
		t.Run(v.name, func(t *testing.T) {
			b := browser.Open(t)
			address := publish(t, page.Lesson{Title: "2-2-2", Root: record222(), Stepper: v.cfg})
			b.Goto(address)
			_, steps := b.Step()
			for _, size := range []browser.Size{browser.Desktop, browser.Tablet, browser.Phone} {
				b.Resize(size)
				for _, scheme := range []string{"light", "dark"} {
					b.Scheme(scheme)
					for _, step := range []int{2, steps * 2 / 3, steps - 1} {
						b.Goto(fmt.Sprintf("%s#step=%d", address, step))
						b.NoSideways()
						if size != browser.Tablet && step > 2 {
							b.Accessible()
						}
						b.Shot(fmt.Sprintf("looks-%s-%d-%s-%d", v.name, size.W, scheme, step))
						if t.Failed() {
							t.Fatalf("at %d×%d px, %s, step %d", size.W, size.H, scheme, step)
						}
					}
				}
			}
		})
	}
}

// On paper there is nothing to press or to drag, and the picture and the card are there.
func TestPrint(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	b.Goto(publish(t, page.Lesson{Title: "2-2-2", Root: record222(), Stepper: views[0].cfg}) + "#step=20")
	if n := b.Count("button, input"); n == 0 {
		t.Error("there are no controls on the screen")
	}
	b.Scheme("dark")
	b.Print()
	if n := b.Count("button, input, select"); n != 0 {
		t.Errorf("%d controls would be printed", n)
	}
	if n := b.Count("[data-node]"); n < 25 {
		t.Errorf("%d nodes would be printed, want all 25", n)
	}
	if got := b.Text("[aria-live]"); !strings.Contains(got, "out_h1") {
		t.Errorf("the card would be printed as %q", got)
	}
	b.Shot("print")
	if pdf := b.PDF(); len(pdf) < 5000 {
		t.Errorf("the PDF has %d bytes", len(pdf))
	}
}

// Depth first passes the δ of b on before it is complete: the page shows the wrong derivative of a, and says so; in the
// order of the tape it is right.
func TestDepthFirst(t *testing.T) {
	t.Parallel()
	g := graph.New()
	x := g.Var(3).Named("a")
	y := ops.Add(x, x).Named("b")
	root := ops.Add(y, y).Named("c")
	b := browser.Open(t)
	b.Goto(publish(t, page.Lesson{Title: "order", Root: root, Stepper: stepper.Config{DepthFirst: true}}))
	right := courseOf(root, false)
	b.Press("End")
	right.check(t, b, len(right.steps)-1)
	if n := b.Nodes()["a"]; n.Delta != "4" {
		t.Errorf("in the order of the tape δ of a is %q, want 4", n.Delta)
	}
	b.Click("input[value=depth]")
	b.Run(`document.activeElement.blur()`)
	b.Press("End")
	nodes := b.Nodes()
	if nodes["a"].Delta == "4" || nodes["a"].Delta == "" {
		t.Errorf("depth first δ of a is %q, want a wrong number", nodes["a"].Delta)
	}
	if text := b.Text("body"); !strings.Contains(text, "wrong") {
		t.Error("depth first nothing says that the result is wrong")
	}
	b.Shot("depth")
	b.Accessible()
	at, _ := b.Step()
	b.Reload()
	if again, _ := b.Step(); again != at || b.Nodes()["a"] != nodes["a"] {
		t.Errorf("after a reload the page is at step %d with δ of a %q, want %d and %q", again, b.Nodes()["a"].Delta, at, nodes["a"].Delta)
	}
	b.Click("input[value=tape]")
	b.Run(`document.activeElement.blur()`)
	b.Press("End")
	right.check(t, b, len(right.steps)-1)
}

// Text may stand before a graph. Whoever follows a link to a step, or presses a key, sees the graph; whoever goes to another
// part sees its beginning.
func TestScroll(t *testing.T) {
	t.Parallel()
	text := template.HTML(strings.Repeat("<p>Some text before the graph, and after it.</p>", 40))
	b := browser.Open(t)
	address := publish(t, page.Lesson{Title: "parts", Tabs: []page.Tab{
		{Name: "a", Title: "A", Root: record222(), Stepper: views[0].cfg, Before: text + `<p><a id="link" href="#tab=b&amp;step=5">there</a></p>`, After: text},
		{Name: "b", Title: "B", Root: record222(), Stepper: views[0].cfg, Before: text, After: text},
	}})
	inSight := func(selector string) bool {
		var in bool
		b.Into(&in, fmt.Sprintf(`%s(%q, e => { const r = e.getBoundingClientRect(); return r.top >= -1 && r.top < innerHeight / 2; })`, visible, selector))
		return in
	}
	for _, size := range []browser.Size{browser.Desktop, browser.Phone} {
		b.Resize(size)
		b.Goto("about:blank")
		b.Goto(address)
		if !inSight("h1") {
			t.Errorf("%d px: opened, the page does not show its beginning", size.W)
		}
		b.Press("ArrowRight")
		if !inSight("[aria-label='The graph']") {
			t.Errorf("%d px: after a key the graph is not in sight", size.W)
		}
		b.Click("#link")
		b.Wait(`document.body.dataset.step === "5"`, 10*time.Second)
		if !inSight("[aria-label='The graph']") {
			t.Errorf("%d px: after a link to a step the graph is not in sight", size.W)
		}
		b.Run(`location.hash = "#tab=a"; new Promise(done => setTimeout(done, 50))`)
		if !inSight("h1") {
			t.Errorf("%d px: after a link to a part its beginning is not in sight", size.W)
		}
	}
}

// visible is a function of a selector and of what to do with the first visible element that it names.
const visible = `((selector, then) => then([...document.querySelectorAll(selector)].find(e => e.checkVisibility())))`

// A name that looks like a formula stays one thing in the formulas of the card.
func TestNamesInFormulas(t *testing.T) {
	t.Parallel()
	g := graph.New()
	x, c := g.Var(1.5).Named("x"), g.Var(-2).Named("c")
	s := ops.Add(x, g.Const(1)).Named("x + 1")
	root := ops.Mul(s, c).Named("c·s")
	b := browser.Open(t)
	b.Goto(publish(t, page.Lesson{Title: "names", Root: root, Stepper: stepper.Config{Fold: true}}))
	for _, want := range []string{"x + 1 = x + 1", "c·s = (x + 1)·c", "δ_(c·s) = ∂(c·s)/∂(c·s)", "δ_(x + 1) = δ_(c·s)·c", "δ_c = δ_(c·s)·(x + 1)", "δ_x = δ_(x + 1)·1"} {
		if got := strings.Join(strings.Fields(b.Text("[aria-live]")), " "); !strings.Contains(got, want) {
			t.Errorf("the card says %q, want %q in it", got, want)
		}
		b.Press("ArrowRight")
	}
}

// The keyboard goes through the nodes in the order of the tape, and the tape stands there as a table, for readers who do not
// see the drawing.
func TestTape(t *testing.T) {
	t.Parallel()
	root := record222()
	var tape []string
	for id := range root.Graph().Ancestors(graph.AllEdges, root).All {
		if name := root.Graph().Value(id).Name(); name != "" {
			tape = append(tape, name)
		}
	}
	b := browser.Open(t)
	b.Goto(publish(t, page.Lesson{Title: "2-2-2", Root: root, Stepper: views[0].cfg}) + "#step=5")
	var order []string
	for range 100 {
		b.Press("Tab")
		var name string
		b.Into(&name, `document.activeElement.dataset.node ?? ""`)
		if name != "" {
			order = append(order, name)
		}
		if len(order) == len(tape) {
			break
		}
	}
	if !slices.Equal(order, tape) {
		t.Errorf("the focus goes through %q, want the order of the tape, %q", order, tape)
	}
	b.Press("Enter") // the last node is the result, and its value the last of the forward pass
	if at, _ := b.Step(); at != 10 {
		t.Errorf("Enter at the result leads to step %d, want 10, at which it is computed", at)
	}
	b.Goto(b.Address()[:strings.Index(b.Address(), "#")] + "#step=5")
	var rows [][]string
	b.Into(&rows, `[...document.querySelectorAll("table tbody tr")].map(r => [...r.cells].map(c => c.textContent))`)
	if len(rows) != len(tape) {
		t.Fatalf("the table of the tape has %d rows, want %d", len(rows), len(tape))
	}
	for k, row := range rows {
		if len(row) != 3 || row[0] != tape[k] {
			t.Errorf("row %d of the table is %q, want that of %s", k, row, tape[k])
		}
	}
	var current []string
	b.Into(&current, `[...document.querySelectorAll("tr[aria-current=step] th")].map(e => e.textContent)`)
	if !slices.Equal(current, []string{"out_o1"}) {
		t.Errorf("the current rows of the table are %q, want out_o1", current)
	}
}

// What is known, what is computed now and what is still to come differ by their lines, not by colour alone.
func TestMarks(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	address := publish(t, page.Lesson{Title: "2-2-2", Root: record222(), Stepper: views[0].cfg})
	for _, scheme := range []string{"light", "dark"} {
		b.Scheme(scheme)
		b.Goto(address + "#step=5")
		lines := map[string]string{}
		for what, node := range map[string]string{"known": "net_h2", "current": "out_o1", "to come": "E_total"} {
			var line string
			b.Into(&line, fmt.Sprintf(`(s => s.strokeWidth + " " + s.strokeDasharray)(getComputedStyle(document.querySelector("[data-node=%s] rect")))`, node))
			for other, l := range lines {
				if l == line {
					t.Errorf("in %s, what is %s and what is %s have the same line, %q", scheme, what, other, line)
				}
			}
			lines[what] = line
		}
	}
}

// The buttons for dark colours and for a projector do what they say, and the page still fits.
func TestButtons(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	b.Goto(publish(t, page.Lesson{Title: "2-2-2", Root: record222(), Stepper: views[0].cfg}) + "#step=20")
	const background = `getComputedStyle(document.body).backgroundColor`
	light := string(b.Eval(background))
	b.Click("#dark")
	if dark := string(b.Eval(background)); dark == light {
		t.Errorf("the background is %s in light and in dark colours", light)
	}
	b.Accessible()
	b.Click("#dark")
	if again := string(b.Eval(background)); again != light {
		t.Errorf("back in light colours the background is %s, before %s", again, light)
	}
	size := func() float64 {
		var px float64
		b.Into(&px, `document.querySelector("[data-node=E_total] text").getBoundingClientRect().height`)
		return px
	}
	before := size()
	b.Click("#large")
	if after := size(); after < 1.2*before {
		t.Errorf("for a projector letters are %.1f px high, before %.1f", after, before)
	}
	for _, s := range []browser.Size{browser.Desktop, browser.Tablet, browser.Phone} {
		b.Resize(s)
		b.NoSideways()
		b.Legible()
	}
}
