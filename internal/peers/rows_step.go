package main

import (
	"fmt"
	"strconv"
	"strings"
)

// steps are the training steps of perceptrons, and how long ours may take for each as a part of the fastest peer's time.
var steps = []struct {
	shape string
	limit float64
}{{"2-16-16-1@32", 0.12}, {"784-128-10@64", 0.45}, {"784-512-512-10@128", 0.92}, {"1024-1024-1024-10@256", 0.97}}

func stepRows(avx512 bool) (rows []row) {
	for _, s := range steps {
		for _, optimizer := range []string{"sgd", "adam"} {
			words := "mlp " + optimizer + " " + s.shape
			name := s.shape + ", " + map[string]string{"sgd": "SGD", "adam": "Adam"}[optimizer]
			// Of the fifth loss, in float32. Adam's first steps have the size of the learning rate however small the
			// gradient is, so that roundings show.
			tolerance := 1e-5
			if optimizer == "adam" {
				tolerance = 1e-4
			}
			r := row{section: secStep, name: name, unit: micros, ours: entry{words: words}}
			rows = append(rows, perCores(r, func(threads string) []entry {
				peers := torchEntries(threads, words, s.limit, tolerance)
				peers = append(peers,
					entry{contestant: compiledTorch + threads, words: words, limit: s.limit, tolerance: tolerance},
					entry{contestant: jax + threads, words: words, limit: s.limit, tolerance: tolerance})
				if widest(s.shape) <= 128 {
					peers = append(peers, entry{contestant: gomlx + threads, words: words, tolerance: tolerance})
				}
				return append(peers, peakEntry("f32", "best", threads, perceptron(s.shape)))
			})...)
			if avx512 && optimizer == "sgd" {
				rows = append(rows, row{
					section: secStep, name: name + ", AVX2", unit: micros, ours: entry{contestant: oursAVX2, words: words},
					peers: []entry{
						{contestant: torch + "1" + held, words: words, limit: s.limit, tolerance: tolerance},
						peakEntry("f32", "avx2", "1", perceptron(s.shape)),
					},
				})
			}
		}
	}
	return rows
}

// layersOf returns the widths of a shape, and the rows of its batch.
func layersOf(shape string) (widths []int, rows int) {
	list, batch, _ := strings.Cut(shape, "@")
	return integers(strings.Split(list, "-")), integers([]string{batch})[0]
}

// widest returns the width of the widest layer but the input.
func widest(shape string) int {
	best := 0
	widths, _ := layersOf(shape)
	for _, w := range widths[1:] {
		best = max(best, w)
	}
	return best
}

// perceptron returns the number of floating-point operations of the products in a step: one forward, one for the
// gradient of the weights and, but for the first layer, one for that of the input.
func perceptron(shape string) float64 {
	widths, rows := layersOf(shape)
	sum := 0.0
	for i, in := range widths[:len(widths)-1] {
		products := 3.0
		if i == 0 {
			products = 2
		}
		sum += products * product(rows, in, widths[i+1])
	}
	return sum
}

// product returns the number of floating-point operations of a product of matrices.
func product(m, k, n int) float64 { return 2 * float64(m) * float64(k) * float64(n) }

// conv returns the number of floating-point operations of a convolution of images with filters of the same size.
func conv(images, channels, size, filters, width int) float64 {
	return product(images*size*size, channels*width*width, filters)
}

// gru returns the number of floating-point operations of the products in a gated recurrent unit, at all times together.
func gru(in, units, times int) float64 { return product(times, in+units, 3*units) }

// networks are the training steps of other networks. The operations are those of their products.
var networks = []struct {
	name, words      string
	limit, tolerance float64
	operations       float64
	last             string // the same of PyTorch with channels last, if that is something else
	compiled         bool   // torch.compile and JAX have it
}{
	{
		name: "two convolutions, 28×28@64, SGD", words: "cnn 1 28 16 32 10 64", limit: 0.8, tolerance: 1e-5,
		operations: 2*conv(64, 1, 28, 16, 3) + 3*conv(64, 16, 14, 32, 3) + 3*product(64, 32*7*7, 10),
		last:       "cnn-channels-last 1 28 16 32 10 64", compiled: true,
	},
	{
		name: "language model, GRU of 128 units, 64 letters@32, Adam", words: "letters 65 32 128 32 64", limit: 0.8, tolerance: 1e-4,
		operations: 3*gru(32, 128, 32*64) + 3*product(32*64, 128, 65),
	},
	{
		name: "transformer block, 128 numbers, 4 heads, 32 times@16, Adam", words: "transformer 128 4 65 16 32", limit: 0.8, tolerance: 1e-4,
		operations: 3 * (product(16*32, 128, (3+1+4+4)*128+65) + 2*product(16*4*32, 32, 32)),
		compiled:   true,
	},
}

