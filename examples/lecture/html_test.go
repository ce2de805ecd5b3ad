package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A readPage is the page as a reader's browser gets it.
type readPage struct {
	text string
	tabs map[string]*readTab
	list []string // the names of the tabs in order
}

// A readTab is a tab: what stands in it, and the data of its stepper, nil if it has none.
type readTab struct {
	text  string
	nodes []readNode
}

// A readNode is a node of a stepper's data.
type readNode struct {
	Name  string   `json:"n"`
	Kind  string   `json:"k"`
	Value *float64 `json:"v"`
	Delta *float64 `json:"d"`
	Sweep bool     `json:"w"`
	Links []struct {
		From  int      `json:"u"`
		Slope *float64 `json:"d"`
	} `json:"l"`
}

// step returns the phase and the name of the node of a step, counted from 0, as the page's script counts them.
func (r *readTab) step(k int) (phase, name string) {
	for _, n := range r.nodes {
		if n.Kind == "operation" {
			if k == 0 {
				return forwards, n.Name
			}
			k--
		}
	}
	for _, n := range slices.Backward(r.nodes) {
		if n.Sweep {
			if k == 0 {
				return backwards, n.Name
			}
			k--
		}
	}
	return "", ""
}

// node returns the node of a name.
func (r *readTab) node(t *testing.T, name string) readNode {
	t.Helper()
	i := slices.IndexFunc(r.nodes, func(n readNode) bool { return n.Name == name })
	if i < 0 {
		t.Fatalf("the stepper has no node %s", name)
	}
	return r.nodes[i]
}

var (
	dataPattern = regexp.MustCompile(`(?s)<script type="application/json">(.*?)</script>`)
	linkPattern = regexp.MustCompile(`href="#([^"]*)"`)
)

// parsePage reads a page.
func parsePage(t *testing.T, text string) *readPage {
	t.Helper()
	p := &readPage{text: text, tabs: make(map[string]*readTab)}
	main := text[strings.Index(text, "<main>"):strings.Index(text, "</main>")]
	for _, part := range strings.Split(main, `<section class="tab" data-tab="`)[1:] {
		name, rest, _ := strings.Cut(part, `"`)
		tab := &readTab{text: rest}
		if m := dataPattern.FindStringSubmatch(rest); m != nil {
			var data struct {
				Nodes []readNode `json:"nodes"`
			}
			if err := json.Unmarshal([]byte(m[1]), &data); err != nil {
				t.Fatalf("tab %s: %v", name, err)
			}
			tab.nodes = data.Nodes
			tab.text = strings.Replace(rest, m[0], "", 1)
		}
		p.tabs[name] = tab
		p.list = append(p.list, name)
	}
	return p
}

// pageOf runs parts and returns the page that they leave.
func pageOf(t *testing.T, args ...string) *readPage {
	t.Helper()
	if status, _, stderr := lecture(t, args...); status != statusOK {
		t.Fatalf("status %d: %s", status, stderr)
	}
	b, err := os.ReadFile(filepath.Join("lecture-out", pageName))
	if err != nil {
		t.Fatal(err)
	}
	return parsePage(t, string(b))
}

// theWholePage returns the page of all parts.
func theWholePage(t *testing.T) *readPage {
	t.Helper()
	return parsePage(t, theWholeRun(t).files[pageName])
}

// TestPage holds the page to be one file of at most 500 KB that needs nothing else, with the lecture's sections in order.
func TestPage(t *testing.T) {
	p := theWholePage(t)
	if n := len(p.text); n > 500_000 {
		t.Errorf("%d bytes, want 500,000 at most", n)
	}
	var want []string
	for _, tab := range tabs {
		want = append(want, tab.name)
	}
	if diff := cmp.Diff(want, p.list); diff != "" {
		t.Errorf("tabs: mismatch (-want +got)\n%s", diff)
	}
	for _, m := range regexp.MustCompile(`(?:src|href|srcset|action|data)="([^"#][^"]*)"`).FindAllStringSubmatch(p.text, -1) {
		if !strings.HasPrefix(m[1], "data:") {
			t.Errorf("refers to something outside: %s", m[0])
		}
	}
	for _, outside := range []string{"url(http", "@import", "<link rel=\"stylesheet", "<iframe", "<object"} {
		if strings.Contains(p.text, outside) {
			t.Errorf("has %q", outside)
		}
	}
	for _, m := range regexp.MustCompile(`https?://[^" '<>)]*`).FindAllString(p.text, -1) {
		if !strings.HasPrefix(m, "http://www.w3.org/") { // the names of SVG and MathML
			t.Errorf("names the address %s", m)
		}
	}
	if strings.Contains(p.text, "<no value>") || strings.Contains(p.text, "ZgotmplZ") {
		t.Error("a template had no value")
	}
}

