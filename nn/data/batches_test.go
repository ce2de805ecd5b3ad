package data_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/nn/data"
)

func TestBatchesOrders(t *testing.T) {
	tests := []struct {
		name  string
		order data.Order
		size  int
		sizes []int // of the batches of an epoch of 10 examples
		once  bool  // every example comes exactly once in an epoch
	}{
		{"shuffled", data.Shuffled, 4, []int{4, 4, 2}, true},
		{"shuffled, one batch", data.Shuffled, 0, []int{10}, true},
		{"shuffled, too large", data.Shuffled, 11, []int{10}, true},
		{"shuffled, single", data.Shuffled, 1, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, true},
		{"in order", data.InOrder, 4, []int{4, 4, 2}, true},
		{"independent", data.Independent, 4, []int{4, 4, 4}, false},
	}
	for _, tt := range tests {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			t.Run(tt.name+"/"+dtype.String(), func(t *testing.T) {
				b := data.NewBatches(numbered(10), data.BatchConfig{Size: tt.size, Order: tt.order, Rand: rand.New(rand.NewPCG(1, 0)), DType: dtype})
				var first []int
				for epoch := range 3 {
					var sizes, seen []int
					for batch := range b.Epoch() {
						if batch.X.DType() != dtype {
							t.Fatalf("batch is %s, want %s", batch.X.DType(), dtype)
						}
						checkNumbered(t, batch.X, batch.T, batch.Labels)
						if diff := cmp.Diff(batch.Labels, batch.Rows); diff != "" {
							t.Fatalf("rows mismatch (-want +got):\n%s", diff)
						}
						sorted := slices.Clone(batch.Rows)
						slices.Sort(sorted)
						if len(slices.Compact(sorted)) != len(batch.Rows) {
							t.Fatalf("batch %v holds an example twice", batch.Rows)
						}
						sizes = append(sizes, batch.Len())
						seen = append(seen, batch.Rows...)
					}
					if diff := cmp.Diff(tt.sizes, sizes); diff != "" {
						t.Errorf("sizes mismatch (-want +got):\n%s", diff)
					}
					if epoch == 0 {
						first = slices.Clone(seen)
					} else if same := slices.Equal(first, seen); same != (tt.order == data.InOrder) {
						t.Errorf("epochs give %v and %v", first, seen)
					}
					slices.Sort(seen)
					if tt.once && !slices.Equal(seen, numbered(10).Labels) {
						t.Errorf("an epoch gives the examples %v, want each once", seen)
					}
				}
			})
		}
	}
}

// TestBatchesAreUniform counts how often each example comes, and each pair of neighbours in a batch.
func TestBatchesAreUniform(t *testing.T) {
	const n, size, epochs = 6, 2, 6000
	for _, order := range []data.Order{data.Shuffled, data.Independent} {
		b := data.NewBatches(numbered(n), data.BatchConfig{Size: size, Order: order, Rand: rand.New(rand.NewPCG(7, 0))})
		var pairs [n][n]int
		for range epochs {
			for batch := range b.Epoch() {
				pairs[batch.Rows[0]][batch.Rows[1]]++
			}
		}
		// Each of the n·(n-1) ordered pairs is equally likely: 600 of 18000 with a standard deviation below 25.
		const want, allowed = epochs * n / size / (n * (n - 1)), 125
		for i := range n {
			for j := range n {
				if got := pairs[i][j]; i != j && (got < want-allowed || got > want+allowed) || i == j && got != 0 {
					t.Errorf("order %d: pair %d, %d comes %d times, want about %d", order, i, j, got, want)
				}
			}
		}
	}
}

