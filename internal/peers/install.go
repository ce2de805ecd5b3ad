package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// torchIndex has PyTorch for the processor alone, a tenth of the size of what is on PyPI.
const torchIndex = "https://download.pytorch.org/whl/cpu"

// install makes the virtual environment in which the Python peers are looked for, with the newest release of each, or
// brings an older one up to date. PyTorch comes from its own index, or from PyPI where that cannot be reached.
func install(ctx context.Context, out io.Writer) error {
	venv := venvDir()
	if venv == "" {
		return errors.New("this system has no directory for caches: set HOME or XDG_CACHE_HOME")
	}
	run := func(words ...string) error {
		fmt.Fprintln(out, strings.Join(words, " "))
		cmd := exec.CommandContext(ctx, words[0], words[1:]...)
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(words, " "), err)
		}
		return nil
	}
	python := pythonOf(venv)
	if _, err := os.Stat(python); err != nil {
		if err := run("python3", "-m", "venv", venv); err != nil {
			return err
		}
	}
	pip := func(words ...string) error {
		return run(append([]string{python, "-m", "pip", "install", "--upgrade", "--no-cache-dir"}, words...)...)
	}
	if err := pip("--retries", "1", "--index-url", torchIndex, "torch"); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := pip("torch"); err != nil {
			return err
		}
	}
	return pip("numpy", "scipy", "scikit-learn", "jax")
}
