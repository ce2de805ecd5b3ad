package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("peers: ")
	only := flag.String("only", "", "measure the rows whose section or name matches this `regexp`")
	rounds := flag.Int("rounds", 7, "number of rounds")
	seconds := flag.Float64("seconds", 0.03, "length of a slice in `seconds`")
	jsonFile := flag.String("json", "", "write every number to `file`")
	pageFile := flag.String("markdown", "", "write the page of the documentation to `file`, and one of single operations beside it")
	from := flag.String("from", "", "measure nothing, and write the pages from what an earlier run wrote to `file` with -json")
	list := flag.Bool("list", false, "print the names of the rows and end")
	installs := flag.Bool("install", false, "install the peers that are in Python and end")
	server := flag.Bool("serve", false, "be a contestant: answer requests on the standard input")
	flag.Parse()
	if *server {
		if err := serve(os.Stdin, os.Stdout); err != nil {
			log.Fatal(err)
		}
		return
	}
	if *rounds < 1 || !(*seconds > 0) || flag.NArg() > 0 {
		log.Fatal("want -rounds of 1 or more, -seconds above 0, and no arguments")
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		log.Fatal(err)
	}
	if *list {
		for _, r := range table(true) {
			if pattern.MatchString(r.section + ": " + r.name) {
				fmt.Printf("%s: %s\n", r.section, r.name)
			}
		}
		return
	}
	if *from != "" {
		if err := rewrite(*from, *pageFile); err != nil {
			log.Fatal(err)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if *installs {
		err := install(ctx, os.Stdout)
		stop()
		if err != nil {
			log.Fatal(err)
		}
		return
	}
	err = run(ctx, pattern, *rounds, time.Duration(*seconds*float64(time.Second)), *jsonFile, *pageFile)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, only *regexp.Regexp, rounds int, slice time.Duration, jsonFile, pageFile string) error {
	if _, err := os.Stat(filepath.Join("native", "peer.hpp")); err != nil {
		return fmt.Errorf("the sources of the peers are not here: start it from its own directory, as with go run -C internal/peers")
	}
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r := &referee{
		ctx: ctx, dir: dir, rounds: rounds, slice: slice, all: contestants(),
		children: map[string]*child{}, gone: map[string]error{}, hellos: map[string]string{},
	}
	defer r.stop()
	m := thisMachine()
	m.Settings = fmt.Sprintf("%d rounds of %v", rounds, slice)
	c, err := r.of(ours1)
	if err != nil {
		return fmt.Errorf("chainrule's own process: %w", err)
	}
	fmt.Printf("%s, %d cores, %s\n%s\n", m.CPU, m.Cores, m.System, c.hello)
	var results []result
	start, section, entered := time.Now(), "", time.Now()
	leave := func() {
		if section != "" {
			fmt.Printf("(%v)\n", time.Since(entered).Round(time.Second))
		}
	}
	for _, w := range table(strings.Contains(c.hello, "avx512")) {
		if !only.MatchString(w.section + ": " + w.name) {
			continue
		}
		if w.section != section {
			leave()
			section, entered = w.section, time.Now()
			fmt.Printf("\n== %s\n", section)
		}
		res := resultOf(r.run(w))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		writeText(os.Stdout, res)
		results = append(results, res)
	}
	leave()
	if s := summaryOf(results); s != "" {
		fmt.Printf("\n%s\n", s)
	}
	m.Load[1] = load()
	for _, name := range slices.Sorted(maps.Keys(r.hellos)) {
		m.Versions = append(m.Versions, name+": "+r.hellos[name])
	}
	fmt.Printf("\n%v; load %s before, %s after\n", time.Since(start).Round(time.Second), m.Load[0], m.Load[1])
	for _, name := range slices.Sorted(maps.Keys(r.gone)) {
		fmt.Printf("missing: %s: %v\n", name, r.gone[name])
	}
	rep := report{m, results}
	if err := writeFile(jsonFile, func(w io.Writer) error { return writeJSON(w, rep) }); err != nil {
		return err
	}
	if p := newPage(rep); p.Targets > 0 {
		fmt.Printf("\n%d of %d targets met\n", p.Reached, p.Targets)
		for _, miss := range p.Misses {
			fmt.Printf("missed: %s\n", miss)
		}
	}
	return writePages(pageFile, rep)
}

// rewrite writes the pages of an earlier run.
func rewrite(jsonFile, pageFile string) error {
	f, err := os.Open(jsonFile)
	if err != nil {
		return err
	}
	defer f.Close()
	rep, err := readJSON(f)
	if err != nil {
		return fmt.Errorf("%s: %w", jsonFile, err)
	}
	return writePages(pageFile, rep)
}

// writePages writes the page and that of single operations.
func writePages(pageFile string, rep report) error {
	other := operationsFile(pageFile, rep.Results)
	if err := writeFile(other, func(w io.Writer) error { return writeOperations(w, rep) }); err != nil {
		return err
	}
	return writeFile(pageFile, func(w io.Writer) error { return writePage(w, rep, other) })
}

// writeFile writes a file through a temporary one beside it; no name is no file.
func writeFile(name string, write func(w io.Writer) error) error {
	if name == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".peers-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
