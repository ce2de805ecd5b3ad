package bridge_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/examples/playground/bridge"
)

// ask returns an expression with leaves, name=value, as the page sends it.
func ask(t *testing.T, text string, leaves ...string) string {
	t.Helper()
	type leaf struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	list := []leaf{}
	for _, l := range leaves {
		name, value, _ := strings.Cut(l, "=")
		list = append(list, leaf{name, value})
	}
	arg, err := json.Marshal(map[string]any{"text": text, "leaves": list})
	if err != nil {
		t.Fatal(err)
	}
	return string(arg)
}

type figure struct {
	Shape, Text string
	Numbers     []any
}

type solved struct {
	Value  figure
	Nodes  int
	Leaves []struct {
		Name            string
		Value, Gradient figure
	}
}

type studied struct {
	Checks    []struct{ Short, Explain string }
	Labels    []string
	Hessian   [][]any
	NoHessian string
	Diagnosis string
}

func TestNames(t *testing.T) {
	var b bridge.Bridge
	for text, want := range map[string][]string{"x*y + sin(x)": {"x", "y"}, "2": {}, "θ*sum(w)": {"θ", "w"}} {
		var answer struct{ Names []string }
		call(t, &b, "expression.names", ask(t, text), &answer)
		if diff := cmp.Diff(want, answer.Names); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestExpression(t *testing.T) {
	var b bridge.Bridge
	var s solved
	call(t, &b, "expression.solve", ask(t, "x*x*sum(v)", "x=3", "v=[[1], [2]]"), &s)
	if s.Value.Numbers[0] != 27.0 || s.Leaves[0].Name != "v" || s.Leaves[0].Gradient.Shape != "(2,1)" {
		t.Errorf("%v", s)
	}
	if diff := cmp.Diff([]any{9.0, 9.0}, s.Leaves[0].Gradient.Numbers); diff != "" {
		t.Errorf("gradient (-want +got):\n%s", diff)
	}
	var more studied
	call(t, &b, "expression.study", "{}", &more)
	want := [][]any{{0.0, 0.0, 6.0}, {0.0, 0.0, 6.0}, {6.0, 6.0, 6.0}}
	if diff := cmp.Diff(want, more.Hessian); diff != "" || more.NoHessian != "" || more.Diagnosis != "" || more.Checks[0].Short != "ok" {
		t.Errorf("%v\nHessian (-want +got):\n%s", more, diff)
	}
	var words struct{ Text string }
	call(t, &b, "expression.explain", `{"name": "x"}`, &words)
	if !strings.Contains(words.Text, "chain rule") && !strings.Contains(words.Text, "∂") {
		t.Errorf("explained as %q", words.Text)
	}
	fault(t, &b, "expression.explain", `{"name": "y"}`)
}

// What Graphviz answers becomes a stepper.
func TestGraph(t *testing.T) {
	dot, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("Graphviz is not installed")
	}
	var b bridge.Bridge
	var s solved
	call(t, &b, "expression.solve", ask(t, "f*sin(x)", "x=3", "f=2"), &s)
	var graphs struct {
		Number       int
		Wide, Narrow string
	}
	call(t, &b, "expression.draw", "{}", &graphs)
	place := func(graph string) string {
		c := exec.Command(dot, "-Tjson0")
		c.Stdin = strings.NewReader(graph)
		out, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	arg, err := json.Marshal(map[string]any{"number": graphs.Number, "wide": place(graphs.Wide), "narrow": place(graphs.Narrow)})
	if err != nil {
		t.Fatal(err)
	}
	var data struct {
		Nodes []struct {
			N string
			V any
		}
	}
	call(t, &b, "place", string(arg), &data)
	var names []string
	for _, n := range data.Nodes {
		names = append(names, n.N)
	}
	// The result is called f, or y where f is a leaf.
	if got := strings.Join(names, " "); got != "f x v3 y" {
		t.Errorf("nodes %s", got)
	}
	fault(t, &b, "place", `{"number": 1, "wide": "{}", "narrow": "x"}`)
	call(t, &b, "expression.draw", "{}", &graphs)
	if f := fault(t, &b, "place", string(arg)); !strings.Contains(f.Message, "another graph") {
		t.Errorf("%v", f)
	}
}

func TestDiagnosis(t *testing.T) {
	var b bridge.Bridge
	var s solved
	call(t, &b, "expression.solve", ask(t, "square(sqrt(x)) + log(y)", "x=0", "y=0"), &s)
	if s.Value.Numbers[0] != "-Infinity" {
		t.Errorf("%v", s)
	}
	var more studied
	call(t, &b, "expression.study", "{}", &more)
	if !strings.Contains(more.Diagnosis, "possibly wrong") || !strings.Contains(more.Diagnosis, "not finite") {
		t.Errorf("%q", more.Diagnosis)
	}
}

// A fault has its field, and its place in what was typed there.
func TestExpressionFaults(t *testing.T) {
	var b bridge.Bridge
	for _, tt := range []struct {
		text   string
		leaves []string
		want   bridge.Fault // the message is a part of it
	}{
		{"x ^ 2", []string{"x=1"}, bridge.Fault{Field: "expression", Line: 1, Column: 3, Message: "pow(x, 2)"}},
		{"x +\n sofmax(x, 0)", []string{"x=1"}, bridge.Fault{Field: "expression", Line: 2, Column: 2, Message: "softmax"}},
		{"", nil, bridge.Fault{Field: "expression", Line: 1, Column: 1, Message: "empty"}},
		{"x + yy", []string{"x=1"}, bridge.Fault{Field: "expression", Line: 1, Column: 5, Message: "yy has no value"}},
		{"x", []string{"x=[1, 2]"}, bridge.Fault{Field: "expression", Message: "not a scalar"}},
		{"sum(inv(a))", []string{"a=[[1, 2], [2, 4]]"}, bridge.Fault{Field: "expression", Line: 1, Column: 5, Message: "inv"}},
		{"sum(matmul(a, a))", []string{"a=[[1, 2]]"}, bridge.Fault{Field: "expression", Line: 1, Column: 5, Message: "matmul"}},
		{"sum(broadcast(x, 20000, 20000))", []string{"x=1"}, bridge.Fault{Field: "expression", Line: 1, Column: 5, Message: "268435456"}},
		{"x", []string{"x=1.5."}, bridge.Fault{Field: "leaf-x", Line: 1, Column: 1, Message: "1.5. is not a number"}},
		{"x", []string{"x="}, bridge.Fault{Field: "leaf-x", Line: 1, Column: 1, Message: "the value is missing"}},
		{"sum(θ)", []string{"θ=[[1, 2], [3]]"}, bridge.Fault{Field: "leaf-θ", Line: 1, Column: 12, Message: "ragged"}},
	} {
		t.Run(tt.text+" "+strings.Join(tt.leaves, " "), func(t *testing.T) {
			got := fault(t, &b, "expression.solve", ask(t, tt.text, tt.leaves...))
			if !strings.Contains(got.Message, tt.want.Message) {
				t.Errorf("message %q, want %q in it", got.Message, tt.want.Message)
			}
			got.Message = tt.want.Message
			if got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	for _, name := range []string{"expression.study", "expression.explain", "expression.draw"} {
		if f := fault(t, &b, name, `{"name": "x"}`); !strings.Contains(f.Message, "no expression") {
			t.Errorf("%s: %v", name, f)
		}
	}
}

// A large graph is evaluated, and the parts that would take too long say so.
func TestLargeExpression(t *testing.T) {
	var b bridge.Bridge
	const n = 50_000
	var s solved
	call(t, &b, "expression.solve", ask(t, "x"+strings.Repeat("+x", n), "x=1"), &s)
	if s.Value.Numbers[0] != float64(n+1) || s.Leaves[0].Gradient.Numbers[0] != float64(n+1) {
		t.Errorf("%v", s)
	}
	var more studied
	call(t, &b, "expression.study", "{}", &more)
	if f := fault(t, &b, "expression.explain", `{"name": "x"}`); !strings.Contains(f.Message, "50,001 nodes") {
		t.Errorf("explained: %v", f)
	}
	var graphs struct{ Wide string }
	call(t, &b, "expression.draw", "{}", &graphs)
	if lines := strings.Count(graphs.Wide, "\n"); lines < 5 || lines > 1000 {
		t.Errorf("Graphviz is to lay out a graph of %d lines", lines)
	}
	call(t, &b, "expression.solve", ask(t, "x"+strings.Repeat("+x", 5*n), "x=1"), &s)
	if f := fault(t, &b, "expression.draw", "{}"); !strings.Contains(f.Message, "250,001 nodes") {
		t.Errorf("drawn: %v", f)
	}
}
