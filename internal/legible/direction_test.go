package legible_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/internal/legible"
)

func TestIsolate(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"x - 1", "x - 1"},
		{"ŷ·δ", "ŷ·δ"},
		{"שלום", "\u200eשלום\u200e"},
		{"שלום - 1", "\u200eשלום\u200e - 1"},
		{"w·שָׁלוֹם + مرحبا", "w·\u200eשָׁלוֹם\u200e + \u200eمرحبا\u200e"},
		{"\U0001e900\U0001e922%3", "\u200e\U0001e900\U0001e922\u200e%3"},
		{"\xffא\xff", "\xff\u200eא\u200e\xff"},
	} {
		if got := legible.Isolate(c.in); got != c.want {
			t.Errorf("Isolate(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
