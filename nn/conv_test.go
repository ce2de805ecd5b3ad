package nn_test

import (
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/nn"
)

// TestConvBegins looks at the sizes that weights begin with: ±√(6/n) for n inputs of a node, which are those of its
// group under the kernel.
func TestConvBegins(t *testing.T) {
	tests := []struct {
		name   string
		layer  nn.Layer
		inputs float64
	}{
		{"conv2d", nn.Conv2D(newRand(1), 16, 32, 5), 16 * 25},
		{"conv2d with groups", nn.Conv2D(newRand(1), 64, 64, 5, nn.ChannelGroups(4)), 16 * 25},
		{"conv1d", nn.Conv1D(newRand(1), 64, 64, 5), 64 * 5},
	}
	for _, tt := range tests {
		bound, largest := math.Sqrt(6/tt.inputs), 0.0
		for _, w := range tt.layer.Params()[0].Data.Float64s() {
			largest = max(largest, math.Abs(w))
		}
		if largest > bound || largest < 0.999*bound {
			t.Errorf("%s: the largest weight is %g, want just below %g", tt.name, largest, bound)
		}
		for _, b := range tt.layer.Params()[1].Data.Float64s() {
			if b != 0 {
				t.Errorf("%s: a bias begins as %g, want 0", tt.name, b)
			}
		}
	}
	layer := nn.Conv2D(newRand(1), 2, 2, 2, nn.WithInit(nn.Normal(0)))
	for _, w := range layer.Params()[0].Data.Float64s() {
		if w != 0 {
			t.Errorf("a weight drawn by Normal(0) is %g", w)
		}
	}
}
