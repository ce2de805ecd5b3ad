package layout

import (
	"sort"
	"unicode"
)

//go:generate go run generate.go

// unitsPerEm is the number of units in the size of the font, in which [widths] are.
const unitsPerEm = 2048

// A run is a row of characters without a gap, and their widths.
type run struct {
	first         rune
	regular, bold []uint16
}

// TextWidth returns the width of a line of text in px, set in Arial, Helvetica or Liberation Sans, whose widths are the
// same, at the given size in px. A character that these fonts do not have comes from another font, which is not known:
// it counts as wide as such characters are at most in usual fonts.
func TextWidth(s string, size float64, bold bool) float64 {
	units := 0
	for _, r := range s {
		w, ok := measured(r, bold)
		if !ok {
			w = guessed(r)
		}
		units += w
	}
	return float64(units) * size / unitsPerEm
}

// Measured reports whether [TextWidth] knows the widths of all characters of s, and guesses none.
func Measured(s string) bool {
	for _, r := range s {
		if _, ok := measured(r, false); !ok {
			return false
		}
	}
	return true
}

func measured(r rune, bold bool) (units int, ok bool) {
	k := sort.Search(len(widths), func(k int) bool { return widths[k].first > r }) - 1
	if k < 0 || int(r-widths[k].first) >= len(widths[k].regular) {
		return 0, false
	}
	if bold {
		return int(widths[k].bold[r-widths[k].first]), true
	}
	return int(widths[k].regular[r-widths[k].first]), true
}

// guessed returns a width for a character that Liberation Sans does not have, as it is in DejaVu Sans and Noto at most.
func guessed(r rune) int {
	const em = unitsPerEm
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0 // it stands on the character before
	case (0x2070 <= r && r <= 0x209f || 0x1d2c <= r && r <= 0x1dbf || 0x2b0 <= r && r <= 0x2ff) && unicode.IsPrint(r):
		return em * 2 / 3 // raised and lowered
	case r >= 0x1f000:
		return em * 7 / 5 // pictographs
	}
	return em * 11 / 10
}
