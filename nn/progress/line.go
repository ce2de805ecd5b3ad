package progress

import (
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
)

const (
	redraw       = 100 * time.Millisecond
	usualColumns = 80 // where it is not known
	narrow       = 30 // columns below which texts are shortened
	leastBar     = 10 // columns of a bar with its brackets
	mostBar      = 42
)

// A line is the last one of a terminal, which is drawn over itself. Its last column stays free, as some terminals go on
// in the next line when that is written to.
type line struct {
	t     Terminal
	drawn time.Time
	width int // of what stands there
}

// due reports whether it is time to draw the line again.
func (l *line) due(now time.Time) bool { return l.drawn.IsZero() || now.Sub(l.drawn) >= redraw }

// room returns the columns for text.
func (l *line) room() int {
	n := l.t.Columns()
	if n <= 0 {
		n = usualColumns
	}
	return n - 1
}

// draw puts a text in the place of what stands there, and end behind it.
func (l *line) draw(now time.Time, text, end string) {
	room := l.room()
	text = cut(text, room)
	width := columnsOf(text)
	blank := strings.Repeat(" ", max(0, min(l.width, room)-width))
	// A display that cannot be written is no reason to stop the work.
	_, _ = io.WriteString(l.t, "\r"+text+blank+end)
	l.drawn, l.width = now, width
}

// finish draws the last state of the line, which stays, and leaves the terminal at the beginning of the next one.
func (l *line) finish(now time.Time, text string) {
	l.draw(now, text, "\n")
	l.drawn, l.width = time.Time{}, 0
}

// clear takes the line away.
func (l *line) clear(now time.Time) {
	if !l.drawn.IsZero() {
		l.draw(now, "", "\r")
		l.drawn, l.width = time.Time{}, 0
	}
}

// A field is a piece of a line. One without text is left out.
type field struct {
	text string
	rank int     // fields of low rank are the first to get room
	bar  bool    // a bar, which takes what room is left, in place of a text
	done float64 // the part of the bar that is full, from 0 to 1
}

// fit returns the fields, in their order, that there is room for.
func fit(room int, fields []field) string {
	gap := "  "
	if room < narrow {
		gap = " "
	}
	byRank := make([]int, len(fields))
	for i := range byRank {
		byRank[i] = i
	}
	slices.SortStableFunc(byRank, func(i, j int) int { return fields[i].rank - fields[j].rank })
	left := room + len(gap)
	chosen := make([]bool, len(fields))
	for _, i := range byRank {
		need := columnsOf(fields[i].text)
		if fields[i].bar {
			need = leastBar
		}
		if need += len(gap); need > len(gap) && need <= left {
			left -= need
			chosen[i] = true
		}
	}
	var texts []string
	for i, f := range fields {
		switch {
		case !chosen[i]:
		case f.bar:
			texts = append(texts, barOf(min(leastBar+left, mostBar), f.done))
		default:
			texts = append(texts, f.text)
		}
	}
	return strings.Join(texts, gap)
}

// barOf returns a bar of so many columns, with its brackets.
func barOf(columns int, done float64) string {
	inner := columns - 2
	full := int(min(max(done, 0), 1) * float64(inner))
	var b strings.Builder
	b.WriteByte('[')
	b.WriteString(strings.Repeat("=", full))
	if full < inner {
		b.WriteByte('>')
		b.WriteString(strings.Repeat(" ", inner-full-1))
	}
	b.WriteByte(']')
	return b.String()
}

// columnsOf returns how many columns a text takes at most: two for a character that may be wide, as those of East Asia
// are.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}

// cut returns as much of a text as there is room for.
func cut(s string, room int) string {
	n := 0
	for i, r := range s {
		if n += columnsOf(string(r)); n > room {
			return s[:i]
		}
	}
	return s
}

// clean returns a text without the characters that would move the cursor.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s))
}
