package data_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
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

// A text as examples: at each position the letter that comes next is to be predicted.
func ExampleSet() {
	var text []int
	for _, letter := range "abracadabra" {
		text = append(text, int(letter-'a'))
	}
	const positions = 5
	set := &data.Set{}
	for i := range len(text) - positions {
		set.Tokens = append(set.Tokens, text[i:i+positions])
		set.Next = append(set.Next, text[i+1:i+1+positions])
	}
	batches := data.NewBatches(set, data.BatchConfig{Size: 2, Order: data.InOrder})
	batch, _ := batches.Next()
	fmt.Println(batch.X)
	fmt.Println(batch.Tokens)
	fmt.Println(batch.Labels)
	// Output:
	// [[0 1 17 0 2] [1 17 0 2 0]]
	// [0 1 17 0 2 1 17 0 2 0]
	// [1 17 0 2 0 17 0 2 0 3]
}

func ExampleBatches_Restore() {
	set := &data.Set{X: tensor.Of([]float64{0, 1, 2, 3, 4}, 5, 1)}
	source := rand.NewPCG(1, 2)
	batches := data.NewBatches(set, data.BatchConfig{Size: 2, Rand: rand.New(source)})
	batches.Next()
	state, random := batches.State(), *source // these go into a file
	for batch := range batches.Rest() {
		fmt.Println(batch.Rows)
	}

	again := data.NewBatches(set, data.BatchConfig{Size: 2, Rand: rand.New(&random)})
	if err := again.Restore(state); err != nil {
		fmt.Println(err)
		return
	}
	for batch := range again.Rest() {
		fmt.Println(batch.Rows, "once more")
	}
	// Output:
	// [4 0]
	// [2]
	// [4 0] once more
	// [2] once more
}

func ExampleSet_CheckFinite() {
	set := &data.Set{X: tensor.Of([]float64{1, 2, 3, math.NaN()}, 2, 2)}
	fmt.Println(set.CheckFinite())
	// Output: data.Set: X has NaN in row 1, column 1, both counted from 0: mend the example or leave it out
}

func ExampleReadIDX() {
	file := "\x00\x00\x08\x02" + "\x00\x00\x00\x02" + "\x00\x00\x00\x03" + "\x01\x02\x03\xfd\xfe\xff"
	images, err := data.ReadIDX(strings.NewReader(file))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(images, images.DType())
	// Output: [[1 2 3] [253 254 255]] float32
}

// The arrays may be those of an archive that npy.ReadNPZ has read.
func ExampleFromArrays() {
	arrays := map[string]*tensor.Tensor{
		"x_train": tensor.Of([]float32{1, 2, 3, 4}, 2, 2),
		"y_train": tensor.Of([]float64{1, 0}, 2),
	}
	set, err := data.FromArrays(arrays, data.ArrayNames{X: "x_train", Labels: "y_train"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.X, set.Labels)
	// Output: [[1 2] [3 4]] [1 0]
}

func ExampleReadTable() {
	const file = "id,species,island,bill,mass\n" +
		"1,Adelie,Torgersen,39.1,3750\n" +
		"2,Gentoo,Biscoe,46.1,NA\n" +
		"3,Gentoo,Biscoe,47.3,5200\n"
	config := data.TableConfig{Header: 1, Label: "species", OneHot: []string{"island"}, Ignore: []string{"id"}, Missing: []string{"NA"}}
	_, err := data.ReadTable(strings.NewReader(file), config)
	fmt.Println(err)

	config.Drop = true
	table, err := data.ReadTable(strings.NewReader(file), config)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.Features)
	fmt.Println(table.Set.X)
	fmt.Println(table.Set.Labels, table.Set.Classes, "without line", table.Dropped)
	// Output:
	// data.ReadTable: line 3, column 22: column "mass" has no value: mend it, or set Drop to leave the row out
	// [island=Biscoe island=Torgersen bill mass]
	// [[0 1 39.1 3750] [1 0 47.3 5200]]
	// [0 1] [Adelie Gentoo] without line [3]
}

func ExampleSet_KFoldStratified() {
	set := &data.Set{X: tensor.New(tensor.Float64, 9, 2), Labels: []int{0, 0, 0, 0, 0, 0, 1, 1, 1}}
	for train, valid := range set.KFoldStratified(rand.New(rand.NewPCG(1, 0)), 3) {
		fmt.Println("train on", train.Len(), "and measure on the classes", valid.Labels)
	}
	// Output:
	// train on 6 and measure on the classes [0 0 1]
	// train on 6 and measure on the classes [0 0 1]
	// train on 6 and measure on the classes [0 0 1]
}

func ExampleScaler_Inverse() {
	targets := tensor.Of([]float64{100, 300}, 2, 1)
	scaler := data.Standardize(&data.Set{X: targets})
	fmt.Println("learned:", targets)
	fmt.Println("given:", scaler.Inverse(tensor.Of([]float64{0.5}, 1, 1)))
	// Output:
	// learned: [[-1] [1]]
	// given: [[250]]
}
