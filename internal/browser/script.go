package browser

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Into evaluates a JavaScript expression in the page, waits for it if it is a promise, and decodes what it gives.
func (b *Tab) Into(v any, expression string) {
	b.t.Helper()
	raw := b.Eval(expression)
	if err := json.Unmarshal(raw, v); err != nil {
		b.t.Fatalf("evaluate %s: %v\n%s", short(expression), err, raw)
	}
}

// Run evaluates a JavaScript expression for what it does.
func (b *Tab) Run(expression string) {
	b.t.Helper()
	do(b, "evaluate "+short(expression), chromedp.Evaluate[chromedp.Void](expression, chromedp.EvalAwaitPromise))
}

// Eval evaluates a JavaScript expression and returns it as JSON.
func (b *Tab) Eval(expression string) json.RawMessage {
	b.t.Helper()
	return do(b, "evaluate "+short(expression), chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
}

// quote returns s as a JavaScript string.
func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a form in JSON
	}
	return string(text)
}

func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 120 {
		text = text[:120] + "…"
	}
	return text
}

func numbers(t testing.TB, raw json.RawMessage) []float64 {
	t.Helper()
	var x []float64
	if err := json.Unmarshal(raw, &x); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return x
}

// parse returns the numbers of a data-value or data-delta.
func parse(t testing.TB, text string) []float64 {
	t.Helper()
	var x []float64
	for _, field := range strings.Fields(text) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatalf("%q is not a list of numbers: %v", text, err)
		}
		x = append(x, v)
	}
	return x
}
