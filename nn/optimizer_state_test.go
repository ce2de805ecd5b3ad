package nn_test

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// A keeper is an optimizer whose memory can be saved, as all of this package are.
type keeper interface {
	nn.Optimizer
	nn.Keeper
}

// rules has an optimizer with the given rate for each rule, and each part of its memory.
var rules = map[string]func(lr float64, params []*nn.Param) keeper{
	"sgd": func(lr float64, _ []*nn.Param) keeper { return nn.NewSGD(nn.SGDConfig{LR: lr}) },
	"momentum": func(lr float64, _ []*nn.Param) keeper {
		return nn.NewSGD(nn.SGDConfig{LR: lr, Momentum: 0.9, WeightDecay: 0.01})
	},
	"nesterov": func(lr float64, _ []*nn.Param) keeper {
		return nn.NewSGD(nn.SGDConfig{LR: lr, Momentum: 0.9, Nesterov: true})
	},
	"adam":       func(lr float64, _ []*nn.Param) keeper { return nn.NewAdam(nn.AdamConfig{LR: lr}) },
	"adam decay": func(lr float64, _ []*nn.Param) keeper { return nn.NewAdam(nn.AdamConfig{LR: lr, WeightDecay: 0.5}) },
	"adamw":      func(lr float64, _ []*nn.Param) keeper { return nn.NewAdamW(nn.AdamWConfig{LR: lr, WeightDecay: 0.1}) },
	"adagrad":    func(lr float64, _ []*nn.Param) keeper { return nn.NewAdagrad(nn.AdagradConfig{LR: lr}) },
	"rmsprop":    func(lr float64, _ []*nn.Param) keeper { return nn.NewRMSProp(nn.RMSPropConfig{LR: lr}) },
	"rmsprop momentum": func(lr float64, _ []*nn.Param) keeper {
		return nn.NewRMSProp(nn.RMSPropConfig{LR: lr, Alpha: 0.9, Momentum: 0.5, WeightDecay: 0.01})
	},
	"centered": func(lr float64, _ []*nn.Param) keeper {
		return nn.NewRMSProp(nn.RMSPropConfig{LR: lr, Alpha: 0.9, Eps: 1e-3, Centered: true})
	},
	"lion": func(lr float64, _ []*nn.Param) keeper { return nn.NewLion(nn.LionConfig{LR: lr, WeightDecay: 0.01}) },
	"groups": func(lr float64, params []*nn.Param) keeper {
		return nn.NewGroups(
			nn.Group{Params: params[:1], Optimizer: nn.NewAdam(nn.AdamConfig{LR: lr})},
			nn.Group{Params: params[1:], Optimizer: nn.NewSGD(nn.SGDConfig{LR: lr / 2, Momentum: 0.9})},
		)
	},
}

// kept is a state in a form that cmp.Diff compares by the bit.
func kept(s nn.OptimizerState) map[string]string {
	out := map[string]string{"": s.Optimizer}
	for _, t := range s.Tensors {
		out[fmt.Sprint(t.Param, t.Name)] = fmt.Sprint(t.Data.DType(), t.Data.Dims(), bitsOf(t.Data))
	}
	for _, c := range s.Counts {
		out[fmt.Sprint(c.Param, c.Name)] = fmt.Sprint(c.N)
	}
	return out
}

func bitsOf(t *tensor.Tensor) []uint64 {
	var bits []uint64
	for _, v := range t.To(tensor.Float64).Float64s() {
		bits = append(bits, math.Float64bits(v))
	}
	return bits
}

// A course is the gradients of some steps, by which the first parameter of keptParams goes.
var courses = map[string][]float64{
	"ordinary":                      {1, -2, 0.5, 0, 3, 1},
	"squares overflow in float32":   {1, 1e20, 1e30, 1, 1, 2},
	"squares underflow in float32":  {1e-30, 1e-32, 1, 1e-30, 0, 1e-30},
	"bounds grow where sums do not": {2e37, -2e37, 2e37, -2e37, 2e37, -2e37, 2e37, -2e37},
	"squares overflow in float64":   {1, 1e170, 1, 1, 2},
	"a number beyond float32's own": {1, 3e38, -3e38, 1, 2},
}

// fits reports whether a precision holds a gradient.
func fits(grads []float64, dtype tensor.DType) bool {
	return dtype == tensor.Float64 || !slices.ContainsFunc(grads, func(g float64) bool { return math.Abs(g) > math.MaxFloat32 })
}

// keptParams returns two parameters, of which the second is a scalar.
func keptParams(dtype tensor.DType) []*nn.Param {
	return []*nn.Param{
		{Name: "w", Data: tensor.Of([]float64{1, -5, 0.5}, 3, 1).To(dtype)},
		{Name: "b", Data: tensor.Of([]float64{2}).To(dtype)},
	}
}

