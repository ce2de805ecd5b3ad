package ops_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/rowtest"
)

// elementwiseShape is what operations element by element are measured on.
const elementwiseShape = "(1000,1000)"

// largeCalls are the calls that operations are measured on. An elementwise operation that is not listed gets operands of
// elementwiseShape and the numbers of its first sample call; any other gets its sample call with the most elements.
var largeCalls = map[string]string{
	// Some hundred nanoseconds an element: fewer of them will do.
	"lgamma": "(100,1000)", "digamma": "(100,1000)", "polygamma": "1 (100,100)",
	"pow": "(100,1000) (100,1000)", "pow_scalar": "(100,1000) 2.5", "cumprod": "(10,100,100) 1",

	"matmul": "(256,256) (256,256)",
	"linear": "(128,784) (784,512) (512)",
	"dot":    "(1000000) (1000000)",
	"outer":  "(1000) (1000)",

	"conv1d":        "(32,16,128) (32,16,5) 1 2",
	"conv1d_input":  "(32,32,128) (32,16,5) 128 1 2",
	"conv1d_weight": "(32,16,128) (32,32,128) 5 1 2",
	"conv2d":        "(32,16,8,8) (32,16,3,3) 1 1",
	"conv2d_input":  "(32,32,8,8) (32,16,3,3) 8 8 1 1",
	"conv2d_weight": "(32,16,8,8) (32,32,8,8) 3 3 1 1",

	"max_pool2d":        "(32,16,32,32) 2 2",
	"max_pool2d_input":  "(32,16,16,16) (32,16,32,32) 2 2",
	"max_pool2d_select": "(32,16,32,32) (32,16,32,32) 2 2",
	"avg_pool2d":        "(32,16,32,32) 2 2",
	"avg_pool2d_input":  "(32,16,16,16) 32 32 2 2",

	"softmax":         "(1000,1000) 1",
	"log_softmax":     "(1000,1000) 1",
	"mse":             "(1000,1000) (1000,1000)",
	"bce":             "(1000,1000) (1000,1000)",
	"bce_with_logits": "(1000,1000) (1000,1000)",
	"huber":           "(1000,1000) (1000,1000) 1",
	"cross_entropy":   "(1000,1000) " + cycle(1000, 1000),
	"layer_norm":      "(1000,1000) (1000) (1000) 1e-5",
	"batch_norm":      "(1000,1000) (1000) (1000) 1e-5",

	// The middle of three axes: neither the elements nor the lines of one result lie together.
	"sum": "(10,1000,100) 1", "mean": "(10,1000,100) 1", "max": "(10,1000,100) 1", "min": "(10,1000,100) 1",
	"prod": "(10,1000,100) 1", "logsumexp": "(10,1000,100) 1", "norm": "(10,1000,100) 1",
	"variance": "(10,1000,100) 1", "std": "(10,1000,100) 1", "center": "(10,1000,100) 1",
	"cumsum": "(10,1000,100) 1", "cummax": "(10,1000,100) 1", "cummin": "(10,1000,100) 1",
	"sort": "(10,1000,10) 1", "argsort": "(10,1000,10) 1", "topk": "(10,1000,10) 1 10", "argtopk": "(10,1000,10) 1 10",
	"argmax": "(10,1000,100) 1", "argmin": "(10,1000,100) 1",
	"take_along": "(10,1000,100) (10,1000,100) 1", "put_along": "(10,1000,100) (10,1000,100) 1 1000",
	"gather": "(1000,1000) 0 " + cycle(1000, 1000), "scatter": "(1000,1000) 0 1000 " + cycle(1000, 1000),

	"gather_at": "(1000,1000) (1000) 0", "scatter_at": "(1000,1000) (1000) 0 1000", "cross_entropy_at": "(1000,1000) (1000)",
	"random_uniform": "() () 0 1000 1000",

	"where":     "(1000,1000) (1000,1000) (1000,1000)",
	"reshape":   "(1000,1000) 100 -1",
	"broadcast": "(1000,1) 1000 1000",
	"sum_to":    "(1000,1000) 1000 1",
	"transpose": "(1000,1000)",
	"permute":   "(100,100,100) 2 0 1",
	"slice":     "(1000,1000) 1 100 900",
	"pad":       "(1000,1000) 1 10 10",
	"concat":    "1 (1000,500) (1000,500)",
	"stack":     "1 (1000,500) (1000,500)",
	"squeeze":   "(1000,1,1000) 1", "unsqueeze": "(1000,1000) 1",
	"flip": "(1000,1000) 1", "roll": "(1000,1000) 1 300", "tile": "(1000,100) 1 10", "repeat": "(1000,100) 1 10",
	"tril": "(1000,1000) 0", "triu": "(1000,1000) 0", "one_hot": "(1000) 1000", "stop_gradient": "(1000,1000)",
	"trace": "(1000,1000)", "diagonal": "(1000,1000)", "diagonal_matrix": "(1000)",

	"det": "(64,64)", "logdet": "(64,64)", "cofactor": "(32,32)", "inv": "(64,64)", "cholesky": "(64,64)",
	"solve": "(64,64) (64,64)", "solve_lower": "(64,64) (64,64)", "solve_upper": "(64,64) (64,64)",
	"eigh": "(32,32)", "svd": "(32,32)", "qr": "(32,32)",
}

