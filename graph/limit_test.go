package graph

import (
	"errors"
	"math"
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

// TestRecordingsGoOn counts on where the numbers of recordings begin anew: values of earlier recordings stay stale, those
// that stand stay good. The test stands inside the package because no machine should have to count so far.
func TestRecordingsGoOn(t *testing.T) {
	for _, gen := range []uint32{2, 1<<31 - 2, 1 << 31, 1<<31 + 2, math.MaxUint32 - 5, math.MaxUint32 - 3, math.MaxUint32 - 1} {
		g := New()
		g.gen, g.base = gen, gen
		g.seek(1)
		before := g.Var(1)
		g.Reset()
		parameter := g.Var(2)
		start := g.Mark()
		var last Value
		for range 4 {
			if before.Valid() || last.Valid() {
				t.Fatalf("a value of an earlier recording is valid in recording %d", g.gen)
			}
			if !parameter.Valid() {
				t.Fatalf("what stands below all marks is not valid in recording %d", g.gen)
			}
			last = g.Var(3)
			if !last.Valid() {
				t.Fatalf("a value of recording %d is not valid", g.gen)
			}
			g.Rewind(start)
		}
	}
}

// TestRewindsWithoutEnd rewinds one recording so often that its numbers run out.
func TestRewindsWithoutEnd(t *testing.T) {
	g := New()
	g.gen, g.base = 10, 10
	g.seek(1)
	parameter := g.Var(1)
	start := g.Mark()
	for range 20 {
		g.Var(2)
		g.Rewind(start)
	}
	first := g.Var(2)
	g.gen = g.base - 2 // as many later as there are numbers
	g.rewinds = []rewind{{g.gen, 2}}
	g.seek(g.n)
	last := g.Var(3)
	for range 3 {
		g.Rewind(start)
		if !parameter.Valid() {
			t.Error("a parameter below the mark has become stale")
		}
		if first.Valid() || last.Valid() {
			t.Error("a value that Rewind took away is valid")
		}
		last = g.Var(4)
		if !last.Valid() || last.ID() != 2 {
			t.Errorf("value %v of the new recording", last)
		}
	}
	g.Reset()
	if parameter.Valid() {
		t.Error("a parameter is valid after Reset")
	}
}

// At the end of a chunk no handle passes for the short path, which makes no room, until the long one has made it.
func TestRoomForTheNextNode(t *testing.T) {
	g := New()
	x := g.Var(1)
	for int(g.n) < chunkLen-1 {
		g.Const(0)
	}
	if _, _, ok := Scalar(x); !ok {
		t.Fatal("the short path is closed with room for a node")
	}
	g.Const(0)
	if _, _, ok := Scalar(x); ok {
		t.Error("the short path is open without room")
	}
	if _, _, _, ok := Scalars(x, x); ok {
		t.Error("the short path for two is open without room")
	}
	g.Const(0)
	if _, _, ok := Scalar(x); !ok {
		t.Error("the short path is closed in a new chunk")
	}
	m := g.Mark()
	g.Rewind(m)
	if _, _, ok := Scalar(g.Value(1)); !ok {
		t.Error("the short path is closed after a Rewind")
	}
}

// TestRoomAhead holds that the tape makes little more room than it needs, and that every chunk in use knows its graph.
func TestRoomAhead(t *testing.T) {
	g := New()
	for chunks := range 300 {
		for int(g.n) < (chunks+1)*chunkLen {
			g.Const(0)
		}
		g.enter("") // which finds the next chunk, if it is made
		g.leave()
		v := g.Var(0)
		if have, most := len(g.chunks), max(chunks+1+leastSlab, (chunks+1)*5/4); have > most {
			t.Fatalf("%d chunks are made for %d, want no more than %d", have, chunks+1, most)
		}
		if v.Graph() != g || !v.Valid() {
			t.Fatalf("chunk %d does not know its graph", chunks)
		}
	}
}

// TestPages holds that a tape which is swept over and over, each time for a loss that reaches little of it, is soon swept
// by pages: then a sweep costs what the loss reaches.
func TestPages(t *testing.T) {
	const most = 20
	g := New()
	for range 20 * chunkLen {
		g.Const(0)
	}
	x := g.Var(1)
	for range most {
		a := g.NewAdjoints(x)
		paged := a.paged
		a.Release()
		if paged {
			return
		}
	}
	t.Errorf("%d sweeps, all of them by arrays", most)
}
