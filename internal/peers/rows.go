package main

import (
	"fmt"
	"math"
	"strconv"

	"github.com/seed366ff29f/chainrule/internal/programs"
)

// The sections of the tables, in order.
const (
	secMachine     = "What the machine can do"
	secTape        = "Scalar tape: recording and sweeping"
	secCold        = "Scalar tape: the first run, and memory"
	secRatio       = "Scalar gradient against the function alone"
	secProgram     = "Compiled programs"
	secADBench     = "Programs of ADBench"
	secDerivatives = "Derivatives of every kind"
	secGemm        = "Matrix products"
	secElement     = "Elementwise functions, float32"
	secStep        = "Training steps, float32"
	secConv        = "Convolution, float32"
	secGRU         = "GRU, float32"
	secNetwork     = "Training steps of other networks, float32"
	secDeep        = "Vanishing gradients, float32"
	secFit         = "Whole trainings"
	secSteady      = "Training steps: allocations, memory, two cores"
)

var sections = []string{secMachine, secTape, secCold, secRatio, secProgram, secADBench, secDerivatives, secGemm, secElement, secStep, secConv, secGRU, secNetwork, secDeep, secFit, secSteady, secOperations, secLinalg}

var (
	micros  = unit{significant, func(s float64) float64 { return s * 1e6 }, "µs"}
	millis  = unit{significant, func(s float64) float64 { return s * 1e3 }, "ms"}
	bytesOf = unit{decimals(0), func(v float64) float64 { return v }, "bytes"}
	mebi    = unit{decimals(2), func(v float64) float64 { return v / (1 << 20) }, "MiB"}
	number  = unit{significant, func(v float64) float64 { return v }, ""}
)

func nanosPer(operations int) unit {
	return unit{decimals(2), func(s float64) float64 { return s * 1e9 / float64(operations) }, "ns/op"}
}

// gflops is a rate of floating-point operations.
func gflops(operations float64) unit {
	return unit{decimals(1), func(s float64) float64 { return operations / s * 1e-9 }, "GFLOPS"}
}

// gigabytes is a rate of bytes.
func gigabytes(bytes float64) unit {
	return unit{decimals(1), func(s float64) float64 { return bytes / s * 1e-9 }, "GB/s"}
}

func decimals(n int) func(v float64) string {
	return func(v float64) string { return strconv.FormatFloat(v, 'f', n, 64) }
}

// significant writes a number with three digits, or as many as stand before the point.
func significant(v float64) string {
	n := 2
	for a := math.Abs(v); a >= 10 && n > 0; a /= 10 {
		n--
	}
	return strconv.FormatFloat(v, 'f', n, 64)
}

// noLimit marks a row that has neither peers nor a target.
const noLimit = -1

// table lists everything that is measured.
func table(avx512 bool) []row {
	var all []row
	for _, f := range []func() []row{func() []row { return machineRows(avx512) }, tapeRows, coldRows, ratioRows, programRows, adbenchRows, derivativeRows, compiledDerivativeRows, func() []row { return gemmRows(avx512) }, elementRows, func() []row { return stepRows(avx512) }, convRows, gruRows, networkRows, deepRows, fitRows, steadyRows, operationRows, linalgRows} {
		all = append(all, f()...)
	}
	return all
}

func tapeRows() (rows []row) {
	for _, p := range programs.All() {
		for _, what := range []string{"record", "gradient"} {
			r := row{section: secTape, name: p.Name + ", " + what, unit: nanosPer(p.Operations)}
			r.ours = entry{contestant: ours1, words: "scalar " + what + " " + p.Name}
			r.peers = []entry{{contestant: ours1, label: "bare tape", words: "scalar bare-" + what + " " + p.Name}}
			for _, peer := range []string{codipack, adept, adolc} {
				r.peers = append(r.peers, entry{contestant: peer, words: r.ours.words})
			}
			if what == "gradient" {
				for i, limit := range []float64{1.5, 1, 1, 0.3} {
					r.peers[i].limit, r.peers[i].tolerance = limit, 1e-6
				}
			}
			rows = append(rows, r)
		}
	}
	return rows
}

func coldRows() (rows []row) {
	for _, p := range programs.All() {
		rows = append(rows, row{
			section: secCold, name: p.Name + ", first gradient of a process", unit: millis,
			ours:  entry{contestant: ours1, words: "cold " + p.Name, fresh: true},
			peers: []entry{{contestant: ours1, label: "the same, warm", words: "scalar gradient " + p.Name, limit: 3, tolerance: 1e-12}},
		})
	}
	for _, p := range programs.All() {
		rows = append(rows, row{
			section: secCold, name: p.Name + ", memory of the tape for each node", unit: bytesOf, limit: 40, rounds: 1,
			ours: entry{contestant: ours1, words: "bytes tape " + p.Name, fresh: true},
		}, row{
			section: secCold, name: p.Name + ", with the adjoints", unit: bytesOf, limit: noLimit, rounds: 1,
			ours: entry{contestant: ours1, words: "bytes sweep " + p.Name, fresh: true},
		})
	}
	return rows
}

