package main

import (
	_ "embed"
	"fmt"
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

// minText is the least length of a text: a few windows in each part.
const minText = 40 * window

// read returns the text to learn, which is the Opticks unless a file is named.
func read(file string) (*corpus, error) {
	text, prompt := opticks, "The Rays of Light "
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if text = string(b); !utf8.ValidString(text) {
			return nil, fmt.Errorf("%s: not a text in UTF-8", file)
		}
		if n := utf8.RuneCountInString(text); n < minText {
			return nil, fmt.Errorf("%s: %d characters, want %d or more", file, n, minText)
		}
		prompt = string([]rune(text[:20*utf8.UTFMax])[:20])
	}
	c := &corpus{alphabet: newAlphabet(text), prompt: prompt}
	numbers, err := c.encode(text)
	if err != nil {
		return nil, err
	}
	n := len(numbers)
	c.train, c.valid, c.test = numbers[:n*8/10], numbers[n*8/10:n*9/10], numbers[n*9/10:]
	return c, nil
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
