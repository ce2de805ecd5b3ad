package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	c, err := read("")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.train) + len(c.valid) + len(c.test); n != len(opticks) || len(c.alphabet) != 78 {
		t.Errorf("%d numbers of %d characters, want %d of 78", n, len(c.alphabet), len(opticks))
	}
	var text strings.Builder
	for _, k := range slices.Concat(c.train, c.valid, c.test) {
		text.WriteRune(c.alphabet[k])
	}
	if text.String() != opticks {
		t.Error("the numbers are not the text")
	}
	if _, err := c.encode("Licht heißt"); err == nil || !strings.Contains(err.Error(), "'ß'") {
		t.Errorf("encode: error %v, want one that names ß", err)
	}
}

func TestReadFile(t *testing.T) {
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "text")
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	var letters strings.Builder
	for i := range maxLetters + 1 {
		letters.WriteRune(rune(0x10000 + i))
	}
	for _, test := range []struct{ file, want string }{
		{filepath.Join(t.TempDir(), "none"), "no such file"},
		{file(""), "want 1280 or more"},
		{file(strings.Repeat("ä", minText-1)), "want 1280 or more"},
		{file(strings.Repeat("\xff", minText)), "UTF-8"},
		{file(strings.Repeat("long ", maxText/5+1)), "more than 8 MiB"},
		{file(letters.String()), "10001 different characters"},
	} {
		if _, err := read(test.file); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want one with %q", err, test.want)
		}
	}
	c, err := read(file(strings.Repeat("🌈ä", minText)))
	if err != nil || len(c.alphabet) != 2 || c.prompt != strings.Repeat("🌈ä", 10) {
		t.Errorf("two characters: %v, %v", c, err)
	}
}

func TestWindows(t *testing.T) {
	s := windows([]int{0, 1, 2, 3, 4, 5, 6}, 3, 2)
	for i, want := range [][2][]int{{{0, 1, 2}, {1, 2, 3}}, {{2, 3, 4}, {3, 4, 5}}} {
		if s.Len() != 2 || !slices.Equal(s.Tokens[i], want[0]) || !slices.Equal(s.Next[i], want[1]) {
			t.Fatalf("windows %v, then %v", s.Tokens, s.Next)
		}
	}
}

// The probabilities of all characters add up to 1, whatever the context.
func TestCountsProbability(t *testing.T) {
	text, size := []int{0, 1, 0, 2, 0, 1, 0, 1, 3}, 5
	c := count(text, 3, size)
	for _, before := range [][]int{nil, {0}, {1, 0}, {4}, {4, 4, 4}, {1, 0, 2}, {3}} {
		var sum float64
		for k := range size {
			p := c.probability(before, k)
			if !(p > 0 && p < 1) {
				t.Errorf("p(%d | %v) = %v", k, before, p)
			}
			sum += p
		}
		if math.Abs(sum-1) > 1e-15 {
			t.Errorf("after %v the probabilities add up to %v", before, sum)
		}
	}
	// By hand: of 9 characters 4 different ones, then a 0 4 times, after which 2 different ones stand, a 1 3 times.
	none := (3. + 4*1/5.) / (9 + 4)
	if got, want := c.probability([]int{0}, 1), (3+2*none)/(4+2); math.Abs(got-want) > 1e-15 {
		t.Errorf("p(1 | 0) = %v, want %v", got, want)
	}
}

// Characters that come independently, two alike, need one bit each, and a text that repeats itself hardly any.
func TestCountsBits(t *testing.T) {
	var coins, beat []int
	for i := range 4096 {
		coins = append(coins, i*i/7%2)
		beat = append(beat, i%3)
	}
	if b := count(coins, 0, 2).bits(coins); math.Abs(b-1) > 0.05 {
		t.Errorf("coins take %v bits", b)
	}
	if b := count(beat, 2, 3).bits(beat); b > 0.02 {
		t.Errorf("a beat takes %v bits", b)
	}
}
