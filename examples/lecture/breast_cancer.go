package main

import (
	"github.com/seed366ff29f/chainrule/examples/internal/datasets"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// A split is the data of parts d and e: row i is for testing if i mod 5 = 0, for validation if i mod 5 = 1, else for
// training. The columns are standardized by the training rows.
type split struct{ train, valid, test *data.Set }

// breastCancer returns the split of the breast cancer data.
func breastCancer() (*split, error) {
	set, err := datasets.BreastCancer()
	if err != nil {
		return nil, err
	}
	set.T = data.Binary(set.Labels)
	var s split
	s.train, s.valid, s.test = set.SplitModulo(5)
	data.Standardize(s.train, s.valid, s.test)
	return &s, nil
}
