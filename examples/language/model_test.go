package main

import (
	"bytes"
	"context"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
)

// at returns the logits of the last position of a text that is read at once.
func at(m model, text []int) []float64 {
	g := graph.New(graph.WithDType(tensor.Float32))
	x := tensor.New(tensor.Float32, 1, len(text))
	for i, k := range text {
		x.SetAt(float64(k), 0, i)
	}
	z := logits(m.Forward(nn.Eval(), g.ConstTensor(x)))
	return z[len(z)-len(z)/len(text):]
}

// Reading character by character comes to what reading all at once does.
func TestReader(t *testing.T) {
	const alphabet = 11
	for _, k := range kinds {
		m := k.build(3, alphabet)
		read := m.reader()
		var text []int
		for i := range 2 * window {
			text = append(text, i*i%alphabet)
			got := read(text[i])
			seen := text
			if k.name == "transformer" {
				seen = text[max(0, i+1-window):]
			}
			for j, want := range at(m, seen) {
				if len(got) != alphabet || math.Abs(got[j]-want) > 1e-4 {
					t.Fatalf("%s: after %d characters %v, want %v", k.name, i+1, got, want)
				}
			}
		}
	}
}

// What comes later does not change what was predicted before.
func TestNoLookingAhead(t *testing.T) {
	for _, k := range kinds {
		m := k.build(4, 7)
		first := at(m, []int{1, 2, 3})
		for _, next := range []int{0, 6} {
			g := graph.New(graph.WithDType(tensor.Float32))
			x := tensor.Of([]float32{1, 2, 3, float32(next)}, 1, 4)
			all := logits(m.Forward(nn.Eval(), g.ConstTensor(x)))
			for j, want := range first {
				if got := all[2*7+j]; math.Abs(got-want) > 1e-5 {
					t.Errorf("%s: logit %d is %v if a %d follows, else %v", k.name, j, got, next, want)
				}
			}
		}
	}
}

// A position is that of one before, turned: the scalar product of two tells how far apart they are, wherever they are.
func TestPositions(t *testing.T) {
	p := newPositions(8)
	product := func(a, b int) (sum float64) {
		for i := range 8 {
			sum += p.waves.At(a, i) * p.waves.At(b, i)
		}
		return sum
	}
	for a := range window - 5 {
		if got, want := product(a, a+5), product(0, 5); math.Abs(got-want) > 1e-5 {
			t.Errorf("positions %d and %d: product %v, want %v", a, a+5, got, want)
		}
	}
}

func TestDraw(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	z := []float64{0, math.Log(2), math.Inf(-1), math.Log(5)}
	for _, test := range []struct {
		temperature float64
		want        []float64
	}{
		{0, []float64{0, 0, 0, 1}},
		{1, []float64{1. / 8, 2. / 8, 0, 5. / 8}},
		{0.5, []float64{1. / 30, 4. / 30, 0, 25. / 30}},
		{1e-300, []float64{0, 0, 0, 1}},
		{1e300, []float64{1. / 3, 1. / 3, 0, 1. / 3}},
	} {
		const n = 20000
		drawn := make([]float64, len(z))
		for range n {
			drawn[draw(rng, z, test.temperature)] += 1. / n
		}
		for k, want := range test.want {
			if math.Abs(drawn[k]-want) > 0.02 {
				t.Errorf("temperature %v: drawn %v, want %v", test.temperature, drawn, test.want)
				break
			}
		}
	}
}

