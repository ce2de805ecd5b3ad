package programs

import (
	"slices"

	"github.com/seed366ff29f/chainrule/graph"
)

// A Program is one computation, written several times. The forms agree up to rounding.
type Program struct {
	Name       string
	Operations int       // recorded by one run
	At         []float64 // the values of the leaves

	// Tape records the program on g, and returns its leaves, appended to those given, and its result.
	Tape func(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value)
	// Bare records the program on t, which [Program.NewBareTape] made and which is empty. Small programs have none.
	Bare func(t *BareTape, at []float64) (leaves []BareValue, y BareValue)
	// Plain computes the result without a tape.
	Plain func(at []float64) float64
	// Derivative computes the result and sets grad to the gradient, as one would write it by hand. Only small programs have
	// one.
	Derivative func(at, grad []float64) float64

	// Value is the result, and Gradient some derivatives of it, by the number of the leaf. They come from C++ tape
	// tools or from JAX, and each gradient from an independent derivation as well; see [All], [Small] and [ADBench].
	Value    float64
	Gradient map[int]float64
	// Error is the relative error to allow in both: the rounding of the program itself.
	Error float64
}

// ByName returns the program of that name, and whether there is one.
func ByName(name string) (Program, bool) {
	for _, p := range append(slices.Concat(All(), Small(), ADBench()), Short()) {
		if p.Name == name {
			return p, true
		}
	}
	return Program{}, false
}

// All returns the programs by which tapes are compared. The expected gradient of nested was checked by forward mode, those of chain, rosenbrock and
// product by closed forms, that of network by an array program.
func All() []Program {
	return []Program{
		{
			Name: "chain", Operations: 2 * chainLength, At: []float64{0.3, 0.99999}, // near 1, so that no adjoint fades to 0
			Tape: chainTape, Bare: chainBare, Plain: chainPlain,
			// y = x·(1-aᵏ)/(1-a) with k = chainLength + 1, in 60 digits. The rounding of 200 000 operations shows.
			Value: 18963.78231031944, Gradient: map[int]float64{0: 63212.6077010648, 1: 792734389.4027591}, Error: 1e-10,
		},
		{
			Name: "nested", Operations: 6 * nestedLength, At: []float64{0.3, 0.8, 0.5},
			Tape: nestedTape, Bare: nestedBare, Plain: nestedPlain,
			Value:    783636.9559643653,
			Gradient: map[int]float64{0: 1.3262749388419, 1: 1333831.69362967, 2: 827476.510660118}, Error: 1e-12,
		},
		{
			Name: "rosenbrock", Operations: 8 * (rosenbrockLeaves - 1), At: rosenbrockPoint(),
			Tape: rosenbrockTape, Bare: rosenbrockBare, Plain: rosenbrockPlain,
			Value: 2244269.03912913,
			Gradient: map[int]float64{
				0: -234.8, 1: 618.0864236, 2: 150.9559888, 3: 97.0210372000001, rosenbrockLeaves - 1: 28.5512,
			}, Error: 1e-12,
		},
		{
			Name: "network", Operations: 65_077, At: networkPoint(),
			Tape: networkTape, Bare: networkBare, Plain: networkPlain,
			Value: 1.2349933897410947,
			Gradient: map[int]float64{
				0: 0.0353649317152392, 1: -0.0118781067526779, 2: -0.167141962620094, 3: 0.0203914036381276,
				48: 0.00701719217454086, 320: -0.275269460020666, 336: 0.310012184276246,
			}, Error: 1e-12,
		},
		{
			Name: "product", Operations: productLeaves - 1, At: productPoint(),
			Tape: productTape, Bare: productBare, Plain: productPlain,
			Value: 9.99990000099987e-06,
			// A hundred thousand products lose some digits to rounding.
			Gradient: map[int]float64{
				0: 1.99998000019998e-05, 1: 1.4999850001497e-05, productLeaves - 1: 9.99999999999988e-06,
			}, Error: 1e-9,
		},
	}
}

// Short returns network on 30 of its samples, a program of about 20 000 operations. It has the tape's form alone, which does
// not look at numbers.
func Short() Program {
	return Program{Name: "network-30", Operations: 20_200, At: networkPoint(), Tape: shortNetworkTape}
}

const (
	chainLength      = 100_000
	nestedLength     = 1_000_000
	rosenbrockLeaves = 100_000
	productLeaves    = 100_000
)

func rosenbrockPoint() []float64 {
	at := make([]float64, rosenbrockLeaves)
	for i := range at {
		at[i] = 0.5 + 0.001*float64((i*7919)%1000)
	}
	return at
}

func productPoint() []float64 {
	at := make([]float64, productLeaves)
	for i := range at {
		at[i] = float64(i+1) / float64(i+2)
	}
	return at
}

// The parameters and the samples of network come from one stream of numbers in [0, 1).
const networkParams = 337

var (
	networkStart   = drawNetwork()
	networkSamples = networkStart.samples
	networkWidths  = [...]int{16, 16, 1} // after two inputs
)

func networkPoint() []float64 { return networkStart.params }

// A networkDraw holds the numbers of the network: parameters layer by layer, neuron by neuron, a neuron's weights
// before its bias; samples as two inputs and a label of 1 or -1.
type networkDraw struct {
	params  []float64
	samples [][3]float64
}

func drawNetwork() networkDraw {
	state := uint64(42)
	u := func() float64 {
		state = (state*1103515245 + 12345) % (1 << 31)
		return float64(state) / (1 << 31)
	}
	var n networkDraw
	for range networkParams {
		n.params = append(n.params, 2*u()-1)
	}
	for range 100 {
		x0, x1 := 2*u()-1, 2*u()-1
		label := -1.0
		if x0*x1 > 0 {
			label = 1
		}
		n.samples = append(n.samples, [3]float64{x0, x1, label})
	}
	return n
}