// The words are well-formed: every element that begins ends, in its place.
func TestPageWellFormed(t *testing.T) {
	p := theWholePage(t)
	for _, name := range p.list {
		text := p.tabs[name].text
		text = text[strings.Index(text, ">")+1:]
		text = text[:strings.LastIndex(text, "</section>")]
		d := xml.NewDecoder(strings.NewReader("<section>" + text + "</section>"))
		d.Strict = false
		d.AutoClose = []string{"input", "br"}
		d.Entity = xml.HTMLEntity
		var open []string
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("tab %s: %v", name, err)
			}
			switch e := token.(type) {
			case xml.StartElement:
				open = append(open, e.Name.Local)
			case xml.EndElement:
				if len(open) == 0 || open[len(open)-1] != e.Name.Local {
					t.Fatalf("tab %s: </%s> ends %v", name, e.Name.Local, open)
				}
				open = open[:len(open)-1]
			}
		}
	}
}

// TestPageLinks holds every link to lead to a tab, and to a step that the tab has.
func TestPageLinks(t *testing.T) {
	p := theWholePage(t)
	links := 0
	for name, tab := range p.tabs {
		for _, m := range linkPattern.FindAllStringSubmatch(tab.text, -1) {
			links++
			values, err := url.ParseQuery(html.UnescapeString(m[1]))
			if err != nil {
				t.Fatal(err)
			}
			to := p.tabs[values.Get("tab")]
			if to == nil {
				t.Errorf("tab %s: no tab for %s", name, m[1])
				continue
			}
			if !values.Has("step") {
				continue
			}
			k, err := strconv.Atoi(values.Get("step"))
			if values.Get("order") == "depth" {
				last := 0 // forward steps, then the base case, then one for each link
				for _, n := range to.nodes {
					last += len(n.Links)
					if n.Kind == "operation" {
						last++
					}
				}
				if k != last {
					t.Errorf("tab %s: %s is not the last step %d, depth first", name, m[1], last)
				}
				continue
			}
			if phase, _ := to.step(k); err != nil || phase == "" {
				t.Errorf("tab %s: no step for %s", name, m[1])
			}
		}
	}
	if links < 40 {
		t.Errorf("%d links, want those of the four questions, the list, the slips and the sections", links)
	}
}

// TestQuestions holds the four questions to have answers, each with a link to the very step that shows it.
func TestQuestions(t *testing.T) {
	p := theWholePage(t)
	_, list, _ := strings.Cut(p.tabs["12"].text, `<section id="questions">`)
	list, _, _ = strings.Cut(list, "</section>")
	items := regexp.MustCompile(`(?s)<li><h4>(.*?)</h4>(.*?)</li>`).FindAllStringSubmatch(list, -1)
	want := []struct{ question, answer, tab, phase, node string }{
		{"a sum?", "0.055399425 through o1 and −0.019049118 through o2 make 0.036350306", "12.2.1", backwards, "out_h1"},
		{"Why is this order the right one?", "depth first, b would pass on a δ of 1", "12.2", backwards, "b"},
		{"What does dropout remove?", "A neuron with all its edges", "12.4.2", backwards, "h1"},
		{"What did early stopping choose?", "The weights of epoch 29 of 300", "12.4.3", "", ""},
	}
	if len(items) != len(want) {
		t.Fatalf("%d questions, want %d", len(items), len(want))
	}
	for i, w := range want {
		answer := strings.Join(strings.Fields(items[i][2]), " ")
		if !strings.Contains(items[i][1], w.question) || !strings.Contains(strings.ToLower(answer), strings.ToLower(w.answer)) {
			t.Errorf("question %d is %s\n%s\nwant %q, with %q in the answer", i+1, items[i][1], answer, w.question, w.answer)
		}
		link := linkPattern.FindStringSubmatch(items[i][2])
		if link == nil {
			t.Errorf("question %d has no link", i+1)
			continue
		}
		values, _ := url.ParseQuery(html.UnescapeString(link[1]))
		var phase, node string
		if k, err := strconv.Atoi(values.Get("step")); err == nil {
			phase, node = p.tabs[values.Get("tab")].step(k)
		}
		if values.Get("tab") != w.tab || phase != w.phase || node != w.node {
			t.Errorf("question %d leads to tab %s, %s %s; want tab %s, %s %s", i+1, values.Get("tab"), phase, node, w.tab, w.phase, w.node)
		}
	}
	// What the steps show is what the answers say.
	if d := p.tabs["12.4.2"].node(t, "net_h1").Delta; d == nil || *d != 0 {
		t.Errorf("δ of the dropped neuron is %v, want 0", d)
	}
	if d := p.tabs["12.2"].node(t, "a").Delta; d == nil || *d != 4 {
		t.Errorf("δ of a is %v, want 4", d)
	}
	if d := p.tabs["12.2.1"].node(t, "out_h1").Delta; d == nil || math.Abs(*d-0.03635030639314466) > 1e-14 {
		t.Errorf("δ of out_h1 is %v, want 0.03635030639314466", d)
	}
}

