package progress

import (
	"time"

	"github.com/seed366ff29f/chainrule/nn"
)

// A bar is the display on a terminal. What it says is decided here; a drawing makes the line of it.
type bar struct {
	settings
	line
	tally
	drawing
}

// report is an nn.Progress.
func (b *bar) report(r nn.Report) {
	now := time.Now()
	if b.see(&r, now) {
		b.drawing = newDrawing(r.Step, r.Steps)
	}
	switch {
	case r.Reason != "":
		b.moveTo(r.Step)
		b.stop()
		b.finish(now, b.text(&r, now))
		b.tally = tally{}
	case b.due(now):
		b.moveTo(r.Step)
		b.predict = r.Step > b.step && now.Sub(b.start) >= speedKnown
		b.draw(now, b.text(&r, now), "")
	}
}

// text returns the line for a report.
func (b *bar) text(r *nn.Report, now time.Time) string {
	room, digits, position := b.room(), 4, "epoch "
	if room < narrow {
		digits, position = 2, "ep "
	}
	position += of(r.Epoch, r.Epochs)
	var epoch string
	if b.known() {
		position, epoch = "", position
	} else if room >= narrow {
		position += percent(r)
	}
	loss, metric := b.figures(r)
	valid, _ := b.valid()
	return b.fit(room, []field{
		{b.title, 5}, {position, 2}, {number("loss", loss, digits), 1}, {number(b.metric, metric, digits), 4}, {number("valid", valid, digits), 9},
		{epoch, 10}, {speed(b.examplesPerSecond(r, now)), 8}, {string(r.Reason), 3},
	})
}
