package autograd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// A looper computes a state after n steps, by a Loop or one step after the other.
type looper func(n int, f func(i int, s graph.Value) graph.Value, s graph.Value) graph.Value

func plainLoop(n int, f func(i int, s graph.Value) graph.Value, s graph.Value) graph.Value {
	for i := range n {
		s = f(i, s)
	}
	return s
}

func withSnapshots(k int) looper {
	return func(n int, f func(i int, s graph.Value) graph.Value, s graph.Value) graph.Value {
		return autograd.Loop(n, f, s, autograd.Snapshots(k))
	}
}

// loops are states that depend on x, a vector of two, in all ways: each is reduced to a scalar.
func loops(bound *tensor.Tensor) map[string]func(run looper, x graph.Value) graph.Value {
	return map[string]func(run looper, x graph.Value) graph.Value{
		"a tensor": func(run looper, x graph.Value) graph.Value {
			return run(13, func(i int, s graph.Value) graph.Value { return ops.Sin(ops.AddScalar(s, float64(i)/7)) }, x)
		},
		"a scalar": func(run looper, x graph.Value) graph.Value {
			return run(13, func(i int, s graph.Value) graph.Value { return ops.MulScalar(ops.Cos(s), 1.1) }, ops.Index(x, 1))
		},
		"a captured value": func(run looper, x graph.Value) graph.Value {
			p := ops.Exp(x)
			return run(13, func(i int, s graph.Value) graph.Value { return ops.Add(ops.Sin(s), ops.Mul(p, s)) }, ops.Square(x))
		},
		"a captured scalar": func(run looper, x graph.Value) graph.Value {
			p := ops.Index(ops.Exp(x), 0)
			return run(13, func(i int, s graph.Value) graph.Value { return ops.Sin(ops.Mul(p, s)) }, x)
		},
		"the first state is captured": func(run looper, x graph.Value) graph.Value {
			return run(13, func(i int, s graph.Value) graph.Value { return ops.Sin(ops.Mul(x, s)) }, x)
		},
		"a scalar first state is captured": func(run looper, x graph.Value) graph.Value {
			a := ops.Index(x, 0)
			return run(13, func(i int, s graph.Value) graph.Value { return ops.Sin(ops.Mul(a, s)) }, a)
		},
		"a bound tensor": func(run looper, x graph.Value) graph.Value {
			return run(13, func(i int, s graph.Value) graph.Value { return ops.Tanh(ops.Mul(x.Graph().Bind(bound), s)) }, x)
		},
		"a constant first state": func(run looper, x graph.Value) graph.Value {
			return run(13, func(i int, s graph.Value) graph.Value { return ops.Tanh(ops.Add(x, s)) }, x.Graph().ConstTensor(vector(1, 2)))
		},
		"one step": func(run looper, x graph.Value) graph.Value {
			return run(1, func(i int, s graph.Value) graph.Value { return ops.Exp(s) }, x)
		},
		"no step": func(run looper, x graph.Value) graph.Value {
			return run(0, func(i int, s graph.Value) graph.Value { return ops.Exp(s) }, x)
		},
		"steps that return their state": func(run looper, x graph.Value) graph.Value {
			return run(13, func(i int, s graph.Value) graph.Value {
				if i%3 != 0 {
					return s
				}
				return ops.Sin(s)
			}, x)
		},
		"a step that forgets": func(run looper, x graph.Value) graph.Value {
			p := ops.Exp(x)
			return run(13, func(i int, s graph.Value) graph.Value {
				if i == 6 {
					return p
				}
				return ops.Sin(ops.Mul(s, p))
			}, x)
		},
		"a step that stops the gradient": func(run looper, x graph.Value) graph.Value {
			p := ops.Exp(x)
			return run(13, func(i int, s graph.Value) graph.Value {
				if i == 6 {
					s = ops.StopGradient(s)
				}
				return ops.Sin(ops.Mul(s, p))
			}, x)
		},
		"steps that differ in what they capture": func(run looper, x graph.Value) graph.Value {
			ps := ops.Unstack(ops.Exp(x), 0)
			return run(13, func(i int, s graph.Value) graph.Value { return ops.Sin(ops.Mul(s, ps[i%2])) }, x)
		},
		"a gradient within the steps": func(run looper, x graph.Value) graph.Value {
			return run(7, func(i int, s graph.Value) graph.Value {
				energy := ops.Sum(ops.Sin(ops.Mul(s, x)))
				return ops.Sub(s, ops.MulScalar(autograd.Grad(energy, s)[0], 0.1))
			}, ops.Square(x))
		},
		"a loop in a loop": func(run looper, x graph.Value) graph.Value {
			return run(5, func(i int, s graph.Value) graph.Value {
				return run(4, func(j int, s graph.Value) graph.Value { return ops.Sin(ops.Mul(s, x)) }, s)
			}, x)
		},
		"a checkpoint in a loop": func(run looper, x graph.Value) graph.Value {
			return run(5, func(i int, s graph.Value) graph.Value {
				return autograd.Checkpoint(func(xs ...graph.Value) graph.Value { return ops.Sin(ops.Mul(xs[0], x)) }, s)
			}, x)
		},
		"random numbers of a counter": func(run looper, x graph.Value) graph.Value {
			seed := x.Graph().Const(42)
			return run(13, func(i int, s graph.Value) graph.Value {
				return ops.Mul(ops.Sin(s), ops.RandomUniform(seed, x.Graph().Const(float64(i)), 0, 2))
			}, x)
		},
		"infinite derivatives behind an adjoint of 0": func(run looper, x graph.Value) graph.Value {
			zero := ops.Sub(x, x)
			return run(3, func(i int, s graph.Value) graph.Value { return ops.Add(ops.Square(ops.Sqrt(zero)), s) }, x)
		},
	}
}

