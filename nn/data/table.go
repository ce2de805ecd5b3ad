package data

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// A TableConfig says what the columns of a table mean. A column is named by what stands above it, or by its number,
// from 0 on or from -1 back: "price", "0", "-1". What no field names is a feature.
type TableConfig struct {
	Header int  // lines before the first row, the last of which has the names of the columns; 0 if there are none
	Comma  rune // what stands between fields: a comma unless said otherwise, such as ';' or '\t'

	Features []string // columns of numbers; nil stands for all that no other field names
	OneHot   []string // columns of text, which become a feature for each text that they have: 1 where it stands, else 0
	Codes    []string // columns of text, which become one feature: the index of the text among all that the column has
	Targets  []string // columns of numbers that are to be predicted, in this order
	Label    string   // the column of the class: integers from 0 on, or text
	Ignore   []string // columns that are not read

	// Levels are the texts of columns of OneHot, Codes or Label, in the order of their codes; another text is an error.
	// A column that is not here has those of the file, in the order of the numbers that they are, or else of the
	// alphabet. Set it to the Levels of the table that was trained on when reading others, with or without its class.
	Levels map[string][]string

	Missing []string // texts that stand for a missing value, such as "NA" or "?", beside the empty one
	Drop    bool     // leave out rows with a missing value, where they are an error otherwise
}

// A Table is a set that was read from a table, and what its columns mean.
type Table struct {
	Set      *Set
	Features []string            // what the columns of Set.X are: height, colour=red, colour=blue
	Levels   map[string][]string // the texts of columns of OneHot, Codes and Label, in the order of their codes
	Dropped  []int               // lines of the rows with a missing value, if Drop is set
}

// ReadTable reads a table of fields with commas, or another delimiter, between them, as CSV and TSV files are. It may
// be compressed with gzip: the first two bytes tell. Spaces around fields, empty lines and the byte order mark of UTF-8
// are ignored, and fields may be in quotes.
//
// Set.X has the features, in float64 and in the order of the file, with the features of a column of OneHot in its
// place; Set.T the targets; Set.Labels the classes. If every class is an integer, 0 or more, it is the label itself,
// else the text has a code and Set.Classes its name.
//
// The error is a [*ReadError] that names line and column if a value is missing, a field is not a finite number, a text
// is not among its levels, or a row is shorter or longer than the first line. There are the limits of [ReadCSV], at
// most 2¹⁶ texts in a column, and at most 2²⁸ numbers of OneHot. ReadTable panics with an [*tensor.Error] if r is nil,
// or the configuration contradicts itself whatever the file is.
func ReadTable(r io.Reader, c TableConfig) (*Table, error) {
	const op = "data.ReadTable"
	c.check(op)
	mustRead(op, r)
	t, err := c.read(r)
	if err != nil {
		return nil, by(op, err)
	}
	return t, nil
}

// ReadTableFS reads the table in the named file of a file system, such as os.DirFS or an embed.FS; see [ReadTable]. It
// panics with an [*tensor.Error] if fsys is nil, or the configuration contradicts itself.
func ReadTableFS(fsys fs.FS, name string, c TableConfig) (*Table, error) {
	const op = "data.ReadTableFS"
	c.check(op)
	return readFrom(op, fsys, name, func(r io.Reader) (*Table, error) { return ReadTable(r, c) })
}

