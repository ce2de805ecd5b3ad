package plot

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strconv"
	"strings"

	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// An svgCanvas draws to SVG. It stands in the place of vgsvg, which names one font that few machines have and lays
// coordinates out in groups of transformations: here the transformations are applied to the coordinates, which are
// px from the top left corner with one decimal, and a path says how far each point is from the one before. So the
// files are small, and their text has a font with fallbacks and a length.
type svgCanvas struct {
	width, height float64
	scheme        Scheme
	body          bytes.Buffer
	lines         strings.Builder // the data of paths that are not in the body yet, as there may be more like them
	like          string          // the attributes of these
	now           svgState
	stack         []svgState
}

type svgState struct {
	color  color.Color
	width  vg.Length
	dashes []vg.Length
	offset vg.Length
	m      affine
}

// An affine maps (x, y) to (a·x + c·y + e, b·x + d·y + f).
type affine struct{ a, b, c, d, e, f float64 }

func (m affine) at(p vg.Point) (x, y float64) {
	px, py := float64(p.X), float64(p.Y)
	return m.a*px + m.c*py + m.e, m.b*px + m.d*py + m.f
}

// after returns the map that applies n first.
func (m affine) after(n affine) affine {
	return affine{
		m.a*n.a + m.c*n.b, m.b*n.a + m.d*n.b, m.a*n.c + m.c*n.d, m.b*n.c + m.d*n.d,
		m.a*n.e + m.c*n.f + m.e, m.b*n.e + m.d*n.f + m.f,
	}
}

func newSVGCanvas(width, height float64, scheme Scheme) *svgCanvas {
	c := &svgCanvas{width: width, height: height, scheme: scheme, now: svgState{m: affine{a: 1, d: -1, f: height}}}
	vg.Initialize(c)
	return c
}

func (c *svgCanvas) SetLineWidth(w vg.Length) { c.now.width = w }
func (c *svgCanvas) SetLineDash(dashes []vg.Length, o vg.Length) {
	c.now.dashes, c.now.offset = dashes, o
}
func (c *svgCanvas) Push() { c.stack = append(c.stack, c.now) }
func (c *svgCanvas) Translate(p vg.Point) {
	c.now.m = c.now.m.after(affine{a: 1, d: 1, e: float64(p.X), f: float64(p.Y)})
}
func (c *svgCanvas) Scale(x, y float64) { c.now.m = c.now.m.after(affine{a: x, d: y}) }

func (c *svgCanvas) Rotate(angle float64) {
	sin, cos := math.Sincos(angle)
	c.now.m = c.now.m.after(affine{a: cos, b: sin, c: -sin, d: cos})
}

func (c *svgCanvas) SetColor(v color.Color) {
	if v == nil {
		v = color.Black
	}
	c.now.color = v
}

func (c *svgCanvas) Pop() {
	if n := len(c.stack) - 1; n >= 0 {
		c.now, c.stack = c.stack[n], c.stack[:n]
	}
}

// Stroke draws a line. Lines of one look that come after each other, such as ticks, are one path.
func (c *svgCanvas) Stroke(p vg.Path) {
	d := c.path(p)
	if c.now.width <= 0 || d == "" {
		return
	}
	like := c.strokes()
	if like != c.like || opacity("stroke", c.now.color) != "" { // which would not add up where lines of one path cross
		c.flush()
	}
	c.like = like
	c.lines.WriteString(d)
}

// flush writes the lines that are held back.
func (c *svgCanvas) flush() {
	if c.lines.Len() > 0 {
		fmt.Fprintf(&c.body, "<path d=\"%s\"%s/>\n", c.lines.String(), c.like)
		c.lines.Reset()
	}
}

// strokes returns the attributes of lines as they are drawn now.
func (c *svgCanvas) strokes() string {
	var b strings.Builder
	b.WriteString(` fill="none"` + c.paint("stroke", c.now.color))
	if c.now.width != 1 {
		fmt.Fprintf(&b, ` stroke-width="%s"`, tenths(float64(c.now.width)))
	}
	if len(c.now.dashes) > 0 {
		parts := make([]string, len(c.now.dashes))
		for i, v := range c.now.dashes {
			parts[i] = tenths(float64(v))
		}
		fmt.Fprintf(&b, ` stroke-dasharray="%s"`, strings.Join(parts, " "))
		if c.now.offset != 0 {
			fmt.Fprintf(&b, ` stroke-dashoffset="%s"`, tenths(float64(c.now.offset)))
		}
	}
	return b.String()
}

// Fill fills an area.
func (c *svgCanvas) Fill(p vg.Path) {
	if d := c.path(p); d != "" {
		c.flush()
		fmt.Fprintf(&c.body, "<path d=\"%s\"%s/>\n", d, c.paint("fill", c.now.color))
	}
}