// TestLoopIsTransparent holds that a loop gives the values and, to the bit, the gradients of its steps recorded one by
// one, with every number of snapshots, in both precisions and at a second sweep too; and that derivatives of higher order
// agree.
func TestLoopIsTransparent(t *testing.T) {
	bound := vector(0.5, -1.5)
	single := bound.To(tensor.Float32)
	for name, f := range loops(nil) {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			b := bound
			if dtype == tensor.Float32 {
				b = single
			}
			f = loops(b)[name]
			numbers := func(run looper) (out []float64) {
				g := graph.New(graph.WithDType(dtype))
				x := g.VarTensor(vector(0.3, -1.7).To(dtype))
				y := f(run, x)
				l := ops.Sum(ops.Mul(y, y))
				out = append(out, y.Tensor().To(tensor.Float64).Float64s()...)
				for range 2 {
					grads := autograd.Backward(l)
					out = append(out, grads.Tensor(x).To(tensor.Float64).Float64s()...)
					if v, ok := g.Bound(b); ok {
						out = append(out, grads.Tensor(v).To(tensor.Float64).Float64s()...)
					}
				}
				return out
			}
			higher := func(run looper) []float64 {
				g := graph.New(graph.WithDType(dtype))
				x := g.VarTensor(vector(0.3, -1.7).To(dtype))
				dx := autograd.Grad(ops.Sum(f(run, x)), x)[0]
				grads := autograd.Backward(ops.Sum(ops.Square(dx)))
				return append(dx.Tensor().To(tensor.Float64).Float64s(), grads.Tensor(x).To(tensor.Float64).Float64s()...)
			}
			want, wantHigher := numbers(plainLoop), higher(plainLoop)
			for k := range 6 {
				t.Run(fmt.Sprintf("%s, %v, %d snapshots", name, dtype, k), func(t *testing.T) {
					run := withSnapshots(max(k, 1))
					if k == 0 {
						run = func(n int, f func(i int, s graph.Value) graph.Value, s graph.Value) graph.Value {
							return autograd.Loop(n, f, s)
						}
					}
					same := cmpopts.EquateNaNs()
					if strings.Contains(name, "in a loop") { // what is within sums up by itself first
						same = cmpopts.EquateApprox(1e-6, 0)
						if dtype == tensor.Float64 {
							same = cmpopts.EquateApprox(1e-14, 0)
						}
					}
					if diff := cmp.Diff(want, numbers(run), same); diff != "" {
						t.Errorf("values and gradients: mismatch (-want +got):\n%s", diff)
					}
					tolerance := 1e-12
					if dtype == tensor.Float32 {
						tolerance = 1e-5
					}
					if diff := cmp.Diff(wantHigher, higher(run), cmpopts.EquateApprox(tolerance, tolerance), cmpopts.EquateNaNs()); diff != "" {
						t.Errorf("gradients of gradients: mismatch (-want +got):\n%s", diff)
					}
				})
			}
		}
	}
}

