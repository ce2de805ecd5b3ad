package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// options are the flags.
type options struct {
	kinds            []kind
	seeds, epochs    int
	seed             uint64
	checkpoint, save string
	generate, prompt string
	length           int
	temperature      float64
	text             string
}

// readOptions reads the flags, and writes what is wrong with them, or what they are, to stderr. The status is -1 if the
// program is to go on.
func readOptions(args []string, stderr io.Writer) (o options, status int) {
	flags := flag.NewFlagSet("language", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := flags.String("model", "gru,transformer", "the `models` to train: gru, transformer or both")
	flags.IntVar(&o.seeds, "seeds", 3, "the `number` of trainings of each model")
	flags.Uint64Var(&o.seed, "seed", 1, "the first of the `seeds`, and that of the characters that are drawn")
	flags.IntVar(&o.epochs, "epochs", 5, "the `number` of passes through the text")
	flags.StringVar(&o.checkpoint, "checkpoint", "", "the `directory` where trainings keep their state, to go on from there after an interrupt")
	flags.StringVar(&o.save, "save", "language.safetensors", "the `file` for the best model, '' for none")
	flags.StringVar(&o.generate, "generate", "", "the `file` of a saved model that is to write; nothing is trained")
	flags.StringVar(&o.prompt, "prompt", "", "the `text` that is gone on with (default \"The Rays of Light \")")
	flags.IntVar(&o.length, "length", 500, "the `number` of characters to write")
	flags.Float64Var(&o.temperature, "temperature", 0.7, "how daring: a `number`, 0 for the likeliest characters, 1 for those of the model's probabilities")
	flags.StringVar(&o.text, "text", "", "the `file` of another text, in UTF-8")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, statusOK
	case err != nil:
		return o, statusUsage
	}
	var err error
	if o.kinds, err = choose(*list); err == nil {
		err = o.check(flags.Args())
	}
	if err != nil {
		fmt.Fprintln(stderr, "language:", err)
		return o, statusUsage
	}
	return o, -1
}

// choose returns the models that a list such as "gru,transformer" names, each once.
func choose(list string) ([]kind, error) {
	var chosen, names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("-model %q: no model %q; there are %s", list, name, strings.Join(names, " and "))
		}
		chosen = append(chosen, name)
	}
	return slices.DeleteFunc(slices.Clone(kinds), func(k kind) bool { return !slices.Contains(chosen, k.name) }), nil
}

func (o options) check(args []string) error {
	switch {
	case len(args) > 0:
		return fmt.Errorf("takes flags only, got %q: run with -h to see them", args[0])
	case o.seeds < 1 || o.epochs < 1:
		return fmt.Errorf("-seeds %d -epochs %d: want 1 or more each", o.seeds, o.epochs)
	case o.length < 0:
		return fmt.Errorf("-length %d: want 0 or more", o.length)
	case !(o.temperature >= 0) || math.IsInf(o.temperature, 0):
		return fmt.Errorf("-temperature %g: want a number, 0 or more", o.temperature)
	}
	return nil
}
