package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"slices"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/nn/data"
)

//go:embed data/opticks.txt
var opticks string

// An alphabet gives each character of a text a number, from 0 on, in the order of Unicode.
type alphabet []rune

// newAlphabet returns the characters of a text.
func newAlphabet(text string) alphabet {
	letters := []rune(text)
	slices.Sort(letters)
	return slices.Compact(letters)
}

// encode returns the numbers of the characters of a text. It returns an error that names one that is not in the alphabet.
func (a alphabet) encode(text string) ([]int, error) {
	var numbers []int
	for _, c := range text {
		k, found := slices.BinarySearch(a, c)
		if !found {
			return nil, fmt.Errorf("%q is not among the %d characters of the text that was trained on", c, len(a))
		}
		numbers = append(numbers, k)
	}
	return numbers, nil
}

// A corpus is a text as numbers, in three parts that follow each other.
type corpus struct {
	alphabet
	train, valid, test []int  // eight tenths, one, and one
	prompt             string // what models go on with unless told otherwise
}

// What a text must have: a few windows in each part, and no more than fits into the memory.
const (
	minText    = 40 * window // characters
	maxText    = 1 << 23     // bytes
	maxLetters = 10_000      // different characters
)

// read returns the text to learn, which is the Opticks unless a file is named.
func read(file string) (*corpus, error) {
	text, prompt := opticks, "The Rays of Light "
	if file != "" {
		var err error
		if text, err = readFile(file); err != nil {
			return nil, err
		}
		prompt = string([]rune(text[:20*utf8.UTFMax])[:20])
	}
	c := &corpus{alphabet: newAlphabet(text), prompt: prompt}
	if n := len(c.alphabet); n > maxLetters {
		return nil, fmt.Errorf("%s: %d different characters, want %d at most", file, n, maxLetters)
	}
	numbers, err := c.encode(text)
	if err != nil {
		return nil, err
	}
	n := len(numbers)
	c.train, c.valid, c.test = numbers[:n*8/10], numbers[n*8/10:n*9/10], numbers[n*9/10:]
	return c, nil
}

// readFile returns the text in a file.
func readFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxText+1))
	if err != nil {
		return "", err
	}
	n := utf8.RuneCount(b)
	switch {
	case len(b) > maxText:
		return "", fmt.Errorf("%s: more than %d MiB: give a part of it", name, maxText>>20)
	case !utf8.Valid(b):
		return "", fmt.Errorf("%s: not a text in UTF-8", name)
	case n < minText:
		return "", fmt.Errorf("%s: %d characters, want %d or more", name, n, minText)
	}
	return string(b), nil
}

// windows cuts a text into rows of n characters, a row at every stride, each with the characters that follow its own.
func windows(numbers []int, n, stride int) *data.Set {
	s := &data.Set{}
	for i := 0; i+n < len(numbers); i += stride {
		s.Tokens = append(s.Tokens, numbers[i:i+n])
		s.Next = append(s.Next, numbers[i+1:i+1+n])
	}
	return s
}
