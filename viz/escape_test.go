package viz_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz"
)

// tokens splits a text in the language of Graphviz into its tokens: identifiers and numbers, "strings" with the
// quotes, <labels> with the brackets, and punctuation.
func tokens(s string) ([]string, error) {
	var out []string
	for len(s) > 0 {
		n := 1
		switch c := s[0]; {
		case strings.IndexByte(" \t\n", c) >= 0:
			s = s[1:]
			continue
		case c == '"':
			for n < len(s) && s[n] != '"' {
				if s[n] == '\\' {
					n++
				}
				n++
			}
			if n >= len(s) {
				return out, fmt.Errorf("a string is not closed: %.40q", s)
			}
			n++
		case c == '<':
			for open := 1; open > 0; n++ {
				if n == len(s) {
					return out, fmt.Errorf("a label is not closed: %.40q", s)
				}
				switch s[n] {
				case '<':
					open++
				case '>':
					open--
				}
			}
		case strings.HasPrefix(s, "->"):
			n = 2
		case strings.IndexByte("{}[];,=", c) >= 0:
		case c == '-' || c == '.' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			for n < len(s) && (s[n] == '.' || s[n] == '_' || '0' <= s[n] && s[n] <= '9' || 'a' <= s[n] && s[n] <= 'z' || 'A' <= s[n] && s[n] <= 'Z') {
				n++
			}
		default:
			return out, fmt.Errorf("no token begins with %.40q", s)
		}
		out = append(out, s[:n])
		s = s[n:]
	}
	return out, nil
}

