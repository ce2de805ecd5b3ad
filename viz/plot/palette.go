package plot

import (
	"image/color"
	"math"
	"strings"

	"golang.org/x/image/font"
	gonum "gonum.org/v1/plot"
	gonumfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A tone is a colour on a light ground, and the one that takes its place on a dark one.
type tone struct{ light, dark color.RGBA }

// RGBA returns the colour on a light ground.
func (t tone) RGBA() (r, g, b, a uint32) { return t.light.RGBA() }

// tones returns the tone of two numbers 0xRRGGBB.
func tones(light, dark uint32) tone { return tone{rgb(light), rgb(dark)} }

// Colours of what is not data.
var (
	ground = tones(0xffffff, 0x14161a)
	ink    = tones(0x222222, 0xeeeeee)
	soft   = tones(0x595959, 0xaaaabb) // of less important text; contrast 7 on the ground
	axis   = tones(0x767676, 0x888899)
	faint  = tones(0xe3e3e3, 0x333333)
	absent = rgb(0xc9c9c9) // of cells without a number
)

// A look tells a series from others by colour, dashes and the shape of its points, any of which is enough. The colours
// are those of Okabe and Ito, Color universal design (2008), which people with any common form of colour blindness can
// tell apart; those that are too near to the ground are darkened on white, and lightened on black, to a contrast of 3, and
// text to one of 4.5.
type look struct {
	line, text, area tone
	dashes           []vg.Length
	shape            shape
}

var looks = [...]look{
	{tones(0x0072b2, 0x44aaee), tones(0x00639b, 0x88ccff), tones(0xcfe3f0, 0x142c40), nil, circle},
	{tones(0xd55e00, 0xff8844), tones(0xa94a00, 0xffbb77), tones(0xf9e1cf, 0x402410), []vg.Length{7, 3}, triangle},
	{tones(0x009e73, 0x22bb99), tones(0x00704f, 0x66ddaa), tones(0xcfece4, 0x10352a), []vg.Length{7, 3, 1.5, 3}, square},
	{tones(0xb5628f, 0xdd88bb), tones(0x964a74, 0xeeaacc), tones(0xf3e2ec, 0x3a2231), []vg.Length{2, 2.5}, diamond},
	{tones(0x222222, 0xeeeeee), tones(0x222222, 0xeeeeee), tones(0xe2e2e2, 0x33363b), []vg.Length{12, 3}, cross},
	{tones(0x3795c9, 0x77ccee), tones(0x1f6f9e, 0xaaddee), tones(0xdff0fa, 0x1b3747), []vg.Length{3, 3, 9, 3}, down},
	{tones(0xb07a00, 0xddaa22), tones(0x855c00, 0xffcc55), tones(0xfaefd2, 0x372b0d), []vg.Length{1.5, 2, 1.5, 6}, plus},
}

// lookOf returns the look of series i. There are seven, which then come again.
func lookOf(i int) look { return looks[i%len(looks)] }

func (l look) lineStyle() draw.LineStyle {
	return draw.LineStyle{Color: l.line, Width: 2, Dashes: l.dashes}
}

func rgb(v uint32) color.RGBA {
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

// The stops of the palettes, which are ColorBrewer's RdBu, turned round, and YlGnBu (Brewer, Harrower and Pennsylvania
// State University, Apache License 2.0). Both are safe for colour-blind people.
var (
	diverging = []color.RGBA{
		rgb(0x053061), rgb(0x2166ac), rgb(0x4393c3), rgb(0x92c5de), rgb(0xd1e5f0), rgb(0xf7f7f7), rgb(0xfddbc7), rgb(0xf4a582), rgb(0xd6604d), rgb(0xb2182b), rgb(0x67001f),
	}
	sequential = []color.RGBA{
		rgb(0xffffd9), rgb(0xedf8b1), rgb(0xc7e9b4), rgb(0x7fcdbb), rgb(0x41b6c4), rgb(0x1d91c0), rgb(0x225ea8), rgb(0x253494), rgb(0x081d58),
	}
)

// levels is the number of colours that a palette is cut into: more than an eye can tell, and few enough that many cells
// have the same.
const levels = 41

// colorAt returns the colour of a palette at t from 0 to 1, of one of levels.
func colorAt(stops []color.RGBA, t float64) color.RGBA {
	t = math.Round(min(max(t, 0), 1)*(levels-1)) / (levels - 1) * float64(len(stops)-1)
	i := min(int(t), len(stops)-2)
	t -= float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-t) + float64(b)*t)) }
	a, b := stops[i], stops[i+1]
	return color.RGBA{R: mix(a.R, b.R), G: mix(a.G, b.G), B: mix(a.B, b.B), A: 255}
}

// inkOn returns black or white, whichever has the greater contrast on a colour.
func inkOn(c color.RGBA) color.RGBA {
	black, white := rgb(0x000000), rgb(0xffffff)
	if contrast(c, black) >= contrast(c, white) {
		return black
	}
	return white
}

// contrast returns the contrast ratio of two colours, from 1 to 21, as WCAG 2 defines it.
func contrast(a, b color.Color) float64 {
	luminance := func(c color.Color) float64 {
		linear := func(v uint32) float64 {
			if x := float64(v) / 0xffff; x > 0.04045 {
				return math.Pow((x+0.055)/1.055, 2.4)
			}
			return float64(v) / 0xffff / 12.92
		}
		r, g, b, _ := c.RGBA()
		return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Sizes of text, in px.
const (
	axisText  = 13
	tickText  = 12
	smallText = 12
)

const bold = font.WeightBold

// textStyle returns the style of text that stands on its baseline, from left to right.
func textStyle(size vg.Length, c color.Color) text.Style {
	return text.Style{
		Color: c, Font: gonumfont.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		XAlign: draw.XLeft, YAlign: draw.YBottom, Handler: gonum.DefaultTextHandler,
	}
}

// cut returns as much of a text as a length has room for, with an ellipsis if that is not all.
func cut(style text.Style, s string, length vg.Length) string {
	if style.Width(s) <= length {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && style.Width(string(runes)+"…") > length {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimRight(string(runes), " ") + "…"
}
