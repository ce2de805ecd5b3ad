// Package datasets holds the data sets that examples share. README.md, beside the files, says what they are and whom to
// thank for them.
package datasets

import (
	"embed"

	"github.com/seed366ff29f/chainrule/nn/data"
)

//go:embed breast_cancer.csv digits.csv.gz iris.csv
var files embed.FS

// BreastCancer returns 569 tumours with 30 measurements each: class 0 is malignant, 1 benign.
func BreastCancer() (*data.Set, error) {
	return data.ReadFileFS(files, "breast_cancer.csv", data.Described)
}

// Digits returns 1797 handwritten digits of 8×8 pixels, each in one row of 64 numbers from 0 for paper to 16 for ink.
func Digits() (*data.Set, error) {
	set, err := data.ReadFileFS(files, "digits.csv.gz", data.Plain)
	if err == nil {
		set.Classes = []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	}
	return set, err
}

// Iris returns 150 flowers of three species with four measurements each.
func Iris() (*data.Set, error) { return data.ReadFileFS(files, "iris.csv", data.Described) }
