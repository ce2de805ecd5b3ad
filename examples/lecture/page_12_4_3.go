package main

import (
	"context"
	"fmt"
	"html/template"
	"math"
	"strconv"

	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/viz/plot"
)

// A stopping is the curve of early stopping, with its figures.
type stopping struct {
	Chosen, Stopped, Patience, Epochs              int
	TrainChosen, TrainLast, ValidChosen, ValidLast string
	Curve                                          template.HTML
}

// A gridPicture is Figure 12.5, read by two sets.
type gridPicture struct {
	Runs, Cells          int
	ByValidation, ByTest template.HTML
	Flattered, Honest    string
}

// A variantRow is a way of training beside the others.
type variantRow struct {
	Name                  string
	Train, Valid, Test    string
	WrongValid, WrongTest string
	Epochs                string
}

// page1243 is the tab of 12.4.3: early stopping, all ways beside each other, and Figure 12.5.
func page1243(_ context.Context, l *lesson, c *content) error {
	var data struct {
		Stopping *stopping
		Variants []variantRow
		Runs     int
		Grid     *gridPicture
	}
	data.Runs = l.runs
	var err error
	if l.results.curve != nil {
		if data.Stopping, err = l.results.curve.picture(); err != nil {
			return err
		}
	}
	for i, scores := range l.results.variants {
		m := mean(scores)
		data.Variants = append(data.Variants, variantRow{
			variants[i].name, fmt.Sprintf("%.4f", m.loss[0]), fmt.Sprintf("%.4f", m.loss[1]), fmt.Sprintf("%.4f", m.loss[2]),
			fmt.Sprintf("%.1f", 100*m.wrong[1]), fmt.Sprintf("%.1f", 100*m.wrong[2]), fmt.Sprintf("%.0f", m.epochs),
		})
	}
	if l.results.grid != nil {
		if data.Grid, err = l.gridPicture(); err != nil {
			return err
		}
	}
	c.data = data
	return nil
}

// picture draws the curve of the cross entropy with the epoch that early stopping chooses.
func (c *curve) picture() (*stopping, error) {
	last := len(c.scores)
	h := &nn.History{Best: c.chosen - 1}
	for i, at := range c.scores {
		h.Epochs = append(h.Epochs, nn.Epoch{Number: i + 1, TrainLoss: at.loss[0], ValidLoss: at.loss[1], TrainMetric: math.NaN(), ValidMetric: math.NaN()})
	}
	svg, err := drawn(plot.Curves(h, plot.Title("12.4.3 Early stopping"), plot.YLabel("cross entropy"), plot.Size(figureWidth, 320)))
	four := func(v float64) string { return fmt.Sprintf("%.4f", v) }
	return &stopping{
		Chosen: c.chosen, Stopped: c.stopped, Patience: patience, Epochs: last,
		TrainChosen: four(c.scores[c.chosen-1].loss[0]), TrainLast: four(c.scores[last-1].loss[0]),
		ValidChosen: four(c.scores[c.chosen-1].loss[1]), ValidLast: four(c.scores[last-1].loss[1]),
		Curve: svg,
	}, err
}

// gridPicture draws the grid twice, by validation rows and by test rows.
func (l *lesson) gridPicture() (*gridPicture, error) {
	g := l.results.grid
	cells := g.means()
	honest, greedy := best(cells, byValidation), best(cells, byTest)
	table := func(set int) [][]float64 {
		out := make([][]float64, len(gridLayers))
		for i := range out {
			for j := range gridNodes {
				out[i] = append(out[i], 100*cells[i*len(gridNodes)+j].wrong[set])
			}
		}
		return out
	}
	labels := func(numbers []int) []string {
		var out []string
		for _, n := range numbers {
			out = append(out, strconv.Itoa(n))
		}
		return out
	}
	mark := func(cell int, label string) plot.GridOption {
		return plot.MarkCell(cell/len(gridNodes), cell%len(gridNodes), label)
	}
	common := []plot.GridOption{
		plot.YLabel("hidden layers"), plot.Rows(labels(gridLayers)...),
		plot.XLabel("nodes in each hidden layer"), plot.Columns(labels(gridNodes)...),
		mark(honest, "chosen by validation"), plot.Digits(4), plot.Size(figureWidth, 260),
	}
	p := &gridPicture{
		Runs: l.runs, Cells: gridCells,
		Flattered: fmt.Sprintf("%.2f", 100*g.reported(byTest)), Honest: fmt.Sprintf("%.2f", 100*g.reported(byValidation)),
	}
	var err error
	if p.ByValidation, err = drawn(plot.Grid(table(byValidation), append(common, plot.Title("Figure 12.5 by validation: wrong rows in 100"))...)); err != nil {
		return nil, err
	}
	p.ByTest, err = drawn(plot.Grid(table(byTest), append(common, mark(greedy, "chosen by test, as the lecture does"), plot.Title("Figure 12.5 by test: wrong rows in 100"))...))
	return p, err
}
