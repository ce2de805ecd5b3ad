package graph

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// A Profile adds up what the operations of graphs cost: how many there were, how long they took and the bytes that they
// wrote, by operation and scope, forward and backward. The zero Profile is ready for [WithProfile]. Several graphs may
// share one, in several goroutines.
//
//	var p graph.Profile
//	g := graph.New(graph.WithProfile(&p))
//	... train ...
//	p.WriteTable(os.Stdout)
//
// Scopes are those of [Graph.Scope]; layers get theirs from nn.Named, and nn.Fit takes the option in FitConfig.Graph. Package
// graph/pprof writes a profile in the format of go tool pprof.
//
// An operation on tensors is timed when it is computed, and again when the backward sweep passes its adjoint on: by its
// kernel, or by its rule, whose own operations are counted for themselves, as backward. Times are without those of
// operations within, so that all together are the time spent in operations: that of a step less what the program
// does between them. The bytes are those of the tensors that were written: the result, or the adjoints of operands.
//
// Scalar operations are too fast to be timed one by one. Forward they are counted, by kind, when a sweep, a
// Reset or a Rewind comes to them, and have no time; backward they appear as "scalars", timed in stretches from one tensor
// operation to the next, in the scope in which the stretch begins.
//
// A profile keeps the first 1000 scopes apart, and puts what belongs to further ones into the scope "other scopes".
type Profile struct {
	mu      sync.Mutex
	scopes  []profileScope // scopes[0] is the outermost, without a name
	found   map[profileScope]int32
	entries []profileEntry
	index   map[profileKey]int32 // of entries
}

// A profileScope is a scope by its name and the scope that it is in.
type profileScope struct {
	parent int32
	name   string
}

// maxProfileScopes bounds how many scopes a profile keeps apart.
const maxProfileScopes = 1000

// A profileKey is what the entries of a profile are told apart by.
type profileKey struct {
	scope    int32
	backward bool
	op       string
}

type profileEntry struct {
	profileKey
	count, bytes int64
	time         time.Duration
}

// WithProfile makes the operations of a graph add to p what they cost. They take about a tenth of a microsecond longer.
// It panics with an [*Error] if p is nil.
func WithProfile(p *Profile) Option {
	if p == nil {
		panic(Errorf("graph.WithProfile", ErrUsage, "got a nil *graph.Profile: give the address of one, or leave the option out"))
	}
	return func(s settings) settings { s.profile = p; return s }
}

// Profile returns the profile that the graph was made with, or nil.
func (g *Graph) Profile() *Profile {
	g.must("graph.Graph.Profile")
	return g.profile
}

// A ProfileEntry is the cost of one operation in one scope.
type ProfileEntry struct {
	Scopes   []string // names, outermost first
	Op       string   // such as "matmul", or "scalars" for stretches of them in the backward sweep
	Backward bool
	Count    int64 // operations
	Bytes    int64 // of the tensors that they wrote
	Time     time.Duration
}

// Entries returns what has been added up, in the order in which the operations first came.
func (p *Profile) Entries() []ProfileEntry {
	p.must("graph.Profile.Entries")
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]ProfileEntry, len(p.entries))
	for i, e := range p.entries {
		out[i] = ProfileEntry{Op: e.op, Backward: e.backward, Count: e.count, Bytes: e.bytes, Time: e.time}
		for s := e.scope; s != 0; s = p.scopes[s].parent {
			out[i].Scopes = append(out[i].Scopes, p.scopes[s].name)
		}
		slices.Reverse(out[i].Scopes)
	}
	return out
}

// Reset empties the profile, such as after the first steps, which make buffers.
func (p *Profile) Reset() {
	p.must("graph.Profile.Reset")
	p.mu.Lock()
	defer p.mu.Unlock()
	// Scopes stay: graphs know them by their numbers.
	p.entries = p.entries[:0]
	clear(p.index)
}

func (p *Profile) must(op string) {
	if p == nil {
		panic(Errorf(op, ErrUsage, "got a nil *graph.Profile: give graph.WithProfile the address of one"))
	}
}

