package network

import (
	"math"
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

// A Grid is the places of a picture of the plane: size × size of them, row after row from the top, each in the middle of
// its cell.
type Grid struct {
	size int
	x    *tensor.Tensor
	g    *graph.Graph
}

// NewGrid returns a grid.
func NewGrid(size int) *Grid {
	at := make([]float64, 0, 2*size*size)
	middle := func(i int) float64 { return Extent * (2*(float64(i)+0.5)/float64(size) - 1) }
	for row := range size {
		for column := range size {
			at = append(at, middle(column), -middle(row))
		}
	}
	return &Grid{size, tensor.Of(at, size*size, 2), graph.New()}
}

// Plane appends what the network says at each place of the grid: the probability of the second class of two, the
// probabilities of all of three classes, or a value.
func (n *Network) Plane(dst []float32, grid *Grid) []float32 {
	g := grid.g
	g.Reset()
	g.Quietly(func() {
		y := n.model.Forward(nn.Eval(), g.BindConst(grid.x))
		switch n.model.classes {
		case 0:
		case 2:
			y = ops.Sigmoid(y)
		default:
			y = ops.Softmax(y, 1)
		}
		for _, v := range y.Tensor().Float64s() {
			dst = append(dst, float32(v))
		}
	})
	return dst
}

// Nodes appends a picture of each hidden node, layer after layer: what it passes on at each place of the grid, from 0
// for as low as it gets over 128 for neither to 255 for as high as it gets. An activation with bounds is shown between
// them, others between plus and minus the greatest that there is in the picture.
func (n *Network) Nodes(dst []uint8, grid *Grid) []uint8 {
	a := activations[n.settings.Activation]
	g := grid.g
	g.Reset()
	g.Quietly(func() {
		x := g.BindConst(grid.x)
		for _, l := range n.model.layers[:len(n.model.layers)-1] {
			_, x = l.forward(nn.Eval(), x)
			dst = appendPictures(dst, x.Tensor().Float64s(), x.Dims()[1], a)
		}
	})
	return dst
}

// appendPictures appends the columns of a matrix with the given number of them.
func appendPictures(dst []uint8, rows []float64, columns int, a activation) []uint8 {
	for c := range columns {
		reach := a.reach
		if reach == 0 {
			for i := c; i < len(rows); i += columns {
				reach = max(reach, math.Abs(rows[i]-a.centre)) // NaN wins
			}
		}
		for i := c; i < len(rows); i += columns {
			dst = append(dst, shade((rows[i]-a.centre)/reach))
		}
	}
	return dst
}

// shade returns the byte for a number from -1 to 1; 128 for 0/0 and NaN.
func shade(v float64) uint8 {
	if math.IsNaN(v) {
		return 128
	}
	return uint8(math.Round(128 + 127*max(-1, min(1, v))))
}

// Weights returns the weights between the layers: the element [k][i][j] is on the edge from node i of layer k to node j
// of the next.
func (n *Network) Weights() [][][]float64 {
	var all [][][]float64
	for _, l := range n.model.layers {
		w := l.sum.Params()[0].Data
		rows, columns := w.Dims()[0], w.Dims()[1]
		matrix := make([][]float64, rows)
		for i := range matrix {
			matrix[i] = slices.Clone(w.Float64s()[i*columns : (i+1)*columns])
		}
		all = append(all, matrix)
	}
	return all
}
