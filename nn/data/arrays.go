package data

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// ArrayNames says which of some arrays become which field of a set. Fields without a name stay empty.
type ArrayNames struct {
	X      string   // features, any shape with a row for each example
	More   []string // further inputs
	Tokens string   // integers, (examples, positions)
	T      string   // targets
	Labels string   // classes, (examples) or (examples, 1)
	Next   string   // classes for each position, (examples, positions)
}

// FromArrays makes a set of arrays with names, such as an archive of NumPy's:
//
//	arrays, err := npy.ReadNPZ(f, size, "x_train", "y_train")
//	set, err := data.FromArrays(arrays, data.ArrayNames{X: "x_train", Labels: "y_train"})
//
// X, More and T are the arrays themselves, not copies. The error says which array is missing, has another shape or a
// number that is no integer, or what [Set.Check] finds.
func FromArrays(arrays map[string]*tensor.Tensor, names ArrayNames) (*Set, error) {
	s, err := fromArrays(arrays, names)
	if err == nil {
		err = s.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("data.FromArrays: %w", err)
	}
	return s, nil
}

func fromArrays(arrays map[string]*tensor.Tensor, names ArrayNames) (s *Set, err error) {
	s = &Set{}
	if names.X == "" && names.Tokens == "" {
		return nil, errors.New("no features: name an array in ArrayNames.X or Tokens")
	}
	for _, part := range []struct {
		name string
		into **tensor.Tensor
	}{{names.X, &s.X}, {names.T, &s.T}} {
		if part.name == "" {
			continue
		}
		if *part.into, err = arrayOf(arrays, part.name); err != nil {
			return nil, err
		}
	}
	for _, name := range names.More {
		m, err := arrayOf(arrays, name)
		if err != nil {
			return nil, err
		}
		s.More = append(s.More, m)
	}
	for _, part := range []struct {
		name string
		into *[][]int
	}{{names.Tokens, &s.Tokens}, {names.Next, &s.Next}} {
		if part.name == "" {
			continue
		}
		if *part.into, err = intRows(arrays, part.name); err != nil {
			return nil, err
		}
	}
	if names.Labels == "" {
		return s, nil
	}
	t, err := arrayOf(arrays, names.Labels)
	if err != nil {
		return nil, err
	}
	if t.Rank() != 1 && (t.Rank() != 2 || t.Dims()[1] != 1) {
		return nil, fmt.Errorf("array %q has shape %s: want a class for each example, (examples) or (examples, 1)", names.Labels, tensor.FormatShape(t.Dims()))
	}
	if s.Labels, err = Integers(t); err != nil {
		return nil, fmt.Errorf("array %q: %w", names.Labels, err)
	}
	return s, nil
}

func arrayOf(arrays map[string]*tensor.Tensor, name string) (*tensor.Tensor, error) {
	t := arrays[name]
	if t == nil || t.Rank() == 0 && t.Len() == 0 {
		return nil, fmt.Errorf("no array %q: there are %q", name, slices.Sorted(maps.Keys(arrays)))
	}
	return t, nil
}

// intRows returns the rows of an array of integers with two axes.
func intRows(arrays map[string]*tensor.Tensor, name string) ([][]int, error) {
	t, err := arrayOf(arrays, name)
	if err != nil {
		return nil, err
	}
	if t.Rank() != 2 || t.Dims()[1] == 0 {
		return nil, fmt.Errorf("array %q has shape %s: want integers of shape (examples, positions)", name, tensor.FormatShape(t.Dims()))
	}
	all, err := Integers(t)
	if err != nil {
		return nil, fmt.Errorf("array %q: %w", name, err)
	}
	rows, w := make([][]int, t.Dims()[0]), t.Dims()[1]
	for i := range rows {
		rows[i] = all[i*w : i*w+w : i*w+w]
	}
	return rows, nil
}

// Integers returns the numbers of a tensor, in row-major order, as classes or other integers. It returns an error that
// names the first one that is not an integer, and panics with an [*tensor.Error] if t is nil or zero.
func Integers(t *tensor.Tensor) ([]int, error) {
	if t == nil || t.Rank() == 0 && t.Len() == 0 {
		panic(tensor.Errorf("data.Integers", tensor.ErrUsage, "got a nil or zero tensor: make one with tensor.New or tensor.Of"))
	}
	out := make([]int, t.Len())
	for i := range out {
		v := t.AtFlat(i)
		if out[i] = int(v); v != math.Trunc(v) || math.Abs(v) > 1<<53 || float64(out[i]) != v {
			return nil, fmt.Errorf("data.Integers: element %d is %v: want an integer", i, v)
		}
	}
	return out, nil
}
