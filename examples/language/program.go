package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// Settings are the flags.
type settings struct {
	model       string
	seeds       int
	seed        uint64
	epochs      int
	file        string
	checkpoint  string
	generate    string
	prompt      string
	length      int
	temperature float64
	text        string
}

// program returns the program.
func program() *command.Program {
	var s settings
	return &command.Program{
		Name: "language",
		About: `language trains models that write, character by character, and lets them.

  language                  trains two kinds of models from 3 seeds, and keeps the best in language.safetensors
  language -generate FILE   lets the model in a file write
`,
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&s.model, "model", "gru,transformer", "the `models` to train: gru, transformer or both")
			f.IntVar(&s.seeds, "seeds", 3, "the `number` of trainings of each model")
			f.Uint64Var(&s.seed, "seed", 1, "the first `seed`, and that of the characters that are drawn")
			f.IntVar(&s.epochs, "epochs", 5, "the `number` of passes through the text")
			f.StringVar(&s.file, "file", "language.safetensors", "the `file` of the best model")
			f.StringVar(&s.checkpoint, "checkpoint", "language.ckpt", "what the `name`s of checkpoints begin with; empty for none")
			f.StringVar(&s.generate, "generate", "", "the `file` with a model that is to write, in place of training")
			f.StringVar(&s.prompt, "prompt", "", "the `text` that is gone on with (default \"The Rays of Light \")")
			f.IntVar(&s.length, "length", 500, "the `number` of characters to write")
			f.Float64Var(&s.temperature, "temperature", 0.7, "how daring: a `number`, 0 for the likeliest characters, 1 as the model says")
			f.StringVar(&s.text, "text", "", "the `file` of another text, in UTF-8")
		},
		Run: s.run,
	}
}

// run reads the text, and trains models on it or lets one write.
func (s *settings) run(ctx context.Context, stdout, stderr io.Writer) error {
	kinds, err := s.check()
	if err != nil {
		return err
	}
	c, err := read(s.text)
	if err != nil {
		return err
	}
	if s.prompt == "" {
		s.prompt = c.prompt
	}
	if _, err := c.encode(s.prompt); err != nil { // better now than after the training
		return fmt.Errorf("-prompt %q: %w", s.prompt, err)
	}
	if s.generate == "" {
		return s.compare(ctx, c, kinds, stdout, stderr)
	}
	m, err := load(s.generate, len(c.alphabet))
	if err != nil {
		return err
	}
	return s.write(ctx, stdout, m, c.alphabet)
}

// check returns the models to train, or an error that names a flag that is out of range.
func (s *settings) check() ([]kind, error) {
	const most = 1_000_000
	switch {
	case s.seeds < 1 || s.seeds > most || s.epochs < 1 || s.epochs > most:
		return nil, command.Usagef("-seeds %d -epochs %d: want from 1 to %d each", s.seeds, s.epochs, most)
	case s.length < 0:
		return nil, command.Usagef("-length %d: want 0 or more", s.length)
	case !(s.temperature >= 0) || math.IsInf(s.temperature, 0):
		return nil, command.Usagef("-temperature %g: want a number, 0 or more", s.temperature)
	}
	if s.generate == "" {
		if err := command.CheckFile("-file", s.file); err != nil {
			return nil, err
		}
	}
	return choose(s.model)
}

// choose returns the kinds that a list such as "gru,transformer" names, each once.
func choose(list string) ([]kind, error) {
	var all, names []string
	for _, k := range kinds {
		all = append(all, k.name)
	}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(all, name) {
			return nil, command.Usagef("-model %q: no model %q; there are %s", list, name, strings.Join(all, " and "))
		}
		names = append(names, name)
	}
	return slices.DeleteFunc(slices.Clone(kinds), func(k kind) bool { return !slices.Contains(names, k.name) }), nil
}
