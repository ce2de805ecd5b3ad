package progress

import (
	"io"
	"strings"
	"time"

	"github.com/seed366ff29f/chainrule/nn"
)

// A pace says which reports are worth a line in a log.
type pace struct {
	last    time.Time
	written bool // a line of this training
}

const (
	shortest = 5 * time.Second // from the end of one epoch to that of another
	longest  = time.Minute     // within an epoch
)

// due reports whether this report is, and counts on its being written.
func (p *pace) due(r *nn.Report, first bool, now time.Time) bool {
	if r.Reason != "" {
		*p = pace{}
		return true
	}
	if first {
		p.last = now
	}
	passed := now.Sub(p.last)
	if passed < longest && (r.Closed == nil || p.written && passed < shortest) {
		return false
	}
	p.last, p.written = now, true
	return true
}

// A text is the display in a pipe or a file.
type text struct {
	settings
	w io.Writer
	tally
	pace
}

// report is an nn.Progress.
func (x *text) report(r nn.Report) {
	now := time.Now()
	if !x.due(&r, x.see(&r, now), now) {
		return
	}
	// A display that cannot be written is no reason to stop a training.
	_, _ = io.WriteString(x.w, x.line(&r, now)+"\n")
	if r.Reason != "" {
		x.tally = tally{}
	}
}

// line returns the line for a report.
func (x *text) line(r *nn.Report, now time.Time) string {
	position := "epoch " + of(r.Epoch, r.Epochs)
	if r.Closed == nil {
		position += percent(r)
	}
	loss, metric := x.figures(r)
	validLoss, validMetric := x.valid()
	fields := []string{
		x.title, position,
		number("loss", loss, 4), number(x.metric, metric, 4), number("valid loss", validLoss, 4), number("valid "+x.metric, validMetric, 4),
		speed(x.examplesPerSecond(r, now)),
	}
	if r.Reason != "" {
		fields = append(fields, duration(now.Sub(x.start)), string(r.Reason))
	} else if d, ok := x.left(r, now); ok {
		fields = append(fields, duration(d)+" left")
	}
	var b strings.Builder
	for _, f := range fields {
		if f == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("  ")
		}
		b.WriteString(f)
	}
	return b.String()
}