// TestLoopInParts holds derivatives of higher order to those of steps recorded one by one where recorded sweeps go through
// a loop in parts: found backward and forward, up to the third, with hooks on the way too.
func TestLoopInParts(t *testing.T) {
	bound := vector(0.5, -1.5)
	all := loops(bound)
	all["a hook within the steps"] = func(run looper, x graph.Value) graph.Value {
		return run(13, func(i int, s graph.Value) graph.Value {
			return autograd.ClipGradient(ops.Sin(ops.Mul(s, x)), 0.9)
		}, x)
	}
	all["a constant state, and gradients from the last steps alone"] = func(run looper, x graph.Value) graph.Value {
		return run(13, func(i int, s graph.Value) graph.Value {
			if i < 9 {
				return ops.Sin(s)
			}
			return ops.Add(s, ops.Mul(x, ops.Square(x)))
		}, x.Graph().ConstTensor(vector(1, 2)))
	}
	for name, f := range all {
		t.Run(name, func(t *testing.T) {
			numbers := func(run looper) (out []float64) {
				g := graph.New()
				x := g.VarTensor(vector(0.3, -1.7))
				y := f(run, x)
				before := g.Len()
				dx := autograd.Grad(ops.Sum(ops.Square(y)), x)[0]
				recorded := g.Len() - before
				out = append(out, dx.Tensor().Float64s()...)
				out = append(out, autograd.Forward(dx, []graph.Value{x}, []*tensor.Tensor{vector(1, -2)}).Float64s()...)
				out = append(out, autograd.Backward(ops.Sum(ops.Square(dx))).Tensor(x).Float64s()...)
				ddx := autograd.Grad(ops.Sum(ops.Sin(dx)), x)[0]
				out = append(out, ddx.Tensor().Float64s()...)
				out = append(out, autograd.Backward(ops.Sum(ops.Square(ddx))).Tensor(x).Float64s()...)
				if v, ok := g.Bound(bound); ok {
					out = append(out, autograd.Backward(ops.Sum(ops.Square(dx))).Tensor(v).Float64s()...)
				}
				if recorded > 60*13 {
					t.Errorf("a gradient records %d nodes", recorded)
				}
				return out
			}
			want := numbers(plainLoop)
			defer autograd.LoopsInParts()()
			for _, k := range []int{1, 3} {
				if diff := cmp.Diff(want, numbers(withSnapshots(k)), cmpopts.EquateApprox(1e-11, 1e-11), cmpopts.EquateNaNs()); diff != "" {
					t.Errorf("mismatch (-plain +loop):\n%s", diff)
				}
			}
		})
	}
}

// TestLoopForward holds that forward sweeps through loops, alone and in several directions, and Taylor series find what
// they find in the steps recorded one by one.
func TestLoopForward(t *testing.T) {
	bound := vector(0.5, -1.5)
	single := bound.To(tensor.Float32)
	at := []float64{0.3, -1.7}
	dirs := [][]float64{{1, 0}, {0.5, 2}, {0, 0}, {0, 1}}
	for name := range loops(nil) {
		for _, k := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s, %d snapshots", name, k), func(t *testing.T) {
				numbers := func(run looper) (out []float64) {
					f := func(x graph.Value) graph.Value { return loops(bound)[name](run, x) }
					_, dys := autograd.JVPs(f, at, dirs...)
					for _, dy := range dys {
						out = append(out, dy.Float64s()...)
					}
					out = append(out, autograd.Jacobian(f, at).Float64s()...)
					return append(out, autograd.Taylor(func(x graph.Value) graph.Value { return ops.Sum(f(x)) }, at, dirs[1], 3)...)
				}
				near := cmpopts.EquateApprox(1e-12, 1e-12)
				if diff := cmp.Diff(numbers(plainLoop), numbers(withSnapshots(k)), near, cmpopts.EquateNaNs()); diff != "" {
					t.Errorf("mismatch (-plain +loop):\n%s", diff)
				}
				singles := func(run looper) []float64 {
					g := graph.New(graph.WithDType(tensor.Float32))
					x := g.VarTensor(vector(at...).To(tensor.Float32))
					xs, dirs := []graph.Value{x}, []*tensor.Tensor{vector(dirs[1]...)}
					y := loops(single)[name](run, x)
					if b, ok := g.Bound(single); ok {
						xs, dirs = append(xs, b), append(dirs, vector(1, -1))
					}
					return rowtest.Numbers(autograd.Forward(y, xs, dirs))
				}
				if diff := cmp.Diff(singles(plainLoop), singles(withSnapshots(k)), cmpopts.EquateApprox(1e-5, 1e-5), cmpopts.EquateNaNs()); diff != "" {
					t.Errorf("in single precision: mismatch (-plain +loop):\n%s", diff)
				}
			})
		}
	}
}

