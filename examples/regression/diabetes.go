package main

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/seed366ff29f/chainrule/nn/data"
)

//go:embed data/diabetes.csv
var diabetesCSV string

// diabetes returns the patients, credited in data/README.md: ten features and one target each.
func diabetes() (*data.Set, error) {
	table, err := data.ReadTable(strings.NewReader(diabetesCSV), data.TableConfig{Header: 1, Targets: []string{"progression"}})
	if err != nil {
		return nil, fmt.Errorf("diabetes.csv: %w", err)
	}
	return table.Set, nil
}
