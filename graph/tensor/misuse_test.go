package tensor_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/array"
	"github.com/seed366ff29f/chainrule/internal/testkit"
)

// outcome runs f and returns the *tensor.Error that it panics with, or nil. Every other panic fails the test.
func outcome(t *testing.T, name string, f func()) (err error) {
	t.Helper()
	defer func() {
		t.Helper()
		switch e := recover().(type) {
		case nil:
		case *tensor.Error:
			err = e
		default:
			t.Errorf("%s panics with %T: %v", name, e, e)
		}
	}()
	f()
	return nil
}

const noDType = tensor.DType(255)

// Calls that no correct program makes, by function or method. Every exported one stands here; one without calls takes
// anything.
var misuses = map[string][]func(){
	"BufferBytes":  {func() { tensor.BufferBytes(noDType, 1) }},
	"DType.Bytes":  {func() { noDType.Bytes() }},
	"DType.Check":  {func() { noDType.Check("f") }},
	"DType.String": nil,
	"Data":         {func() { tensor.Data[float64](nil) }, func() { tensor.Data[float32](row) }},
	"Error.Error":  nil,
	"Error.Unwrap": nil,
	"Errorf":       nil,
	"FormatShape":  nil,
	"Kind.Error":   nil,
	"New": {
		func() { tensor.New(noDType, 2) }, func() { tensor.New(tensor.Float64, -1) }, func() { tensor.New(tensor.Float64, 0, math.MinInt) },
		func() { tensor.New(tensor.Float32, math.MaxInt) }, func() { tensor.New(tensor.Float64, math.MaxInt/2+1, 4) },
		func() { tensor.New(tensor.Float64, 0, math.MaxInt) }, func() { tensor.New(tensor.Float64, make([]int, 17)...) },
	},
	"Of": {
		func() { tensor.Of([]float64{1}, 2) }, func() { tensor.Of([]float64{}) }, func() { tensor.Of([]float32(nil), 1) },
		func() { tensor.Of([]float64{1}, -1) }, func() { tensor.Of([]float64{1}, -1, -1) }, func() { tensor.Of([]float64{}, math.MaxInt/2+1, 4) },
		func() { tensor.Of([]float64{}, 1<<16, 1<<16, 1<<16, 1<<16) },
	},
	"Pool.Bytes": {func() { nilPool.Bytes() }},
	"Pool.Get": {
		func() { nilPool.Get(tensor.Float64, nil) }, func() { new(tensor.Pool).Get(noDType, []int{1}) }, func() { new(tensor.Pool).Get(tensor.Float64, []int{-1}) },
		func() { new(tensor.Pool).Get(tensor.Float64, []int{math.MaxInt, 3}) }, func() { new(tensor.Pool).Get(tensor.Float64, make([]int, 17)) },
	},
	"Pool.Lent":   {func() { nilPool.Lent() }},
	"Pool.Settle": {func() { nilPool.Settle() }},
	"Pool.Put": {
		func() { nilPool.Put(row) }, func() { new(tensor.Pool).Put(nil) }, func() { new(tensor.Pool).Put(&tensor.Tensor{}) },
		func() { new(tensor.Pool).Put(row) }, func() { new(tensor.Pool).Put(row.Reshape(2, 1)) },
		func() { var p tensor.Pool; x := p.Get(tensor.Float64, []int{2}); p.Put(x); p.Put(x) },
		func() { var p tensor.Pool; v := p.View(row, []int{1}, 1); p.Put(v); p.Put(v) },
	},
	"Pool.Share": {
		func() { nilPool.Share(row, []int{1}, 0) }, func() { new(tensor.Pool).Share(nil, nil, 0) }, func() { new(tensor.Pool).Share(row, []int{2}, 1) },
		func() {
			var p tensor.Pool
			x := p.Get(tensor.Float64, []int{2})
			p.Share(x, []int{2}, 0)
			p.Put(x)
			p.Put(x)
		},
	},
	"Pool.SetLimit": {func() { nilPool.SetLimit(1) }, func() { new(tensor.Pool).SetLimit(-1) }},
	"Pool.Trim":     {func() { nilPool.Trim() }},
	"Pool.View": {
		func() { nilPool.View(row, []int{1}, 0) }, func() { new(tensor.Pool).View(nil, nil, 0) }, func() { new(tensor.Pool).View(row, []int{2}, 1) },
		func() { new(tensor.Pool).View(row, []int{1}, -1) }, func() { new(tensor.Pool).View(row, []int{1}, math.MaxInt) }, func() { new(tensor.Pool).View(row, []int{-1}, 0) },
		func() { new(tensor.Pool).View(row, []int{math.MaxInt, 2}, 2) },
	},
	"Pool.Zeros":          {func() { nilPool.Zeros(tensor.Float64, nil) }, func() { new(tensor.Pool).Zeros(tensor.Float64, []int{math.MinInt}) }},
	"ResolveShape":        nil, // returns an error
	"Size":                nil, // returns an error
	"Tensor.AppendBinary": {},  // returns an error
	"Tensor.At":           {func() { row.At() }, func() { row.At(0, 0) }, func() { row.At(2) }, func() { row.At(-1) }, func() { row.At(math.MinInt) }, func() { tensor.New(tensor.Float64, 0, 2).At(0, 0) }},
	"Tensor.AtFlat": {
		func() { row.AtFlat(2) }, func() { row.AtFlat(-1) }, func() { row.AtFlat(math.MaxInt) }, func() { row.To(tensor.Float32).AtFlat(2) },
		func() { row.To(tensor.Float32).AtFlat(math.MinInt) }, func() { tensor.New(tensor.Float64, 0).AtFlat(0) },
	},
	"Tensor.Clone":           {},
	"Tensor.Copy":            {func() { row.Clone().Copy(nil) }, func() { row.Clone().Copy(&tensor.Tensor{}) }, func() { row.Clone().Copy(square) }},
	"Tensor.DType":           {},
	"Tensor.Dims":            {},
	"Tensor.Fill":            {},
	"Tensor.Float32s":        {},
	"Tensor.Float64s":        {},
	"Tensor.Len":             {},
	"Tensor.MarkChanged":     {},
	"Tensor.MarshalBinary":   {}, // returns an error
	"Tensor.MarshalJSON":     {}, // returns an error
	"Tensor.Rank":            {},
	"Tensor.Reshape":         {func() { row.Reshape(3) }, func() { row.Reshape(-1, -1) }, func() { row.Reshape(-2) }, func() { row.Reshape(math.MaxInt, math.MaxInt) }, func() { row.Reshape(0, -1) }},
	"Tensor.SetAt":           {func() { row.SetAt(1) }, func() { row.SetAt(1, 0, 0) }, func() { row.SetAt(1, 2) }, func() { row.SetAt(1, math.MinInt) }},
	"Tensor.SetFlat":         {func() { row.SetFlat(1, 2) }, func() { row.SetFlat(1, -1) }, func() { row.To(tensor.Float32).SetFlat(1, 2) }, func() { row.To(tensor.Float32).SetFlat(1, math.MinInt) }},
	"Tensor.Shape":           {},
	"Tensor.Sole":            {},
	"Tensor.String":          {},
	"Tensor.Summary":         {func() { row.Summary(-1, 6) }, func() { row.Summary(4, math.MaxInt32) }, func() { row.Summary(4, -2) }, func() { row.Summary(math.MinInt, -1) }, func() { row.Summary(1, 768) }},
	"Tensor.To":              {func() { row.To(noDType) }},
	"Tensor.UnmarshalBinary": {}, // returns an error
	"Tensor.UnmarshalJSON":   {}, // returns an error
	"Tensor.Version":         {},
	"Tensor.Zero":            {},
}

