package legible

import (
	"iter"
	"strconv"
	"strings"
)

// Labels says what the values of a graph are called wherever people read of them: by their names, with the number behind
// one that is given twice; without a name v and the number, or %number if some name looks like that.
//
// The zero Labels is that of a graph without names.
type Labels struct {
	percent bool
	twice   map[string]bool // names as they are shown
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
		if seen[name] {
			l.twice[name] = true
		}
		seen[name] = true
		if rest, ok := strings.CutPrefix(name, "v"); ok && rest != "" && strings.Trim(rest, "0123456789") == "" {
			l.percent = true
		}
	}
	return l
}

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