// path returns the data of a path. Points are rounded to tenths of a px before distances are taken, so that errors do
// not add up.
func (c *svgCanvas) path(p vg.Path) string {
	w := pathWriter{m: c.now.m}
	for _, comp := range p {
		switch comp.Type {
		case vg.MoveComp:
			w.move(comp.Pos)
		case vg.LineComp:
			w.line(comp.Pos)
		case vg.ArcComp:
			w.arc(comp)
		case vg.CurveComp:
			w.curve(append(comp.Control, comp.Pos))
		case vg.CloseComp:
			w.command('z')
			w.x, w.y = w.startX, w.startY
		}
	}
	return w.b.String()
}

// A pathWriter writes the data of a path, in which numbers are tenths of a px until they are written.
type pathWriter struct {
	m              affine
	b              strings.Builder
	x, y           int // the pen
	startX, startY int // of the part of the path under way
	last           byte
	begun          bool
}

// far keeps coordinates, which may come from any number, within what drawing programs take.
const far = 1e6

func (w *pathWriter) round(p vg.Point) (x, y int) {
	fx, fy := w.m.at(p)
	limit := func(v float64) int {
		if math.IsNaN(v) {
			return 0
		}
		return int(math.Round(min(max(v, -far), far) * 10))
	}
	return limit(fx), limit(fy)
}

func (w *pathWriter) move(p vg.Point) {
	x, y := w.round(p)
	if !w.begun {
		w.command('M')
		w.numbers(x, y)
		w.begun = true
	} else {
		w.command('m')
		w.numbers(x-w.x, y-w.y)
	}
	w.x, w.y, w.startX, w.startY = x, y, x, y
}

func (w *pathWriter) line(p vg.Point) {
	if !w.begun {
		w.move(p)
		return
	}
	x, y := w.round(p)
	switch dx, dy := x-w.x, y-w.y; {
	case dx == 0 && dy == 0:
		return
	case dy == 0:
		w.command('h')
		w.numbers(dx)
	case dx == 0:
		w.command('v')
		w.numbers(dy)
	default:
		w.command('l')
		w.numbers(dx, dy)
	}
	w.x, w.y = x, y
}

// arc draws a part of a circle, or a circle, as two arcs or more: none of SVG's goes all the way round.
func (w *pathWriter) arc(comp vg.PathComp) {
	at := func(angle float64) vg.Point {
		sin, cos := math.Sincos(angle)
		return vg.Point{X: comp.Pos.X + comp.Radius*vg.Length(cos), Y: comp.Pos.Y + comp.Radius*vg.Length(sin)}
	}
	w.line(at(comp.Start))
	angle := min(max(comp.Angle, -2*math.Pi), 2*math.Pi)
	parts := 1 + int(math.Abs(angle)/(math.Pi*1.001))
	r := int(math.Round(float64(comp.Radius) * 10 * math.Sqrt(math.Abs(w.m.a*w.m.d-w.m.b*w.m.c))))
	sweep := 0
	if (angle > 0) == (w.m.a*w.m.d-w.m.b*w.m.c > 0) {
		sweep = 10
	}
	for i := 1; i <= parts; i++ {
		x, y := w.round(at(comp.Start + angle*float64(i)/float64(parts)))
		w.command('a')
		w.numbers(r, r, 0, 0, sweep, x-w.x, y-w.y)
		w.x, w.y = x, y
	}
}

func (w *pathWriter) curve(points []vg.Point) {
	var numbers []int
	var x, y int
	for _, p := range points {
		x, y = w.round(p)
		numbers = append(numbers, x-w.x, y-w.y)
	}
	switch len(points) {
	case 2:
		w.command('q')
	case 3:
		w.command('c')
	default:
		w.line(points[len(points)-1])
		return
	}
	w.numbers(numbers...)
	w.x, w.y = x, y
}

// command writes a letter, which may be left out where it comes again. A line follows a move without one.
func (w *pathWriter) command(letter byte) {
	if letter == w.last && letter != 'z' && letter != 'M' && letter != 'm' || letter == 'l' && w.last == 'm' {
		w.b.WriteByte(' ')
		return
	}
	w.b.WriteByte(letter)
	w.last = letter
}

func (w *pathWriter) numbers(tenth ...int) {
	for i, v := range tenth {
		s := tenthsOf(v)
		if i > 0 && s[0] != '-' {
			w.b.WriteByte(' ')
		}
		w.b.WriteString(s)
	}
}

