package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/internal/legible"
)

// A part is what a column of a table is for.
type part uint8

const (
	partFeature part = iota // numbers
	partOneHot              // text
	partCodes
	partTarget // numbers
	partLabel  // text or integers
	partIgnored
)

// A column of a table is being read.
type column struct {
	index   int    // in a row
	name    string // that stands above it, or its number
	key     string // by which the configuration names it
	part    part
	order   int       // among the targets
	numbers []float64 // of features and targets, one for each row
	codes   []int     // of text, one for each row; in the end the labels
	levels  *levels   // of text, nil for labels that are integers
}

// columns returns the columns that are read, in the order of the file. Names are those of a header, or nil; there are
// n.
func (c TableConfig) columns(names []string, n int) ([]column, error) {
	parts := make([]*column, n)
	for _, list := range []struct {
		part part
		keys []string
	}{
		{partFeature, c.Features}, {partOneHot, c.OneHot}, {partCodes, c.Codes}, {partTarget, c.Targets}, {partLabel, c.label()},
		{partIgnored, c.Ignore},
	} {
		for order, key := range list.keys {
			i, err := find(key, names, n)
			if err != nil {
				return nil, err
			}
			if parts[i] != nil {
				return nil, fmt.Errorf("%s and %s are one column: give each column one part", legible.Quote(parts[i].key), legible.Quote(key))
			}
			parts[i] = &column{key: key, part: list.part, order: order}
		}
	}
	var out []column
	features := 0
	for i, col := range parts {
		if col == nil {
			col = &column{part: partFeature}
			if c.Features != nil {
				col.part = partIgnored
			}
		}
		col.index, col.name = i, strconv.Itoa(i)
		if names != nil {
			col.name = names[i]
		}
		switch col.part {
		case partIgnored:
			continue
		case partOneHot, partCodes, partLabel:
			texts, fixed := c.Levels[col.key]
			col.levels = newLevels(texts, fixed)
		}
		if col.part <= partCodes {
			features++
		}
		out = append(out, *col)
	}
	if features == 0 {
		return nil, fmt.Errorf("none of %d columns is a feature", n)
	}
	return out, nil
}

// label returns the column of the class as a list.
func (c TableConfig) label() []string {
	if c.Label == "" {
		return nil
	}
	return []string{c.Label}
}

// find returns the index of the column with a name, or of that number.
func find(key string, names []string, n int) (int, error) {
	if i := slices.Index(names, key); i >= 0 {
		if slices.Contains(names[i+1:], key) {
			return 0, fmt.Errorf("two columns are named %s: give the number of one, from 0 on", legible.Quote(key))
		}
		return i, nil
	}
	if i, err := strconv.Atoi(key); err == nil && i >= -n && i < n {
		return (i + n) % n, nil
	}
	if names == nil {
		return 0, fmt.Errorf("no column %s: they are numbered from 0 to %d, and have no names, as Header is 0", legible.Quote(key), n-1)
	}
	const most = 20
	if len(names) > most {
		return 0, fmt.Errorf("no column %s among %d: they begin with %.40q", legible.Quote(key), n, names[:most])
	}
	return 0, fmt.Errorf("no column %s: there are %.40q", legible.Quote(key), names)
}

// add reads the column's field of a row.
func (col *column) add(in *reader, row []string) error {
	field := strings.TrimSpace(row[col.index])
	if col.levels != nil {
		code, err := col.levels.codeOf(field)
		if err != nil {
			return in.errorf(col.index, "column %s: %w%s", legible.Quote(col.name), err, lineEnd(field))
		}
		col.codes = append(col.codes, code)
		return nil
	}
	v, err := strconv.ParseFloat(field, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return in.errorf(col.index, "column %s: %s is not a finite number%s", legible.Quote(col.name), legible.Quote(field), lineEnd(field))
	}
	col.numbers = append(col.numbers, v)
	return nil
}

// finish gives texts their last codes, when all rows have been read.
func (col *column) finish() {
	if col.levels == nil {
		return
	}
	now := col.levels.labels()
	if col.part == partLabel && now != nil {
		col.levels = nil
	} else {
		now = col.levels.sort()
	}
	for i, code := range col.codes {
		col.codes[i] = now[code]
	}
}

// width returns how many features the column makes.
func (col *column) width() int {
	switch col.part {
	case partFeature, partCodes:
		return 1
	case partOneHot:
		return len(col.levels.texts)
	}
	return 0
}

// fill writes what the column has into a set: features from the given place in a row on.
func (col *column) fill(s *Set, at int) {
	x, width := s.X.Float64s(), s.X.Dims()[1]
	switch col.part {
	case partFeature:
		for i, v := range col.numbers {
			x[i*width+at] = v
		}
	case partCodes:
		for i, code := range col.codes {
			x[i*width+at] = float64(code)
		}
	case partOneHot:
		for i, code := range col.codes {
			x[i*width+at+code] = 1
		}
	case partTarget:
		t, targets := s.T.Float64s(), s.T.Dims()[1]
		for i, v := range col.numbers {
			t[i*targets+col.order] = v
		}
	}
}
