package progress

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
)

// A Terminal is a writer that shows text in a number of columns, and goes back to the beginning of the line at a
// carriage return. [To] and [Steps] take an *os.File that is one for a Terminal by themselves; others, such as that of
// an SSH session, say so by this method.
type Terminal interface {
	io.Writer
	Columns() int // at present; 0 or less if it is not known
}

// An Option is a setting of [To].
type Option func(settings) settings

type settings struct {
	title  string
	metric string
}

// Title sets what stands before everything else, such as which of several trainings it is.
func Title(title string) Option {
	return func(s settings) settings { s.title = clean(title); return s }
}

// MetricName sets what nn.FitConfig.Metric is called, which is "metric" without it.
func MetricName(name string) Option {
	return func(s settings) settings { s.metric = clean(name); return s }
}

// To returns the display that is right for w: a line that is drawn over itself if w is a terminal, else lines of text.
// It panics with a [*graph.Error] if w or an option is nil.
func To(w io.Writer, options ...Option) nn.Progress {
	const op = "progress.To"
	mustBeWriter(op, w)
	s := settings{metric: "metric"}
	for i, o := range options {
		if o == nil {
			panic(graph.Errorf(op, graph.ErrUsage, "option %d is nil: leave it out", i+1))
		}
		s = o(s)
	}
	if t := terminalOf(w); t != nil {
		return (&bar{settings: s, line: line{t: t}}).report
	}
	return (&text{settings: s, w: w}).report
}

func mustBeWriter(op string, w io.Writer) {
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: give one such as os.Stderr"))
	}
}

// terminalOf returns w as a terminal on which a line can be drawn over itself, or nil.
func terminalOf(w io.Writer) Terminal {
	switch w := w.(type) {
	case Terminal:
		return w
	case *os.File:
		if term.IsTerminal(int(w.Fd())) && os.Getenv("TERM") != "dumb" {
			return file{w}
		}
	}
	return nil
}

// A file is a terminal of the system.
type file struct{ *os.File }

// Columns returns the width of the terminal.
func (f file) Columns() int {
	n, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return n
}
