package data_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph/tensor"
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
	b := data.NewBatches(numbered(10), data.BatchConfig{Size: 4, Rand: rand.New(rand.NewPCG(1, 0)), DType: tensor.Float32})
	n := testing.AllocsPerRun(1, func() {
		for range 100 {
			b.Next()
		}
	})
	if n != 0 {
		t.Errorf("100 batches make %v allocations, want none", n)
	}
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
