package plot_test

import (
	"io"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg/draw"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/viz/plot"
)

func TestMisuse(t *testing.T) {
	set := points([]float64{1, 2}, math.Sqrt)
	one, two := nn.Linear(newRand(), 1, 1), nn.Linear(newRand(), 2, 2)
	wide := &data.Set{X: tensor.New(tensor.Float64, 3, 2), T: tensor.New(tensor.Float64, 3, 1)}
	frozen := &nn.Param{Name: "w", Data: tensor.New(tensor.Float64, 2), Frozen: true}
	sweep := autograd.Backward(graph.New().Var(1))
	for _, c := range []struct {
		f    func()
		want string
	}{
		{func() { plot.Size(99, 400) }, "plot.Size: 99 × 400 px: want from 100 to 4000 each"},
		{func() { plot.Size(400, nan) }, "plot.Size: 400 × NaN px: want from 100 to 4000 each"},
		{func() { plot.Size(inf, 400) }, "plot.Size: +Inf × 400 px: want from 100 to 4000 each"},
		{func() { plot.Colors(plot.Dark + 1) }, "plot.Colors: scheme 3: want plot.ByPage, plot.Light or plot.Dark"},
		{func() { plot.Mark(nan, "here") }, `plot.Mark: "here" at NaN: want a finite number`},
		{func() { plot.Digits(0) }, "plot.Digits: 0 digits: want from 1 to 17"},
		{func() { plot.Digits(18) }, "plot.Digits: 18 digits: want from 1 to 17"},
		{func() { plot.Over(1, 1) }, "plot.Over: from 1 to 1: want finite numbers, the lower one first"},
		{func() { plot.Over(nan, 1) }, "plot.Over: from NaN to 1: want finite numbers, the lower one first"},
		{func() { plot.Over(-math.MaxFloat64, math.MaxFloat64) }, "plot.Over: from -1.7976931348623157e+308 to 1.7976931348623157e+308: want finite numbers, the lower one first"},
		{func() { plot.Lines([]plot.Line{{}, {X: []float64{1}, Y: []float64{1, 2}}}) }, "plot.Lines: line 1 has 1 numbers X and 2 Y: give one of each for a point, or leave X out"},
		{func() { plot.Grid(nil) }, "plot.Grid: 0 rows without a number: give one or more of each"},
		{func() { plot.Grid([][]float64{{}, {}}) }, "plot.Grid: 2 rows without a number: give one or more of each"},
		{func() { plot.Grid([][]float64{{1, 2}, {3}}) }, "plot.Grid: row 1 has 1 numbers, row 0 has 2: want the same for each"},
		{func() { plot.Grid(make([][]float64, 65), plot.Rows()) }, "plot.Grid: 65 rows without a number: give one or more of each"},
		{func() { plot.Grid([][]float64{make([]float64, 65)}) }, "plot.Grid: 1 × 65 cells: want at most 64 × 64, leave some out"},
		{func() { plot.Grid([][]float64{{1, 2}}, plot.Rows("a", "b")) }, "plot.Grid: 2 labels from plot.Rows for 1 of them: give one for each"},
		{func() { plot.Grid([][]float64{{1, 2}}, plot.Columns()) }, "plot.Grid: 0 labels from plot.Columns for 2 of them: give one for each"},
		{func() { plot.Grid([][]float64{{1, 2}}, plot.MarkCell(1, 0, "a")) }, `plot.Grid: mark "a" at row 1, column 0 of 1 × 2 cells: they are counted from 0`},
		{func() { plot.Grid([][]float64{{1, 2}}, plot.MarkCell(0, -1, "a")) }, `plot.Grid: mark "a" at row 0, column -1 of 1 × 2 cells: they are counted from 0`},
		{func() { plot.Fit(two, set) }, "plot.Fit: the model does not take rows of shape (1): nn.Linear: layer \"weight\" takes 2 numbers a row, x has shape (241,1): give x the shape (rows, 2)"},
		{func() { plot.Fit(one, wide) }, "plot.Fit: the set has shape (3,2) in X for 3 examples: want one number for each, of shape (3,1)"},
		{func() { plot.Fit(one, &data.Set{X: set.X}) }, "plot.Fit: the set has nothing in T for 2 examples: want one number for each, of shape (2,1)"},
		{func() { plot.Fit(one, &data.Set{}) }, "plot.Fit: data.Set: no features: set X to a tensor of shape (examples, features)"},
		{func() { plot.Fit(nn.Linear(newRand(), 1, 3), set) }, `plot.Fit: model "model" gives 241 rows the shape (241,3): want one number for each`},
		{func() { plot.Fit(one, set, plot.Compare("b", two)) }, "plot.Fit: the model does not take rows of shape (1): nn.Linear: layer \"weight\" takes 2 numbers a row, x has shape (241,1): give x the shape (rows, 2)"},
		{func() { plot.Activations(two, set.X) }, `plot.Activations: the model does not take an x of shape (2,1): nn.Linear: layer "weight" takes 2 numbers a row, x has shape (2,1): give x the shape (rows, 2)`},
		{func() { plot.Gradients(nil, sweep) }, "plot.Gradients: none of 0 parameters is trained: give model.Params()"},
		{func() { plot.Gradients([]*nn.Param{frozen}, sweep) }, "plot.Gradients: none of 1 parameter is trained: give model.Params()"},
		{func() { plot.Threshold(nan) }, "plot.Threshold: threshold NaN: want a finite number"},
		{func() { plot.Boundary(two, set) }, "plot.Boundary: the set has features of shape (2,1): want two for each example, of shape (2,2)"},
		{func() { plot.Boundary(two, &data.Set{Tokens: [][]int{{1, 2}}}) }, "plot.Boundary: the set has no features: want two for each example, of shape (1,2)"},
		{func() { plot.Boundary(two, &data.Set{X: wide.X}) }, "plot.Boundary: the set has no classes: set its Labels, or T"},
		{func() { plot.Boundary(two, &data.Set{X: wide.X, Labels: []int{0, 1}}) }, "plot.Boundary: data.Set: 2 labels for 3 examples: give one for each"},
		{func() { plot.Boundary(two, &data.Set{X: wide.X, Labels: []int{0, 1, -1}}) }, "plot.Boundary: example 2 is of class -1: want from 0 to 99, more could not be told apart"},
		{func() { plot.Boundary(two, &data.Set{X: wide.X, Labels: []int{0, 1 << 30, 1}}) }, "plot.Boundary: example 1 is of class 1073741824: want from 0 to 99, more could not be told apart"},
		{func() { plot.Boundary(one, wide) }, `plot.Boundary: the model does not take rows of shape (2): nn.Linear: layer "weight" takes 1 numbers a row, x has shape (256,2): give x the shape (rows, 1)`},
		{func() { plot.Boundary(nn.Linear(newRand(), 2, 101), wide) }, "plot.Boundary: the model gives 11737 rows the shape (11737,101): want one number for each, or one for each of up to 100 classes"},
		{func() { plot.Weights(parameter(nil, 0, 3)) }, "plot.Weights: got a parameter that is nil or has no number: give one of model.Params()"},
		{func() { plot.Weights(parameter([]float64{1, 2}, 2), plot.Columns("a")) }, "plot.Weights: 1 labels from plot.Columns for 2 of them: give one for each"},
		{func() { plot.Weights(parameter(ramp(200), 200), plot.Columns("a")) }, "plot.Weights: labels for cells that stand for several numbers: leave plot.Rows and plot.Columns out"},
		{func() { plot.Weights(parameter(ramp(16), 2, 2, 2, 2), plot.Rows("a", "b", "c")) }, "plot.Weights: 3 labels from plot.Rows for 2 of them: give one for each"},
	} {
		err := graph.Try(c.f)
		if err == nil || err.Error() != c.want {
			t.Errorf("got error  %v\nwant %s", err, c.want)
		}
	}
}

