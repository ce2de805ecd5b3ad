package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed366ff29f/chainrule/internal/browser"
)

// atEnd is what is done after all tests.
var atEnd = []func(){browser.Close}

func TestMain(m *testing.M) {
	status := m.Run()
	for _, f := range atEnd {
		f()
	}
	os.Exit(status)
}

// write writes a file of the test's own and returns its address.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return browser.FileURL(t, path)
}

// A notebook is a test that writes down how it fails instead of failing.
type notebook struct {
	testing.TB
	said    []string
	cleanup []func()
}

func (n *notebook) Error(args ...any) { n.said = append(n.said, fmt.Sprint(args...)) }
func (n *notebook) Errorf(format string, args ...any) {
	n.said = append(n.said, fmt.Sprintf(format, args...))
}
func (n *notebook) Cleanup(f func()) { n.cleanup = append(n.cleanup, f) }
func (n *notebook) Fatalf(format string, args ...any) {
	n.Errorf(format, args...)
	panic(n)
}

// failures returns what the tab says against what is done in it.
func failures(t *testing.T, use func(b *browser.Tab)) []string {
	t.Helper()
	n := &notebook{TB: t}
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(n) {
				panic(r)
			}
		}()
		use(browser.Open(n))
	}()
	for _, f := range slices.Backward(n.cleanup) {
		f()
	}
	return n.said
}

const harmless = `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>page</title></head>
<body data-step="1" data-steps="3"><main><h1>page</h1>%s</main></body></html>`

// What a tab holds against a page: one page for each kind, and one for each thing that is allowed.
func TestWatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, want string }{
		{"nothing", `<p>text</p>`, ""},
		{"console.log", `<script>console.log("x")</script>`, ""},
		{"data address", `<img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">`, ""},
		{"console.error", `<script>console.error("lost", 3)</script>`, `console.error: "lost" 3`},
		{"console.warn", `<script>console.warn("odd")</script>`, `console.warning: "odd"`},
		{"console.assert", `<script>console.assert(false, "no")</script>`, `console.assert: "no"`},
		{"exception", `<script>null.x</script>`, "TypeError"},
		{"syntax", `<script>let let</script>`, "SyntaxError"},
		{"exception later", `<script>setTimeout(() => { throw new Error("late") })</script>`, "Error: late"},
		{"promise", `<script>Promise.reject(new Error("promised"))</script>`, "Error: promised"},
		{"missing file", `<img alt="" src="none.png">`, "none.png"},
		{"script of another origin", `<script src="http://chainrule.example/x.js"></script>`, "another origin: http://chainrule.example/x.js"},
		{"fetch, its failure caught", `<script>fetch("https://chainrule.example/x").catch(() => 0)</script>`, "https://chainrule.example/x"},
		{"style", `<style>p { background: url(http://chainrule.example/b.png) }</style><p>x</p>`, "http://chainrule.example/b.png"},
		{"worker", `<script>
			const code = "fetch('http://chainrule.example/w', {mode: 'no-cors'}).catch(() => 0).finally(() => postMessage(0))";
			new Worker(URL.createObjectURL(new Blob([code]))).onmessage = () => document.title = "done";
			</script>`, "to the outside: GET http://chainrule.example/w"},
		{"exception in a worker", `<script>
			new Worker(URL.createObjectURL(new Blob(["throw new Error('working')"]))).onerror = () => document.title = "done";
			</script>`, "Error: working"},
		{"alert", `<script>alert("hello")</script>`, `dialog: alert "hello"`},
		{"confirm", `<script>if (confirm("sure?")) location = "about:blank"</script>`, `dialog: confirm "sure?"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := failures(t, func(b *browser.Tab) {
				b.Goto(write(t, "page.html", fmt.Sprintf(harmless, c.body)))
				if strings.Contains(c.body, "done") {
					b.Wait(`document.title === "done"`, 10*time.Second)
				}
				b.Run(`new Promise(done => setTimeout(done, 20))`)
			})
			if c.want == "" && len(got) > 0 {
				t.Errorf("got %q, want nothing", got)
			}
			if !strings.Contains(strings.Join(got, "\n"), c.want) {
				t.Errorf("got %q, want %q among it", got, c.want)
			}
		})
	}
}

// What the checks of a page find, in pages that have each fault, and that they find nothing in a page that has none.
func TestChecks(t *testing.T) {
	t.Parallel()
	access := func(b *browser.Tab) { b.Accessible() }
	sideways := func(b *browser.Tab) { b.Resize(browser.Phone); b.NoSideways() }
	nodes := func(b *browser.Tab) { b.Nodes() }
	step := func(b *browser.Tab) { b.Step() }
	for _, c := range []struct {
		name, body string
		check      func(b *browser.Tab)
		want       string
	}{
		{"accessible", `<p>text <button>go</button></p>`, access, ""},
		{"contrast", `<p style="color: #999">text</p>`, access, "color-contrast"},
		{"contrast in the dark", `<style>@media (prefers-color-scheme: dark) { body { background: #000; color: #333 } }</style><p>text</p>`,
			func(b *browser.Tab) { b.Accessible(); b.Scheme("dark"); b.Accessible() }, "color-contrast"},
		{"button without a name", `<button></button>`, access, "button-name"},
		{"picture without a name", `<svg role="img" viewBox="0 0 9 9"></svg>`, access, "svg-img-alt"},
		{"narrow", `<p>text</p>`, sideways, ""},
		{"wide", `<div id="wide" style="width: 391px">x</div>`, sideways, `id=\"wide\"`},
		{"nodes", `<p data-node="a" data-value="1" data-delta="">a</p>`, nodes, ""},
		{"a node in two forms", `<p data-node="a" data-value="1" data-delta="">a</p><p data-node="a" data-value="2" data-delta="">a</p>`,
			nodes, `node "a" is shown as`},
		{"a node in another form that is hidden",
			`<p data-node="a" data-value="1" data-delta="">a</p><p hidden data-node="a" data-value="2" data-delta="">a</p>`, nodes, ""},
		{"steps", "", step, ""},
		{"no steps", `<script>delete document.body.dataset.steps</script>`, step, `data-steps=""`},
		{"broken step", `<script>document.body.dataset.step = "0.5"</script>`, step, `data-step="0.5"`},
		{"missing element", "", func(b *browser.Tab) { b.Click("#none") }, "no visible element #none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := failures(t, func(b *browser.Tab) {
				b.Goto(write(t, "page.html", fmt.Sprintf(harmless, c.body)))
				c.check(b)
			})
			if c.want == "" && len(got) > 0 {
				t.Errorf("got %q, want nothing", got)
			}
			if !strings.Contains(strings.Join(got, "\n"), c.want) {
				t.Errorf("got %q, want %q among it", got, c.want)
			}
		})
	}
}

