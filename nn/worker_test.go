package nn_test

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// TestFitLeavesNoGoroutine ends trainings with workers in all ways that there are.
func TestFitLeavesNoGoroutine(t *testing.T) {
	const mine = "the caller's"
	mse := nn.OnTargets(nn.MSE)
	for name, tt := range map[string]struct {
		change func(c *nn.FitConfig)
		want   string // in the error or the panic, none if ""
	}{
		"to its end":            {func(*nn.FitConfig) {}, ""},
		"a setting":             {func(c *nn.FitConfig) { c.Epochs = -1 }, "Epochs -1"},
		"a callback panics":     {func(c *nn.FitConfig) { c.OnStep = func(int, float64) { panic(mine) } }, mine},
		"every worker panics":   {func(c *nn.FitConfig) { c.Loss = func(graph.Value, *data.Batch) graph.Value { panic(mine) } }, mine},
		"a schedule":            {func(c *nn.FitConfig) { c.Schedule = func(int) float64 { return -1 } }, "FitConfig.Schedule"},
		"no checkpoint":         {func(c *nn.FitConfig) { c.Checkpoint = filepath.Join(t.TempDir(), "none", "a") }, "could not be written"},
		"a zero plateau":        {func(c *nn.FitConfig) { c.Plateau = new(nn.Plateau) }, "zero *nn.Plateau"},
		"its state of the file": {func(c *nn.FitConfig) { c.Plateau, c.Checkpoint = new(nn.Plateau), filepath.Join(t.TempDir(), "a") }, "zero *nn.Plateau"},
		"an optimizer panics": {func(c *nn.FitConfig) {
			c.Optimizer, c.Checkpoint = panicking{c.Optimizer}, filepath.Join(t.TempDir(), "a")
		}, mine},
		"a worker ends": {func(c *nn.FitConfig) {
			c.Loss = func(y graph.Value, b *data.Batch) graph.Value {
				if b.Len() == 3 { // of 8 in 2, 3 and 3, so that it is not the caller's
					runtime.Goexit()
				}
				return mse(y, b)
			}
		}, "runtime.Goexit"},
		"a worker panics": {func(c *nn.FitConfig) {
			c.Loss = func(y graph.Value, b *data.Batch) graph.Value {
				if b.Len() == 3 {
					panic(mine)
				}
				return mse(y, b)
			}
		}, mine},
	} {
		before := runtime.NumGoroutine()
		c := lineConfig(0.1)
		c.Epochs, c.Workers = 2, 3
		tt.change(&c)
		var got string
		func() {
			defer func() {
				if r := recover(); r != nil {
					got, _ = r.(string)
				}
			}()
			if _, err := nn.Fit(t.Context(), nn.Linear(newRand(1), 1, 1), line(21), c); err != nil {
				got = err.Error()
			}
		}()
		if !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
		for limit := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() { // they are told to end
			if time.Now().After(limit) {
				t.Fatalf("%s: %d goroutines before, and %d after", name, before, runtime.NumGoroutine())
			}
		}
	}
}

// A panicking optimizer cannot say what it remembers.
type panicking struct{ nn.Optimizer }

func (panicking) State([]*nn.Param) nn.OptimizerState           { panic("the caller's") }
func (panicking) SetState([]*nn.Param, nn.OptimizerState) error { return nil }
