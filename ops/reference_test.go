package ops_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/autograd/program/stablehlo"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/ops"
)

// The markers that a generated part of a file stands between.
const (
	beginTable = "//\t-- generated from the table of operations; go test ./ops -run Reference -update --"
	endTable   = "//\t-- end of the table --"
)

func TestReferencePageIsCurrent(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("# Operations\n\nGenerated from the rows of package ops: `go test ./ops -run Reference -update`.\n")
	b.WriteString("How each operation is called in an expression, what it computes, its derivative, where its tests draw operands from,\nwhat it promises where it is not differentiable, whether a forward sweep passes it in one step,\nwhether autograd/program can compile it, and whether autograd/program/stablehlo can write it.\n\n")
	lowers := func(row *graph.Row) string {
		if ok, reason := stablehlo.Lowers(row); !ok {
			return "no: " + reason
		}
		return "yes"
	}
	compiles := func(row *graph.Row) string {
		if ok, reason := program.Compiles(row); !ok {
			return "no: " + reason
		}
		return "yes"
	}
	forward := func(row *graph.Row) string {
		if row.Tangent != nil {
			return "yes"
		}
		return "no derivative"
	}
	if err := ops.Reference(&b, ops.Column{Title: "forward", Cell: forward}, ops.Column{Title: "program", Cell: compiles}, ops.Column{Title: "StableHLO", Cell: lowers}); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "../docs/operations.md", b.String())
}

func TestReferenceInPackageDocIsCurrent(t *testing.T) {
	const file = "doc.go"
	now, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(now), beginTable+"\n")
	_, tail, ok2 := strings.Cut(rest, endTable+"\n")
	if !ok || !ok2 {
		t.Fatalf("%s has lost its markers %q and %q", file, beginTable, endTable)
	}
	testkit.Golden(t, file, head+beginTable+"\n"+compactTable()+endTable+"\n"+tail)
}

func TestFamilies(t *testing.T) {
	families := ops.Families()
	if families[0].Name != "arithmetic" {
		t.Errorf("the first family is %s, want arithmetic", families[0].Name)
	}
	for _, f := range families {
		if len(f.Rows) == 0 {
			t.Errorf("family %q has no operation: take it from the list in reference.go", f.Name)
		}
	}
}

// compactTable returns the table of the package comment.
func compactTable() string {
	var b strings.Builder
	for _, family := range ops.Families() {
		fmt.Fprintf(&b, "//\t-- %s\n", family.Name)
		for _, row := range family.Rows {
			fmt.Fprintf(&b, "//\t%s%s%s\n", pad(ops.Usage(row), 36), pad(row.Formula, 36), row.Derivative)
		}
	}
	return b.String()
}

// pad fills s with spaces up to a width in characters, at least one.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 1))
}

// failing is a writer that takes some bytes and then fails.
type failing struct{ left int }

var errFull = errors.New("full")

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return f.left, errFull
	}
	f.left -= len(p)
	return len(p), nil
}

func TestReferenceReturnsWriteErrors(t *testing.T) {
	for _, room := range []int{0, 5000} {
		if err := ops.Reference(&failing{room}); !errors.Is(err, errFull) {
			t.Errorf("with room for %d bytes: got error %v, want %v", room, err, errFull)
		}
	}
}

func TestReferenceMisuse(t *testing.T) {
	err := graph.Try(func() { _ = ops.Reference(io.Discard, ops.Column{Title: "used by"}) })
	if want := `ops.Reference: column "used by" has no Cell: give the function that fills it`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestRowsAreComplete(t *testing.T) {
	for _, row := range graph.Rows() {
		if !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		for _, column := range []struct{ name, text string }{
			{"Params", row.Params}, {"Doc", row.Doc}, {"Formula", row.Formula}, {"Derivative", row.Derivative}, {"Source", row.Source},
		} {
			if column.text == "" {
				t.Errorf("row %q has no %s: say it, the reference shows it", row.Name, column.name)
			}
		}
		if row.Class != graph.NoGrad && row.Tangent == nil {
			t.Errorf("row %q has no Tangent: forward sweeps would differentiate its VJP", row.Name)
		}
		for _, k := range row.Kinks {
			if k.Why == "" {
				t.Errorf("row %q chooses %v at its kink %v without saying why", row.Name, k.Chosen, k.At)
			}
		}
		if params, _ := ops.Signature(row); len(params) > 0 && params[len(params)-1].Name == "" {
			t.Errorf("row %q names too few parameters: %q", row.Name, row.Params)
		}
	}
}
