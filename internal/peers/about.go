package main

// about introduces the sections on the page.
var about = map[string]string{
	secTape: `Time for each operation of the program, recording alone and a whole gradient: reset, recording, sweep, reading out. The
programs stand in internal/programs. The bare tape is the least that a tape in Go can do: rows of two derivatives and two
operands, no checks, no values kept. CoDiPack and Adept run in their default types, one operation a statement, as a tape
without expression templates must.`,
	secCold: `The first gradient that a process computes touches all of its memory for the first time; from the second on the tape's
memory is used again. Memory counts the tape and the adjoints of one sweep.`,
	secRatio: `A whole gradient against the same computation as a plain Go function. Theory bounds the number of operations of a
gradient by four or five times the function's; a plain function also keeps its numbers in registers, which no tape can.`,
	secGemm: `Billions of floating-point operations a second; the ratio is that of the times, so that less is better here too. The
rows marked AVX2 hold ours to AVX2 and compare with OpenBLAS's kernels for Haswell, which use the same instructions.`,
	secElement: `Ours records the operation on a graph; forward and backward is the record, and a sweep from a given cotangent. PyTorch's
forward writes into a tensor that is there already, where it has such a form.`,
	secStep: `One step of a network with ReLU between its layers: forget the gradients, forward, loss (cross-entropy of softmax; logistic
where there is one output), backward, update. "784-128-10@64" has layers of 784, 128 and 10 numbers and a batch of 64 rows.
All contestants start from the same numbers and agree in the loss of the fifth step.`,
	secConv: `Gradients of the image and of the filters, from a given cotangent.`,
	secSteady: `Memory is everything that training holds besides the batch: parameters, tape, activations, adjoints, the buffers of the
kernels. It is compared with the sum of the parameters, their gradients and the results of all layers, before and after
ReLU. The rows for two cores compare ours with itself.`,
}
