package data_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// numbered returns a set whose example i has the features 10·i and 10·i+1, the target -i and the label i.
func numbered(n int) *data.Set {
	s := &data.Set{X: tensor.New(tensor.Float64, n, 2), T: tensor.New(tensor.Float64, n, 1)}
	for i := range n {
		s.X.SetAt(float64(10*i), i, 0)
		s.X.SetAt(float64(10*i+1), i, 1)
		s.T.SetAt(float64(-i), i, 0)
		s.Labels = append(s.Labels, i)
	}
	return s
}

// checkNumbered fails unless every row of a part of a numbered set belongs to its label.
func checkNumbered(t *testing.T, x, targets *tensor.Tensor, labels []int) {
	t.Helper()
	for k, i := range labels {
		got := []float64{x.At(k, 0), x.At(k, 1), targets.At(k, 0)}
		if diff := cmp.Diff([]float64{float64(10 * i), float64(10*i + 1), float64(-i)}, got); diff != "" {
			t.Fatalf("row %d with label %d: mismatch (-want +got):\n%s", k, i, diff)
		}
	}
}

// everything returns a numbered set of n examples with further inputs, tokens and classes of positions: example i has
// i+0.5 and the numbers 100·i to 100·i+3 as further inputs, the tokens i, i+1, i+2, and the classes i+1, i+2, i+3 in
// place of its label.
func everything(n int) *data.Set {
	s := numbered(n)
	text := make([]int, n+3)
	for i := range text {
		text[i] = i
	}
	s.Labels = nil
	s.More = []*tensor.Tensor{tensor.New(tensor.Float32, n), tensor.New(tensor.Float64, n, 2, 2)}
	for i := range n {
		s.More[0].SetAt(float64(i)+0.5, i)
		for k := range 4 {
			s.More[1].SetFlat(float64(100*i+k), 4*i+k)
		}
		s.Tokens = append(s.Tokens, text[i:i+3])
		s.Next = append(s.Next, text[i+1:i+4])
	}
	return s
}

// checkEverything fails unless the rows of what was made of everything(n) belong to the examples with the given
// indices.
func checkEverything(t *testing.T, rows []int, x, targets *tensor.Tensor, more []*tensor.Tensor, tokens, next []int) {
	t.Helper()
	checkNumbered(t, x, targets, rows)
	if len(tokens) != 3*len(rows) || len(next) != 3*len(rows) || len(more) != 2 {
		t.Fatalf("%d tokens, %d classes and %d further inputs for %d rows", len(tokens), len(next), len(more), len(rows))
	}
	for k, i := range rows {
		got := append([]float64{more[0].At(k)}, more[1].Float64s()[4*k:4*k+4]...)
		f := float64(100 * i)
		if diff := cmp.Diff([]float64{float64(i) + 0.5, f, f + 1, f + 2, f + 3}, got); diff != "" {
			t.Fatalf("further inputs of row %d, example %d: mismatch (-want +got):\n%s", k, i, diff)
		}
		if diff := cmp.Diff([]int{i, i + 1, i + 2, i + 1, i + 2, i + 3}, slices.Concat(tokens[3*k:3*k+3], next[3*k:3*k+3])); diff != "" {
			t.Fatalf("tokens and classes of row %d, example %d: mismatch (-want +got):\n%s", k, i, diff)
		}
	}
}

func TestRows(t *testing.T) {
	s := everything(6)
	rows := []int{4, 0, 4}
	out := s.Rows(rows...)
	if err := out.Check(); err != nil {
		t.Fatal(err)
	}
	checkEverything(t, rows, out.X, out.T, out.More, slices.Concat(out.Tokens...), slices.Concat(out.Next...))
	if out := (&data.Set{Tokens: s.Tokens, Labels: []int{5, 4, 3, 2, 1, 0}}).Rows(2, 5); out.X != nil || out.Len() != 2 || !slices.Equal(out.Labels, []int{3, 0}) || !slices.Equal(out.Tokens[1], s.Tokens[5]) {
		t.Errorf("rows 2 and 5 of a set of tokens are %+v", out)
	}
	if out := s.Rows(); out.Len() != 0 || out.Check() == nil || out.Tokens == nil {
		t.Errorf("no rows are %+v", out)
	}
}

