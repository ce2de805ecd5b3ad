package npy_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/graph/tensor/npy"
)

// sameBits reports whether two tensors have the same precision, shape and bits.
func sameBits(a, b *tensor.Tensor) bool {
	x, errX := a.MarshalBinary()
	y, errY := b.MarshalBinary()
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var (
	hard    = []float64{0, math.Copysign(0, -1), 0.1, math.Pi, math.MaxFloat64, 5e-324, math.Inf(1), math.Inf(-1), math.Float64frombits(0x7ff8_0000_0000_0000)}
	weight  = tensor.Of([]float32{0.1, float32(math.Copysign(0, -1)), math.MaxFloat32, 1e-45, float32(math.Inf(1)), -1.5}, 2, 3)
	counted = func() *tensor.Tensor {
		t := tensor.New(tensor.Float64, 2, 3, 4)
		for i := range t.Len() {
			t.SetFlat(float64(i), i)
		}
		return t
	}()
)

// TestNumPy holds that what NumPy has written is read to the last bit, and written as NumPy writes it.
func TestNumPy(t *testing.T) {
	tests := []struct {
		name string
		want *tensor.Tensor
		same bool // it is written with the same bytes
	}{
		{"f8", tensor.Of(hard, 9), true},
		{"f4", weight, true},
		{"f2", tensor.Of([]float32{0.0999755859375, float32(math.Copysign(0, -1)), 65504, 1.0 / (1 << 24), -1023.0 / (1 << 24), float32(math.Inf(1))}, 6), false},
		{"f8_scalar", tensor.Of([]float64{7.5}), true},
		{"f8_empty", tensor.New(tensor.Float64, 0, 3), true},
		{"f8_3d", counted, true},
		{"f8_version2", counted, false},
		{"f8_version3", counted, false},
		{"f8_fortran", counted, false},
		{"f4_fortran", counted.To(tensor.Float32), false},
		{"f8_big", tensor.Of(hard, 9), false},
		{"i8", tensor.Of([]float64{-1, 1 << 53, -1 << 60}, 3), false},
		{"i4_big", tensor.Of([]float64{-2, 3}, 2), false},
		{"i2", tensor.Of([]float32{-2, 3}, 2), false},
		{"i1", tensor.Of([]float32{-128, 127}, 2), false},
		{"u8", tensor.Of([]float64{1 << 63, 3}, 2), false},
		{"u4", tensor.Of([]float64{1<<32 - 1}, 1), false},
		{"u2", tensor.Of([]float32{1<<16 - 1}, 1), false},
		{"u1", tensor.Of([]float32{0, 255}, 1, 2), false},
		{"b1", tensor.Of([]float32{1, 0}, 2), false},
	}
	for _, tt := range tests {
		in := file(t, tt.name+".npy")
		r := bytes.NewReader(append(slices.Clone(in), "next"...))
		got, err := npy.Read(r)
		if err != nil || !sameBits(got, tt.want) {
			t.Errorf("%s: got %v, error %v, want %v", tt.name, got, err, tt.want)
			continue
		}
		if r.Len() != len("next") {
			t.Errorf("%s: %d bytes are left, want those after the array", tt.name, r.Len())
		}
		if got, err := npy.Read(iotest.OneByteReader(bytes.NewReader(in))); err != nil || !sameBits(got, tt.want) {
			t.Errorf("%s, byte by byte: got %v, error %v, want %v", tt.name, got, err, tt.want)
		}
		var out bytes.Buffer
		if err := npy.Write(&out, got); err != nil || tt.same && !bytes.Equal(out.Bytes(), in) {
			t.Errorf("%s is written as %q, error %v, want %q", tt.name, out.Bytes(), err, in)
		}
		if back, err := npy.Read(&out); err != nil || !sameBits(back, got) {
			t.Errorf("%s came back as %v, error %v", tt.name, back, err)
		}
		for n := range in {
			if _, err := npy.Read(bytes.NewReader(in[:n])); err == nil || !strings.HasPrefix(err.Error(), "npy.Read: ") {
				t.Fatalf("%s, cut after %d of %d bytes: got error %v", tt.name, n, len(in), err)
			}
		}
	}
}

func TestPieces(t *testing.T) {
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		x := tensor.New(dtype, 9001)
		for i := range x.Len() {
			x.SetFlat(float64(i)/3, i)
		}
		var b bytes.Buffer
		if err := npy.Write(&b, x); err != nil {
			t.Fatal(err)
		}
		if y, err := npy.Read(&b); err != nil || !sameBits(x, y) {
			t.Errorf("%s: a long vector came back otherwise, error %v", dtype, err)
		}
	}
}

