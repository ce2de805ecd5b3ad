package plot_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/plot"
)

var nan, inf = math.NaN(), math.Inf(1)

// history returns the history of n epochs in which validation is best after two thirds of them.
func history(n int, metric bool) *nn.History {
	h := &nn.History{Best: 2 * n / 3}
	for i := range n {
		e := nn.Epoch{Number: i + 1, TrainLoss: 1 / float64(i+1), ValidLoss: 0.2 + math.Abs(float64(i-h.Best))/float64(n), TrainMetric: nan, ValidMetric: nan}
		if metric {
			e.TrainMetric, e.ValidMetric = e.TrainLoss/2, e.ValidLoss/2
		}
		h.Epochs = append(h.Epochs, e)
	}
	return h
}

// with returns a history whose losses and metrics are the given numbers.
func with(values ...float64) *nn.History {
	h := &nn.History{}
	for i, v := range values {
		h.Epochs = append(h.Epochs, nn.Epoch{Number: i + 1, TrainLoss: v, ValidLoss: v, TrainMetric: v, ValidMetric: v})
	}
	return h
}

func newRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// points returns a set of points of a function of one number.
func points(xs []float64, f func(float64) float64) *data.Set {
	ts := make([]float64, len(xs))
	for i, x := range xs {
		ts[i] = f(x)
	}
	return &data.Set{X: tensor.Of(xs, len(xs), 1), T: tensor.Of(ts, len(xs), 1)}
}

// odd are numbers that break careless drawing.
var odd = map[string][]float64{
	"none":           {},
	"one":            {0.5},
	"zero":           {0},
	"zeros":          {0, 0, 0},
	"constant":       {0.25, 0.25, 0.25},
	"NaN":            {nan},
	"NaNs":           {nan, nan, nan},
	"Inf":            {inf, -inf, inf},
	"gaps":           {1, nan, 2, nan, nan, 3, inf, 4, 5},
	"begins as NaN":  {nan, 1, 2},
	"ends as NaN":    {1, 2, nan},
	"negative":       {-1, -2, -3},
	"both signs":     {-1, 0, 1},
	"huge":           {1e300, 1e308, math.MaxFloat64},
	"huge both ways": {-math.MaxFloat64, math.MaxFloat64},
	"tiny":           {5e-324, 1e-323},
	"wide":           {5e-324, 1, math.MaxFloat64},
	"close":          {1, math.Nextafter(1, 2)},
	"close and huge": {1e16, 1e16 + 2, 1e16 + 4},
	"close to zero":  {1e-310, 0, 1e-310},
	"many":           ramp(100_000),
}

func ramp(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64((i*7919)%n) / float64(n)
	}
	return out
}

// square returns the numbers as a table with rows of the same length.
func square(values []float64) [][]float64 {
	n := 1
	for (n+1)*(n+1) <= len(values) && n < 64 {
		n++
	}
	var rows [][]float64
	for i := range n {
		rows = append(rows, values[i*n:(i+1)*n])
	}
	return rows
}

// figures are the pictures that are made of numbers, whatever they are.
var figures = map[string]func(values []float64) *plot.Figure{
	"curves":     func(v []float64) *plot.Figure { return plot.Curves(with(v...), plot.LearningRates(v...)) },
	"log curves": func(v []float64) *plot.Figure { return plot.Curves(with(v...), plot.LogY(), plot.Mark(2, "2")) },
	"lines": func(v []float64) *plot.Figure {
		return plot.Lines([]plot.Line{{Name: "a", Y: v}, {Name: "b", X: v, Y: v}})
	},
	"log lines": func(v []float64) *plot.Figure {
		return plot.Lines([]plot.Line{{Name: "a", Y: v}, {Name: "b", X: v, Y: v}}, plot.LogY(), plot.Mark(1e300, "far"))
	},
	"fit": func(v []float64) *plot.Figure {
		if len(v) == 0 {
			return nil
		}
		set := &data.Set{X: tensor.Of(v, len(v), 1), T: tensor.Of(v, len(v), 1)}
		return plot.Fit(nn.Linear(newRand(), 1, 1), set, plot.Target(math.Log))
	},
	"activations": func(v []float64) *plot.Figure {
		return plot.Activations(nn.Sequential(nn.Func(ops.Neg), nn.Func(ops.Exp)), tensor.Of(v, len(v), 1))
	},
	"gradients": func(v []float64) *plot.Figure {
		g := graph.New()
		w := &nn.Param{Name: "w", Data: tensor.New(tensor.Float64, len(v))}
		loss := ops.Sum(ops.Mul(w.Bind(g), g.ConstTensor(tensor.Of(v, len(v)))))
		return plot.Gradients([]*nn.Param{w}, autograd.Backward(loss))
	},
	"boundary": func(v []float64) *plot.Figure {
		if len(v) == 0 {
			return nil
		}
		x := tensor.New(tensor.Float64, len(v), 2)
		for i, v := range v {
			x.SetAt(v, i, 0)
			x.SetAt(-v, i, 1)
		}
		return plot.Boundary(nn.Linear(newRand(), 2, 3), &data.Set{X: x, Labels: make([]int, len(v))})
	},
	"grid": func(v []float64) *plot.Figure {
		if len(v) == 0 {
			return nil
		}
		return plot.Grid(square(v), plot.MarkCell(0, 0, "first"))
	},
	"weights": func(v []float64) *plot.Figure {
		if len(v) == 0 {
			return nil
		}
		return plot.Weights(parameter(v, 1, len(v)), plot.Values())
	},
}

