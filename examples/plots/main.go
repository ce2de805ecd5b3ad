// Command plots draws the pictures of package plot, each of a small network that it trains for it: learning curves with
// the epoch that early stopping chose, the border that a classifier draws between two moons, a curve through points, the
// weights of a classifier of digits, gradients that vanish in a deep network, and a search over layers and nodes.
//
// docs/plots.md shows them.
//
// Usage:
//
//	go run ./examples/plots [-out plots-out] [-png] [-seed 1]
//
// The flags are:
//
//	-out DIR  the directory to write the pictures to; it is made if it is not there
//	-png      write images beside the drawings in SVG
//	-seed N   the seed of all random numbers; one seed always gives the same pictures
//
// The exit status is 0, 1 if something failed, 2 for a wrong flag, and 130 after an interrupt (Ctrl-C).
package main

//go:generate go run . -out ../../docs/plots

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

func main() { program().Main() }

func program() *command.Program {
	var dir string
	var png bool
	var seed uint64
	return &command.Program{
		Name:  "plots",
		About: "plots draws the pictures of package plot, each of a small network that it trains for it.\n",
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&dir, "out", "plots-out", "the `directory` to write the pictures to")
			f.BoolVar(&png, "png", false, "write images beside the drawings in SVG")
			f.Uint64Var(&seed, "seed", 1, "the `seed`")
		},
		Run: func(ctx context.Context, stdout, _ io.Writer) error {
			if dir == "" {
				return command.Usagef("-out is empty: name a directory")
			}
			return run(ctx, stdout, dir, png, seed)
		},
	}
}

// run draws the pictures, and says which.
func run(ctx context.Context, stdout io.Writer, dir string, png bool, seed uint64) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	formats := []string{".svg"}
	if png {
		formats = append(formats, ".png")
	}
	for i, p := range pictures {
		figure, err := p.draw(ctx, rand.New(rand.NewPCG(seed, uint64(i))))
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		for _, format := range formats {
			file := filepath.Join(dir, p.name+format)
			if err := figure.SaveFile(file); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(stdout, "%s: %s\n", file, p.about); err != nil {
				return err
			}
		}
	}
	return nil
}
