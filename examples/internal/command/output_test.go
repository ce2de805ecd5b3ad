package command_test

import (
	"errors"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// small is a disk with room for some bytes.
type small struct {
	room  int
	calls int
}

func (s *small) Write(b []byte) (int, error) {
	s.calls++
	if len(b) > s.room {
		return 0, errors.New("disk full")
	}
	s.room -= len(b)
	return len(b), nil
}

func TestOutput(t *testing.T) {
	disk := &small{room: 9}
	out := &command.Output{W: disk}
	out.Printf("%d lines\n", 2)
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	out.Printf("more")
	disk.room = 100
	out.Printf("and more")
	if out.Err == nil || out.Err.Error() != "disk full" || disk.calls != 2 {
		t.Errorf("error %v after %d calls, want the first error, and no call after it", out.Err, disk.calls)
	}
}
