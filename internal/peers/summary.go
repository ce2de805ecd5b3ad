package main

import (
	"fmt"
	"strings"
)

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
