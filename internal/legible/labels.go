package legible

import (
	"iter"
	"strconv"
	"strings"
)

// Labels says what the values of a graph are called wherever people read of them: by their names, with the number behind
// one that is given twice; without a name v and the number, or %number if some name looks like that. No two values have
// one label: a name that ends like a label with a number, h%3, has its own number behind it too.
//
// The zero Labels is that of a graph without names.
type Labels struct {
	percent bool
	twice   map[string]bool // names as they are shown that need a number
}

// NewLabels returns the labels of the values with the given names, which may be empty.
func NewLabels(names iter.Seq[string]) Labels {
	l := Labels{twice: make(map[string]bool)}
	seen := make(map[string]bool)
	for name := range names {
		if name == "" {
			continue
		}
		name = Name(name)
		if i := strings.LastIndexByte(name, '%'); seen[name] || i >= 0 && isNumber(name[i+1:]) {
			l.twice[name] = true
		}
		seen[name] = true
		if rest, ok := strings.CutPrefix(name, "v"); ok && isNumber(rest) {
			l.percent = true
		}
	}
	return l
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// Label returns what the value with a name and a number is called.
func (l Labels) Label(name string, id int) string {
	name = Name(name)
	number := strconv.Itoa(id)
	switch {
	case name == "" && l.percent:
		return "%" + number
	case name == "":
		return "v" + number
	case l.twice[name]:
		return name + "%" + number
	}
	return name
}