// TestNil calls every function that can be called with nil, with nil and with values that were not made by their
// constructors. Each call must panic with a *graph.Error, or return one, or be harmless.
func TestNil(t *testing.T) {
	const harmless = ""
	set := points([]float64{1, 2}, math.Sqrt)
	one := nn.Linear(newRand(), 1, 1)
	grid := [][]float64{{1}}
	lines := []plot.Line{{Y: []float64{1, 2}}}
	made := plot.Lines(lines)
	sweep := autograd.Backward(graph.New().Var(1))
	var none *plot.Figure
	var returned error
	type call struct {
		f    func()
		want string // in the message
	}
	figure := func(f func(p *plot.Figure)) []call {
		return []call{{func() { f(nil) }, "nil or zero *plot.Figure"}, {func() { f(new(plot.Figure)) }, "nil or zero *plot.Figure"}}
	}
	calls := map[string][]call{
		"Curves": {
			{func() { plot.Curves(nil) }, "nil *nn.History"}, {func() { plot.Curves(new(nn.History)) }, harmless}, {func() { plot.Curves(history(1, true), nil) }, "option 1 is nil"},
			{func() { plot.Curves(history(1, true), plot.Option(nil)) }, "option 1 is nil"}, {func() { plot.Curves(history(1, true), plot.LogY(), plot.LineOption(nil)) }, "option 2 is nil"},
		},
		"Lines": {{func() { plot.Lines(nil) }, harmless}, {func() { plot.Lines(make([]plot.Line, 2)) }, harmless}, {func() { plot.Lines(lines, nil) }, "option 1 is nil"}},
		"Fit": {
			{func() { plot.Fit(nil, set) }, "got a nil model"}, {func() { plot.Fit(one, nil) }, "no features"}, {func() { plot.Fit(one, set, nil) }, "option 1 is nil"},
		},
		"Target":  {{func() { plot.Target(nil) }, "got a nil function"}},
		"Compare": {{func() { plot.Compare("a", nil) }, `got a nil model "a"`}},
		"Grid":    {{func() { plot.Grid(nil) }, "0 rows"}, {func() { plot.Grid(grid, nil) }, "option 1 is nil"}, {func() { plot.Grid(grid, plot.TableOption(nil)) }, "option 1 is nil"}},
		"Boundary": {
			{func() { plot.Boundary(nil, set) }, "got a nil model"}, {func() { plot.Boundary(one, nil) }, "no features"}, {func() { plot.Boundary(one, set, nil) }, "option 1 is nil"},
		},
		"Activations": {
			{func() { plot.Activations(nil, set.X) }, "nil model or tensor"}, {func() { plot.Activations(one, nil) }, "nil model or tensor"}, {func() { plot.Activations(one, set.X, nil) }, "option 1 is nil"},
		},
		"Gradients": {
			{func() { plot.Gradients([]*nn.Param{nil}, sweep) }, "parameter 0 is nil"}, {func() { plot.Gradients([]*nn.Param{{}}, sweep) }, "parameter 0 is nil or has no numbers"},
			{func() { plot.Gradients(one.Params(), autograd.Gradients{}) }, "autograd"}, {func() { plot.Gradients(one.Params(), sweep, nil) }, "option 1 is nil"},
			{func() { plot.Gradients(one.Params(), sweep) }, harmless},
		},
		"Weights": {
			{func() { plot.Weights(nil) }, "nil or has no number"}, {func() { plot.Weights(new(nn.Param)) }, "nil or has no number"},
			{func() { plot.Weights(one.Params()[0], nil) }, "option 1 is nil"},
		},
		"Figure.Plots":    figure(func(p *plot.Figure) { p.Plots() }),
		"Figure.Size":     figure(func(p *plot.Figure) { p.Size() }),
		"Figure.SVG":      append(figure(func(p *plot.Figure) { returned = p.SVG(io.Discard) }), call{func() { returned = made.SVG(nil) }, "nil io.Writer"}),
		"Figure.PNG":      append(figure(func(p *plot.Figure) { returned = p.PNG(io.Discard) }), call{func() { returned = made.PNG(nil) }, "nil io.Writer"}),
		"Figure.SaveFile": figure(func(p *plot.Figure) { returned = p.SaveFile("a.svg") }),
		"Figure.Draw":     append(figure(func(p *plot.Figure) { p.Draw(draw.Canvas{}) }), call{func() { made.Draw(draw.Canvas{}) }, "the canvas draws nowhere"}),
	}
	for _, f := range testkit.Exported(t, 20) {
		if f.TakesNil("nn.Layer", "io.Writer", "CurvesOption", "LinesOption", "FitOption", "GridOption", "WeightsOption", "BoundaryOption", "Option") && calls[f.Name] == nil {
			t.Errorf("no call of %s: say what it does with nil", f.Name)
		}
	}
	for name, list := range calls {
		for i, c := range list {
			returned = nil
			err := graph.Try(c.f)
			if err == nil {
				err = returned
			}
			switch {
			case c.want == harmless && err != nil:
				t.Errorf("%s, call %d: error %v, want none", name, i, err)
			case c.want != harmless && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%s, call %d: error %v, want one with %q", name, i, err, c.want)
			}
		}
	}
	if err := graph.Try(func() { none.Plots() }); err == nil {
		t.Error("a nil figure has plots")
	}
}