// from returns a file with any header, in version 1.
func from(header, numbers string) string {
	return "\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(header)))) + header + numbers
}

func TestReadErrors(t *testing.T) {
	const (
		other  = `no file of NumPy's: it begins with "\x93NUMPY"`
		number = ": bool, integers, float16, float32 and float64 become numbers of a tensor"
		want   = ": want one of an array of numbers, such as {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"
	)
	describe := func(descr, order, shape string) string {
		return fmt.Sprintf("{'descr': %s, 'fortran_order': %s, 'shape': %s, }\n", descr, order, shape)
	}
	bad := func(header string) (in, message string) {
		return from(header, ""), fmt.Sprintf("header %.200q", header) + want
	}
	tests := []struct{ name, in, want string }{
		{"nothing", "", other},
		{"text", "1,2,3\n4,5,6\n", other},
		{"version", "\x93NUMPY\x04\x00\x01\x00\n", "version 4 of the format: 1, 2 and 3 are known"},
		{"no version", "\x93NUMPY\x00\x00\x01\x00\n", "version 0 of the format: 1, 2 and 3 are known"},
		{"a header that would fill the memory", "\x93NUMPY\x02\x00\xff\xff\xff\xff", "a header of 4294967295 bytes: that of an array of numbers has at most 10000"},
		{"long header", from(describe("'<f8'", "False", "(1,)")+strings.Repeat(" ", 10000), "12345678"), "a header of 10058 bytes: that of an array of numbers has at most 10000"},
		{"cut header", "\x93NUMPY\x01\x00\x10\x00{'descr", "the file ends within its header"},
		{"cut length", "\x93NUMPY\x02\x00\x10\x00", "the file ends within its header"},
		{"complex", string(file(t, "complex.npy")), `elements of type "<c16"` + number},
		{"text array", string(file(t, "text.npy")), `elements of type "<U1"` + number},
		{"date", string(file(t, "date.npy")), `elements of type "<M8[D]"` + number},
		{"objects", string(file(t, "object.npy")), `elements of type "|O"` + number},
		{"integer", string(file(t, "i8_inexact.npy")), "element 1 is the integer 9007199254740993, which float64 does not hold exactly"},
		{"no byte order", from(describe("'f8'", "False", "(1,)"), "12345678"), `elements of type "f8"` + number},
		{"long double", from(describe("'<f16'", "False", "(1,)"), "12345678"), `elements of type "<f16"` + number},
		{"size", from(describe("'<f99999999999999999999'", "False", "(1,)"), ""), `elements of type "<f999999999999999999"` + number},
		{"negative axis", from(describe("'<f8'", "False", "(-1,)"), ""), ""},
		{"axis", from(describe("'<f8'", "False", "(99999999999999999999,)"), ""), "shape (99999999999999999999,): an axis is a number of elements, and not too large to count"},
		{"axes with a space", from(describe("'<f8'", "False", "(1 2,)"), ""), "shape (1 2,): an axis is a number of elements, and not too large to count"},
		{"axes", from(describe("'<f8'", "False", "("+strings.Repeat("1,", 17)+")"), "12345678"), "shape (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1) has 17 axes: at most 16 are possible"},
		{"many axes", from(describe("'<f8'", "False", "("+strings.Repeat("1,", 4000)+")"), "12345678"), ""},
		{"elements", from(describe("'<f8'", "False", "(4000000000, 4000000000)"), ""), ""},
		{"far too few numbers", from(describe("'<f8'", "False", "(60000, 1000)"), "12345678"), "the file ends after 8 bytes of numbers: shape (60000,1000) of <f8 has 480000000"},
		{"no numbers", from(describe("'<f4'", "True", "()"), ""), "the file ends after 0 bytes of numbers: shape () of <f4 has 4"},
	}
	for name, header := range map[string]string{
		"empty header": "", "no line end": "{}", "only a line end": "\n", "comma before the axes": describe("'<f8'", "False", "(,,)x"), "axes without brackets": describe("'<f8'", "False", "3"),
		"order": describe("'<f8'", "None", "(1,)"), "no order": "{'descr': '<f8', 'shape': (1,), }\n", "keys once more": describe("'<f8', 'descr': '<f4'", "False", "(1,)"), "another order of the keys": "{'shape': (1,), 'fortran_order': False, 'descr': '<f8', }\n",
		"record": describe("[('a', '<i4')]", "False", "(1,)"), "no quotes": describe("<f8", "False", "(1,)"), "half": describe("'<f8'", "False", "(1,")[:40], "a line more": describe("'<f8'", "False", "(1,)") + "x",
	} {
		in, message := bad(header)
		tests = append(tests, struct{ name, in, want string }{name, in, message})
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, tt := range tests {
		_, err := npy.Read(strings.NewReader(tt.in))
		if err == nil || !strings.HasPrefix(err.Error(), "npy.Read: ") || tt.want != "" && err.Error() != "npy.Read: "+tt.want {
			t.Errorf("%s: got error %v, want npy.Read: %s", tt.name, err, tt.want)
		}
		if err != nil && len(err.Error()) > 20000 {
			t.Errorf("%s: a message of %d bytes", tt.name, len(err.Error()))
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
	if _, err := npy.Read(bytes.NewReader(file(t, "record.npy"))); err == nil {
		t.Error("a record: got no error")
	}
}

// TestReadersThatFail holds that an error of the reader comes out, wherever it strikes, and one of the writer too.
func TestReadersThatFail(t *testing.T) {
	broken := errors.New("broken")
	in := file(t, "f8_3d.npy")
	for n := range in {
		if _, err := npy.Read(io.MultiReader(bytes.NewReader(in[:n]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Fatalf("broken after %d bytes: got error %v", n, err)
		}
	}
	for n := range in {
		if err := npy.Write(&full{n, broken}, counted); !errors.Is(err, broken) {
			t.Fatalf("full after %d bytes: got error %v", n, err)
		}
	}
	var whole bytes.Buffer
	if err := npy.WriteNPZ(&whole, map[string]*tensor.Tensor{"a": counted}); err != nil {
		t.Fatal(err)
	}
	for n := range whole.Len() {
		if err := npy.WriteNPZ(&full{n, broken}, map[string]*tensor.Tensor{"a": counted}); !errors.Is(err, broken) {
			t.Fatalf("an archive, full after %d bytes: got error %v", n, err)
		}
	}
}

// A full writer takes so many bytes and then gives an error.
type full struct {
	left int
	err  error
}

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.left {
		n := f.left
		f.left = 0
		return n, f.err
	}
	f.left -= len(b)
	return len(b), nil
}

func TestNPZ(t *testing.T) {
	for _, name := range []string{"arrays.npz", "compressed.npz"} {
		in := file(t, name)
		got, err := npy.ReadNPZ(bytes.NewReader(in), int64(len(in)), "label", "weight")
		if err != nil || len(got) != 2 || !sameBits(got["weight"], weight) || got["label"].String() != "[3 1 2]" {
			t.Errorf("%s: got %v, error %v", name, got, err)
		}
		const want = `npy.ReadNPZ: no array "bias": there are ["label" "text" "weight"]`
		if _, err := npy.ReadNPZ(bytes.NewReader(in), int64(len(in)), "bias"); err == nil || err.Error() != want {
			t.Errorf("%s: got error %v, want %s", name, err, want)
		}
		if _, err := npy.ReadNPZ(bytes.NewReader(in), int64(len(in))); err == nil || !strings.HasPrefix(err.Error(), `npy.ReadNPZ: array "text": elements of type`) {
			t.Errorf("%s: all of it: got error %v", name, err)
		}
	}
	arrays := map[string]*tensor.Tensor{"a": weight, "b/c": counted, "ü": tensor.New(tensor.Float64, 0, 2), "d": tensor.Of([]float64{3})}
	var out, again bytes.Buffer
	if err := npy.WriteNPZ(&out, arrays); err != nil {
		t.Fatal(err)
	}
	if err := npy.WriteNPZ(&again, arrays); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Errorf("the second archive differs from the first, error %v", err)
	}
	back, err := npy.ReadNPZ(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || len(back) != len(arrays) {
		t.Fatalf("got %d arrays, error %v, want %d", len(back), err, len(arrays))
	}
	for name, x := range arrays {
		if !sameBits(back[name], x) {
			t.Errorf("%s came back as %v, want %v", name, back[name], x)
		}
	}
	for n := range out.Len() {
		if _, err := npy.ReadNPZ(bytes.NewReader(out.Bytes()[:n]), int64(n)); err == nil {
			t.Fatalf("an archive cut after %d of %d bytes: got no error", n, out.Len())
		}
	}
}

// archive returns a zip file of entries that have a name and bytes each.
func archive(t *testing.T, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		w, err := z.Create(entries[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, entries[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNPZErrors(t *testing.T) {
	x := string(file(t, "f4.npy"))
	var good bytes.Buffer
	if err := npy.WriteNPZ(&good, map[string]*tensor.Tensor{"a": weight}); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Replace(good.Bytes(), []byte{0, 0, 0xc0, 0xbf}, []byte{0, 0, 0xc0, 0xbe}, 1) // -1.5 becomes -0.375
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"no archive", []byte(x), "npy.ReadNPZ: zip: not a valid zip file"},
		{"two of a name", archive(t, "a.npy", x, "b.npy", x, "a.npy", x), `npy.ReadNPZ: two arrays are named "a"`},
		{"bytes after the numbers", archive(t, "a.npy", x+"y"), `npy.ReadNPZ: array "a": there are bytes after the numbers of shape (2,3)`},
		{"cut array", archive(t, "a.npy", x[:len(x)-1]), `npy.ReadNPZ: array "a": the file ends after 23 bytes of numbers: shape (2,3) of <f4 has 24`},
		{"no array", archive(t, "a.npy", "text"), `npy.ReadNPZ: array "a": no file of NumPy's: it begins with "\x93NUMPY"`},
		{"checksum", flipped, `npy.ReadNPZ: array "a": zip: checksum error`},
		{"entries that share bytes", overlapping(t, x), `npy.ReadNPZ: the arrays up to "1" have more bytes than the archive`},
	}
	for _, tt := range tests {
		if _, err := npy.ReadNPZ(bytes.NewReader(tt.in), int64(len(tt.in))); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got error %v, want %s", tt.name, err, tt.want)
		}
	}
	in := archive(t, "a.npy", x, "notes.txt", "text")
	if got, err := npy.ReadNPZ(bytes.NewReader(in), int64(len(in))); err != nil || len(got) != 1 {
		t.Errorf("beside another file: got %v, error %v", got, err)
	}
}

// overlapping returns an archive of 100 entries that are all the one array, of 100 kB.
func overlapping(t *testing.T, array string) []byte {
	t.Helper()
	array += strings.Repeat("\x00", 100000)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "0.npy", Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(array)), CompressedSize64: uint64(len(array)), UncompressedSize64: uint64(len(array))}
	w, err := z.CreateRaw(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, array); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	in := b.Bytes()
	at := bytes.Index(in, []byte("PK\x01\x02"))
	end := bytes.Index(in, []byte("PK\x05\x06"))
	entry, tail := in[at:end], slices.Clone(in[end:])
	out := slices.Clone(in[:at])
	const entries = 100
	size := 0
	for i := range entries {
		name := fmt.Sprint(i) + ".npy"
		e := slices.Clone(entry)
		binary.LittleEndian.PutUint16(e[28:], uint16(len(name)))
		e = slices.Replace(e, 46, 46+len("0.npy"), []byte(name)...)
		out = append(out, e...)
		size += len(e)
	}
	binary.LittleEndian.PutUint16(tail[8:], entries)
	binary.LittleEndian.PutUint16(tail[10:], entries)
	binary.LittleEndian.PutUint32(tail[12:], uint32(size))
	return append(out, tail...)
}

func TestMisuse(t *testing.T) {
	var none *tensor.Tensor
	x := tensor.New(tensor.Float64, 1)
	for name, f := range map[string]func(){
		"npy.Read: got a nil io.Reader":               func() { _, _ = npy.Read(nil) },
		"npy.Write: got a nil io.Writer":              func() { _ = npy.Write(nil, x) },
		"npy.Write: got a nil or zero tensor":         func() { _ = npy.Write(io.Discard, none) },
		"npy.Write: got a nil or zero tensor: make":   func() { _ = npy.Write(io.Discard, &tensor.Tensor{}) },
		"npy.ReadNPZ: got a nil io.ReaderAt":          func() { _, _ = npy.ReadNPZ(nil, 0) },
		"npy.ReadNPZ: a size of -1 bytes":             func() { _, _ = npy.ReadNPZ(strings.NewReader(""), -1) },
		"npy.WriteNPZ: got a nil io.Writer":           func() { _ = npy.WriteNPZ(nil, nil) },
		"npy.WriteNPZ: got a nil or zero tensor":      func() { _ = npy.WriteNPZ(io.Discard, map[string]*tensor.Tensor{"a": x, "b": nil}) },
		"npy.WriteNPZ: an array without a name: give": func() { _ = npy.WriteNPZ(io.Discard, map[string]*tensor.Tensor{"": x}) },
	} {
		func() {
			defer func() {
				if e, ok := recover().(*tensor.Error); !ok || !errors.Is(e, tensor.ErrUsage) || !strings.HasPrefix(e.Error(), name) {
					t.Errorf("got %v, want a *tensor.Error of %s", e, name)
				}
			}()
			f()
		}()
	}
}

// TestNumPyReads has NumPy, where it is there, read what is written here.
func TestNumPyReads(t *testing.T) {
	const script = `
import sys, numpy as np
a = np.load(sys.argv[1]); b = np.load(sys.argv[2])
assert a.dtype == np.float32 and a.shape == (2, 3) and a[1, 2] == -1.5, a
assert sorted(b) == ["empty", "one", "many"][:1] + ["many", "one"], sorted(b)
assert b["empty"].shape == (0, 2) and b["one"].shape == () and b["one"] == 3 and (b["many"] == np.arange(24.).reshape(2, 3, 4)).all()
`
	python := numPy(t)
	dir := t.TempDir()
	one, many := filepath.Join(dir, "one.npy"), filepath.Join(dir, "many.npz")
	var a, b bytes.Buffer
	if err := npy.Write(&a, weight); err != nil {
		t.Fatal(err)
	}
	if err := npy.WriteNPZ(&b, map[string]*tensor.Tensor{"many": counted, "empty": tensor.New(tensor.Float32, 0, 2), "one": tensor.Of([]float64{3})}); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{one: a.Bytes(), many: b.Bytes()} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(python, "-c", script, one, many).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// numPy returns a Python with NumPy, or skips the test: NUMPY_PYTHON names one that is not the first on the path.
func numPy(t *testing.T) string {
	t.Helper()
	python := os.Getenv("NUMPY_PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import numpy").Run(); err != nil {
		t.Skipf("no Python with NumPy: %v; set NUMPY_PYTHON to one", err)
	}
	return python
}

// FuzzRead holds that any bytes are read or refused without a panic, and that what was read is written and read the
// same.
func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("testdata/*.npy")
	if err != nil || len(names) == 0 {
		f.Fatalf("%d seeds, error %v", len(names), err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(from("{'descr': '<f8', 'fortran_order': True, 'shape': (0, 60000000), }\n", "")))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := npy.Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := npy.Write(&out, x); err != nil {
			t.Fatal(err)
		}
		if y, err := npy.Read(&out); err != nil || !sameBits(x, y) {
			t.Errorf("%v came back as %v, error %v", x, y, err)
		}
	})
}

func FuzzReadNPZ(f *testing.F) {
	f.Add(file(f, "arrays.npz"))
	f.Add(file(f, "compressed.npz"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = npy.ReadNPZ(bytes.NewReader(b), int64(len(b)))
		_, _ = npy.ReadNPZ(bytes.NewReader(b), int64(len(b)), "weight")
	})
}
