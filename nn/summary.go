package nn

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/columns"
	"github.com/seed366ff29f/chainrule/ops"
)

// summaryBytes is how much memory a summary may take: enough for an example of any model that can be trained.
const summaryBytes = math.MaxInt32

// Summary writes a table of a model's layers, those of containers below them: what each makes of a batch of one example
// of the given shape, how many numbers its parameters have, and their bytes. What is trained and what is not, which is
// state or frozen, follows in sum. A layer that takes part again is said to be shared, and counted once.
//
//	nn.Summary(os.Stdout, model, 1, 28, 28) // for images of one channel
//
// A layer is called by its String method if it has one, and by its type otherwise. The layers within one of your own
// are shown where that has them in a [Sequential], a [Residual] or another container of this package.
//
// Summary computes on an example of zeros, as [Eval] does, and changes nothing. It returns an error that says which
// layer the example does not fit, if one takes more than 2 GiB, or the writer's.
func Summary(w io.Writer, model Layer, shape ...int) error {
	const op = "nn.Summary"
	if w == nil {
		return graph.Errorf(op, graph.ErrUsage, "got a nil writer: use os.Stdout")
	}
	seen := &watch{}
	var params []*Param
	err := graph.Try(func() {
		params = paramsOf(op, model)
		dtype, err := dtypeOf(op, params)
		if err != nil {
			panic(err)
		}
		g := graph.New(graph.WithDType(dtype), graph.WithMemoryLimit(summaryBytes))
		g.Quietly(func() {
			x := ops.Broadcast(g.Const(0), append([]int{1}, shape...)...)
			seen.forward(Pass{watch: seen}, "", model, x)
		})
	})
	if e, ok := err.(*graph.Error); ok && e.Op == op {
		return err
	}
	if err != nil {
		return fmt.Errorf("nn.Summary: an example of shape %s%s: %w", tensor.FormatShape(shape), seen.obstacle(), err)
	}
	rows := [][]string{{"layer", "output", "parameters", "bytes"}}
	counted := map[*Param]bool{}
	for i := range seen.layers {
		rows = append(rows, seen.row(i, counted))
	}
	var trained, others []*Param
	for _, p := range params {
		if p.Trained() {
			trained = append(trained, p)
		} else {
			others = append(others, p)
		}
	}
	rows = append(rows, sumRow("total", params))
	if len(others) > 0 {
		rows = append(rows, sumRow("  trained", trained), sumRow("  not trained", others))
	}
	if _, err := io.WriteString(w, columns.Align("ll", rows)); err != nil {
		return fmt.Errorf("nn.Summary: %w", err)
	}
	return nil
}

// A watch notes the layers that a forward pass goes through.
type watch struct {
	layers []watched
	depth  int
	see    func(name string, l Layer, y graph.Value) // is told instead, unless it is nil; layers are those under way then
}

type watched struct {
	depth int
	name  string // within its container, "" for the model; all the way to it where a function is told
	layer Layer
	out   []int // nil while it computes
}

// forward applies the layer, and lets the pass's watch note it.
func (m *member) forward(p Pass, x graph.Value) graph.Value {
	switch {
	case p.watch == nil:
		return m.layer.Forward(p, x)
	case p.watch.see != nil:
		return p.watch.tell(p, m.prefix, m.layer, x)
	}
	return p.watch.forward(p, m.prefix, m.layer, x)
}

func (w *watch) forward(p Pass, name string, l Layer, x graph.Value) graph.Value {
	i := len(w.layers)
	w.layers = append(w.layers, watched{depth: w.depth, name: name, layer: l})
	w.depth++
	y := l.Forward(p, x)
	y.Check(describe(l))
	w.depth--
	w.layers[i].out = y.Shape()
	return y
}

// tell applies the layer, and tells the function of it.
func (w *watch) tell(p Pass, name string, l Layer, x graph.Value) graph.Value {
	path := name
	if n := len(w.layers); n > 0 {
		path = w.layers[n-1].name + "." + name
	}
	w.layers = append(w.layers, watched{name: path})
	defer func() { w.layers = w.layers[:len(w.layers)-1] }() // also where a layer panics
	y := l.Forward(p, x)
	y.Check(describe(l))
	w.see(path, l, y)
	return y
}

// obstacle says which layer did not get to its end, such as " does not pass layer 2.0, Linear(3, 4)", or nothing.
func (w *watch) obstacle() string {
	var last Layer
	var names []string
	for _, l := range w.layers {
		if l.out == nil {
			last = l.layer
			names = append(names, l.name)
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1: // the model
		return " does not pass " + describe(last)
	}
	return fmt.Sprintf(" does not pass layer %s, %s", strings.Join(names[1:], "."), describe(last))
}

// row returns the row of layer i. Its parameters are those that no layer within it has and that no row has counted.
func (w *watch) row(i int, counted map[*Param]bool) []string {
	l := w.layers[i]
	var own []*Param
	for _, p := range paramsOf("nn.Summary", l.layer) {
		if !w.within(i, p) {
			own = append(own, p)
		}
	}
	name := strings.Repeat("  ", l.depth)
	if l.name != "" {
		name += l.name + strings.Repeat(" ", w.widest(i)-utf8.RuneCountInString(l.name)) + "  "
	}
	name += describe(l.layer)
	fresh := slices.DeleteFunc(slices.Clone(own), func(p *Param) bool { return counted[p] })
	for _, p := range fresh {
		counted[p] = true
	}
	switch row := sumRow(name, fresh); {
	case len(own) == 0:
		return []string{name, tensor.FormatShape(l.out), "", ""}
	case len(fresh) == 0:
		return []string{name, tensor.FormatShape(l.out), "shared", ""}
	default:
		row[1] = tensor.FormatShape(l.out)
		return row
	}
}

// within reports whether a layer within layer i has the parameter.
func (w *watch) within(i int, p *Param) bool {
	for _, l := range w.layers[i+1:] {
		if l.depth <= w.layers[i].depth {
			return false
		}
		if slices.Contains(l.layer.Params(), p) {
			return true
		}
	}
	return false
}

// widest returns how many columns the longest name has of those in the container of layer i.
func (w *watch) widest(i int) int {
	depth, first := w.layers[i].depth, i
	for first > 0 && w.layers[first-1].depth >= depth {
		first--
	}
	columns := 0
	for _, l := range w.layers[first:] {
		if l.depth < depth {
			break
		}
		if l.depth == depth {
			columns = max(columns, utf8.RuneCountInString(l.name))
		}
	}
	return columns
}

// describe returns what a layer calls itself, or its type.
func describe(l Layer) string {
	s := strings.TrimPrefix(fmt.Sprintf("%T", l), "*")
	if own, ok := l.(fmt.Stringer); ok {
		s = own.String()
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// sumRow returns a row with the numbers of some parameters, and their bytes.
func sumRow(name string, params []*Param) []string {
	numbers, size := 0, 0
	for _, p := range params {
		numbers += p.Data.Len()
		size += p.Data.Len() * p.Data.DType().Bytes()
	}
	return []string{name, "", strconv.Itoa(numbers), strconv.Itoa(size)}
}
