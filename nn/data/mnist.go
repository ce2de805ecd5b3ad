package data

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// MNIST reads a set of images and their classes in the files that MNIST, Fashion-MNIST and their like come in: for the
// part "train" train-images-idx3-ubyte and train-labels-idx1-ubyte, for the part "test" those that begin with t10k,
// with a point in place of the second hyphen or .gz at the end where they are so. X has shape (examples, 1, 28, 28), as
// convolutions take it, in float32, with pixels from 0 for background to 1; for dense layers use nn.Flatten, or
//
//	set.X = set.X.Reshape(set.Len(), -1)
//
// Files that are missing, or do not fit together, are errors. MNIST panics with an [*tensor.Error] if fsys is nil or
// there is no such part.
func MNIST(fsys fs.FS, part string) (*Set, error) {
	const op = "data.MNIST"
	prefix, ok := map[string]string{"train": "train", "test": "t10k"}[part]
	if !ok {
		panic(tensor.Errorf(op, tensor.ErrUsage, "part %q: want \"train\" or \"test\"", part))
	}
	x, err := readFirst(op, fsys, prefix+"-images", "idx3-ubyte")
	if err != nil {
		return nil, err
	}
	y, err := readFirst(op, fsys, prefix+"-labels", "idx1-ubyte")
	if err != nil {
		return nil, err
	}
	if x.Rank() != 3 || y.Rank() != 1 || x.Dims()[0] != y.Len() || x.DType() != tensor.Float32 {
		return nil, fmt.Errorf("data.MNIST: images of shape %s in %s and classes of shape %s: want bytes of shape (examples, rows, columns) and (examples)",
			tensor.FormatShape(x.Dims()), x.DType(), tensor.FormatShape(y.Dims()))
	}
	labels, err := Integers(y)
	if err != nil {
		return nil, fmt.Errorf("data.MNIST: classes: %w", err)
	}
	pixels := x.Float32s()
	for i := range pixels {
		pixels[i] /= 255
	}
	return &Set{X: x.Reshape(x.Dims()[0], 1, x.Dims()[1], x.Dims()[2]), Labels: labels}, nil
}

// readFirst reads the first of the files that there is.
func readFirst(op string, fsys fs.FS, name, kind string) (*tensor.Tensor, error) {
	var first error
	for _, file := range []string{name + "-" + kind, name + "." + kind, name + "-" + kind + ".gz", name + "." + kind + ".gz"} {
		t, err := readFrom(op, fsys, file, ReadIDX)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return t, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, fmt.Errorf("%w; there is none with .%s or .gz either", first, kind)
}