func TestWrapper(t *testing.T) {
	text := "A Prism whose  Angle\nis " + strings.Repeat("wide and ", 40) + strings.Repeat("x", 100) + " end"
	var out bytes.Buffer
	w := &wrapper{out: &command.Output{W: &out}}
	for _, c := range text {
		w.write(string(c))
	}
	w.end()
	if !slices.Equal(strings.Fields(out.String()), strings.Fields(text)) {
		t.Errorf("other words:\n%s", out.String())
	}
	if !strings.HasPrefix(out.String(), "A Prism whose Angle\n\nis wide") || !strings.HasSuffix(out.String(), " end\n") && !strings.HasSuffix(out.String(), "\nend\n") {
		t.Errorf("wrapped as\n%s", out.String())
	}
	for line := range strings.Lines(out.String()) {
		if n := len(strings.TrimRight(line, "\n")); n > 80 && strings.Contains(line, " ") {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

// rainbow is a small text in which a little can be learned soon.
func rainbow(t *testing.T) *corpus {
	t.Helper()
	c := &corpus{alphabet: newAlphabet("red orange yellow green blue violet ")}
	numbers, err := c.encode(strings.Repeat("red orange yellow green blue violet ", 120))
	if err != nil {
		t.Fatal(err)
	}
	n := len(numbers)
	c.train, c.valid, c.test = numbers[:n*8/10], numbers[n*8/10:n*9/10], numbers[n*9/10:]
	return c
}

func TestTrain(t *testing.T) {
	if testing.Short() {
		t.Skip("trains two models")
	}
	for _, k := range kinds {
		got, err := (&settings{epochs: 12}).train(t.Context(), k, rainbow(t), 1, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if !(got.test < 0.5) || !(got.valid < 0.5) {
			t.Errorf("%s: %v and %v bits a character, want less than 0.5: the text repeats itself", k.name, got.valid, got.test)
		}
	}
}

// bits is the mean over the second half of each window.
func TestBits(t *testing.T) {
	c := rainbow(t)
	m := kinds[0].build(5, len(c.alphabet))
	text := c.test[:3*window+1]
	got, err := bits(m, text)
	if err != nil {
		t.Fatal(err)
	}
	var want float64
	n := 0
	for start := 0; start+window < len(text); start += window / 2 {
		for i := window / 2; i < window; i++ {
			z := at(m, text[start:start+i+1])
			var sum float64
			for _, v := range z {
				sum += math.Exp(v)
			}
			want += math.Log2(sum) - z[text[start+i+1]]/math.Ln2
			n++
		}
	}
	if want /= float64(n); math.Abs(got-want) > 1e-5 {
		t.Errorf("%v bits, want %v", got, want)
	}
}

// cancelAt is a display that cancels a training as soon as it shows something.
type cancelAt struct{ cancel func() }

func (c cancelAt) Write(b []byte) (int, error) { c.cancel(); return len(b), nil }

// A training that was interrupted goes on from its checkpoint to the same model.
func TestCheckpoint(t *testing.T) {
	c, k := rainbow(t), kinds[0]
	s := settings{epochs: 4}
	undisturbed, err := s.train(t.Context(), k, c, 1, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	s.checkpoint = filepath.Join(t.TempDir(), "ckpt")
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s.train(ctx, k, c, 1, cancelAt{cancel}); err == nil || !strings.Contains(err.Error(), "goes on from "+s.checkpoint) {
		t.Fatalf("interrupted: error %v, want one with the checkpoint", err)
	}
	resumed, err := s.train(t.Context(), k, c, 1, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range undisturbed.Params() {
		if q := resumed.Params()[i]; !slices.Equal(p.Data.Float32s(), q.Data.Float32s()) {
			t.Errorf("%s is not the same after an interrupt", p.Name)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	for _, k := range kinds {
		file := filepath.Join(dir, k.name)
		m := k.build(6, 9)
		if err := nn.SaveFile(file, m); err != nil {
			t.Fatal(err)
		}
		got, err := load(file, 9)
		if err != nil {
			t.Fatal(err)
		}
		if text := []int{0, 8, 3}; !slices.Equal(at(got, text), at(m, text)) {
			t.Errorf("the %s in the file is another one", k.name)
		}
		if _, err := load(file, 10); err == nil || !strings.Contains(err.Error(), "holds no model of this program and text") {
			t.Errorf("another alphabet: error %v", err)
		}
	}
}
