package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// enlarged returns the picture with pixels of so many pixels, and so much paper on the left and above.
func (p *picture) enlarged(by, left, above int) *picture {
	out := &picture{width: p.width*by + left + 5, height: p.height*by + above + 3}
	out.ink = make([]float64, out.width*out.height)
	for i := range out.ink {
		if x, y := i%out.width-left, i/out.width-above; x >= 0 && y >= 0 && x < p.width*by && y < p.height*by {
			out.ink[i] = p.ink[y/by*p.width+x/by]
		}
	}
	return out
}

// grey returns the picture with dark ink on light paper, or the other way round.
func (p *picture) grey(inverted bool) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, p.width, p.height))
	for i, v := range p.ink {
		if !inverted {
			v = 1 - v
		}
		img.Pix[i] = uint8(math.Round(v * 255))
	}
	return img
}

// encodings returns the same picture of 8×8 pixels in all formats.
func encodings(t *testing.T, ink []float64) map[string][]byte {
	t.Helper()
	p := &picture{side, side, ink}
	out := map[string][]byte{}
	encode := func(name string, f func(b *bytes.Buffer) error) {
		var b bytes.Buffer
		if err := f(&b); err != nil {
			t.Fatal(err)
		}
		out[name] = b.Bytes()
	}
	encode("PNG", func(b *bytes.Buffer) error { return png.Encode(b, p.grey(false)) })
	encode("PNG, light on dark", func(b *bytes.Buffer) error { return png.Encode(b, p.grey(true)) })
	encode("PNG, transparent paper", func(b *bytes.Buffer) error {
		img := image.NewNRGBA(image.Rect(3, 5, 3+side, 5+side))
		for i, v := range ink {
			img.SetNRGBA(3+i%side, 5+i/side, color.NRGBA{A: uint8(math.Round(v * 255))})
		}
		return png.Encode(b, img)
	})
	encode("GIF", func(b *bytes.Buffer) error { return gif.Encode(b, p.grey(false), nil) })
	encode("JPEG", func(b *bytes.Buffer) error { return jpeg.Encode(b, p.grey(false), &jpeg.Options{Quality: 100}) })
	encode("PGM of bytes", func(b *bytes.Buffer) error {
		fmt.Fprintf(b, "P5\n# made by hand\n8 8 255\n%s", p.grey(false).Pix)
		return nil
	})
	encode("PGM of two bytes", func(b *bytes.Buffer) error {
		fmt.Fprintf(b, "P5 8 8 65535\n")
		for _, v := range p.grey(false).Pix {
			b.Write([]byte{v, v})
		}
		return nil
	})
	encode("PGM of numbers", func(b *bytes.Buffer) error {
		fmt.Fprintf(b, "P2 8 8\n#\n16\n")
		for _, v := range ink {
			fmt.Fprintf(b, "%g ", v*fullInk)
		}
		return nil
	})
	for name, gaps := range map[string][2]string{"text": {" ", "\n"}, "text with commas": {", ", "\r\n\r\n"}, "text in one line": {"\t", " "}} {
		encode(name, func(b *bytes.Buffer) error {
			for i, v := range ink {
				fmt.Fprintf(b, "%g%s", v*fullInk, gaps[btoi(i%side == side-1)])
			}
			return nil
		})
	}
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Pictures of 8×8 pixels are taken as they are.
func TestDecode(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	ink := make([]float64, pixels)
	for i := range ink {
		if x := i % side; x > 0 && x < side-1 {
			ink[i] = float64(rng.IntN(fullInk+1)) / fullInk
		}
	}
	for name, content := range encodings(t, ink) {
		near := 1.0 / 255
		if name == "JPEG" || name == "GIF" {
			near = 0.1 // they lose something
		}
		p, err := decode(content)
		if err == nil {
			p, err = p.fit()
		}
		if err != nil || p.width != side || p.height != side || len(p.ink) != pixels {
			t.Errorf("%s: got %v, error %v", name, p, err)
			continue
		}
		for i, v := range p.ink {
			if math.Abs(v-ink[i]) > near {
				t.Errorf("%s: pixel %d has ink %g, want %g", name, i, v, ink[i])
				break
			}
		}
	}
}

// A larger picture is cut to what is drawn on it, and brought down.
func TestFit(t *testing.T) {
	full := make([]float64, pixels)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range full {
		full[i] = 0.3 + 0.7*rng.Float64()
	}
	full[9] = 1
	for _, by := range []int{2, 3, 10} {
		p, err := (&picture{side, side, full}).enlarged(by, 7, 4).fit()
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range p.ink {
			if math.Abs(v-full[i]) > 1e-9 {
				t.Errorf("enlarged by %d: pixel %d has ink %g, want %g", by, i, v, full[i])
				break
			}
		}
	}
	// A stroke of 4×32 pixels stands in the middle, as one of 1×8.
	stroke := &picture{width: 50, height: 40, ink: make([]float64, 50*40)}
	for y := range 32 {
		for x := range 4 {
			stroke.ink[(y+3)*50+x+40] = 0.6
		}
	}
	p, err := stroke.fit()
	if err != nil {
		t.Fatal(err)
	}
	for y := range side {
		for x := range side {
			want := 0.0
			if x == 3 || x == 4 {
				want = 0.5
			}
			if got := p.ink[y*side+x]; math.Abs(got-want) > 1e-9 {
				t.Errorf("the stroke has ink %g at (%d, %d), want %g", got, x, y, want)
			}
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	encode := func(width, height int) string {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	line := strings.Repeat("1 ", side) + "\n"
	const none = "no PNG, JPEG, GIF, PGM or text with 8 lines of 8 numbers"
	blank := "nothing is drawn on it: all pixels are about alike"
	for _, tt := range []struct{ name, content, want string }{
		{"empty", "", "0 numbers in 0 lines: want 8 lines of 8, or one of 64"},
		{"words", "hello, world", "line 1 has 2 numbers: want 8 lines of 8, or one of 64"},
		{"seven lines", strings.Repeat(line, 7), "56 numbers in 7 lines: want 8 lines of 8, or one of 64"},
		{"nine lines", strings.Repeat(line, 9), "72 numbers in 9 lines: want 8 lines of 8, or one of 64"},
		{"endless lines", strings.Repeat(line, 1000), "72 numbers in 9 lines: want 8 lines of 8, or one of 64"},
		{"a longer line", line + "1 " + line, "line 2 has 9 numbers: want 8 lines of 8, or one of 64"},
		{"too much ink", strings.Repeat(line, 7) + "0 0 0 17 0 0 0 0", `line 8 has "17": want numbers from 0 for paper to 16 for ink`},
		{"NaN", strings.Repeat("NaN ", 8), `line 1 has "NaN": want numbers from 0 for paper to 16 for ink`},
		{"a word", strings.Repeat("one ", 8), `line 1 has "one": want numbers from 0 for paper to 16 for ink`},
		{"blank text", strings.Repeat(line, 8), blank},
		{"bytes", "\x00\xff\x12", none},
		{"blank PNG", encode(30, 20), blank},
		{"small PNG", encode(7, 20), "an image of 7×20 pixels: want from 8×8 to 4096×4096"},
		{"wide PNG", encode(4097, 8), "an image of 4097×8 pixels: want from 8×8 to 4096×4096"},
		{"half a PNG", encode(30, 20)[:50], "the PNG is damaged: png: invalid format: not enough pixel data"},
		{"PGM without size", "P2", "the width of the PGM: unexpected EOF"},
		{"PGM that is none", "P5 eight", `the width of the PGM: "e" is no number`},
		{"PGM with endless digits", "P5 8 " + strings.Repeat("8", 100), `the height of the PGM: "8888888888" is no number`},
		{"PGM in a comment", "P2 8 8 # 16", "the largest number of the PGM: unexpected EOF"},
		{"huge PGM", "P5 99999999 99999999 255\n", "an image of 99999999×99999999 pixels: want from 8×8 to 4096×4096"},
		{"PGM without white", "P5 8 8 0\n", "the largest number of the PGM is 0: want from 1 to 65535"},
		{"half a PGM", "P5 8 8 255\n1234", "pixel 4 of 64 of the PGM: unexpected EOF"},
		{"half a PGM of numbers", "P2 8 8 255 1 2 3", "pixel 3 of 64 of the PGM: unexpected EOF"},
		{"too white", "P2 8 8 15 16", "pixel 0 of the PGM is 16, above its largest number, 15"},
	} {
		p, err := decode([]byte(tt.content))
		if err == nil {
			_, err = p.fit()
		}
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: error %v, want %s", tt.name, err, tt.want)
		}
	}
}

// FuzzDecode holds that no file does any harm.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"P2 8 8 1 " + strings.Repeat("0 1 ", 32), "P5 8 8 255\n" + strings.Repeat("\x10\xff", 32), strings.Repeat("1 2 3 4 5 6 7 8\n", 8), "GIF89a"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := decode(content)
		if err != nil {
			return
		}
		if p, err = p.fit(); err != nil {
			return
		}
		for i, v := range p.ink {
			if !(v >= -1e-9 && v <= 1) {
				t.Fatalf("pixel %d has ink %g", i, v)
			}
		}
		if len(p.ink) != pixels {
			t.Fatalf("%d pixels", len(p.ink))
		}
	})
}

