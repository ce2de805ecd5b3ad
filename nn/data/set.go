package data

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Set is a set of examples. Row i of X holds the features of example i; row i of T, if there is one, its targets, and
// Labels[i], if there are any, its class. A loss reads the one it needs.
//
// Examples may also be sequences of integers, such as the letters of a text: row i of Tokens has those of example i,
// with or without features beside them, and row i of Next what is to be predicted at each position. Rows may share
// storage, as overlapping windows of one text do:
//
//	for i := range len(text) - n {
//		set.Tokens = append(set.Tokens, text[i:i+n])
//		set.Next = append(set.Next, text[i+1:i+1+n])
//	}
type Set struct {
	X       *tensor.Tensor   // features: (examples, features), or more axes after the first; nil only if there are Tokens
	More    []*tensor.Tensor // further inputs of a model, each of shape (examples, ...), or nil
	Tokens  [][]int          // integer inputs, (examples, positions), or nil
	T       *tensor.Tensor   // targets: (examples, outputs), or more axes after the first, or nil
	Labels  []int            // classes, from 0 on, or nil
	Next    [][]int          // classes for each position, (examples, positions), in place of Labels, or nil
	Classes []string         // names of the classes, or nil
}

// Len returns the number of examples.
func (s *Set) Len() int {
	switch {
	case s == nil:
		return 0
	case s.X == nil:
		return len(s.Tokens)
	case s.X.Rank() == 0:
		return 0
	}
	return s.X.Dims()[0]
}

// Check returns an error that says what is missing or does not fit together in the set, or nil.
func (s *Set) Check() error {
	switch err := s.fits(); {
	case err != nil:
		return err
	case s.Len() > 0:
		return nil
	case s.X == nil:
		return errors.New("data.Set: Tokens has no rows: there is no example")
	}
	return fmt.Errorf("data.Set: X has shape %s: there is no example", tensor.FormatShape(s.X.Dims()))
}

// fits is [Set.Check] for sets that may have no example.
func (s *Set) fits() error {
	switch {
	case s == nil || s.X == nil && s.Tokens == nil:
		return errors.New("data.Set: no features: set X to a tensor of shape (examples, features)")
	case s.X != nil && s.X.Rank() == 0:
		return errors.New("data.Set: X is a scalar: want the shape (examples, features)")
	case s.Labels != nil && s.Next != nil:
		return errors.New("data.Set: both Labels and Next: give one class for each example, or one for each position")
	case s.Labels != nil && len(s.Labels) != s.Len():
		return fmt.Errorf("data.Set: %d labels for %d examples: give one for each", len(s.Labels), s.Len())
	}
	for i, m := range s.More {
		if m == nil {
			return fmt.Errorf("data.Set: More[%d] is nil: give a tensor, or leave it out", i)
		}
		if err := s.fitsRows("More["+strconv.Itoa(i)+"]", m); err != nil {
			return err
		}
	}
	if s.T != nil {
		if err := s.fitsRows("T", s.T); err != nil {
			return err
		}
	}
	if err := s.fitsInts("Tokens", s.Tokens); err != nil {
		return err
	}
	return s.fitsInts("Next", s.Next)
}

// fitsRows returns an error unless a tensor has a row for each example.
func (s *Set) fitsRows(name string, t *tensor.Tensor) error {
	if t.Rank() == 0 || t.Dims()[0] != s.Len() {
		return fmt.Errorf("data.Set: %s has shape %s for %d examples: give one row for each", name, tensor.FormatShape(t.Dims()), s.Len())
	}
	return nil
}

// fitsInts returns an error unless integers are nil or have a row for each example, all of one length that is not 0.
func (s *Set) fitsInts(name string, rows [][]int) error {
	if rows == nil {
		return nil
	}
	if len(rows) != s.Len() {
		return fmt.Errorf("data.Set: %s has %d rows for %d examples: give one for each", name, len(rows), s.Len())
	}
	for i, row := range rows {
		if len(row) == 0 {
			return fmt.Errorf("data.Set: row %d of %s is empty: want a number for each position", i, name)
		}
		if len(row) != len(rows[0]) {
			return fmt.Errorf("data.Set: row %d of %s has %d positions and row 0 has %d: cut or fill them to one length", i, name, len(row), len(rows[0]))
		}
	}
	return nil
}

