// Command mnist trains a convolutional network on images of 28×28 pixels in ten classes: on the handwritten digits of
// MNIST by LeCun, Cortes and Burges, or on any other set that comes in files of the same format, such as Fashion-MNIST by
// Xiao, Rasul and Vollgraf.
//
// The files are not part of this program. It needs these four, as they are or unpacked, in one directory:
//
//	train-images-idx3-ubyte.gz  train-labels-idx1-ubyte.gz  t10k-images-idx3-ubyte.gz  t10k-labels-idx1-ubyte.gz
//
// MNIST is at https://storage.googleapis.com/cvdf-datasets/mnist/ and at https://ossci-datasets.s3.amazonaws.com/mnist/,
// Fashion-MNIST at https://github.com/zalandoresearch/fashion-mnist.
//
// Usage:
//
//	go run ./examples/mnist [-dir mnist] [-seeds 2] [-seed 1] [-epochs 3] [-workers 2] [-file mnist.safetensors] [-checkpoint mnist.ckpt] [-profile FILE]
//
// The flags are:
//
//	-dir DIR          where the four files are
//	-seeds N          how many networks are trained, each from a seed of its own
//	-seed N           the first of the seeds
//	-epochs N         how often each network sees the training rows
//	-workers N        goroutines that share each mini-batch; a number of them and a seed give one result
//	-file FILE        where the network is kept that is best on the validation rows
//	-checkpoint NAME  what the names of the files begin with from which an interrupted run goes on; empty for none
//	-profile FILE     where it is noted what each operation cost, for go tool pprof; a table of it goes to standard error
//
// A twelfth of the training images are taken away for validation. How far the training is stands on standard error: a
// bar on a terminal, lines in a pipe. A checkpoint is written every 100 updates. The exit status is 0, 1 if something
// failed, 2 for a wrong flag, and 130 after an interrupt (Ctrl-C).
package main

import (
	"flag"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

func main() { program().Main() }

// Settings are the flags.
type settings struct {
	dir        string
	seeds      int
	seed       uint64
	epochs     int
	workers    int
	file       string
	checkpoint string
	profile    string
}

func program() *command.Program {
	var s settings
	return &command.Program{
		Name:  "mnist",
		About: "mnist trains a convolutional network on the files of MNIST, or others like them.\n",
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&s.dir, "dir", "mnist", "the `directory` of the files")
			f.IntVar(&s.seeds, "seeds", 2, "the `number` of networks to train")
			f.Uint64Var(&s.seed, "seed", 1, "the first `seed`")
			f.IntVar(&s.epochs, "epochs", 3, "the `number` of epochs")
			f.IntVar(&s.workers, "workers", 2, "the `number` of goroutines that share each mini-batch")
			f.StringVar(&s.file, "file", "mnist.safetensors", "the `file` of the best network")
			f.StringVar(&s.checkpoint, "checkpoint", "mnist.ckpt", "what the `name`s of checkpoints begin with; empty for none")
			f.StringVar(&s.profile, "profile", "", "the `file` for what each operation cost, in the format of go tool pprof")
		},
		Run: s.run,
	}
}

// check returns an error that names a flag that is out of range.
func (s *settings) check() error {
	for _, f := range []struct {
		name string
		n    int
	}{{"seeds", s.seeds}, {"epochs", s.epochs}, {"workers", s.workers}} {
		if f.n < 1 {
			return command.Usagef("-%s %d: want 1 or more", f.name, f.n)
		}
	}
	if s.profile != "" {
		if err := command.CheckFile("-profile", s.profile); err != nil {
			return err
		}
	}
	return command.CheckFile("-file", s.file)
}
