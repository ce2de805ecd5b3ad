package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// A row compares one piece of work.
type row struct {
	section string
	name    string
	ours    entry
	peers   []entry
	unit    unit
	limit   float64 // for a row without peers: ours must be at most this, if it is not noLimit
	rounds  int     // at most; 0 for the usual number
	part    float64 // of the usual length of a slice, 0 for all of it
}

// An entry is one contestant's part of a row.
type entry struct {
	contestant string
	words      string  // the job
	label      string  // instead of the contestant's name
	fresh      bool    // in a process of its own for every slice
	limit      float64 // ours divided by this one must be at most this; 0 for no target
	tolerance  float64 // between the checks, relative; 0 for none
	most       bool    // what the machine can do at most; the limit says of which part of it ours must be, as its inverse
}

// A unit says how to print a row's numbers.
type unit struct {
	format func(v float64) string
	scale  func(v float64) float64 // of seconds, or what the row counts
	name   string
}

// A measured row is a row with its numbers.
type measured struct {
	row
	ours  series
	peers []series // those of one group that lost to another are left out
}

// A series holds what one entry did in each round.
type series struct {
	entry
	group, variant string
	medians        []float64
	leasts         []float64
	check          float64
	missing        string // why there are no numbers
}

// A referee runs rows.
type referee struct {
	ctx      context.Context
	dir      string // for compiled peers
	rounds   int
	slice    time.Duration
	all      map[string]contestant
	children map[string]*child
	gone     map[string]error // contestants that could not be started, or that failed
	hellos   map[string]string
}

// of returns the process of a contestant, started at the first call.
func (r *referee) of(name string) (*child, error) {
	if c := r.children[name]; c != nil {
		return c, nil
	}
	if err := r.gone[name]; err != nil {
		return nil, err
	}
	c, err := r.start(name)
	if err != nil {
		r.gone[name] = err
		return nil, err
	}
	r.children[name] = c
	return c, nil
}

func (r *referee) start(name string) (*child, error) {
	who, ok := r.all[name]
	if !ok {
		return nil, fmt.Errorf("there is no contestant %q", name)
	}
	command, err := who.command(r.ctx, r.dir)
	if err != nil {
		return nil, err
	}
	c, err := startChild(r.ctx, r.dir, command, who.env)
	if err != nil {
		return nil, err
	}
	r.hellos[name] = c.hello
	return c, nil
}

// slice runs one slice of an entry.
func (r *referee) one(e entry, budget time.Duration) (answer, error) {
	if e.fresh {
		c, err := r.start(e.contestant)
		if err != nil {
			return answer{}, err
		}
		defer c.stop()
		return c.ask(budget, e.words)
	}
	c, err := r.of(e.contestant)
	if err != nil {
		return answer{}, err
	}
	a, err := c.ask(budget, e.words)
	if m := missing(""); err != nil && !errors.As(err, &m) {
		c.stop()
		delete(r.children, e.contestant)
		r.gone[e.contestant] = err
	}
	return a, err
}

// run measures a row: every round gives each of the entries one slice, in turn, and every other round goes backward.
func (r *referee) run(w row) measured {
	all := []*series{{entry: w.ours}}
	for _, p := range w.peers {
		all = append(all, &series{entry: p})
	}
	for _, s := range all {
		who := r.all[s.contestant]
		s.group, s.variant = who.group, who.variant
		if s.label != "" {
			s.group = s.label
		}
		if !s.fresh { // the job is prepared before the first round
			if a, err := r.one(s.entry, 0); err != nil {
				s.missing = err.Error()
			} else {
				s.check = a.Check
			}
		}
	}
	rounds := r.rounds
	if w.rounds > 0 {
		rounds = min(w.rounds, rounds)
	}
	slice := r.slice
	if w.part > 0 {
		slice = time.Duration(w.part * float64(slice))
	}
	for round := range rounds {
		for i := range all {
			if round%2 == 1 {
				i = len(all) - 1 - i
			}
			s := all[i]
			if s.missing != "" || r.ctx.Err() != nil {
				continue
			}
			a, err := r.one(s.entry, slice)
			time.Sleep(max(shortRest, r.all[s.contestant].rest))
			if err != nil {
				s.missing = err.Error()
				continue
			}
			s.medians, s.leasts, s.check = append(s.medians, a.Median), append(s.leasts, a.Least), a.Check
		}
	}
	return judge(w, all)
}

// judge keeps the fastest of every group, and those whose work can be compared.
func judge(w row, all []*series) measured {
	m := measured{row: w, ours: *all[0]}
	best := map[string]int{} // index in m.peers
	for _, s := range all[1:] {
		if s.missing == "" && s.tolerance > 0 && !near(m.ours.check, s.check, s.tolerance) {
			s.missing = fmt.Sprintf("it did other work: its check is %.9g, ours %.9g", s.check, m.ours.check)
		}
		k, seen := best[s.group]
		switch {
		case !seen:
			best[s.group] = len(m.peers)
			m.peers = append(m.peers, *s)
		case s.missing == "" && (m.peers[k].missing != "" || spreadOf(s.medians).Median < spreadOf(m.peers[k].medians).Median):
			m.peers[k] = *s
		}
	}
	return m
}

// near compares two checks. Those that are not numbers are not compared.
func near(a, b, tolerance float64) bool {
	return math.IsNaN(a) || math.IsNaN(b) || math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b))
}

func (r *referee) stop() {
	for _, c := range r.children {
		c.stop()
	}
}