func TestBatchesAllocateNothing(t *testing.T) {
	for name, set := range map[string]*data.Set{"features": numbered(10), "everything": everything(10), "tokens": {Tokens: everything(10).Tokens, Next: everything(10).Next}} {
		b := data.NewBatches(set, data.BatchConfig{
			Size: 4, Rand: rand.New(rand.NewPCG(1, 0)), DType: tensor.Float32, Parts: 3, Augment: func(b *data.Batch, _ *rand.Rand) { b.X.SetFlat(1, 0) },
		})
		n := testkit.FewestAllocations(0, func() uint64 {
			return uint64(testing.AllocsPerRun(1, func() {
				for range 100 {
					b.Next()
				}
			}))
		})
		if n != 0 {
			t.Errorf("%s: 100 batches make %d allocations, want none", name, n)
		}
	}
}

// TestBatchesOfEverything holds that all parts of a set come along, and that the pieces of a batch hold its rows.
func TestBatchesOfEverything(t *testing.T) {
	const n, size = 11, 4
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		for parts := range 6 {
			b := data.NewBatches(everything(n), data.BatchConfig{Size: size, Rand: rand.New(rand.NewPCG(3, 0)), DType: dtype, Parts: parts})
			var bound []*tensor.Tensor
			for _, whole := range b.Buffers() {
				for _, p := range append(whole.Parts, whole) {
					bound = append(append(bound, p.X, p.T), p.More...)
				}
			}
			for range 2 {
				for batch := range b.Epoch() {
					if len(batch.Parts) != min(parts, batch.Len()) {
						t.Fatalf("%d parts of %d rows: got %d", parts, batch.Len(), len(batch.Parts))
					}
					var rows []int
					for _, p := range append(batch.Parts, batch) {
						checkEverything(t, p.Rows, p.X, p.T, p.More, p.Tokens, p.Labels)
						for _, x := range append([]*tensor.Tensor{p.X, p.T}, p.More...) {
							if x.DType() != dtype || x.Dims()[0] != p.Len() || !slices.Contains(bound, x) {
								t.Fatalf("a tensor is %s of shape %v for %d rows, in the buffers: %v", x.DType(), x.Shape(), p.Len(), slices.Contains(bound, x))
							}
						}
						if p == batch {
							continue
						}
						rows = append(rows, p.Rows...)
						if least := batch.Len() / len(batch.Parts); p.Len() != least && p.Len() != least+1 {
							t.Fatalf("%d rows in %d parts: one has %d", batch.Len(), len(batch.Parts), p.Len())
						}
					}
					if parts > 0 && !slices.Equal(rows, batch.Rows) {
						t.Fatalf("the parts hold the rows %v, the batch %v", rows, batch.Rows)
					}
				}
			}
		}
	}
}

func TestBatchesOfTokens(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		set := &data.Set{Tokens: [][]int{{-7, 1 << 24}, {0, 1<<30 + 1<<20}, {5, math.MinInt}}, Labels: []int{3, 2, 1}}
		b := data.NewBatches(set, data.BatchConfig{Size: 2, Order: data.InOrder, DType: dtype, Parts: 2})
		batch, _ := b.Next()
		if got := batch.X.Float64s(); !slices.Equal(got, []float64{-7, 1 << 24, 0, 1<<30 + 1<<20}) || batch.X.DType() != dtype || batch.X.Rank() != 2 {
			t.Errorf("X is %v", got)
		}
		if !slices.Equal(batch.Tokens, []int{-7, 1 << 24, 0, 1<<30 + 1<<20}) || !slices.Equal(batch.Labels, []int{3, 2}) {
			t.Errorf("tokens %v and labels %v", batch.Tokens, batch.Labels)
		}
		if p := batch.Parts[1]; p.X.At(0, 1) != 1<<30+1<<20 || !slices.Equal(p.Tokens, []int{0, 1<<30 + 1<<20}) || !slices.Equal(p.Labels, []int{2}) {
			t.Errorf("part 1 is %+v", p)
		}
		batch, _ = b.Next()
		if batch.X.At(0, 1) != math.MinInt {
			t.Errorf("X is %v", batch.X)
		}
	}
	for _, tt := range []struct {
		token int64
		dtype tensor.DType
	}{
		{1<<24 + 1, tensor.Float32}, {-1<<24 - 1, tensor.Float32}, {math.MaxInt32, tensor.Float32}, {math.MinInt32 + 1, tensor.Float32},
		{1<<53 + 1, tensor.Float64}, {-1<<53 - 1, tensor.Float64}, {math.MaxInt64, tensor.Float64}, {math.MinInt64 + 1, tensor.Float64},
	} {
		v := int(tt.token)
		if int64(v) != tt.token {
			continue // an int of 32 bits
		}
		set := &data.Set{Tokens: [][]int{{v}}}
		if err := misuse(t, func() { data.NewBatches(set, data.BatchConfig{Order: data.InOrder, DType: tt.dtype}) }); !errors.Is(err, tensor.ErrValue) {
			t.Errorf("token %d: got error %v", v, err)
		}
		set.X = tensor.New(tensor.Float32, 1, 1)
		batch, _ := data.NewBatches(set, data.BatchConfig{Order: data.InOrder}).Next()
		if batch.Tokens[0] != v {
			t.Errorf("beside features, token %d came as %d", v, batch.Tokens[0])
		}
	}
}

