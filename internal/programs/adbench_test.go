package programs_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/programs"
)

// A program on tensors is the same function of the same leaves as on scalars.
func TestADBenchOnTensors(t *testing.T) {
	for name, p := range map[string]interface {
		Tensors() []*tensor.Tensor
		Constants() []*tensor.Tensor
		OnTensors(leaves, constants []graph.Value) graph.Value
	}{
		"gmm-2-5":   programs.NewGaussians(1000, 2, 5),
		"gmm-10-25": programs.NewGaussians(1000, 10, 25),
		"ba-49":     programs.NewAdjustment(49, 7776, 31_843),
	} {
		t.Run(name, func(t *testing.T) {
			want, ok := programs.ByName(name)
			if !ok {
				t.Fatal("there is no such program")
			}
			g := graph.New()
			var leaves, constants []graph.Value
			for _, x := range p.Tensors() {
				leaves = append(leaves, g.Bind(x))
			}
			for _, x := range p.Constants() {
				constants = append(constants, g.BindConst(x))
			}
			y := p.OnTensors(leaves, constants)
			if got := y.Item(); !(math.Abs(got-want.Value) <= want.Error*math.Abs(want.Value)) {
				t.Errorf("value %v, want %v", got, want.Value)
			}
			grads := autograd.Backward(y)
			var gradient []float64
			for _, x := range leaves {
				gradient = append(gradient, grads.Tensor(x).Float64s()...)
			}
			got := map[int]float64{}
			for i := range want.Gradient {
				got[i] = gradient[i]
			}
			if diff := cmp.Diff(want.Gradient, got, cmpopts.EquateApprox(want.Error, 0)); diff != "" {
				t.Errorf("gradient mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// The points one by one and the rest give the whole result.
func TestGaussiansByPoints(t *testing.T) {
	m := programs.NewGaussians(1000, 2, 5)
	p, _ := programs.ByName("gmm-2-5")
	g := graph.New()
	leaves, y := m.RestTape(g, nil, m.At)
	value, gradient := y.Item(), autograd.Backward(y).Scalars(nil, leaves)
	for x := range slices.Chunk(m.Points(), 2) {
		g.Reset()
		leaves, y := m.PointTape(g, nil, slices.Concat(x, m.At))
		value += y.Item()
		for i, d := range autograd.Backward(y).Scalars(nil, leaves)[2:] {
			gradient[i] += d
		}
	}
	if !(math.Abs(value-p.Value) <= p.Error*math.Abs(p.Value)) {
		t.Errorf("value %v, want %v", value, p.Value)
	}
	got := map[int]float64{}
	for i := range p.Gradient {
		got[i] = gradient[i]
	}
	if diff := cmp.Diff(p.Gradient, got, cmpopts.EquateApprox(p.Error, 0)); diff != "" {
		t.Errorf("gradient mismatch (-want +got):\n%s", diff)
	}
}

// Observations laid out one by one, each differentiated by hand, and summed up again give the whole gradient.
func TestAdjustmentByObservations(t *testing.T) {
	p, _ := programs.ByName("ba-49")
	one, _ := programs.ByName("bundle")
	a := programs.NewAdjustment(49, 7776, 31_843)
	n := len(one.At)
	rows := make([]float64, n*a.Observations())
	a.Gather(rows, a.At)
	value := 0.0
	for i := range a.Observations() {
		row := rows[n*i:][:n]
		grad := make([]float64, n)
		value += one.Derivative(row, grad)
		copy(row, grad)
	}
	if !(math.Abs(value-p.Value) <= p.Error*p.Value) {
		t.Errorf("value %v, want %v", value, p.Value)
	}
	gradient := make([]float64, len(a.At))
	for i := range gradient {
		gradient[i] = math.NaN() // it is set, not added to
	}
	a.Scatter(gradient, rows)
	got := map[int]float64{}
	for i := range p.Gradient {
		got[i] = gradient[i]
	}
	if diff := cmp.Diff(p.Gradient, got, cmpopts.EquateApprox(1e-10, 0)); diff != "" {
		t.Errorf("gradient mismatch (-want +got):\n%s", diff)
	}
}
