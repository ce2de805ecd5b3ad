package search

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/columns"
)

// A Table lists the trials of a search, the best first: those with a score by their score, of equal ones the one with
// the lower number; then those whose score is NaN, those that have failed, and those of which runs are missing as the
// search was stopped.
type Table struct {
	Name   string // of the search
	Trials []*Trial

	axes     []*axis
	figures  []string // names
	maximize bool
}

// A Trial is a point that was tried, and what came of it.
type Trial struct {
	Point

	Number  int               // from 0 on
	Score   Figure            // of the objective
	Figures map[string]Figure // of Run.Note, by name
	Err     error             // of the first run that failed, by its number, or nil
	Missing int               // runs that have not ended, as the search was stopped

	seed uint64
}

func (t *Trial) point() *Point {
	if t == nil {
		return nil
	}
	return &t.Point
}

// Run returns run number i of the trial as the objective got it, so that the best model can be trained once more:
//
//	score, err := objective(ctx, best.Run(0))
//
// It panics with a [*graph.Error] if the trial had no such run.
func (t *Trial) Run(i int) *Run {
	const op = "search.Trial.Run"
	p := pointOf(op, t)
	if i < 0 || i >= len(t.Score.Runs) {
		panic(graph.Errorf(op, graph.ErrIndex, "run %d of a trial with %d: runs are counted from 0", i, len(t.Score.Runs)))
	}
	return newRun(*p, t.seed, t.Number, i)
}

// table returns what has ended.
func (s *search) table() *Table {
	t := &Table{Name: s.cfg.Name, axes: s.plan.axes, maximize: s.op == "search.Maximize"}
	names := map[string]bool{}
	for _, runs := range s.ended {
		for _, o := range runs {
			if o.err != nil {
				continue
			}
			for name := range o.notes {
				names[name] = true
			}
		}
	}
	t.figures = slices.Sorted(maps.Keys(names))
	for number, runs := range s.ended {
		trial := &Trial{
			Point: s.plan.point(s.cfg.Seed, number), Number: number, Missing: s.cfg.Runs - len(runs), Figures: map[string]Figure{}, seed: s.cfg.Seed,
		}
		trial.Score = figureOf(s.cfg.Runs, runs, func(o outcome) (float64, bool) { return o.score, true })
		for _, name := range t.figures {
			trial.Figures[name] = figureOf(s.cfg.Runs, runs, func(o outcome) (v float64, ok bool) { v, ok = o.notes[name]; return v, ok })
		}
		for i := range s.cfg.Runs {
			if err := runs[i].err; err != nil {
				if s.cfg.Runs > 1 {
					err = fmt.Errorf("run %d: %w", i, err)
				}
				trial.Err = err
				break
			}
		}
		t.Trials = append(t.Trials, trial)
	}
	slices.SortFunc(t.Trials, t.compare)
	return t
}

// A group is a part of a table, in the order in which they stand there.
type group int

const (
	scored group = iota
	scoredNaN
	failed
	unfinished
)

func (t *Trial) group() group {
	switch {
	case t.Missing > 0:
		return unfinished
	case t.Err != nil:
		return failed
	case math.IsNaN(t.Score.Mean):
		return scoredNaN
	}
	return scored
}

func (t *Table) compare(a, b *Trial) int {
	if a.group() != b.group() {
		return cmp.Compare(a.group(), b.group())
	}
	order := cmp.Compare(a.Score.Mean, b.Score.Mean)
	switch {
	case a.group() != scored:
		order = 0
	case t.maximize:
		order = -order
	}
	return cmp.Or(order, cmp.Compare(a.Number, b.Number))
}

func (t *Table) mustBeMade(op string) {
	if t == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil *search.Table: search.Minimize returns one, or an error"))
	}
}

// Best returns the trial with the best score, or an error if none has one, which wraps that of a trial.
func (t *Table) Best() (*Trial, error) {
	t.mustBeMade("search.Table.Best")
	if len(t.Trials) > 0 && t.Trials[0].group() == scored {
		return t.Trials[0], nil
	}
	if err := t.Err(); err != nil {
		return nil, fmt.Errorf("search.Table.Best: %s, none with a score: %w", trials(len(t.Trials)), err)
	}
	return nil, fmt.Errorf("search.Table.Best: %s, none with a score", trials(len(t.Trials)))
}

// Err returns the error of the first trial that has failed, by its number, or nil if none has.
func (t *Table) Err() error {
	t.mustBeMade("search.Table.Err")
	var first *Trial
	for _, trial := range t.Trials {
		if trial.Err != nil && (first == nil || trial.Number < first.Number) {
			first = trial
		}
	}
	if first == nil {
		return nil
	}
	return fmt.Errorf("trial %d (%s): %w", first.Number, first.Point, first.Err)
}

// String returns the table as text: a line for each trial with its number, its settings, its score and other figures,
// as mean ± spread where there are several runs. What has no score has the reason in its place.
func (t *Table) String() string {
	t.mustBeMade("search.Table.String")
	sides := "r"
	header := []string{"trial"}
	for _, a := range t.axes {
		header = append(header, a.name)
		if a.numbers {
			sides += "r"
		} else {
			sides += "l"
		}
	}
	for _, name := range append([]string{"score"}, t.figures...) {
		header = append(header, name, "")
	}
	sides += strings.Repeat("rl", 1+len(t.figures)) + "l"
	rows := [][]string{header}
	var count [unfinished + 1]int
	for _, trial := range t.Trials {
		row := []string{strconv.Itoa(trial.Number)}
		for i := range trial.axes {
			row = append(row, trial.short(i))
		}
		reason := ""
		count[trial.group()]++
		switch trial.group() {
		case failed:
			reason = "failed: " + firstLine(trial.Err.Error())
		case unfinished:
			reason = fmt.Sprintf("%d of %d runs", len(trial.Score.Runs)-trial.Missing, len(trial.Score.Runs))
		}
		if reason != "" {
			row = append(append(row, make([]string, 2+2*len(t.figures))...), reason)
		} else {
			row = append(row, trial.Score.cells()...)
			for _, name := range t.figures {
				row = append(row, trial.Figures[name].cells()...)
			}
		}
		rows = append(rows, row)
	}
	var b strings.Builder
	if t.Name != "" {
		fmt.Fprintf(&b, "%s: ", firstLine(t.Name))
	}
	order := "lowest"
	if t.maximize {
		order = "highest"
	}
	fmt.Fprintf(&b, "%s, the %s score first", trials(len(t.Trials)), order)
	if n := count[failed]; n > 0 {
		fmt.Fprintf(&b, "; %d failed", n)
	}
	if n := count[unfinished]; n > 0 {
		fmt.Fprintf(&b, "; %d not finished", n)
	}
	b.WriteByte('\n')
	b.WriteString(columns.Align(sides, rows))
	return b.String()
}

func trials(n int) string {
	if n == 1 {
		return "1 trial"
	}
	return fmt.Sprintf("%d trials", n)
}

// short returns the value of setting i as it stands in a line of text.
func (p *Point) short(i int) string {
	if v, ok := p.values[i].(float64); ok && p.axes[i].nth == nil {
		return fmt.Sprintf("%.4g", v)
	}
	if strings.ContainsFunc(p.labels[i], func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(p.labels[i])
	}
	return p.labels[i]
}

// firstLine returns the beginning of a text that may have several lines.
func firstLine(s string) string {
	const most = 120 // characters
	s, _, cut := strings.Cut(strings.TrimSpace(s), "\n")
	if r := []rune(s); len(r) > most {
		s, cut = string(r[:most]), true
	}
	if cut {
		s += " …"
	}
	return s
}
