package graph

import (
	"errors"
	"reflect"
	"testing"
)

// The tape refuses to grow past its limit before it asks for memory. The test stands inside the package because no
// machine should have to fill a tape.
func TestNodeLimit(t *testing.T) {
	g := New()
	g.n = MaxNodes
	g.limit = MaxNodes
	err := Try(func() { g.grow() })
	const want = "graph.Graph: the tape has 2147482622 nodes and can hold no more: Reset or Rewind it, or use tensor operations in place of scalar ones"
	if !errors.Is(err, ErrLimit) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if len(g.chunks) > 1 {
		t.Errorf("room was made for %d nodes", len(g.chunks)*ChunkLen)
	}
}

func TestSizes(t *testing.T) {
	// What a scalar operation takes on the tape: chosen by measurement, it must not grow unnoticed.
	const want = 40
	if got := sizeOf[Chunk]() / ChunkLen; got != want {
		t.Errorf("a node takes %d bytes, want %d", got, want)
	}
	if got := sizeOf[Value](); got != 16 {
		t.Errorf("a Value takes %d bytes, want 16", got)
	}
}

func sizeOf[T any]() uintptr { return reflect.TypeFor[T]().Size() }
