package ops_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestCrossEntropyWith compares with the formula of the comment, computed with 60 digits by mpmath.
func TestCrossEntropyWith(t *testing.T) {
	z := []float64{1, 2, -0.5, 0.25, 3, 0, -1, 0.5, 2}
	for _, c := range []struct {
		name   string
		z      []float64
		config ops.CrossEntropyConfig
		want   float64
		grad   []float64
	}{
		{"plain", z, ops.CrossEntropyConfig{Labels: []int{0, 1, 2}}, 0.5735171797398263,
			[]float64{-0.24876127278832494, 0.2298906953748345, 0.01887057741349043, 0.019133520170231056, -0.034034720661719524, 0.014901200491488466, 0.013037524423562484, 0.05843013071334556, -0.07146765513690805}},
		{"ignored row", z, ops.CrossEntropyConfig{Labels: []int{0, -100, 1}}, 1.55642516425492,
			[]float64{-0.3731419091824874, 0.34483604306225174, 0.02830586612023564, 0, 0, 0, 0.019556286635343725, -0.41235480392998164, 0.39279851729463794}},
		{"weights", z, ops.CrossEntropyConfig{Labels: []int{2, 0, 1}, Weights: []float64{1, 2, 0.5}}, 2.221740948557227,
			[]float64{0.0362451688050036, 0.09852458373207193, -0.13476975253707554, -0.26931412556837336, 0.2565416680042404, 0.01277245756413297, 0.02235004186896426, -0.47126263306283617, 0.44891259119387195}},
		{"smoothing", z, ops.CrossEntropyConfig{Labels: []int{2, 0, 1}, Smoothing: 0.1}, 2.417961624184271,
			[]float64{0.07346094943389729, 0.2187795842637234, -0.2922405336976207, -0.29197759094088005, 0.2881875015605027, 0.0037900893803773546, 0.0019264133124513722, -0.25268098039776554, 0.2507545670853142}},
		{"all three", z, ops.CrossEntropyConfig{Labels: []int{2, -100, 1}, Weights: []float64{1, 2, 0.5}, Smoothing: 0.25}, 1.8220168377650112,
			[]float64{0.034324315102673385, 0.11724588963320094, -0.15157020473587432, 0, 0, 0, -0.005302655822673993, -0.5410418856329737, 0.5463445414556477}},
		{"another index", z, ops.CrossEntropyConfig{Labels: []int{7, 0, 1}, IgnoreIndex: 7, Weights: []float64{1, 2, 0.5}, Smoothing: 0.25}, 1.90373494477776,
			[]float64{0, 0, 0, -0.25784702760045375, 0.2562138326440422, 0.0016331949564115968, -0.0044188798522283275, -0.4508682380274781, 0.45528711787970644}},
		{"an index that is a class", z, ops.CrossEntropyConfig{Labels: []int{2, 0, 1}, IgnoreIndex: 2}, 2.299506253683398,
			[]float64{0, 0, 0, -0.4712997197446534, 0.4489479190074207, 0.0223518007372327, 0.019556286635343725, -0.41235480392998164, 0.39279851729463794}},
		{"a class of weight 0", z, ops.CrossEntropyConfig{Labels: []int{2, 0, 1}, Weights: []float64{0, 2, 0.5}, Smoothing: 0.1}, 1.871306210633952,
			[]float64{0.05412611874880537, 0.12046337837322742, -0.17458949712203278, 0.0019133520170231057, 0.003263194600494715, -0.0051765466175178205, 0.029464805197251212, -0.6146145712545057, 0.5851497660572544}},
		{"large logits, smoothed", []float64{1e20, -1e20, 0}, ops.CrossEntropyConfig{Labels: []int{0}, Smoothing: 0.3}, 3e19, []float64{0.2, -0.1, -0.1}},
		{"large equal logits", []float64{1e20, 1e20, 1e20}, ops.CrossEntropyConfig{Labels: []int{1}, Weights: []float64{1, 3, 2}, Smoothing: 0.3}, 0.9887510598012987,
			[]float64{0.26666666666666666, -0.5, 0.23333333333333334}},
		{"does not cancel", []float64{0, -40, -41}, ops.CrossEntropyConfig{Labels: []int{0}, Weights: []float64{2, 1, 1}}, 5.811236444626578e-18,
			[]float64{-5.811236444626578e-18, 4.248354255291589e-18, 1.5628821893349888e-18}},
		{"does not cancel, smoothed", []float64{0, -40, -41}, ops.CrossEntropyConfig{Labels: []int{0}, Smoothing: 1e-17}, 2.758112364446266e-16,
			[]float64{8.554302220400894e-19, 9.150209219582554e-19, -1.770451143998345e-18}},
		{"ignored rows are not looked at", []float64{nan, inf, -inf, 1e20, 1e20, -1e20}, ops.CrossEntropyConfig{Labels: []int{-100, 1}}, math.Ln2, []float64{0, 0, 0, 0.5, -0.5, 0}},
		{"masked class", []float64{1e20, -inf, 1e20}, ops.CrossEntropyConfig{Labels: []int{2}}, math.Ln2, []float64{0.5, 0, -0.5}},
		{"masked class of weight 0, smoothed", []float64{0, -inf, 0}, ops.CrossEntropyConfig{Labels: []int{2}, Weights: []float64{1, 0, 1}, Smoothing: 0.3}, 0.9 * math.Ln2, []float64{0.35, 0, -0.35}},
		{"masked class, smoothed", []float64{0, -inf, 0}, ops.CrossEntropyConfig{Labels: []int{2}, Smoothing: 0.3}, inf, []float64{0.4, -0.1, -0.3}},
		{"masked label", []float64{0, -inf}, ops.CrossEntropyConfig{Labels: []int{1}}, inf, []float64{1, -1}},
		{"only masked", []float64{-inf, -inf}, ops.CrossEntropyConfig{Labels: []int{1}}, nan, []float64{0, 0}},
		{"no row counts", []float64{1, nan}, ops.CrossEntropyConfig{Labels: []int{-100}}, 0, []float64{0, 0}},
		{"a label of weight 0 alone", []float64{1, 2}, ops.CrossEntropyConfig{Labels: []int{1}, Weights: []float64{1, 0}, Smoothing: 0.5}, 0, []float64{0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				tolerance := 1e-14
				if dtype == tensor.Float32 {
					tolerance = 1e-6
					if c.name == "does not cancel, smoothed" {
						continue // between targets that are rounded it does
					}
				}
				near := cmp.Options{cmpopts.EquateApprox(tolerance, 0), cmpopts.EquateNaNs()}
				g := graph.New(graph.WithDType(dtype))
				z := g.VarTensor(tensor.Of(c.z, len(c.config.Labels), len(c.z)/len(c.config.Labels)))
				loss := ops.CrossEntropyWith(z, c.config)
				if diff := cmp.Diff(c.want, loss.Item(), near); diff != "" {
					t.Errorf("%v: value: mismatch (-want +got):\n%s", dtype, diff)
				}
				if diff := cmp.Diff(c.grad, numbers(autograd.Backward(loss).Tensor(z)), near); diff != "" {
					t.Errorf("%v: Backward: mismatch (-want +got):\n%s", dtype, diff)
				}
				if diff := cmp.Diff(c.grad, numbers(autograd.Grad(loss, z)[0].Tensor()), near); diff != "" {
					t.Errorf("%v: Grad: mismatch (-want +got):\n%s", dtype, diff)
				}
				_, second := derivatives(loss, z)
				for i, d := range second {
					for _, v := range d {
						if !finiteNumber(v) {
							t.Errorf("%v: second derivative %d is %v, want finite numbers", dtype, i, d)
							break
						}
					}
				}
			}
		})
	}
}

