package browser

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// A Size is that of a window's inside, in CSS pixels.
type Size struct{ W, H int64 }

// Desktop, Tablet and Phone are the sizes at which pages are looked at.
var (
	Desktop = Size{1280, 900}
	Tablet  = Size{768, 1024}
	Phone   = Size{390, 844}
)

// A Tab is one page in the browser, in a profile of its own. Its methods fail the test if the page does not do what they
// ask, so they return no errors.
type Tab struct {
	t   testing.TB
	ctx context.Context
	watch
}

// limit is the time that all of a tab's work may take together.
const limit = 4 * time.Minute

// Open opens an empty tab of the size [Desktop] in light colours. When the test ends, the tab is closed, and the test
// fails for whatever the page did that no page may do.
func Open(t testing.TB) *Tab {
	t.Helper()
	b := &Tab{t: t}
	tab, closeTab := chromedp.NewContext(start(t), chromedp.WithNewBrowserContext(b.outside()), chromedp.WithListener(b.hear))
	// The first Do opens the tab, which lives as long as its context: the deadline is on a child.
	opened := chromedp.Do(tab)
	ctx, stop := context.WithTimeout(tab, limit)
	b.ctx = ctx
	t.Cleanup(func() {
		t.Helper()
		b.report(t)
		stop()
		closeTab()
	})
	if opened != nil {
		t.Fatalf("open a tab: %v", opened)
	}
	command(b, network.Enable, network.EnableParams{})
	command(b, log.Enable, cdp.Empty{})
	b.Resize(Desktop)
	b.Scheme("light")
	return b
}

// do runs an action in the tab of b and returns what it gives.
func do[T any](b *Tab, what string, action chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, action)
	b.must(what, err)
	return v
}

// command sends a command of the DevTools protocol to the tab of b.
func command[P, R any](b *Tab, c cdp.Command[P, R], params P) R {
	b.t.Helper()
	v, err := chromedp.Call(b.ctx, c, params)
	b.must(string(c.Method), err)
	return v
}

func (b *Tab) must(what string, err error) {
	b.t.Helper()
	if err != nil {
		b.report(b.t) // the page's own words come first
		b.t.Fatalf("%s: %v", what, err)
	}
}

// FileURL returns the address of a file.
func FileURL(t testing.TB, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs)}).String()
}

// Goto opens an address and waits until it is loaded. An address that differs from the present one only after # loads
// nothing anew, as when a person edits it.
func (b *Tab) Goto(address string) {
	b.t.Helper()
	here, _, _ := strings.Cut(b.Address(), "#")
	there, fragment, _ := strings.Cut(address, "#")
	if here == there {
		b.Run(`new Promise(done => {
			const fragment = ` + quote(fragment) + `;
			if (location.hash.slice(1) === fragment) { done(); return; }
			addEventListener("hashchange", () => setTimeout(done), {once: true});
			location.hash = fragment;
		})`)
		return
	}
	do(b, "open "+address, chromedp.Navigate(address))
}

// Address returns the present address of the page.
func (b *Tab) Address() string {
	b.t.Helper()
	return do(b, "read the address", chromedp.Location())
}

// Reload loads the page again.
func (b *Tab) Reload() {
	b.t.Helper()
	do(b, "reload", chromedp.Reload())
}

// Resize gives the window another size.
func (b *Tab) Resize(s Size) {
	b.t.Helper()
	command(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: s.W, Height: s.H, DeviceScaleFactor: 1,
	})
	b.settle()
}

// Scheme says which colours the reader prefers, "light" or "dark".
func (b *Tab) Scheme(name string) {
	b.t.Helper()
	b.media("", name)
}

// Print shows the page as it would be printed, until the next call of [Tab.Scheme].
func (b *Tab) Print() {
	b.t.Helper()
	b.media("print", "light")
}

func (b *Tab) media(medium, scheme string) {
	b.t.Helper()
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: medium,
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"}, // no test waits for an animation
		},
	})
	b.settle()
}

