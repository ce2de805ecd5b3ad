// Package columns writes tables of text.
package columns

import (
	"strings"
	"unicode/utf8"
)

// Align returns rows of cells as lines, the cells of a column below each other with two spaces between columns. Column
// i is flush left if sides[i] is 'l', else flush right, as are columns beyond the end of sides. Rows may have different
// lengths, and lines do not end in spaces. Every character counts as one column of the screen.
func Align(sides string, rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		pending := 0 // spaces, which are written before the next text only
		for i, cell := range row {
			space := widths[i] - utf8.RuneCountInString(cell)
			left := i < len(sides) && sides[i] == 'l'
			if !left {
				pending += space
			}
			if cell != "" {
				b.WriteString(strings.Repeat(" ", pending))
				b.WriteString(cell)
				pending = 0
			}
			if left {
				pending += space
			}
			pending += 2
		}
		b.WriteByte('\n')
	}
	return b.String()
}
