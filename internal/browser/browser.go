package browser

import (
	"context"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// commands are the names under which distributions install Chromium and Chrome.
var commands = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// Find returns the path of the browser. Without one it skips the test, or fails it if CHAINRULE_BROWSER=required.
func Find(t testing.TB) string {
	t.Helper()
	for _, name := range commands {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CHAINRULE_BROWSER") == "required" {
		t.Fatalf("none of %q is in PATH, and CHAINRULE_BROWSER=required", commands)
	}
	t.Skipf("none of %q is in PATH: install Chromium to run this test", commands)
	return ""
}

// process is the one browser of a test binary.
var process struct {
	sync.Mutex
	ctx context.Context
	end func()
}

// start starts the browser unless it runs and returns the context in which tabs are opened.
func start(t testing.TB) context.Context {
	t.Helper()
	path := Find(t)
	process.Lock()
	defer process.Unlock()
	if process.ctx != nil {
		return process.ctx
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.ProxyServer("127.0.0.1:9"), // nobody answers there: the browser itself calls nobody either
		// Nor does it for a page: it would ask what the fields of a form are for.
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,AutofillServerCommunication"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to sandbox root's pages
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, endBrowser := chromedp.NewContext(allocator)
	end := func() { endBrowser(); endAllocator() }
	// The first Do starts the process, which must outlive any deadline: the clock is beside it.
	started := make(chan error, 1)
	go func() { started <- chromedp.Do(ctx) }()
	select {
	case err := <-started:
		if err != nil {
			end()
			t.Fatalf("%s does not start: %v", path, err)
		}
	case <-time.After(time.Minute):
		end()
		t.Fatalf("%s did not start within a minute", path)
	}
	process.ctx, process.end = ctx, end
	return ctx
}

// Close ends the browser, if one was started. A TestMain calls it after the tests.
func Close() {
	process.Lock()
	defer process.Unlock()
	if process.end != nil {
		process.end()
	}
	process.ctx, process.end = nil, nil
}
