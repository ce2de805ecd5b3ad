package data

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/internal/legible"
)

// levels are the texts that a column of a table has, and their codes.
type levels struct {
	texts []string
	codes map[string]int
	fixed bool // there are no others than those given
}

// newLevels returns levels with the given texts, and if they are not fixed room for more.
func newLevels(texts []string, fixed bool) *levels {
	l := &levels{texts: slices.Clone(texts), codes: map[string]int{}, fixed: fixed}
	for i, text := range texts {
		l.codes[text] = i
	}
	return l
}

// codeOf returns the code of a text, a new one if it is new.
func (l *levels) codeOf(text string) (int, error) {
	if code, ok := l.codes[text]; ok {
		return code, nil
	}
	const most = 20
	switch {
	case l.fixed && len(l.texts) > most:
		return 0, fmt.Errorf("%s is not among the %d texts of Levels", legible.Quote(text), len(l.texts))
	case l.fixed:
		return 0, fmt.Errorf("%s is not among the texts of Levels: %.40q", legible.Quote(text), l.texts)
	case len(l.texts) == maxLevels:
		return 0, fmt.Errorf("more than %d different texts: ignore the column, or read it as numbers", maxLevels)
	}
	code := len(l.texts)
	text = strings.Clone(text) // a field shares the memory of its row
	l.codes[text] = code
	l.texts = append(l.texts, text)
	return code, nil
}

// labels returns what each text says if all are integers, 0 or more, and none of them was given; else nil.
func (l *levels) labels() []int {
	if l.fixed {
		return nil
	}
	out := make([]int, len(l.texts))
	for i, text := range l.texts {
		v, err := strconv.Atoi(text)
		if err != nil || v < 0 {
			return nil
		}
		out[i] = v
	}
	return out
}

// sort puts texts that were not given in order, by the numbers that they are or else the alphabet, and returns the new
// code of each.
func (l *levels) sort() []int {
	order := make([]int, len(l.texts)) // the code that stands at each place
	values := make([]float64, len(l.texts))
	numbers := true
	for i, text := range l.texts {
		order[i] = i
		v, err := strconv.ParseFloat(text, 64)
		values[i], numbers = v, numbers && err == nil && v == v
	}
	if !l.fixed {
		slices.SortFunc(order, func(i, j int) int {
			if numbers && values[i] != values[j] {
				return cmp.Compare(values[i], values[j])
			}
			return cmp.Compare(l.texts[i], l.texts[j])
		})
	}
	now, texts := make([]int, len(order)), make([]string, len(order))
	for place, code := range order {
		now[code], texts[place] = place, l.texts[code]
	}
	l.texts = texts
	return now
}
