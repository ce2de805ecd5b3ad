package main

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn/data"
)

//go:embed data/breast_cancer.csv
var breastCancerCSV string

// A split is the data of parts d and e: row i is for testing if i mod 5 = 0, for validation if i mod 5 = 1, else for
// training. The columns are standardized by the training rows.
type split struct{ train, valid, test *data.Set }

// breastCancer returns the split of the breast cancer data, credited in data/README.md.
func breastCancer() (*split, error) {
	set, err := parse(strings.NewReader(breastCancerCSV))
	if err != nil {
		return nil, fmt.Errorf("breast_cancer.csv: %w", err)
	}
	var s split
	s.train, s.valid, s.test = set.SplitModulo(5)
	data.Standardize(s.train, s.valid, s.test)
	return &s, nil
}

// parse reads a set for two classes: a line with the numbers of rows and features and the names of the classes, then a
// line for each row, with the class, 0 or 1, in the last column.
func parse(in io.Reader) (*data.Set, error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	lines, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 || len(lines[0]) != 4 {
		return nil, fmt.Errorf("line 1: want rows,features,class 0,class 1")
	}
	head, lines := lines[0], lines[1:]
	features, err := strconv.Atoi(head[1])
	if err != nil || features < 1 {
		return nil, fmt.Errorf("line 1: %q is no number of features", head[1])
	}
	if head[0] != strconv.Itoa(len(lines)) {
		return nil, fmt.Errorf("line 1 announces %s rows, there are %d", head[0], len(lines))
	}
	x := make([]float64, 0, len(lines)*features)
	labels := make([]int, len(lines))
	for i, fields := range lines {
		if len(fields) != features+1 {
			return nil, fmt.Errorf("line %d has %d fields, want %d", i+2, len(fields), features+1)
		}
		for _, field := range fields[:features] {
			v, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+2, err)
			}
			x = append(x, v)
		}
		switch class := fields[features]; class {
		case "0":
		case "1":
			labels[i] = 1
		default:
			return nil, fmt.Errorf("line %d: class %q, want 0 or 1", i+2, class)
		}
	}
	return &data.Set{X: tensor.Of(x, len(lines), features), T: data.Binary(labels), Labels: labels, Classes: head[2:]}, nil
}
