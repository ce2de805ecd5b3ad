//go:build unix

package durable

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// syncDirectory brings the names in a directory to the disk. Some file systems do not do that, and say so.
func syncDirectory(name string) error {
	d, err := os.Open(name)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil // names may be changed in a directory that cannot be read
		}
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// keepMode sets the mode of a file.
func keepMode(f *os.File, mode fs.FileMode) error { return f.Chmod(mode.Perm()) }