func TestCheckFinite(t *testing.T) {
	bad := []float64{math.NaN(), math.Inf(1), math.Inf(-1)}
	tests := []struct {
		name string
		at   func(s *data.Set) *tensor.Tensor
		flat int
		want data.FiniteError
	}{
		{"X", func(s *data.Set) *tensor.Tensor { return s.X }, 3, data.FiniteError{Tensor: "X", Row: 1, Column: 1}},
		{"T", func(s *data.Set) *tensor.Tensor { return s.T }, 2, data.FiniteError{Tensor: "T", Row: 2}},
		{"float32", func(s *data.Set) *tensor.Tensor { return s.More[0] }, 3, data.FiniteError{Tensor: "More[0]", Row: 3}},
		{"several axes", func(s *data.Set) *tensor.Tensor { return s.More[1] }, 11, data.FiniteError{Tensor: "More[1]", Row: 2, Column: 3}},
	}
	for _, tt := range tests {
		for _, v := range bad {
			s := everything(4)
			if err := s.CheckFinite(); err != nil {
				t.Fatal(err)
			}
			tt.at(s).SetFlat(v, tt.flat)
			tt.want.Value = v
			var got *data.FiniteError
			if err := s.CheckFinite(); !errors.As(err, &got) || !cmp.Equal(*got, tt.want, cmpopts.EquateNaNs()) {
				t.Errorf("%s: got error %v, want %+v", tt.name, err, tt.want)
			}
			if err := s.CheckFiniteIn(tensor.Float64, 0); err != nil {
				t.Errorf("%s: got error %v for a row that is finite", tt.name, err)
			}
			if err := s.CheckFiniteIn(tensor.Float64, 0, tt.want.Row); !errors.As(err, &got) || got.Row != tt.want.Row {
				t.Errorf("%s: got error %v for the row alone", tt.name, err)
			}
		}
	}
	s := numbered(2)
	s.X.SetAt(-1e39, 1, 0)
	const want = "data.Set: X has -1e+39 in row 1, column 0, both counted from 0, which is infinite in float32: scale the data, such as with data.Standardize, or use float64"
	if err := s.CheckFiniteIn(tensor.Float32); err == nil || err.Error() != want {
		t.Errorf("got error %v\nwant %s", err, want)
	}
	if err := s.CheckFinite(); err != nil {
		t.Errorf("got error %v in float64", err)
	}
	s.X.SetAt(math.NaN(), 1, 0)
	if err, want := s.CheckFinite(), "data.Set: X has NaN in row 1, column 0, both counted from 0: mend the example or leave it out"; err == nil || err.Error() != want {
		t.Errorf("got error %v\nwant %s", err, want)
	}
	if err := (&data.Set{Tokens: [][]int{{1}}}).CheckFinite(); err != nil {
		t.Errorf("tokens alone: got error %v", err)
	}
	if err := (&data.Set{X: tensor.New(tensor.Float64, 0, 2)}).CheckFinite(); err != nil {
		t.Errorf("no examples: got error %v", err)
	}
	if err := (&data.Set{}).CheckFinite(); err == nil {
		t.Error("no features: got no error")
	}
}