// TestPageFigures holds the data of the stepper of 12.2.1 against figures that were computed in float64 without this
// module: values, δ, and local derivatives on edges.
func TestPageFigures(t *testing.T) {
	p := pageOf(t, "-part", "b")
	for _, tab := range []string{"12.2.1", "12.2.1-all"} {
		t.Run(tab, func(t *testing.T) {
			r := p.tabs[tab]
			values := map[string]float64{
				"i1": 0.05, "i2": 0.1, "t1": 0.01, "t2": 0.99, "b1": 0.35, "b2": 0.6,
				"w1": 0.15, "w2": 0.2, "w3": 0.25, "w4": 0.3, "w5": 0.4, "w6": 0.45, "w7": 0.5, "w8": 0.55,
				"net_h1": 0.3775, "net_h2": 0.3925, "out_h1": 0.5932699921071872, "out_h2": 0.596884378259767,
				"net_o1": 1.10590596705977, "net_o2": 1.2249214040964653, "out_o1": 0.7513650695523157, "out_o2": 0.7729284653214625,
				"E_o1": 0.274811083176155, "E_o2": 0.023560025583847746, "E_total": 0.2983711087600027,
			}
			for name, want := range values {
				if v := r.node(t, name).Value; v == nil {
					t.Errorf("%s has no value", name)
				} else {
					expect(t, name, want, *v)
				}
			}
			deltas := map[string]float64{
				"E_total": 1, "E_o1": 1, "E_o2": 1,
				"out_o1": 0.7413650695523157, "net_o1": 0.13849856162855695, "net_o2": -0.038098236516556236, "out_h1": 0.03635030639314466,
				"w1": 0.0004385677344743465, "w2": 0.000877135468948693, "w3": 0.0004977127352608599, "w4": 0.0009954254705217198,
				"w5": 0.08216704056423077, "w6": 0.08266762784753325, "w7": -0.02260254047747507, "w8": -0.022740242215978222,
				"b1": 0.018725609394704128, "b2": 0.10040032511200071,
			}
			for name, want := range deltas {
				if d := r.node(t, name).Delta; d == nil {
					t.Errorf("%s has no δ", name)
				} else {
					expect(t, "δ of "+name, want, *d)
				}
			}
			for _, s := range []struct {
				of, by string
				want   float64
			}{{"out_o1", "net_o1", 0.18681560180895948}, {"out_h1", "net_h1", 0.24130070857232525}} {
				found := false
				for _, l := range r.node(t, s.of).Links {
					if r.nodes[l.From].Name == s.by && l.Slope != nil {
						found = true
						expect(t, "∂"+s.of+"/∂"+s.by, s.want, *l.Slope)
					}
				}
				if !found {
					t.Errorf("no link from %s to %s", s.by, s.of)
				}
			}
		})
	}
	text := p.tabs["12.2.1"].text
	for _, figure := range []string{"0.358916479718", "0.408666186076", "0.511301270239", "0.561370121108", "0.291027773694", "3.51018778298e-05", "4.35532106616e-06"} {
		if !strings.Contains(text, figure) {
			t.Errorf("12.2.1 does not say %s", figure)
		}
	}
}

