package nn_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
	"github.com/seed366ff29f/chainrule/nn"
)

// A bag is a layer of parameters that does nothing.
type bag []*nn.Param

func (b bag) Params() []*nn.Param                          { return b }
func (b bag) Forward(_ nn.Pass, x graph.Value) graph.Value { return x }

// newBag returns parameters of every kind, drawn from rng.
func newBag(rng *rand.Rand, dtype tensor.DType) bag {
	b := bag{
		{Name: "w", Kind: nn.Weight, Data: tensor.New(dtype, 2, 3), Transposed: true},
		{Name: "stack", Kind: nn.Weight, Data: tensor.New(dtype, 2, 3, 4), Transposed: true},
		{Name: "b", Kind: nn.Bias, Data: tensor.New(dtype, 3)},
		{Name: "frozen", Frozen: true, Data: tensor.New(dtype, 1, 5)},
		{Name: "mean", Kind: nn.State, Data: tensor.New(dtype, 4)},
		{Name: "n", Kind: nn.Counter, Data: tensor.New(tensor.Float64)},
		{Name: "none", Data: tensor.New(dtype, 0, 2)},
	}
	for _, p := range b {
		for i := range p.Data.Len() {
			if p.Data.SetFlat(rng.NormFloat64(), i); p.Kind == nn.Counter {
				p.Data.SetFlat(float64(rng.IntN(1<<30)), i)
			}
		}
	}
	return b
}

// sameNumbers reports whether numbers are the same to the last bit.
func sameNumbers(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(v, w float64) bool { return math.Float64bits(v) == math.Float64bits(w) })
}

func mustSave(t testing.TB, model nn.Layer, options ...nn.FileOption) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := nn.Save(&b, model, options...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSaveLoad(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		from, to := newBag(newRand(1), dtype), newBag(newRand(2), dtype)
		from[1].Data.SetAt(math.NaN(), 0, 1, 2)
		from[2].Data.SetAt(math.Copysign(0, -1), 0)
		from[2].Data.SetAt(math.Inf(-1), 1)
		file := mustSave(t, from)
		data := to[0].Data
		if err := nn.Load(bytes.NewReader(file), to); err != nil {
			t.Fatal(err)
		}
		if !sameNumbers(numbers(from), numbers(to)) {
			t.Errorf("%v: loaded %v, want %v", dtype, numbers(to), numbers(from))
		}
		if to[0].Data != data {
			t.Error("the parameter has another tensor")
		}
		if again := mustSave(t, to); !bytes.Equal(file, again) {
			t.Errorf("%v: saved again it is another file", dtype)
		}
	}
}

// In the file, the weights of a linear layer lie as PyTorch keeps them: a row for each output.
func TestSaveLayout(t *testing.T) {
	model := nn.Sequential(nn.Linear(newRand(1), 3, 2))
	weight := model.Params()[0].Data
	weight.Copy(tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 3, 2))
	f, err := safetensors.Read(bytes.NewReader(mustSave(t, model)))
	if err != nil {
		t.Fatal(err)
	}
	w, _ := f.Find("0.weight")
	got := tensor.New(tensor.Float64, 2, 3)
	w.CopyTo(got, false)
	if want := []float64{1, 3, 5, 2, 4, 6}; !slices.Equal(got.Float64s(), want) {
		t.Errorf("the file has %v, want %v", got.Float64s(), want)
	}
	if f.Metadata["format"] != "pt" {
		t.Errorf("metadata %v, want the format pt", f.Metadata)
	}
}

