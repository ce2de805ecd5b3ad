package tensor_test

import (
	"bytes"
	"encoding"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

var (
	_ encoding.BinaryAppender    = (*tensor.Tensor)(nil)
	_ encoding.BinaryMarshaler   = (*tensor.Tensor)(nil)
	_ encoding.BinaryUnmarshaler = (*tensor.Tensor)(nil)
)

// sameBits reports whether two tensors have the same precision, shape and bits, those of NaNs too.
func sameBits(a, b *tensor.Tensor) bool {
	if a.DType() != b.DType() || !slices.Equal(a.Shape(), b.Shape()) {
		return false
	}
	if a.DType() == tensor.Float32 {
		return slices.EqualFunc(a.Float32s(), b.Float32s(), func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
	}
	return slices.EqualFunc(a.Float64s(), b.Float64s(), func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// samples are tensors of every precision and kind of shape, with numbers that are hard to keep.
func samples() []*tensor.Tensor {
	return []*tensor.Tensor{
		tensor.Of([]float64{
			0, math.Copysign(0, -1), 1, 0.1, math.Pi, math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(), math.Float64frombits(0xfff8_0000_0000_beef),
			math.Inf(1), math.Inf(-1), 1 << 53,
		}, 2, 3, 2),
		tensor.Of([]float32{0.1, float32(math.Copysign(0, -1)), math.MaxFloat32, math.SmallestNonzeroFloat32, math.Float32frombits(0x7fc0_beef), float32(math.Inf(-1))}, 6),
		tensor.Of([]float64{7}),
		tensor.Of([]float32{7}),
		tensor.New(tensor.Float32, 2, 0, 3),
		tensor.New(tensor.Float64, 0),
		tensor.New(tensor.Float64, append(slices.Repeat([]int{1}, tensor.MaxRank-1), 2)...),
	}
}

func TestBinary(t *testing.T) {
	for _, x := range samples() {
		b, err := x.MarshalBinary()
		if err != nil {
			t.Fatalf("%v: %v", x, err)
		}
		var y tensor.Tensor
		if err := y.UnmarshalBinary(b); err != nil || !sameBits(x, &y) {
			t.Errorf("%v came back as %v %v, error %v", x, y.DType(), &y, err)
		}
		z := tensor.New(x.DType(), x.Dims()...)
		before := z.Version()
		if err := z.UnmarshalBinary(b); err != nil || !sameBits(x, z) || z.Version() == before {
			t.Errorf("%v into a tensor: %v, error %v, counts as a change: %v", x, z, err, z.Version() != before)
		}
		more, err := x.AppendBinary([]byte("before"))
		if err != nil || !bytes.Equal(more, append([]byte("before"), b...)) {
			t.Errorf("%v appended: %q, error %v", x, more, err)
		}
		clear(b)
		if !sameBits(x, &y) {
			t.Errorf("%v changed with the bytes it was read from", x)
		}
		for n := range b {
			if err := new(tensor.Tensor).UnmarshalBinary(more[len("before"):][:n]); err == nil {
				t.Fatalf("%v cut after %d of %d bytes: got no error", x, n, len(b))
			}
		}
	}
}

// TestBinaryForm holds the bytes, which files keep.
func TestBinaryForm(t *testing.T) {
	want := []byte{
		'T', 'N', 'S', 1, 1, 2,
		2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0,
	}
	got, err := tensor.Of([]float32{1, -2.5}, 2, 1).MarshalBinary()
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got % x, error %v, want % x", got, err, want)
	}
	got, err = tensor.Of([]float64{-2.5}).MarshalBinary()
	if want := []byte{'T', 'N', 'S', 1, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0xc0}; err != nil || !bytes.Equal(got, want) {
		t.Errorf("got % x, error %v, want % x", got, err, want)
	}
}

func TestGob(t *testing.T) {
	type model struct{ Weight, Bias *tensor.Tensor }
	var file bytes.Buffer
	if err := gob.NewEncoder(&file).Encode(model{Weight: samples()[0]}); err != nil {
		t.Fatal(err)
	}
	var m model
	if err := gob.NewDecoder(&file).Decode(&m); err != nil || m.Bias != nil || !sameBits(m.Weight, samples()[0]) {
		t.Errorf("got %v and %v, error %v", m.Weight, m.Bias, err)
	}
}

// header returns the beginning of a tensor's binary form, with any figures.
func header(version, dtype, rank byte, axes ...uint64) []byte {
	b := []byte{'T', 'N', 'S', version, dtype, rank}
	for _, d := range axes {
		b = binary.LittleEndian.AppendUint64(b, d)
	}
	return b
}

func TestBinaryErrors(t *testing.T) {
	const (
		prefix = "tensor.UnmarshalBinary: "
		other  = `no tensor of Tensor.MarshalBinary: it begins with "TNS" and has 6 bytes or more`
	)
	numbers := make([]byte, 24)
	tests := []struct {
		name string
		in   []byte
		kind tensor.Kind
		want string
	}{
		{"nothing", nil, tensor.ErrValue, other},
		{"text", []byte(`{"dtype":"float64"}`), tensor.ErrValue, other},
		{"version", header(2, 0, 0), tensor.ErrValue, "the tensor is written in version 2, this program reads version 1"},
		{"precision", header(1, 2, 0), tensor.ErrDType, "unknown precision 2: want 0 for float64 or 1 for float32"},
		{"axes", header(1, 0, 17), tensor.ErrLimit, "17 axes: at most 16 are possible"},
		{"cut shape", header(1, 0, 2, 1), tensor.ErrValue, "the bytes end within the shape: 2 axes take 16, and 8 are left"},
		{"too large an axis", header(1, 0, 1, math.MaxUint64), tensor.ErrLimit, "axis 0 has 18446744073709551615 elements: too many to count"},
		{"too many elements", header(1, 0, 3, 1<<30, 1<<30, 1<<30), tensor.ErrLimit, ""},
		{"a tensor that would fill the memory", header(1, 0, 2, 1<<16, 1<<10), tensor.ErrValue, "0 bytes of elements: shape (65536,1024) in float64 has 536870912"},
		{"empty, and too long", header(1, 0, 2, 0, 1<<27), tensor.ErrLimit, "shape (0,134217728) is too long for a tensor without elements (67108864 along the axes that are not empty)"},
		{"too few bytes", append(header(1, 0, 1, 4), numbers...), tensor.ErrValue, "24 bytes of elements: shape (4) in float64 has 32"},
		{"too many bytes", append(header(1, 1, 1, 5), numbers...), tensor.ErrValue, "24 bytes of elements: shape (5) in float32 has 20"},
		{"a byte behind", append(header(1, 0, 0), make([]byte, 9)...), tensor.ErrValue, "9 bytes of elements: shape () in float64 has 8"},
		{"other precision", append(header(1, 1, 1, 3), numbers[:12]...), tensor.ErrDType, "cannot read float32 numbers into a float64 tensor: read into a zero tensor.Tensor and convert it with Tensor.To"},
		{"other shape", append(header(1, 0, 2, 3, 1), numbers...), tensor.ErrShape, "cannot read shape (3,1) into a tensor of shape (3): read into a zero tensor.Tensor"},
	}
	for _, tt := range tests {
		x := tensor.Of([]float64{5, 6, 7}, 3)
		err := x.UnmarshalBinary(tt.in)
		if !errors.Is(err, tt.kind) || tt.want != "" && err.Error() != prefix+tt.want {
			t.Errorf("%s: got error %v, want %s%s", tt.name, err, prefix, tt.want)
		}
		if x.String() != "[5 6 7]" || x.DType() != tensor.Float64 {
			t.Errorf("%s: the error left %v %v behind", tt.name, x.DType(), x)
		}
	}
	var none *tensor.Tensor
	for _, x := range []*tensor.Tensor{none, {}} {
		if b, err := x.MarshalBinary(); b != nil || !errors.Is(err, tensor.ErrUsage) {
			t.Errorf("of a tensor that is nil or zero: got %q, error %v", b, err)
		}
		if b, err := x.AppendBinary([]byte("x")); string(b) != "x" || !errors.Is(err, tensor.ErrUsage) {
			t.Errorf("appending a tensor that is nil or zero: got %q, error %v", b, err)
		}
	}
	if err := none.UnmarshalBinary(header(1, 0, 0)); !errors.Is(err, tensor.ErrUsage) {
		t.Errorf("into a nil tensor: got error %v", err)
	}
}

// TestBinaryMemory holds that a few bytes do not claim more memory than they have.
func TestBinaryMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, in := range [][]byte{header(1, 0, 2, 1<<16, 1<<10), header(1, 1, 16, slices.Repeat([]uint64{3}, 16)...), header(1, 0, 1, 1<<27-1)} {
		if err := new(tensor.Tensor).UnmarshalBinary(in); err == nil {
			t.Errorf("% x: got no error", in)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
}

// FuzzTensorBinary holds that any bytes are read or refused without a panic, and that what was read is written the
// same.
func FuzzTensorBinary(f *testing.F) {
	for _, x := range samples() {
		b, err := x.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Add(header(1, 0, 2, 1<<32, 1<<32))
	f.Add(header(1, 1, 3, 0, 1<<26, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		var x tensor.Tensor
		if x.UnmarshalBinary(b) != nil {
			return
		}
		if again, err := x.MarshalBinary(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("% x was read as %v and written as % x, error %v", b, &x, again, err)
		}
	})
}
