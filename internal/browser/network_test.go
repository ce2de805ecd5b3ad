package browser_test

import (
	"strconv"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// record222 records the network of the lecture's section 12.2.1, with its numbers, and returns the total error.
func record222() graph.Value { return record222At(values222) }

// record222At records the network with other numbers in its leaves: two inputs, two hidden nodes, two outputs.
func record222At(leaves map[string]float64) graph.Value {
	g := graph.New()
	at := map[string]graph.Value{}
	for _, name := range []string{"i1", "i2", "t1", "t2"} {
		at[name] = g.Const(leaves[name]).Named(name)
	}
	for _, name := range []string{"w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "b1", "b2"} {
		at[name] = g.Var(leaves[name]).Named(name)
	}
	neuron := func(name, w, x, v, y, b string) {
		net := ops.Add(ops.Add(ops.Mul(at[w], at[x]), ops.Mul(at[v], at[y])), at[b]).Named("net_" + name)
		at["out_"+name] = ops.Sigmoid(net).Named("out_" + name)
	}
	neuron("h1", "w1", "i1", "w2", "i2", "b1")
	neuron("h2", "w3", "i1", "w4", "i2", "b1")
	neuron("o1", "w5", "out_h1", "w6", "out_h2", "b2")
	neuron("o2", "w7", "out_h1", "w8", "out_h2", "b2")
	for k := 1; k <= 2; k++ {
		n := strconv.Itoa(k)
		at["E_o"+n] = ops.MulScalar(ops.Square(ops.Sub(at["t"+n], at["out_o"+n])), 0.5).Named("E_o" + n)
	}
	return ops.Add(at["E_o1"], at["E_o2"]).Named("E_total")
}

// values222 are the numbers of section 12.2.1: the lecture's own for the leaves, and what follows from them in float64
// by another program, which knows nothing of tapes.
var values222 = map[string]float64{
	"i1": 0.05, "i2": 0.10, "t1": 0.01, "t2": 0.99,
	"w1": 0.15, "w2": 0.20, "w3": 0.25, "w4": 0.30, "b1": 0.35,
	"w5": 0.40, "w6": 0.45, "w7": 0.50, "w8": 0.55, "b2": 0.60,
	"net_h1": 0.3775, "net_h2": 0.3925,
	"out_h1": 0.5932699921071872, "out_h2": 0.596884378259767,
	"net_o1": 1.10590596705977, "net_o2": 1.2249214040964653,
	"out_o1": 0.7513650695523157, "out_o2": 0.7729284653214625,
	"E_o1": 0.274811083176155, "E_o2": 0.023560025583847746,
	"E_total": 0.2983711087600027,
}

// deltas222 are the derivatives of E_total, from the same program.
var deltas222 = map[string]float64{
	"E_total": 1, "E_o1": 1, "E_o2": 1,
	"out_o1": 0.7413650695523157, "out_o2": -0.21707153467853746,
	"net_o1": 0.13849856162855695, "net_o2": -0.038098236516556236,
	"out_h1": 0.03635030639314466, "out_h2": 0.0413703226487447,
	"net_h1": 0.00877135468948693, "net_h2": 0.009954254705217196,
	"w1": 0.0004385677344743465, "w2": 0.000877135468948693,
	"w3": 0.0004977127352608599, "w4": 0.0009954254705217198,
	"w5": 0.08216704056423077, "w6": 0.08266762784753325,
	"w7": -0.02260254047747507, "w8": -0.022740242215978222,
	"b1": 0.018725609394704128, "b2": 0.10040032511200071,
}
