package search

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/internal/durable"
)

// version is that of the form of files.
const version = 1

// A header is the first line of a file: what must be the same in the search that goes on with it.
type header struct {
	Version  int      `json:"search"`
	Name     string   `json:"name"`
	Goal     string   `json:"goal"`
	Plan     string   `json:"plan"`
	Settings []domain `json:"settings"`
	Seed     uint64   `json:"seed"`
	Runs     int      `json:"runs"`
}

// A record is one of the lines after it: a run that has ended.
type record struct {
	Trial    int               `json:"trial"`
	Run      int               `json:"run"`
	Settings []string          `json:"settings"`
	Score    *number           `json:"score,omitempty"` // there is one, or an error
	Figures  map[string]number `json:"figures,omitempty"`
	Error    *string           `json:"error,omitempty"`
}

// A number is written as JSON although it may be NaN or infinite: as a text then.
type number float64

func (v number) MarshalJSON() ([]byte, error) {
	if x := float64(v); math.IsNaN(x) || math.IsInf(x, 0) {
		return strconv.AppendQuote(nil, exactly(x)), nil
	}
	return json.Marshal(float64(v))
}

func (v *number) UnmarshalJSON(b []byte) error {
	var x float64
	err := json.Unmarshal(b, &x)
	for _, special := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if string(b) == strconv.Quote(exactly(special)) {
			x, err = special, nil
		}
	}
	*v = number(x)
	return err
}

// maxLine bounds the lines of a file, in bytes, and maxMessage an error in one.
const (
	maxLine    = 16 << 20
	maxMessage = 64 << 10
)

// A file takes the runs of a search.
type file struct {
	name string
	f    *os.File
	info os.FileInfo // of the file when it was opened
	size int64       // bytes that are whole lines
}

// open reads the file of the search and opens it for the runs to come, if there are any.
func (s *search) open() error {
	name := s.cfg.File
	switch info, err := os.Stat(name); {
	case errors.Is(err, fs.ErrNotExist):
		return s.begin()
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%q is no regular file: name another one", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	size, err := s.read(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	switch {
	case err != nil:
		return fmt.Errorf("file %q: %w", name, err)
	case s.done == s.total:
		return nil
	case size == 0:
		return s.begin()
	}
	return s.reopen(size)
}

// begin makes a file with its first line, and opens it.
func (s *search) begin() error {
	line, err := json.Marshal(s.header())
	if err != nil {
		return err
	}
	line = append(line, '\n')
	err = durable.Write(s.cfg.File, func(w io.Writer) error {
		_, err := w.Write(line)
		return err
	})
	if err != nil {
		return err
	}
	return s.reopen(int64(len(line)))
}

// reopen opens the file for writing, and cuts off what comes after its whole lines.
func (s *search) reopen(size int64) error {
	f, err := os.OpenFile(s.cfg.File, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size() != size {
		err = f.Truncate(size)
	}
	if err != nil {
		f.Close()
		return err
	}
	s.file = &file{s.cfg.File, f, info, size}
	return nil
}

func (f *file) close() {
	if f != nil {
		f.f.Close() // everything in it has been synced
	}
}

// append adds the line of a run.
func (f *file) append(r *Run, o outcome) error {
	rec := record{Trial: r.Trial, Run: r.Index, Settings: r.labels}
	if o.err != nil {
		message := strings.ToValidUTF8(o.err.Error(), "\ufffd")
		if len(message) > maxMessage {
			message = strings.ToValidUTF8(message[:maxMessage], "") + " …"
		}
		rec.Error = &message
	} else {
		score := number(o.score)
		rec.Score, rec.Figures = &score, map[string]number{}
		for name, v := range o.notes {
			rec.Figures[name] = number(v)
		}
	}
	line, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	if len(line) >= maxLine {
		return fmt.Errorf("file %q: the line of trial %d would have %d bytes: want less than %d", f.name, r.Trial, len(line), maxLine)
	}
	return f.write(append(line, '\n'))
}

// write adds a whole line. If that fails, the file ends with the line before.
func (f *file) write(line []byte) error {
	info, err := os.Stat(f.name)
	if err != nil || !os.SameFile(info, f.info) || info.Size() != f.size {
		return fmt.Errorf("file %q was changed or moved while the search ran: does another one write to it?", f.name)
	}
	if _, err = f.f.WriteAt(line, f.size); err == nil {
		err = f.f.Sync()
	}
	if err != nil {
		_ = f.f.Truncate(f.size) // if this fails too, the next search does it
		return err
	}
	f.size += int64(len(line))
	return nil
}

func (s *search) header() header {
	h := header{Version: version, Name: s.cfg.Name, Goal: strings.ToLower(strings.TrimPrefix(s.op, "search.")), Plan: s.plan.kind, Settings: []domain{}, Seed: s.cfg.Seed, Runs: s.cfg.Runs}
	for _, a := range s.plan.axes {
		h.Settings = append(h.Settings, a.domain)
	}
	return h
}

var errNotOurs = errors.New("it is not that of a search: name another one")

// read keeps the runs in a file and returns the size of its whole lines.
func (s *search) read(r io.Reader) (size int64, err error) {
	in := bufio.NewReader(r)
	first, whole, err := readLine(in)
	switch {
	case err != nil:
		return 0, err
	case !whole && len(first) > 0:
		return 0, errNotOurs
	case !whole:
		return 0, nil // an empty file, which anyone may have made
	}
	if err := s.checkHeader(first); err != nil {
		return 0, err
	}
	for n := 2; ; n++ {
		size += int64(len(first)) + 1
		if first, whole, err = readLine(in); err != nil {
			return 0, fmt.Errorf("line %d: %w", n, err)
		}
		if !whole {
			return size, nil // the line that was cut off, or none
		}
		if err := s.readRecord(first); err != nil {
			return 0, fmt.Errorf("line %d: %w", n, err)
		}
	}
}

// readLine returns a line without its end, and whether it has one.
func readLine(in *bufio.Reader) (line []byte, whole bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, false, fmt.Errorf("a line of more than %d MiB: this is not the file of a search", maxLine>>20)
		case err == nil:
			return line[:len(line)-1], true, nil
		case err == io.EOF:
			return line, false, nil
		case err != bufio.ErrBufferFull:
			return nil, false, err
		}
	}
}

