package browser_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/browser"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/viz/page/javascript"
)

// The functions of a page, as the browser computes them, are those of the rows: value and derivatives at random points of
// each operation's domain, and at numbers of any size.
func TestRows(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	b.Goto(write(t, "page.html", fmt.Sprintf(harmless, "")))
	source, missing := javascript.Functions(graph.Rows())
	without := map[*graph.Row]bool{}
	for _, row := range missing {
		without[row] = true
	}
	b.Run(`globalThis.functions = ` + source + `; 0`)
	tried := 0
	for _, row := range graph.Rows() {
		params, ok := ops.Signature(row)
		if !ok || without[row] {
			continue
		}
		tried++
		t.Run(row.Name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(11, 26))
			var args [][]string
			var want [][]float64
			for k := range 60 {
				y, xs, ok := draw(rng, row, params, k)
				if !ok {
					continue
				}
				var text []string
				for _, x := range xs {
					text = append(text, strconv.FormatFloat(x.Item(), 'g', -1, 64))
				}
				for _, c := range javascript.Constants(y.Node()) {
					text = append(text, strconv.FormatFloat(c, 'g', -1, 64))
				}
				args = append(args, text)
				numbers := []float64{y.Item()}
				if y.WantsGrad() {
					numbers = append(numbers, autograd.Backward(y).Scalars(nil, xs)...)
				}
				want = append(want, numbers)
			}
			if len(args) == 0 {
				t.Skip("it does not take scalars alone")
			}
			compareRow(t, row, args, want, call(t, b, row.Name, args))
		})
	}
	if tried < 50 {
		t.Errorf("%d operations have functions, want most of %d", tried, len(graph.Rows()))
	}
}

// draw records an operation on scalars drawn at random.
func draw(rng *rand.Rand, row *graph.Row, params []ops.Parameter, k int) (y graph.Value, xs []graph.Value, ok bool) {
	g := graph.New()
	var args []any
	for _, p := range params {
		switch {
		case p.Variadic:
		case p.Kind == ops.IntArg:
			args = append(args, rng.IntN(4))
		case p.Kind == ops.FloatArg:
			args = append(args, math.Round(8*rng.Float64())/4)
		default:
			d := rowtest.Domain(row, len(xs))
			x := d.Lo + (d.Hi-d.Lo)*rng.Float64()
			if k%3 == 0 {
				x = float64(1-2*rng.IntN(2)) * math.Pow(10, 8*rng.Float64()-5)
			}
			xs = append(xs, g.Var(x))
			args = append(args, xs[len(xs)-1])
		}
	}
	err := graph.Try(func() { y = ops.Apply(row, args...) })
	return y, xs, err == nil && len(xs) > 0 && len(y.Shape()) == 0 && y.Node().Row() == row
}

// call calls a function of the page for each list of arguments. What is not passed on counts as 0.
func call(t *testing.T, b *browser.Tab, name string, args [][]string) [][]string {
	t.Helper()
	list, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	var results [][]string
	b.Into(&results, fmt.Sprintf(`%s.map(args => {
		const [y, slopes] = functions[%s](...args.map(Number));
		return [y, ...slopes.map(d => d === null ? 0 : d)].map(String);
	})`, list, quoted))
	return results
}

func compareRow(t *testing.T, row *graph.Row, args [][]string, want [][]float64, results [][]string) {
	t.Helper()
	for k, result := range results {
		for i := range want[k] {
			got, err := strconv.ParseFloat(result[i], 64)
			if err != nil {
				t.Fatal(err)
			}
			if w := want[k][i]; !close(got, w) {
				what := "value"
				if i > 0 {
					what = fmt.Sprintf("derivative by operand %d", i)
				}
				t.Errorf("%s(%q): the %s is %v, want %v", row.Name, args[k], what, got, w)
			}
		}
	}
}

// tolerance is what the roundings of a page and of Go may differ by, relatively.
const tolerance = 1e-12

func close(got, want float64) bool {
	return got == want || got != got && want != want || math.Abs(got-want) <= tolerance*math.Abs(want) && !math.IsInf(want, 0)
}
