package columns_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/internal/columns"
)

func TestAlign(t *testing.T) {
	tests := []struct {
		name, sides string
		rows        [][]string
		want        string
	}{
		{"nothing", "l", nil, ""},
		{"empty rows", "l", [][]string{{}, {""}}, "\n\n"},
		{"left and right", "lrl", [][]string{{"name", "n", "what"}, {"a", "100", "x"}}, "name    n  what\na     100  x\n"},
		{"right beyond the sides", "", [][]string{{"a", "b"}, {"aaa", "bbb"}}, "  a    b\naaa  bbb\n"},
		{"no spaces at the ends", "lrl", [][]string{{"long", "1", "text"}, {"a", "", ""}, {"b"}}, "long  1  text\na\nb\n"},
		{"a gap", "lrr", [][]string{{"a", "1", "2"}, {"b", "", "3"}}, "a  1  2\nb     3\n"},
		{"rows of different lengths", "l", [][]string{{"a"}, {"b", "1", "22"}, {"c", "333"}}, "a\nb    1  22\nc  333\n"},
		{"letters of several bytes", "lr", [][]string{{"α", "β"}, {"bb", "22"}}, "α    β\nbb  22\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, columns.Align(tt.sides, tt.rows)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
