package tensor_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// same reports whether two tensors have the same precision, shape and bits; one NaN is as good as another.
func same(a, b *tensor.Tensor) bool {
	if a.DType() != b.DType() || !cmp.Equal(a.Shape(), b.Shape()) {
		return false
	}
	for i := range a.Len() {
		x, y := a.AtFlat(i), b.AtFlat(i)
		if math.Float64bits(x) != math.Float64bits(y) && (x == x || y == y) {
			return false
		}
	}
	return true
}

func TestJSON(t *testing.T) {
	hard := []float64{
		0, math.Copysign(0, -1), 1, -1.5, 0.1, 1.0 / 3, math.Pi, 1e6, 1e21, 1e-7, math.MaxFloat64, math.SmallestNonzeroFloat64,
		math.NaN(), math.Inf(1), math.Inf(-1), 1 << 53,
	}
	for _, x := range []*tensor.Tensor{
		tensor.Of(hard, 4, 2, 2),
		tensor.Of([]float32{0.1, -0.1, math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.NaN()), float32(math.Inf(-1))}, 6),
		tensor.Of([]float64{7}),
		tensor.Of([]float32{7}),
		tensor.New(tensor.Float32, 2, 0, 3),
		tensor.New(tensor.Float64, 0),
	} {
		b, err := json.Marshal(x)
		if err != nil {
			t.Fatalf("%v: %v", x, err)
		}
		var y tensor.Tensor
		if err := json.Unmarshal(b, &y); err != nil || !same(x, &y) {
			t.Errorf("%s came back as %v: %v, error %v", b, y.DType(), &y, err)
		}
		z := tensor.New(x.DType(), x.Dims()...)
		before := z.Version()
		if err := json.Unmarshal(b, z); err != nil || !same(x, z) || z.Version() == before {
			t.Errorf("%s into a tensor: %v, error %v, counts as a change: %v", b, z, err, z.Version() != before)
		}
	}
	got, err := json.Marshal(struct{ A, B *tensor.Tensor }{A: tensor.Of([]float64{1, 0.5, math.NaN(), math.Inf(-1)}, 2, 2)})
	const want = `{"A":{"dtype":"float64","shape":[2,2],"data":[1,0.5,"NaN","-Inf"]},"B":null}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, error %v, want %s", got, err, want)
	}
	var back struct{ A, B *tensor.Tensor }
	if err := json.Unmarshal(got, &back); err != nil || back.B != nil || back.A == nil || back.A.At(0, 1) != 0.5 {
		t.Errorf("%s came back as %v and %v, error %v", got, back.A, back.B, err)
	}
}

func TestJSONErrors(t *testing.T) {
	const prefix = "tensor.UnmarshalJSON: "
	for _, tt := range []struct {
		text string
		kind tensor.Kind
		want string
	}{
		{`{}`, tensor.ErrValue, `no "dtype": want an object such as {"dtype":"float64","shape":[2],"data":[1,2]}`},
		{`{"dtype":"float64"}`, tensor.ErrValue, `no "shape": want an object such as {"dtype":"float64","shape":[2],"data":[1,2]}`},
		{`{"dtype":"float64","shape":[1]}`, tensor.ErrValue, `no "data": want an object such as {"dtype":"float64","shape":[2],"data":[1,2]}`},
		{`{"dtype":"float64","shape":null,"data":[1]}`, tensor.ErrValue, `no "shape": want an object such as {"dtype":"float64","shape":[2],"data":[1,2]}`},
		{`{"dtype":"int8","shape":[1],"data":[1]}`, tensor.ErrDType, `unknown "dtype" "int8": want "float64" or "float32"`},
		{`{"dtype":"float64","shape":[-1],"data":[]}`, tensor.ErrShape, `shape (-1) has a negative axis: every axis counts elements, from 0 up`},
		{`{"dtype":"float64","shape":[2,2],"data":[1,2,3]}`, tensor.ErrShape, `shape (2,2) has 4 elements, "data" has 3`},
		{`{"dtype":"float64","shape":[],"data":[]}`, tensor.ErrShape, `shape () has 1 elements, "data" has 0`},
		{`{"dtype":"float64","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data":[1]}`, tensor.ErrLimit, `shape (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1) has 17 axes: at most 16 are possible`},
		{`{"dtype":"float64","shape":[1],"data":null}`, tensor.ErrValue, `"data" is no list of numbers: give the elements in row-major order, in one list`},
		{`{"dtype":"float64","shape":[1],"data":3}`, tensor.ErrValue, `"data" is no list of numbers: give the elements in row-major order, in one list`},
		{`{"dtype":"float64","shape":[1],"data":{"a":[1]}}`, tensor.ErrValue, `"data" is no list of numbers: give the elements in row-major order, in one list`},
		{`{"dtype":"float64","shape":[2],"data":[[1,2]]}`, tensor.ErrValue, `element 0 is [1: want a float64 number, or "NaN", "Inf" or "-Inf"`},
		{`{"dtype":"float64","shape":[1],"data":["nan"]}`, tensor.ErrValue, `element 0 is "nan": want a float64 number, or "NaN", "Inf" or "-Inf"`},
		{`{"dtype":"float64","shape":[2],"data":["1,2"]}`, tensor.ErrValue, `element 0 is "1: want a float64 number, or "NaN", "Inf" or "-Inf"`},
		{`{"dtype":"float64","shape":[1],"data":[null]}`, tensor.ErrValue, `element 0 is null: want a float64 number, or "NaN", "Inf" or "-Inf"`},
		{`{"dtype":"float64","shape":[1],"data":[1e999]}`, tensor.ErrValue, `element 0 is 1e999: want a float64 number, or "NaN", "Inf" or "-Inf"`},
		{`{"dtype":"float32","shape":[2],"data":[1,1e39]}`, tensor.ErrValue, `element 1 is 1e39: want a float32 number, or "NaN", "Inf" or "-Inf"`},
		{`{"dtype":"float32","shape":[3],"data":[1,2,3]}`, tensor.ErrDType, `cannot read float32 numbers into a float64 tensor: read into a zero tensor.Tensor and convert it with Tensor.To`},
		{`{"dtype":"float64","shape":[4],"data":[1,2,3,4]}`, tensor.ErrShape, `cannot read shape (4) into a tensor of shape (3): read into a zero tensor.Tensor`},
	} {
		x := tensor.Of([]float64{5, 6, 7}, 3)
		err := x.UnmarshalJSON([]byte(tt.text))
		if !errors.Is(err, tt.kind) || err.Error() != prefix+tt.want {
			t.Errorf("%s: got error %v, want %s%s", tt.text, err, prefix, tt.want)
		}
		if x.String() != "[5 6 7]" || x.DType() != tensor.Float64 {
			t.Errorf("%s: the error left %v %v behind", tt.text, x.DType(), x)
		}
	}
	for _, text := range []string{"", "3", `"x"`, "[1]", "{", `{"dtype":1,"shape":[1],"data":[1]}`, `{"dtype":"float64","shape":[1.5],"data":[1]}`, `{"dtype":"float64","shape":[1e30],"data":[1]}`} {
		var e *tensor.Error
		if err := new(tensor.Tensor).UnmarshalJSON([]byte(text)); !errors.As(err, &e) {
			t.Errorf("%s: got error %v, want a *tensor.Error", text, err)
		}
	}
	if err := (*tensor.Tensor)(nil).UnmarshalJSON([]byte("{}")); !errors.Is(err, tensor.ErrUsage) {
		t.Errorf("into a nil tensor: got error %v", err)
	}
	if _, err := json.Marshal(&tensor.Tensor{}); !errors.Is(err, tensor.ErrUsage) {
		t.Errorf("of the zero Tensor: got error %v", err)
	}
}

// FuzzTensorJSON holds that any text is read or refused without a panic, and that what was read is written and read the same.
func FuzzTensorJSON(f *testing.F) {
	for _, text := range []string{
		`{"dtype":"float64","shape":[2,2],"data":[1,-0,"NaN",1e-300]}`, `{"dtype":"float32","shape":[],"data":[ "Inf" ]}`,
		`{"dtype":"float32","shape":[0,67108865],"data":[]}`, `{"dtype":"float64","shape":[4294967296,4294967296],"data":[]}`,
		`{"dtype":"float64","shape":[2],"data":[[1],2]}`, `{"shape":[1],"data":[1],"dtype":"float64","data":["-Inf"]}`, `null`, `[`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var x, y tensor.Tensor
		if err := x.UnmarshalJSON(b); err != nil || x.Len() == 0 && x.Rank() == 0 {
			return
		}
		text, err := x.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &y); err != nil || !same(&x, &y) {
			t.Errorf("%q was read as %v, written as %s and read as %v: error %v", b, &x, text, &y, err)
		}
	})
}
