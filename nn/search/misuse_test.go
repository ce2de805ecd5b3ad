package search_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/nn/search"
)

func TestMisuse(t *testing.T) {
	a, nan, inf := search.Int("a", 0, 1), math.NaN(), math.Inf(1)
	zero := func(context.Context, *search.Run) (float64, error) { return 0, nil }
	try := func(cfg search.Config) func() {
		return func() {
			if _, err := search.Minimize(context.Background(), search.Grid(a), cfg, zero); err != nil {
				panic(err)
			}
		}
	}
	note := func(name string) func() {
		return func() {
			table, err := search.Minimize(context.Background(), search.Grid(a), search.Config{}, func(_ context.Context, r *search.Run) (float64, error) {
				r.Note(name, 1)
				return 0, nil
			})
			if err != nil {
				t.Error(err)
			}
			panic(errors.Unwrap(table.Err()))
		}
	}
	const line = "want a text on one line, without spaces around it"
	for _, tt := range []struct {
		f    func()
		want string
	}{
		{func() { search.Choice("", 1) }, `search.Choice: name "": ` + line},
		{func() { search.Int(" a", 1, 2) }, `search.Int: name " a": ` + line},
		{func() { search.Uniform("a\nb", 1, 2) }, `search.Uniform: name "a\nb": ` + line},
		{func() { search.LogUniform("a\xff", 1, 2) }, `search.LogUniform: name "a\xff": ` + line},
		{func() { search.Choice("score", 1) }, `search.Choice: name "score": a column of tables has it; choose another one`},
		{func() { search.Choice("run 12", 1) }, `search.Choice: name "run 12": a column of tables has it; choose another one`},
		{func() { search.Choice("wrong spread", 1) }, `search.Choice: name "wrong spread": a column of tables has it; choose another one`},
		{func() { search.Choice[int]("a") }, `search.Choice: setting "a" has no value: give one or more`},
		{func() { search.Choice("a", 1, 2, 1) }, `search.Choice: values 0 and 2 of setting "a" are both "1": give each once`},
		{func() { search.Choice[any]("a", 1, "1") }, `search.Choice: values 0 and 1 of setting "a" are both "1": give each once`},
		{func() { search.Choice("a", nan, nan) }, `search.Choice: values 0 and 1 of setting "a" are both "NaN": give each once`},
		{func() { search.Choice("a", math.Sin) }, `search.Choice: value 0 of setting "a" is a func(float64) float64, which has no text that lasts: give it a String method, or choose among names and look the value up in a map`},
		{func() { search.Choice("a", &struct{ x int }{1}) }, `search.Choice: value 0 of setting "a" is a *struct { x int }, which has no text that lasts: give it a String method, or choose among names and look the value up in a map`},
		{func() { search.Choice("a", []any{1}, []any{new(int)}) }, `search.Choice: value 1 of setting "a" is a []interface {}, which has no text that lasts: give it a String method, or choose among names and look the value up in a map`},
		{func() { search.Choice("a", map[string]func(){"f": func() {}}) }, `search.Choice: value 0 of setting "a" is a map[string]func(), which has no text that lasts: give it a String method, or choose among names and look the value up in a map`},
		{func() { search.Int("a", 2, 1) }, `search.Int: setting "a" from 2 to 1: want the lower number first`},
		{func() { search.Uniform("a", 1, 1) }, `search.Uniform: setting "a" from 1 to 1: want finite numbers, the lower one first`},
		{func() { search.Uniform("a", nan, 1) }, `search.Uniform: setting "a" from NaN to 1: want finite numbers, the lower one first`},
		{func() { search.LogUniform("a", 1, inf) }, `search.LogUniform: setting "a" from 1 to +Inf: want finite numbers, the lower one first`},
		{func() { search.LogUniform("a", 0, 1) }, `search.LogUniform: setting "a" from 0 to 1: want numbers above 0, which have a logarithm`},
		{func() { search.Grid(a, search.Uniform("b", 0, 1)) }, `search.Grid: setting "b" has no list of values: use search.Choice("b", ...) with some of them, or search.Random`},
		{func() { search.Grid(a, search.Choice("a", 1)) }, `search.Grid: two settings are called "a": give each a name of its own`},
		{func() { search.Random(1, a, a) }, `search.Random: two settings are called "a": give each a name of its own`},
		{func() { search.Random(-1, a) }, `search.Random: -1 points: want 0 or more`},
		{try(search.Config{Runs: -1}), "search.Minimize: -1 runs of each trial: want from 0 to 1048576"},
		{try(search.Config{Runs: 1 << 21}), "search.Minimize: 2097152 runs of each trial: want from 0 to 1048576"},
		{try(search.Config{Workers: -1}), "search.Minimize: -1 workers: want from 0 to 65536"},
		{try(search.Config{Workers: 1 << 20}), "search.Minimize: 1048576 workers: want from 0 to 65536"},
		{try(search.Config{Name: "two\nlines"}), `search.Minimize: name "two\nlines": ` + line},
		{note("a"), `search.Run.Note: name "a": a setting has it; choose another one`},
		{note("rank"), `search.Run.Note: name "rank": a column of tables has it; choose another one`},
	} {
		err := graph.Try(tt.f)
		if err == nil || err.Error() != tt.want {
			t.Errorf("got error  %v\nwant %s", err, tt.want)
		}
	}
	var fours []search.Axis // 2⁶⁴ combinations, of which a number of 64 bits has nothing left
	for i := range 4 {
		fours = append(fours, search.Int(strings.Repeat("a", i+1), 1, 1<<16))
	}
	if err := graph.Try(func() { search.Grid(fours...) }); err == nil || !strings.Contains(err.Error(), "combinations: leave values out, or use search.Random") {
		t.Errorf("2⁶⁴ combinations: error %v", err)
	}
	for _, n := range []int{2, 3, 64} { // of settings whose product does not fit an int
		var settings []search.Axis
		for i := range n {
			settings = append(settings, search.Int(strings.Repeat("a", i+1), math.MinInt, math.MaxInt))
		}
		if err := graph.Try(func() { search.Grid(settings...) }); err == nil || !strings.Contains(err.Error(), "combinations: leave values out, or use search.Random") {
			t.Errorf("%d settings: error %v", n, err)
		}
	}
}

