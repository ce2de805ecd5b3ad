package main

import "fmt"

// adbenchRows are gradients against the plain function.
func adbenchRows() (rows []row) {
	add := func(name, form string, limit float64, ours, plain string, peers ...entry) {
		rows = append(rows, row{
			section: secADBench, name: name + ", " + form, unit: micros, ours: entry{contestant: ours1, words: ours},
			peers: append([]entry{{contestant: ours1, label: "plain Go function", words: "scalar plain " + plain, limit: limit}}, peers...),
		})
	}
	tapes := func(name string) (list []entry) {
		for _, peer := range []string{codipack, adept} {
			list = append(list, entry{contestant: peer, words: "scalar gradient " + name, tolerance: 1e-7})
		}
		return list
	}
	const gradient, compiled = 8, 4
	for _, m := range []struct{ d, k int }{{2, 5}, {10, 25}} {
		program := fmt.Sprintf("gmm-%d-%d", m.d, m.k)
		name := fmt.Sprintf("GMM, 1000 points in %d dimensions, %d components", m.d, m.k)
		onTensors := fmt.Sprintf("mixture %d %d", m.d, m.k)
		add(name, "scalars", gradient, "scalar gradient "+program, program, tapes(program)...)
		add(name, "tensors", gradient, onTensors, program, entry{contestant: torch + "1", words: onTensors, tolerance: 1e-7})
		add(name, "compiled", compiled, fmt.Sprintf("mixture-points %d %d", m.d, m.k), program)
	}
	add("LSTM, 2 layers, 1024 characters", "scalars", gradient, "scalar gradient lstm-2-1024", "lstm-2-1024", tapes("lstm-2-1024")...)
	add("LSTM, 2 layers, 1024 characters", "compiled", compiled, "program eval lstm-2-1024", "lstm-2-1024")
	add("BA, 49 cameras, 31,843 observations", "scalars", gradient, "scalar gradient ba-49", "ba-49", tapes("ba-49")...)
	add("BA, 49 cameras, 31,843 observations", "tensors", gradient, "adjustment-tensors 49 7776 31843", "ba-49")
	add("BA, 49 cameras, 31,843 observations", "compiled", compiled, "adjustment 49 7776 31843", "ba-49")
	return rows
}