// TestLoopKeepsTheTape holds that neither the loop nor a sweep leaves anything on the tape but one node, and that f is
// called as often as is promised.
func TestLoopKeepsTheTape(t *testing.T) {
	for _, test := range []struct{ n, k, times int }{{12, 10, 1}, {364, 10, 3}, {200, 1, 19}, {1, 1, 0}, {2, 1, 0}, {1000, 1000, 0}} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			g := graph.New()
			x := g.Var(0.5)
			calls := make([]int, test.n)
			y := autograd.Loop(test.n, func(i int, s graph.Value) graph.Value {
				calls[i]++
				return ops.Sin(ops.Mul(s, x))
			}, x, autograd.Snapshots(test.k))
			if g.Len() != 2 {
				t.Errorf("%d nodes are on the tape, want 2", g.Len())
			}
			autograd.Backward(y)
			if g.Len() != 2 {
				t.Errorf("after the sweep %d nodes are on the tape, want 2", g.Len())
			}
			most := 0
			for i, c := range calls {
				if c < 2 {
					t.Errorf("step %d is computed %d times", i, c)
				}
				most = max(most, c-2) // once for the value, and once for the sweep
			}
			if most > test.times {
				t.Errorf("a step is computed %d times again, want %d at most", most, test.times)
			}
		})
	}
}

// TestLoopErrors gives Loop steps that are no function of their state, and sizes that make no sense.
func TestLoopErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	step := func(i int, s graph.Value) graph.Value { return ops.Sin(s) }
	foreign := graph.New().Var(1)
	tests := []struct {
		name string
		f    func(x graph.Value)
		want string
	}{
		{"a negative number of steps", func(x graph.Value) { autograd.Loop(-1, step, x) }, "autograd.Loop: -1 steps: give their number, 0 or more"},
		{"states that take too much memory", func(x graph.Value) {
			autograd.Loop(2_000_000_000, step, ops.Broadcast(ops.Sum(x), 100_000))
		}, "autograd.Loop: 63244 states of shape (100000), to be kept for the way back, take 5.06e+10 bytes: keep "},
		{"negative snapshots", func(x graph.Value) { autograd.Loop(3, step, x, autograd.Snapshots(-1)) }, "autograd.Snapshots: got -1: keep one state or more"},
		{"a step that keeps a value", func() func(x graph.Value) {
			var kept graph.Value
			return func(x graph.Value) {
				autograd.Loop(5, func(i int, s graph.Value) graph.Value {
					y := ops.Sin(s)
					if i > 0 {
						y = ops.Add(y, kept)
					}
					kept = ops.Cos(s)
					return y
				}, x)
			}
		}(), "ops.Add: value %3 left the tape with the function that made it"},
		{"a step that empties the graph", func(x graph.Value) {
			autograd.Loop(5, func(_ int, s graph.Value) graph.Value { s.Graph().Reset(); return s }, x)
		}, "graph.Graph.Reset: something is being computed on the graph"},
		{"no function", func(x graph.Value) { autograd.Loop(3, nil, x) }, "autograd.Loop: got a nil function"},
		{"no snapshots", func(x graph.Value) { autograd.Loop(3, step, x, autograd.Snapshots(0)) }, "autograd.Snapshots: got 0: keep one state or more"},
		{"a nil option", func(x graph.Value) { autograd.Loop(3, step, x, nil) }, "autograd.Loop: option 1 is nil: leave it out"},
		{"no state", func(graph.Value) { autograd.Loop(3, step, graph.Value{}) }, "autograd.Loop: "},
		{"a state of another shape", func(x graph.Value) {
			autograd.Loop(3, func(i int, s graph.Value) graph.Value {
				if i == 1 {
					return ops.Sum(s)
				}
				return s
			}, x)
		}, "autograd.Loop: step 1 made a state of shape () from one of (2): all states must have the same shape"},
		{"the zero value", func(x graph.Value) {
			autograd.Loop(3, func(int, graph.Value) graph.Value { return graph.Value{} }, x)
		}, "autograd.Loop: the function returned the zero graph.Value"},
		{"a value of another graph", func(x graph.Value) {
			autograd.Loop(3, func(int, graph.Value) graph.Value { return foreign }, x)
		}, "autograd.Loop: the function returned a value of another graph"},
		{"random numbers", func(x graph.Value) {
			y := autograd.Loop(9, func(i int, s graph.Value) graph.Value { return ops.MulScalar(s, rng.Float64()) }, x, autograd.Snapshots(2))
			autograd.Backward(ops.Sum(y))
		}, "autograd.Loop: computed anew, the function returned"},
		{"random numbers, and Grad", func(x graph.Value) {
			y := autograd.Loop(9, func(i int, s graph.Value) graph.Value { return ops.MulScalar(s, rng.Float64()) }, x, autograd.Snapshots(2))
			autograd.Grad(ops.Sum(y), x)
		}, "autograd.Loop: computed anew, the function returned"},
		{"a random number in one early step", func(x graph.Value) {
			y := autograd.Loop(99, func(i int, s graph.Value) graph.Value {
				if i == 7 {
					return ops.MulScalar(s, rng.Float64())
				}
				return ops.MulScalar(s, 1.01)
			}, x, autograd.Snapshots(3))
			autograd.Backward(ops.Sum(y))
		}, "autograd.Loop: computed anew, the function returned"},
		{"a changed leaf", func(x graph.Value) {
			y := autograd.Loop(9, func(i int, s graph.Value) graph.Value { return ops.Sin(ops.Mul(s, x)) }, x)
			x.SetTensor(vector(5, 6))
			autograd.Backward(ops.Sum(y))
		}, "autograd."},
	}
	if strconv.IntSize > 32 {
		tests = append(tests, struct {
			name string
			f    func(x graph.Value)
			want string
		}{"more steps than can be taken", func(x graph.Value) { autograd.Loop(math.MaxInt, step, x) }, " steps are more than the 2147483647 that there may be: take longer ones"})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x := graph.New().VarTensor(vector(1, 2))
			err := graph.Try(func() { test.f(x) })
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
		})
	}
}