func networkRows() (rows []row) {
	for _, n := range networks {
		r := row{section: secNetwork, name: n.name, unit: micros, ours: entry{words: n.words}}
		rows = append(rows, perCores(r, func(threads string) []entry {
			peers := torchEntries(threads, n.words, n.limit, n.tolerance)
			if n.last != "" {
				for _, e := range torchEntries(threads, n.last, n.limit, n.tolerance) {
					e.label = "PyTorch, channels last"
					peers = append(peers, e)
				}
			}
			if n.compiled {
				for _, peer := range []string{compiledTorch, jax} {
					peers = append(peers, entry{contestant: peer + threads, words: n.words, limit: n.limit, tolerance: n.tolerance})
				}
			}
			return append(peers, peakEntry("f32", "best", threads, n.operations))
		})...)
		kind, sizes, _ := strings.Cut(n.words, " ")
		rows = append(rows, row{
			section: secNetwork, name: n.name + ", allocations in a step", unit: number, limit: 0, rounds: 1,
			ours: entry{contestant: ours1, words: kind + "-allocations " + sizes, fresh: true},
		})
	}
	return rows
}

// deepRows are one network, in which most gradients are subnormal numbers or zeros: exact, and with such numbers taken as
// zeros.
func deepRows() []row {
	const layers, nodes, classes, rows = 128, 64, 10, 64
	sizes := fmt.Sprintf(" %d %d %d %d", layers, nodes, classes, rows)
	peak := peakEntry("f32", "best", "1", perceptron(strings.Repeat(strconv.Itoa(nodes)+"-", layers+1)+fmt.Sprintf("%d@%d", classes, rows)))
	const name = "128 layers of 64 nodes, batch of 64, SGD"
	return []row{
		{
			section: secDeep, name: name, unit: micros, ours: entry{contestant: ours1, words: "deep" + sizes},
			peers: []entry{{contestant: torch + "1", words: "deep" + sizes, limit: 0.35, tolerance: 1e-5}, peak},
		},
		{
			section: secDeep, name: name + ", flushing to zero", unit: micros, ours: entry{contestant: ours1, words: "deep-flushing" + sizes},
			peers: []entry{
				{contestant: torch + "1", words: "deep" + sizes, limit: 0.35, tolerance: 1e-5},
				{contestant: flushingTorch + "1", words: "deep" + sizes, limit: 0.9, tolerance: 1e-5},
				{contestant: jax + "1", words: "deep" + sizes, tolerance: 1e-5},
				peak,
			},
		},
	}
}

func steadyRows() (rows []row) {
	for _, s := range steps {
		for _, optimizer := range []string{"sgd", "adam"} {
			rows = append(rows, row{
				section: secSteady, name: s.shape + ", " + optimizer + ", allocations in a step", unit: number, limit: 0, rounds: 1,
				ours: entry{contestant: ours1, words: "allocations " + optimizer + " " + s.shape, fresh: true},
			})
		}
	}
	for _, s := range steps[1:] {
		rows = append(rows, row{
			section: secSteady, name: s.shape + ", SGD, memory", unit: mebi, rounds: 3,
			ours:  entry{contestant: ours1, words: "memory sgd " + s.shape, fresh: true},
			peers: []entry{{contestant: ours1, label: "parameters, gradients, activations", words: "needed sgd " + s.shape, limit: 1.3}},
		})
	}
	for _, s := range steps[1:] {
		limit := 0.55
		if s.shape == "784-128-10@64" {
			limit = 0
		}
		rows = append(rows, row{
			section: secSteady, name: s.shape + ", SGD, 2 cores", unit: micros,
			ours:  entry{contestant: ours2, words: "mlp sgd " + s.shape},
			peers: []entry{{contestant: ours1, label: "1 core", words: "mlp sgd " + s.shape, limit: limit, tolerance: 1e-5}},
		})
	}
	return rows
}