func ratioRows() (rows []row) {
	for _, p := range programs.All() {
		limit := 8.0
		if p.Name == "nested" { // half of its time is the sine
			limit = 3
		}
		rows = append(rows, row{
			section: secRatio, name: p.Name, unit: micros,
			ours:  entry{contestant: ours1, words: "scalar gradient " + p.Name},
			peers: []entry{{contestant: ours1, label: "plain Go function", words: "scalar plain " + p.Name, limit: limit}},
		})
	}
	return rows
}

// batchPoints are how many points a program is evaluated at.
const batchPoints = 10_000

// programRows compare programs that were compiled once with recording and sweeping anew, and with JAX.
func programRows() (rows []row) {
	sweep := func(name string) entry {
		return entry{contestant: ours1, label: "recording and sweeping", words: "scalar gradient " + name, tolerance: 1e-9}
	}
	list := programs.Small()
	for _, name := range []string{"network-30", "chain", "rosenbrock"} {
		p, _ := programs.ByName(name)
		list = append(list, p)
	}
	for _, p := range list {
		r := row{section: secProgram, name: p.Name + ", value and gradient at one point", unit: micros, ours: entry{contestant: ours1, words: "program eval " + p.Name}}
		e := sweep(p.Name)
		e.limit = 0.5
		rows = append(rows, row{section: r.section, name: r.name, unit: r.unit, ours: r.ours, peers: []entry{e}})
		rows = append(rows, row{
			section: secProgram, name: p.Name + ", compiling", unit: micros, ours: entry{contestant: ours1, words: "program compile " + p.Name},
			peers: []entry{{contestant: ours1, label: "value and gradient at one point", words: "program eval " + p.Name, limit: 50}},
		})
	}
	perPoint := unit{significant, func(s float64) float64 { return s * 1e9 / batchPoints }, "ns/point"}
	for _, p := range programs.Small() {
		words := fmt.Sprintf("program batch %s %d", p.Name, batchPoints)
		for _, threads := range []string{"1", "2"} {
			r := row{section: secProgram, name: p.Name + ", 10,000 points", unit: perPoint, ours: entry{contestant: ours1, words: words}}
			if threads == "2" {
				r.name += ", 2 cores"
				r.ours.contestant = ours2
			} else {
				r.peers = []entry{{
					contestant: ours1, label: "recording and sweeping", words: fmt.Sprintf("program sweep %s %d", p.Name, batchPoints), limit: 0.1, tolerance: 1e-9,
				}}
			}
			// JAX is given the program in two forms, a function of a vector and one of many scalars. Which is faster
			// depends on the program.
			for _, form := range []string{"vector", "scalars"} {
				r.peers = append(r.peers, entry{contestant: jax64 + threads, words: words + " " + form, limit: 0.8, tolerance: 1e-9})
			}
			rows = append(rows, r)
		}
	}
	// A program of 20,000 operations, in points of which one takes as long as thousands of the small ones.
	const points = 256
	words := fmt.Sprintf("network-30 %d", points)
	rows = append(rows, row{
		section: secProgram, name: fmt.Sprintf("network on 30 samples, %d points", points), unit: millis,
		ours: entry{contestant: ours1, words: "program batch " + words},
		peers: []entry{
			{contestant: ours1, label: "recording and sweeping", words: "program sweep " + words, limit: 0.1, tolerance: 1e-9},
		},
	})
	return rows
}

// The products of a training step: forward, gradient of the weights, gradient of the input.
var products = []struct {
	form    string
	m, n, k int
	two     bool    // also on two cores
	peak    bool    // large enough to come near the peak
	limit   float64 // of ours by the libraries' time
}{
	{"nn", 128, 512, 784, true, true, 1}, {"tn", 784, 512, 128, true, true, 1}, {"nt", 128, 784, 512, true, true, 1},
	{"nn", 128, 512, 512, false, true, 1}, {"tn", 512, 512, 128, false, true, 1}, {"nt", 128, 512, 512, false, true, 1},
	{"nn", 64, 128, 784, true, true, 1}, {"tn", 784, 128, 64, false, true, 1},
	{"nn", 256, 1024, 1024, false, true, 1}, {"tn", 1024, 1024, 256, false, true, 1}, {"nt", 256, 1024, 1024, false, true, 1},
	{"nn", 128, 10, 512, false, false, 1 / 0.9}, {"tn", 512, 10, 128, false, false, 1 / 0.9}, {"nt", 128, 512, 10, false, false, 1 / 0.9},
	{"nn", 1024, 1024, 1024, true, true, 1}, {"tn", 1024, 1024, 1024, true, true, 1}, {"nt", 1024, 1024, 1024, true, true, 1},
	{"nn", 32, 16, 16, false, false, 1 / 0.8},
}