// check panics if the configuration is wrong for every file.
func (c TableConfig) check(op string) {
	switch {
	case c.Header < 0:
		panic(tensor.Errorf(op, tensor.ErrUsage, "Header %d: want the number of lines before the first row, 0 or more", c.Header))
	case c.Comma != 0 && (strings.ContainsRune("\"\r\n", c.Comma) || !utf8.ValidRune(c.Comma) || c.Comma == utf8.RuneError):
		panic(tensor.Errorf(op, tensor.ErrUsage, "Comma %q cannot stand between fields: want one such as ';' or '\\t'", c.Comma))
	}
	var roles []string
	for _, list := range [][]string{c.Features, c.OneHot, c.Codes, c.Targets, {c.Label}, c.Ignore} {
		for _, name := range list {
			if name != "" && slices.Contains(roles, name) {
				panic(tensor.Errorf(op, tensor.ErrUsage, "column %q is named twice: give each column one part", name))
			}
			roles = append(roles, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Levels)) {
		levels := c.Levels[name]
		if len(slices.Compact(slices.Sorted(slices.Values(levels)))) < len(levels) {
			panic(tensor.Errorf(op, tensor.ErrUsage, "Levels of %q has a text twice: %.200q", name, levels))
		}
	}
}

func (c TableConfig) read(r io.Reader) (*Table, error) {
	comma := c.Comma
	if comma == 0 {
		comma = ','
	}
	in, err := newReader(r, comma)
	if err != nil {
		return nil, err
	}
	names, err := c.header(in)
	if err != nil {
		return nil, err
	}
	headerLine := in.line
	row, err := in.next()
	switch {
	case err == io.EOF:
		return nil, &ReadError{Err: errors.New("there are no rows")}
	case err != nil:
		return nil, err
	}
	n := len(row)
	if names != nil {
		n = len(names)
	}
	columns, err := c.columns(names, n)
	if err != nil {
		return nil, &ReadError{Line: headerLine, Err: err}
	}
	t := &Table{}
	gaps := gaps{texts: c.Missing, drop: c.Drop}
	for ; err == nil; row, err = in.next() {
		if len(row) != n {
			return nil, gaps.or(in.errorf(-1, "%d fields, want %d as in the line before%s", len(row), n, lineEnd(row...)))
		}
		switch found := gaps.find(in, columns, row); {
		case found && c.Drop:
			t.Dropped = append(t.Dropped, in.line)
		case gaps.first == nil:
			for k := range columns {
				if err := columns[k].add(in, row); err != nil {
					return nil, err
				}
			}
		}
	}
	if err != io.EOF {
		return nil, gaps.or(err)
	}
	if err := gaps.or(nil); err != nil {
		return nil, err
	}
	if err := t.build(columns); err != nil {
		return nil, &ReadError{Err: err}
	}
	return t, nil
}

// header reads the lines before the first row and returns the names in the last of them, nil if there are none.
func (c TableConfig) header(in *reader) ([]string, error) {
	var names []string
	for range c.Header {
		row, err := in.next()
		if err == io.EOF {
			return nil, &ReadError{Err: fmt.Errorf("the file ends within its %d lines of header", c.Header)}
		}
		if err != nil {
			return nil, err
		}
		names = row // which the next line overwrites
	}
	names = slices.Clone(names)
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
	}
	return names, nil
}

// gaps are the missing values of a table.
type gaps struct {
	texts []string // that stand for one
	drop  bool     // leave them out, and do not count
	first *ReadError
	more  int // than the first
}

// find reports whether a row has a missing value in one of the columns.
func (g *gaps) find(in *reader, columns []column, row []string) (found bool) {
	for k := range columns {
		col := &columns[k]
		field := strings.TrimSpace(row[col.index])
		if field != "" && !slices.Contains(g.texts, field) {
			continue
		}
		found = true
		switch {
		case g.drop:
		case g.first == nil:
			g.first = in.errorf(col.index, "column %s has no value", legible.Quote(col.name))
		default:
			g.more++
		}
	}
	return found
}

// or returns the error of the first missing value, or err if there is none.
func (g *gaps) or(err error) error {
	switch {
	case g.first == nil:
		return err
	case g.more == 0:
		g.first.Err = fmt.Errorf("%w: mend it, or set Drop to leave the row out", g.first.Err)
	default:
		g.first.Err = fmt.Errorf("%w, and %d more are missing: mend them, or set Drop to leave their rows out", g.first.Err, g.more)
	}
	return g.first
}

// build makes the set of what the columns have read.
func (t *Table) build(columns []column) error {
	n, width, oneHot, targets := len(columns[0].numbers)+len(columns[0].codes), 0, 0, 0
	if n == 0 {
		return fmt.Errorf("each of the %d rows has a missing value", len(t.Dropped))
	}
	t.Levels = map[string][]string{}
	for k := range columns {
		col := &columns[k]
		col.finish()
		width += col.width()
		switch col.part {
		case partOneHot:
			oneHot += col.width()
		case partTarget:
			targets++
		}
		if col.levels != nil {
			t.Levels[col.key] = col.levels.texts
		}
	}
	if oneHot > 0 && n > maxOneHot/oneHot {
		return fmt.Errorf("%d texts in columns of OneHot make as many features in %d rows: use Codes", oneHot, n)
	}
	if _, err := array.Size([]int{n, width + targets}); err != nil {
		return err
	}
	t.Set = &Set{X: tensor.New(tensor.Float64, n, width)}
	if targets > 0 {
		t.Set.T = tensor.New(tensor.Float64, n, targets)
	}
	at := 0
	for k := range columns {
		col := &columns[k]
		switch col.part {
		case partFeature, partCodes:
			t.Features = append(t.Features, col.name)
		case partOneHot:
			for _, text := range col.levels.texts {
				t.Features = append(t.Features, col.name+"="+text)
			}
		case partLabel:
			if t.Set.Labels = col.codes; col.levels != nil {
				t.Set.Classes = col.levels.texts
			}
		}
		col.fill(t.Set, at)
		at += col.width()
	}
	return nil
}
