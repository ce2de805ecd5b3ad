package ops

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

// families are the names of the families in the order in which a reader meets them: what everybody knows first.
var families = []string{
	"arithmetic", "power", "exponential", "trigonometric", "hyperbolic", "activation", "rounding", "compare", "select",
	"erf", "quantile", "gamma", "beta", "sinc", "xlogy", "chain", "reduction", "moments", "product", "softmax", "loss", "normalization", "matmul", "linear",
	"linalg", "det", "cholesky", "solve", "spectral", "shape", "slicing", "join", "indexing", "triangle", "sort", "interp",
	"convolution", "pooling", "recurrent", "random",
}

// A Family is a group of operations that stand in one file of this package, after which it is named, or in files whose
// names begin with it and an underscore.
type Family struct {
	Name string
	Rows []*graph.Row // in the order of their registration
}

// Families returns the operations of this package by families, arithmetic first.
func Families() []Family {
	list := make([]Family, len(families))
	for i, name := range families {
		list[i].Name = name
	}
	for _, row := range graph.Rows() {
		if !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		name := familyOf(row)
		i := slices.IndexFunc(list, func(f Family) bool { return f.Name == name })
		if i < 0 {
			i = len(list)
			list = append(list, Family{Name: name})
		}
		list[i].Rows = append(list[i].Rows, row)
	}
	return list
}

// A Column is one that [Reference] writes besides its own: its title, and what stands in it for an operation.
type Column struct {
	Title string
	Cell  func(row *graph.Row) string
}

// Reference writes the table of operations to w, as Markdown: for each how it is called in an expression, what it
// computes, the formula, the derivative, where its tests draw operands from, what it promises at its kinks, the source,
// and the columns given. It returns the first error of w, and panics with a [*graph.Error] if a column has no Cell.
func Reference(w io.Writer, more ...Column) error {
	b := bufio.NewWriter(w)
	for i, family := range Families() {
		if i > 0 {
			fmt.Fprintln(b)
		}
		fmt.Fprintf(b, "## %s\n\n", family.Name)
		titles := []string{"call", "computes", "formula", "derivative", "tested on", "kinks", "source"}
		for _, c := range more {
			if c.Cell == nil {
				panic(graph.Errorf("ops.Reference", graph.ErrUsage, "column %q has no Cell: give the function that fills it", c.Title))
			}
			titles = append(titles, c.Title)
		}
		fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(titles, " | "), strings.Repeat("---|", len(titles)))
		for _, row := range family.Rows {
			cells := []string{Usage(row), row.Doc, row.Formula, row.Derivative, domains(row), kinks(row), row.Source}
			for _, c := range more {
				cells = append(cells, c.Cell(row))
			}
			for i, c := range cells {
				cells[i] = strings.NewReplacer("|", `\|`, "*", `\*`).Replace(c)
			}
			fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
		}
	}
	return b.Flush()
}

// familyOf returns the name of the file that a row's function stands in, up to the first underscore or its ending.
func familyOf(row *graph.Row) string {
	pc := reflect.ValueOf(row.Func).Pointer()
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(filepath.FromSlash(file)), ".go"), "_")
	return name
}

// domains returns the intervals that the tests of a row draw its operands from.
func domains(row *graph.Row) string {
	if row.Class == graph.NoGrad {
		return "all"
	}
	if len(row.Domain) == 0 {
		return "-2 to 2"
	}
	parts := make([]string, len(row.Domain))
	for i, d := range row.Domain {
		parts[i] = number(d.Lo) + " to " + number(d.Hi)
	}
	return strings.Join(parts, ", ")
}

// kinks returns where a row is not differentiable and what it promises there.
func kinks(row *graph.Row) string {
	parts := make([]string, len(row.Kinks))
	for i, k := range row.Kinks {
		parts[i] = fmt.Sprintf("at %s: %s, %s", number(k.At), number(k.Chosen), k.Why)
	}
	return strings.Join(parts, "; ")
}

func number(v float64) string {
	if math.IsInf(v, 0) {
		return fmt.Sprintf("%+v", v)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
