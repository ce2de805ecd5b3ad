package progress

import (
	"io"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

// A drawing is a bar of package progressbar with texts beside it, such as
//
//	loss 0.1234  metric 0.03100  42% [=======>............]  [5s:7s]
//
// with the time that has passed and, once there is a speed, the time left. Where it is not known how many steps there
// will be, something turns in place of a bar, and no time left is told.
//
// The library's rate is not asked for: it is one of steps, not of examples, and could not be left out again on a
// terminal that gets narrower. Nor does the library write to the terminal, as it lets long lines wrap.
type drawing struct {
	bar     *progressbar.ProgressBar
	steps   int  // 0 if unknown
	predict bool // the time left
	barRank int
}

const (
	speedKnown = time.Second // until the library has a speed, and a little more
	turn       = 100 * time.Millisecond
)

// newDrawing returns one of so many steps, of which some are done.
func newDrawing(done, steps int) drawing {
	d := drawing{steps: max(steps, 0), barRank: barRank}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetPredictTime(false),
		progressbar.OptionSpinnerCustom([]string{"|", "/", "-", `\`}), progressbar.OptionSetSpinnerChangeInterval(turn),
		// With a bar that is visible from the beginning and turns, the library starts a goroutine that never ends. So it
		// is made invisible, and shown once it has started.
		progressbar.OptionSetVisibility(false),
	}
	if d.known() {
		// The library would reckon the steps that are done among those that take no time. So a bar of just as many is
		// finished unseen, and gets its length then.
		d.bar = progressbar.NewOptions(d.within(done), options...)
		_ = d.bar.Finish()
		d.bar.ChangeMax(d.steps)
	} else {
		d.bar = progressbar.NewOptions(-1, options...)
	}
	d.bar.StartWithoutRender()
	progressbar.OptionSetVisibility(true)(d.bar)
	return d
}

// known reports whether it is known how many steps there will be.
func (d *drawing) known() bool { return d.steps > 0 }

func (d *drawing) within(done int) int { return min(max(done, 0), d.steps) }

// moveTo moves the bar.
func (d *drawing) moveTo(done int) {
	if d.known() {
		_ = d.bar.Set(d.within(done))
	}
}

// stop makes the drawing one that stays: nothing turns, no time is left, and the bar matters less than any text.
func (d *drawing) stop() {
	d.predict, d.barRank = false, lastRank
	progressbar.OptionSpinnerCustom([]string{""})(d.bar)
}

// A field is a text beside the bar. One without text is left out.
type field struct {
	text string
	rank int // from 1 on; fields of low rank are the first to get room
}

// What the library draws has ranks among the fields. The percentage is always there.
const (
	timesRank = 6
	barRank   = 7
	lastRank  = 11
)

const (
	narrow   = 30 // columns below which texts are shortened
	leastBar = 5  // columns of a bar within its brackets
	mostBar  = 40
)

// fit returns the line: as many of the fields, in their order, as there is room for, and the longest bar.
func (d *drawing) fit(room int, fields []field) string {
	var chosen [lastRank + 1]bool
	for rank := 1; rank <= lastRank; rank++ {
		chosen[rank] = true
		chosen[rank] = columnsOf(d.compose(room, fields, chosen, leastBar)) <= room
	}
	left := room - columnsOf(d.compose(room, fields, chosen, leastBar))
	return d.compose(room, fields, chosen, min(leastBar+max(left, 0), mostBar))
}

// compose returns the line with the fields of the chosen ranks and, if it is among them, a bar of so many columns.
func (d *drawing) compose(room int, fields []field, chosen [lastRank + 1]bool, columns int) string {
	gap := "  "
	if room < narrow {
		gap = " "
	}
	var texts []string
	for _, f := range fields {
		if f.text != "" && chosen[f.rank] {
			texts = append(texts, f.text)
		}
	}
	theme := progressbar.ThemeASCII
	if !chosen[d.barRank] {
		theme, columns = progressbar.Theme{}, 0
	}
	for _, set := range []progressbar.Option{
		progressbar.OptionSetTheme(theme), progressbar.OptionSetWidth(columns),
		progressbar.OptionSetElapsedTime(chosen[timesRank]), progressbar.OptionSetPredictTime(chosen[timesRank] && d.predict),
	} {
		set(d.bar)
	}
	d.bar.Describe(strings.Join(texts, gap))
	text := strings.TrimRight(strings.TrimPrefix(d.bar.String(), "\r"), " ")
	text = strings.TrimPrefix(text, " ") // where the percentage has no text before it, or nothing turns
	if columns == 0 {
		text = strings.Replace(text, "%   [", "% [", 1)
	}
	return text
}