// take takes a step with the gradient g by the first number, and ones by the others.
func take(opt nn.Optimizer, params []*nn.Param, g float64) error {
	acc := nn.NewGradients(params...)
	acc.Add(linear(params[0], g, 1, -1))
	acc.Add(linear(params[1], 1))
	return opt.Apply(acc)
}

// TestKeepersGoOn cuts every course after every step, and goes on with other parameters and another optimizer.
func TestKeepersGoOn(t *testing.T) {
	for name, make := range rules {
		for course, grads := range courses {
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				if !fits(grads, dtype) {
					continue
				}
				for cut := range len(grads) + 1 {
					t.Run(fmt.Sprintf("%s/%s/%s/%d", name, course, dtype, cut), func(t *testing.T) {
						params := keptParams(dtype)
						opt := make(0.1, params)
						for _, g := range grads[:cut] {
							if err := take(opt, params, g); err != nil {
								t.Skip(err) // the rate is too large for the course
							}
						}
						state := opt.State(params)
						other := keptParams(dtype)
						again := make(0.1, other)
						for i, p := range other {
							p.Data.Copy(params[i].Data)
						}
						if err := again.SetState(other, state); err != nil {
							t.Fatal(err)
						}
						if diff := cmp.Diff(kept(state), kept(again.State(other))); diff != "" {
							t.Fatalf("the state after SetState: mismatch (-want +got):\n%s", diff)
						}
						for _, g := range grads[cut:] {
							if err := errors.Join(take(opt, params, g), take(again, other, g)); err != nil {
								t.Skip(err)
							}
							for i, p := range other {
								if diff := cmp.Diff(bitsOf(params[i].Data), bitsOf(p.Data)); diff != "" {
									t.Fatalf("%s: mismatch (-want +got):\n%s", p.Name, diff)
								}
							}
							if diff := cmp.Diff(kept(opt.State(params)), kept(again.State(other))); diff != "" {
								t.Fatalf("the state later on: mismatch (-want +got):\n%s", diff)
							}
						}
					})
				}
			}
		}
	}
}

// TestStateAfterAFailedStep holds that a first step that fails leaves nothing to keep.
func TestStateAfterAFailedStep(t *testing.T) {
	for name, make := range rules {
		params := keptParams(tensor.Float64)
		opt := make(0.1, params)
		if err := take(opt, params, math.NaN()); err == nil {
			t.Fatalf("%s: no error for a gradient of NaN", name)
		}
		if s := opt.State(params); len(s.Tensors)+len(s.Counts) != 0 {
			t.Errorf("%s: the state before the first step is %v", name, s)
		}
	}
}

// TestStateIsACopy holds that a state stays what it is while training goes on, on either side.
func TestStateIsACopy(t *testing.T) {
	for name, make := range rules {
		params := keptParams(tensor.Float64)
		opt := make(0.1, params)
		other := keptParams(tensor.Float64)
		again := make(0.1, other)
		if err := take(opt, params, 1); err != nil {
			t.Fatal(err)
		}
		state := opt.State(params)
		want := kept(state)
		if err := errors.Join(again.SetState(other, state), take(opt, params, 2), take(again, other, 3)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, kept(state)); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
		}
	}
}

// TestStateOfAPart holds that a parameter without entries begins anew, and one that is not in the list stays.
func TestStateOfAPart(t *testing.T) {
	for name, make := range rules {
		params := keptParams(tensor.Float64)
		opt := make(0.1, params)
		if err := take(opt, params, 1); err != nil {
			t.Fatal(err)
		}
		all := kept(opt.State(params))
		if err := opt.SetState(params[:1], opt.State(params[1:])); name != "sgd" && err == nil {
			t.Errorf("%s: the state of a scalar became that of a parameter of shape (3,1)", name)
		}
		if diff := cmp.Diff(all, kept(opt.State(params))); name != "sgd" && diff != "" {
			t.Errorf("%s: a state that was refused: mismatch (-want +got):\n%s", name, diff)
		}
		empty := make(0.1, params).State(params)
		if err := opt.SetState(params[:1], empty); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(kept(empty), kept(opt.State(params[:1]))); diff != "" {
			t.Errorf("%s: a state without entries: mismatch (-want +got):\n%s", name, diff)
		}
		if len(opt.State(params[1:]).Counts) == 0 {
			t.Errorf("%s: the parameter that was not in the list has been forgotten", name)
		}
	}
}

// TestStateOfParamTwice lists a parameter twice.
func TestStateOfParamTwice(t *testing.T) {
	for name, make := range rules {
		params := keptParams(tensor.Float64)
		opt := make(0.1, params)
		if err := take(opt, params, 1); err != nil {
			t.Fatal(err)
		}
		want := kept(opt.State(params[:1]))
		twice := []*nn.Param{params[0], params[0]}
		if err := opt.SetState(twice, opt.State(twice)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, kept(opt.State(params[:1]))); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
		}
	}
}