func gemmRows(avx512 bool) (rows []row) {
	for _, typ := range []string{"f32", "f64"} {
		for _, p := range products {
			words := fmt.Sprintf("gemm %s %s %d %d %d", typ, p.form, p.m, p.n, p.k)
			name := fmt.Sprintf("%s %s %d×%d·%d×%d", typ, map[string]string{"nn": "A·B", "tn": "Aᵀ·B", "nt": "A·Bᵀ"}[p.form], p.m, p.k, p.k, p.n)
			tolerance := 1e-3
			if typ == "f64" {
				tolerance = 1e-9
			}
			operations := 2 * float64(p.m) * float64(p.n) * float64(p.k)
			add := func(suffix, ours string, peak entry, peers ...entry) {
				r := row{section: secGemm, name: name + suffix, unit: gflops(operations), ours: entry{contestant: ours, words: words}}
				for _, e := range peers {
					e.words, e.limit, e.tolerance = words, p.limit, tolerance
					r.peers = append(r.peers, e)
				}
				if p.peak {
					peak.limit = 1 / 0.88
				}
				r.peers = append(r.peers, peak)
				rows = append(rows, r)
			}
			add("", ours1, peakEntry(typ, "best", "1", operations), matrixPeers("1", "", held)...)
			if avx512 {
				add(", AVX2", oursAVX2, peakEntry(typ, "avx2", "1", operations), matrixPeers("1", held)...)
			}
			if p.two {
				add(", 2 cores", ours2, peakEntry(typ, "best", "2", operations), matrixPeers("2", "")...)
			}
		}
	}
	return rows
}

// matrixPeers are the libraries for products of matrices, in the variants given.
func matrixPeers(threads string, variants ...string) (list []entry) {
	for _, v := range variants {
		list = append(list, entry{contestant: torch + threads + v, label: "MKL"})
	}
	for _, v := range variants {
		list = append(list, entry{contestant: blas + threads + v})
	}
	return list
}

// torchEntries are PyTorch with the kernels that it chooses and, on one core, held to those of AVX2, of which the faster
// counts.
func torchEntries(threads, words string, limit, tolerance float64) []entry {
	list := []entry{{contestant: torch + threads, words: words, limit: limit, tolerance: tolerance}}
	if threads == "1" {
		list = append(list, entry{contestant: torch + threads + held, words: words, limit: limit, tolerance: tolerance})
	}
	return list
}

// perCores makes a row twice, for one core and for two; peers returns those for a number of threads.
func perCores(r row, peers func(threads string) []entry) []row {
	one, two := r, r
	one.ours.contestant, one.peers = ours1, peers("1")
	two.ours.contestant, two.peers = ours2, peers("2")
	two.name += cores("2")
	return []row{one, two}
}

func convRows() []row {
	const words = "conv2d 32 3 32 32 16 3"
	r := row{section: secConv, name: "32×3×32×32 with 16 3×3 filters, forward and backward", unit: micros, ours: entry{words: words}}
	return perCores(r, func(threads string) []entry {
		return append(torchEntries(threads, words, 1, 1e-3),
			entry{contestant: jax + threads, words: words, limit: 1, tolerance: 1e-3},
			peakEntry("f32", "best", threads, 3*conv(32, 3, 32, 16, 3)))
	})
}

func gruRows() []row {
	const words = "gru 32 128 32 64"
	r := row{section: secGRU, name: "32 inputs, 128 units, 64 times@32, forward and backward", unit: micros, ours: entry{words: words}}
	return perCores(r, func(threads string) []entry {
		return append(torchEntries(threads, words, 0.8, 1e-3), peakEntry("f32", "best", threads, 3*gru(32, 128, 32*64)))
	})
}

// fits are trainings with the sizes of well-known sets of data.
var fits = []struct{ name, words string }{
	{"digits, 64-128-10@32, 10 epochs of 1437", "64-128-10@32 1437 10"},
	{"breast cancer, 30-32-1@32, 20 epochs of 455", "30-32-1@32 455 20"},
	{"iris, 4-16-3@16, 100 epochs of 120", "4-16-3@16 120 100"},
}

func fitRows() (rows []row) {
	for _, f := range fits {
		for _, typ := range []string{"f32", "f64"} {
			for _, threads := range []string{"1", "2"} {
				words := "fit " + typ + " " + f.words
				r := row{section: secFit, name: f.name + ", " + typ, unit: millis, rounds: 3, ours: entry{contestant: ours1, words: words}}
				if threads == "2" {
					r.name += ", 2 cores"
					r.ours.contestant = ours2
				}
				r.peers = []entry{{contestant: sklearn + threads, words: words, limit: 1.0 / 3, tolerance: 0.05}}
				rows = append(rows, r)
			}
		}
	}
	return rows
}
