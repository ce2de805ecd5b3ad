package png

import (
	"strings"
	"unicode"
	"unicode/utf8"

	xfont "golang.org/x/image/font"
	"golang.org/x/text/unicode/norm"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"

	"github.com/seed366ff29f/chainrule/viz/layout"
	"github.com/seed366ff29f/chainrule/viz/svg/internal/scene"
)

var fonts = font.NewCache(liberation.Collection())

// face returns Liberation Sans at a size in px.
func face(size float64, bold bool) font.Face {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return fonts.Lookup(f, font.Length(size))
}

// A piece is a part of a line of text in one size.
type piece struct {
	text  string
	size  float64
	up    float64 // above the base line
	bold  bool
	color string
}

func (p piece) width() float64 {
	f := face(p.size, p.bold)
	return float64(f.Width(p.text))
}

// small is the size of raised and lowered characters by that of others.
const small = 0.66

// pieces returns the parts of a line of text. Raised and lowered characters that the font does not have become small ones
// of those that it has.
func pieces(t scene.Text) (out []piece) {
	for _, s := range t.Spans {
		var plain strings.Builder
		add := func(p piece) {
			if p.text != "" {
				p.bold, p.color = s.Bold, s.Color
				out = append(out, p)
			}
		}
		flush := func() {
			add(piece{text: plain.String(), size: s.Size})
			plain.Reset()
		}
		for _, r := range composed(s.Text) {
			up, other := level(r)
			if up == 0 {
				plain.WriteString(other)
				continue
			}
			flush()
			add(piece{text: other, size: small * s.Size, up: up * s.Size})
		}
		flush()
	}
	return out
}

// composed returns the text with letters and the accents on them as one character where there is one.
func composed(s string) string {
	if c := norm.NFC.String(s); utf8.RuneCountInString(c) < utf8.RuneCountInString(s) {
		return c
	}
	return s
}

// level returns how far a character stands above the base line, by the size of the text, and the character or what stands
// for it: nothing for a mark on the character before it that the font does not have.
func level(r rune) (up float64, text string) {
	text = string(r)
	if layout.Measured(text) {
		return 0, text
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0, ""
	}
	plain := norm.NFKD.String(text)
	if plain == text || utf8.RuneCountInString(plain) != 1 || !layout.Measured(plain) {
		return 0, text
	}
	if 0x2080 <= r && r <= 0x209c || 0x1d62 <= r && r <= 0x1d6a {
		return -0.12, plain
	}
	if 0x2070 <= r && r <= 0x207f || 0x1d2c <= r && r <= 0x1dbf || 0x2b0 <= r && r <= 0x2ff || 0x10780 <= r && r <= 0x107bf {
		return 0.33, plain
	}
	return 0, plain
}

func (p painter) text(t scene.Text) error {
	parts := pieces(t)
	x := t.At.X
	if t.Middle {
		for _, q := range parts {
			x -= q.width() / 2
		}
	}
	for _, q := range parts {
		c, err := scene.Color(q.color)
		if err != nil {
			return err
		}
		p.SetColor(c)
		p.FillString(face(q.size, q.bold), p.point(x, t.At.Y-q.up), q.text)
		x += q.width()
	}
	return nil
}
