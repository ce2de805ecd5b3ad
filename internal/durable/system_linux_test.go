package durable_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/seed366ff29f/chainrule/internal/durable"
)

// small mounts a file system of 64 kB at a temporary directory, for the test.
func small(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("needs the right to mount a file system:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestFullDisk(t *testing.T) {
	dir := small(t)
	name := filepath.Join(dir, "a")
	writeFile(t, name, "old", 0o600)
	err := durable.Write(name, func(w io.Writer) error { _, err := w.Write(make([]byte, 100_000)); return err })
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got error %v, want one about space", err)
	}
	wantFiles(t, dir, map[string]string{"a": "old"})
}

func TestReadOnlyFileSystem(t *testing.T) {
	dir := small(t)
	name := filepath.Join(dir, "a")
	writeFile(t, name, "old", 0o600)
	if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{name, filepath.Join(dir, "b")} {
		if err := durable.Write(name, content("new")); !errors.Is(err, syscall.EROFS) {
			t.Errorf("%s: got error %v, want one about a read-only file system", name, err)
		}
	}
	wantFiles(t, dir, map[string]string{"a": "old"})
}

func TestReadOnlyDirectory(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	writeFile(t, name, "old", 0o600)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	if os.Mkdir(filepath.Join(dir, "b"), 0o700) == nil {
		t.Skip("this user may write to every directory")
	}
	if err := durable.Write(name, content("new")); !errors.Is(err, os.ErrPermission) {
		t.Errorf("got error %v, want one about permission", err)
	}
	wantFiles(t, dir, map[string]string{"a": "old"})
}

// Devices and pipes are written to, and stay what they are.
func TestDevices(t *testing.T) {
	if err := durable.Write("/dev/full", content("text")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("/dev/full: got error %v, want one about space", err)
	}
	if err := durable.Write("/dev/null", content("text")); err != nil {
		t.Error(err)
	}
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	read := make(chan string)
	go func() {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		}
		read <- string(text)
	}()
	if err := durable.Write(name, content("text")); err != nil {
		t.Error(err)
	}
	if got := <-read; got != "text" {
		t.Errorf("read %q from the pipe, want %q", got, "text")
	}
	for _, name := range []string{"/dev/full", "/dev/null", name} {
		if info, err := os.Lstat(name); err != nil || info.Mode().IsRegular() {
			t.Errorf("%s is a regular file now (%v)", name, err)
		}
	}
}

// A program that is killed while it writes leaves the old file, and at most one other, which the next run replaces.
func TestKilled(t *testing.T) {
	const child = "DURABLE_TEST_CHILD"
	if name := os.Getenv(child); name != "" {
		_ = durable.WriteKeeping(name, name+".old", func(w io.Writer) error {
			_, _ = w.Write(bytes.Repeat([]byte("new "), 10_000))
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		})
		t.Fatal("still alive")
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	writeFile(t, name, "old", 0o600)
	for range 2 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), child+"="+name)
		var exit *exec.ExitError
		if err := cmd.Run(); !errors.As(err, &exit) || !exit.Sys().(syscall.WaitStatus).Signaled() {
			t.Fatalf("the child ends with %v, want a signal", err)
		}
		wantFiles(t, dir, map[string]string{"a": "old", "a" + durable.Suffix: string(bytes.Repeat([]byte("new "), 10_000))})
	}
	if err := durable.Write(name, content("new")); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, map[string]string{"a": "new"})
}
