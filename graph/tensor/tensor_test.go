package tensor_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

func try(f func()) (err error) {
	defer func() {
		if e := recover(); e != nil {
			err = e.(*tensor.Error)
		}
	}()
	f()
	return nil
}

func TestMessages(t *testing.T) {
	x := tensor.New(tensor.Float64, 2, 3)
	tests := []struct {
		name string
		kind tensor.Kind
		f    func()
		want string
	}{
		{"data too short", tensor.ErrShape, func() { tensor.Of([]float64{1, 2}, 2, 3) },
			"tensor.Of: shape (2,3) has 6 elements, data has 2: give the shape that data has, such as tensor.Of(data, 2)"},
		{"no shape", tensor.ErrShape, func() { tensor.Of([]float32{1, 2, 3}) },
			"tensor.Of: shape () has 1 elements, data has 3: give the shape that data has, such as tensor.Of(data, 3)"},
		{"negative axis", tensor.ErrShape, func() { tensor.New(tensor.Float64, 2, -1) },
			"tensor.New: shape (2,-1) has a negative axis: every axis counts elements, from 0 up"},
		{"overflow", tensor.ErrLimit, func() { tensor.New(tensor.Float64, math.MaxInt, math.MaxInt) },
			fmt.Sprintf("tensor.New: shape (%d,%[1]d) has more elements than a tensor can hold (%d)", math.MaxInt, int64(min(1<<38, (math.MaxInt+1)/16)))},
		{"too many axes", tensor.ErrLimit, func() { tensor.New(tensor.Float64, make([]int, 17)...) },
			"tensor.New: shape (0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0) has 17 axes: at most 16 are possible"},
		{"index", tensor.ErrIndex, func() { x.At(1, 3) },
			"tensor.At: index [1 3] is outside shape (2,3): axis 1 runs from 0 to 2"},
		{"indices", tensor.ErrIndex, func() { x.SetAt(1, 0) },
			"tensor.SetAt: 1 indices for a tensor of shape (2,3): give one for each axis"},
		{"copy", tensor.ErrShape, func() { x.Copy(tensor.New(tensor.Float64, 3, 2)) },
			"tensor.Copy: cannot copy shape (3,2) into shape (2,3): reshape one of them"},
		{"reshape", tensor.ErrShape, func() { x.Reshape(4, -1) },
			"tensor.Reshape: tensor.ResolveShape: shape (2,3) with 6 elements cannot become (4,-1): the number of elements must stay the same"},
		{"other precision", tensor.ErrDType, func() { tensor.Data[float32](x) },
			"tensor.Data: the tensor holds []float64, not []float32: convert it with Tensor.To"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := try(tt.f)
			if !errors.Is(err, tt.kind) {
				t.Fatalf("got %v, want kind %q", err, tt.kind)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestElements(t *testing.T) {
	data := []float64{1, 2, 3, 4, 5, 6}
	x := tensor.Of(data, 2, 3)
	if x.At(1, 0) != 4 || x.Len() != 6 || x.Rank() != 2 || x.DType() != tensor.Float64 {
		t.Errorf("got %v of %v", x, x.DType())
	}
	v := x.Version()
	x.SetAt(9, 0, 1)
	if data[1] != 9 || x.Version() == v {
		t.Error("SetAt must write to the storage that Of was given, and count as a change")
	}
	x.Shape()[0] = 100
	if x.Dims()[0] != 2 {
		t.Error("Shape must copy")
	}
	y := x.To(tensor.Float32)
	y.SetAt(0.1, 0, 0)
	if y.At(0, 0) != float64(float32(0.1)) || x.At(0, 0) != 1 {
		t.Errorf("float32 copy: got %v, original %v", y.At(0, 0), x.At(0, 0))
	}
	if got := y.Float64s(); got[1] != 9 {
		t.Errorf("Float64s of float32: got %v", got)
	}
	z := x.Reshape(-1, 2)
	z.SetAt(7, 2, 1)
	if diff := cmp.Diff([]int{3, 2}, z.Shape()); diff != "" || x.At(1, 2) != 7 {
		t.Errorf("Reshape must share the storage: %v, %s", x, diff)
	}
	if c := x.Clone(); c == x || c.String() != x.String() {
		t.Errorf("Clone: got %v, want %v", c, x)
	}
}

func TestString(t *testing.T) {
	for _, tt := range []struct {
		t    *tensor.Tensor
		want string
	}{
		{tensor.Of([]float64{1.5}), "1.5"},
		{tensor.Of([]float64{1, 2, 3, 4}, 2, 2), "[[1 2] [3 4]]"},
		{tensor.New(tensor.Float64, 0), "[]"},
		{tensor.New(tensor.Float64, 2, 0), "[[] []]"},
		{tensor.Of([]float32{0.1}, 1), "[0.1]"},
		{tensor.New(tensor.Float64, 2000), "[0 0 0 … 0 0 0]"},
	} {
		if got := tt.t.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
	x := tensor.Of([]float64{1, 2, 1.0 / 3, 4}, 4)
	if got := x.Summary(3, 2); got != "[1 2 …]" {
		t.Errorf("Summary: got %s", got)
	}
	if got := x.Summary(4, 2); got != "[1 2 0.33 4]" {
		t.Errorf("Summary: got %s", got)
	}
}

func TestResolveShape(t *testing.T) {
	for _, tt := range []struct {
		dims, from []int
		want       []int
	}{
		{[]int{3, 2}, []int{2, 3}, []int{3, 2}},
		{[]int{-1}, []int{2, 3}, []int{6}},
		{[]int{2, -1, 1}, []int{2, 3}, []int{2, 3, 1}},
		{nil, []int{1, 1}, []int{}},
		{[]int{0, 5}, []int{3, 0}, []int{0, 5}},
		{[]int{-1}, []int{0}, []int{0}},
		{[]int{0, -1}, []int{0}, nil}, // -1 could be anything
		{[]int{-1, -1}, []int{4}, nil},
		{[]int{-2, 2}, []int{4}, nil},
		{[]int{5}, []int{4}, nil},
		{[]int{math.MaxInt, math.MaxInt, -1}, []int{4}, nil},
	} {
		got, err := tensor.ResolveShape([]int{}, tt.dims, tt.from)
		if (err != nil) != (tt.want == nil) {
			t.Errorf("%v from %v: error %v", tt.dims, tt.from, err)
		} else if err == nil && cmp.Diff(tt.want, got) != "" {
			t.Errorf("%v from %v: got %v, want %v", tt.dims, tt.from, got, tt.want)
		}
	}
}

func TestPool(t *testing.T) {
	var p tensor.Pool
	for _, dtype := range []tensor.DType{tensor.Float64, tensor.Float32} {
		for n := range 5000 {
			x := p.Zeros(dtype, []int{n})
			if x.Len() != n || x.DType() != dtype {
				t.Fatalf("asked for %d of %v, got %d of %v", n, dtype, x.Len(), x.DType())
			}
			for i := range n {
				if x.AtFlat(i) != 0 {
					t.Fatalf("Zeros(%d): element %d is %v", n, i, x.AtFlat(i))
				}
			}
			x.Fill(1)
			p.Put(x)
		}
	}
	if p.Lent() != 0 {
		t.Errorf("everything was given back, %d bytes count as lent", p.Lent())
	}
	// At most an eighth is wasted, and no more buffers are made than there are classes.
	a := p.Get(tensor.Float64, []int{1000})
	before := p.Bytes()
	p.Put(a)
	if b := p.Get(tensor.Float64, []int{10, 100}); b != a || p.Bytes() != before {
		t.Error("a buffer of the same size must be used again")
	}
	if got := p.Lent(); got < 8000 || got > 9000 {
		t.Errorf("1000 float64 take %d bytes, want 8000 to 9000", got)
	}
	v := p.View(a, []int{2, 5}, 10)
	v.SetAt(3, 1, 1)
	if a.AtFlat(16) != 3 {
		t.Error("a view must share the storage")
	}
	p.Put(v)
	p.Put(a)
	if p.Trim() == 0 || p.Bytes() != 0 {
		t.Errorf("Trim must give everything up: %d bytes left", p.Bytes())
	}
	if n := testing.AllocsPerRun(10, func() {
		x := p.Get(tensor.Float32, []int{3, 4, 5})
		p.Put(p.View(x, []int{60}, 0))
		p.Put(x)
	}); n != 0 {
		t.Errorf("%v allocations to lend again, want 0", n)
	}
}

// TestPoolShare gives tensors that share a buffer back in every order: it stays lent until the last of them is back, goes
// to no one else until then, and the one that is left alone knows it.
func TestPoolShare(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {0, 3, 1, 2}, {1, 0, 3, 2}, {2, 3, 0, 1}} {
		var p tensor.Pool
		first := p.Get(tensor.Float32, []int{3, 4})
		if !first.Sole() {
			t.Error("a new tensor has its elements to itself")
		}
		second := p.Share(first, []int{12}, 0)
		ts := []*tensor.Tensor{first, second, p.Share(first, []int{2, 2}, 8), p.Share(second, []int{4, 3}, 0)}
		second.SetFlat(7, 9)
		if first.AtFlat(9) != 7 || ts[2].AtFlat(1) != 7 || ts[3].AtFlat(9) != 7 {
			t.Error("what shares a tensor must have its elements")
		}
		for k, i := range order {
			if last := k == len(order)-1; ts[i].Sole() != last {
				t.Errorf("order %v: after %d were given back, tensor %d is alone: %v", order, k, i, !last)
			}
			if other := p.Get(tensor.Float32, []int{3, 4}); p.Lent() != 2*tensor.BufferBytes(tensor.Float32, 12) {
				t.Errorf("order %v: after %d were given back and one was lent, %d bytes are lent", order, k, p.Lent())
			} else {
				other.Fill(1)
				p.Put(other)
			}
			if ts[i].AtFlat(ts[i].Len()-3) != 7 {
				t.Errorf("order %v: after %d were given back, tensor %d holds %v", order, k, i, ts[i])
			}
			p.Put(ts[i])
		}
		if p.Lent() != 0 {
			t.Errorf("order %v: everything was given back, %d bytes count as lent", order, p.Lent())
		}
		if again := p.Get(tensor.Float32, []int{12}); !again.Sole() || again.AtFlat(9) != 7 && again.AtFlat(9) != 1 {
			t.Errorf("order %v: the buffer does not serve again", order)
		}
	}
	var p tensor.Pool
	own := tensor.New(tensor.Float64, 2)
	v := p.Share(own, []int{2}, 0)
	w := p.Share(v, []int{1}, 1)
	if v.Sole() || w.Sole() {
		t.Error("the elements of a tensor that no pool has lent belong to someone else")
	}
	p.Put(v)
	p.Put(w)
	x := p.Get(tensor.Float64, []int{4})
	if n := testing.AllocsPerRun(10, func() { p.Put(p.Share(x, []int{2, 2}, 0)) }); n != 0 || !x.Sole() {
		t.Errorf("%v allocations to share again, want 0", n)
	}
}

func ExampleOf() {
	t := tensor.Of([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	fmt.Println(t, t.At(1, 0))
	// Output: [[1 2 3] [4 5 6]] 4
}

// TestPoolIsBounded holds that shapes which vary do not pile up: what a pool has made stays within twice the most that was
// lent at once, and within its limit.
func TestPoolIsBounded(t *testing.T) {
	for _, limit := range []int{0, 1 << 20} {
		var p tensor.Pool
		p.SetLimit(limit)
		rng := rand.New(rand.NewPCG(1, 2))
		most := 0
		for range 2000 {
			var lent []*tensor.Tensor
			for range 1 + rng.IntN(4) {
				dtype, n := tensor.DType(rng.IntN(2)), rng.IntN(20_000)
				if limit > 0 && tensor.BufferBytes(dtype, n) > limit-p.Lent() {
					continue
				}
				lent = append(lent, p.Get(dtype, []int{n}))
				most = max(most, p.Lent())
				if p.Bytes() > 2*most || limit > 0 && p.Bytes() > limit {
					t.Fatalf("the pool holds %d bytes, %d were lent at once at most, the limit is %d", p.Bytes(), most, limit)
				}
			}
			for _, x := range lent {
				p.Put(x)
			}
		}
		if p.Lent() != 0 || p.Trim() > 2*most || p.Bytes() != 0 {
			t.Errorf("%d bytes are lent at the end, %d left", p.Lent(), p.Bytes())
		}
	}
}

// TestPoolKeepsWhatFits holds that work within the limit allocates nothing when it is done again, and that buffers which
// are no longer asked for go before those that are.
func TestPoolKeepsWhatFits(t *testing.T) {
	var p tensor.Pool
	p.SetLimit(3 * 8000)
	sizes := [][]int{{900}, {1000}, {950}}
	work := func() {
		a, b := p.Get(tensor.Float64, sizes[0]), p.Get(tensor.Float64, sizes[1])
		p.Put(a)
		c := p.Get(tensor.Float64, sizes[2])
		p.Put(b)
		p.Put(c)
	}
	p.Put(p.Get(tensor.Float64, []int{1500})) // once only
	work()
	if n := testing.AllocsPerRun(10, work); n != 0 {
		t.Errorf("%v allocations for work that fits the limit, want 0", n)
	}
	// What is lent beyond the limit is not kept.
	x := p.Get(tensor.Float64, []int{10_000})
	p.Put(x)
	if p.Bytes() > 3*8000 {
		t.Errorf("%d bytes are kept beyond the limit", p.Bytes())
	}
}
