package scene

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
)

func TestComposePlaceFails(t *testing.T) {
	cause := errors.New("out of memory")
	_, err := Compose("svg.Write", graph.New().Var(1), nil, func(*layout.Graph) (*layout.Layout, error) { return nil, cause })
	if !errors.Is(err, cause) {
		t.Errorf("got the error %v, want one that wraps the cause", err)
	}
	for _, want := range []string{"svg.Write: ", "viz.DOT"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error %v does not contain %q", err, want)
		}
	}
}

func TestWrap(t *testing.T) {
	const size = 10
	for _, text := range []string{"", " ", "one", "one two three four five six seven", "a  b   c", strings.Repeat("W", 100) + " and more", "ends with spaces   "} {
		for _, width := range []float64{0, 1, 50, 100, 1e9} {
			lines := wrap(text, width, size, false)
			if got, want := strings.Fields(strings.Join(lines, " ")), strings.Fields(text); strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%q at %v px: got %q", text, width, lines)
			}
			for _, l := range lines {
				if strings.Contains(strings.TrimSpace(l), " ") && layout.TextWidth(strings.TrimRight(l, " "), size, false) > width {
					t.Errorf("%q at %v px: the line %q is too long", text, width, l)
				}
			}
		}
	}
}

// contrast returns the contrast of two colours as the Web Content Accessibility Guidelines define it.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	luminance := func(color string) float64 {
		r, g, b := channels(t, color)
		linear := func(c float64) float64 {
			if c <= 0.04045 {
				return c / 12.92
			}
			return math.Pow((c+0.055)/1.055, 2.4)
		}
		return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func channels(t *testing.T, color string) (r, g, b float64) {
	t.Helper()
	c, err := Color(color)
	if err != nil {
		t.Fatal(err)
	}
	return float64(c.R) / 255, float64(c.G) / 255, float64(c.B) / 255
}

// TestContrast holds that all text can be read where it stands, and that borders can be seen.
func TestContrast(t *testing.T) {
	grounds := []string{paper, shade(1), shade(2), backwardLook.fill}
	for _, l := range looks {
		grounds = append(grounds, l.fill)
	}
	for _, ground := range grounds {
		for _, text := range []string{ink, quiet, moving} {
			if c := contrast(t, text, ground); c < 4.5 {
				t.Errorf("text of the colour %s on %s has a contrast of %.1f", text, ground, c)
			}
		}
	}
	for _, ground := range []string{paper, sweepBand, shade(1), shade(2)} {
		if c := contrast(t, sweep, ground); c < 4.5 {
			t.Errorf("δ on %s has a contrast of %.1f", ground, c)
		}
	}
	for _, border := range []string{line, backward, looks[viz.Leaf].stroke, looks[viz.Constant].stroke, looks[viz.Operation].stroke, looks[viz.Root].stroke, looks[viz.More].stroke} {
		for _, ground := range []string{paper, shade(1), shade(2)} {
			if c := contrast(t, border, ground); c < 3 {
				t.Errorf("a line of the colour %s on %s has a contrast of %.1f", border, ground, c)
			}
		}
	}
}

func TestStrange(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "net_h1 = w1·i1 ⁺¹ ᵀ → ∞": false, "e\u0301": false, "日本語 한국어": false,
		"مرحبا": true, "हिन्दी": true, "🎓": true, "﷽": true, "x 𝛿": true,
	} {
		if got := (Text{Spans: []Span{{Text: "plain"}, {Text: text}}}).Strange(); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
