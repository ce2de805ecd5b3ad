package search

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/seed366ff29f/chainrule/graph"
)

// WriteCSV writes the table as comma-separated values with a header line, all numbers with all their digits: rank,
// trial, the settings, score and spread, the figures with the spread of each, the score of every run if there are
// several, and the error. What has no score has no rank.
func (t *Table) WriteCSV(w io.Writer) error {
	const op = "search.Table.WriteCSV"
	t.mustBeMade(op)
	if w == nil {
		return graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: give one such as an *os.File")
	}
	runs := 0
	if len(t.Trials) > 0 {
		runs = len(t.Trials[0].Score.Runs)
	}
	header := []string{"rank", "trial"}
	for _, a := range t.axes {
		header = append(header, a.name)
	}
	several := runs > 1
	add := func(row []string, f Figure) []string {
		row = append(row, exactly(f.Mean))
		if several {
			row = append(row, exactly(f.Spread))
		}
		return row
	}
	heads := append([]string{"score"}, t.figures...)
	for i, name := range heads {
		header = append(header, name)
		if several && i == 0 {
			header = append(header, "spread")
		} else if several {
			header = append(header, name+" spread")
		}
	}
	if several {
		for i := range runs {
			header = append(header, fmt.Sprintf("run %d", i))
		}
	}
	out := csv.NewWriter(w)
	rows := [][]string{append(header, "error")}
	for i, trial := range t.Trials {
		row := []string{"", strconv.Itoa(trial.Number)}
		if trial.group() == scored {
			row[0] = strconv.Itoa(i + 1)
		}
		row = append(row, trial.labels...)
		row = add(row, trial.Score)
		for _, name := range t.figures {
			row = add(row, trial.Figures[name])
		}
		if several {
			for _, v := range trial.Score.Runs {
				row = append(row, exactly(v))
			}
		}
		message := ""
		if trial.Err != nil {
			message = trial.Err.Error()
		}
		rows = append(rows, append(row, message))
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}
