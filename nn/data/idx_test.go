package data_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// idx returns a file of numbers in the format of MNIST's.
func idx(t testing.TB, kind byte, shape []uint32, numbers any) []byte {
	t.Helper()
	b := []byte{0, 0, kind, byte(len(shape))}
	for _, d := range shape {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	b, err := binary.Append(b, binary.BigEndian, numbers)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReadIDX(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
		want *tensor.Tensor
	}{
		{"uint8", idx(t, 0x08, []uint32{2, 3}, []uint8{0, 1, 2, 127, 128, 255}), tensor.Of([]float32{0, 1, 2, 127, 128, 255}, 2, 3)},
		{"int8", idx(t, 0x09, []uint32{3}, []int8{-128, -1, 127}), tensor.Of([]float32{-128, -1, 127}, 3)},
		{"int16", idx(t, 0x0B, []uint32{2}, []int16{math.MinInt16, 258}), tensor.Of([]float32{math.MinInt16, 258}, 2)},
		{"int32", idx(t, 0x0C, []uint32{1, 2}, []int32{math.MinInt32, 1<<24 + 1}), tensor.Of([]float64{math.MinInt32, 1<<24 + 1}, 1, 2)},
		{"float32", idx(t, 0x0D, []uint32{2}, []float32{0.1, float32(math.Inf(-1))}), tensor.Of([]float32{0.1, float32(math.Inf(-1))}, 2)},
		{"float64", idx(t, 0x0E, []uint32{2, 1, 1}, []float64{0.1, math.MaxFloat64}), tensor.Of([]float64{0.1, math.MaxFloat64}, 2, 1, 1)},
		{"one number", idx(t, 0x0E, nil, 0.5), tensor.Of([]float64{0.5})},
		{"empty", idx(t, 0x08, []uint32{0, 3}, []uint8{}), tensor.New(tensor.Float32, 0, 3)},
		{"more than a piece", idx(t, 0x0B, []uint32{40000}, make([]int16, 40000)), tensor.New(tensor.Float32, 40000)},
	}
	for _, tt := range tests {
		for name, r := range map[string]io.Reader{
			tt.name: bytes.NewReader(tt.in), tt.name + ", compressed": bytes.NewReader(gzipped(t, tt.in)), tt.name + ", byte by byte": iotest.OneByteReader(bytes.NewReader(tt.in)),
		} {
			got, err := data.ReadIDX(r)
			if err != nil || got.DType() != tt.want.DType() || !slices.Equal(got.Shape(), tt.want.Shape()) || !slices.Equal(got.Float64s(), tt.want.Float64s()) {
				t.Errorf("%s: got %v, error %v, want %v", name, got, err, tt.want)
			}
		}
		for _, in := range [][]byte{tt.in, gzipped(t, tt.in)} {
			for n := 0; n < len(in); n += 1 + len(in)/500 {
				var where *data.ReadError
				if _, err := data.ReadIDX(bytes.NewReader(in[:n])); !errors.As(err, &where) || where.Op != "data.ReadIDX" {
					t.Fatalf("%s, cut after %d of %d bytes: got error %v", tt.name, n, len(in), err)
				}
			}
		}
	}
}

func TestReadIDXErrors(t *testing.T) {
	const other = "no IDX file: it begins with two bytes that are 0, a type and a number of axes"
	good := idx(t, 0x08, []uint32{2, 3}, make([]uint8, 6))
	broken := gzipped(t, good)
	broken[len(broken)-5] ^= 1
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"nothing", nil, other},
		{"text", []byte("1,2,3\n"), other},
		{"type", idx(t, 0x0A, []uint32{1}, []uint8{0}), "type 0x0A of the numbers: want 0x08, 0x09, 0x0B, 0x0C, 0x0D or 0x0E"},
		{"axes", idx(t, 0x08, make([]uint32, 17), []uint8{}), "17 axes: at most 16 are possible"},
		{"cut header", good[:9], "the file ends within its header"},
		{"cut numbers", good[:len(good)-2], "the file ends after 4 of the 6 numbers of shape (2,3)"},
		{"bytes after it", append(slices.Clone(good), 0), "there are bytes after the numbers of shape (2,3)"},
		{"numbers that would fill the memory", idx(t, 0x0E, []uint32{1 << 16, 1 << 10}, []uint8{1}), "the file ends after 0 of the 67108864 numbers of shape (65536,1024)"},
		{"the same, compressed", gzipped(t, idx(t, 0x08, []uint32{1 << 13, 1 << 10}, make([]uint8, 1<<16))), "the file ends after 65536 of the 8388608 numbers of shape (8192,1024)"},
		{"numbers that cannot be counted", idx(t, 0x0E, []uint32{1 << 31, 1 << 31, 1 << 31}, []uint8{1}), ""},
		{"empty, and too long", idx(t, 0x08, []uint32{0, 1 << 27}, []uint8{}), ""},
		{"checksum", broken, "gzip: invalid checksum"},
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, tt := range tests {
		if _, err := data.ReadIDX(bytes.NewReader(tt.in)); err == nil || !strings.HasPrefix(err.Error(), "data.ReadIDX: ") || tt.want != "" && err.Error() != "data.ReadIDX: "+tt.want {
			t.Errorf("%s: got error %v, want data.ReadIDX: %s", tt.name, err, tt.want)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
	failed := errors.New("failed")
	for n := range good {
		if _, err := data.ReadIDX(io.MultiReader(bytes.NewReader(good[:n]), iotest.ErrReader(failed))); !errors.Is(err, failed) {
			t.Errorf("a reader that fails after %d bytes: got error %v", n, err)
		}
	}
}

func TestMNIST(t *testing.T) {
	images := idx(t, 0x08, []uint32{3, 2, 2}, []uint8{0, 51, 102, 255, 1, 2, 3, 4, 5, 6, 7, 8})
	labels := idx(t, 0x08, []uint32{3}, []uint8{7, 0, 9})
	for _, name := range []struct{ part, prefix string }{{"train", "train"}, {"test", "t10k"}} {
		for _, form := range []struct {
			point, end string
			pack       func(testing.TB, []byte) []byte
		}{
			{"-", "", func(_ testing.TB, b []byte) []byte { return b }}, {".", "", func(_ testing.TB, b []byte) []byte { return b }},
			{"-", ".gz", gzipped}, {".", ".gz", gzipped},
		} {
			fsys := fstest.MapFS{
				name.prefix + "-images" + form.point + "idx3-ubyte" + form.end: {Data: form.pack(t, images)},
				name.prefix + "-labels" + form.point + "idx1-ubyte" + form.end: {Data: form.pack(t, labels)},
			}
			set, err := data.MNIST(fsys, name.part)
			if err != nil {
				t.Fatal(err)
			}
			if err := set.Check(); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff([]any{[]int{3, 1, 2, 2}, []float32{0, 0.2, 0.4, 1}, []int{7, 0, 9}}, []any{set.X.Shape(), set.X.Float32s()[:4], set.Labels}); diff != "" {
				t.Errorf("%v: mismatch (-want +got):\n%s", fsys, diff)
			}
		}
	}
	const missing = "data.MNIST: open train-images-idx3-ubyte: file does not exist; there is none with .idx3-ubyte or .gz either"
	if _, err := data.MNIST(fstest.MapFS{}, "train"); err == nil || err.Error() != missing || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no files: got error %v, want %s", err, missing)
	}
	bytesOf := func(shape ...uint32) []byte {
		n := uint32(1)
		for _, d := range shape {
			n *= d
		}
		return idx(t, 0x08, shape, make([]uint8, n))
	}
	for _, tt := range []struct {
		name           string
		images, labels []byte
		want           string
	}{
		{"other numbers of examples", bytesOf(3, 2, 2), bytesOf(2), "data.MNIST: images of shape (3,2,2) in float32 and classes of shape (2): want bytes of shape (examples, rows, columns) and (examples)"},
		{"the files swapped", bytesOf(3), bytesOf(3, 2, 2), "data.MNIST: images of shape (3) in float32 and classes of shape (3,2,2): want bytes of shape (examples, rows, columns) and (examples)"},
		{"classes with axes", bytesOf(3, 2, 2), bytesOf(3, 1), "data.MNIST: images of shape (3,2,2) in float32 and classes of shape (3,1): want bytes of shape (examples, rows, columns) and (examples)"},
		{"numbers", idx(t, 0x0E, []uint32{1, 1, 1}, []float64{1}), bytesOf(1), "data.MNIST: images of shape (1,1,1) in float64 and classes of shape (1): want bytes of shape (examples, rows, columns) and (examples)"},
		{"classes that are none", bytesOf(1, 1, 1), idx(t, 0x0E, []uint32{1}, []float64{0.5}), "data.MNIST: classes: data.Integers: element 0 is 0.5: want an integer"},
		{"cut", bytesOf(1, 1, 2)[:17], bytesOf(1), "data.MNIST: train-images-idx3-ubyte: data.ReadIDX: the file ends after 1 of the 2 numbers of shape (1,1,2)"},
	} {
		fsys := fstest.MapFS{"train-images-idx3-ubyte": {Data: tt.images}, "train-labels-idx1-ubyte": {Data: tt.labels}}
		if _, err := data.MNIST(fsys, "train"); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got error %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestIntegers(t *testing.T) {
	got, err := data.Integers(tensor.Of([]float64{3, -1, math.Copysign(0, -1), 1 << 30}, 2, 2))
	if diff := cmp.Diff([]int{3, -1, 0, 1 << 30}, got); diff != "" || err != nil {
		t.Errorf("error %v, mismatch (-want +got):\n%s", err, diff)
	}
	for _, v := range []float64{0.5, math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300, 1<<53 + 2} {
		if _, err := data.Integers(tensor.Of([]float64{1, v}, 2)); err == nil || !strings.HasPrefix(err.Error(), "data.Integers: element 1 is ") {
			t.Errorf("%v: got error %v", v, err)
		}
	}
}

func FuzzReadIDX(f *testing.F) {
	for _, in := range [][]byte{
		idx(f, 0x08, []uint32{2, 3}, make([]uint8, 6)), idx(f, 0x0B, []uint32{2}, []int16{1, 2}), idx(f, 0x0E, nil, 0.5), idx(f, 0x0D, []uint32{1 << 31, 1 << 31}, []uint8{0}),
		gzipped(f, idx(f, 0x0C, []uint32{1}, []int32{5})),
	} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		x, err := data.ReadIDX(bytes.NewReader(in))
		if (x == nil) == (err == nil) {
			t.Fatalf("tensor %v and error %v: want exactly one", x, err)
		}
	})
}