// TestPageCovers holds every figure, algorithm and equation of the lecture to have its place, and every slip to stand once,
// where it occurs.
func TestPageCovers(t *testing.T) {
	p := theWholePage(t)
	for tab, words := range map[string][]string{
		"12.1":   {"Figure 12.1", "Layer List", "Weights List", "range(2 to m)", "universal approximation", "64 nodes", "a run that misses it"},
		"12.1.1": {"Algorithm 1", "10,000 updates", "<svg"},
		"12.1.2": {"Γ", "w̃"},
		"12.2":   {"Algorithm 2", "depth first"},
		"12.2.1": {"net_h1", "✗ slip 2", "✗ slip 3"},
		"12.3":   {"Figure 12.2", "(a)", "(b)", "(c)", "(d)", "(e)", `class="letter">(a)`, `class="letter">(e)`},
		"12.4.1": {"‖", "PyTorch"},
		"12.4.2": {"Figure 12.3", "Figure 12.4", "test time", `class="dropped"`},
		"12.4.3": {"Figure 12.5", "chosen by validation", "chosen by test", "epoch 29"},
	} {
		for _, w := range words {
			if !strings.Contains(p.tabs[tab].text, w) {
				t.Errorf("tab %s does not have %q", tab, w)
			}
		}
	}
	var found []string
	for _, tab := range p.list {
		for _, m := range regexp.MustCompile(`<div class="slip" role="note" id="slip-(\d+)"><strong>Slip (\d+)\.`).FindAllStringSubmatch(p.tabs[tab].text, -1) {
			if m[1] != m[2] {
				t.Errorf("slip %s has the id %s", m[2], m[1])
			}
			found = append(found, tab+" "+m[2])
		}
	}
	var want []string
	for i, s := range slips {
		want = append(want, fmt.Sprintf("%s %d", s.Tab, i+1))
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("slips: mismatch (-want +got)\n%s", diff)
	}
	for _, place := range places {
		if p.tabs[place.Tab] == nil {
			t.Errorf("%s is said to be in tab %s, which is not there", place.What, place.Tab)
		}
	}
}

// Parts that did not run leave no tab, and no link to one.
func TestPagePart(t *testing.T) {
	p := pageOf(t, "-part", "c")
	if diff := cmp.Diff([]string{"12", "12.3"}, p.list); diff != "" {
		t.Errorf("tabs: mismatch (-want +got)\n%s", diff)
	}
	for _, m := range linkPattern.FindAllStringSubmatch(p.tabs["12"].text, -1) {
		if !strings.HasPrefix(m[1], "tab=12.3") {
			t.Errorf("link to %s", m[1])
		}
	}
}

// Every tab has its words, and no file of words is left over.
func TestProse(t *testing.T) {
	var want []string
	for _, tab := range tabs {
		want = append(want, "page/"+tab.name+".html")
	}
	slices.Sort(want)
	got, err := fs.Glob(prose, "page/*.html")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}

// One seed gives one page, on one processor and on more.
func TestPageRepeats(t *testing.T) {
	if testing.Short() {
		t.Skip("trains the fits of 12.1 twice")
	}
	page := func(processors int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		return pageOf(t, "-part", "a,b,c", "-seed", "7").text
	}
	if one, four := page(1), page(4); one != four {
		t.Error("one and four processors leave two different pages")
	}
}

// An interrupt before the page is written leaves the page of an earlier run.
func TestPageKept(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	path := filepath.Join("lecture-out", pageName)
	if err := os.MkdirAll("lecture-out", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	status := run(ctx, []string{"-part", "c"}, &trigger{text: "Picture", f: cancel}, &errs)
	if want := "lecture: interrupted before the page was written; finished: c\n"; status != statusInterrupted || errs.String() != want {
		t.Errorf("status %d, standard error %q, want %d and %q", status, errs.String(), statusInterrupted, want)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "mine" {
		t.Errorf("the page is %.20q, %v, want what was there", b, err)
	}
	if diff := cmp.Diff(append(pictures("12.3-graph-with-deltas"), pageName), files(t, "lecture-out")); diff != "" {
		t.Errorf("files: mismatch (-want +got)\n%s", diff)
	}
}