// spoilt returns states that are wrong in one way each, by what is wrong, with a part of the message.
func spoilt(s nn.OptimizerState) (bad map[string]nn.OptimizerState, want map[string]string) {
	bad, want = map[string]nn.OptimizerState{}, map[string]string{}
	add := func(name, message string, change func(*nn.OptimizerState)) {
		c := nn.OptimizerState{Optimizer: s.Optimizer, Tensors: slices.Clone(s.Tensors), Counts: slices.Clone(s.Counts)}
		change(&c)
		bad[name], want[name] = c, message
	}
	add("no optimizer", `the state is that of ""`, func(c *nn.OptimizerState) { c.Optimizer = "" })
	add("another optimizer", `the state is that of "nn.Other"`, func(c *nn.OptimizerState) { c.Optimizer = "nn.Other" })
	for i, e := range s.Tensors {
		at := fmt.Sprintf("%d %s: ", e.Param, e.Name)
		tensor1 := func(name, message string, change func(e *nn.StateTensor)) {
			add(at+name, message, func(c *nn.OptimizerState) { change(&c.Tensors[i]) })
		}
		number := func(v float64) func(e *nn.StateTensor) {
			return func(e *nn.StateTensor) { e.Data = e.Data.Clone(); e.Data.SetFlat(v, e.Data.Len()-1) }
		}
		add(at+"missing", "is missing", func(c *nn.OptimizerState) { c.Tensors = slices.Delete(c.Tensors, i, i+1) })
		add(at+"twice", "is there twice", func(c *nn.OptimizerState) { c.Tensors = append(c.Tensors, c.Tensors[i]) })
		tensor1("unknown name", `there is no tensor "other"`, func(e *nn.StateTensor) { e.Name = "other" })
		tensor1("no name", `there is no tensor ""`, func(e *nn.StateTensor) { e.Name = "" })
		tensor1("index below", "is of parameter -1", func(e *nn.StateTensor) { e.Param = -1 })
		tensor1("index above", "is of parameter 2", func(e *nn.StateTensor) { e.Param = 2 })
		tensor1("largest index", "is of parameter", func(e *nn.StateTensor) { e.Param = math.MaxInt })
		tensor1("nil", "has no numbers", func(e *nn.StateTensor) { e.Data = nil })
		tensor1("zero tensor", "has no numbers", func(e *nn.StateTensor) { e.Data = &tensor.Tensor{} })
		tensor1("empty", "has shape (0,3)", func(e *nn.StateTensor) { e.Data = tensor.New(tensor.Float64, 0, 3) })
		tensor1("shape", "has shape (1,3)", func(e *nn.StateTensor) { e.Data = tensor.New(tensor.Float64, 1, 3) })
		tensor1("NaN", "is NaN at element", number(math.NaN()))
		tensor1("infinite", "is -Inf at element", number(math.Inf(-1)))
		if slices.Contains([]string{"bounds", "exp_avg_sq", "square_avg", "sum"}, e.Name) {
			tensor1("below zero", "has a number below 0", number(-1e-30))
		}
		if slices.ContainsFunc(s.Counts, func(c nn.StateCount) bool { return c.Param == e.Param && c.Name == "wide" }) && e.Name != "bounds" {
			tensor1("narrow", "want float64", func(e *nn.StateTensor) { e.Data = e.Data.To(tensor.Float32) })
		}
	}
	for i, e := range s.Counts {
		at := fmt.Sprintf("%d %s: ", e.Param, e.Name)
		count := func(name, message string, change func(e *nn.StateCount)) {
			add(at+name, message, func(c *nn.OptimizerState) { change(&c.Counts[i]) })
		}
		if e.Name == "step" {
			add(at+"missing", `"step" is missing`, func(c *nn.OptimizerState) { c.Counts = slices.Delete(c.Counts, i, i+1) })
			count("0", "want 1 to", func(e *nn.StateCount) { e.N = 0 })
		}
		add(at+"twice", "is there twice", func(c *nn.OptimizerState) { c.Counts = append(c.Counts, c.Counts[i]) })
		count("unknown name", `there is no count "other"`, func(e *nn.StateCount) { e.Name = "other" })
		count("index below", "is of parameter -3", func(e *nn.StateCount) { e.Param = -3 })
		count("index above", "is of parameter 2", func(e *nn.StateCount) { e.Param = 2 })
		for _, n := range []int64{-1, math.MinInt64, math.MaxInt64, 1 << 62} {
			count(fmt.Sprint(n), fmt.Sprintf("is %d: want", n), func(e *nn.StateCount) { e.N = n })
		}
	}
	return bad, want
}

