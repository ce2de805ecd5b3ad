package safetensors_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
)

func mustWrite(t testing.TB, tensors []safetensors.Tensor, metadata map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := safetensors.Write(&b, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mustRead(t testing.TB, b []byte) *safetensors.File {
	t.Helper()
	f, err := safetensors.Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func all(f *safetensors.File) (tensors []safetensors.Tensor) {
	for i := range f.Len() {
		tensors = append(tensors, f.Tensor(i))
	}
	return tensors
}

// TestBytes compares a file with one that was worked out by hand.
func TestBytes(t *testing.T) {
	header := `{"__metadata__":{"a":"<1>","b":"2"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},` +
		`"w":{"dtype":"F32","shape":[3,2],"data_offsets":[8,32]},"bytes":{"dtype":"U8","shape":[3],"data_offsets":[32,35]}}      `
	want := string([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}) + header +
		"\xfe\xff\xff\xff\xff\xff\xff\xff" + // -2
		"\x00\x00\x80\x3f\x00\x00\x80\x40" + "\x00\x00\x00\x40\x00\x00\xa0\x40" + "\x00\x00\x40\x40\x00\x00\xc0\x40" + // 1 4, 2 5, 3 6
		"abc"
	got := mustWrite(t, []safetensors.Tensor{
		safetensors.Bytes("bytes", []byte("abc")),
		safetensors.Of("w", tensor.Of([]float32{1, 2, 3, 4, 5, 6}, 2, 3), true),
		safetensors.Int64s("n", []int64{-2}),
	}, map[string]string{"b": "2", "a": "<1>"})
	if string(got) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if len(header)%8 != 0 {
		t.Errorf("a header of %d bytes", len(header))
	}
}

// TestReference reads what the format's first implementation has written, and writes it again, byte for byte.
func TestReference(t *testing.T) {
	file, err := os.ReadFile("testdata/reference.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	f := mustRead(t, file)
	if got := mustWrite(t, all(f), f.Metadata); !bytes.Equal(got, file) {
		t.Errorf("written again it is\n%q, want\n%q", got, file)
	}
	numbers := []float64{0, math.Copysign(0, -1), 1, -1.5, 0x1p-24, 65504, math.Inf(1), math.Inf(-1)}
	inBFloat := slices.Clone(numbers)
	inBFloat[5] = 65536 // bfloat16 has 8 digits in base 2
	floats := map[string][]float64{
		"f64": append(slices.Clone(numbers), 1.0/3, 1e308, 5e-324, 1e-7, 2, 3, 4, math.NaN()), "f32": numbers, "f16": numbers, "bf16": inBFloat,
		"empty": {}, "a \"name\" with <é> and \\ and \n": {1}, "B": {0},
	}
	for name, want := range floats {
		got, ok := f.Find(name)
		if !ok {
			t.Errorf("no tensor %q", name)
			continue
		}
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			dst := tensor.New(dtype, got.Shape...)
			got.CopyTo(dst, false)
			want := tensor.Of(want, len(want)).To(dtype).Float64s()
			if !slices.EqualFunc(dst.Float64s(), want, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b }) {
				t.Errorf("%s as %v: got %v, want %v", name, dtype, dst.Float64s(), want)
			}
		}
		if _, ok := got.Ints(); ok && len(want) > 0 {
			t.Errorf("%s: floats taken for integers", name)
		}
	}
	for name, want := range map[string][]int64{
		"i64": {-1 << 62}, "i32": {-1, math.MaxInt32}, "i16": {-1, math.MaxInt16, 0}, "i8": {-128, 127}, "u8": {0, 255, 7}, "bool": {1, 0, 1},
	} {
		got, _ := f.Find(name)
		if v, ok := got.Ints(); !ok || !slices.Equal(v, want) {
			t.Errorf("%s: got %v %v, want %v", name, v, ok, want)
		}
	}
	if n := len(floats) + 6; f.Len() != n || len(slices.Collect(f.Names)) != n || !slices.IsSorted(slices.Collect(f.Names)) {
		t.Errorf("the names are %q, want %d in order", slices.Collect(f.Names), n)
	}
	if _, ok := f.Find("none"); ok {
		t.Error("there is a tensor none")
	}
}

func TestIntsBeyondInt64(t *testing.T) {
	b := append(file(`{"a":{"dtype":"U64","shape":[2],"data_offsets":[0,16]}}`, 8), "\xff\xff\xff\xff\xff\xff\xff\xff"...)
	a, _ := mustRead(t, b).Find("a")
	if v, ok := a.Ints(); ok {
		t.Errorf("0 and 2⁶⁴-1 are read as %v", v)
	}
}

// TestHalf compares every half-precision float with its definition.
func TestHalf(t *testing.T) {
	b := []byte("\x40\x00\x00\x00\x00\x00\x00\x00" + `{"a":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}} `)
	for h := range 1 << 16 {
		b = append(b, byte(h), byte(h>>8))
	}
	x, _ := mustRead(t, b).Find("a")
	got := tensor.New(tensor.Float32, 1<<16)
	x.CopyTo(got, false)
	for h := range 1 << 16 {
		sign, exponent, fraction := 1-2*float64(h>>15), h>>10&31, float64(h&1023)/1024
		want := sign * math.Ldexp(1+fraction, exponent-15)
		switch {
		case exponent == 0:
			want = sign * math.Ldexp(fraction, -14)
		case exponent == 31 && fraction == 0:
			want = math.Inf(int(sign))
		case exponent == 31:
			want = math.NaN()
		}
		if v := got.At(h); v != want && (v == v || want == want) || v == 0 && math.Signbit(v) != (sign < 0) {
			t.Fatalf("%#04x is %v, want %v", h, v, want)
		}
	}
}

// TestRoundTrip writes tensors of many shapes in both precisions, and reads them back with the last two axes as they
// were or the other way round.
func TestRoundTrip(t *testing.T) {
	for _, shape := range [][]int{{}, {0}, {1}, {7}, {2, 3}, {3, 0}, {1, 5}, {5, 1}, {2, 3, 4}, {4, 1, 3, 2}, {100, 300}} {
		for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
			for _, swapped := range []bool{false, true} {
				want := tensor.New(dtype, shape...)
				for i := range want.Len() {
					want.SetFlat(1/float64(i+1), i)
				}
				file := mustWrite(t, []safetensors.Tensor{safetensors.Of("a", want, swapped)}, nil)
				for what, r := range map[string]io.Reader{"whole": bytes.NewReader(file), "stream": io.MultiReader(bytes.NewReader(file))} {
					f, err := safetensors.Read(r)
					if err != nil {
						t.Fatal(err)
					}
					a := f.Tensor(0)
					got := tensor.New(dtype, shape...)
					a.CopyTo(got, swapped)
					if !slices.Equal(got.Float64s(), want.Float64s()) {
						t.Errorf("%s, %v %v, swapped %v: got other numbers", what, dtype, shape, swapped)
					}
					if !slices.Equal(a.Shape, safetensors.SwapShape(shape, swapped)) {
						t.Errorf("%v, swapped %v: the shape is %v in the file", shape, swapped, a.Shape)
					}
					if swapped && len(shape) == 2 {
						as := tensor.New(dtype, a.Shape...)
						a.CopyTo(as, false)
						for i := range shape[0] {
							for j := range shape[1] {
								if as.At(j, i) != want.At(i, j) {
									t.Fatalf("%v: element (%d,%d) of the file is %v, want %v", shape, j, i, as.At(j, i), want.At(i, j))
								}
							}
						}
					}
				}
			}
		}
	}
}

// TestKeep reads some of the tensors of a file.
func TestKeep(t *testing.T) {
	file := mustWrite(t, []safetensors.Tensor{safetensors.Int64s("a", []int64{1}), safetensors.Int64s("b", []int64{2, 3}, 2), safetensors.Int64s("c", []int64{4})}, nil)
	for kept, want := range map[string][]int64{"a": {1}, "b": {2, 3}, "c": {4}} {
		for what, r := range readers(file) {
			f, err := safetensors.Open(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Read(func(name string) bool { return name == kept }); err != nil {
				t.Fatal(err)
			}
			for i := range f.Len() {
				x := f.Tensor(i)
				want := want
				if x.Name != kept {
					want = nil
				}
				if got, _ := x.Ints(); !slices.Equal(got, want) {
					t.Errorf("keeping %s (%s): %s is %v, want %v", kept, what, x.Name, got, want)
				}
			}
		}
	}
}

func TestWriteErrors(t *testing.T) {
	one := func(name string) safetensors.Tensor { return safetensors.Int64s(name, []int64{1}) }
	many := map[string]string{}
	for i := range 5000 {
		many[string(rune(0x4e00+i))] = ""
	}
	long := ""
	if !testing.Short() {
		long = strings.Repeat("a", 100_000_000)
	}
	for what, c := range map[string]struct {
		tensors  []safetensors.Tensor
		metadata map[string]string
	}{
		"a name twice":       {[]safetensors.Tensor{one("a"), one("b"), one("a")}, nil},
		"the metadata":       {[]safetensors.Tensor{one("__metadata__")}, nil},
		"a name of bytes":    {[]safetensors.Tensor{one("a\xff")}, nil},
		"metadata of bytes":  {nil, map[string]string{"a": "\xff"}},
		"too much metadata":  {nil, many},
		"too large a header": {nil, map[string]string{"a": long}},
	} {
		if what == "too large a header" && long == "" {
			continue
		}
		var b bytes.Buffer
		if err := safetensors.Write(&b, c.tensors, c.metadata); err == nil || b.Len() > 0 {
			t.Errorf("%s: got error %v and %d bytes, want an error and none", what, err, b.Len())
		}
	}
}

// A limited writer fails after a number of bytes.
type limited int

var errFull = errors.New("full")

func (l *limited) Write(b []byte) (int, error) {
	if len(b) > int(*l) {
		return int(*l), errFull
	}
	*l -= limited(len(b))
	return len(b), nil
}

func TestFullWriter(t *testing.T) {
	tensors := []safetensors.Tensor{
		safetensors.Of("a", tensor.New(tensor.Float32, 40000), false), safetensors.Of("b", tensor.New(tensor.Float64, 20000), false),
		safetensors.Int64s("c", make([]int64, 20000), 20000), safetensors.Bytes("d", make([]byte, 200000)),
	}
	size := len(mustWrite(t, tensors, nil))
	for n := 0; n < size; n += 1000 {
		l := limited(n)
		if err := safetensors.Write(&l, tensors, nil); !errors.Is(err, errFull) {
			t.Errorf("a writer that takes %d of %d bytes: got error %v", n, size, err)
		}
	}
	if l := limited(size); safetensors.Write(&l, tensors, nil) != nil {
		t.Error("the length does not hold")
	}
}

// A sealed file notices every change of a bit.
func TestSeal(t *testing.T) {
	tensors := []safetensors.Tensor{safetensors.Int64s("a", []int64{1, 2}, 2), safetensors.Bytes("b", []byte("abc"))}
	sealed, err := safetensors.Sealed(tensors, map[string]string{"version": "1"})
	if err != nil {
		t.Fatal(err)
	}
	file := mustWrite(t, tensors, sealed)
	if err := mustRead(t, file).Verify(); err != nil {
		t.Fatal(err)
	}
	if mustRead(t, mustWrite(t, tensors, nil)).Verify() == nil {
		t.Error("no error without a seal")
	}
	again, err := safetensors.Sealed(all(mustRead(t, file)), sealed)
	if err != nil || again["sha256"] != sealed["sha256"] {
		t.Errorf("sealed again: got %v (%v), want the same seal", again, err)
	}
	for i := range file {
		for bit := range 8 {
			damaged := bytes.Clone(file)
			damaged[i] ^= 1 << bit
			f, err := safetensors.Read(bytes.NewReader(damaged))
			if err == nil {
				err = f.Verify()
			}
			if err == nil {
				t.Errorf("bit %d of byte %d changed: no error", bit, i)
			}
		}
	}
}

func TestMisuse(t *testing.T) {
	f := mustRead(t, mustWrite(t, []safetensors.Tensor{safetensors.Int64s("a", []int64{1}), safetensors.Of("w", tensor.New(tensor.Float32, 2, 3), false)}, nil))
	a, _ := f.Find("a")
	w, _ := f.Find("w")
	for what, call := range map[string]func(){
		"a shape that does not fit": func() { safetensors.Int64s("a", []int64{1, 2}, 3) },
		"no shape":                  func() { safetensors.Int64s("a", []int64{1, 2}) },
		"integers to floats":        func() { a.CopyTo(tensor.New(tensor.Float64), false) },
		"another shape":             func() { w.CopyTo(tensor.New(tensor.Float32, 3, 2), false) },
		"the shape swapped":         func() { w.CopyTo(tensor.New(tensor.Float32, 2, 3), true) },
	} {
		func() {
			defer func() {
				if _, ok := recover().(*tensor.Error); !ok {
					t.Errorf("%s: no panic with a *tensor.Error", what)
				}
			}()
			call()
		}()
	}
}