// A parameter that layers share is saved once, and is one after loading.
func TestSaveShared(t *testing.T) {
	tied := func(seed uint64) nn.Layer {
		l := nn.Linear(newRand(seed), 2, 2)
		return nn.Sequential(l, nn.Tanh(), l, nn.Linear(newRand(seed+1), 2, 2))
	}
	from, to := tied(1), tied(3)
	file := mustSave(t, from)
	f, err := safetensors.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if names, want := slices.Collect(f.Names), []string{"0.bias", "0.weight", "3.bias", "3.weight"}; !slices.Equal(names, want) {
		t.Errorf("the file has %q, want %q", names, want)
	}
	if err := nn.Load(bytes.NewReader(file), to); err != nil || !sameNumbers(numbers(from), numbers(to)) {
		t.Errorf("error %v, or other numbers", err)
	}
	if got := mustSave(t, bag(append(from.Params(), from.Params()...))); !bytes.Equal(got, file) {
		t.Error("a parameter that is listed twice is not saved once")
	}
}

func TestSaveErrors(t *testing.T) {
	counter := func(v float64) bag {
		return bag{{Name: "n", Kind: nn.Counter, Data: tensor.Of([]float64{v})}}
	}
	twice := bag{{Name: "a", Data: tensor.New(tensor.Float64, 2)}, {Name: "a", Data: tensor.New(tensor.Float64, 3)}}
	tests := []struct {
		model   nn.Layer
		options []nn.FileOption
		want    string
	}{
		{twice, nil, `nn.Save: two parameters are named "a", of shapes (2) and (3): give each a name of its own, such as by nn.Sequential or nn.Named`},
		{newBag(newRand(1), 0), []nn.FileOption{nn.WithNames(func(name string) string { return strings.TrimSuffix(name, "one") })},
			`nn.Save: parameters "n" and "none" are both named "n" in the file: give each a name of its own by nn.WithNames`},
		{counter(0.5), nil, `nn.Save: counter "n" is 0.5: want a whole number, 2⁵³ at most`},
		{counter(math.NaN()), nil, `nn.Save: counter "n" is NaN: want a whole number, 2⁵³ at most`},
		{counter(1 << 54), nil, `nn.Save: counter "n" is 1.8014398509481984e+16: want a whole number, 2⁵³ at most`},
		{bag{{Name: "__metadata__", Data: tensor.New(tensor.Float64, 2)}}, nil, `nn.Save: a tensor is named "__metadata__", which stands for metadata: give it another name`},
		{bag{{Name: "\xff", Data: tensor.New(tensor.Float64, 2)}}, nil, `nn.Save: "\xff" is not valid UTF-8`},
	}
	for _, c := range tests {
		var b bytes.Buffer
		if err := nn.Save(&b, c.model, c.options...); err == nil || err.Error() != c.want || b.Len() > 0 {
			t.Errorf("got error %v and %d bytes\nwant      %s", err, b.Len(), c.want)
		}
		name := filepath.Join(t.TempDir(), "model.safetensors")
		if err := nn.SaveFile(name, c.model, c.options...); err == nil {
			t.Errorf("SaveFile: no error, want %s", c.want)
		} else if want := strings.Replace(c.want, "nn.Save: ", "nn.SaveFile: ", 1); err.Error() != want {
			t.Errorf("got error %v\nwant      %s", err, want)
		}
		if _, err := os.Stat(name); err == nil {
			t.Errorf("SaveFile leaves a file in spite of %s", c.want)
		}
	}
	broken := errors.New("broken")
	if err := nn.Save(failing{broken}, newBag(newRand(1), 0)); !errors.Is(err, broken) {
		t.Errorf("got error %v, want %v", err, broken)
	}
}

// A failing writer is one that takes nothing.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestFiles(t *testing.T) {
	name := filepath.Join(t.TempDir(), "model.safetensors")
	from, to := newBag(newRand(1), 0), newBag(newRand(2), 0)
	if err := nn.LoadFile(name, to); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "nn.LoadFile: ") {
		t.Errorf("got error %v, want one about a file that is not there", err)
	}
	if err := nn.SaveFile(name, from); err != nil {
		t.Fatal(err)
	}
	if err := nn.LoadFile(name, to); err != nil || !sameNumbers(numbers(from), numbers(to)) {
		t.Errorf("error %v, or other numbers", err)
	}
	if err := nn.SaveFile(filepath.Dir(name), from); err == nil || !strings.HasPrefix(err.Error(), "nn.SaveFile: ") {
		t.Errorf("a directory: got error %v", err)
	}
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := nn.LoadFile(name, to); err == nil || err.Error() != "nn.LoadFile: "+name+": the file is empty" {
		t.Errorf("got error %v, want one that names the file", err)
	}
	if err := nn.SaveFile("/dev/full", from); err == nil {
		t.Error("/dev/full: no error")
	}
}

