package search

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/seed366ff29f/chainrule/graph"
)

// A Setting is a name and the values it may have in a search. [Choice], [Int], [Uniform] and [LogUniform] make one; a
// plan says which values are tried, and [Setting.Of] returns the value that a run has.
type Setting[T any] struct{ a *axis }

// Of returns the value that the setting has in a run, or in a trial of a table. It panics with a [*graph.Error] if the
// setting is not one of those that the search was given.
func (s *Setting[T]) Of(c Chosen) T {
	const op = "search.Setting.Of"
	a := s.axis()
	if a == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *search.Setting: make one such as search.Choice(\"nodes\", 4, 8)"))
	}
	p := pointOf(op, c)
	i := slices.Index(p.axes, a)
	if i < 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "setting %q is not among those of the search: give it to search.Grid or search.Random", a.name))
	}
	v, _ := p.values[i].(T) // fails for a nil interface only
	return v
}

func (s *Setting[T]) axis() *axis {
	if s == nil {
		return nil
	}
	return s.a
}

// An Axis is a setting of any type, as [Grid] and [Random] take it: every [*Setting] is one.
type Axis interface{ axis() *axis }

// An axis is what a search knows of a setting.
type axis struct {
	name    string
	domain  domain // as it stands in files
	count   uint64 // of values, if they can be listed: at most 2⁶⁴-1 is said
	nth     func(i uint64) (value any, label string)
	draw    func(rng *rand.Rand) (value any, label string)
	numbers bool // whether the values are
}

// A domain describes the values of a setting.
type domain struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind"`
	Values []string `json:"values"` // all of a choice, else the lowest and the highest
}

