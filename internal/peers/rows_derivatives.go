package main

import (
	"fmt"
	"strconv"
)

// The sizes of sparse matrices: what JAX computes with all zeros in a fraction of a second, and what has no room for them.
const dense, sparse = 2000, 100_000

// sparseKinds are the sparse matrices that are found.
var sparseKinds = []struct {
	what, name string
	entries    func(n int) int
}{
	{"banded-jacobian", "Jacobian with three diagonals", func(n int) int { return 3 * (n - 2) }},
	{"banded-hessian", "Hessian with three diagonals", func(n int) int { return 3*n - 4 }},
	{"arrow-head-hessian", "Hessian like an arrow head", func(n int) int { return 3*n - 2 }},
}

func perEntry(entries int) unit {
	return unit{significant, func(t float64) float64 { return t * 1e9 / float64(entries) }, "ns/entry"}
}

// derivativeRows are other derivatives than the gradient of a training step.
func derivativeRows() (rows []row) {
	inJAX := func(words string, limit float64) entry {
		return entry{contestant: jax64 + "1", words: words, limit: limit, tolerance: 1e-7}
	}
	add := func(name, words string, u unit, peers ...entry) {
		r := row{section: secDerivatives, name: name, unit: u, ours: entry{contestant: ours1, words: words}, peers: peers}
		if len(peers) == 0 {
			r.limit = noLimit
		}
		rows = append(rows, r)
	}
	for _, n := range []int{10, 100, 1000} {
		words := func(what string) string { return "derivative " + what + " " + strconv.Itoa(n) }
		limit := 1.0
		if n > 100 {
			limit = 2
		}
		for _, d := range []struct {
			what, name string
			limit      float64
		}{{"gradient", "value and gradient", limit}, {"jvp", "JVP", limit}, {"hvp", "HVP", limit}, {"hessian", "Hessian", 0}} {
			peers := []entry{inJAX(words(d.what), d.limit)}
			if d.what == "hvp" {
				peers = append(peers, entry{contestant: ours1, label: "value and gradient", words: words("gradient"), limit: 4})
			}
			add(fmt.Sprintf("Rosenbrock's valley, %d numbers: %s", n, d.name), words(d.what), micros, peers...)
		}
	}
	add("Taylor series to degree 8, 1000 numbers", "derivative taylor 1000 8", micros, inJAX("derivative taylor 1000 8", 0))
	add("gradients for each of 128 examples, 64-32-10", "per-example 64-32-10@128", micros, inJAX("per-example 64-32-10@128", 0))
	for _, s := range sparseKinds {
		for _, n := range []int{dense, sparse} {
			words := fmt.Sprintf("sparse %s %d", s.what, n)
			var peers []entry
			if n == dense || s.what != "arrow-head-hessian" {
				// Where ADOL-C had larger tapes before, it goes through as much memory for smaller ones.
				peers = append(peers, entry{contestant: colpack, words: words, tolerance: 1e-9, fresh: true})
			}
			if n == dense {
				peers = append(peers, inJAX(words, 0))
			}
			add(fmt.Sprintf("%s, %d numbers", s.name, n), words, perEntry(s.entries(n)), peers...)
		}
	}
	return rows
}
