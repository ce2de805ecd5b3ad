package progress

import (
	"fmt"
	"time"

	"github.com/seed366ff29f/chainrule/nn"
)

// A bar is the display on a terminal.
type bar struct {
	settings
	line
	tally
}

// report is an nn.Progress.
func (b *bar) report(r nn.Report) {
	now := time.Now()
	b.see(&r, now)
	switch {
	case r.Reason != "":
		b.finish(now, b.last(&r, now))
		b.tally = tally{}
	case b.due(now):
		b.draw(now, b.now(&r, now), "")
	}
}

// now returns the line of a training that goes on.
func (b *bar) now(r *nn.Report, now time.Time) string {
	var rest string
	if d, ok := b.left(r, now); ok {
		rest = duration(d) + " left"
	}
	epoch, part := "", field{rank: 6, bar: true}
	position := b.position(r)
	if r.Steps > 0 {
		epoch = "epoch " + of(r.Epoch, r.Epochs)
		part.done = float64(r.Step) / float64(r.Steps)
	} else if r.EpochSteps > 0 {
		part.done = float64(r.EpochStep) / float64(r.EpochSteps)
	}
	return b.fit(r, position, part, field{text: rest, rank: 5}, field{text: epoch, rank: 8}, field{text: speed(b.examplesPerSecond(r, now)), rank: 9})
}

// last returns the line that stays when the training has ended.
func (b *bar) last(r *nn.Report, now time.Time) string {
	epoch := ""
	if r.Steps > 0 {
		epoch = "epoch " + of(r.Epoch, r.Epochs)
	}
	return b.fit(r, b.position(r), field{}, field{text: epoch, rank: 8},
		field{text: duration(now.Sub(b.start)), rank: 6}, field{text: string(r.Reason), rank: 3})
}

// position returns how far the training is.
func (b *bar) position(r *nn.Report) field {
	switch {
	case r.Steps > 0:
		return field{text: fmt.Sprintf("%3d%%", int(100*min(1, float64(r.Step)/float64(r.Steps)))), rank: 1}
	case b.room() < narrow:
		return field{text: fmt.Sprintf("ep %d", r.Epoch), rank: 3} // the loss matters more
	}
	return field{text: fmt.Sprintf("epoch %d", r.Epoch), rank: 1}
}

// fit returns the fields that the line has room for, with the figures among them.
func (b *bar) fit(r *nn.Report, position, part field, others ...field) string {
	digits := 4
	if b.room() < narrow {
		digits = 2
	}
	loss, metric := b.figures(r)
	valid, _ := b.valid()
	fields := []field{
		{text: b.title, rank: 5}, position, part,
		{text: number("loss", loss, digits), rank: 2}, {text: number(b.metric, metric, digits), rank: 4}, {text: number("valid", valid, digits), rank: 7},
	}
	return fit(b.room(), append(fields, others...))
}
