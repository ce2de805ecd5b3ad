package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/ops"
)

// run is the command: it returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (status int) {
	defer func() {
		// A mistake of the engine's own is one line too.
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "expr: internal error: %v; please report it with the command\n", p)
			status = 1
		}
	}()
	var out bytes.Buffer
	err := write(&out, args, stdin)
	if err == nil {
		_, err = stdout.Write(out.Bytes())
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, syscall.EPIPE): // the reader has seen enough
		return 0
	}
	fmt.Fprintf(stderr, "expr: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	return 1
}

// write writes what the command prints if all goes well.
func write(out io.Writer, args []string, stdin io.Reader) error {
	o, err := readOptions(args)
	switch {
	case err != nil:
		return err
	case o.help:
		_, err := io.WriteString(out, usage)
		return err
	case o.list:
		return ops.Reference(out)
	}
	p, err := newProblem(o, stdin)
	if err != nil {
		return err
	}
	s, err := p.solve(o.hessian)
	if err != nil {
		return err
	}
	var checks []check
	if !o.json || o.check {
		checks = p.checkAll(o.check)
	}
	if o.json {
		s.writeJSON(out)
	} else {
		s.writeTable(out, checks)
		if o.hessian {
			s.writeHessian(out)
		}
	}
	if o.explain != "" {
		if err := p.explain(out, s, o.explain); err != nil {
			return err
		}
	}
	if o.check {
		if err := verdict(p, checks); err != nil {
			return err
		}
	}
	if o.dot != "" {
		return s.writeDOT(o.dot)
	}
	return nil
}

// explain writes the derivative by a name in words.
func (p *problem) explain(out io.Writer, s *solution, name string) error {
	for i, n := range p.names {
		if n == name {
			fmt.Fprintln(out)
			return autograd.Explain(out, s.y, s.leaves[i])
		}
	}
	return fmt.Errorf("-explain %s: the name has no value: bind it with %s=2 after the expression", name, name)
}
