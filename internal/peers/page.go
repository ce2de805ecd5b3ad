package main

import (
	"embed"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

//go:embed page.md.tmpl operations.md.tmpl sections.md.tmpl
var templates embed.FS

var pages = template.Must(template.New("pages").Funcs(template.FuncMap{
	"show":    func(s Side, unit string) string { return s.show(unit) },
	"ours":    func(r result) string { return r.Ours.show(r.Unit) },
	"ratio":   ratioText,
	"fastest": fastestText,
	"limit":   limitText,
	"digits":  digits,
	"most": func(v *float64) string {
		if v == nil {
			return ""
		}
		return "≤ " + digits(*v)
	},
	"about":   func(section string) string { return about[section] },
	"summary": summaryOf,
	"join":    strings.Join,
	"bold": func(verdict string) string {
		if strings.HasPrefix(verdict, missed) {
			return "**" + verdict + "**"
		}
		return verdict
	},
}).ParseFS(templates, "*.tmpl"))

// A page is what a page of the documentation shows.
type page struct {
	Machine          machine
	Sections         []pageSection
	Missing          map[string]string // contestants, and why
	Targets, Reached int
	Misses           []string
	Overview         []overview
	Operations       *page  // the page of single operations, if that is one of its own
	File             string // its name
}

type pageSection struct {
	Name    string
	Results []result
	Bounds  []pageBound // of the rows that missed a target
}

type pageBound struct {
	Text string
	Rows []string
}

// writePage writes the page of the documentation. Single operations have a page of their own if a file is named for it:
// they are many.
func writePage(w io.Writer, rep report, operationsFile string) error {
	var rest, single []result
	for _, r := range rep.Results {
		if operationsFile != "" && ofOperations(r) {
			single = append(single, r)
		} else {
			rest = append(rest, r)
		}
	}
	p := newPage(report{rep.Machine, rest})
	p.Overview = overviewOf(rep.Results)
	if len(single) > 0 {
		p.Operations, p.File = newPage(report{rep.Machine, single}), filepath.Base(operationsFile)
	}
	return pages.ExecuteTemplate(w, "page.md.tmpl", p)
}

// writeOperations writes the page of single operations.
func writeOperations(w io.Writer, rep report) error {
	rep.Results = slices.DeleteFunc(slices.Clone(rep.Results), func(r result) bool { return !ofOperations(r) })
	return pages.ExecuteTemplate(w, "operations.md.tmpl", newPage(rep))
}

// operationsFile returns the name of the page of single operations beside a page, or "" where there is none to write.
func operationsFile(pageFile string, results []result) string {
	name, ok := strings.CutSuffix(pageFile, ".md")
	if !ok || !slices.ContainsFunc(results, ofOperations) {
		return ""
	}
	return name + "-operations.md"
}

func newPage(rep report) *page {
	p := &page{Machine: rep.Machine, Missing: map[string]string{}}
	for _, name := range sections {
		s := pageSection{Name: name}
		for _, r := range rep.Results {
			if r.Section == name {
				s.Results = append(s.Results, r)
				s.explain(r)
			}
		}
		if len(s.Results) > 0 {
			p.Sections = append(p.Sections, s)
		}
	}
	for _, r := range rep.Results {
		p.count(r)
	}
	return p
}

// explain says what holds ours back in a row, by how much, if it missed a target.
func (s *pageSection) explain(r result) {
	misses := missesOf(r)
	if len(misses) == 0 {
		return
	}
	text := boundOf(r.Section, r.Name)
	k := slices.IndexFunc(s.Bounds, func(b pageBound) bool { return b.Text == text })
	if k < 0 {
		k = len(s.Bounds)
		s.Bounds = append(s.Bounds, pageBound{Text: text})
	}
	s.Bounds[k].Rows = append(s.Bounds[k].Rows, r.Name+" ("+strings.Join(misses, ", ")+")")
}

// missesOf returns the numbers of a row that missed their targets.
func missesOf(r result) (numbers []string) {
	if strings.HasPrefix(r.Verdict, missed) {
		numbers = append(numbers, r.Ours.Shown[0])
	}
	for _, p := range r.Peers {
		switch {
		case !strings.HasPrefix(p.Verdict, missed):
		case p.Part != nil:
			numbers = append(numbers, digits(p.Part.Median)+" of the "+p.Who)
		default:
			numbers = append(numbers, digits(p.Ratio.Median))
		}
	}
	return numbers
}

// count takes a row's targets into account.
func (p *page) count(r result) {
	target := func(limit *float64, verdict, miss string) {
		if limit == nil || verdict == "" || verdict == absent {
			return
		}
		p.Targets++
		if strings.HasPrefix(verdict, met) {
			p.Reached++
		} else {
			p.Misses = append(p.Misses, r.Name+miss)
		}
	}
	if len(r.Peers) == 0 && r.Limit != nil {
		target(r.Limit, r.Verdict, ": "+strings.TrimSpace(r.Ours.Shown[0]+" "+r.Unit)+", target ≤ "+digits(*r.Limit))
	}
	for _, peer := range r.Peers {
		against := " against "
		if peer.Part != nil {
			against = " as a part of "
		}
		target(peer.Limit, peer.Verdict, against+peer.Who+": "+missText(peer))
		if peer.Missing != "" {
			p.Missing[peer.Who] = peer.Missing
		}
	}
}
