// Command pjrt trains an exported step on an accelerator, from Go, without Python: a GPU, or whatever else there is a
// plugin of PJRT for.
//
// It does what examples/distributed does with JAX, on one device. The directory holds what examples/export writes; the
// step in it is compiled for the device by the plugin, parameters and state go there once and stay, and each step takes a
// batch there and a loss back. At the end the losses are compared with those of the run in Go, and the weights are
// written to trained.safetensors in the format of nn.Save:
//
//	err := nn.LoadFile("DIR/trained.safetensors", model)
//
// It is a module of its own, since it needs a C compiler, and libraries that the rest of the repository does without:
//
//	go run ./examples/export -out /tmp/exported
//	cd examples/pjrt
//	PJRT_PLUGIN_LIBRARY_PATH=.../xla_cuda_plugin.so go run . /tmp/exported
//
// The plugin is a file that others have built; package pjrt says where to find one.
//
// Usage:
//
//	go run . [-plugin PATH] [-steps N] DIR
//
// The flags are:
//
//	-plugin PATH  the plugin's file or directory; that in PJRT_PLUGIN_LIBRARY_PATH unless given
//	-steps N      steps to train; as many as the run in Go unless given, and with more the batches come again
//
// The exit status is 0, 1 if something failed or the losses are not those of Go, 2 for a wrong flag, and 130 after an
// interrupt (Ctrl-C). The file is written at the end.
package main

func main() { trainer().Main() }
