//go:build !unix

package durable

import (
	"io/fs"
	"os"
)

// syncDirectory does nothing: directories cannot be brought to the disk here.
func syncDirectory(string) error { return nil }

// keepMode does nothing: files have no modes here, or none that keeps anybody out.
func keepMode(*os.File, fs.FileMode) error { return nil }
