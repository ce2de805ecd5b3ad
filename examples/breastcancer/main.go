// Command breastcancer tells benign from malignant tumours by measurements of their cells. It chooses the settings of the
// network by the validation rows, several seeds for each, and then reports by the test rows what was reached, with a
// confusion matrix and the area under the ROC curve.
//
// The data are 569 tumours with 30 measurements each: Breast Cancer Wisconsin (Diagnostic) by Wolberg, Mangasarian, Street
// and Street (1995), from the UCI Machine Learning Repository under CC BY 4.0. Row i is a test row if i mod 5 = 0, a
// validation row if i mod 5 = 1, and else a training row; each column is standardized by the training rows.
//
// One seed says little: with 114 test rows, a row more or less is 0.9 % of accuracy. So every setting is trained from
// several seeds, and settings are compared by the means. The networks of the chosen one are also asked together, by the
// mean of their probabilities, which evens out what each has by chance.
//
// Usage:
//
//	go run ./examples/breastcancer [-seeds 5] [-seed 1] [-curves FILE]
//
// The flags are:
//
//	-seeds N      how many networks are trained for each setting
//	-seed N       the first of the seeds
//	-curves FILE  draw the learning curves of the chosen setting's first network, in SVG or PNG as the name says
//
// The exit status is 0, 1 if something failed, 2 for a wrong flag, and 130 after an interrupt (Ctrl-C).
package main

import (
	"context"
	"flag"
	"io"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

func main() { program().Main() }

func program() *command.Program {
	var seeds int
	var seed uint64
	var curves string
	return &command.Program{
		Name:  "breastcancer",
		About: "breastcancer trains networks to tell benign from malignant tumours.\n",
		Flags: func(f *flag.FlagSet) {
			f.IntVar(&seeds, "seeds", 5, "the `number` of networks to train for each setting")
			f.Uint64Var(&seed, "seed", 1, "the first `seed`")
			f.StringVar(&curves, "curves", "", "the `file`, .svg or .png, for the learning curves of the chosen setting's first network")
		},
		Run: func(ctx context.Context, stdout, stderr io.Writer) error {
			if seeds < 1 {
				return command.Usagef("-seeds %d: want 1 or more", seeds)
			}
			if err := command.CheckPicture("-curves", curves); err != nil {
				return err
			}
			return run(ctx, stdout, stderr, seed, seeds, curves)
		},
	}
}
