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
	// The tasks that are on chainrule's graph in one way, beside what takes part in them.
	task := func(name, task string, limit float64, peers ...entry) {
		plain := entry{contestant: ours1, label: "plain Go function", words: "adbench-plain " + task, limit: limit}
		rows = append(rows, row{
			section: secADBench, name: name, unit: micros, ours: entry{contestant: ours1, words: "adbench " + task}, peers: append([]entry{plain}, peers...),
		})
	}
	inJAX := func(task string, limit float64, forms ...string) (list []entry) {
		for _, form := range forms {
			list = append(list, entry{contestant: jax64 + "1", words: "adbench " + form + " " + task, tolerance: 1e-7, limit: limit})
		}
		return list
	}
	both := []string{"forward", "reverse"}
	const second = " 21 11315 36455" // ADBench's size 2
	task("BA, 21 cameras, 36,455 observations: sparse Jacobian, tape", "ba"+second, 0, inJAX("ba"+second, 0, both...)...)
	task("BA, 21 cameras, 36,455 observations: sparse Jacobian, compiled", "ba-compiled"+second, gradient, inJAX("ba"+second, 1, both...)...)
	task("hand, 1000 points: Jacobian by 26 numbers", "hand", 0, inJAX("hand", 0, both...)...)
	task("k-means, 1000 points, 10 centroids: step of Newton's method", "kmeans", 0, inJAX("kmeans", 0, "reverse")...)
	task("particle: gradients within a gradient descent", "particle", 0, inJAX("particle", 0, "forward")...)
	task("particle: gradients within a gradient descent, a step compiled", "particle-compiled", 0, inJAX("particle", 0, "forward")...)
	for _, t := range []struct{ name, task string }{
		{"ODE, 20 equations, 1000 steps", "ode"}, {"least squares, 128 coefficients, 4096 points", "llsq"},
		{"determinant of 8 rows by minors", "det"}, {"log-sum-exp of 100,000 numbers", "lse"},
	} {
		peers := tapes(t.task)
		peers = append(peers, entry{contestant: adolc, words: "scalar gradient " + t.task, tolerance: 1e-7})
		if t.task != "det" { // which JAX does not compile in any time: a hundred thousand operations
			peers = append(peers, inJAX(t.task, 0, "reverse")...)
		}
		task(t.name, t.task, 0, peers...)
	}
	task("ODE, 20 equations, 1000 steps, compiled", "ode-compiled", 0, append(tapes("ode"), inJAX("ode", 0, "reverse")...)...)
	return rows
}
