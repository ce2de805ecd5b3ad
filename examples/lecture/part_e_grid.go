package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/nn/search"
)

// The grid of Figure 12.5.
var (
	gridLayers = []int{1, 2, 3, 4}         // hidden layers
	gridNodes  = []int{1, 2, 4, 8, 16, 32} // nodes in each of them
	gridCells  = len(gridLayers) * len(gridNodes)
)

// A grid holds the scores of every cell: layers by nodes, in row-major order, and for each the runs.
type grid [][]score

// trainGrid fills the grid: one network for each cell and run, each on a graph of its own, stopped early.
func (l *lesson) trainGrid(ctx context.Context, s *split) (grid, error) {
	layers := search.Choice("layers", fromTheEnd(gridLayers)...)
	nodes := search.Choice("nodes", fromTheEnd(gridNodes)...)
	out, err := l.scores(ctx, "12.4.3 grid", search.Grid(layers, nodes), func(ctx context.Context, r *search.Run) (score, error) {
		v := variant{hidden: slices.Repeat([]int{nodes.Of(r)}, layers.Of(r)), early: true}
		_, result, err := v.fit(ctx, l, s, r.Index, nil)
		return result, err
	})
	return fromTheEnd(out), err
}

// fromTheEnd returns a list from its end to its beginning. So the grid has the largest networks first, and the processors
// finish together.
func fromTheEnd[T any](list []T) []T {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// The sets by which a grid can be read.
const (
	byValidation = 1
	byTest       = 2
)

// best returns the cell with the smallest fraction of wrong rows of a set. Of equal ones the one with the smaller cross
// entropy wins.
func best(cells []score, set int) int {
	b := 0
	for i, c := range cells {
		if c.wrong[set] < cells[b].wrong[set] || c.wrong[set] == cells[b].wrong[set] && c.loss[set] < cells[b].loss[set] {
			b = i
		}
	}
	return b
}

// means returns the mean score of each cell.
func (g grid) means() []score {
	out := make([]score, len(g))
	for i, cell := range g {
		out[i] = mean(cell)
	}
	return out
}

// reported returns the test error that is reported on average if each run chooses its own cell by the given set.
func (g grid) reported(set int) float64 {
	var sum float64
	for run := range len(g[0]) {
		cells := make([]score, len(g))
		for i := range g {
			cells[i] = g[i][run]
		}
		sum += cells[best(cells, set)].wrong[byTest]
	}
	return sum / float64(len(g[0]))
}

// gridSearch is part e.
func gridSearch(ctx context.Context, l *lesson) error {
	s, err := breastCancer()
	if err != nil {
		return err
	}
	l.say("How many layers, how many nodes? Each point of the grid is a network of its own, trained with early stopping, mean of %d runs. "+
		"The figures are wrong rows in 100.", l.runs)
	g, err := l.trainGrid(ctx, s)
	if err != nil {
		return err
	}
	l.results.grid = g
	cells := g.means()
	honest, greedy := best(cells, byValidation), best(cells, byTest)
	l.say("Validation error. [ ]: the smallest, our choice.")
	l.gridTable(cells, byValidation, honest, -1)
	l.say("Test error of the same networks. [ ]: our choice. *: the smallest, the choice of Figure 12.5.")
	l.gridTable(cells, byTest, honest, greedy)

	l.printf("\n  chosen by       layers  nodes   valid    test\n")
	l.printf("  validation      %6d %6d  %6.2f  %6.2f   an honest figure\n", gridLayers[honest/len(gridNodes)], gridNodes[honest%len(gridNodes)], 100*cells[honest].wrong[1], 100*cells[honest].wrong[2])
	l.printf("  test            %6d %6d  %6.2f  %6.2f   the smallest of %d\n", gridLayers[greedy/len(gridNodes)], gridNodes[greedy%len(gridNodes)], 100*cells[greedy].wrong[1], 100*cells[greedy].wrong[2], gridCells)

	l.note("Slip 8:", "Figure 12.5 chooses the point that minimizes the test error. That is selection on the test set: "+
		"the smallest of %d test errors is small by merit and by luck, and says too little about new data. "+
		"Choose by the validation rows; the test rows, not looked at before, then give an honest figure. "+
		"Had each of the %d runs chosen alone, the choice by test rows would report %.2f wrong in 100 on average, the choice by validation rows %.2f. "+
		"The difference is what the selection flatters.", gridCells, l.runs, 100*g.reported(byTest), 100*g.reported(byValidation))
	l.say("Look at the lower left corner: many layers of one or two sigmoids hardly learn. Each layer multiplies δ by w·g'(z), and g' is at most ¼.")
	return nil
}

// gridTable prints the errors of a set, with a cell in brackets and a cell with a star, -1 for none.
func (l *lesson) gridTable(cells []score, set, brackets, star int) {
	header := fmt.Sprintf("  %-14s", "hidden layers")
	for _, n := range gridNodes {
		header += fmt.Sprintf("%8d ", n)
	}
	l.printf("\n  %-14s nodes in each hidden layer\n%s\n", "", strings.TrimRight(header, " "))
	for r, layers := range gridLayers {
		line := fmt.Sprintf("  %13d ", layers)
		for c := range gridNodes {
			i := r*len(gridNodes) + c
			cell := fmt.Sprintf("%.2f", 100*cells[i].wrong[set])
			if i == brackets {
				cell = "[" + cell + "]"
			} else {
				cell += " "
			}
			mark := " "
			if i == star {
				mark = "*"
			}
			line += fmt.Sprintf("%8s%s", cell, mark)
		}
		l.printf("%s\n", strings.TrimRight(line, " "))
	}
}
