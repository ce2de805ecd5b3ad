package main

import "fmt"

// elementRows are at sizes whose arrays lie in the nearest caches, and at one that is bound by memory further away.
func elementRows() (rows []row) {
	for _, f := range []string{"exp", "tanh", "sigmoid", "relu", "softmax"} {
		for _, what := range []struct {
			words, name string
			arrays      int // that are read or written once
		}{{"forward", "forward", 2}, {"both", "forward and backward", 5}} {
			for _, size := range []struct {
				name       string
				lines      int // of 1000 numbers
				torch, jax float64
				most       float64 // part of the speed of copying
			}{{"10⁴", 10, 0, 0, 0}, {"10⁵", 100, 0.6, 0.6, 0}, {"10⁶", 1000, 0, 0, 0.9}} {
				words := fmt.Sprintf("elementwise %s %s %d 1000", f, what.words, size.lines)
				r := row{section: secElement, name: fmt.Sprintf("%s of %s numbers, %s", f, size.name, what.name), unit: micros, ours: entry{words: words}}
				both := perCores(r, func(threads string) []entry {
					peers := torchEntries(threads, words, size.torch, 1e-4)
					if threads == "1" {
						peers = append(peers, entry{contestant: jax + threads, words: words, limit: size.jax, tolerance: 1e-4})
					}
					copying := copyEntry(threads, 4000*size.lines*what.arrays)
					if size.most > 0 {
						copying.limit = 1 / size.most
					}
					peers = append(peers, copying)
					if size.most > 0 {
						peers = append(peers, memoryEntry(threads, 4000*size.lines*what.arrays))
					}
					return peers
				})
				if size.lines == 10 { // too little for two
					both = both[:1]
				}
				rows = append(rows, both...)
			}
		}
	}
	return rows
}