// TestLongLoop differentiates 100,000 steps of an oscillator once and twice with the memory of some hundreds.
func TestLongLoop(t *testing.T) {
	steps := 100000
	if testing.Short() {
		steps = 10000
	}
	h := 10 / float64(steps)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	g := graph.New()
	w := g.Var(1.5)
	s := g.ConstTensor(vector(1, 0)) // place and speed
	step := func(_ int, s graph.Value) graph.Value {
		x, v := ops.Index(s, 0), ops.Index(s, 1)
		v = ops.Sub(v, ops.MulScalar(ops.Mul(ops.Square(w), x), h))
		return ops.Stack(0, ops.Add(x, ops.MulScalar(v, h)), v)
	}
	y := ops.Index(autograd.Loop(steps, step, s), 0)
	if got, want := y.Item(), math.Cos(1.5*10); math.Abs(got-want) > 1e-3 {
		t.Errorf("the place is %v, want %v", got, want)
	}
	if got, want := autograd.Backward(y).Scalar(w), -10*math.Sin(1.5*10); math.Abs(got-want) > 1e-2 {
		t.Errorf("its derivative is %v, want %v", got, want)
	}
	if got, want := autograd.Forward(y, []graph.Value{w}, []*tensor.Tensor{tensor.Of([]float64{2})}).At(), -20*math.Sin(1.5*10); math.Abs(got-want) > 2e-2 {
		t.Errorf("twice its derivative is %v by a forward sweep, want %v", got, want)
	}
	tape := g.Len()
	d := autograd.Grad(y, w)[0]
	if n := g.Len() - tape; n > 20*int(math.Sqrt(float64(steps))) {
		t.Errorf("a gradient records %d nodes", n)
	}
	for way, got := range map[string]float64{
		"forward":  autograd.Forward(d, []graph.Value{w}, []*tensor.Tensor{tensor.Of([]float64{1})}).At(),
		"backward": autograd.Backward(d).Scalar(w),
	} {
		if want := -100 * math.Cos(1.5*10); math.Abs(got-want) > 0.3 {
			t.Errorf("the second derivative is %v by a %s sweep, want %v", got, way, want)
		}
	}
	// The graph keeps the memory that it has ever used; recorded one by one, the steps take a hundred times as much.
	if after := heap(); after > before+12<<20 {
		t.Errorf("the graph holds %d bytes", after-before)
	}
	runtime.KeepAlive(g)
}