// reserved are the names that columns of tables have.
var reserved = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(rank|trial|run|run \d+|score|error|spread|.* spread)$`)
})

// isName reports whether a text can head a column.
func isName(s string) bool {
	return s != "" && s == strings.TrimSpace(s) && !strings.ContainsFunc(s, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) })
}

// mustBeName panics unless a name can head a column of its own.
func mustBeName(op, name string) {
	switch {
	case !isName(name):
		panic(graph.Errorf(op, graph.ErrValue, "name %q: want a text on one line, without spaces around it", name))
	case reserved().MatchString(name):
		panic(graph.Errorf(op, graph.ErrValue, "name %q: a column of tables has it; choose another one", name))
	}
}

// Choice returns a setting with the given values, which may be anything that fmt.Sprint tells apart: numbers, texts,
// slices such as []int{16, 8}, or values with a String method. Functions and pointers have no text that lasts: choose
// among their names, and look the name up in a map. All runs with a value share it: what it points to must not change.
//
// It panics with a [*graph.Error] if there is no value, two have the same text, or one has none.
func Choice[T any](name string, values ...T) *Setting[T] {
	const op = "search.Choice"
	mustBeName(op, name)
	if len(values) == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "setting %q has no value: give one or more", name))
	}
	values = slices.Clone(values)
	labels := make([]string, len(values))
	first := map[string]int{}
	for i, v := range values {
		if !hasText(reflect.ValueOf(v), true) {
			panic(graph.Errorf(op, graph.ErrUsage, "value %d of setting %q is a %T, which has no text that lasts: give it a String method, or choose among names and look the value up in a map", i, name, v))
		}
		labels[i] = strings.ToValidUTF8(fmt.Sprint(v), "\ufffd")
		if j, ok := first[labels[i]]; ok {
			panic(graph.Errorf(op, graph.ErrUsage, "values %d and %d of setting %q are both %q: give each once", j, i, name, labels[i]))
		}
		first[labels[i]] = i
	}
	nth := func(i uint64) (any, string) { return values[i], labels[i] }
	return &Setting[T]{&axis{
		name: name, domain: domain{name, "choice", labels}, count: uint64(len(values)), nth: nth,
		draw:    func(rng *rand.Rand) (any, string) { return nth(rng.Uint64N(uint64(len(values)))) },
		numbers: isNumber(reflect.TypeFor[T]()),
	}}
}

// hasText reports whether fmt.Sprint writes a value, or a part of one, without addresses.
func hasText(v reflect.Value, whole bool) bool {
	if whole && v.IsValid() && v.CanInterface() {
		if _, ok := v.Interface().(fmt.Stringer); ok {
			return true
		}
	}
	switch v.Kind() {
	case reflect.Invalid: // a nil interface
		return true
	case reflect.Chan, reflect.Func, reflect.Pointer, reflect.UnsafePointer:
		return false
	case reflect.Array, reflect.Slice:
		for i := range v.Len() {
			if !hasText(v.Index(i), false) {
				return false
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !hasText(v.Field(i), false) {
				return false
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if !hasText(it.Key(), false) || !hasText(it.Value(), false) {
				return false
			}
		}
	case reflect.Interface:
		return hasText(v.Elem(), whole)
	}
	return true
}

func isNumber(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Complex128 }

// Int returns a setting with the whole numbers from low to high, both included. In a grid all of them are tried; at
// random each is equally likely. It panics with a [*graph.Error] if low > high.
func Int(name string, low, high int) *Setting[int] {
	const op = "search.Int"
	mustBeName(op, name)
	if low > high {
		panic(graph.Errorf(op, graph.ErrValue, "setting %q from %d to %d: want the lower number first", name, low, high))
	}
	span := uint64(high) - uint64(low) // right although the difference may overflow an int
	nth := func(i uint64) (any, string) {
		v := int(uint64(low) + i)
		return v, strconv.Itoa(v)
	}
	return &Setting[int]{&axis{
		name: name, domain: domain{name, "int", []string{strconv.Itoa(low), strconv.Itoa(high)}}, count: max(span, span+1), nth: nth,
		draw: func(rng *rand.Rand) (any, string) {
			if span == math.MaxUint64 {
				return nth(rng.Uint64())
			}
			return nth(rng.Uint64N(span + 1))
		},
		numbers: true,
	}}
}

// Uniform returns a setting with the numbers from low to high, each equally likely. It is for [Random] only: a grid
// takes a [Choice] of some of them. It panics with a [*graph.Error] unless low < high and both are finite.
func Uniform(name string, low, high float64) *Setting[float64] {
	const op = "search.Uniform"
	mustBeRange(op, name, low, high)
	return interval(name, "uniform", low, high, func(u float64) float64 { return float64(low*(1-u)) + float64(high*u) })
}

// LogUniform returns a setting with the numbers from low to high whose logarithm is uniform: from 0.001 to 1 a number
// below 0.01 is as likely as one between 0.01 and 0.1. So are rates and penalties searched, of which the order of
// magnitude is not known. It is for [Random] only: a grid takes a [Choice] of some of them. It panics with a
// [*graph.Error] unless 0 < low < high and both are finite.
func LogUniform(name string, low, high float64) *Setting[float64] {
	const op = "search.LogUniform"
	mustBeRange(op, name, low, high)
	if low <= 0 {
		panic(graph.Errorf(op, graph.ErrValue, "setting %q from %g to %g: want numbers above 0, which have a logarithm", name, low, high))
	}
	a, b := math.Log(low), math.Log(high)
	return interval(name, "log-uniform", low, high, func(u float64) float64 { return math.Exp(float64(a*(1-u)) + float64(b*u)) })
}

func mustBeRange(op, name string, low, high float64) {
	mustBeName(op, name)
	if !(low < high) || math.IsInf(low, 0) || math.IsInf(high, 0) {
		panic(graph.Errorf(op, graph.ErrValue, "setting %q from %g to %g: want finite numbers, the lower one first", name, low, high))
	}
}

// interval returns a setting with the numbers that a function makes of uniform ones, cut off at the ends.
func interval(name, kind string, low, high float64, at func(u float64) float64) *Setting[float64] {
	return &Setting[float64]{&axis{
		name: name, domain: domain{name, kind, []string{exactly(low), exactly(high)}},
		draw: func(rng *rand.Rand) (any, string) {
			v := min(max(at(rng.Float64()), low), high)
			return v, exactly(v)
		},
		numbers: true,
	}}
}

// exactly returns the shortest text that is read as the same number.
func exactly(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// same reports whether a label that was read from a file is that of a point. Numbers that were drawn on a machine of
// another kind may differ in the last digits.
func (a *axis) same(read, label string) bool {
	if read == label || a.nth != nil {
		return read == label
	}
	const digits = 1e-9
	v, err := strconv.ParseFloat(read, 64)
	want, _ := strconv.ParseFloat(label, 64)
	return err == nil && math.Abs(v-want) <= digits*math.Abs(want)
}