// decode reads a line of JSON.
func decode(line []byte, into any) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return errors.New("the line is empty")
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}

// checkHeader returns an error that says how another search differs.
func (s *search) checkHeader(line []byte) error {
	var got header
	want := s.header()
	var form struct {
		Version int `json:"search"`
	}
	if err := json.Unmarshal(line, &form); err != nil || form.Version == 0 {
		return errNotOurs
	}
	if form.Version != version {
		return fmt.Errorf("it has form %d, and this program knows form %d: name another one", form.Version, version)
	}
	if err := decode(line, &got); err != nil {
		return fmt.Errorf("line 1: %w", err)
	}
	other := func(what string, theirs, ours any) error {
		return fmt.Errorf("it is that of another search, whose %s is %v, and here %v: name another file, or remove it", what, theirs, ours)
	}
	switch {
	case got.Name != want.Name:
		return other("name", strconv.Quote(got.Name), strconv.Quote(want.Name))
	case got.Goal != want.Goal:
		return other("goal", "to "+got.Goal, "to "+want.Goal)
	case got.Plan != want.Plan:
		return other("plan", got.Plan, want.Plan)
	case got.Seed != want.Seed:
		return other("seed", got.Seed, want.Seed)
	case got.Runs != want.Runs:
		return other("number of runs", got.Runs, want.Runs)
	}
	for i := range max(len(got.Settings), len(want.Settings)) {
		theirs, ours := "missing", "missing"
		if i < len(got.Settings) {
			theirs = got.Settings[i].String()
		}
		if i < len(want.Settings) {
			ours = want.Settings[i].String()
		}
		if theirs != ours {
			return other(fmt.Sprintf("setting %d", i+1), theirs, ours)
		}
	}
	return nil
}

// String returns a text by which domains can be told apart.
func (d domain) String() string {
	b, _ := json.Marshal(d.Values) // of texts, which cannot fail
	return fmt.Sprintf("%q (%s %s)", d.Name, d.Kind, b)
}

// readRecord keeps the run of a line.
func (s *search) readRecord(line []byte) error {
	var r record
	if err := decode(line, &r); err != nil {
		return err
	}
	switch {
	case r.Trial < 0 || r.Run < 0 || r.Run >= s.cfg.Runs || r.Trial >= s.plan.n && s.plan.kind == "grid":
		return fmt.Errorf("trial %d, run %d: the search has no such run", r.Trial, r.Run)
	case (r.Score == nil) == (r.Error == nil):
		return fmt.Errorf("trial %d, run %d: want a score or an error", r.Trial, r.Run)
	case r.Trial >= s.plan.n:
		return nil // of a search at random that had more points
	}
	if _, ok := s.ended[r.Trial][r.Run]; ok {
		return fmt.Errorf("trial %d, run %d stands there a second time", r.Trial, r.Run)
	}
	want := s.plan.point(s.cfg.Seed, r.Trial)
	same := len(r.Settings) == len(want.labels)
	for i := range want.labels {
		same = same && want.axes[i].same(r.Settings[i], want.labels[i])
	}
	if !same {
		return fmt.Errorf("trial %d has the settings %q, and in this search %q", r.Trial, r.Settings, want.labels)
	}
	o := outcome{score: math.NaN(), notes: map[string]float64{}}
	if r.Error != nil {
		o.err = errors.New(*r.Error)
	} else {
		o.score = float64(*r.Score)
	}
	for name, v := range r.Figures {
		if !isName(name) || reserved().MatchString(name) || slices.ContainsFunc(want.axes, func(a *axis) bool { return a.name == name }) {
			return fmt.Errorf("trial %d, run %d: %q is no name of a figure", r.Trial, r.Run, name)
		}
		o.notes[name] = float64(v)
	}
	s.keep(r.Trial, r.Run, o)
	return nil
}