// Rows returns the set of the examples with the given indices, in that order. Tensors and labels are copies, the rows
// of Tokens and Next are those of the set. It panics with an [*tensor.Error] if an index is out of range, or the parts
// of the set do not fit together.
func (s *Set) Rows(index ...int) *Set {
	const op = "data.Set.Rows"
	if err := s.fits(); err != nil {
		panic(tensor.Errorf(op, tensor.ErrUsage, "%v", err))
	}
	s.mustHave(op, index)
	tensorRows := func(t *tensor.Tensor) *tensor.Tensor {
		if t == nil {
			return nil
		}
		out := rowsLike(t, len(index))
		gather(out, t, index)
		return out
	}
	out := &Set{
		X: tensorRows(s.X), Tokens: pick(s.Tokens, index), T: tensorRows(s.T), Labels: pick(s.Labels, index),
		Next: pick(s.Next, index), Classes: s.Classes,
	}
	for _, m := range s.More {
		out.More = append(out.More, tensorRows(m))
	}
	return out
}

// mustHave panics unless the set has an example of each index.
func (s *Set) mustHave(op string, index []int) {
	for _, i := range index {
		if i < 0 || i >= s.Len() {
			panic(tensor.Errorf(op, tensor.ErrIndex, "index %d of a set of %d examples: indices run from 0 to %d", i, s.Len(), s.Len()-1))
		}
	}
}

// pick returns the elements with the given indices, nil of nil.
func pick[T any](from []T, index []int) []T {
	if from == nil {
		return nil
	}
	out := make([]T, len(index))
	for k, i := range index {
		out[k] = from[i]
	}
	return out
}

// rowsLike returns a tensor of zeros with n rows of the shape that t's have.
func rowsLike(t *tensor.Tensor, n int) *tensor.Tensor {
	shape := t.Shape()
	shape[0] = n
	return tensor.New(t.DType(), shape...)
}

// gather sets row k of dst to row index[k] of src. Both have one precision.
func gather(dst, src *tensor.Tensor, index []int) {
	if src.DType() == tensor.Float32 {
		gatherRows(dst.Float32s(), src.Float32s(), index, columnsOf(src))
	} else {
		gatherRows(dst.Float64s(), src.Float64s(), index, columnsOf(src))
	}
	dst.MarkChanged()
}

func gatherRows[T float32 | float64](dst, src []T, index []int, w int) {
	for k, i := range index {
		copy(dst[k*w:k*w+w], src[i*w:i*w+w])
	}
}

// Binary returns targets of shape (examples, 1) for labels that are 0 or 1, as [binary cross-entropy] takes them. It
// panics with an [*tensor.Error] if there is another label.
//
// [binary cross-entropy]: https://pkg.go.dev/github.com/seed366ff29f/chainrule/nn#BCE
func Binary(labels []int) *tensor.Tensor {
	t := tensor.New(tensor.Float64, len(labels), 1)
	for i, label := range labels {
		if label != 0 && label != 1 {
			panic(tensor.Errorf("data.Binary", tensor.ErrIndex, "row %d has label %d: want 0 or 1; use data.OneHot for more classes", i, label))
		}
		t.SetFlat(float64(label), i)
	}
	return t
}

// OneHot returns targets of shape (examples, classes) with a 1 in the column of each label and 0 elsewhere. It panics
// with an [*tensor.Error] if a label is not one of the classes 0 to classes-1.
func OneHot(labels []int, classes int) *tensor.Tensor {
	t := tensor.New(tensor.Float64, len(labels), classes)
	for i, label := range labels {
		if label < 0 || label >= classes {
			panic(tensor.Errorf("data.OneHot", tensor.ErrIndex, "row %d has label %d: labels run from 0 to %d", i, label, classes-1))
		}
		t.SetFlat(1, i*classes+label)
	}
	return t
}

// columnsOf returns how many numbers a row of x has.
func columnsOf(x *tensor.Tensor) int {
	columns := 1
	for _, d := range x.Dims()[1:] {
		columns *= d
	}
	return columns
}