// edit returns a file with its tensors, in alphabetical order, as change makes them.
func edit(t *testing.T, file []byte, change func(tensors []safetensors.Tensor) []safetensors.Tensor) []byte {
	t.Helper()
	f, err := safetensors.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var tensors []safetensors.Tensor
	for i := range f.Len() {
		tensors = append(tensors, f.Tensor(i))
	}
	slices.SortFunc(tensors, func(a, b safetensors.Tensor) int { return strings.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	if err := safetensors.Write(&b, change(tensors), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestMismatch loads files that do not fit. The message says all of it, and the model stays as it is.
func TestMismatch(t *testing.T) {
	file := mustSave(t, newBag(newRand(1), 0))
	single := mustSave(t, newBag(newRand(1), tensor.Float32))
	drop := func(names ...string) []byte {
		return edit(t, file, func(ts []safetensors.Tensor) []safetensors.Tensor {
			return slices.DeleteFunc(ts, func(x safetensors.Tensor) bool { return slices.Contains(names, x.Name) })
		})
	}
	add := func(file []byte, more ...safetensors.Tensor) []byte {
		return edit(t, file, func(ts []safetensors.Tensor) []safetensors.Tensor { return append(ts, more...) })
	}
	of := func(name string, dtype tensor.DType, shape ...int) safetensors.Tensor {
		return safetensors.Of(name, tensor.New(dtype, shape...), false)
	}
	prefixed := mustSave(t, newBag(newRand(1), 0), nn.WithNames(func(name string) string { return "encoder." + name }))
	var many []safetensors.Tensor
	for i := range 20 {
		many = append(many, safetensors.Int64s("x"+string(rune('a'+i)), []int64{1}))
	}
	missing, leftOver, conversion := nn.AllowMissing(), nn.AllowLeftOver(), nn.AllowConversion()
	const start = "nn.Load: the file does not fit the model: "
	tests := []struct {
		name    string
		file    []byte
		options []nn.FileOption
		want    string
	}{
		{"one missing", drop("b"), nil, start + `not in the file: "b": give nn.AllowMissing() to leave as they are those that are not in the file`},
		{"one missing, more allowed", drop("b"), []nn.FileOption{leftOver, conversion}, start + `not in the file: "b": give nn.AllowMissing() to leave as they are those that are not in the file`},
		{"one left over", add(file, of("x", 0, 2)), []nn.FileOption{missing}, start + `not in the model: "x": give nn.AllowLeftOver() to pass over those that are not in the model`},
		{"much left over", add(file, many...), nil,
			start + `not in the model: "xa", "xb", "xc", "xd", "xe", "xf", "xg", "xh", "xi", "xj", and 10 more: give nn.AllowLeftOver() to pass over those that are not in the model`},
		{"everything", add(drop("b", "w", "mean"), of("w", 0, 2, 3), of("mean", 1, 4), of("x", 0, 2)), nil,
			start + `not in the file: "b"; not in the model: "x"; different: "w" is F64 (2,3) in the file and F64 (3,2) in the model, "mean" is F32 (4) in the file and F64 (4) in the model: ` +
				`build the model as it was when it was saved; call nn.To(model, tensor.Float32) before, or give nn.AllowConversion(); ` +
				`give nn.AllowMissing() to leave as they are those that are not in the file; give nn.AllowLeftOver() to pass over those that are not in the model`},
		{"another shape, all allowed", add(drop("w"), of("w", 0, 2, 3)), []nn.FileOption{missing, leftOver, conversion},
			start + `different: "w" is F64 (2,3) in the file and F64 (3,2) in the model: build the model as it was when it was saved`},
		{"another rank", add(drop("b"), of("b", 0, 1, 3)), nil, start + `different: "b" is F64 (1,3) in the file and F64 (3) in the model: build the model as it was when it was saved`},
		{"integers for numbers", add(drop("b"), safetensors.Int64s("b", []int64{1, 2, 3}, 3)), []nn.FileOption{conversion},
			start + `different: "b" is I64 (3) in the file and F64 (3) in the model: numbers of type I64 cannot be loaded for those of type F64`},
		{"numbers for a counter", add(drop("n"), of("n", 0)), nil,
			start + `different: "n" is F64 () in the file and I64 () in the model: give nn.AllowConversion()`},
		{"half a count", add(drop("n"), safetensors.Of("n", tensor.Of([]float64{2.5}), false)), []nn.FileOption{conversion}, `nn.Load: counter "n" is 2.5 in the file, and counts in whole numbers`},
		{"no count", add(drop("n"), safetensors.Of("n", tensor.Of([]float64{math.NaN()}), false)), []nn.FileOption{conversion}, `nn.Load: counter "n" is NaN in the file, and counts in whole numbers`},
		{"a count beyond all", add(drop("n"), safetensors.Of("n", tensor.Of([]float64{math.Inf(-1)}), false)), []nn.FileOption{conversion}, `nn.Load: counter "n" is beyond 2⁵³ in the file, up to where all whole numbers are possible`},
		{"bytes for a counter", add(drop("n"), safetensors.Bytes("n", []byte{1})), []nn.FileOption{conversion}, start + `different: "n" is U8 (1) in the file and I64 () in the model: build the model as it was when it was saved`},
		{"a counter that is too small", add(drop("n"), safetensors.Int64s("n", []int64{-1<<53 - 1})), nil, `nn.Load: counter "n" is beyond 2⁵³ in the file, up to where all whole numbers are possible`},
		{"a counter that is too large", add(drop("n"), safetensors.Int64s("n", []int64{1<<53 + 1})), nil, `nn.Load: counter "n" is beyond 2⁵³ in the file, up to where all whole numbers are possible`},
		{"single precision", single, []nn.FileOption{missing, leftOver},
			start + `different: "w" is F32 (3,2) in the file and F64 (3,2) in the model, "stack" is F32 (2,4,3) in the file and F64 (2,4,3) in the model, ` +
				`"b" is F32 (3) in the file and F64 (3) in the model, "frozen" is F32 (1,5) in the file and F64 (1,5) in the model, "mean" is F32 (4) in the file and F64 (4) in the model, ` +
				`"none" is F32 (0,2) in the file and F64 (0,2) in the model: call nn.To(model, tensor.Float32) before, or give nn.AllowConversion()`},
		{"a prefix", prefixed, nil, start + `not in the file: "w", "stack", "b", "frozen", "mean", "n", "none"; ` +
			`not in the model: "encoder.b", "encoder.frozen", "encoder.mean", "encoder.n", "encoder.none", "encoder.stack", "encoder.w": ` +
			`names begin with "encoder." there, so give nn.WithNames(func(name string) string { return "encoder." + name })`},
		{"nothing that fits", edit(t, file, func([]safetensors.Tensor) []safetensors.Tensor { return []safetensors.Tensor{of("x", 0, 2)} }), []nn.FileOption{missing, leftOver},
			start + `not in the file: "w", "stack", "b", "frozen", "mean", "n", "none"; not in the model: "x": no name fits, so give those in the file by nn.WithNames`},
	}
	for _, c := range tests {
		model := newBag(newRand(2), 0)
		before := numbers(model)
		err := nn.Load(bytes.NewReader(c.file), model, c.options...)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got error\n%v\nwant\n%s", c.name, err, c.want)
		}
		var mismatch *nn.MismatchError
		if is := strings.HasPrefix(c.want, start); errors.As(err, &mismatch) != is {
			t.Errorf("%s: the error is a *nn.MismatchError: %v, want %v", c.name, !is, is)
		}
		if !sameNumbers(numbers(model), before) {
			t.Errorf("%s: the model has changed", c.name)
		}
	}
	var mismatch *nn.MismatchError
	err := nn.Load(bytes.NewReader(add(drop("b", "n"), many...)), newBag(newRand(2), 0))
	if !errors.As(err, &mismatch) || !slices.Equal(mismatch.Missing, []string{"b", "n"}) || len(mismatch.LeftOver) != 20 || mismatch.Other != nil {
		t.Errorf("got %+v, want b and n missing and 20 left over", mismatch)
	}
}

func TestLoadOptions(t *testing.T) {
	saved := newBag(newRand(1), 0)
	part := bag(saved[:3])
	t.Run("missing", func(t *testing.T) {
		model := newBag(newRand(2), 0)
		want := append(numbers(part), numbers(bag(model[3:]))...)
		if err := nn.Load(bytes.NewReader(mustSave(t, part)), model, nn.AllowMissing()); err != nil || !sameNumbers(numbers(model), want) {
			t.Errorf("error %v, or got %v, want %v", err, numbers(model), want)
		}
	})
	t.Run("left over", func(t *testing.T) {
		model := bag(newBag(newRand(2), 0)[:3])
		if err := nn.Load(bytes.NewReader(mustSave(t, saved)), model, nn.AllowLeftOver()); err != nil || !sameNumbers(numbers(model), numbers(part)) {
			t.Errorf("error %v, or got %v, want %v", err, numbers(model), numbers(part))
		}
	})
	t.Run("names", func(t *testing.T) {
		model := newBag(newRand(2), 0)
		names := nn.WithNames(func(name string) string { return "encoder." + name })
		if err := nn.Load(bytes.NewReader(mustSave(t, saved, names)), model, names); err != nil || !sameNumbers(numbers(model), numbers(saved)) {
			t.Errorf("error %v, or got %v, want %v", err, numbers(model), numbers(saved))
		}
	})
	t.Run("conversion", func(t *testing.T) {
		single := newBag(newRand(2), tensor.Float32)
		if err := nn.Load(bytes.NewReader(mustSave(t, saved)), single, nn.AllowConversion()); err != nil {
			t.Fatal(err)
		}
		double := newBag(newRand(3), 0)
		if err := nn.Load(bytes.NewReader(mustSave(t, single)), double, nn.AllowConversion()); err != nil {
			t.Fatal(err)
		}
		for i, p := range saved {
			want := p.Data.To(tensor.Float32).Float64s()
			if p.Kind == nn.Counter {
				want = p.Data.Float64s()
			}
			if !slices.Equal(single[i].Data.Float64s(), want) || !slices.Equal(double[i].Data.Float64s(), want) {
				t.Errorf("%s: got %v and %v, want %v", p.Name, single[i].Data.Float64s(), double[i].Data.Float64s(), want)
			}
		}
	})
	t.Run("too large for single precision", func(t *testing.T) {
		saved, model := bag{{Name: "a", Data: tensor.Of([]float64{1, math.Inf(1), 1e300}, 3)}}, bag{{Name: "a", Data: tensor.New(tensor.Float32, 3)}}
		err := nn.Load(bytes.NewReader(mustSave(t, saved)), model, nn.AllowConversion())
		if err == nil || !strings.Contains(err.Error(), "1e+300") || model[0].Data.At(0) != 0 {
			t.Errorf("got error %v and %v, want one that says 1e300, and no change", err, model[0].Data)
		}
	})
	t.Run("several too large", func(t *testing.T) {
		var saved, model bag
		for _, name := range []string{"c", "a", "d", "b"} {
			saved = append(saved, &nn.Param{Name: name, Data: tensor.Of([]float64{1e300}, 1)})
			model = append(model, &nn.Param{Name: name, Data: tensor.New(tensor.Float32, 1)})
		}
		for range 20 {
			err := nn.Load(bytes.NewReader(mustSave(t, saved)), model, nn.AllowConversion())
			if err == nil || !strings.Contains(err.Error(), `"c" has the number`) {
				t.Fatalf("got error %v, want one about the first parameter, each time", err)
			}
		}
	})
	t.Run("a smaller integer", func(t *testing.T) {
		model := bag{{Name: "n", Kind: nn.Counter, Data: tensor.New(tensor.Float64, 1)}}
		var b bytes.Buffer
		if err := safetensors.Write(&b, []safetensors.Tensor{safetensors.Bytes("n", []byte{200})}, nil); err != nil {
			t.Fatal(err)
		}
		if err := nn.Load(bytes.NewReader(b.Bytes()), model); err == nil {
			t.Error("no error without nn.AllowConversion")
		}
		if err := nn.Load(bytes.NewReader(b.Bytes()), model, nn.AllowConversion()); err != nil || model[0].Data.At(0) != 200 {
			t.Errorf("error %v, or %v, want 200", err, model[0].Data)
		}
	})
}

// TestLoadFloatCounter holds that a counter comes back from where all numbers are floating-point ones, such as a step that
// was run elsewhere.
func TestLoadFloatCounter(t *testing.T) {
	for _, count := range []*tensor.Tensor{tensor.Of([]float64{1 << 53}), tensor.Of([]float32{1 << 20}), tensor.Of([]float64{-7})} {
		model := bag{{Name: "n", Kind: nn.Counter, Data: tensor.New(tensor.Float64)}}
		var b bytes.Buffer
		if err := safetensors.Write(&b, []safetensors.Tensor{safetensors.Of("n", count, false)}, nil); err != nil {
			t.Fatal(err)
		}
		if err := nn.Load(bytes.NewReader(b.Bytes()), model, nn.AllowConversion()); err != nil || model[0].Data.AtFlat(0) != count.AtFlat(0) {
			t.Errorf("error %v, or %v, want %v", err, model[0].Data, count)
		}
	}
}

// A graph that has used the parameters notices that they are others now.
func TestLoadIsAChange(t *testing.T) {
	model := nn.Linear(newRand(1), 2, 1)
	file := mustSave(t, model)
	g := graph.New()
	y := model.Forward(nn.Eval(), g.ConstTensor(tensor.New(tensor.Float64, 1, 2)))
	if err := nn.Load(bytes.NewReader(file), model); err != nil {
		t.Fatal(err)
	}
	if err := graph.Try(func() { autograd.Backward(y) }); err == nil {
		t.Error("Backward does not notice that the weights have changed")
	}
}

// TestLoadTruncated cuts a file at every byte: an error, and the model stays as it is.
func TestLoadTruncated(t *testing.T) {
	file := mustSave(t, newBag(newRand(1), 0))
	model := newBag(newRand(2), 0)
	before := numbers(model)
	for n := range len(file) {
		for what, r := range map[string]io.Reader{"whole": bytes.NewReader(file[:n]), "stream": io.MultiReader(bytes.NewReader(file[:n]))} {
			if err := nn.Load(r, model); err == nil || n > 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%d of %d bytes (%s): got error %v, want one about the end", n, len(file), what, err)
			}
		}
	}
	if err := nn.Load(bytes.NewReader(append(file, 0)), model); err == nil {
		t.Error("no error for a byte too many")
	}
	if !sameNumbers(numbers(model), before) {
		t.Error("the model has changed")
	}
}

// TestLoadMemory holds that loading takes memory for what the model needs and the file has.
func TestLoadMemory(t *testing.T) {
	const size = 8 << 20 // bytes of the tensor x
	file := edit(t, mustSave(t, newBag(newRand(1), 0)), func(ts []safetensors.Tensor) []safetensors.Tensor {
		return append(ts, safetensors.Of("x", tensor.New(tensor.Float64, size/8), false))
	})
	large := append(newBag(newRand(2), 0), &nn.Param{Name: "x", Data: tensor.New(tensor.Float64, size/8)})
	for _, c := range []struct {
		name    string
		model   nn.Layer
		file    []byte
		options []nn.FileOption
		fails   bool
		most    uint64
	}{
		{"left over", newBag(newRand(2), 0), file, nil, true, 1 << 16},
		{"left over, allowed", newBag(newRand(2), 0), file, []nn.FileOption{nn.AllowLeftOver()}, false, 1 << 16},
		{"in the model", large, file, nil, false, size + 1<<16},
		{"cut", large, file[:len(file)-size+1000], nil, true, 1 << 16},
		{"half", large, file[:len(file)-size/2], nil, true, size/2 + 1<<16},
	} {
		for what, r := range map[string]io.Reader{"whole": bytes.NewReader(c.file), "stream": io.MultiReader(bytes.NewReader(c.file))} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := nn.Load(r, c.model, c.options...)
			runtime.ReadMemStats(&after)
			if (err != nil) != c.fails {
				t.Errorf("%s (%s): got error %v", c.name, what, err)
			}
			most := c.most
			if what == "stream" {
				most += 1 << 20 // one block more than there was
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > most {
				t.Errorf("%s (%s): takes %d bytes, want %d at most", c.name, what, n, most)
			}
		}
	}
}

// FuzzLoad holds that a file fits a model and gives it its numbers, or there is an error and the model stays as it is.
func FuzzLoad(f *testing.F) {
	f.Add(mustSave(f, newBag(newRand(1), 0)), byte(0))
	f.Add(mustSave(f, newBag(newRand(1), tensor.Float32)), byte(7))
	f.Add(mustSave(f, newBag(newRand(1), 0)[:3]), byte(1))
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"), byte(3))
	options := []nn.FileOption{nn.AllowMissing(), nn.AllowLeftOver(), nn.AllowConversion()}
	f.Fuzz(func(t *testing.T, file []byte, allow byte) {
		var given []nn.FileOption
		for i, o := range options {
			if allow>>i&1 == 1 {
				given = append(given, o)
			}
		}
		model := newBag(newRand(2), 0)
		before := numbers(model)
		if err := nn.Load(bytes.NewReader(file), model, given...); err != nil {
			if !sameNumbers(numbers(model), before) {
				t.Errorf("the model has changed in spite of error %v", err)
			}
			return
		}
		again := newBag(newRand(3), 0)
		if err := nn.Load(bytes.NewReader(mustSave(t, model)), again); err != nil || !sameNumbers(numbers(model), numbers(again)) {
			t.Errorf("what was loaded does not come back: error %v", err)
		}
	})
}

// fileCalls returns calls of what saves and loads with nil.
func fileCalls(model nn.Layer) map[string][]call {
	to, from := io.Discard, strings.NewReader("")
	return map[string][]call{
		"Save": {
			{func() { _ = nn.Save(nil, model) }, "got a nil io.Writer"}, {func() { _ = nn.Save(to, nil) }, "got a nil model"}, {func() { _ = nn.Save(to, model, nil) }, "option 1 is nil"},
			{func() { _ = nn.Save(to, model, nn.AllowMissing()) }, "there is no nn.AllowMissing here"},
		},
		"SaveFile": {{func() { _ = nn.SaveFile("", nil) }, "got a nil model"}, {func() { _ = nn.SaveFile("", model, nil) }, "option 1 is nil"}},
		"Load": {
			{func() { _ = nn.Load(nil, model) }, "got a nil io.Reader"}, {func() { _ = nn.Load(from, nil) }, "got a nil model"}, {func() { _ = nn.Load(from, model, nil) }, "option 1 is nil"},
		},
		"LoadFile":  {{func() { _ = nn.LoadFile(os.DevNull, nil) }, "got a nil model"}, {func() { _ = nn.LoadFile(os.DevNull, model, nil) }, "option 1 is nil"}},
		"WithNames": {{func() { nn.WithNames(nil) }, "got a nil function"}},
	}
}
