package nn_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
)

// A wrapper is somebody's own layer around another. It cannot be compared.
type wrapper struct {
	nn.Layer
	_ []int
}

// TestSharedNames builds models that share layers. Each must keep its names, and have no name twice.
func TestSharedNames(t *testing.T) {
	rng := newRand(1)
	layer := func() nn.Layer { return nn.Linear(rng, 2, 2, nn.NoBias()) }
	type want struct {
		model nn.Layer
		names []string
	}
	tests := []struct {
		name string
		make func() []want // in the order of their making
	}{
		{"at the same place", func() []want {
			s := layer()
			return []want{{nn.Sequential(s, layer()), []string{"0.weight", "1.weight"}}, {nn.Sequential(s, layer()), []string{"0.weight", "1.weight"}}}
		}},
		{"at another place", func() []want {
			s := layer()
			return []want{{nn.Sequential(layer(), s), []string{"0.weight", "1.weight"}}, {nn.Sequential(s, layer()), []string{"1.weight", "1.weight#2"}}}
		}},
		{"behind the layer of its name", func() []want {
			s := layer()
			return []want{{nn.Sequential(s, layer()), []string{"0.weight", "1.weight"}}, {nn.Sequential(layer(), s), []string{"0.weight#2", "0.weight"}}}
		}},
		{"two names", func() []want {
			s := layer()
			return []want{{nn.Named("a", s), []string{"a.weight"}}, {nn.Named("b", s), []string{"a.weight"}}}
		}},
		{"the only layer", func() []want {
			s := layer()
			return []want{{nn.Sequential(s), []string{"0.weight"}}, {nn.Named("b", s), []string{"0.weight"}}, {nn.Sequential(nn.ReLU(), s), []string{"0.weight"}}}
		}},
		{"named and in a model", func() []want {
			s := layer()
			return []want{{nn.Sequential(nn.Named("x", s)), []string{"0.x.weight"}}, {nn.Sequential(layer(), s), []string{"0.weight", "0.x.weight"}}}
		}},
		{"part of two models", func() []want {
			s := nn.Sequential(layer(), nn.Tanh(), layer())
			return []want{{nn.Sequential(s, layer()), []string{"0.0.weight", "0.2.weight", "1.weight"}}, {nn.Sequential(layer(), s), []string{"0.weight", "0.0.weight", "0.2.weight"}}}
		}},
		{"a layer of a part", func() []want {
			a, b := layer(), layer()
			return []want{{nn.Sequential(nn.Sequential(a, b)), []string{"0.0.weight", "0.1.weight"}}, {nn.Sequential(b, layer()), []string{"0.1.weight", "1.weight"}}}
		}},
		{"own layers around a model", func() []want {
			block := func() nn.Layer { return wrapper{Layer: nn.Sequential(layer(), nn.ReLU())} }
			return []want{{nn.Sequential(block(), nn.Named("x", block())), []string{"0.0.weight", "1.x.0.weight"}}}
		}},
		{"an own layer in two models", func() []want {
			s := &wrapper{Layer: layer()}
			return []want{{nn.Sequential(s, layer()), []string{"0.weight", "1.weight"}}, {nn.Sequential(nn.ReLU(), s, layer()), []string{"0.weight", "2.weight"}}}
		}},
		{"parts that share", func() []want {
			s := layer()
			a, b := nn.Sequential(s, layer()), nn.Sequential(s, layer())
			return []want{{nn.Sequential(a, b), []string{"0.weight", "0.1.weight", "1.1.weight"}}, {a, []string{"0.weight", "0.1.weight"}}, {b, []string{"0.weight", "1.1.weight"}}}
		}},
		{"a model made of two", func() []want {
			a, b := nn.Sequential(layer()), nn.Sequential(layer())
			return []want{{nn.Sequential(a, b), []string{"0.0.weight", "1.0.weight"}}}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, w := range tt.make() {
				got := names(w.model.Params())
				if diff := cmp.Diff(w.names, got); diff != "" {
					t.Errorf("mismatch (-want +got):\n%s", diff)
				}
				slices.Sort(got)
				if len(slices.Compact(got)) != len(w.names) {
					t.Errorf("a name stands twice in %v", w.names)
				}
			}
		})
	}
	t.Run("two of one name", func(t *testing.T) {
		a, b := layer(), layer()
		nn.Sequential(a)
		nn.Sequential(b)
		err := graph.Try(func() { nn.Sequential(a, b) })
		const want = `nn.Sequential: two parameters of other models are both named "0.weight" there: use those models as layers here, or wrap what is shared in nn.Named before`
		if err == nil || err.Error() != want {
			t.Errorf("got error %v\nwant %s", err, want)
		}
	})
}