// TestNil calls every function that can be called with nil, with nil and with values that were not made by their
// constructors. Each call must panic with a *graph.Error, or return one, or be harmless.
func TestNil(t *testing.T) {
	const harmless = ""
	a := search.Int("a", 0, 1)
	zero := func(context.Context, *search.Run) (float64, error) { return 0, nil }
	var noContext context.Context
	var returned error
	type call struct {
		f    func()
		want string // in the message
	}
	type finder func(context.Context, *search.Plan, search.Config, search.Objective) (*search.Table, error)
	finds := func(find finder) []call {
		try := func(ctx context.Context, p *search.Plan, f search.Objective) func() {
			return func() { _, returned = find(ctx, p, search.Config{}, f) }
		}
		background := context.Background()
		return []call{
			{try(noContext, search.Grid(a), zero), "got a nil context"}, {try(background, nil, zero), "nil or zero *search.Plan"},
			{try(background, &search.Plan{}, zero), "nil or zero *search.Plan"}, {try(background, search.Grid(a), nil), "got a nil objective"},
		}
	}
	calls := map[string][]call{
		"Minimize": finds(search.Minimize),
		"Maximize": finds(search.Maximize),
		"Grid":     {{func() { search.Grid(a, nil) }, "setting 2 is nil or zero"}, {func() { search.Grid((*search.Setting[int])(nil)) }, "setting 1 is nil"}, {func() { search.Grid(&search.Setting[int]{}) }, "setting 1 is nil or zero"}},
		"Random":   {{func() { search.Random(1, nil) }, "setting 1 is nil or zero"}, {func() { search.Random(1, &search.Setting[int]{}) }, "setting 1 is nil or zero"}},
		"Plan.Len": {{func() { (*search.Plan)(nil).Len() }, "nil or zero *search.Plan"}, {func() { (&search.Plan{}).Len() }, "nil or zero *search.Plan"}},
		"Setting.Of": {
			{func() { (*search.Setting[int])(nil).Of(&search.Run{}) }, "nil or zero *search.Setting"}, {func() { (&search.Setting[int]{}).Of(&search.Run{}) }, "nil or zero *search.Setting"},
			{func() { a.Of(nil) }, "nil or zero run or trial"}, {func() { a.Of((*search.Run)(nil)) }, "nil or zero run or trial"}, {func() { a.Of((*search.Trial)(nil)) }, "nil or zero run or trial"},
			{func() { a.Of(&search.Run{}) }, "nil or zero run or trial"}, {func() { a.Of(&search.Trial{}) }, "nil or zero run or trial"},
		},
		"Run.Note":       {{func() { (*search.Run)(nil).Note("x", 1) }, "nil or zero run"}, {func() { (&search.Run{}).Note("x", 1) }, "nil or zero run"}},
		"Trial.Run":      {{func() { (*search.Trial)(nil).Run(0) }, "nil or zero run or trial"}, {func() { (&search.Trial{}).Run(0) }, "nil or zero run or trial"}},
		"Table.Best":     {{func() { _, returned = (*search.Table)(nil).Best() }, "nil *search.Table"}},
		"Table.Err":      {{func() { returned = (*search.Table)(nil).Err() }, "nil *search.Table"}, {func() { returned = (&search.Table{}).Err() }, harmless}},
		"Table.String":   {{func() { _ = (*search.Table)(nil).String() }, "nil *search.Table"}, {func() { _ = (&search.Table{}).String() }, harmless}},
		"Table.WriteCSV": {{func() { returned = (*search.Table)(nil).WriteCSV(nil) }, "nil *search.Table"}, {func() { returned = (&search.Table{}).WriteCSV(nil) }, "nil io.Writer"}},
	}
	for _, f := range testkit.Exported(t, 15) {
		if f.TakesNil("Axis", "Chosen", "Objective", "context.Context", "io.Writer") && calls[f.Name] == nil {
			t.Errorf("no call of %s: say what it does with nil", f.Name)
		}
	}
	for name, list := range calls {
		for i, c := range list {
			returned = nil
			err := graph.Try(c.f)
			if err == nil {
				err = returned
			}
			var misuse *graph.Error
			if c.want == harmless && err != nil || c.want != harmless && (!errors.As(err, &misuse) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%s, call %d: got error %v, want a *graph.Error with %q", name, i, err, c.want)
			}
		}
	}
	t.Run("a setting of another search", func(t *testing.T) {
		other := search.Int("a", 0, 1) // of the same name
		table, err := search.Minimize(t.Context(), search.Grid(a), search.Config{}, func(_ context.Context, r *search.Run) (float64, error) {
			return float64(other.Of(r)), nil
		})
		const want = `trial 0 (a=0): search.Setting.Of: setting "a" is not among those of the search: give it to search.Grid or search.Random`
		if err != nil || table.Err() == nil || table.Err().Error() != want {
			t.Errorf("errors %v and %v, want %s", err, table.Err(), want)
		}
	})
}
