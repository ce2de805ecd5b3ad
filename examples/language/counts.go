package main

import "math"

// Counts predict the next character by how often each one followed the same characters before, the context. A context
// that was seen seldom says little, so that a longer one is mixed with the one that is shorter by a character, and that
// with the next, down to none, and to all characters alike:
//
//	p(c | context) = (n(context, c) + d(context)·p(c | shorter)) / (n(context) + d(context))
//
// where n counts and d is how many different characters followed the context.
//
// Source: Witten and Bell, The zero-frequency problem (1991), method C.
type counts struct {
	order     int // length of the longest context
	size      int // of the alphabet
	followers map[string]map[int]int
	total     map[string]int
}

// count counts what follows each context of up to order characters.
func count(text []int, order, size int) *counts {
	c := &counts{order, size, map[string]map[int]int{}, map[string]int{}}
	for i, next := range text {
		for k := range min(order, i) + 1 {
			context := key(text[i-k : i])
			if c.followers[context] == nil {
				c.followers[context] = map[int]int{}
			}
			c.followers[context][next]++
			c.total[context]++
		}
	}
	return c
}

// key makes a text a key of a map.
func key(text []int) string {
	runes := make([]rune, len(text))
	for i, k := range text {
		runes[i] = rune(k)
	}
	return string(runes)
}

// probability returns that of the next character after the given ones.
func (c *counts) probability(before []int, next int) float64 {
	p := 1 / float64(c.size)
	for k := range min(c.order, len(before)) + 1 {
		context := key(before[len(before)-k:])
		n, different := float64(c.total[context]), float64(len(c.followers[context]))
		if n == 0 {
			break
		}
		p = (float64(c.followers[context][next]) + different*p) / (n + different)
	}
	return p
}

// bits returns how many bits a character of a text takes.
func (c *counts) bits(text []int) float64 {
	var sum float64
	for i, next := range text {
		sum -= math.Log2(c.probability(text[max(0, i-c.order):i], next))
	}
	return sum / float64(len(text))
}