func TestTargets(t *testing.T) {
	if diff := cmp.Diff([]float64{0, 1, 1}, data.Binary([]int{0, 1, 1}).Float64s()); diff != "" {
		t.Errorf("Binary: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{0, 0, 1, 1, 0, 0}, data.OneHot([]int{2, 0}, 3).Float64s()); diff != "" {
		t.Errorf("OneHot: mismatch (-want +got):\n%s", diff)
	}
}

func TestCheck(t *testing.T) {
	x := tensor.New(tensor.Float64, 2, 3)
	tests := []struct {
		name string
		set  *data.Set
		want string
	}{
		{"nil", nil, "data.Set: no features: set X to a tensor of shape (examples, features)"},
		{"no features", &data.Set{Labels: []int{1}}, "data.Set: no features: set X to a tensor of shape (examples, features)"},
		{"scalar", &data.Set{X: tensor.New(tensor.Float64)}, "data.Set: X is a scalar: want the shape (examples, features)"},
		{"no examples", &data.Set{X: tensor.New(tensor.Float64, 0, 3)}, "data.Set: X has shape (0,3): there is no example"},
		{"labels", &data.Set{X: x, Labels: []int{1}}, "data.Set: 1 labels for 2 examples: give one for each"},
		{"targets", &data.Set{X: x, T: tensor.New(tensor.Float64, 3, 1)}, "data.Set: T has shape (3,1) for 2 examples: give one row for each"},
		{"scalar target", &data.Set{X: x, T: tensor.New(tensor.Float64)}, "data.Set: T has shape () for 2 examples: give one row for each"},
		{"nil input", &data.Set{X: x, More: []*tensor.Tensor{x, nil}}, "data.Set: More[1] is nil: give a tensor, or leave it out"},
		{"zero input", &data.Set{X: x, More: []*tensor.Tensor{{}}}, "data.Set: More[0] has shape () for 2 examples: give one row for each"},
		{"further input", &data.Set{X: x, More: []*tensor.Tensor{x, tensor.New(tensor.Float64, 3)}}, "data.Set: More[1] has shape (3) for 2 examples: give one row for each"},
		{"further input alone", &data.Set{More: []*tensor.Tensor{x}}, "data.Set: no features: set X to a tensor of shape (examples, features)"},
		{"no tokens", &data.Set{Tokens: [][]int{}}, "data.Set: Tokens has no rows: there is no example"},
		{"tokens", &data.Set{X: x, Tokens: [][]int{{1}}}, "data.Set: Tokens has 1 rows for 2 examples: give one for each"},
		{"empty tokens", &data.Set{Tokens: [][]int{{}, {}}}, "data.Set: row 0 of Tokens is empty: want a number for each position"},
		{"ragged tokens", &data.Set{Tokens: [][]int{{1, 2}, {3, 4}, {5}}}, "data.Set: row 2 of Tokens has 1 positions and row 0 has 2: cut or fill them to one length"},
		{"tokens and labels", &data.Set{Tokens: [][]int{{1, 2}}, Labels: []int{1, 2}}, "data.Set: 2 labels for 1 examples: give one for each"},
		{"next", &data.Set{X: x, Next: [][]int{{1}, {2}, {3}}}, "data.Set: Next has 3 rows for 2 examples: give one for each"},
		{"ragged next", &data.Set{X: x, Next: [][]int{{1}, {2, 3}}}, "data.Set: row 1 of Next has 2 positions and row 0 has 1: cut or fill them to one length"},
		{"labels and next", &data.Set{X: x, Labels: []int{1, 2}, Next: [][]int{{1}, {2}}}, "data.Set: both Labels and Next: give one class for each example, or one for each position"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.set.Check(); err == nil || err.Error() != tt.want {
				t.Errorf("got error %v, want %s", err, tt.want)
			}
		})
	}
}

// misuse returns the *tensor.Error that f panics with.
func misuse(t *testing.T, f func()) (err *tensor.Error) {
	t.Helper()
	defer func() {
		var ok bool
		if err, ok = recover().(*tensor.Error); !ok {
			t.Error("no panic with a *tensor.Error")
		}
	}()
	f()
	return nil
}

