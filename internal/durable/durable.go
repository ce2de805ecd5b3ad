// Package durable writes files so that a reader finds the old content or the new one, whole, and never a part of it:
// whether the program is killed, the disk is full, or the power fails on the way.
package durable

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Suffix is what the name of the temporary file has behind that of the file to be written. There is one such name for
// each file, so that runs which are killed leave one file behind, which the next run replaces.
const Suffix = ".tmp"

// Write gives the named file the content that the function writes, in place of what is there, if anything. The content
// goes to a temporary file in the same directory, which is brought to the disk and takes the name only when it is
// whole. After an error the old file is as it was, and the temporary file is gone. What the function writes should come
// in blocks: it goes to the system as it is.
//
// An existing file keeps its mode, and must be one that may be written to. A new one gets the mode that [os.Create]
// gives. Where the name is a symbolic link, what it points to is replaced, and the link stays. What is no regular file,
// such as a pipe or a terminal, is written to directly.
//
// Of two writers of one file at the same time, one gets an error.
func Write(name string, write func(w io.Writer) error) error { return replace(name, "", write) }

// WriteKeeping is [Write], and keeps what was there before under a second name in the same file system, in place of
// what that named. A program that is killed between the two leaves the new file, or the old one under either name.
func WriteKeeping(name, previous string, write func(w io.Writer) error) error {
	return replace(name, previous, write)
}

func replace(name, previous string, write func(w io.Writer) error) error {
	name, err := Target(name)
	if err != nil {
		return err
	}
	old, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	case err != nil:
		return err
	default:
		// To replace a file takes a right to its directory only: the right to write to the file is asked for here.
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		if !old.Mode().IsRegular() {
			return errors.Join(write(f), f.Close())
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	temporary := name + Suffix
	if err := fill(temporary, old, write); err != nil {
		return err
	}
	if previous != "" && old != nil {
		if err := keep(name, previous); err != nil {
			return errors.Join(err, os.Remove(temporary))
		}
	}
	if err := os.Rename(temporary, name); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	dir, _ := filepath.Split(name)
	return syncDirectory(cmp.Or(dir, "."))
}

// fill makes the temporary file and brings it to the disk. It leaves none if there is an error.
func fill(temporary string, old fs.FileInfo, write func(w io.Writer) error) (err error) {
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	mode := fs.FileMode(0o666)
	if old != nil {
		mode = 0o600 // until it gets that of the old file
	}
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	closed, done := false, false
	defer func() { // also where write panics
		if !closed {
			_ = f.Close()
		}
		if !done {
			_ = os.Remove(temporary)
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if old != nil {
		if err := keepMode(f, old.Mode()); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	made, err := f.Stat()
	if err != nil {
		return err
	}
	closed = true
	if err := f.Close(); err != nil {
		return err
	}
	if there, err := os.Lstat(temporary); err != nil || !os.SameFile(made, there) {
		done = true // it is the other writer's to remove
		return fmt.Errorf("%s is not what was written there: something else writes the same file at the same time", temporary)
	}
	done = true
	return nil
}

// keep gives what has the name the previous name as well. The name stays, except on file systems without hard links.
func keep(name, previous string) error {
	aside := previous + Suffix
	if err := os.Remove(aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if os.Link(name, aside) != nil {
		return os.Rename(name, previous)
	}
	if err := os.Rename(aside, previous); err != nil {
		return errors.Join(err, os.Remove(aside))
	}
	// Where both are names of one file already, renaming does nothing and leaves both.
	if err := os.Remove(aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Target follows symbolic links by name to the last one's target, which need not be there: the file that [Write]
// replaces.
func Target(name string) (string, error) {
	const most = 40 // as in Linux
	if name == "" {
		return "", &fs.PathError{Op: "write", Path: name, Err: errors.New("the name is empty")}
	}
	at := name
	for range most {
		info, err := os.Lstat(at)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return at, nil // what keeps it from being written is said there
		}
		to, err := os.Readlink(at)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			// Not filepath.Join, which takes "link/.." away: the system follows link first.
			dir, _ := filepath.Split(at)
			to = dir + to
		}
		at = to
	}
	return "", &fs.PathError{Op: "write", Path: name, Err: errors.New("too many symbolic links")}
}
