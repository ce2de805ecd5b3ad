package main

import (
	"fmt"
	"math"
	"strings"
)

// An overview sums up a section: how ours stands against the fastest of the other programs, row by row.
type overview struct {
	Section           string
	Rows, Ahead       int     // rows that another program takes part in, and those where none is faster
	Mean, Least, Most float64 // ratio to the fastest: geometric mean, and the range
	Targets, Reached  int
}

// overviewOf sums up every section that has a target or a peer.
func overviewOf(results []result) (all []overview) {
	for _, name := range sections {
		o := overview{Section: name, Least: math.Inf(1)}
		p := page{Missing: map[string]string{}}
		logs := 0.0
		for _, r := range results {
			if r.Section != name {
				continue
			}
			p.count(r)
			nearest := math.Inf(-1)
			for _, peer := range r.Peers {
				if peer.Ratio != nil && peer.Part == nil && !peer.Own {
					nearest = max(nearest, peer.Ratio.Median)
				}
			}
			if math.IsInf(nearest, -1) {
				continue
			}
			o.Rows++
			if nearest <= 1 {
				o.Ahead++
			}
			o.Least, o.Most = min(o.Least, nearest), max(o.Most, nearest)
			logs += math.Log(nearest)
		}
		o.Mean = math.Exp(logs / float64(o.Rows))
		o.Targets, o.Reached = p.Targets, p.Reached
		if o.Rows+o.Targets > 0 {
			all = append(all, o)
		}
	}
	return all
}

// summaryOf says how many rows of the section of single operations reach the peer's time, or "" for other sections. The
// aim is four of five, and none slower than its limit.
func summaryOf(results []result) string {
	rows, reached, slow := 0, 0, 0
	for _, r := range results {
		if !ofOperations(r) {
			continue
		}
		for _, p := range r.Peers {
			if p.Ratio == nil {
				continue
			}
			rows++
			if p.Ratio.Median <= 1 {
				reached++
			}
			if strings.HasPrefix(p.Verdict, missed) {
				slow++
			}
		}
	}
	if rows == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d rows (%.0f %%) are at or below 1.0, %d above their limit.", reached, rows, 100*float64(reached)/float64(rows), slow)
}

// ofOperations reports whether a row is of a single operation.
func ofOperations(r result) bool { return r.Section == secOperations || r.Section == secLinalg }
