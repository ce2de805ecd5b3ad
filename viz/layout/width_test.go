package layout_test

import (
	"math"
	"strconv"
	"testing"
	"unicode/utf8"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"github.com/seed366ff29f/chainrule/viz/layout"
)

// TestTextWidth holds the widths against the font's own.
func TestTextWidth(t *testing.T) {
	for _, bold := range []bool{false, true} {
		ttf := liberationsansregular.TTF
		if bold {
			ttf = liberationsansbold.TTF
		}
		f, err := sfnt.Parse(ttf)
		if err != nil {
			t.Fatal(err)
		}
		const size = 2048
		var buf sfnt.Buffer
		known := 0
		for r := rune(' '); r <= 0xffff; r++ {
			glyph, err := f.GlyphIndex(&buf, r)
			if err != nil {
				t.Fatal(err)
			}
			if !layout.Measured(string(r)) {
				if glyph != 0 && strconv.IsPrint(r) && r != utf8.RuneError {
					t.Errorf("%q is in the font and not measured", r)
				}
				continue
			}
			known++
			want, err := f.GlyphAdvance(&buf, glyph, fixed.I(size), font.HintingNone)
			if err != nil {
				t.Fatal(err)
			}
			if got := layout.TextWidth(string(r), size, bold); glyph == 0 || math.Abs(got-float64(want)/64) > 0.5 {
				t.Errorf("%q, bold %v: got %v px, want %v", r, bold, got, float64(want)/64)
			}
		}
		if known < 2000 {
			t.Errorf("bold %v: %d characters are measured", bold, known)
		}
	}
	for _, text := range []string{"net_h1 = w1·i1 + w2·i2 + b1", "δ = ∂l/∂v", "−0.5 × 2 ≤ ∞", "x² − x³", "ÄÖÜ é ß"} {
		if !layout.Measured(text) {
			t.Errorf("the widths of %q are guessed", text)
		}
	}
}

func TestTextWidthGuessed(t *testing.T) {
	const size = 100
	for text, least := range map[string]float64{"⁻¹": 80, "ₖ": 50, "日本": 200, "🎓": 120, "\uffff": 100} {
		if got := layout.TextWidth(text, size, false); got < least {
			t.Errorf("%q: got %v px, want %v or more", text, got, least)
		}
		if layout.Measured(text) {
			t.Errorf("%q is measured in a font that does not have it", text)
		}
	}
	if got := layout.TextWidth("e\u0301", size, true) - layout.TextWidth("e", size, true); got != 0 {
		t.Errorf("an accent on a character makes it %v px wider", got)
	}
	if got := layout.TextWidth("", size, false); got != 0 {
		t.Errorf("no text is %v px wide", got)
	}
}
