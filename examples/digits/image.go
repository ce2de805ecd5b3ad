package main

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

const (
	fullInk   = 16      // what the data count for ink
	mostBytes = 1 << 25 // of a file
	mostSide  = 1 << 12 // of an image
)

// A picture is a grey image, row by row, with 0 for paper and 1 for ink.
type picture struct {
	width, height int
	ink           []float64
}

// readPicture returns the digit in a file, as the networks see it: of 8×8 pixels.
func readPicture(name string) (*picture, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err != nil {
		return nil, err
	}
	if len(content) > mostBytes {
		return nil, fmt.Errorf("%s: more than %d MiB: give a smaller image", name, mostBytes>>20)
	}
	p, err := decode(content)
	if err == nil {
		p, err = p.fit()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// decode returns the picture in the bytes of a file.
func decode(content []byte) (*picture, error) {
	if bytes.HasPrefix(content, []byte("P2")) || bytes.HasPrefix(content, []byte("P5")) {
		return decodePGM(content)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		if isText(content) {
			return decodeText(content)
		}
		return nil, fmt.Errorf("no PNG, JPEG, GIF, PGM or text with 8 lines of 8 numbers")
	}
	if err := checkSize(config.Width, config.Height); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("the %s is damaged: %w", strings.ToUpper(format), err)
	}
	return ofImage(img), nil
}

func checkSize(width, height int) error {
	if width < side || height < side || width > mostSide || height > mostSide {
		return fmt.Errorf("an image of %d×%d pixels: want from 8×8 to %d×%d", width, height, mostSide, mostSide)
	}
	return nil
}

// ofImage returns an image as if it lay on white paper.
func ofImage(img image.Image) *picture {
	b := img.Bounds()
	p := &picture{width: b.Dx(), height: b.Dy(), ink: make([]float64, 0, b.Dx()*b.Dy())}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			red, green, blue, alpha := img.At(x, y).RGBA() // premultiplied by alpha
			light := 0.299*float64(red) + 0.587*float64(green) + 0.114*float64(blue) + float64(0xffff-alpha)
			p.ink = append(p.ink, 1-light/0xffff)
		}
	}
	p.invert()
	return p
}

// invert turns light ink on dark paper into dark ink on light paper: what most of the edge is, is paper.
func (p *picture) invert() {
	var sum float64
	n := 0
	for i, v := range p.ink {
		if x, y := i%p.width, i/p.width; x == 0 || y == 0 || x == p.width-1 || y == p.height-1 {
			sum += v
			n++
		}
	}
	if sum > float64(n)/2 {
		for i := range p.ink {
			p.ink[i] = 1 - p.ink[i]
		}
	}
}

// decodePGM reads a portable graymap, of numbers as text, P2, or as bytes, P5.
func decodePGM(content []byte) (*picture, error) {
	r := bufio.NewReader(bytes.NewReader(content[2:]))
	var head [3]int // width, height, white
	for i, what := range []string{"width", "height", "largest number"} {
		n, err := pgmNumber(r)
		if err != nil {
			return nil, fmt.Errorf("the %s of the PGM: %w", what, err)
		}
		head[i] = n
	}
	width, height, white := head[0], head[1], head[2]
	if err := checkSize(width, height); err != nil {
		return nil, err
	}
	if white < 1 || white > math.MaxUint16 {
		return nil, fmt.Errorf("the largest number of the PGM is %d: want from 1 to %d", white, math.MaxUint16)
	}
	next := func() (int, error) { return pgmNumber(r) }
	if content[1] == '5' {
		next = func() (int, error) { return pgmBytes(r, white) }
	}
	p := &picture{width: width, height: height}
	for i := range width * height {
		n, err := next()
		if err != nil {
			return nil, fmt.Errorf("pixel %d of %d of the PGM: %w", i, width*height, err)
		}
		if n > white {
			return nil, fmt.Errorf("pixel %d of the PGM is %d, above its largest number, %d", i, n, white)
		}
		p.ink = append(p.ink, 1-float64(n)/float64(white))
	}
	p.invert()
	return p, nil
}

// pgmBytes reads a number of one byte, or of two where one does not do.
func pgmBytes(r *bufio.Reader, white int) (int, error) {
	n := 0
	for range 1 + white>>8&1 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, io.ErrUnexpectedEOF
		}
		n = n<<8 | int(b)
	}
	return n, nil
}