// settle waits until the page has drawn what it knows.
func (b *Tab) settle() {
	b.t.Helper()
	b.Run(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))`)
}

// PDF returns the page as it would be printed on paper.
func (b *Tab) PDF() []byte {
	b.t.Helper()
	return do(b, "print", chromedp.PrintToPDF())
}

// Press presses keys one after the other, named as in KeyboardEvent.key: "ArrowRight", "Home", " ".
func (b *Tab) Press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		k, ok := keyboard[key]
		if !ok {
			b.t.Fatalf("the key %q is not in the table of this package", key)
		}
		down := input.DispatchKeyEventParams{
			Type: input.DispatchKeyEventTypeRawKeyDown, Key: key, Code: k.code, WindowsVirtualKeyCode: k.number, Text: k.text,
		}
		if k.text != "" {
			down.Type = input.DispatchKeyEventTypeKeyDown
		}
		command(b, input.DispatchKeyEvent, down)
		up := down
		up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
		command(b, input.DispatchKeyEvent, up)
	}
}

// keyboard holds, for the keys that tests press, what a keyboard sends besides their name.
var keyboard = map[string]struct {
	code   string
	number int64
	text   string
}{
	"ArrowLeft":  {"ArrowLeft", 37, ""},
	"ArrowUp":    {"ArrowUp", 38, ""},
	"ArrowRight": {"ArrowRight", 39, ""},
	"ArrowDown":  {"ArrowDown", 40, ""},
	"Home":       {"Home", 36, ""},
	"End":        {"End", 35, ""},
	"Tab":        {"Tab", 9, ""},
	"Escape":     {"Escape", 27, ""},
	"Backspace":  {"Backspace", 8, ""},
	"Enter":      {"Enter", 13, "\r"},
	" ":          {"Space", 32, " "},
}

// Type writes text into whatever has the focus.
func (b *Tab) Type(text string) {
	b.t.Helper()
	command(b, input.InsertText, input.InsertTextParams{Text: text})
}

// Click clicks the middle of the first visible element that a CSS selector names, wherever it must be scrolled to, and
// waits until the page has drawn what follows.
func (b *Tab) Click(selector string) {
	b.t.Helper()
	at := b.Eval(find + `(` + quote(selector) + `, e => {
		e.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
		const r = e.getBoundingClientRect();
		return [r.x + r.width / 2, r.y + r.height / 2];
	})`)
	xy := numbers(b.t, at)
	do(b, "click "+selector, chromedp.MouseClickXY(xy[0], xy[1]))
	b.settle()
}

// find is a function of a selector and of what to do with the first visible element that it names.
const find = `((selector, then) => {
	const e = [...document.querySelectorAll(selector)].find(e => e.checkVisibility());
	if (!e) throw new Error("no visible element " + selector);
	return then(e);
})`

// Text returns the text that a reader sees of the first visible element that a CSS selector names.
func (b *Tab) Text(selector string) string {
	b.t.Helper()
	var text string
	b.Into(&text, find+`(`+quote(selector)+`, e => e.innerText ?? e.textContent)`)
	return text
}

// Count returns how many visible elements a CSS selector names.
func (b *Tab) Count(selector string) int {
	b.t.Helper()
	var n int
	b.Into(&n, `[...document.querySelectorAll(`+quote(selector)+`)].filter(e => e.checkVisibility()).length`)
	return n
}

// Wait waits until a JavaScript expression is true, some twenty times a second.
func (b *Tab) Wait(expression string, within time.Duration) {
	b.t.Helper()
	do(b, "wait for "+expression, chromedp.Poll[chromedp.Void](`Boolean(`+expression+`)`,
		chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(within)))
}

// Shot leaves a picture of the window in the directory that CHAINRULE_BROWSER_SHOTS names, if it names one.
func (b *Tab) Shot(name string) {
	b.t.Helper()
	dir := os.Getenv("CHAINRULE_BROWSER_SHOTS")
	if dir == "" {
		return
	}
	png := do(b, "take a picture", chromedp.CaptureScreenshot())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
