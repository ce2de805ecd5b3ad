package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Resumable returns the error of nn.Fit with what to do where that was interrupted and has left a checkpoint, of the given
// name; an empty one stands for none.
func Resumable(err error, checkpoint string) error {
	if !errors.Is(err, context.Canceled) || checkpoint == "" {
		return err
	}
	if _, gone := os.Stat(checkpoint); gone != nil {
		return err
	}
	return fmt.Errorf("%w\nThe same command goes on from %s", err, checkpoint)
}

// RemoveCheckpoint removes the checkpoint of a training whose result is kept elsewhere, with the one before it. With it
// the next run would end at once, with the same result.
func RemoveCheckpoint(name string) error {
	for _, name := range []string{name, name + ".previous"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// CheckPicture returns an error unless a picture can be written to the file that an option names, or it names none.
func CheckPicture(option, name string) error {
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case name == "":
		return nil
	case ext != ".svg" && ext != ".png":
		return Usagef("%s %q: want a name that ends in .svg or .png", option, name)
	}
	return CheckFile(option, name)
}

// CheckFile returns an error unless the directory is there that a file is to be written to: not after minutes of training.
func CheckFile(option, name string) error {
	if name == "" {
		return Usagef("%s is empty: name a file", option)
	}
	dir := filepath.Dir(name)
	if info, err := os.Stat(dir); err != nil {
		return fmt.Errorf("%s: %w", option, err)
	} else if !info.IsDir() {
		return fmt.Errorf("%s: %s is no directory", option, dir)
	}
	return nil
}