var (
	row     = tensor.Of([]float64{1, 2}, 2)
	square  = tensor.Of([]float64{1, 2, 3, 4}, 2, 2)
	nilPool *tensor.Pool
)

// TestMisuse holds that every call of misuses panics with an *Error, and that there is an entry for every function.
func TestMisuse(t *testing.T) {
	functions := testkit.Exported(t, 40)
	for _, f := range functions {
		name := f.Name
		calls, ok := misuses[name]
		if !ok {
			t.Errorf("%s has no entry", name)
		}
		for i, call := range calls {
			var e *tensor.Error
			if err := outcome(t, name, call); !errors.As(err, &e) || !strings.Contains(e.Error(), ": ") {
				t.Errorf("%s, call %d: got error %v, want a *tensor.Error", name, i, err)
			}
		}
	}
	if len(functions) != len(misuses) {
		t.Errorf("%d entries for %d functions and methods", len(misuses), len(functions))
	}
	if row.String() != "[1 2]" || square.String() != "[[1 2] [3 4]]" {
		t.Errorf("a call that was refused left %v and %v behind", row, square)
	}
}

// TestNilAndZeroTensors holds that every method of a nil tensor panics with an *Error and none of the zero Tensor with
// something else.
func TestNilAndZeroTensors(t *testing.T) {
	harmless := map[string]bool{ // they say what is wrong, or return it
		"String": true, "MarshalJSON": true, "UnmarshalJSON": true, "AppendBinary": true, "MarshalBinary": true, "UnmarshalBinary": true,
	}
	mustFail := map[string]bool{
		"At": true, "SetAt": true, "AtFlat": true, "SetFlat": true, "Clone": true, "Copy": true, "Fill": true, "Zero": true,
		"Float32s": true, "Float64s": true, "Reshape": true, "Summary": true, "To": true,
	}
	for _, receiver := range []*tensor.Tensor{nil, {}} {
		v := reflect.ValueOf(receiver)
		for i := range v.NumMethod() {
			name, f := v.Type().Method(i).Name, v.Method(i)
			var args []reflect.Value
			for k := range f.Type().NumIn() {
				if !f.Type().IsVariadic() || k < f.Type().NumIn()-1 {
					args = append(args, reflect.Zero(f.Type().In(k)))
				}
			}
			err := outcome(t, name, func() { f.Call(args) })
			if err != nil && !errors.Is(err, tensor.ErrUsage) {
				t.Errorf("%s of a tensor that is nil (%v) or zero: got error %v of another kind", name, receiver == nil, err)
			}
			if want := receiver == nil && !harmless[name] || mustFail[name]; (err != nil) != want {
				t.Errorf("%s of a tensor that is nil (%v) or zero: got error %v, want one: %v", name, receiver == nil, err, want)
			}
		}
	}
	for want, x := range map[string]any{"<nil>": (*tensor.Tensor)(nil), "<zero>": &tensor.Tensor{}, "DType(255)": noDType} {
		if got := x.(interface{ String() string }).String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestZeroStructs holds that the zero value of every other struct of the package is usable.
func TestZeroStructs(t *testing.T) {
	var p tensor.Pool
	p.SetLimit(0)
	if n := p.Trim(); n != 0 || p.Bytes() != 0 || p.Lent() != 0 {
		t.Errorf("the zero Pool holds %d bytes", n)
	}
	if x := p.Zeros(tensor.Float32, []int{2}); x.String() != "[0 0]" {
		t.Errorf("the zero Pool lends %v", x)
	}
	var walk array.Pairing
	for r := range walk.Runs {
		t.Errorf("the zero Pairing has a run %v", r)
	}
	(*array.Pairing)(nil).Runs(func(array.Run) bool { t.Error("a nil Pairing has a run"); return false })
	if got := new(tensor.Error).Error(); got != ": " {
		t.Errorf("the zero Error says %q", got)
	}
}
