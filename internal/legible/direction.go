package legible

import (
	"strings"
	"unicode"
)

// leftToRight is the mark that stands around words from right to left. All that shows bidirectional text knows it, which
// is not so of the isolates that Unicode has since version 6.3.
const leftToRight = "\u200e"

// Isolate marks the words of s that are written from right to left, so that they do not change the order of the numbers
// and signs beside them: of x - 1, with a Hebrew name for x, readers would see 1 - x. Call it on what is shown, last: a
// text that [Name] made has no such marks of its own.
func Isolate(s string) string {
	if strings.IndexFunc(s, rightToLeft) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		i := strings.IndexFunc(s, rightToLeft)
		if i < 0 {
			break
		}
		end := strings.IndexFunc(s[i:], func(r rune) bool { return !rightToLeft(r) && !unicode.Is(unicode.M, r) })
		if end < 0 {
			end = len(s) - i
		}
		b.WriteString(s[:i] + leftToRight + s[i:i+end] + leftToRight)
		s = s[i+end:]
	}
	b.WriteString(s)
	return b.String()
}

// rightToLeft reports whether a character is in one of the blocks that Unicode keeps for scripts written so.
func rightToLeft(r rune) bool {
	return 0x0590 <= r && r <= 0x08ff || 0xfb1d <= r && r <= 0xfdff || 0xfe70 <= r && r <= 0xfeff ||
		0x10800 <= r && r <= 0x10fff || 0x1e800 <= r && r <= 0x1efff
}