// TestRestore stops in every place of two epochs and goes on in other batches, as a process does that was started anew.
func TestRestore(t *testing.T) {
	for _, order := range []data.Order{data.Shuffled, data.Independent, data.InOrder} {
		for stop := range 9 {
			pcg := rand.NewPCG(5, 0)
			config := data.BatchConfig{Size: 3, Order: order, Rand: rand.New(pcg)}
			b := data.NewBatches(numbered(10), config)
			draw := func(b *data.Batches) (rows []int) {
				if batch, ok := b.Next(); ok {
					return slices.Clone(batch.Rows)
				}
				return nil
			}
			for range stop {
				draw(b)
			}
			text, err := json.Marshal(b.State())
			if err != nil {
				t.Fatal(err)
			}
			source := *pcg
			var want, got [][]int
			for range 10 {
				want = append(want, draw(b))
			}
			config.Rand = rand.New(&source)
			again := data.NewBatches(numbered(10), config)
			var state data.BatchesState
			if err := json.Unmarshal(text, &state); err != nil {
				t.Fatal(err)
			}
			if err := again.Restore(state); err != nil {
				t.Fatal(err)
			}
			for batch := range again.Rest() {
				got = append(got, slices.Clone(batch.Rows))
			}
			got = append(got, nil)
			for range 10 - len(got) {
				got = append(got, draw(again))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("order %d, stopped after %d calls: mismatch (-want +got):\n%s", order, stop, diff)
			}
		}
	}
}

func TestRestoreErrors(t *testing.T) {
	config := data.BatchConfig{Size: 2, Rand: rand.New(rand.NewPCG(1, 0))}
	good := func() data.BatchesState { return data.BatchesState{Size: 2, Order: []int{3, 1, 0, 2, 4}, Place: 3} }
	tests := []struct {
		name  string
		spoil func(*data.BatchesState)
		want  string
	}{
		{"no order", func(s *data.BatchesState) { s.Order = nil }, "the order of 0 examples, the set has 5"},
		{"long order", func(s *data.BatchesState) { s.Order = append(s.Order, 5) }, "the order of 6 examples, the set has 5"},
		{"other size", func(s *data.BatchesState) { s.Size = 3 }, "the state is of batches of 3 examples, these have 2"},
		{"place behind the end", func(s *data.BatchesState) { s.Place = 4 }, "place 4 in an epoch of 3 batches"},
		{"negative place", func(s *data.BatchesState) { s.Place = -1 }, "place -1 in an epoch of 3 batches"},
		{"example twice", func(s *data.BatchesState) { s.Order[4] = 3 }, "the order has example 3 twice"},
		{"example out of range", func(s *data.BatchesState) { s.Order[4] = 5 }, "the order has example 5 at place 4: examples run from 0 to 4"},
		{"negative example", func(s *data.BatchesState) { s.Order[0] = -1 }, "the order has example -1 at place 0: examples run from 0 to 4"},
	}
	b := data.NewBatches(numbered(5), config)
	if err := b.Restore(good()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		s := good()
		tt.spoil(&s)
		if err := b.Restore(s); err == nil || err.Error() != "data.Batches.Restore: "+tt.want {
			t.Errorf("%s: got error %v, want %s", tt.name, err, tt.want)
		}
		if diff := cmp.Diff(good(), b.State()); diff != "" {
			t.Errorf("%s: the error left something behind (-want +got):\n%s", tt.name, diff)
		}
	}
	config.Order = data.InOrder
	const want = "data.Batches.Restore: the order has example 3 at place 0, and the batches are in the order of the set"
	if err := data.NewBatches(numbered(5), config).Restore(good()); err == nil || err.Error() != want {
		t.Errorf("in order: got error %v, want %s", err, want)
	}
}