// FillString writes text. Its length is that of Liberation Sans, which Arial and Helvetica share, and is held where
// another font takes its place.
func (c *svgCanvas) FillString(f font.Face, p vg.Point, s string) {
	if f.Font.Size <= 0 || strings.TrimSpace(s) == "" {
		return
	}
	c.flush()
	x, y := c.now.m.at(p)
	fmt.Fprintf(&c.body, `<text x="%s" y="%s"`, tenths(x), tenths(y))
	if size := float64(f.Font.Size); size != tickText {
		fmt.Fprintf(&c.body, ` font-size="%s"`, tenths(size))
	}
	if f.Font.Weight >= bold {
		c.body.WriteString(` font-weight="bold"`)
	}
	if c.now.color != c.ink() {
		c.body.WriteString(c.paint("fill", c.now.color))
	}
	if hasGlyphs(f, s) {
		fmt.Fprintf(&c.body, ` textLength="%s"`, tenths(float64(f.Width(s))))
	}
	if angle := math.Atan2(c.now.m.b, c.now.m.a) * 180 / math.Pi; angle != 0 {
		fmt.Fprintf(&c.body, ` transform="rotate(%s %s %s)"`, tenths(angle), tenths(x), tenths(y))
	}
	c.body.WriteByte('>')
	xml.EscapeText(&c.body, []byte(s))
	c.body.WriteString("</text>\n")
}

// hasGlyphs reports whether a font has all characters of a text. If not, nobody knows how long it is.
func hasGlyphs(f font.Face, s string) bool {
	var b sfnt.Buffer
	for _, r := range s {
		if i, err := f.Face.GlyphIndex(&b, r); i == 0 || err != nil {
			return false
		}
	}
	return true
}

// DrawImage draws an image, whose pixels stay squares.
func (c *svgCanvas) DrawImage(r vg.Rectangle, img image.Image) {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil { // an image without pixels
		return
	}
	c.flush()
	x, y := c.now.m.at(vg.Point{X: r.Min.X, Y: r.Max.Y})
	right, bottom := c.now.m.at(vg.Point{X: r.Max.X, Y: r.Min.Y})
	fmt.Fprintf(&c.body, "<image x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" preserveAspectRatio=\"none\" image-rendering=\"pixelated\" href=\"data:image/png;base64,%s\"/>\n",
		tenths(x), tenths(y), tenths(right-x), tenths(bottom-y), base64.StdEncoding.EncodeToString(b.Bytes()))
}

// fontFamily names fonts with the same widths first, for Linux, Windows and macOS.
const fontFamily = "Liberation Sans, Arial, Helvetica, sans-serif"

// writeTo writes the document.
func (c *svgCanvas) writeTo(w *bufio.Writer, title, description string) {
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="%[1]s" height="%[2]s" viewBox="0 0 %[1]s %[2]s" font-family="%[3]s" font-size="%[4]d"%[5]s>`,
		tenths(c.width), tenths(c.height), fontFamily, tickText, c.paint("fill", c.ink()))
	w.WriteByte('\n')
	for _, e := range [][2]string{{"title", title}, {"desc", description}} {
		w.WriteString("<" + e[0] + ">")
		xml.EscapeText(w, []byte(e[1]))
		w.WriteString("</" + e[0] + ">\n")
	}
	c.flush()
	w.Write(c.body.Bytes())
	w.WriteString("</svg>\n")
}

// tenths returns v with at most one decimal.
func tenths(v float64) string {
	if math.IsNaN(v) {
		v = 0
	}
	return tenthsOf(int(math.Round(min(max(v, -far), far) * 10)))
}

func tenthsOf(v int) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	if v%10 == 0 {
		return sign + strconv.Itoa(v/10)
	}
	whole := strconv.Itoa(v / 10)
	if whole == "0" {
		whole = ""
	}
	return sign + whole + "." + strconv.Itoa(v%10)
}

func hex(c color.Color) string {
	v := color.NRGBAModel.Convert(c).(color.NRGBA)
	if v.R%17 == 0 && v.G%17 == 0 && v.B%17 == 0 {
		return fmt.Sprintf("#%x%x%x", v.R/17, v.G/17, v.B/17)
	}
	return fmt.Sprintf("#%02x%02x%02x", v.R, v.G, v.B)
}

// ink returns the colour of most text, which the document has as a whole.
func (c *svgCanvas) ink() color.Color {
	if c.scheme == Dark {
		return ink.dark
	}
	return ink
}

// paint returns the attributes that fill or stroke with a colour. With a tone that follows the page there are two: programs
// that do not know light-dark leave the style out.
func (c *svgCanvas) paint(with string, v color.Color) string {
	s := fmt.Sprintf(` %s="%s"%s`, with, hex(v), opacity(with, v))
	if t, ok := v.(tone); ok && c.scheme == ByPage {
		s += fmt.Sprintf(` style="%s:light-dark(%s,%s)"`, with, hex(t.light), hex(t.dark))
	}
	return s
}

// opacity returns the attribute for a colour that lets others shine through.
func opacity(of string, c color.Color) string {
	if v := color.NRGBAModel.Convert(c).(color.NRGBA); v.A != 255 {
		return fmt.Sprintf(" %s-opacity=\"%.2g\"", of, float64(v.A)/255)
	}
	return ""
}
