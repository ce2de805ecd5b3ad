package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
)

// A Layout says how the lines of a file are to be read.
type Layout uint8

// The layouts. In both, a row holds the features of one example as numbers and then its class, an integer from 0 on.
const (
	// Plain files hold rows only.
	Plain Layout = iota
	// Described files begin with a line that tells the number of rows, the number of features, and the names of the
	// classes: 150,4,setosa,versicolor,virginica. Everything is checked against it.
	Described
)

// ReadFile reads the set in the named file; see [ReadCSV].
func ReadFile(name string, layout Layout) (*Set, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("data.ReadFile: %w", err)
	}
	defer f.Close()
	set, err := ReadCSV(f, layout)
	if err != nil {
		return nil, fmt.Errorf("data.ReadFile: %s: %w", name, err)
	}
	return set, nil
}

// ReadFileFS reads the set in the named file of a file system, such as an embed.FS; see [ReadCSV]. It panics with an
// [*tensor.Error] if fsys is nil or there is no such layout.
func ReadFileFS(fsys fs.FS, name string, layout Layout) (*Set, error) {
	return readFrom("data.ReadFileFS", fsys, name, func(r io.Reader) (*Set, error) { return ReadCSV(r, layout) })
}

// ReadCSV reads a set of float64 features and labels from comma-separated values, which may be compressed with gzip:
// the first two bytes tell. Spaces around numbers, empty lines and the byte order mark of UTF-8 are ignored. It returns a
// [*ReadError] that names line and column if a row is shorter or longer than the others, a field is not a finite number,
// or a class is not one of those there are. So does a row of more than 16 MiB or 2²⁰ fields: a small compressed file can
// hold a line that would fill the memory. It panics with an [*tensor.Error] if r is nil or there is no such layout.
func ReadCSV(r io.Reader, layout Layout) (*Set, error) {
	if layout > Described {
		panic(tensor.Errorf("data.ReadCSV", tensor.ErrUsage, "layout %d: want data.Plain or data.Described", layout))
	}
	mustRead("data.ReadCSV", r)
	set, err := readRows(r, layout)
	return set, by("data.ReadCSV", err)
}

func readRows(r io.Reader, layout Layout) (*Set, error) {
	c, err := newReader(r, ',')
	if err != nil {
		return nil, err
	}
	c.features = -1
	rows := -1
	set := &Set{}
	if layout == Described {
		if rows, set.Classes, err = c.description(); err != nil {
			return nil, err
		}
	}
	var x []float64
	for {
		row, err := c.next()
		if err == io.EOF {
			break
		}
		if err == nil && rows >= 0 && len(set.Labels) == rows {
			return nil, c.errorf(-1, "the first line promises %d rows, and there are more", rows)
		}
		if err != nil {
			return nil, err
		}
		if c.features < 0 {
			c.features = len(row) - 1
		}
		if len(row) != c.features+1 || c.features == 0 {
			return nil, c.errorf(-1, "%d fields, want %d: the features and then the class%s", len(row), max(c.features, 1)+1, lineEnd(row...))
		}
		for i, field := range row[:c.features] {
			v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, c.errorf(i, "%s is not a finite number%s", legible.Quote(field), lineEnd(field))
			}
			x = append(x, v)
		}
		label, err := strconv.Atoi(strings.TrimSpace(row[c.features]))
		if err != nil || label < 0 || layout == Described && label >= len(set.Classes) {
			want := "an integer, 0 or more"
			if layout == Described {
				want = fmt.Sprintf("an integer from 0 to %d", len(set.Classes)-1)
			}
			return nil, c.errorf(c.features, "class %s: want %s%s", legible.Quote(row[c.features]), want, lineEnd(row[c.features]))
		}
		set.Labels = append(set.Labels, label)
	}
	n := len(set.Labels)
	switch {
	case rows >= 0 && n != rows:
		return nil, &ReadError{Err: fmt.Errorf("the first line promises %d rows, there are %d", rows, n)}
	case n == 0:
		return nil, &ReadError{Err: errors.New("there are no rows")}
	}
	set.X = tensor.Of(x, n, c.features)
	return set, nil
}

// newReader returns a reader of fields with a delimiter between them, from which compression and a byte order mark are
// taken away.
func newReader(r io.Reader, comma rune) (*reader, error) {
	start, err := unzipped(r)
	if err != nil {
		return nil, err
	}
	mark, _ := start.Peek(3)
	switch {
	case string(mark) == "\ufeff":
		_, _ = start.Discard(3)
	case strings.HasPrefix(string(mark), "\xfe\xff") || strings.HasPrefix(string(mark), "\xff\xfe"):
		return nil, &ReadError{Err: errors.New("the file is in UTF-16: save it as UTF-8")}
	}
	limit := &limiter{r: start, comma: []byte(string(comma))}
	c := &reader{Reader: csv.NewReader(limit), limit: limit}
	c.Comma = comma
	c.FieldsPerRecord = -1
	c.ReuseRecord = true
	return c, nil
}

// A reader reads lines and remembers where it is.
type reader struct {
	*csv.Reader
	limit    *limiter
	line     int // where the last row began, 0 before the first
	features int // in a row, -1 while unknown
}

// next returns the fields of the next line.
func (c *reader) next() ([]string, error) {
	c.limit.begin(c.InputOffset())
	row, err := c.Read()
	var parse *csv.ParseError
	switch {
	case errors.As(err, &parse):
		return nil, &ReadError{Line: parse.Line, Column: parse.Column, Err: parse.Err}
	case err != nil && err != io.EOF && c.line > 0:
		return nil, &ReadError{Err: fmt.Errorf("after line %d: %w", c.line, err)}
	case err != nil && err != io.EOF:
		return nil, &ReadError{Err: err}
	case err == nil:
		c.line, _ = c.FieldPos(0)
	}
	return row, err
}

// errorf returns an error about field i of the line that was read last, or about the line if i is -1.
func (c *reader) errorf(i int, format string, args ...any) *ReadError {
	e := &ReadError{Err: fmt.Errorf(format, args...)}
	e.Line, e.Column = c.FieldPos(max(i, 0))
	if i < 0 {
		e.Column = 0
	}
	return e
}

// lineEnd returns a hint if fields hold carriage returns.
func lineEnd(fields ...string) string {
	for _, f := range fields {
		if strings.ContainsRune(f, '\r') {
			return "; there is a carriage return in it: lines must end with a line feed"
		}
	}
	return ""
}

// description reads the first line of a [Described] file.
func (c *reader) description() (rows int, classes []string, err error) {
	row, err := c.next()
	if err == io.EOF {
		return 0, nil, &ReadError{Err: errors.New("the file is empty")}
	}
	if err != nil {
		return 0, nil, err
	}
	if len(row) < 3 {
		return 0, nil, c.errorf(-1, "%d fields, want the number of rows, the number of features, and the names of the classes", len(row))
	}
	counts := [2]int{}
	for i, what := range []string{"rows", "features"} {
		counts[i], err = strconv.Atoi(strings.TrimSpace(row[i]))
		if err != nil || counts[i] < 1 {
			return 0, nil, c.errorf(i, "%s is not a number of %s, 1 or more: is this a plain file?", legible.Quote(row[i]), what)
		}
	}
	if counts[1] >= maxFields {
		return 0, nil, c.errorf(1, "%d features: a row has at most %d fields", counts[1], maxFields)
	}
	for _, name := range row[2:] {
		classes = append(classes, strings.TrimSpace(name))
	}
	c.features = counts[1]
	return counts[0], classes, nil
}
