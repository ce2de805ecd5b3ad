package data_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// TestNil calls every function that can be called with nil, with nil and with values that were not made by their
// constructors. Each call must panic with a *tensor.Error or be harmless.
func TestNil(t *testing.T) {
	const harmless = ""
	s := numbered(4)
	var none *data.Set
	var batches *data.Batches
	type call struct {
		f    func()
		want string // in the message
	}
	methods := func(f func(b *data.Batches)) []call {
		return []call{{func() { f(batches) }, "nil or zero *data.Batches"}, {func() { f(&data.Batches{}) }, "nil or zero *data.Batches"}}
	}
	calls := map[string][]call{
		"ReadCSV":         {{func() { _, _ = data.ReadCSV(nil, data.Plain) }, "nil io.Reader"}},
		"ReadIDX":         {{func() { _, _ = data.ReadIDX(nil) }, "nil io.Reader"}},
		"ReadFileFS":      {{func() { _, _ = data.ReadFileFS(nil, "x", data.Plain) }, "nil fs.FS"}},
		"ReadTable":       {{func() { _, _ = data.ReadTable(nil, data.TableConfig{}) }, "nil io.Reader"}},
		"ReadTableFS":     {{func() { _, _ = data.ReadTableFS(nil, "x", data.TableConfig{}) }, "nil fs.FS"}},
		"MNIST":           {{func() { _, _ = data.MNIST(nil, "train") }, "nil fs.FS"}, {func() { _, _ = data.MNIST(fstest.MapFS{}, "valid") }, `part "valid"`}},
		"Integers":        {{func() { _, _ = data.Integers(nil) }, "nil or zero tensor"}, {func() { _, _ = data.Integers(&tensor.Tensor{}) }, "nil or zero tensor"}},
		"Set.Len":         {{func() { none.Len() }, harmless}, {func() { (&data.Set{X: &tensor.Tensor{}}).Len() }, harmless}},
		"Set.Check":       {{func() { _ = none.Check() }, harmless}, {func() { _ = (&data.Set{X: s.X, T: &tensor.Tensor{}}).Check() }, harmless}},
		"Set.Rows":        {{func() { none.Rows(0) }, "no features"}, {func() { (&data.Set{}).Rows() }, "no features"}},
		"Set.SplitModulo": {{func() { none.SplitModulo(5) }, "no features"}},
		"Set.SplitRandom": {
			{func() { none.SplitRandom(rand.New(rand.NewPCG(1, 0)), 0, 0) }, "no features"},
			{func() { s.SplitRandom(nil, 0, 0) }, "nil or zero *rand.Rand"}, {func() { s.SplitRandom(&rand.Rand{}, 0, 0) }, "nil or zero *rand.Rand"},
		},
		"Set.SplitStratified": {
			{func() { none.SplitStratified(rand.New(rand.NewPCG(1, 0)), 0, 0) }, "no features"},
			{func() { s.SplitStratified(nil, 0, 0) }, "nil or zero *rand.Rand"}, {func() { s.SplitStratified(&rand.Rand{}, 0, 0) }, "nil or zero *rand.Rand"},
		},
		"Set.KFold":           {{func() { none.KFold(rand.New(rand.NewPCG(1, 0)), 2) }, "no features"}, {func() { s.KFold(nil, 2) }, "nil or zero *rand.Rand"}},
		"Set.KFoldStratified": {{func() { none.KFoldStratified(rand.New(rand.NewPCG(1, 0)), 2) }, "no features"}, {func() { s.KFoldStratified(&rand.Rand{}, 2) }, "nil or zero *rand.Rand"}},
		"Scaler.Inverse": {
			{func() { data.Scaler{}.Inverse(nil) }, "nil or a scalar"}, {func() { data.Scaler{}.Inverse(&tensor.Tensor{}) }, "nil or a scalar"},
			{func() { data.Scaler{}.Inverse(s.X) }, "the scaler is for 0 columns"}, {func() { data.Scaler{Mean: []float64{1, 2}}.Inverse(s.X) }, "2 means and 0 deviations"},
		},
		"Standardize":  {{func() { data.Standardize(nil) }, "no features"}, {func() { data.Standardize(s, nil) }, "no features"}},
		"Scaler.Apply": {{func() { data.Scaler{}.Apply(nil) }, "no features"}, {func() { data.Scaler{}.Apply(s) }, "the scaler is for 0 columns"}, {func() { data.Scaler{Mean: []float64{1, 2}}.Apply(s) }, "2 means and 0 deviations"}},
		"NewBatches": {
			{func() { data.NewBatches(nil, data.BatchConfig{Order: data.InOrder}) }, "no features"},
			{func() { data.NewBatches(s, data.BatchConfig{}) }, "BatchConfig.Rand"}, {func() { data.NewBatches(s, data.BatchConfig{Rand: &rand.Rand{}}) }, "BatchConfig.Rand"},
			{func() { data.NewBatches(s, data.BatchConfig{Order: data.InOrder, DType: 7}) }, "precision 7"},
		},
		"Batch.Len":       {{func() { (*data.Batch)(nil).Len() }, harmless}},
		"Batches.Count":   methods(func(b *data.Batches) { b.Count() }),
		"Batches.Buffers": methods(func(b *data.Batches) { b.Buffers() }),
		"Batches.Next":    methods(func(b *data.Batches) { b.Next() }),
		"Batches.Restart": methods(func(b *data.Batches) { b.Restart() }),
		"Batches.Epoch":   methods(func(b *data.Batches) { b.Epoch() }),
		"Batches.Rest":    methods(func(b *data.Batches) { b.Rest() }),
		"Batches.All":     methods(func(b *data.Batches) { b.All() }),
		"Batches.State":   methods(func(b *data.Batches) { b.State() }),
		"Batches.Restore": methods(func(b *data.Batches) { _ = b.Restore(data.BatchesState{}) }),
		"Set.CheckFinite": {{func() { _ = none.CheckFinite() }, harmless}, {func() { _ = (&data.Set{X: s.X, T: &tensor.Tensor{}}).CheckFinite() }, harmless}},
		"Set.CheckFiniteIn": {
			{func() { _ = none.CheckFiniteIn(tensor.Float32, 0) }, harmless}, {func() { _ = s.CheckFiniteIn(7) }, "no precision"},
			{func() { _ = s.CheckFiniteIn(tensor.Float32, 4) }, "index 4 of a set of 4 examples"}, {func() { _ = s.CheckFiniteIn(tensor.Float32, -1) }, "index -1"},
		},
	}
	for _, f := range testkit.Exported(t, 10) {
		// The methods of errors are called on errors that there are.
		if f.TakesNil("io.Reader", "fs.FS") && !strings.Contains(f.Name, "Error.") && calls[f.Name] == nil {
			t.Errorf("no call of %s: say what it does with nil", f.Name)
		}
	}
	for name, list := range calls {
		for i, c := range list {
			if c.want == harmless {
				c.f()
			} else if err := misuse(t, c.f); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, call %d: got error %v, want one with %q", name, i, err, c.want)
			}
		}
	}
	for i := range s.Len() { // Standardize with a set that does not fit has changed nothing
		if got := s.X.At(i, 0); got != float64(10*i) {
			t.Errorf("row %d begins with %v, want %v", i, got, 10*i)
		}
	}
}
