package data_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/graph/tensor/npy"
	"github.com/seed366ff29f/chainrule/nn/data"
)

func TestFromArrays(t *testing.T) {
	want := everything(5)
	tokens, next := tensor.New(tensor.Float32, 5, 3), tensor.New(tensor.Float64, 5, 3)
	for i, row := range want.Tokens {
		for j, v := range row {
			tokens.SetAt(float64(v), i, j)
			next.SetAt(float64(want.Next[i][j]), i, j)
		}
	}
	var file bytes.Buffer
	if err := npy.WriteNPZ(&file, map[string]*tensor.Tensor{"x": want.X, "y": want.T, "a": want.More[0], "b": want.More[1], "tokens": tokens, "next": next}); err != nil {
		t.Fatal(err)
	}
	arrays, err := npy.ReadNPZ(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := data.FromArrays(arrays, data.ArrayNames{X: "x", T: "y", More: []string{"a", "b"}, Tokens: "tokens", Next: "next"})
	if err != nil {
		t.Fatal(err)
	}
	checkEverything(t, []int{0, 1, 2, 3, 4}, got.X, got.T, got.More, slices.Concat(got.Tokens...), slices.Concat(got.Next...))
	for _, shape := range [][]int{{3}, {3, 1}} {
		arrays := map[string]*tensor.Tensor{"x": tensor.New(tensor.Float32, 3, 2), "y": tensor.Of([]float64{2, 0, 1}, shape...)}
		got, err := data.FromArrays(arrays, data.ArrayNames{X: "x", Labels: "y"})
		if err != nil || !slices.Equal(got.Labels, []int{2, 0, 1}) || got.X != arrays["x"] || got.T != nil {
			t.Errorf("shape %v: got %+v, error %v", shape, got, err)
		}
	}
}

func TestFromArraysErrors(t *testing.T) {
	arrays := map[string]*tensor.Tensor{
		"x": tensor.New(tensor.Float64, 2, 3), "y": tensor.Of([]float64{0, 1}, 2), "half": tensor.Of([]float64{0, 0.5}, 2, 1), "one": tensor.Of([]float64{1}),
		"long": tensor.New(tensor.Float64, 3), "nil": nil, "zero": {}, "none": tensor.New(tensor.Float64, 2, 0),
	}
	const there = `there are ["half" "long" "nil" "none" "one" "x" "y" "zero"]`
	for _, tt := range []struct {
		name  string
		names data.ArrayNames
		want  string
	}{
		{"nothing", data.ArrayNames{}, "no features: name an array in ArrayNames.X or Tokens"},
		{"missing features", data.ArrayNames{X: "X"}, `no array "X": ` + there},
		{"nil", data.ArrayNames{X: "nil"}, `no array "nil": ` + there},
		{"zero", data.ArrayNames{X: "x", T: "zero"}, `no array "zero": ` + there},
		{"missing input", data.ArrayNames{X: "x", More: []string{"x", "z"}}, `no array "z": ` + there},
		{"input without a name", data.ArrayNames{X: "x", More: []string{""}}, `no array "": ` + there},
		{"missing classes", data.ArrayNames{X: "x", Labels: "z"}, `no array "z": ` + there},
		{"missing tokens", data.ArrayNames{Tokens: "z"}, `no array "z": ` + there},
		{"scalar", data.ArrayNames{X: "one"}, "data.Set: X is a scalar: want the shape (examples, features)"},
		{"classes", data.ArrayNames{X: "x", Labels: "x"}, `array "x" has shape (2,3): want a class for each example, (examples) or (examples, 1)`},
		{"scalar class", data.ArrayNames{X: "x", Labels: "one"}, `array "one" has shape (): want a class for each example, (examples) or (examples, 1)`},
		{"no class", data.ArrayNames{X: "x", Labels: "half"}, `array "half": data.Integers: element 1 is 0.5: want an integer`},
		{"no token", data.ArrayNames{X: "x", Next: "half"}, `array "half": data.Integers: element 1 is 0.5: want an integer`},
		{"tokens of one axis", data.ArrayNames{Tokens: "y"}, `array "y" has shape (2): want integers of shape (examples, positions)`},
		{"tokens without positions", data.ArrayNames{Tokens: "none"}, `array "none" has shape (2,0): want integers of shape (examples, positions)`},
		{"what does not fit", data.ArrayNames{X: "x", Labels: "long"}, "data.Set: 3 labels for 2 examples: give one for each"},
	} {
		if _, err := data.FromArrays(arrays, tt.names); err == nil || err.Error() != "data.FromArrays: "+tt.want {
			t.Errorf("%s: got error %v, want data.FromArrays: %s", tt.name, err, tt.want)
		}
	}
	if _, err := data.FromArrays(nil, data.ArrayNames{X: "x"}); err == nil || err.Error() != `data.FromArrays: no array "x": there are []` {
		t.Errorf("no arrays: got error %v", err)
	}
}