func TestAugment(t *testing.T) {
	set := everything(6)
	augment := func(b *data.Batch, rng *rand.Rand) {
		for i, v := range b.X.Float64s() {
			b.X.Float64s()[i] = -v
		}
		b.T.Fill(7)
		for k := range b.Tokens {
			b.Tokens[k] += 10
		}
		b.Labels[0] = rng.IntN(10)
	}
	draw := func(seed uint64) (labels []int) {
		b := data.NewBatches(set, data.BatchConfig{Size: 4, Order: data.InOrder, Rand: rand.New(rand.NewPCG(seed, 0)), Parts: 2, Augment: augment})
		for range 3 {
			var before uint64
			for i, batch := range b.All() {
				if batch.X.At(1, 0) != float64(-10*(4*i+1)) || batch.T.At(1, 0) != 7 || batch.Tokens[3] != 4*i+1+10 {
					t.Fatalf("batch %d is %+v", i, batch)
				}
				if p := batch.Parts[1]; p.X.At(0, 0) != batch.X.At(p.Rows[0]-4*i, 0) || p.T.At(0, 0) != 7 || p.Tokens[0] != p.Rows[0]+10 {
					t.Fatalf("a part of batch %d is not augmented: %+v", i, p)
				}
				if i == 0 && batch.X.Version() == before {
					t.Fatalf("what was written to X does not count as a change")
				}
				if i == 0 {
					before = batch.X.Version()
				}
				labels = append(labels, batch.Labels[0])
			}
		}
		return labels
	}
	if a, b, c := draw(1), draw(1), draw(2); !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Errorf("seed 1 draws %v and %v, seed 2 %v", a, b, c)
	}
	checkEverything(t, []int{0, 1, 2, 3, 4, 5}, set.X, set.T, set.More, slices.Concat(set.Tokens...), slices.Concat(set.Next...))

	tokens := &data.Set{Tokens: set.Tokens}
	b := data.NewBatches(tokens, data.BatchConfig{Order: data.InOrder, Rand: rand.New(rand.NewPCG(1, 0)), Augment: func(b *data.Batch, _ *rand.Rand) { b.Tokens[1] = 99 }})
	if batch, _ := b.Next(); batch.X.At(0, 1) != 99 || batch.X.At(0, 2) != 2 {
		t.Errorf("features made of augmented tokens are %v", batch.X)
	}
}

