package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// terminal returns w if it is a terminal, else nil.
func terminal(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return w
	}
	return nil
}

// steps shows on the lesson's terminal, if it has one, how many of n steps of a work are done. It returns the function
// to call after each step, which any goroutine may, and the function that takes the display away.
func (l *lesson) steps(n int, work string) (step, done func()) {
	if l.progress == nil {
		return func() {}, func() {}
	}
	bar := progressbar.NewOptions(n,
		progressbar.OptionSetWriter(l.progress),
		progressbar.OptionSetDescription(work),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
	// A display that cannot be written is no reason to stop the work.
	return func() { _ = bar.Add(1) }, func() { _ = bar.Clear() }
}
