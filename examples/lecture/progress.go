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
	bar := newBar(l.progress, func() int { return widthOf(l.progress) }, n, work)
	// A display that cannot be written is no reason to stop the work.
	return func() { _ = bar.Add(1) }, func() { _ = bar.Clear() }
}

// newBar returns a display of n steps on one line of a terminal that is so many columns wide. Where the line is too
// short for everything, the percentage comes first.
func newBar(w io.Writer, columns func() int, n int, work string) *progressbar.ProgressBar {
	const (
		widest = 30
		others = 50 // columns of name, percentage, count and times
	)
	options := []progressbar.Option{
		progressbar.OptionSetWriter(&line{w, columns}),
		progressbar.OptionSetDescription(work),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(max(2, min(columns()-others, widest))),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionClearOnFinish(),
	}
	if columns() < others+widest {
		options = append(options, progressbar.OptionShowDescriptionAtLineEnd())
	}
	return progressbar.NewOptions(n, options...)
}

// widthOf returns the columns of a terminal, or the usual 80 if it is not known.
func widthOf(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 80
}

// A line writes to one line of a terminal, of which the last column stays free. What is longer it cuts off, as the
// terminal would go on in the next line.
type line struct {
	w       io.Writer
	columns func() int
}

// Write writes text whose carriage returns go back to the beginning of the line.
func (l *line) Write(b []byte) (int, error) {
	most := max(l.columns()-1, 0)
	var out []rune
	n := 0
	for _, r := range string(b) {
		if r == '\r' {
			n = -1
		}
		if n < most {
			out = append(out, r)
			n++
		}
	}
	if _, err := io.WriteString(l.w, string(out)); err != nil {
		return 0, err
	}
	return len(b), nil
}