// pgmNumber reads a number and the one blank after it, past blanks and comments.
func pgmNumber(r *bufio.Reader) (int, error) {
	var digits []byte
	for {
		b, err := r.ReadByte()
		blank := err == nil && strings.ContainsRune(" \t\r\n\v\f", rune(b))
		switch {
		case err == nil && b == '#' && len(digits) == 0:
			if _, err := r.ReadString('\n'); err != nil {
				return 0, io.ErrUnexpectedEOF
			}
		case blank && len(digits) == 0:
		case blank || err != nil && len(digits) > 0:
			return strconv.Atoi(string(digits))
		case err != nil:
			return 0, io.ErrUnexpectedEOF
		case b < '0' || b > '9' || len(digits) > 8:
			return 0, fmt.Errorf("%q is no number", append(digits, b))
		default:
			digits = append(digits, b)
		}
	}
}

func isText(content []byte) bool {
	return !slices.ContainsFunc(content, func(b byte) bool { return b >= 0x7f || b < ' ' && b != '\n' && b != '\r' && b != '\t' })
}

// decodeText reads 8 lines of 8 numbers, or one of 64, from 0 for paper to 16 for ink.
func decodeText(content []byte) (*picture, error) {
	p := &picture{width: side, height: side}
	lines := 0
	for i, line := range strings.Split(string(content), "\n") {
		fields := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r,;", r) })
		if len(fields) == 0 {
			continue
		}
		lines++
		if len(fields) != side && len(fields) != pixels {
			return nil, fmt.Errorf("line %d has %d numbers: want 8 lines of 8, or one of 64", i+1, len(fields))
		}
		for _, field := range fields {
			v, err := strconv.ParseFloat(field, 64)
			if err != nil || !(v >= 0 && v <= fullInk) {
				return nil, fmt.Errorf("line %d has %q: want numbers from 0 for paper to 16 for ink", i+1, field)
			}
			p.ink = append(p.ink, v/fullInk)
		}
		if len(p.ink) > pixels {
			break
		}
	}
	if len(p.ink) != pixels {
		return nil, fmt.Errorf("%d numbers in %d lines: want 8 lines of 8, or one of 64", len(p.ink), lines)
	}
	return p, nil
}

// fit returns the picture with 8×8 pixels: itself, or what is drawn on it, brought down to a square of that size.
func (p *picture) fit() (*picture, error) {
	least, most := slices.Min(p.ink), slices.Max(p.ink)
	if most-least < 0.1 {
		return nil, fmt.Errorf("nothing is drawn on it: all pixels are about alike")
	}
	if p.width == side && p.height == side {
		return p, nil
	}
	// What is a quarter of the way from paper to ink belongs to the digit.
	left, top, right, bottom := p.width, p.height, 0, 0
	for i, v := range p.ink {
		if (v-least)/(most-least) > 0.25 {
			x, y := i%p.width, i/p.width
			left, top, right, bottom = min(left, x), min(top, y), max(right, x+1), max(bottom, y+1)
		}
	}
	size := float64(max(right-left, bottom-top))
	x0, y0 := float64(left+right)/2-size/2, float64(top+bottom)/2-size/2
	out := &picture{width: side, height: side, ink: make([]float64, pixels)}
	for y := top; y < bottom; y++ {
		for x := left; x < right; x++ {
			// The share of this pixel in each of those that it reaches.
			v := (p.ink[y*p.width+x] - least) / (most - least)
			px, py, step := (float64(x)-x0)*side/size, (float64(y)-y0)*side/size, side/size
			for row := max(int(py), 0); row < side && float64(row) < py+step; row++ {
				for column := max(int(px), 0); column < side && float64(column) < px+step; column++ {
					out.ink[row*side+column] += v * overlap(row, py, step) * overlap(column, px, step)
				}
			}
		}
	}
	for i, v := range out.ink {
		out.ink[i] = min(v, 1)
	}
	return out, nil
}

// overlap returns how much of the pixel from n to n+1 is within the interval from at to at+length.
func overlap(n int, at, length float64) float64 {
	return max(0, min(float64(n+1), at+length)-max(float64(n), at))
}

// String draws the picture with characters, two for each pixel.
func (p *picture) String() string {
	const shades = " .:-=+*#%@"
	var b strings.Builder
	for y := range p.height {
		var line strings.Builder
		for x := range p.width {
			shade := shades[min(int(p.ink[y*p.width+x]*float64(len(shades))), len(shades)-1)]
			line.WriteByte(shade)
			line.WriteByte(shade)
		}
		b.WriteString("  " + strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}
