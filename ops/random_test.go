package ops_test

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
	"github.com/seed366ff29f/chainrule/ops"
)

// TestRandomUniformKnownAnswers compares the generator with known answers of Random123 and of JAX. The script beside the
// file says how it was made.
func TestRandomUniformKnownAnswers(t *testing.T) {
	f, err := os.Open("testdata/random/bits.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases := map[string]int{}
	for s := bufio.NewScanner(f); s.Scan(); {
		words := strings.Fields(s.Text())
		cases[words[0]]++
		switch words[0] {
		case "block":
			w := hexWords(t, words[1:])
			if u, v := ops.Threefry2x32(w[0], w[1], w[2], w[3]); u != w[4] || v != w[5] {
				t.Errorf("%s: got %08x %08x", s.Text(), u, v)
			}
		case "bits":
			var seed, step float64
			if _, err := fmt.Sscan(words[1], &seed); err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Sscan(words[2], &step); err != nil {
				t.Fatal(err)
			}
			want := hexWords(t, words[4:])
			for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
				got := randomNumbers(dtype, seed, step, 0, rowtest.Shape(t, words[3])...)
				if len(got) != len(want) {
					t.Fatalf("%s: %d numbers", s.Text(), len(got))
				}
				for i, w := range want {
					if got[i] != float64(w>>8)/(1<<24) {
						t.Errorf("%v: %s: element %d is %v, want %v", dtype, s.Text(), i, got[i], float64(w>>8)/(1<<24))
					}
				}
			}
		}
	}
	if cases["block"] != 8 || cases["bits"] != 5 {
		t.Errorf("the file has %v cases, want 8 of blocks and 5 of bits", cases)
	}
}

func hexWords(t *testing.T, words []string) []uint32 {
	t.Helper()
	var list []uint32
	for _, w := range words {
		v, err := strconv.ParseUint(w, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, uint32(v))
	}
	return list
}

func randomNumbers(dtype tensor.DType, seed, step float64, stream int, dims ...int) []float64 {
	g := graph.New(graph.WithDType(dtype))
	return numbers(ops.RandomUniform(g.Var(seed), g.Var(step), stream, dims...).Tensor())
}

// TestRandomUniformCounter checks that an element depends on seed, step, stream and its place alone, as the definition says:
// not on the shape, nor on the precision.
func TestRandomUniformCounter(t *testing.T) {
	const seed, step, stream = 5, 9, 1<<31 - 1
	want := make([]float64, 60)
	for i := range want {
		u, v := ops.Threefry2x32(seed, step, stream, uint32(i))
		want[i] = math.Floor(float64(u^v)/(1<<8)) / (1 << 24)
	}
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		for _, dims := range [][]int{{60}, {6, 10}, {3, 4, 5}, {7}, {1, 1}, {}, {0}, {2, 0}} {
			got := randomNumbers(dtype, seed, step, stream, dims...)
			for i, v := range got {
				if v != want[i] {
					t.Errorf("%v, shape %v: element %d is %v, want %v", dtype, dims, i, v, want[i])
				}
			}
		}
	}
}

// TestRandomUniformIsUniform compares the shares of 64 equal intervals with what is expected, and those of 8 × 8 squares for
// pairs: of an element with its neighbour, and with the same one of another stream, step or seed. χ² with 63 degrees of
// freedom is below 103.4 with probability 0.999.
func TestRandomUniformIsUniform(t *testing.T) {
	const n, most = 1 << 16, 103.4
	draw := func(seed, step float64, stream int) []float64 {
		return randomNumbers(tensor.Float64, seed, step, stream, n)
	}
	for _, c := range []struct {
		seed, step float64
		stream     int
	}{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1<<24 - 1, 1<<24 - 1, 12}} {
		x := draw(c.seed, c.step, c.stream)
		for what, y := range map[string][]float64{
			"numbers":    nil,
			"neighbours": append(x[1:len(x):len(x)], x[0]),
			"seeds":      draw(c.seed+1, c.step, c.stream),
			"steps":      draw(c.seed, c.step+1, c.stream),
			"streams":    draw(c.seed, c.step, c.stream+1),
		} {
			var counts [64]float64
			for i, v := range x {
				if y == nil {
					counts[int(v*64)]++
				} else {
					counts[int(v*8)*8+int(y[i]*8)]++
				}
			}
			chi2 := 0.0
			for _, k := range counts {
				chi2 += (k - n/64) * (k - n/64) / (n / 64)
			}
			if chi2 > most {
				t.Errorf("%+v: χ² of %s is %v, want %v at most", c, what, chi2, most)
			}
		}
	}
}

func TestRandomUniformMisuse(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		g := graph.New(graph.WithDType(dtype))
		vector := g.VarTensor(tensor.New(dtype, 1))
		one := g.Const(1)
		for _, c := range []struct {
			kind graph.Kind
			f    func()
			want string
		}{
			{graph.ErrValue, func() { ops.RandomUniform(g.Const(-1), one, 0, 2) }, "ops.RandomUniform: the seed is -1: want a whole number from 0 to 16777216"},
			{graph.ErrValue, func() { ops.RandomUniform(one, g.Const(0.5), 0, 2) }, "ops.RandomUniform: the step is 0.5: want a whole number from 0 to 16777216"},
			{graph.ErrValue, func() { ops.RandomUniform(g.Const(1<<24+1), one, 0, 2) }, "ops.RandomUniform: the seed is 1.6777217e+07: want a whole number from 0 to 16777216"},
			{graph.ErrValue, func() { ops.RandomUniform(one, g.Const(math.Inf(1)), 0) }, "ops.RandomUniform: the step is +Inf: want a whole number from 0 to 16777216"},
			{graph.ErrValue, func() { ops.RandomUniform(g.Const(math.NaN()), one, 0) }, "ops.RandomUniform: the seed is NaN: want a whole number from 0 to 16777216"},
			{graph.ErrValue, func() { ops.RandomUniform(one, one, -1, 2) }, "ops.RandomUniform: stream -1: want a number from 0 to 2147483647"},
			{graph.ErrShape, func() { ops.RandomUniform(vector, one, 0, 2) }, "ops.RandomUniform: the seed has shape (1): give a scalar"},
			{graph.ErrShape, func() { ops.RandomUniform(one, vector, 0, 2) }, "ops.RandomUniform: the step has shape (1): give a scalar"},
			{graph.ErrShape, func() { ops.RandomUniform(one, one, 0, 2, -1) }, ""},
			{graph.ErrLimit, func() { ops.RandomUniform(one, one, 0, 1<<17, 1<<17) }, ""},
			{graph.ErrUsage, func() { ops.RandomUniform(graph.Value{}, one, 0, 2) }, ""},
			{graph.ErrForeign, func() { ops.RandomUniform(one, graph.New().Const(1), 0, 2) }, ""},
		} {
			err := graph.Try(c.f)
			if !errors.Is(err, c.kind) || c.want != "" && err.Error() != c.want {
				t.Errorf("got %v, want %v: %s", err, c.kind, c.want)
			}
		}
	}
}
