package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
)

// A result is a row ready to be written: in text, as JSON, in Markdown.
type result struct {
	Section string
	Name    string
	Unit    string
	Ours    Side
	Peers   []peerSide
	Limit   *float64 `json:",omitempty"` // of a row without peers
	Verdict string   `json:",omitempty"`
}

// A Side is one contestant's numbers in a row: seconds, or what the row counts.
type Side struct {
	Who     string
	Variant string    `json:",omitempty"`
	Missing string    `json:",omitempty"`
	Time    *spread   `json:",omitempty"`
	Rounds  []float64 `json:",omitempty"`
	Shown   [2]string // median, and quartiles
}

// A peerSide is a peer's side with the ratio of ours to it.
type peerSide struct {
	Side
	Own     bool     `json:",omitempty"` // it is ours, by another way
	Ratio   *spread  `json:",omitempty"` // of each round
	Part    *spread  `json:",omitempty"` // the inverse, where the peer is what the machine can do
	Fastest *float64 `json:",omitempty"` // of the least times
	Limit   *float64 `json:",omitempty"`
	Verdict string   `json:",omitempty"`
}

// The verdicts.
const (
	met     = "met"
	missed  = "missed"
	absent  = "missing"
	unclear = ", within the spread"
)

func verdictOf(s spread, limit float64) string {
	v := met
	if !(s.Median <= limit) {
		v = missed
	}
	if s.Lower <= limit && limit < s.Upper {
		v += unclear
	}
	return v
}

func resultOf(m measured) result {
	r := result{Section: m.section, Name: m.name, Unit: m.unit.name, Ours: sideOf(m.unit, m.ours)}
	ours := m.ours
	for _, p := range m.peers {
		s := peerSide{Side: sideOf(m.unit, p), Own: strings.HasPrefix(p.contestant, "chainrule")}
		if p.limit > 0 {
			s.Limit = &p.limit
		}
		switch {
		case p.missing != "" || ours.missing != "" || len(p.medians) == 0:
			s.Verdict = absent
		default:
			ratio := spreadOf(ratios(ours.medians, p.medians))
			fastest := spreadOf(ours.leasts).Least / spreadOf(p.leasts).Least
			s.Ratio, s.Fastest = &ratio, &fastest
			if p.most {
				s.Part = &spread{1 / ratio.Median, 1 / ratio.Upper, 1 / ratio.Lower, 1 / ratio.Least}
			}
			if p.limit > 0 {
				s.Verdict = verdictOf(ratio, p.limit)
			}
		}
		r.Peers = append(r.Peers, s)
	}
	if len(m.peers) == 0 && m.limit != noLimit {
		r.Limit = &m.limit
		if ours.missing != "" {
			r.Verdict = absent
		} else {
			r.Verdict = verdictOf(*r.Ours.Time, m.limit)
		}
	}
	return r
}

func sideOf(u unit, s series) Side {
	out := Side{Who: s.group, Variant: s.variant, Missing: s.missing}
	if s.missing != "" || len(s.medians) == 0 {
		return out
	}
	t := spreadOf(s.medians)
	out.Time, out.Rounds = &t, s.medians
	show := func(v float64) string { return u.format(u.scale(v)) }
	out.Shown[0] = show(t.Median)
	a, b := show(t.Lower), show(t.Upper)
	if u.scale(t.Lower) > u.scale(t.Upper) {
		a, b = b, a
	}
	out.Shown[1] = a + " to " + b
	return out
}

// Ours returns what a table shows of a side.
func (s Side) show(unit string) string {
	if s.Time == nil {
		return "–"
	}
	if unit != "" {
		unit = " " + unit
	}
	return fmt.Sprintf("%s (%s)%s", s.Shown[0], s.Shown[1], unit)
}

func ratioText(p peerSide) string {
	if p.Ratio == nil {
		return "–"
	}
	if p.Part != nil {
		return fmt.Sprintf("%s of it (%s to %s)", digits(p.Part.Median), digits(p.Part.Lower), digits(p.Part.Upper))
	}
	return fmt.Sprintf("%s (%s to %s)", digits(p.Ratio.Median), digits(p.Ratio.Lower), digits(p.Ratio.Upper))
}

// missText says by how much a target was missed.
func missText(p peerSide) string {
	v := p.Ratio
	if p.Part != nil {
		v = p.Part
	}
	if v == nil || p.Limit == nil {
		return ""
	}
	return fmt.Sprintf("%.3f, target %s", v.Median, limitText(p))
}

func fastestText(p peerSide) string {
	switch {
	case p.Fastest == nil:
		return "–"
	case p.Part != nil:
		return digits(1 / *p.Fastest)
	}
	return digits(*p.Fastest)
}

// limitText writes a limit on a ratio, or on the part of what the machine can do.
func limitText(p peerSide) string {
	switch {
	case p.Limit == nil:
		return ""
	case p.Part != nil:
		return "≥ " + digits(1 / *p.Limit)
	}
	return "≤ " + digits(*p.Limit)
}

// digits writes a ratio with three digits, or two behind the point.
func digits(v float64) string {
	if math.Abs(v) < 0.1 {
		return fmt.Sprintf("%.3g", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// writeText writes a row as lines of text.
func writeText(w io.Writer, r result) {
	fmt.Fprintf(w, "%s\n", r.Name)
	limit := ""
	if r.Limit != nil {
		limit = fmt.Sprintf("  ≤ %s: %s", digits(*r.Limit), r.Verdict)
	}
	if r.Ours.Missing != "" {
		fmt.Fprintf(w, "  %-34s missing: %s\n", r.Ours.Who, r.Ours.Missing)
	} else {
		fmt.Fprintf(w, "  %-34s %-34s%s\n", r.Ours.Who, r.Ours.show(r.Unit), limit)
	}
	for _, p := range r.Peers {
		if p.Missing != "" {
			fmt.Fprintf(w, "  %-34s missing: %s\n", p.Who, p.Missing)
			continue
		}
		limit, ratio := "", "ratio "
		if p.Limit != nil {
			limit = fmt.Sprintf("  %s: %s", limitText(p), p.Verdict)
		}
		if p.Part != nil {
			ratio = ""
		}
		fmt.Fprintf(w, "  %-34s %-34s %s%s, fastest %s%s\n", p.Who, p.show(r.Unit), ratio, ratioText(p), fastestText(p), limit)
	}
}

// A report is what a run has measured.
type report struct {
	Machine machine
	Results []result
}

// writeJSON writes everything, with the number of every round.
func writeJSON(w io.Writer, rep report) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(rep)
}

// readJSON reads what writeJSON wrote.
func readJSON(r io.Reader) (report, error) {
	var rep report
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	err := dec.Decode(&rep)
	return rep, err
}
