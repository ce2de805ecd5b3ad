package main

import (
	"fmt"
	"strconv"
)

// compiledDerivativeRows are derivatives of functions that were compiled once, as JAX's are.
func compiledDerivativeRows() (rows []row) {
	add := func(name, words string, u unit, peers ...entry) {
		rows = append(rows, row{section: secDerivatives, name: name, unit: u, ours: entry{contestant: ours1, words: words}, peers: peers})
	}
	inJAX := func(words string, limit float64) entry {
		return entry{contestant: jax64 + "1", words: words, limit: limit, tolerance: 1e-7}
	}
	for _, n := range []int{10, 100, 1000} {
		for _, d := range []struct{ what, name string }{{"gradient", "value and gradient"}, {"hvp", "HVP"}, {"hessian", "Hessian"}} {
			words := d.what + " " + strconv.Itoa(n)
			add(fmt.Sprintf("Rosenbrock's valley, %d numbers, compiled: %s", n, d.name), "compiled-derivative "+words, micros, inJAX("derivative "+words, 1))
		}
	}
	for _, s := range sparseKinds {
		for _, n := range []int{dense, sparse} {
			words := fmt.Sprintf("sparse %s %d", s.what, n)
			var peers []entry
			if n == dense {
				peers = append(peers, inJAX(words, 0))
			}
			peers = append(peers, entry{contestant: ours1, label: "recording", words: words, limit: 0.2, tolerance: 1e-9})
			add(fmt.Sprintf("%s, %d numbers, compiled", s.name, n), "compiled-"+words, perEntry(s.entries(n)), peers...)
		}
	}
	return rows
}