func TestCrossEntropyWithDerivatives(t *testing.T) {
	config := ops.CrossEntropyConfig{Labels: []int{2, -100, 0, 1}, Weights: []float64{1, 0.5, 3}, Smoothing: 0.2}
	f := func(xs ...graph.Value) graph.Value { return ops.CrossEntropyWith(xs[0], config) }
	second := func(xs ...graph.Value) graph.Value { return weighted(ops.Square(autograd.Grad(f(xs...), xs[0])[0])) }
	x := randomMatrices(3, 4, 3)
	if err := autograd.Check(f, x); err != nil {
		t.Errorf("first derivative: %v", err)
	}
	if err := autograd.Check(second, x); err != nil {
		t.Errorf("second derivative: %v", err)
	}
}

func TestCrossEntropyWithMisuse(t *testing.T) {
	call := func(config ops.CrossEntropyConfig) func(xs []graph.Value) graph.Value {
		return func(xs []graph.Value) graph.Value { return ops.CrossEntropyWith(xs[0], config) }
	}
	testMisuse(t, []misuse{
		{"zero value", nil, func([]graph.Value) graph.Value { return ops.CrossEntropyWith(graph.Value{}, ops.CrossEntropyConfig{}) },
			"ops.CrossEntropyWith: got the zero graph.Value, which belongs to no graph: make values with Graph.Var, Graph.Const or an operation"},
		{"no labels", [][]int{{2, 3}}, call(ops.CrossEntropyConfig{}),
			"ops.CrossEntropyWith: 0 labels for logits of shape (2,3): give one label for each of the 2 rows"},
		{"label", [][]int{{2, 3}}, call(ops.CrossEntropyConfig{Labels: []int{-100, 3}}),
			"ops.CrossEntropyWith: row 1 has label 3 and the logits have 3 classes: labels run from 0 to 2"},
		{"label of another index", [][]int{{2, 3}}, call(ops.CrossEntropyConfig{Labels: []int{-100, 1}, IgnoreIndex: -1}),
			"ops.CrossEntropyWith: row 0 has label -100 and the logits have 3 classes: labels run from 0 to 2"},
		{"no rows", [][]int{{0, 3}}, call(ops.CrossEntropyConfig{}),
			"ops.CrossEntropyWith: logits of shape (0,3) have no row: the mean of nothing is not defined"},
		{"no classes", [][]int{{1, 0}}, call(ops.CrossEntropyConfig{Labels: []int{-100}}),
			"ops.CrossEntropyWith: row 0 has label -100 and the logits have no class"},
		{"weights", [][]int{{1, 3}}, call(ops.CrossEntropyConfig{Labels: []int{0}, Weights: []float64{1}}),
			"ops.CrossEntropyWith: 1 weights for logits of shape (1,3): give one weight for each of the 3 classes"},
		{"negative weight", [][]int{{1, 2}}, call(ops.CrossEntropyConfig{Labels: []int{0}, Weights: []float64{1, -1}}),
			"ops.CrossEntropyWith: the weight of class 1 is -1: weights must be finite and not negative"},
		{"infinite weight", [][]int{{1, 2}}, call(ops.CrossEntropyConfig{Labels: []int{0}, Weights: []float64{inf, 1}}),
			"ops.CrossEntropyWith: the weight of class 0 is +Inf: weights must be finite and not negative"},
		{"smoothing", [][]int{{1, 2}}, call(ops.CrossEntropyConfig{Labels: []int{0}, Smoothing: nan}),
			"ops.CrossEntropyWith: Smoothing is NaN: it must be between 0 and 1"},
		{"soft targets of another shape", [][]int{{2, 3}, {3}}, func(xs []graph.Value) graph.Value { return ops.SoftCrossEntropy(xs[0], xs[1]) },
			"ops.SoftCrossEntropy: logits of shape (2,3), targets of shape (3): give one target for each logit"},
		{"soft targets without classes", [][]int{{2, 0}, {2, 0}}, func(xs []graph.Value) graph.Value { return ops.SoftCrossEntropy(xs[0], xs[1]) },
			"ops.SoftCrossEntropy: logits of shape (2,0): want (rows, classes) or (classes), at least one of each"},
		{"soft targets for scalars", [][]int{{}, {}}, func(xs []graph.Value) graph.Value { return ops.SoftCrossEntropy(xs[0], xs[1]) },
			"ops.SoftCrossEntropy: logits of shape (): want (rows, classes) or (classes), at least one of each"},
	})
}

// TestSoftCrossEntropyMaskBesideNaN holds that a masked class gets nothing from a target that is NaN.
func TestSoftCrossEntropyMaskBesideNaN(t *testing.T) {
	g := graph.New()
	z := g.VarTensor(tensor.Of([]float64{-inf, 1, 2}, 3))
	loss := ops.SoftCrossEntropy(z, g.ConstTensor(tensor.Of([]float64{0, 1, nan}, 3)))
	want := []float64{0, nan, nan}
	if diff := cmp.Diff(want, numbers(autograd.Backward(loss).Tensor(z)), cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("Backward: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, numbers(autograd.Grad(loss, z)[0].Tensor()), cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("Grad: mismatch (-want +got):\n%s", diff)
	}
}
