package nn_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// A gated layer is somebody's own: a parameter, and a container.
type gated struct {
	gate   *nn.Param
	inner  nn.Layer
	params []*nn.Param
}

func newGated(inner nn.Layer, n int) *gated {
	l := &gated{gate: &nn.Param{Name: "gate", Data: tensor.New(tensor.Float64, n)}, inner: inner}
	l.params = append([]*nn.Param{l.gate}, inner.Params()...)
	return l
}

func (l *gated) Params() []*nn.Param { return l.params }

func (l *gated) Forward(p nn.Pass, x graph.Value) graph.Value {
	return ops.Mul(l.inner.Forward(p, x), l.gate.Bind(x.Graph()))
}

func TestSummary(t *testing.T) {
	rng := newRand(1)
	shared := nn.Linear(rng, 3, 3, nn.NoBias())
	frozen := nn.Linear(rng, 36, 3)
	frozen.Params()[0].Frozen = true
	tests := []struct {
		name  string
		model nn.Layer
		shape []int
		want  string
	}{
		{"a network for images", nn.Sequential(nn.Conv2D(rng, 1, 4, 3), nn.BatchNorm(4), nn.ReLU(), nn.MaxPool2D(2), nn.Flatten(), frozen), []int{1, 8, 8}, `
layer                 output     parameters  bytes
Sequential            (1,3)
  0  Conv2D(1, 4, 3)  (1,4,6,6)          40    320
  1  BatchNorm(4)     (1,4,6,6)          17    136
  2  ReLU             (1,4,6,6)
  3  MaxPool2D(2)     (1,4,3,3)
  4  Flatten          (1,36)
  5  Linear(36, 3)    (1,3)             111    888
total                                   168   1344
  trained                                51    408
  not trained                           117    936
`},
		{"containers in containers", nn.Sequential(nn.Embedding(rng, 5, 3), nn.Residual(nn.LayerNorm(3), nn.Named("größer", nn.Sequential(shared, nn.Dropout()))), shared), []int{7}, `
layer                       output   parameters  bytes
Sequential                  (1,7,3)
  0  Embedding(5, 3)        (1,7,3)          15    120
  1  Residual               (1,7,3)
    0  LayerNorm(3)         (1,7,3)           6     48
    1  größer: Sequential   (1,7,3)
      0  Linear(3, 3)       (1,7,3)           9     72
      1  Dropout(keep 0.5)  (1,7,3)
  2  Linear(3, 3)           (1,7,3)      shared
total                                        30    240
`},
		{"names of two lengths", nn.Sequential(nn.ReLU(), nn.Residual(nn.ReLU()), nn.ReLU(), nn.ReLU(), nn.ReLU(), nn.ReLU(), nn.ReLU(), nn.ReLU(), nn.ReLU(), nn.ReLU(), shared), []int{3}, `
layer               output  parameters  bytes
Sequential          (1,3)
  0   ReLU          (1,3)
  1   Residual      (1,3)
    0  ReLU         (1,3)
  2   ReLU          (1,3)
  3   ReLU          (1,3)
  4   ReLU          (1,3)
  5   ReLU          (1,3)
  6   ReLU          (1,3)
  7   ReLU          (1,3)
  8   ReLU          (1,3)
  9   ReLU          (1,3)
  10  Linear(3, 3)  (1,3)            9     72
total                                9     72
`},
		{"somebody's own layer", newGated(nn.Sequential(nn.Linear(rng, 2, 2), nn.Func(ops.Sin), nn.Func(func(x graph.Value) graph.Value { return x })), 2), []int{2}, `
layer               output  parameters  bytes
nn_test.gated       (1,2)            2     16
  0  Linear(2, 2)   (1,2)            6     48
  1  Func(ops.Sin)  (1,2)
  2  Func(func)     (1,2)
total                                8     64
`},
		{"one layer", nn.Conv1D(rng, 4, 4, 3, nn.Stride(2), nn.Padding(1), nn.Dilation(2), nn.ChannelGroups(2)), []int{4, 8}, `
layer                                                       output   parameters  bytes
Conv1D(4, 4, 3, stride 2, padding 1, dilation 2, 2 groups)  (1,4,3)          28    224
total                                                                        28    224
`},
		{"no axes", nn.Named("a\nb", nn.Sigmoid()), nil, `
layer         output  parameters  bytes
a b: Sigmoid  (1)
total                          0      0
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := numbersOf(tt.model.Params())
			var b strings.Builder
			if err := nn.Summary(&b, tt.model, tt.shape...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, "\n"+b.String()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, numbersOf(tt.model.Params())); diff != "" {
				t.Errorf("parameters: mismatch (-before +after):\n%s", diff)
			}
		})
	}
	// Layers are called by what makes another like them.
	for want, l := range map[string]nn.Layer{
		"MaxPool2D(3, stride 1, padding 1)":    nn.MaxPool2D(3, nn.Stride(1), nn.Padding(1)),
		"AvgPool2D(2)":                         nn.AvgPool2D(2),
		"AvgPool2D(3, stride 3×1)":             nn.AvgPool2D(3, nn.Stride(3, 1)),
		"Conv2D(2, 3, 5, stride 2×1)":          nn.Conv2D(rng, 2, 3, 5, nn.Stride(2, 1)),
		"Conv2D(2, 2, 3, padding 1, 2 groups)": nn.Conv2D(rng, 2, 2, 3, nn.Padding(1), nn.ChannelGroups(2)),
		"GlobalAvgPool":                        nn.GlobalAvgPool(),
		"RMSNorm(3)":                           nn.RMSNorm(3),
		"LeakyReLU(0.1)":                       nn.LeakyReLU(0.1),
		"ELU(1)":                               nn.ELU(1),
	} {
		if got := l.(interface{ String() string }).String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A full writer takes nothing.
type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestSummaryErrors(t *testing.T) {
	rng := newRand(1)
	model := nn.Sequential(nn.Linear(rng, 3, 4), nn.Residual(nn.Linear(rng, 4, 4), nn.Linear(rng, 5, 4)))
	mixed := nn.Linear(rng, 2, 2)
	mixed.Params()[1].Data = tensor.New(tensor.Float32, 2)
	tests := []struct {
		name  string
		model nn.Layer
		shape []int
		want  string
	}{
		{"within", model, []int{3}, `nn.Summary: an example of shape (3) does not pass layer 1.1, Linear(5, 4): nn.Linear: layer "1.1.weight" takes 5 numbers a row, x has shape (1,4): give x the shape (rows, 5)`},
		{"at the beginning", model, []int{2, 2}, `nn.Summary: an example of shape (2,2) does not pass layer 0, Linear(3, 4): nn.Linear: layer "0.weight" takes 3 numbers a row, x has shape (1,2,2): give x the shape (rows, 3)`},
		{"one layer", mixed, []int{2}, `nn.Summary: parameter "weight" is float64 and "bias" is float32: convert the model with nn.To`},
		{"negative", model, []int{-1}, "nn.Summary: an example of shape (-1): "},
		{"huge", model, []int{1 << 20, 1 << 20}, "nn.Summary: an example of shape (1048576,1048576): "},
		{"too many axes", model, make([]int, tensor.MaxRank), "nn.Summary: an example of shape (0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0): "},
		{"a layer that returns nothing", nn.Func(func(graph.Value) graph.Value { return graph.Value{} }), []int{1}, "nn.Summary: an example of shape (1) does not pass Func(func): "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			err := nn.Summary(&b, tt.model, tt.shape...)
			var misuse *graph.Error
			if !errors.As(err, &misuse) || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got error %v\nwant %s", err, tt.want)
			}
			if b.Len() > 0 {
				t.Errorf("wrote %q besides", b.String())
			}
		})
	}
	if err := nn.Summary(full{}, nn.ReLU(), 1); !errors.Is(err, errFull) {
		t.Errorf("got error %v, want that of the writer", err)
	}
}
