// Package pprof writes a [graph.Profile] in the format of go tool pprof, which draws it as a graph or as flames:
//
//	f, err := os.Create("step.pb.gz")
//	...
//	err = pprof.Write(f, &p)
//
//	go tool pprof -http=: step.pb.gz
//
// An operation is a function at the top of a stack, "matmul" or "matmul backward", and its scopes are what called it. Each
// sample has the number of operations, the bytes that they wrote, and their time, which is shown unless another one
// is asked for, as by -sample_index=bytes.
package pprof

import (
	"io"

	"github.com/google/pprof/profile"

	"github.com/seed366ff29f/chainrule/graph"
)

// Write writes a profile, compressed with gzip, and returns the first error of w. It panics with a [*graph.Error] if w or p
// is nil.
func Write(w io.Writer, p *graph.Profile) error {
	const op = "pprof.Write"
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: give one such as an *os.File"))
	}
	if p == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil *graph.Profile: give the one that graph.WithProfile was given"))
	}
	out := &profile.Profile{
		SampleType: []*profile.ValueType{
			{Type: "operations", Unit: "count"},
			{Type: "bytes", Unit: "bytes"},
			{Type: "time", Unit: "nanoseconds"},
		},
		DefaultSampleType: "time",
	}
	s := stacks{out, make(map[string]*profile.Location)}
	for _, e := range p.Entries() {
		sample := &profile.Sample{Value: []int64{e.Count, e.Bytes, int64(e.Time)}}
		name := e.Op
		if e.Backward {
			name += " backward"
		}
		sample.Location = append(sample.Location, s.location(name))
		for i := len(e.Scopes) - 1; i >= 0; i-- {
			sample.Location = append(sample.Location, s.location(e.Scopes[i]))
		}
		out.Sample = append(out.Sample, sample)
	}
	return out.Write(w)
}

// stacks makes the locations of a profile.
type stacks struct {
	p     *profile.Profile
	found map[string]*profile.Location
}

// location returns the location of a function of the given name.
func (s stacks) location(name string) *profile.Location {
	if l := s.found[name]; l != nil {
		return l
	}
	id := uint64(len(s.p.Location) + 1)
	f := &profile.Function{ID: id, Name: name, SystemName: name}
	l := &profile.Location{ID: id, Line: []profile.Line{{Function: f}}}
	s.p.Function, s.p.Location = append(s.p.Function, f), append(s.p.Location, l)
	s.found[name] = l
	return l
}
