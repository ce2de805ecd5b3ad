package png

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	stdpng "image/png"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
	"github.com/seed366ff29f/chainrule/viz/layout"
	"github.com/seed366ff29f/chainrule/viz/svg/graphviz"
	"github.com/seed366ff29f/chainrule/viz/svg/internal/scene"
)

// neuron returns the error of a neuron, and its picture's options.
func neuron() (graph.Value, []viz.Option) {
	g := graph.New()
	x, w, b := g.Const(0.5).Named("x"), g.Var(0.8).Named("w"), g.Var(0.1).Named("b")
	done := g.Scope("neuron")
	out := ops.Sigmoid(ops.Add(ops.Mul(w, x), b)).Named("out")
	done()
	loss := ops.Square(ops.AddScalar(out, -1)).Named("l")
	deltas := autograd.Grad(loss, w)
	return loss, []viz.Option{viz.WithGradients(autograd.Backward(loss)), viz.WithContributions(), viz.WithBackward(deltas...), viz.Legend(), viz.Title("A neuron")}
}

// TestWrite looks at the dots of a drawing: its size, and in the middle of what stands in it the colours of that.
func TestWrite(t *testing.T) {
	loss, options := neuron()
	var b, again bytes.Buffer
	if err := errors.Join(Write(&b, loss, options...), Write(&again, loss, options...)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the same graph gives other bytes")
	}
	img, err := stdpng.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	var s *scene.Scene
	s, err = scene.Compose("test", loss, options, graphviz.Place)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := img.Bounds(), image.Rect(0, 0, int(s.Width*dots), int(s.Height*dots)); got != want {
		t.Errorf("the image is %v, want %v", got, want)
	}
	nodes := 0
	for _, g := range s.Groups {
		for _, shape := range g.Shapes {
			if g.Class == "node" && shape.Points == nil && shape.Stroke != "" {
				nodes++
				// Inside the upper left corner, where neither text nor what the sweep found can be.
				at := layout.Point{X: shape.Box.X + 8, Y: shape.Box.Y + 5}
				want, err := scene.Color(shape.Fill)
				if err != nil {
					t.Fatal(err)
				}
				if got := color.NRGBAModel.Convert(img.At(int(at.X*dots), int(at.Y*dots))); got != want {
					t.Errorf("%s: the dot at %v is %v, want %v", g.Title, at, got, want)
				}
			}
		}
		for _, text := range g.Texts {
			if !dark(img, text) {
				t.Errorf("the text %q is not in the image", text.Spans[0].Text)
			}
		}
	}
	if nodes < 8 {
		t.Errorf("%d nodes were looked at", nodes)
	}
}

// dark reports whether something is drawn where the text stands.
func dark(img image.Image, t scene.Text) bool {
	x := t.At.X
	if t.Middle {
		x -= t.Width() / 2
	}
	for v := t.At.Y - 8; v < t.At.Y+2; v++ {
		for u := x; u < x+t.Width(); u += 1.0 / dots {
			if r, g, b, _ := img.At(int(u*dots), int(v*dots)).RGBA(); r+g+b < 3*0x9000 {
				return true
			}
		}
	}
	return false
}

func TestPieces(t *testing.T) {
	plain := scene.Span{Size: 10, Color: "#000000"}
	for text, want := range map[string][]piece{
		"":        nil,
		"δ = ∂l":  {{text: "δ = ∂l", size: 10}},
		"e⁻ˣ+1":   {{text: "e", size: 10}, {text: "−", size: 6.6, up: 3.3}, {text: "ˣ+1", size: 10}}, // the font has some raised letters
		"x₁₊ₖ":    {{text: "x₁", size: 10}, {text: "+", size: 6.6, up: -1.2}, {text: "k", size: 6.6, up: -1.2}},
		"e\u0301": {{text: "é", size: 10}},
		"日本":      {{text: "日本", size: 10}},
	} {
		span := plain
		span.Text = text
		for k := range want {
			want[k].color = plain.Color
		}
		if diff := cmp.Diff(want, pieces(scene.Text{Spans: []scene.Span{span}}), cmp.AllowUnexported(piece{}), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
			t.Errorf("%q: pieces mismatch (-want +got):\n%s", text, diff)
		}
	}
}

// TestPiecesFit holds that no character takes more room than is kept for it.
func TestPiecesFit(t *testing.T) {
	for r := rune(' '); r < 0x20000; r++ {
		if r == 0x4e00 {
			r = 0xf900 // those between are alike, and many
		}
		for _, bold := range []bool{false, true} {
			line := scene.Text{Spans: []scene.Span{{Text: "x" + string(r), Size: 100, Bold: bold}}}
			got := 0.0
			for _, p := range pieces(line) {
				got += p.width()
			}
			if room := line.Width(); got > room+0.5 {
				t.Errorf("%q, bold %v: %.1f px wide, and %.1f are kept", r, bold, got, room)
			}
		}
	}
}

func TestWriteTooLarge(t *testing.T) {
	g := graph.New()
	long := g.Var(0.5) // wide
	for range 120 {
		long = ops.Sin(long)
	}
	high := ops.Sum(ops.Stack(0, g.Vars(make([]float64, 150))...))
	var b bytes.Buffer
	err := Write(&b, ops.Add(long, high), viz.MaxNodes(300))
	if err == nil || !strings.Contains(err.Error(), "svg.Write") || b.Len() > 0 {
		t.Errorf("got the error %v and %d bytes, want an error that says what to do, and nothing written", err, b.Len())
	}
}

// TestWriteLarge draws what would have too many dots with one for each px.
func TestWriteLarge(t *testing.T) {
	high := ops.Sum(ops.Stack(0, graph.New().Vars(make([]float64, 260))...))
	options := []viz.Option{viz.MaxNodes(300)}
	var b bytes.Buffer
	if err := Write(&b, high, options...); err != nil {
		t.Fatal(err)
	}
	got, err := stdpng.DecodeConfig(&b)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scene.Compose("test", high, options, graphviz.Place)
	if err != nil {
		t.Fatal(err)
	}
	if s.Width*s.Height*dots*dots <= maxDots || got.Width != int(s.Width) || got.Height != int(s.Height) {
		t.Errorf("a drawing of %v × %v px has %d × %d dots", s.Width, s.Height, got.Width, got.Height)
	}
}

type failing struct{}

var errFull = errors.New("full")

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestWriterFails(t *testing.T) {
	loss, options := neuron()
	if err := Write(failing{}, loss, options...); !errors.Is(err, errFull) {
		t.Errorf("got the error %v, want that of the writer", err)
	}
}

func TestMisuse(t *testing.T) {
	x := graph.New().Var(1)
	for name, call := range map[string]func() error{
		"nil writer": func() error { return Write(nil, x) },
		"zero value": func() error { return Write(io.Discard, graph.Value{}) },
		"nil option": func() error { return Write(io.Discard, x, nil) },
	} {
		var e *graph.Error
		if err := graph.Try(func() { _ = call() }); !errors.As(err, &e) || e.Kind != graph.ErrUsage {
			t.Errorf("%s: got %v, want a *graph.Error of the kind %v", name, err, graph.ErrUsage)
		}
	}
}