// Keys, clicks, sliders and addresses reach the page as a person's do.
func TestHands(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	b.Goto(write(t, "page.html", fmt.Sprintf(harmless, `
		<input type="range" id="slider" aria-label="slider" min="-2" max="2" step="any" value="0"><input id="text" aria-label="text">
		<button id="button">go</button><p id="log"></p>
		<script>
		const said = text => document.getElementById("log").append(text + "; ");
		addEventListener("keydown", e => said("key " + e.key));
		document.getElementById("slider").oninput = e => said("slider " + e.target.value);
		document.getElementById("button").onclick = e => said("click " + e.isTrusted);
		addEventListener("hashchange", () => said("hash " + location.hash));
		</script>`)))
	b.Press("ArrowLeft", "Home", " ")
	b.Set(map[string]float64{"#slider": 0.125})
	b.Click("#button")
	b.Goto(b.Address() + "#step=2")
	const want = "key ArrowLeft; key Home; key ; slider 0.125; click true; hash #step=2;"
	if got := strings.Join(strings.Fields(b.Text("#log")), " "); got != want {
		t.Errorf("the page saw %q, want %q", got, want)
	}
	b.Click("#text")
	b.Type("a*b")
	if got := b.Eval(`document.getElementById("text").value`); string(got) != `"a*b"` {
		t.Errorf("the field holds %s", got)
	}
	b.Reload()
	if got := b.Text("#log"); got != "" {
		t.Errorf("after a reload the page still shows %q", got)
	}
	if got := b.Address(); !strings.HasSuffix(got, "page.html#step=2") {
		t.Errorf("after a reload the address is %q", got)
	}
	if pdf := b.PDF(); !strings.HasPrefix(string(pdf), "%PDF") {
		t.Errorf("the PDF begins with %.20q", pdf)
	}
}

func TestFind(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("CHAINRULE_BROWSER", "required")
	n := &notebook{TB: t}
	func() {
		defer func() { _ = recover() }()
		browser.Find(n)
	}()
	if got := strings.Join(n.said, "\n"); !strings.Contains(got, "CHAINRULE_BROWSER=required") {
		t.Errorf("without a browser, though required: %q", got)
	}
}
