package legible_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/legible"
)

func TestLabels(t *testing.T) {
	long := strings.Repeat("a", 100)
	for _, c := range []struct {
		name  string
		names []string // of the values 0, 1, ...
		want  []string
	}{
		{"names", []string{"w", "x"}, []string{"w", "x"}},
		{"no names", []string{"", "x", ""}, []string{"v0", "x", "v2"}},
		{"a name twice", []string{"h", "", "h"}, []string{"h%0", "v1", "h%2"}},
		{"a name like a number", []string{"v1", ""}, []string{"v1", "%1"}},
		{"names not like a number", []string{"v", "v1a", "V2", "w3", ""}, []string{"v", "v1a", "V2", "w3", "v4"}},
		{"a name like that of a name twice", []string{"h", "", "h", "h%2", "h%0", "%1", "h%"}, []string{"h%0", "v1", "h%2", "h%2%3", "h%0%4", "%1%5", "h%"}},
		{"names like numbers of both kinds", []string{"v1", "%2", "", "%2"}, []string{"v1", "%2%1", "%2", "%2%3"}},
		{"names to be written otherwise", []string{"a\nb", long, long}, []string{`a\nb`, legible.Name(long) + "%1", legible.Name(long) + "%2"}},
		{"names that differ where they are shortened", []string{long, long + "a"}, []string{legible.Name(long) + "%0", legible.Name(long) + "%1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := legible.NewLabels(slices.Values(c.names))
			taken := make(map[string]bool)
			for id, name := range c.names {
				got := l.Label(name, id)
				if got != c.want[id] {
					t.Errorf("value %d: got %q, want %q", id, got, c.want[id])
				}
				if taken[got] {
					t.Errorf("value %d: the label %q is that of another", id, got)
				}
				taken[got] = true
			}
		})
	}
	if got, want := (legible.Labels{}).Label("", 3), "v3"; got != want {
		t.Errorf("the zero Labels: got %q, want %q", got, want)
	}
}
