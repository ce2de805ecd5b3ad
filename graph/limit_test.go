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
		t.Errorf("room was made for %d nodes", len(g.chunks)*chunkLen)
	}
}

func TestSizes(t *testing.T) {
	// What a scalar operation takes on the tape: chosen by measurement, it must not grow unnoticed.
	const want = 40
	if got := sizeOf[chunk]() / chunkLen; got != want {
		t.Errorf("a node takes %d bytes, want %d", got, want)
	}
	if got, want := sizeOf[Value](), 8+sizeOf[uintptr](); got != want {
		t.Errorf("a Value takes %d bytes, want %d", got, want)
	}
}

func sizeOf[T any]() uintptr { return reflect.TypeFor[T]().Size() }

// The number of a recording wraps around, but is never 0: with that, a handle would pass for one of a graph whose chunk
// is full.
func TestRecordingsWrapAround(t *testing.T) {
	g := New()
	g.gen, g.base, g.ready = 1<<32-2, 1<<32-2, 1<<32-2
	x := g.Var(1)
	for range 3 {
		g.Reset()
		if x.Valid() {
			t.Fatalf("a value of recording %d is valid in recording %d", x.gen, g.gen)
		}
		if x = g.Var(1); x.gen == 0 || !x.Valid() {
			t.Fatalf("a value of recording %d is not valid in recording %d", x.gen, g.gen)
		}
	}
	if g.gen != 2 {
		t.Errorf("three recordings after 2³²-2 comes %d, want 2", g.gen)
	}
}

// At the end of a chunk no handle passes for the short path, which makes no room, until the long one has made it.
func TestRoomForTheNextNode(t *testing.T) {
	g := New()
	x := g.Var(1)
	for int(g.n) < chunkLen-1 {
		g.Const(0)
	}
	if _, f := Scalar(x); !f.Scalar() {
		t.Fatal("the short path is closed with room for a node")
	}
	g.Const(0)
	if _, f := Scalar(x); f.Scalar() {
		t.Error("the short path is open without room")
	}
	if _, _, f := Scalars(x, x); f.Scalar() {
		t.Error("the short path for two is open without room")
	}
	g.Const(0)
	if _, f := Scalar(x); !f.Scalar() {
		t.Error("the short path is closed in a new chunk")
	}
	m := g.Mark()
	g.Rewind(m)
	if _, f := Scalar(g.Value(1)); !f.Scalar() {
		t.Error("the short path is closed after a Rewind")
	}
}
