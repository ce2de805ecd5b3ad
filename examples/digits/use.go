package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// use says which digit is in a file, or in a row of the data.
func (s *settings) use(stdout io.Writer) error {
	if s.classify != "" && s.row != noRow {
		return command.Usagef("-classify and -row are both there: leave one out")
	}
	var p *picture
	var what string
	var err error
	if s.classify != "" {
		p, err = readPicture(s.classify)
	} else {
		p, what, err = rowOf(s.row)
	}
	if err != nil {
		return err
	}
	model, err := load(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no network in %s: train one first with go run ./examples/digits, or say where it is by -file", s.file)
	}
	if err != nil {
		return err
	}
	probabilities, err := classify(model, p)
	if err != nil {
		return err
	}
	order := make([]int, len(probabilities))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(probabilities[j], probabilities[i]) })
	fmt.Fprintf(stdout, "%s\n%s", p, what)
	_, err = fmt.Fprintf(stdout, "The network says %d, with probability %.4f; then %d, %.4f, and %d, %.4f.\n",
		order[0], probabilities[order[0]], order[1], probabilities[order[1]], order[2], probabilities[order[2]])
	return err
}

// rowOf returns a row of the data, and what is known of it.
func rowOf(row int) (*picture, string, error) {
	set, err := digits()
	if err != nil {
		return nil, "", err
	}
	if row < 0 || row >= set.Len() {
		return nil, "", command.Usagef("-row %d: want from 0 to %d", row, set.Len()-1)
	}
	part := "training"
	switch row % 5 {
	case 0:
		part = "test"
	case 1:
		part = "validation"
	}
	one := set.Rows(row)
	return &picture{side, side, one.X.Float64s()}, fmt.Sprintf("Row %d, a %s row, is a %d.\n", row, part, one.Labels[0]), nil
}

// classify returns the probabilities of the ten digits.
func classify(model nn.Layer, p *picture) ([]float64, error) {
	y, err := nn.Predict(nn.Sequential(model, nn.Softmax()), &data.Set{X: tensor.Of(p.ink, 1, 1, side, side)})
	if err != nil {
		return nil, err
	}
	return y.Float64s(), nil
}
