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

// No handle comes alive again, however many recordings come after its own: the last one is refused before the numbers would
// begin anew. The test stands inside the package because no machine should have to count so far.
func TestRecordingsEnd(t *testing.T) {
	for _, gen := range []uint32{1, 1<<31 - 1, 1 << 31, 1<<31 + 1, maxRecordings - 1} {
		g := New()
		first := g.Var(1)
		g.gen = gen
		g.Reset()
		x := g.Var(2)
		for _, v := range []Value{first, {g, 1, gen}, {g, 1, 1 << 31}} {
			if v.gen < g.gen && v.Valid() {
				t.Errorf("a value of recording %d is valid in recording %d", v.gen, g.gen)
			}
		}
		if !x.Valid() {
			t.Errorf("a value of recording %d is not valid", g.gen)
		}
	}
	g := New()
	g.gen = maxRecordings - 1
	g.Reset()
	x := g.Var(1)
	mark := g.Mark()
	y := g.Var(2)
	for name, call := range map[string]func(){"Reset": g.Reset, "Rewind": func() { g.Rewind(mark) }} {
		want := "graph.Graph." + name + ": the tape was rewound or reset 4294967294 times, and old values could no longer be told from new ones: make a new graph with graph.New"
		if err := Try(call); !errors.Is(err, ErrLimit) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if g.Len() != 2 || !x.Valid() || !y.Valid() {
			t.Errorf("%s that was refused took something from the tape", name)
		}
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