// constantOperands are operands that have no derivative, a condition or indices, and are constants where they are used.
var constantOperands = map[string]int{"where": 0, "take_along": 1, "put_along": 1, "gather_at": 1, "scatter_at": 1, "cross_entropy_at": 1, "max_pool2d_input": 1, "max_pool2d_select": 1}

// cycle returns n indices into size elements, in a scattered order.
func cycle(n, size int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = strconv.Itoa(i * 617 % size)
	}
	return strings.Join(words, " ")
}

// largeCall returns the call that a row is measured on.
func largeCall(b *testing.B, row *graph.Row) rowtest.Sample {
	text := largeCalls[row.Name]
	if text == "" {
		most := -1
		for _, s := range rowtest.Samples(b, row) {
			n := 0
			for _, t := range s.Operands {
				n += t.Len()
			}
			if n > most {
				text, most = s.Text, n
			}
		}
		if row.Class == graph.Elementwise || row.Unary != nil || row.Binary != nil {
			text = strings.Repeat(elementwiseShape+" ", row.Arity())
			if len(row.Try) > 0 { // parameters too, in their places
				words := strings.Fields(row.Try[0])
				for i, word := range words {
					if word[0] == '(' {
						words[i] = elementwiseShape
					}
				}
				text = strings.Join(words, " ")
			}
		}
	}
	return rowtest.Parse(b, row, text, repeatedOperand)
}

// repeatedOperand is randomOperand for large shapes: it draws so many numbers that no processor learns the order of the
// branches, and repeats them.
func repeatedOperand(rng *rand.Rand, row *graph.Row, k int, shape []int) *tensor.Tensor {
	const drawn = 1 << 16
	n, err := tensor.Size(shape)
	if err != nil {
		panic(err)
	}
	x := tensor.New(tensor.Float64, shape...)
	part := rowtest.RandomOperand(rng, row, k, []int{min(n, drawn)}).Float64s()
	for data := x.Float64s(); len(data) > 0; {
		data = data[copy(data, part):]
	}
	return x
}

// BenchmarkOp measures every operation of the table, forward and, for a cotangent without zeros, backward by all
// operands, in both precisions:
//
//	go test -run '^$' -bench 'Op/op=exp/' -count 10 ./ops | benchstat -col /dtype -
//
// ns/element is the time for an element of the largest tensor that takes part.
func BenchmarkOp(b *testing.B) {
	for _, row := range graph.Rows() {
		if !strings.HasPrefix(row.GoName(), "ops.") {
			continue
		}
		b.Run("op="+row.Name, func(b *testing.B) {
			s := largeCall(b, row)
			passes := []string{"forward", "backward"}
			if row.Class == graph.NoGrad {
				passes = passes[:1]
			}
			for _, pass := range passes {
				for _, dtype := range []tensor.DType{tensor.Float32, tensor.Float64} {
					b.Run(fmt.Sprintf("pass=%s/dtype=%v", pass, dtype), func(b *testing.B) { benchmarkCall(b, s, dtype, pass == "backward") })
				}
			}
		})
	}
}

func benchmarkCall(b *testing.B, s rowtest.Sample, dtype tensor.DType, backward bool) {
	g := graph.New(graph.WithDType(dtype))
	xs := make([]graph.Value, len(s.Operands))
	elements := 0
	for i, t := range s.Operands {
		if s.Row.Prepare != nil {
			h := graph.New()
			t = s.Row.Prepare(i, h.ConstTensor(t)).Tensor()
			dominateDiagonal(t)
		}
		if s.Row.Name == "where" && i == 0 {
			for k := range t.Len() {
				t.SetFlat(math.Floor(t.AtFlat(k)), k) // a fourth of them 0
			}
		}
		if k, ok := constantOperands[s.Row.Name]; ok && k == i {
			xs[i] = g.ConstTensor(t.To(dtype))
		} else {
			xs[i] = g.VarTensor(t.To(dtype))
		}
		elements = max(elements, t.Len())
	}
	// The operands are in the operation's domain already.
	row := *s.Row
	row.Prepare = nil
	s.Row = &row
	m := g.Mark()
	b.ReportAllocs()
	if !backward {
		for b.Loop() {
			elements = max(elements, product(s.Apply(xs).Dims()))
			g.Rewind(m)
		}
	} else {
		y := s.Apply(xs)
		elements = max(elements, product(y.Dims()))
		seed := tensor.New(dtype, y.Dims()...)
		seed.Fill(0.5)
		option := autograd.WithSeed(seed)
		for b.Loop() {
			autograd.Backward(y, option).Release()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(elements), "ns/element")
}

// dominateDiagonal makes a large square matrix one that every decomposition takes.
func dominateDiagonal(t *tensor.Tensor) {
	dims := t.Dims()
	if len(dims) != 2 || dims[0] != dims[1] {
		return
	}
	for i := range dims[0] {
		t.SetAt(t.At(i, i)+float64(dims[0]+i), i, i)
	}
}

func product(lengths []int) int {
	n := 1
	for _, d := range lengths {
		n *= d
	}
	return n
}
