package autograd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

// maxFindings is the number of places that a list of a [Diagnosis] names. What goes beyond is counted.
const maxFindings = 8

// A Diagnosis is what [Diagnose] found. It is a text of a few lines, the most important first, and its parts are there
// to be read by programs.
type Diagnosis struct {
	Value            *Finding  // the first value that is not finite, nil if there is none
	Adjoint          *Finding  // the first adjoint that is not finite, nil if there is none
	Suspects         []Finding // where an adjoint of 0 met a derivative that is not finite: first those in recorded sweeps, each in the order of the sweep
	MoreSuspects     int       // how many places there are besides
	SelectedAway     []Finding // values with elements that are not finite and that nothing reaches: the first ones recorded
	MoreSelectedAway int       // how many values there are besides
}

// Error says what was found: first the values, then the adjoints, then what is possibly wrong.
func (f *Diagnosis) Error() string {
	if f == nil {
		return "<nil>"
	}
	var lines []string
	if f.Value != nil {
		lines = append(lines, "the first value that is not finite: "+f.Value.String())
	}
	if f.Adjoint != nil {
		lines = append(lines, "the first adjoint that is not finite: "+f.Adjoint.String())
	}
	for _, s := range f.Suspects {
		lines = append(lines, "possibly wrong: "+s.String())
	}
	if f.MoreSuspects > 0 {
		lines = append(lines, "and "+strconv.Itoa(f.MoreSuspects)+" more places that are possibly wrong")
	}
	for _, s := range f.SelectedAway {
		lines = append(lines, "selected away, and no fault: "+s.String())
	}
	if f.MoreSelectedAway > 0 {
		lines = append(lines, "and "+strconv.Itoa(f.MoreSelectedAway)+" more values with elements that were selected away")
	}
	return "autograd.Diagnose: " + strings.Join(lines, "\n\t")
}

// A Finding is a place on the tape, and the number that was found there.
type Finding struct {
	Node    int     // number of the node, as in %7: for what a checkpoint recorded, the checkpoint's
	Op      string  // the node's operation, "leaf" for a leaf
	Name    string  // its name, or ""
	Scope   string  // the scopes that it was recorded in, the outermost first: "encoder / layer 1"; or ""
	Source  string  // file and line of the program that recorded it: "main.go:12"; "" without graph.WithCallers
	Operand int     // index of the operand whose adjoint or derivative is not finite, -1 where it is the node's own number
	Number  float64 // that is not finite: the value, what was passed to the operand, or the derivative by it
	Index   []int   // of the first such element of the node's value or of the operand; nil for a scalar, or if it is not known
	Count   int     // how many such elements there are
	Len     int     // among how many

	what string
}

// String says what is the matter, and where.
func (f Finding) String() string {
	s := f.what
	if len(f.Index) > 0 {
		s += fmt.Sprintf(", at %v", f.Index)
	}
	if f.Len > 1 {
		s += fmt.Sprintf(", %d of %d elements", f.Count, f.Len)
	}
	if f.Scope != "" {
		s += fmt.Sprintf(", in scope %q", f.Scope)
	}
	if f.Source != "" {
		s += ", recorded at " + f.Source
	}
	return s
}

// finding begins a finding at a node: bad are the elements of a tensor of the shape given that are not finite.
func (d *diagnoser) finding(n graph.Node, operand int, bad elements, shape []int) Finding {
	f := Finding{Node: n.ID(), Op: n.OpName(), Name: n.Name(), Scope: d.scope(n), Operand: operand, Number: bad.number, Count: bad.count, Len: bad.len}
	if d.recorded(n) {
		f.Node = d.outside
	}
	if len(shape) > 0 {
		f.Index = make([]int, len(shape))
		for i, k := len(shape)-1, bad.first; i >= 0; i-- {
			f.Index[i], k = k%shape[i], k/shape[i]
		}
	}
	if file, line, ok := n.Caller(); ok {
		f.Source = file + ":" + strconv.Itoa(line)
	}
	return f
}

// scope returns the names of the scopes that a node was recorded in.
func (d *diagnoser) scope(n graph.Node) string {
	var names []string
	for _, s := range d.g.Scopes() {
		if s.First <= n.ID() && n.ID() < s.End {
			names = append(names, s.Name)
		}
	}
	return strings.Join(names, " / ")
}

// recorded reports whether a node was recorded to look into a checkpoint: it is not on the tape and has no number
// there.
func (d *diagnoser) recorded(n graph.Node) bool { return d.inside != "" && n.ID() > d.outside }

// label returns what texts call a node.
func (d *diagnoser) label(n graph.Node) string {
	switch {
	case !d.recorded(n):
		return n.Label()
	case n.Name() != "":
		return fmt.Sprintf("%q = %s", n.Name(), n.OpName())
	}
	return n.OpName()
}

// place returns what texts call a node that is at fault, with more behind its label.
func (d *diagnoser) place(n graph.Node, more string) string {
	s := d.label(n) + more
	if n.Value().IsLeaf() && !d.recorded(n) {
		s = "leaf " + s
	}
	if d.recorded(n) {
		s += " inside " + d.inside
	}
	return s
}