func TestBetween(t *testing.T) {
	var image [pixels]float64
	image[0], image[1], image[side], image[side+1], image[pixels-1] = 1, 2, 3, 4, 5
	for _, tt := range []struct{ x, y, want float64 }{
		{0, 0, 1}, {1, 0, 2}, {0, 1, 3}, {0.5, 0, 1.5}, {0, 0.25, 1.5}, {0.5, 0.5, 2.5}, {-0.5, 0, 0.5}, {-1, 0, 0}, {7, 7, 5}, {7.5, 7.5, 1.25}, {8, 7, 0}, {-100, 100, 0},
	} {
		if got := between(&image, tt.x, tt.y); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("at (%g, %g): got %g, want %g", tt.x, tt.y, got, tt.want)
		}
	}
}

// Images stay digits: their ink is between 0 and 1 and about as much as before, each is changed in another way, and
// nothing of the set itself changes.
func TestAugment(t *testing.T) {
	set, err := digits()
	if err != nil {
		t.Fatal(err)
	}
	one := set.Rows(0, 0, 0, 0, 0, 0, 0, 0)
	before := sum(one.X)
	b, _ := data.NewBatches(one, data.BatchConfig{Size: 8, Rand: rand.New(rand.NewPCG(1, 2)), Augment: augment}).Next()
	if got := sum(one.X); got != before {
		t.Errorf("the set has ink %g, had %g", got, before)
	}
	seen := map[float64]bool{}
	for i := range b.Len() {
		var ink float64
		for k := range pixels {
			v := b.X.AtFlat(i*pixels + k)
			if !(v >= 0 && v <= 1+1e-12) {
				t.Fatalf("pixel %d of image %d has ink %g", k, i, v)
			}
			ink += v
		}
		seen[ink] = true
		if math.Abs(ink-before/8) > 0.35*before/8 {
			t.Errorf("image %d has ink %g, before %g", i, ink, before/8)
		}
	}
	if len(seen) != b.Len() {
		t.Errorf("%d of %d images differ", len(seen), b.Len())
	}
}

func sum(x *tensor.Tensor) (s float64) {
	for _, v := range x.Float64s() {
		s += v
	}
	return s
}
