// Command export writes one step of training as a program for other machines: forward pass, loss, gradients and the
// update of the optimizer, as StableHLO, which JAX, XLA and IREE run on CPUs, GPUs and TPUs.
//
// It trains a small network in Go for some steps, and leaves in a directory what it takes to do the same elsewhere:
//
//	step.mlir            the step as StableHLO: parameters, state, batch, label, rate, step and seed go in, and come out as
//	                     new parameters, new state and the loss
//	step.json            names, roles, shapes and types of what goes in and comes out, in order
//	init.safetensors     parameters and state before the first step, under these names
//	batches.safetensors  batch.0 and label.0 for the first step, batch.1 and label.1 for the next
//	losses.json          the loss of every step in Go, with its rate, and the seed
//
// examples/distributed trains from these files on several processes, and compares the losses:
//
//	go run ./examples/export -out DIR
//	python3 examples/distributed/launch.py -n 2 DIR
//
// What it trains is in the format of nn.Save, so that the weights come back to a model in Go. State that Go counts in
// whole numbers are numbers like all others there:
//
//	err := nn.LoadFile("DIR/trained.safetensors", model, nn.AllowConversion())
//
// The step does not depend on numbers: another -seed gives the same step.mlir, byte by byte, and other files beside it.
//
// # Models
//
// The -widths of a model begin with what an example has and end with the number of classes:
//
//	mlp  64-32-10   features, hidden nodes of each layer, classes
//	cnn  1-8-16-10  channels of an image of 8×8, channels of each convolution, classes
//	gru  8-24-10    numbers at each of 8 times, hidden units of each layer, classes
//
// Those above are the defaults, and read handwritten digits: their 64 pixels at once, as an image, and row by row. Where
// the first and the last width are those of digits, the examples are digits; else a problem is made up, with a cloud of
// examples around a random centre for each class.
//
// Usage:
//
//	go run ./examples/export [-model mlp] [-widths 64-32-10] [-batch 64] [-steps 20] [-seed 1] [-opt adam] -out DIR
//
// The flags are:
//
//	-model NAME     mlp, cnn or gru
//	-widths SIZES   sizes of the model, see above
//	-batch N        examples in a mini-batch
//	-steps N        steps that are trained in Go, each with a batch of its own
//	-seed N         for the first parameters, the batches and dropout
//	-opt NAME       sgd, with a momentum of 0.9, or adam
//	-lr RATE        learning rate; unless given, one that suits model and optimizer
//	-keep P         probability with which dropout keeps a neuron; 1 for no dropout
//	-l2 LAMBDA      factor of the penalty λ·Σw²
//	-clip NORM      largest norm of the gradient; 0 for any
//	-type NAME      precision, float32 or float64
//	-out DIR        where the files go; they replace those of an earlier run
//
// The exit status is 0, 1 if something failed, 2 for a wrong flag, and 130 after an interrupt (Ctrl-C). Until the training
// is over, the directory stays as it is; step.json is written last, so that a directory that has it has all.
package main

func main() { exporter().Main() }