// text returns the text of an HTML-like label as a reader sees it, a line for each line.
func text(label string) (string, error) {
	d := xml.NewDecoder(strings.NewReader("<label>" + label[1:len(label)-1] + "</label>"))
	d.Entity = xml.HTMLEntity
	var b strings.Builder
	for {
		t, err := d.Token()
		switch t := t.(type) {
		case nil:
			if errors.Is(err, io.EOF) {
				s := strings.ReplaceAll(b.String(), "\u00a0", " ")
				s = strings.ReplaceAll(s, "\u200e", "") // stands around words from right to left
				return strings.TrimLeft(strings.ReplaceAll(s, `\\`, `\`), "\n"), nil
			}
			return "", fmt.Errorf("%w in %s", err, label)
		case xml.CharData:
			b.Write(t)
		case xml.StartElement:
			switch t.Name.Local {
			case "BR", "TR":
				b.WriteByte('\n')
			}
		}
	}
}

var identifier = regexp.MustCompile(`^(n|cluster)[0-9]+$`)

// check reports what is wrong with a text in the language of Graphviz, and returns the texts of its labels.
func check(t *testing.T, dot string) (labels []string) {
	t.Helper()
	if !utf8.ValidString(dot) {
		t.Error("not UTF-8")
	}
	all, err := tokens(dot)
	if err != nil {
		t.Fatalf("%v\n%s", err, dot)
	}
	depth, clusters := 0, 0
	nodes := make(map[string]bool)
	words := map[string]bool{"digraph": true, "chainrule": true, "subgraph": true, "graph": true, "node": true, "edge": true}
	inside := false // of the brackets of attributes
	for i, tok := range all {
		switch {
		case tok == "{":
			depth++
		case tok == "}":
			depth--
		case tok == "[":
			inside = true
		case tok == "]":
			inside = false
		case tok[0] == '<':
			s, err := text(tok)
			if err != nil {
				t.Errorf("label: %v", err)
			}
			labels = append(labels, s)
		case inside || strings.Contains(";,=", tok) || tok == "->" || words[tok]:
		case !identifier.MatchString(tok):
			t.Errorf("unexpected token %q", tok)
		case all[i-1] == "subgraph":
			if want := "cluster" + strconv.Itoa(clusters); tok != want {
				t.Errorf("cluster %s, want %s", tok, want)
			}
			clusters++
		case all[i+1] == "[" && all[i-1] != "->":
			nodes[tok] = true
		}
	}
	if depth != 0 || inside {
		t.Error("brackets are not closed")
	}
	for k := range len(nodes) {
		if id := "n" + strconv.Itoa(k); !nodes[id] {
			t.Errorf("%d nodes, but no %s", len(nodes), id)
		}
	}
	return labels
}

// named draws a graph in which a node, the loss, a scope and the title have a name.
func named(t *testing.T, name string) []byte {
	t.Helper()
	g := graph.New()
	x := g.Var(2).Named(name)
	done := g.Scope(name)
	y := ops.Square(x).Named(name)
	done()
	var b bytes.Buffer
	if err := viz.DOT(&b, y, viz.Title(name), viz.Legend(), viz.WithGradients(autograd.Backward(y))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wantLabels are the labels that the graph of named has.
func wantLabels(name string) []string {
	shown := legible.Name(name)
	loss, title, x, y := shown, legible.Line(name, 120)+"\n", shown+"%1\n", shown+"%2\n" // two values have the name
	if name == "" {
		loss, title, x, y = "l", "", "v1\n", "v2  "
	}
	return []string{
		title + "in a node v: its value, and δ = ∂" + loss + "/∂v\non an edge from u to v: the local derivative ∂v/∂u\n\n" +
			"    a leaf that wants a gradient\n    where the backward sweep begins",
		x + "2\nδ = 4", shown, y + "square  x²\n4\nδ = 1", "4",
	}
}

func FuzzDOTEscape(f *testing.F) {
	f.Add("")
	for _, name := range hostile {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		dot := named(t, name)
		checkInert(t, dot)
		got := check(t, string(dot))
		if diff := cmp.Diff(wantLabels(name), got); diff != "" {
			t.Errorf("labels mismatch (-want +got):\n%s", diff)
		}
	})
}

// hostileOp is an operation whose texts are all hostile: whoever registers a row writes what he likes.
var hostileOp graph.Op

// A hostileName is what an operation is called by that has a name of its own.
type hostileName string

func (h hostileName) OpName() string { return string(h) }

func hostileFunc(x, y graph.Value) graph.Value {
	c := graph.Begin(hostileOp, x, y).Aux(hostileName(hostileOp.Row().Doc))
	return c.Record(c.Dims(0)...)
}

func init() {
	all := strings.Join(hostile[:len(hostile)-2], "") + strings.Repeat("<\u202e", 1000)
	hostileOp = graph.Register(graph.Row{
		Name: "hostile", Func: hostileFunc, Params: all + ", <y>", Doc: all, Formula: "<x>\x00·" + all, Derivative: all + ", <y>\u202e" + all,
		Binary: func(a, b float64) (y, da, db float64) { return a + b, 1, 1 },
		VJP:    func(_ graph.Node, _ int, ct graph.Value) graph.Value { return ct },
	})
}

// TestHostileOperation draws operations whose names and rules are hostile, with their operands and without.
func TestHostileOperation(t *testing.T) {
	g := graph.New()
	x := g.VarTensor(tensor.Of([]float64{1, 2}, 2)).Named("x")
	y := hostileFunc(x, hostileFunc(x, g.ConstTensor(tensor.Of([]float64{1, 2}, 2))))
	l := ops.Sum(y)
	for _, options := range [][]viz.Option{nil, {viz.HideConstants()}, {viz.FoldUnnamed()}, {viz.WithGradients(autograd.Backward(l)), viz.WithContributions(), viz.Legend()}} {
		var b bytes.Buffer
		if err := viz.DOT(&b, l, options...); err != nil {
			t.Fatal(err)
		}
		checkInert(t, b.Bytes())
	}
}

// mostBytes is more than a picture of a few nodes needs.
const mostBytes = 16 << 10

// checkInert checks that a picture is DOT, short, and without a character that could hide or move another.
func checkInert(t *testing.T, dot []byte) {
	t.Helper()
	if len(dot) > mostBytes {
		t.Errorf("%d bytes of DOT, want at most %d", len(dot), mostBytes)
	}
	for _, label := range check(t, string(dot)) {
		for _, r := range label {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("label %q has the character %U, which does not print", label, r)
			}
		}
	}
}

// TestDirectionOfWriting puts characters that change the direction of what stands around them, or hide, into the names of a
// picture.
func TestDirectionOfWriting(t *testing.T) {
	for _, r := range "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u2028\u2029\u00ad\U000e0001" {
		checkInert(t, named(t, "a"+string(r)+"b"))
	}
}

var svgText = regexp.MustCompile(`<text[^>]*>([^<]*)</text>`)

// TestGraphvizShowsNames looks for the names in what Graphviz draws: it reads escapes in labels after HTML.
func TestGraphvizShowsNames(t *testing.T) {
	path, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("Graphviz is not installed: apt-get install graphviz")
	}
	for _, name := range hostile {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(path, "-Tsvg")
			cmd.Stdin = bytes.NewReader(named(t, name))
			var stderr strings.Builder
			cmd.Stderr = &stderr
			svg, err := cmd.Output()
			if err != nil || stderr.Len() > 0 {
				t.Fatalf("dot: %v\n%s", err, stderr.String())
			}
			got := 0
			for _, m := range svgText.FindAllSubmatch(svg, -1) {
				text := strings.NewReplacer("\u00a0", " ", "\u200e", "").Replace(html.UnescapeString(string(m[1])))
				if text == legible.Name(name) || text == legible.Line(name, 120) {
					got++
				}
			}
			if want := 4; got < want { // the title, the scope, two nodes
				t.Errorf("the name stands in the picture %d times, want %d or more\n%s", got, want, svg)
			}
		})
	}
}