// parameter returns numbers as a parameter.
func parameter(values []float64, shape ...int) *nn.Param {
	return &nn.Param{Name: "w", Data: tensor.Of(values, shape...)}
}

// TestOddNumbers draws numbers of all kinds: each must give a picture, and a well-made one.
func TestOddNumbers(t *testing.T) {
	for kind, draw := range figures {
		for name, values := range odd {
			t.Run(kind+"/"+name, func(t *testing.T) {
				f := draw(values)
				if f == nil {
					t.Skip("a picture of nothing is misuse")
				}
				checkSVG(t, f)
				if name == "wide" || name == "gaps" {
					var image bytes.Buffer
					if err := f.PNG(&image); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

func writeSVG(t *testing.T, f *plot.Figure) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.SVG(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// twoColors is the only style that elements have.
var twoColors = regexp.MustCompile(`^(fill|stroke):light-dark\(#([0-9a-f]{3}){1,2},#([0-9a-f]{3}){1,2}\)$`)

var numberInAttribute = regexp.MustCompile(`^[-0-9. a-zA-Z]*$`)

// An svgText is a text of a picture with its place.
type svgText struct {
	text         string
	x, y, length float64
	size         float64
	rotated      bool
}

// checkSVG fails the test unless the figure writes a small, well-formed document that browsers and screen readers can
// use, and returns its texts.
func checkSVG(t *testing.T, f *plot.Figure) []svgText {
	t.Helper()
	s := writeSVG(t, f)
	if s != writeSVG(t, f) {
		t.Error("two pictures of one figure differ")
	}
	if len(s) > 40_000 {
		t.Errorf("%d bytes, want at most 40,000", len(s))
	}
	width, height := f.Size()
	var texts []svgText
	described := map[string]bool{}
	d := xml.NewDecoder(strings.NewReader(s))
	var at []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, s)
		}
		switch e := token.(type) {
		case xml.StartElement:
			at = append(at, e.Name.Local)
			attributes := map[string]string{}
			for _, a := range e.Attr {
				attributes[a.Name.Local] = a.Value
				switch {
				case a.Name.Local == "id" || strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "class" || a.Name.Local == "style" && !twoColors.MatchString(a.Value):
					t.Errorf("attribute %s: pictures in one page could disturb each other", a.Name.Local)
				case slices.Contains([]string{"d", "x", "y", "width", "height", "viewBox", "textLength", "stroke-width"}, a.Name.Local) &&
					(!numberInAttribute.MatchString(a.Value) || strings.Contains(a.Value, "N") || strings.Contains(a.Value, "nf")):
					t.Errorf("%s=%.80q holds what is no number", a.Name.Local, a.Value)
				}
			}
			number := func(name string) float64 {
				v, err := strconv.ParseFloat(attributes[name], 64)
				if err != nil {
					t.Errorf("<%s %s=%q>: %v", e.Name.Local, name, attributes[name], err)
				}
				return v
			}
			switch e.Name.Local {
			case "svg":
				if attributes["role"] != "img" || !strings.Contains(attributes["font-family"], ",") || number("width") != width || number("height") != height {
					t.Errorf("attributes %v", attributes)
				}
			case "text":
				text := svgText{x: number("x"), y: number("y"), size: 12, rotated: attributes["transform"] != ""}
				if attributes["textLength"] != "" { // not known for characters that the font lacks
					text.length = number("textLength")
				}
				if attributes["font-size"] != "" {
					text.size = number("font-size")
				}
				texts = append(texts, text)
			case "title", "desc", "path", "image":
			default:
				t.Errorf("element %s", e.Name.Local)
			}
		case xml.EndElement:
			at = at[:len(at)-1]
		case xml.CharData:
			switch at := strings.Join(at, " "); at {
			case "svg text":
				texts[len(texts)-1].text = string(e)
			case "svg title", "svg desc":
				described[at] = len(strings.TrimSpace(string(e))) > 0
			}
		}
	}
	if !described["svg title"] || !described["svg desc"] {
		t.Error("no title or no description for screen readers")
	}
	for _, x := range texts {
		if !x.rotated && (x.x < 0 || x.x+x.length > width || x.y-x.size*0.75 < 0 || x.y > height) {
			t.Errorf("text %q from (%g, %g), %g long, leaves the picture of %g × %g", x.text, x.x, x.y, x.length, width, height)
		}
	}
	return texts
}

// checkApart fails the test if two texts overlap.
func checkApart(t *testing.T, texts []svgText) {
	t.Helper()
	for i, a := range texts {
		for _, b := range texts[:i] {
			if a.rotated || b.rotated {
				continue
			}
			if a.x < b.x+b.length && b.x < a.x+a.length && a.y-a.size*0.7 < b.y && b.y-b.size*0.7 < a.y {
				t.Errorf("%q at (%g, %g) and %q at (%g, %g) overlap", a.text, a.x, a.y, b.text, b.x, b.y)
			}
		}
	}
}

func has(texts []svgText, text string) bool {
	return slices.ContainsFunc(texts, func(x svgText) bool { return x.text == text })
}

func TestCurves(t *testing.T) {
	for _, c := range []struct {
		name         string
		f            *plot.Figure
		plots        int
		want, forbid []string
	}{
		{"loss alone", plot.Curves(history(12, false)), 1, []string{"loss", "training", "validation", "epoch", "epoch 9 chosen: validation loss 0.2", "12"}, []string{"metric", "learning rate"}},
		{"metric", plot.Curves(history(12, true), plot.MetricName("share of errors"), plot.Title("Digits")), 2, []string{"Digits", "share of errors", "epoch 9 chosen: validation loss 0.2"}, []string{"metric"}},
		{"rates", plot.Curves(history(3, true), plot.LearningRates(0.1, 0.01, 0.001)), 3, []string{"learning rate", "metric"}, nil},
		{"labels", plot.Curves(history(3, false), plot.XLabel("pass"), plot.YLabel("nats")), 1, []string{"pass", "nats"}, []string{"epoch", "loss"}},
		{"no validation", plot.Curves(&nn.History{Best: -1, Epochs: []nn.Epoch{{TrainLoss: 1, TrainMetric: nan, ValidLoss: nan, ValidMetric: nan}, {TrainLoss: 0.5, TrainMetric: nan, ValidLoss: nan, ValidMetric: nan}}}), 1, []string{"training"}, []string{"validation"}},
		{"best of none", plot.Curves(&nn.History{Best: 3, Epochs: with(1, 2).Epochs}), 2, []string{"validation"}, []string{"epoch 4 chosen"}},
		{"one epoch", plot.Curves(with(0.5)), 2, []string{"1", "epoch 1 chosen: validation loss 0.5"}, []string{"2"}},
		{"no epoch", plot.Curves(&nn.History{}), 1, []string{"no epoch has come to its end"}, []string{"validation"}},
		{"not finite", plot.Curves(with(1, nan, 0.5, inf)), 2, []string{"training: 2 of 4 values not finite, the first at 2"}, nil},
		{"log", plot.Curves(with(1, 0.1, 0, 0.001), plot.LogY()), 2, []string{"0.001", "training: 1 of 4 values not above 0, which a logarithmic axis cannot show"}, nil},
		{"validation with a gap", plot.Curves(&nn.History{Best: 1, Epochs: with(nan, 0.5, 0.75).Epochs}), 2, []string{"epoch 2 chosen: validation loss 0.5"}, nil},
		{"judged by the metric", plot.Curves(&nn.History{Best: 1, Epochs: []nn.Epoch{{ValidLoss: 1, ValidMetric: 3}, {ValidLoss: 2, ValidMetric: 2}}}), 2, []string{"epoch 2 chosen"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if n := len(c.f.Plots()); n != c.plots {
				t.Errorf("%d plots, want %d", n, c.plots)
			}
			texts := checkSVG(t, c.f)
			checkApart(t, texts)
			for _, w := range c.want {
				if !has(texts, w) {
					t.Errorf("no text %q in %v", w, texts)
				}
			}
			for _, w := range c.forbid {
				if has(texts, w) {
					t.Errorf("text %q", w)
				}
			}
		})
	}
}

// TestDirectLabels draws curves that end at heights of all kinds: no name may cover another.
func TestDirectLabels(t *testing.T) {
	rng := newRand()
	for range 200 {
		var lines []plot.Line
		for i := range 1 + rng.IntN(9) {
			lines = append(lines, plot.Line{Name: "curve " + strconv.Itoa(i), Y: []float64{rng.Float64(), float64(rng.IntN(3)) + 0.01*rng.Float64()}})
		}
		texts := checkSVG(t, plot.Lines(lines))
		checkApart(t, texts)
		for _, l := range lines {
			if !has(texts, l.Name) {
				t.Fatalf("%q has no name", l.Name)
			}
		}
	}
}

// TestManyLabels draws more curves, and more marks, than there is room for.
func TestManyLabels(t *testing.T) {
	var lines []plot.Line
	for i := range 50 {
		lines = append(lines, plot.Line{Name: "curve " + strconv.Itoa(i), Y: []float64{0, float64(i)}})
	}
	texts := checkSVG(t, plot.Lines(lines))
	checkApart(t, texts)
	if !has(texts, "curve 1") || !has(texts, "31 more") {
		t.Errorf("got %v", texts)
	}
	if texts = checkSVG(t, plot.Lines(lines, plot.LogY())); !has(texts, "and 46 more lines such as these") {
		t.Errorf("got %v", texts)
	}
	if texts = checkSVG(t, plot.Lines(slices.Repeat(lines, 10))); !has(texts, "200 of 500 curves are shown") {
		t.Errorf("got %v", texts)
	}
	texts = checkSVG(t, plot.Lines([]plot.Line{{Y: ramp(11)}}, plot.Mark(5, "in the middle"), plot.Mark(5.5, "right of it"), plot.Mark(5.2, "between them"), plot.Mark(10, "at the end"), plot.Mark(20, "outside")))
	checkApart(t, texts)
	if !has(texts, "between them") || has(texts, "outside") {
		t.Errorf("got %v", texts)
	}
}

// TestGolden holds pictures of numbers that need no arithmetic to the last byte.
func TestGolden(t *testing.T) {
	for name, f := range map[string]*plot.Figure{
		"curves": plot.Curves(history(8, true), plot.Title("Eight epochs"), plot.MetricName("share of errors")),
		"grid": plot.Grid([][]float64{{1, 2, 4}, {8, 16, nan}}, plot.YLabel("hidden layers"), plot.Rows("1", "2"), plot.XLabel("nodes per layer"), plot.Columns("2", "4", "8"),
			plot.MarkCell(0, 0, "chosen by validation"), plot.MarkCell(0, 1, "chosen by test")),
	} {
		testkit.Golden(t, filepath.Join("testdata", name+".svg"), writeSVG(t, f))
	}
}

func TestGrid(t *testing.T) {
	f := plot.Grid([][]float64{{0.25, 0.128, 1}, {0.5, nan, 0.75}}, plot.Title("errors"), plot.YLabel("layers"), plot.Rows("one", "two"),
		plot.XLabel("nodes"), plot.Columns("4", "8", "16"), plot.MarkCell(0, 1, "chosen by validation"), plot.MarkCell(1, 0, "chosen by test"))
	texts := checkSVG(t, f)
	checkApart(t, texts)
	for _, w := range []string{
		"errors", "layers", "one", "two", "nodes", "4", "8", "16", "0.25", "0.13", "1.00", "0.50", "NaN", "0.75", "the darker, the higher",
		"chosen by validation: 0.13 at layers one, nodes 8", "chosen by test: 0.50 at layers two, nodes 4",
	} {
		if !has(texts, w) {
			t.Errorf("no text %q in %v", w, texts)
		}
	}
	place := func(text string) svgText {
		return texts[slices.IndexFunc(texts, func(x svgText) bool { return x.text == text })]
	}
	if a, b, c := place("0.25"), place("0.13"), place("0.75"); !(a.x < b.x && b.x < c.x && a.y == b.y && b.y < c.y) {
		t.Errorf("the first row is not at the top, or the columns are not in order: %v %v %v", a, b, c)
	}
	if s := writeSVG(t, f); !strings.Contains(s, "<title>errors</title>") || !strings.Contains(s, "chosen by validation: 0.13 at layers one, nodes 8.</desc>") && !strings.Contains(s, "chosen by test: 0.50 at layers two, nodes 4.</desc>") {
		t.Errorf("title or description is missing in\n%s", s)
	}
}

func TestWeights(t *testing.T) {
	rng := newRand()
	linear := nn.Linear(rng, 3, 2).Params()[0]
	linear.Data = tensor.Of([]float64{0.5, -1, 0.25, 0, -0.75, 0.125}, 3, 2)
	for _, c := range []struct {
		name   string
		f      *plot.Figure
		want   []string
		forbid []string
	}{
		{"linear", plot.Weights(linear, plot.Values(), plot.Digits(2)), []string{"weight (3,2)", "input", "output", "0", "1", "2", "0.5", "-1.0", "-0.8", "from -1 (blue) through 0 (white) to 1 (red)"}, nil},
		{"without numbers", plot.Weights(linear, plot.Title("hidden layer")), []string{"hidden layer"}, []string{"-1.00", "weight (3,2)"}},
		{"labels", plot.Weights(linear, plot.Rows("x1", "x2", "x3"), plot.Columns("h1", "h2"), plot.XLabel("hidden node")), []string{"x1", "x3", "h2", "hidden node"}, []string{"0", "output"}},
		{"zeros", plot.Weights(parameter(make([]float64, 3), 3), plot.Values()), []string{"all numbers are 0", "0", "index"}, nil},
		{"not finite", plot.Weights(parameter([]float64{nan, 1, -inf}, 3, 1)), []string{"grey: 2 of 3 not finite", "from -1 (blue) through 0 (white) to 1 (red)"}, nil},
		{"scalar", plot.Weights(parameter([]float64{2})), []string{"w ()", "from -2 (blue) through 0 (white) to 2 (red)"}, nil},
		{"images", plot.Weights(nn.Conv2D(rng, 3, 4, 5).Params()[0]), []string{"input channel", "output channel", "0", "3"}, []string{"4", "5"}},
		{"labelled images", plot.Weights(nn.Conv2D(rng, 1, 2, 5).Params()[0], plot.Rows("edges", "corners")), []string{"edges", "corners", "0"}, []string{"1"}},
		{"many images", plot.Weights(nn.Conv2D(rng, 64, 64, 3).Params()[0]), []string{"last axis", "the axes before it", "each cell: of 96 × 1 numbers the one farthest from 0"}, nil},
		{"three axes", plot.Weights(parameter(ramp(24), 2, 3, 4)), []string{"last axis", "5"}, []string{"6"}},
		{"large", plot.Weights(nn.Linear(rng, 784, 300).Params()[0], plot.Values()), []string{"each cell: of 7 × 3 numbers the one farthest from 0"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			texts := checkSVG(t, c.f)
			checkApart(t, texts)
			for _, w := range c.want {
				if !has(texts, w) {
					t.Errorf("no text %q in %v", w, texts)
				}
			}
			for _, w := range c.forbid {
				if has(texts, w) {
					t.Errorf("text %q", w)
				}
			}
		})
	}
}

// TestWeightColors holds that the sign of a number makes it blue or red, and its size how dark.
func TestWeightColors(t *testing.T) {
	for _, values := range [][]float64{{-1, 0, 1}, {-0.1, 0, 1}, {-1, 0, 0.1}, {-1e300, 0, 1e299}} {
		var b bytes.Buffer
		if err := plot.Weights(parameter(values, 1, 3), plot.Size(300, 200)).PNG(&b); err != nil {
			t.Fatal(err)
		}
		image, err := png.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		y := 200 // in the middle of the picture, where the cells are
		var warmth []int
		for _, x := range []int{150, 330, 500} {
			red, _, blue, _ := image.At(x, y).RGBA()
			warmth = append(warmth, int(red>>8)-int(blue>>8))
		}
		if !(warmth[0] < 0 && warmth[1] == 0 && warmth[2] > 0) {
			t.Errorf("%v: red is above blue by %v, want a negative number, 0 and a positive one", values, warmth)
		}
	}
}

// firstFeature returns a model that gives the first of two features as its only output.
func firstFeature() nn.Layer {
	return nn.Func(func(x graph.Value) graph.Value { return ops.Slice(x, 1, 0, 1) })
}

func TestBoundary(t *testing.T) {
	x := tensor.Of([]float64{-1, 0, -2, 1, 1, 0, 2, 1}, 4, 2)
	both := nn.Func(func(x graph.Value) graph.Value { return ops.Concat(1, ops.Neg(x), ops.Slice(x, 1, 0, 1)) }) // -x₁, -x₂, x₁
	for _, c := range []struct {
		name   string
		f      *plot.Figure
		want   []string
		forbid []string
	}{
		{"labels", plot.Boundary(firstFeature(), &data.Set{X: x, Labels: []int{0, 0, 1, 1}}), []string{"0 of 4 examples wrong", "class 0", "class 1", "feature 1", "feature 2"}, []string{"class 2"}},
		{"names", plot.Boundary(firstFeature(), &data.Set{X: x, Labels: []int{1, 0, 1, 1}, Classes: []string{"cat", "dog"}}), []string{"1 of 4 examples wrong, with outlines", "cat", "dog"}, nil},
		{"targets", plot.Boundary(firstFeature(), &data.Set{X: x, T: tensor.Of([]float64{0, 0, 1, 1}, 4, 1)}), []string{"0 of 4 examples wrong"}, nil},
		{"threshold", plot.Boundary(firstFeature(), &data.Set{X: x, Labels: []int{0, 0, 1, 1}}, plot.Threshold(1.5)), []string{"1 of 4 examples wrong, with outlines"}, nil},
		{"three classes", plot.Boundary(both, &data.Set{X: x, T: tensor.Of([]float64{1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1}, 4, 3)}, plot.Title("three"), plot.XLabel("length (cm)")), []string{"three", "0 of 4 examples wrong", "class 1", "length (cm)"}, nil},
		{"a class that is never chosen", plot.Boundary(firstFeature(), &data.Set{X: x, Labels: []int{0, 0, 1, 7}}), []string{"1 of 4 examples wrong, with outlines", "class 7"}, nil},
		{"one class", plot.Boundary(firstFeature(), &data.Set{X: x, Labels: []int{0, 0, 0, 0}}), []string{"2 of 4 examples wrong, with outlines"}, nil},
		{"one example", plot.Boundary(firstFeature(), &data.Set{X: tensor.Of([]float64{1, 1}, 1, 2), Labels: []int{1}}), []string{"0 of 1 example wrong", "class 1"}, nil},
		{"no numbers", plot.Boundary(nn.Func(ops.Log), &data.Set{X: x, Labels: []int{0, 0, 1, 1}}), []string{"white: the model gives no number there"}, nil},
		{"many", plot.Boundary(both, &data.Set{X: tensor.Of(ramp(20_000), 10_000, 2), Labels: make([]int, 10_000)}), []string{"400 of the examples are shown"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			texts := checkSVG(t, c.f)
			checkApart(t, texts)
			for _, w := range c.want {
				if !has(texts, w) {
					t.Errorf("no text %q in %v", w, texts)
				}
			}
			for _, w := range c.forbid {
				if has(texts, w) {
					t.Errorf("text %q", w)
				}
			}
		})
	}
}

// TestAreas looks at the colours on both sides of a border.
func TestAreas(t *testing.T) {
	x := tensor.Of([]float64{-1, -1, 1, 1}, 2, 2)
	var b bytes.Buffer
	if err := plot.Boundary(firstFeature(), &data.Set{X: x, Labels: []int{0, 1}}, plot.Size(400, 300)).PNG(&b); err != nil {
		t.Fatal(err)
	}
	image, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	var warmth []int
	for _, at := range [][2]int{{200, 120}, {200, 400}, {560, 120}, {560, 400}} { // left and right, above and below
		red, _, blue, _ := image.At(at[0], at[1]).RGBA()
		warmth = append(warmth, int(red>>8)-int(blue>>8))
	}
	if warmth[0] >= 0 || warmth[0] != warmth[1] || warmth[2] <= 0 || warmth[2] != warmth[3] {
		t.Errorf("red is above blue by %v, want a blue area at the left and an orange one at the right", warmth)
	}
}

// split is somebody's own layer, without a name.
type split struct{ inner nn.Layer }

func (s split) Params() []*nn.Param                          { return s.inner.Params() }
func (s split) Forward(p nn.Pass, x graph.Value) graph.Value { return ops.Abs(s.inner.Forward(p, x)) }

func TestActivations(t *testing.T) {
	rng := newRand()
	x := tensor.Of([]float64{-1, -2, 3, 1, 2, -3, 0, 0}, 4, 2)
	single := nn.Linear(rng, 2, 2)
	nn.To(single, tensor.Float32)
	for _, c := range []struct {
		name   string
		f      *plot.Figure
		want   []string
		forbid []string
	}{
		{"layers", plot.Activations(nn.Sequential(nn.ReLU(), nn.Dropout(), nn.Func(ops.Neg)), x, plot.Title("batch")),
			[]string{"batch", "0 ReLU", "2 Func(ops.Neg)", "mean 0.75, SD 1.09", "62 % are 0", "activation"}, []string{"output", "1 Dropout"}},
		{"containers", plot.Activations(nn.Sequential(nn.Linear(rng, 2, 3), nn.Residual(nn.Linear(rng, 3, 3), nn.Tanh())), x), []string{"0 Linear(2, 3)", "1.0 Linear(3, 3)", "1.1 Tanh", "output"}, []string{"1 Residual"}},
		{"one layer", plot.Activations(single, x), []string{"output"}, []string{"0 Linear(2, 2)"}},
		{"somebody's own", plot.Activations(nn.Sequential(split{nn.Sequential(nn.Linear(rng, 2, 3))}), x), []string{"0.0 Linear(2, 3)", "output"}, nil},
		{"nothing", plot.Activations(nn.Sequential(), x), []string{"input"}, []string{"output"}},
		{"zeros", plot.Activations(nn.Func(ops.ReLU), tensor.New(tensor.Float64, 2, 2)), []string{"all are 0"}, nil},
		{"few zeros", plot.Activations(nn.Func(ops.Neg), tensor.Of(append(ramp(500), 0, 1), 251, 2)), []string{"under 1 % are 0"}, nil},
		{"not finite", plot.Activations(nn.Func(ops.Log), x), []string{"5 not finite"}, nil},
		{"no number", plot.Activations(nn.Func(ops.Log), tensor.New(tensor.Float64, 2, 2)), []string{"no number", "4 not finite"}, nil},
		{"no row", plot.Activations(nn.Func(ops.Neg), tensor.New(tensor.Float64, 0, 2)), []string{"no number"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			texts := checkSVG(t, c.f)
			checkApart(t, texts)
			for _, w := range c.want {
				if !has(texts, w) {
					t.Errorf("no text %q in %v", w, texts)
				}
			}
			for _, w := range c.forbid {
				if has(texts, w) {
					t.Errorf("text %q", w)
				}
			}
		})
	}
	var deep []nn.Layer
	for range 90 {
		deep = append(deep, nn.Tanh())
	}
	texts := checkSVG(t, plot.Activations(nn.Sequential(deep...), x))
	if !has(texts, "40 of 90 rows are shown") || !has(texts, "0 Tanh") || !has(texts, "89 Tanh") || has(texts, "1 Tanh") {
		t.Errorf("90 layers: %v", texts)
	}
}

func TestGradients(t *testing.T) {
	g := graph.New()
	param := func(name string, v ...float64) *nn.Param {
		return &nn.Param{Name: name, Data: tensor.Of(v, len(v))}
	}
	w, zero, unused, frozen := param("w", 1, 2, 3, 4), param("zero", 1, 2), param("unused", 1), param("frozen", 1)
	frozen.Frozen = true
	scalar := &nn.Param{Name: "scalar", Data: tensor.Of([]float64{3})}
	loss := ops.Add(ops.Sum(ops.Mul(w.Bind(g), g.ConstTensor(tensor.Of([]float64{0.001, 0, -0.001, 0}, 4)))), ops.MulScalar(ops.Sum(zero.Bind(g)), 0))
	loss = ops.Add(ops.Add(loss, ops.Square(scalar.Bind(g))), ops.Sum(frozen.Bind(g)))
	texts := checkSVG(t, plot.Gradients([]*nn.Param{w, zero, unused, frozen, scalar}, autograd.Backward(loss), plot.Describe("gradients of a step")))
	checkApart(t, texts)
	for _, want := range []string{"w", "RMS 0.000707", "50 % are 0", "zero", "all are 0", "unused", "not reached by the loss", "scalar", "RMS 6", "size of the gradient, |∂l/∂w|"} {
		if !has(texts, want) {
			t.Errorf("no text %q in %v", want, texts)
		}
	}
	if has(texts, "frozen") {
		t.Error("a parameter that is not trained has a row")
	}
}

func TestFit(t *testing.T) {
	xs := []float64{-1, 0, 1, 2}
	set := points(xs, func(x float64) float64 { return 2 * x })
	f := plot.Fit(nn.Linear(newRand(), 1, 1), set, plot.Target(func(x float64) float64 { return 2 * x }), plot.ModelName("one line"),
		plot.Compare("another", nn.Linear(newRand(), 1, 1)), plot.Over(-2, 3), plot.XLabel("time (s)"))
	texts := checkSVG(t, f)
	checkApart(t, texts)
	for _, w := range []string{"data", "target", "one line", "another", "time (s)", "-2", "3"} {
		if !has(texts, w) {
			t.Errorf("no text %q in %v", w, texts)
		}
	}
	model := nn.Linear(newRand(), 1, 1)
	nn.To(model, tensor.Float32)
	checkSVG(t, plot.Fit(model, set))
}

// TestHostileNames writes names that break careless writers of XML, and are longer than a picture is wide.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{
		`"`, "<script>alert(1)</script>", "</text></svg>", "&amp;", "]]>", "a\nb", "\x00\x1b[31m", "\xff\xfe", "\u202eabc", "日本語 🎓", "  two  spaces  ", strings.Repeat("long ", 200_000),
	} {
		for _, f := range []*plot.Figure{
			plot.Lines([]plot.Line{{Name: name, Y: []float64{1, 2}}}, plot.Title(name), plot.Describe(name), plot.XLabel(name), plot.YLabel(name), plot.Mark(1, name)),
			plot.Curves(history(3, true), plot.MetricName(name)),
			plot.Grid([][]float64{{1}}, plot.Rows(name), plot.Columns(name), plot.MarkCell(0, 0, name)),
			plot.Activations(nn.Sequential(nn.Named(name, nn.Tanh())), tensor.Of([]float64{1, 2}, 1, 2)),
			plot.Boundary(firstFeature(), &data.Set{X: tensor.Of([]float64{1, 2}, 1, 2), Labels: []int{0}, Classes: []string{name}}),
			plot.Weights(&nn.Param{Name: name, Data: tensor.Of([]float64{1}, 1)}),
			plot.Fit(nn.Linear(newRand(), 1, 1), points([]float64{1, 2}, math.Sqrt), plot.ModelName(name), plot.Compare(name, nn.Linear(newRand(), 1, 1))),
		} {
			s := writeSVG(t, f)
			if strings.Contains(s, "<script") || strings.Count(s, "<svg") != 1 || len(s) > 40_000 {
				t.Errorf("%.40q: %d bytes\n%.300s", name, len(s), s)
			}
			if err := xml.Unmarshal([]byte(s), new(struct{})); err != nil {
				t.Errorf("%.40q: %v", name, err)
			}
			for _, text := range checkSVG(t, f) {
				if !strings.Contains(text.text, "…") && text.length > 600 {
					t.Errorf("%.40q: text %q", name, text.text)
				}
			}
		}
	}
}

// TestSizes draws pictures as small and as large as may be.
func TestSizes(t *testing.T) {
	for _, size := range [][2]float64{{100, 100}, {100, 4000}, {4000, 100}, {4000, 4000}, {240.4, 180.6}} {
		o := plot.Size(size[0], size[1])
		for _, f := range []*plot.Figure{
			plot.Curves(history(30, true), o, plot.Title("A title that is rather long"), plot.LearningRates(1, 2), plot.MetricName("share of errors")),
			plot.Lines([]plot.Line{{Name: "a name that is rather long", Y: []float64{1, 2}}, {Name: "b", Y: []float64{2, 1}}}, o, plot.Mark(1, "first")),
			plot.Grid([][]float64{{1, 2}, {3, 4}}, o, plot.MarkCell(0, 0, "first"), plot.Rows("a long name", "another long name")),
			plot.Fit(nn.Linear(newRand(), 1, 1), points([]float64{1, 2}, math.Sqrt), o),
			plot.Weights(nn.Linear(newRand(), 20, 30).Params()[0], o),
			plot.Activations(nn.Sequential(nn.Tanh(), nn.Named("a layer with a long name", nn.ReLU())), tensor.Of([]float64{1, -2}, 1, 2), o),
			plot.Boundary(firstFeature(), &data.Set{X: tensor.Of([]float64{1, 2, 3, 4}, 2, 2), Labels: []int{0, 1}, Classes: []string{"a long name", "another"}}, o),
		} {
			s := writeSVG(t, f)
			if want := fmt.Sprintf(`width="%g" height="%g"`, math.Round(size[0]), math.Round(size[1])); !strings.Contains(s, want) {
				t.Errorf("no %s in %.200s", want, s)
			}
			if size[0] > 200 && size[1] > 150 {
				checkSVG(t, f)
			}
		}
	}
}

// TestNarrow draws a grid for the screen of a phone: what its marks say must have room.
func TestNarrow(t *testing.T) {
	texts := checkSVG(t, plot.Grid([][]float64{{0.25, 0.5}, {0.75, 1}}, plot.Size(360, 260), plot.YLabel("hidden layers"), plot.XLabel("nodes per layer"), plot.MarkCell(0, 1, "chosen by validation")))
	checkApart(t, texts)
	if !has(texts, "chosen by validation: 0.50") {
		t.Errorf("got %v", texts)
	}
}

func TestPNG(t *testing.T) {
	f := plot.Curves(history(5, true), plot.Size(300, 200))
	var b, again bytes.Buffer
	if err := errors.Join(f.PNG(&b), f.PNG(&again)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("two pictures of one figure differ")
	}
	image, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if size := image.Bounds().Size(); size.X != 600 || size.Y != 400 {
		t.Errorf("%v pixels, want 600 × 400", size)
	}
	colors := map[any]bool{}
	for y := range 400 {
		for x := range 600 {
			colors[image.At(x, y)] = true
		}
	}
	if r, g, b, a := image.At(0, 0).RGBA(); len(colors) < 10 || r&g&b&a != 0xffff {
		t.Errorf("%d colours, (0, 0) is %v; want a picture on white", len(colors), image.At(0, 0))
	}
}

// TestColors draws all kinds of figures in each scheme, and looks for colours of another one.
func TestColors(t *testing.T) {
	classes := &data.Set{X: tensor.Of([]float64{-1, -1, 1, 1}, 2, 2), Labels: []int{0, 0}}
	for name, draw := range map[string]func(o plot.Option) *plot.Figure{
		"boundary": func(o plot.Option) *plot.Figure { return plot.Boundary(firstFeature(), classes, o, plot.Title("t")) },
		"grid": func(o plot.Option) *plot.Figure {
			return plot.Grid([][]float64{{1, 2}, {3, 4}}, o, plot.MarkCell(0, 0, "first"))
		},
		"lines": func(o plot.Option) *plot.Figure {
			return plot.Lines([]plot.Line{{Name: "a", Y: []float64{1, 2}}}, o, plot.Mark(0.5, "here"))
		},
	} {
		svg := map[plot.Scheme]string{}
		for _, s := range []plot.Scheme{plot.ByPage, plot.Light, plot.Dark} {
			f := draw(plot.Colors(s))
			checkSVG(t, f)
			svg[s] = writeSVG(t, f)
			if got := strings.Contains(svg[s], "light-dark("); got != (s == plot.ByPage) {
				t.Errorf("%s, scheme %d: colours for two grounds: %v", name, s, got)
			}
			var b bytes.Buffer
			if err := f.PNG(&b); err != nil {
				t.Fatal(err)
			}
			image, err := png.Decode(&b)
			if err != nil {
				t.Fatal(err)
			}
			if red, _, _, _ := image.At(0, 0).RGBA(); (red < 0x2000) != (s == plot.Dark) {
				t.Errorf("%s, scheme %d: the ground of the PNG is %v", name, s, image.At(0, 0))
			}
		}
		styles := regexp.MustCompile(` style="[^"]*"`)
		if styles.ReplaceAllString(svg[plot.ByPage], "") != svg[plot.Light] {
			t.Errorf("%s: without styles, the picture for pages is not the light one", name)
		}
		for _, pair := range regexp.MustCompile(`light-dark\((#\w+),(#\w+)\)`).FindAllStringSubmatch(svg[plot.ByPage], -1) {
			if light, dark := pair[1], pair[2]; light != "#fff" && strings.Contains(svg[plot.Dark], `"`+light+`"`) || !strings.Contains(svg[plot.Dark], `"`+dark+`"`) {
				t.Errorf("%s: the dark picture has %s, or lacks %s", name, light, dark)
			}
		}
	}
}

func TestSaveFile(t *testing.T) {
	dir := t.TempDir()
	f := plot.Lines([]plot.Line{{Y: []float64{1, 2}}})
	for name, magic := range map[string]string{"a.svg": "<svg", "b.png": "\x89PNG", "c.SVG": "<svg"} {
		file := filepath.Join(dir, name)
		if err := f.SaveFile(file); err != nil {
			t.Error(err)
			continue
		}
		if b, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(b), magic) {
			t.Errorf("%s begins with %.10q, %v; want %q", name, b, err, magic)
		}
	}
	for _, name := range []string{"a.pdf", "svg", "", filepath.Join("nowhere", "a.svg")} {
		if err := f.SaveFile(filepath.Join(dir, name)); err == nil || !strings.HasPrefix(err.Error(), "plot.Figure.SaveFile: ") {
			t.Errorf("%q: error %v", name, err)
		}
	}
}

// A full writer takes some bytes and then fails.
type full struct{ room int }

var errFull = errors.New("no room")

func (w *full) Write(b []byte) (int, error) {
	if len(b) > w.room {
		return 0, errFull
	}
	w.room -= len(b)
	return len(b), nil
}

func TestWriterFails(t *testing.T) {
	f := plot.Curves(history(300, true))
	for _, room := range []int{0, 1, 100, 5000} {
		if err := f.SVG(&full{room}); !errors.Is(err, errFull) {
			t.Errorf("SVG into %d bytes: error %v", room, err)
		}
		if err := f.PNG(&full{room}); !errors.Is(err, errFull) {
			t.Errorf("PNG into %d bytes: error %v", room, err)
		}
	}
}

// TestStays changes the numbers that a picture was made of.
func TestStays(t *testing.T) {
	param, y, cells := parameter([]float64{1, 2}, 2), []float64{1, 2}, [][]float64{{1, 2}}
	h, set := history(3, true), points([]float64{1, 2}, math.Sqrt)
	model := nn.Linear(newRand(), 1, 1)
	figures := []*plot.Figure{plot.Weights(param, plot.Values()), plot.Lines([]plot.Line{{X: y, Y: y}}), plot.Grid(cells), plot.Curves(h, plot.LearningRates(y...)), plot.Fit(model, set)}
	var before []string
	for _, f := range figures {
		before = append(before, writeSVG(t, f))
	}
	param.Data.Fill(7)
	model.Params()[0].Data.Fill(7)
	set.X.Fill(7)
	y[0], cells[0][0], h.Epochs[1].TrainLoss = 7, 7, 7
	for i, f := range figures {
		if writeSVG(t, f) != before[i] {
			t.Errorf("figure %d has changed with what it was made of", i)
		}
	}
}

// TestGoingOn changes the plots of a figure.
func TestGoingOn(t *testing.T) {
	f := plot.Curves(history(5, false))
	f.Plots()[0].X.Label.Text = "changed"
	if texts := checkSVG(t, f); !has(texts, "changed") || has(texts, "epoch") {
		t.Errorf("the change does not show in %v", texts)
	}
}
