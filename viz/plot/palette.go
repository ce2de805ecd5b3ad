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

// Colours of what is not data.
var (
	ink    = rgb(0x222222)
	soft   = rgb(0x595959) // of less important text; contrast 7 on white
	axis   = rgb(0x767676)
	faint  = rgb(0xe3e3e3)
	absent = rgb(0xc9c9c9) // of cells without a number
)

// A look tells a series from others by colour, dashes and the shape of its points, any of which is enough. The colours
// are those of Okabe and Ito, Color universal design (2008), which people with any common form of colour blindness can
// tell apart; the light ones are darkened to a contrast of 3 on white, and text to one of 4.5.
type look struct {
	line, text, area color.Color
	dashes           []vg.Length
	shape            shape
}

var looks = [...]look{
	{rgb(0x0072b2), rgb(0x00639b), rgb(0xcfe3f0), nil, circle},
	{rgb(0xd55e00), rgb(0xa94a00), rgb(0xf9e1cf), []vg.Length{7, 3}, triangle},
	{rgb(0x009e73), rgb(0x00704f), rgb(0xcfece4), []vg.Length{7, 3, 1.5, 3}, square},
	{rgb(0xb5628f), rgb(0x964a74), rgb(0xf3e2ec), []vg.Length{2, 2.5}, diamond},
	{rgb(0x222222), rgb(0x222222), rgb(0xe2e2e2), []vg.Length{12, 3}, cross},
	{rgb(0x3795c9), rgb(0x1f6f9e), rgb(0xdff0fa), []vg.Length{3, 3, 9, 3}, down},
	{rgb(0xb07a00), rgb(0x855c00), rgb(0xfaefd2), []vg.Length{1.5, 2, 1.5, 6}, plus},
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
