package datasets_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/examples/internal/datasets"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// The numbers of rows of each class are those that the sets' authors give.
func TestSets(t *testing.T) {
	for _, tt := range []struct {
		name     string
		read     func() (*data.Set, error)
		features int
		low, top float64
		rows     []int // of each class
	}{
		{"breast cancer", datasets.BreastCancer, 30, 0, 4254, []int{212, 357}},
		{"digits", datasets.Digits, 64, 0, 16, []int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}},
		{"iris", datasets.Iris, 4, 0.1, 7.9, []int{50, 50, 50}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set, err := tt.read()
			if err != nil {
				t.Fatal(err)
			}
			if err := set.Check(); err != nil {
				t.Error(err)
			}
			if n := set.X.Dims()[1]; n != tt.features || len(set.Classes) != len(tt.rows) {
				t.Errorf("%d features, %d names of classes, want %d and %d", n, len(set.Classes), tt.features, len(tt.rows))
			}
			low, top := set.X.AtFlat(0), set.X.AtFlat(0)
			for i := range set.X.Len() {
				low, top = min(low, set.X.AtFlat(i)), max(top, set.X.AtFlat(i))
			}
			if low != tt.low || top != tt.top {
				t.Errorf("numbers from %g to %g, want from %g to %g", low, top, tt.low, tt.top)
			}
			rows := make([]int, len(tt.rows))
			for _, label := range set.Labels {
				rows[label]++
			}
			if diff := cmp.Diff(tt.rows, rows); diff != "" {
				t.Errorf("rows of each class: mismatch (-want +got)\n%s", diff)
			}
		})
	}
}
