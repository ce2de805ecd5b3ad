package progress

import (
	"io"
	"strings"
	"time"
	"unicode"
)

const (
	redraw       = 100 * time.Millisecond
	usualColumns = 80 // where it is not known
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

// cut returns as many words of a text as there is room for. It does not cut within one: part of a number is another
// number.
func cut(s string, room int) string {
	s = strings.TrimRight(s, " ")
	if columnsOf(s) > room {
		s = strings.TrimLeft(s, " ")
	}
	for columnsOf(s) > room {
		s = strings.TrimRight(s[:max(0, strings.LastIndexByte(s, ' '))], " ")
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
