package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// A watch collects what a page does beside what it shows.
type watch struct {
	mu       sync.Mutex
	faults   []string // what no page of ours may do
	requests []string // the addresses asked for, all of them
}

func (w *watch) fault(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// hear takes what the browser says about the tab. It must not wait for anything.
func (b *Tab) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			b.fault("console.%s: %s", e.Type, written(e.Args))
		}
	case *runtime.EventExceptionThrown:
		b.fault("uncaught: %s", thrown(e.ExceptionDetails))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.fault("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		b.request(e.DocumentURL, e.Request.URL)
	case *page.EventJavascriptDialogOpening:
		b.fault("dialog: %s %q", e.Type, e.Message)
		// An open dialog stops the page.
		go func() {
			_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
		}()
	}
}

// outside is the only way that the tab has to anything but this machine: a proxy that refuses, and counts it as a fault.
// It sees what workers ask for too, about which the browser says nothing to the tab.
func (b *Tab) outside() chromedp.CreateBrowserContextOption {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.fault("request to the outside: %s %s", r.Method, r.RequestURI)
		http.Error(w, "tests reach nobody outside", http.StatusForbidden)
	}))
	b.t.Cleanup(proxy.Close)
	return func(p *target.CreateBrowserContextParams) { p.ProxyServer = proxy.URL }
}

// request notes a request and is a fault if it leaves the origin of the document.
func (w *watch) request(document, address string) {
	w.mu.Lock()
	w.requests = append(w.requests, address)
	w.mu.Unlock()
	if origin := originOf(address); origin != "data:" && origin != "blob:" && origin != originOf(document) {
		w.fault("request to another origin: %.200s (the page is %s)", address, document)
	}
}

// originOf returns the scheme and the host of an address, for data: and blob: only the scheme.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if u.Opaque != "" {
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}

// written returns what was given to a function of the console, as it would print it.
func written(args []*runtime.RemoteObject) string {
	var text []string
	for _, a := range args {
		if a.Description != "" {
			text = append(text, a.Description)
		} else {
			text = append(text, string(a.Value))
		}
	}
	return strings.Join(text, " ")
}

func thrown(d *runtime.ExceptionDetails) string {
	text := d.Text
	if d.Exception != nil {
		text += " " + d.Exception.Description
	}
	return fmt.Sprintf("%s (%s:%d:%d)", text, d.URL, d.LineNumber+1, d.ColumnNumber+1)
}

// Requests returns how many files the page has asked for since the tab was opened, whose bytes are not in their address.
func (b *Tab) Requests() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, address := range b.requests {
		if origin := originOf(address); origin != "data:" && origin != "blob:" {
			n++
		}
	}
	return n
}

// report fails t for every fault that was seen so far and forgets them.
func (w *watch) report(t testing.TB) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.faults {
		t.Error(f)
	}
	w.faults = nil
}