// TestKeepersRefuseStates ranges over everything that can be wrong with each part of a state.
func TestKeepersRefuseStates(t *testing.T) {
	for name, make := range rules {
		for _, g := range []float64{1, 1e20} { // the second makes the state of Adam wide
			dtype := tensor.Float32
			params := keptParams(dtype)
			opt := make(0.1, params)
			if err := take(opt, params, g); err != nil {
				t.Fatal(err)
			}
			state := opt.State(params)
			before := kept(state)
			bad, want := spoilt(state)
			for fault, s := range bad {
				err := opt.SetState(params, s)
				if err == nil || !strings.Contains(err.Error(), want[fault]) || !strings.Contains(err.Error(), "SetState: ") {
					t.Errorf("%s, gradient %g, %s: got error %v, want one with %q", name, g, fault, err, want[fault])
				}
				if diff := cmp.Diff(before, kept(opt.State(params))); diff != "" {
					t.Fatalf("%s, gradient %g, %s: a state that was refused: mismatch (-want +got):\n%s", name, g, fault, diff)
				}
			}
		}
	}
}

// TestKeeperDoubtsBounds holds that bounds which are too low, by whatever factor, do not let numbers overflow.
func TestKeeperDoubtsBounds(t *testing.T) {
	for name, make := range rules {
		for _, size := range []float64{1e22, 1e30} { // of gradients, whose squares overflow
			for _, share := range []float64{0, 1e-6} { // of the bounds that are right
				params := keptParams(tensor.Float32)
				opt := make(0.1, params)
				if err := errors.Join(take(opt, params, 1), take(opt, params, size), take(opt, params, 1)); err != nil {
					t.Fatal(err)
				}
				state := opt.State(params)
				for _, e := range state.Tensors {
					if e.Name == "bounds" {
						for i, v := range e.Data.Float64s() {
							e.Data.SetFlat(share*v, i)
						}
					}
				}
				other := keptParams(tensor.Float32)
				again := make(0.1, other)
				for i, p := range other {
					p.Data.Copy(params[i].Data)
				}
				if err := again.SetState(other, state); err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(take(opt, params, 1), take(again, other, 1)); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(params[0].Data.Float64s(), other[0].Data.Float64s()); diff != "" {
					t.Errorf("%s, gradient %g, %g of the bounds: mismatch (-want +got):\n%s", name, size, share, diff)
				}
			}
		}
	}
}

// TestKeeperMeasuresParams restores a state for parameters that are far larger than those it was taken for.
func TestKeeperMeasuresParams(t *testing.T) {
	for name, make := range rules {
		var got [2][]float64
		for i := range got {
			params := keptParams(tensor.Float32)
			opt := make(0.1, params)
			if err := take(opt, params, 1); err != nil {
				t.Fatal(err)
			}
			state := opt.State(params)
			params[0].Data.Fill(1e25)
			if i == 1 {
				if err := opt.SetState(params, state); err != nil {
					t.Fatal(err)
				}
			}
			if err := take(opt, params, 1); err != nil {
				t.Fatal(err)
			}
			got[i] = params[0].Data.Clone().Float64s()
		}
		if diff := cmp.Diff(got[0], got[1]); diff != "" {
			t.Errorf("%s: mismatch (-undisturbed +restored):\n%s", name, diff)
		}
	}
}

// TestStateOfChangedParams takes a state after the parameters were changed by hand.
func TestStateOfChangedParams(t *testing.T) {
	for name, make := range rules {
		params, other := keptParams(tensor.Float32), keptParams(tensor.Float32)
		opt, again := make(0.1, params), make(0.1, other)
		params[0].Data.Fill(1e20)
		if err := take(opt, params, 1); err != nil {
			t.Fatal(err)
		}
		for _, p := range append(slices.Clone(params), other...) {
			p.Data.Fill(3)
		}
		if err := errors.Join(again.SetState(other, opt.State(params)), take(opt, params, 1), take(again, other, 1)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(kept(opt.State(params)), kept(again.State(other))); diff != "" {
			t.Errorf("%s: mismatch (-undisturbed +restored):\n%s", name, diff)
		}
	}
}

// TestFitResumesEveryRule cuts a training in two with each of the optimizers.
func TestFitResumesEveryRule(t *testing.T) {
	for name, make := range rules {
		change := func(c *nn.FitConfig) {
			c.Optimizer, c.Schedule = make(0.01, lineModel.line.Params()), nn.Cosine(30)
		}
		want, err := train(t, t.Context(), change)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		file := filepath.Join(t.TempDir(), "run.ckpt")
		interrupt(t, "cancelled", 7, file, change)
		got, err := train(t, t.Context(), func(c *nn.FitConfig) { change(c); c.Checkpoint = file })
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		mustEqual(t, name, want, got)
	}
}
