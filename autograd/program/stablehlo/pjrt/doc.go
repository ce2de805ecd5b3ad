// Package pjrt runs a [github.com/seed366ff29f/chainrule/autograd/program.Function] on an accelerator from Go, without
// Python: it has XLA compile the function for a GPU, a TPU or a CPU, and feeds it there.
//
// A graph on this machine is computed by the loops of this repository. XLA is another compiler: it reads StableHLO, which
// package stablehlo writes, fuses operations into kernels, and knows many machines. PJRT is the interface to it in C. What
// implements the interface for a kind of machine is a plugin, a shared library that others build and this package loads:
//
//	device, err := pjrt.Open(os.Getenv(pjrt.PathVariable))
//	p, err := device.Compile(f)
//	results, err := p.Call(x, y)
//
// # Training
//
// [Program.Call] takes all arguments to the device and all results back. For a step of training most of that is in vain:
// the parameters that come out of one step go into the next. They stay on the device in a [Run]. Where
// [github.com/seed366ff29f/chainrule/nn.RecordStep] has recorded a step, or examples/export written one,
//
//	p, err := device.Load("step.json")
//	run, err := p.Start(initial)                  // parameters and state go to the device
//	for _, b := range batches {
//		results, err := run.Step(b)               // a batch, its labels, rate, step and seed go there, the loss comes back
//	}
//	trained, err := run.Kept()                    // parameters and state come back
//
// What a result replaces, see Replaces in [github.com/seed366ff29f/chainrule/autograd/program.Result], is given to the
// device for good: the module says so too, by tf.aliasing_output, and the new value takes the memory of the old. There are
// never two copies of the parameters.
// examples/pjrt is this loop as a command.
//
// # Plugins
//
// The environment variable PJRT_PLUGIN_LIBRARY_PATH, as other programs have it, names the plugin's file or its directory.
// JAX comes with plugins, each in a Python package that pip can fetch and that works without Python:
//
//	jax-cuda13-pjrt      jax_plugins/xla_cuda13/xla_cuda_plugin.so    NVIDIA; its libraries are in nvidia/ beside jax_plugins/
//	jax-rocm7-pjrt       the same for AMD
//	libtpu               libtpu/libtpu.so
//	lammps-jax-pjrt-cpu  lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so, for processors
//
// Where no plugin is named, the tests that need one are skipped.
//
// # A module of its own
//
// The C interface is called through github.com/gomlx/go-xla, which needs cgo and thus a C compiler. Therefore this package
// is a module of its own; nothing else in the repository imports it.
//
// The text of the module is compiled as it is: PJRT's format "mlir" takes text as well as bytecode. A plugin has to know
// StableHLO 1.13 or later.
//
// # Precision
//
// Products ask for the precision HIGHEST unless told otherwise (stablehlo.WithPrecision), with which a GPU computes in full
// float32. The 20 steps that examples/export trains for each of its models have on an NVIDIA H200 the losses of Go up to
// 3e-7 in float32 and 4e-15 in float64.
//
// Large networks part from each other sooner, on every two machines. In a step with a million arguments of a ReLU one is
// 1e-7 here and -6e-7 there, and its example counts or does not; a gradient that is 0 but for rounding moves a weight in the
// first step of Adam as far as any other. A network 784-1024-1024-10 with a batch of 1024 has after one step a loss that is
// 2e-5 from that of Go by SGD, and 5e-4 by Adam, both relative to it. In float64 it is that of the GPU.
package pjrt