// scope returns the number of a scope in another one. It allocates the first time.
func (p *Profile) scope(parent int32, name string) int32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := profileScope{parent, name}
	if s, ok := p.found[key]; ok {
		return s
	}
	if p.found == nil {
		p.found = make(map[profileScope]int32)
		p.scopes = []profileScope{{}}
	}
	if len(p.scopes) == maxProfileScopes {
		p.scopes = append(p.scopes, profileScope{0, "other scopes"})
	}
	if len(p.scopes) > maxProfileScopes {
		return maxProfileScopes
	}
	s := int32(len(p.scopes))
	p.scopes = append(p.scopes, key)
	p.found[key] = s
	return s
}

// add adds to an entry. It allocates the first time.
func (p *Profile) add(key profileKey, count, bytes int64, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, ok := p.index[key]
	if !ok {
		if p.index == nil {
			p.index = make(map[profileKey]int32)
		}
		i = int32(len(p.entries))
		p.entries = append(p.entries, profileEntry{profileKey: key})
		p.index[key] = i
	}
	e := &p.entries[i]
	e.count += count
	e.bytes += bytes
	e.time += d
}

// Measure begins to time work that is no operation of a graph, such as an optimizer's step or the loading of data; Done of
// what it returns adds it to the profile, under the given name and in no scope. What operations of graphs do
// meanwhile counts there and here. With a nil Profile it does nothing.
func (p *Profile) Measure(name string) Measurement {
	if p == nil {
		return Measurement{}
	}
	return Measurement{p: p, key: profileKey{op: name}, start: time.Now()}
}

// WriteTable writes the profile as two tables, by operation and by scope, whatever took longest first, and returns the
// first error of w. A scope includes those within.
func (p *Profile) WriteTable(w io.Writer) error {
	const op = "graph.Profile.WriteTable"
	p.must(op)
	if w == nil {
		panic(Errorf(op, ErrUsage, "got a nil io.Writer: give one such as os.Stdout"))
	}
	var total ProfileEntry
	byOp, byScope := map[string]*ProfileEntry{}, map[string]*ProfileEntry{}
	sum := func(m map[string]*ProfileEntry, name string, e ProfileEntry) {
		if m[name] == nil {
			m[name] = &ProfileEntry{Op: name}
		}
		m[name].plus(e)
	}
	for _, e := range p.Entries() {
		total.plus(e)
		name := e.Op
		if e.Backward {
			name += " backward"
		}
		sum(byOp, name, e)
		for k := range e.Scopes {
			sum(byScope, strings.Join(e.Scopes[:k+1], " / "), e)
		}
	}
	b := bufio.NewWriter(w)
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	rows := func(title string, m map[string]*ProfileEntry) {
		if len(m) == 0 {
			return
		}
		fmt.Fprintf(t, "time\tshare\tcount\tbytes\t  %s\n", title)
		list := make([]*ProfileEntry, 0, len(m))
		for _, e := range m {
			list = append(list, e)
		}
		slices.SortFunc(list, func(a, b *ProfileEntry) int {
			return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Op, b.Op))
		})
		for _, e := range list {
			e.writeRow(t, total.Time)
		}
	}
	rows("operation", byOp)
	total.Op = "all"
	total.writeRow(t, total.Time)
	if err := t.Flush(); err != nil {
		return err
	}
	if len(byScope) > 0 {
		fmt.Fprintln(b)
		rows("scope", byScope)
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return b.Flush()
}

func (e *ProfileEntry) plus(f ProfileEntry) {
	e.Count += f.Count
	e.Bytes += f.Bytes
	e.Time += f.Time
}

func (e *ProfileEntry) writeRow(w io.Writer, total time.Duration) {
	share := 0.0
	if total > 0 {
		share = 100 * float64(e.Time) / float64(total)
	}
	fmt.Fprintf(w, "%.3f ms\t%.1f%%\t%d\t%d\t  %s\n", float64(e.Time)/float64(time.Millisecond), share, e.Count, e.Bytes, e.Op)
}
