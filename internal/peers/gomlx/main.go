// Command gomlx is GoMLX, with its backend in Go, as a peer of chainrule: it speaks the line protocol of the module
// above. It knows the training steps only.
package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/gomlx/backends"
	_ "github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/dtypes"
	. "github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
)

func noise(n int, seed uint32, scale float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		x := uint32(i)*0x9E3779B1 + seed*0x85EBCA77
		x ^= x >> 15
		x *= 0x2C1B3C6D
		x ^= x >> 12
		x *= 0x297A2D39
		x ^= x >> 15
		out[i] = float32((float64(x)/(1<<32) - 0.5) * scale)
	}
	return out
}

// A training job: the step takes and gives the state, which is the parameters and for Adam its moments and its count of
// steps.
type training struct {
	exec  *Exec
	state []*tensors.Tensor
	batch []any
	loss  float64
}

func newTraining(backend backends.Backend, optimizer, shape string) *training {
	ws, rs, _ := strings.Cut(shape, "@")
	var widths []int
	for _, w := range strings.Split(ws, "-") {
		widths = append(widths, must(strconv.Atoi(w)))
	}
	rows := must(strconv.Atoi(rs))
	last := widths[len(widths)-1]

	t := &training{}
	for i, in := range widths[:len(widths)-1] {
		out, scale := widths[i+1], 2/math.Sqrt(float64(in))
		t.state = append(t.state,
			tensors.FromFlatDataAndDimensions(noise(in*out, uint32(10+2*i), scale), in, out),
			tensors.FromFlatDataAndDimensions(noise(out, uint32(11+2*i), scale), 1, out))
	}
	params := len(t.state)
	if optimizer == "adam" {
		for range 2 {
			for _, p := range t.state[:params] {
				t.state = append(t.state, tensors.FromFlatDataAndDimensions(make([]float32, p.Shape().Size()), p.Shape().Dimensions...))
			}
		}
		t.state = append(t.state, tensors.FromScalar(float32(0)))
	}
	target := make([]float32, rows*last) // of the labels, one hot, where there are classes
	for i, v := range noise(rows, 2, 1) {
		label := int((float64(v) + 0.5) * float64(max(last, 2)))
		if last == 1 {
			target[i] = float32(label)
		} else {
			target[i*last+label] = 1
		}
	}
	t.batch = []any{
		tensors.FromFlatDataAndDimensions(noise(rows*widths[0], 1, 2), rows, widths[0]),
		tensors.FromFlatDataAndDimensions(target, rows, last),
	}

	t.exec = MustNewExec(backend, func(in []*Node) []*Node {
		state, x, target := in[:len(in)-2], in[len(in)-2], in[len(in)-1]
		h := x
		for i := 0; i < params; i += 2 {
			h = Add(MatMul(h, state[i]), state[i+1])
			if i+2 < params {
				h = Max(h, ZerosLike(h))
			}
		}
		var loss *Node
		if last == 1 {
			loss = ReduceAllMean(Add(Sub(Max(h, ZerosLike(h)), Mul(h, target)), Log1P(Exp(Neg(Abs(h))))))
		} else {
			loss = DivScalar(Neg(ReduceAllSum(Mul(LogSoftmax(h, -1), target))), float64(rows))
		}
		grads := Gradient(loss, state[:params]...)
		if optimizer == "sgd" {
			out := []*Node{loss}
			for i, g := range grads {
				out = append(out, Sub(state[i], MulScalar(g, 1e-3)))
			}
			return out
		}
		out := make([]*Node, 1+len(state))
		steps := AddScalar(state[3*params], 1)
		out[0], out[1+3*params] = loss, steps
		one := ScalarOne(loss.Graph(), dtypes.Float32)
		c1 := Sub(one, Pow(Scalar(loss.Graph(), dtypes.Float32, 0.9), steps))
		c2 := Sub(one, Pow(Scalar(loss.Graph(), dtypes.Float32, 0.999), steps))
		for i, g := range grads {
			m := Add(MulScalar(state[params+i], 0.9), MulScalar(g, 0.1))
			v := Add(MulScalar(state[2*params+i], 0.999), MulScalar(Mul(g, g), 0.001))
			step := Div(Div(m, c1), AddScalar(Sqrt(Div(v, c2)), 1e-8))
			out[1+i] = Sub(state[i], MulScalar(step, 1e-3))
			out[1+params+i], out[1+2*params+i] = m, v
		}
		return out
	})
	for range 5 {
		t.step()
	}
	return t
}

func (t *training) step() {
	args := make([]any, 0, len(t.state)+len(t.batch))
	for _, s := range t.state {
		args = append(args, s)
	}
	out := t.exec.MustExec(append(args, t.batch...)...)
	t.loss = float64(tensors.ToScalar[float32](out[0]))
	out[0].FinalizeAll()
	for i, s := range t.state {
		s.FinalizeAll()
		t.state[i] = out[1+i]
	}
}

func (t *training) measure(budget time.Duration, check float64) string {
	t.step()
	var times []float64
	for spent := time.Duration(0); len(times) == 0 || spent < budget; {
		start := time.Now()
		t.step()
		d := time.Since(start)
		spent += d
		times = append(times, d.Seconds())
	}
	slices.Sort(times)
	return fmt.Sprintf("ok %.9g %.9g %d %.17g", times[len(times)/2], times[0], len(times), check)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	backend := must(backends.NewWithConfig("go"))
	fmt.Printf("peer GoMLX %s, backend in Go, GOMAXPROCS %d\n", version(), runtime.GOMAXPROCS(0))
	type entry struct {
		*training
		check float64
	}
	jobs := map[string]entry{}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(func() (line string) {
			defer func() {
				if r := recover(); r != nil {
					line = "no " + strings.ReplaceAll(fmt.Sprint(r), "\n", " ")
				}
			}()
			seconds, words, _ := strings.Cut(lines.Text(), " ")
			fields := strings.Fields(words)
			if len(fields) != 3 || fields[0] != "mlp" {
				return "no unknown job"
			}
			j, ok := jobs[words]
			if !ok {
				t := newTraining(backend, fields[1], fields[2])
				j = entry{t, t.loss}
				jobs[words] = j
			}
			return j.measure(time.Duration(must(strconv.ParseFloat(seconds, 64))*float64(time.Second)), j.check)
		}())
	}
}

// version returns GoMLX's version.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "github.com/gomlx/gomlx" {
				return d.Version
			}
		}
	}
	return "of unknown version"
}