func TestAugmentMisuse(t *testing.T) {
	const inPlace = "data.Batches.Next: BatchConfig.Augment has put another tensor or slice into the batch: change the numbers of those it has, such as with Tensor.Copy"
	tests := []struct {
		name    string
		augment func(b *data.Batch)
		want    string
	}{
		{"X", func(b *data.Batch) { b.X = b.X.Clone() }, inPlace},
		{"no X", func(b *data.Batch) { b.X = nil }, inPlace},
		{"T", func(b *data.Batch) { b.T = nil }, inPlace},
		{"More", func(b *data.Batch) { b.More[1] = nil }, inPlace},
		{"less", func(b *data.Batch) { b.More = b.More[:1] }, inPlace},
		{"Tokens", func(b *data.Batch) { b.Tokens = nil }, inPlace},
		{"Labels", func(b *data.Batch) { b.Labels = append([]int{1}, b.Labels[1:]...) }, inPlace},
		{"Rows", func(b *data.Batch) { b.Rows = b.Rows[1:] }, inPlace},
		{"Parts", func(b *data.Batch) { b.Parts = nil }, inPlace},
		{"everything", func(b *data.Batch) { *b = data.Batch{} }, inPlace},
		{"inexact token", func(b *data.Batch) { b.Tokens[2] = 1<<24 + 1 }, "data.Batches.Next: BatchConfig.Augment has made the token 16777217, which float32 does not hold exactly"},
	}
	for _, tt := range tests {
		set, spoil := everything(5), true
		if tt.want != inPlace {
			set = &data.Set{Tokens: set.Tokens}
		}
		b := data.NewBatches(set, data.BatchConfig{Size: 2, Order: data.InOrder, Rand: rand.New(rand.NewPCG(1, 0)), DType: tensor.Float32, Parts: 2, Augment: func(b *data.Batch, _ *rand.Rand) {
			if spoil {
				tt.augment(b)
			}
		}})
		if err := misuse(t, func() { b.Next() }); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
		spoil = false
		batch, _ := b.Next()
		if batch.X == nil || batch.Len() != 2 || batch.Tokens[0] != 2 || len(batch.Parts) != 2 {
			t.Errorf("%s: the batch after it is %+v", tt.name, batch)
		}
	}
	// Whoever gets a batch may spoil it without harm for the next.
	b := data.NewBatches(everything(5), data.BatchConfig{Size: 2, Order: data.InOrder, Parts: 2})
	batch, _ := b.Next()
	batch.More[0], batch.Labels = nil, nil
	batch.X = tensor.New(tensor.Float32, 1)
	batch, _ = b.Next()
	checkEverything(t, batch.Rows, batch.X, batch.T, batch.More, batch.Tokens, batch.Labels)
}

func TestBatchesCountAsChanges(t *testing.T) {
	b := data.NewBatches(numbered(4), data.BatchConfig{Size: 2, Order: data.InOrder})
	first, _ := b.Next()
	before := first.X.Version()
	second, _ := b.Next()
	if first != second || second.X.Version() == before {
		t.Errorf("the second batch must fill the tensors of the first, and mark them as changed")
	}
}

func TestDropLast(t *testing.T) {
	for _, tt := range []struct {
		size, count int
		order       data.Order
	}{{4, 5, data.Shuffled}, {7, 3, data.Shuffled}, {20, 1, data.InOrder}, {21, 1, data.Shuffled}, {0, 1, data.InOrder}, {50, 1, data.Shuffled}, {4, 6, data.Independent}} {
		set := &data.Set{X: tensor.New(tensor.Float64, 21, 1)}
		b := data.NewBatches(set, data.BatchConfig{Size: tt.size, Order: tt.order, Rand: rand.New(rand.NewPCG(1, 2)), DropLast: true})
		if b.Count() != tt.count || len(b.Buffers()) != 1 {
			t.Errorf("batches of %d, order %d: %d with %d buffers, want %d with 1", tt.size, tt.order, b.Count(), len(b.Buffers()), tt.count)
		}
		n := 0
		for batch := range b.Epoch() {
			n++
			if want := len(b.Buffers()[0].Rows); batch.Len() != want {
				t.Errorf("batches of %d: one has %d rows, want %d", tt.size, batch.Len(), want)
			}
		}
		if n != tt.count {
			t.Errorf("batches of %d: an epoch has %d, want %d", tt.size, n, tt.count)
		}
		if err := b.Restore(b.State()); err != nil {
			t.Error(err)
		}
	}
}