func TestMisuse(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	s := numbered(4)
	tests := []struct {
		name string
		f    func()
		kind tensor.Kind
		want string
	}{
		{"row out of range", func() { s.Rows(4) }, tensor.ErrIndex, "data.Set.Rows: index 4 of a set of 4 examples: indices run from 0 to 3"},
		{"modulus", func() { s.SplitModulo(2) }, tensor.ErrUsage, "data.Set.SplitModulo: m = 2 leaves nothing to train on: want 3 or more"},
		{"fractions", func() { s.SplitRandom(rng, 0.6, 0.5) }, tensor.ErrUsage, "data.Set.SplitRandom: fractions 0.6 and 0.5: want 0 or more each, and a sum of at most 1"},
		{"fraction NaN", func() { s.SplitRandom(rng, math.NaN(), 0) }, tensor.ErrUsage, "data.Set.SplitRandom: fractions NaN and 0: want 0 or more each, and a sum of at most 1"},
		{"no source", func() { s.SplitRandom(nil, 0, 0) }, tensor.ErrUsage, "data.Set.SplitRandom: got a nil or zero *rand.Rand: make one with rand.New(rand.NewPCG(seed, 0))"},
		{"binary label", func() { data.Binary([]int{0, 2}) }, tensor.ErrIndex, "data.Binary: row 1 has label 2: want 0 or 1; use data.OneHot for more classes"},
		{"one-hot label", func() { data.OneHot([]int{3}, 3) }, tensor.ErrIndex, "data.OneHot: row 0 has label 3: labels run from 0 to 2"},
		{"scaler", func() { data.Standardize(s, &data.Set{X: tensor.New(tensor.Float64, 1, 3)}) }, tensor.ErrShape, "data.Standardize: features have shape (1,3), the scaler is for 2 columns"},
		{"standardize nothing", func() { data.Standardize(&data.Set{X: tensor.New(tensor.Float64, 0, 2)}) }, tensor.ErrUsage, "data.Standardize: data.Set: X has shape (0,2): there is no example"},
		{"standardize nil", func() { data.Standardize(s, nil) }, tensor.ErrUsage, "data.Standardize: data.Set: no features: set X to a tensor of shape (examples, features)"},
		{"split nothing", func() { (&data.Set{}).SplitModulo(5) }, tensor.ErrUsage, "data.Set.SplitModulo: data.Set: no features: set X to a tensor of shape (examples, features)"},
		{"split what does not fit", func() { (&data.Set{X: s.X, Labels: []int{0}}).SplitModulo(5) }, tensor.ErrUsage, "data.Set.SplitModulo: data.Set: 1 labels for 4 examples: give one for each"},
		{"batch size", func() { data.NewBatches(s, data.BatchConfig{Size: -1, Rand: rng}) }, tensor.ErrUsage, "data.NewBatches: size -1: a batch has 1 example or more, 0 stands for all"},
		{"batch source", func() { data.NewBatches(s, data.BatchConfig{}) }, tensor.ErrUsage, "data.NewBatches: a random order needs BatchConfig.Rand, and not the zero rand.Rand: set it to rand.New(rand.NewPCG(seed, 0))"},
		{"standardize tokens", func() { data.Standardize(&data.Set{Tokens: [][]int{{1}}}) }, tensor.ErrUsage, "data.Standardize: the set has tokens and no features: there is nothing to scale"},
		{"standardize tokens with features", func() { data.Standardize(s, &data.Set{Tokens: [][]int{{1}}}) }, tensor.ErrUsage, "data.Standardize: the set has tokens and no features: there is nothing to scale"},
		{"scale tokens", func() { data.Scaler{}.Apply(&data.Set{Tokens: [][]int{{1}}}) }, tensor.ErrUsage, "data.Scaler.Apply: the set has tokens and no features: there is nothing to scale"},
		{"batch parts", func() { data.NewBatches(s, data.BatchConfig{Rand: rng, Parts: -1}) }, tensor.ErrUsage, "data.NewBatches: -1 parts: want 1 or more, or 0 for none"},
		{"augment without a source", func() {
			data.NewBatches(s, data.BatchConfig{Order: data.InOrder, Augment: func(*data.Batch, *rand.Rand) {}})
		}, tensor.ErrUsage, "data.NewBatches: BatchConfig.Augment needs BatchConfig.Rand, and not the zero rand.Rand: set it to rand.New(rand.NewPCG(seed, 0))"},
		{"inexact token", func() {
			data.NewBatches(&data.Set{Tokens: [][]int{{1, 2}, {3, 1<<24 + 1}}}, data.BatchConfig{Rand: rng, DType: tensor.Float32})
		}, tensor.ErrValue, "data.NewBatches: row 1 has the token 16777217 at position 1, which float32 does not hold exactly: give smaller tokens, or float64"},
		{"batches of nothing", func() { data.NewBatches(&data.Set{}, data.BatchConfig{Rand: rng}) }, tensor.ErrUsage, "data.NewBatches: data.Set: no features: set X to a tensor of shape (examples, features)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := misuse(t, tt.f)
			if err == nil || err.Error() != tt.want {
				t.Fatalf("got %v\nwant %s", err, tt.want)
			}
			if !errors.Is(err, tt.kind) {
				t.Errorf("error is of kind %v, want %v", err.Kind, tt.kind)
			}
		})
	}
}
