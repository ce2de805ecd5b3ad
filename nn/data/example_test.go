package data_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/seed366ff29f/chainrule/nn/data"
)

func ExampleReadCSV() {
	const file = "3,2,cat,dog\n" +
		"1.5,2,0\n" +
		"2.5,4,1\n" +
		"3.5,x,1\n"
	_, err := data.ReadCSV(strings.NewReader(file), data.Described)
	fmt.Println(err)
	set, err := data.ReadCSV(strings.NewReader(strings.Replace(file, "x", "6", 1)), data.Described)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.X, set.Labels, set.Classes)
	// Output:
	// data.ReadCSV: line 4, column 5: "x" is not a finite number
	// [[1.5 2] [2.5 4] [3.5 6]] [0 1 1] [cat dog]
}

func ExampleBatches() {
	set, err := data.ReadCSV(strings.NewReader("10,0\n20,1\n30,0\n40,1\n50,1\n"), data.Plain)
	if err != nil {
		fmt.Println(err)
		return
	}
	batches := data.NewBatches(set, data.BatchConfig{Size: 2, Rand: rand.New(rand.NewPCG(1, 2))})
	for batch := range batches.Epoch() {
		fmt.Println(batch.Rows, batch.X.Float64s(), batch.Labels)
	}
	// Output:
	// [3 1] [40 20] [1 1]
	// [4 0] [50 10] [1 0]
	// [2] [30] [0]
}
