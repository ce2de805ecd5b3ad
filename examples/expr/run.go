package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/examples/internal/problem"
	"github.com/seed366ff29f/chainrule/ops"
	"github.com/seed366ff29f/chainrule/ops/expr"
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
	found, err := p.Solve()
	if err != nil {
		return err
	}
	s := solution{found}
	if o.hessian {
		if err := s.DifferentiateTwice(); err != nil {
			return fmt.Errorf("-hessian: %w", err)
		}
	}
	var checks []problem.Check
	if !o.json || o.check {
		checks = checkAll(p, o.check)
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
		if err := s.explain(out, o.explain); err != nil {
			return err
		}
	}
	if o.check {
		if err := verdict(p, checks); err != nil {
			return err
		}
	}
	return s.writePictures(o)
}

// newProblem reads the expression, from standard input if it is -, and the bindings.
func newProblem(o *options, stdin io.Reader) (*problem.Problem, error) {
	text := o.expr
	if text == "-" {
		data, err := io.ReadAll(io.LimitReader(stdin, expr.MaxText+1))
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		text = string(data)
	}
	p, err := problem.New(text, o.bindings, o.dtype)
	var binding *problem.BindingError
	if errors.As(err, &binding) {
		if text := o.bindings[binding.Index]; strings.HasPrefix(text, "-") {
			return nil, fmt.Errorf("%s comes after the expression: flags go before it", text)
		}
	}
	return p, err
}

// explain writes the derivative by a name in words.
func (s solution) explain(out io.Writer, name string) error {
	for i, n := range s.Names {
		if n == name {
			fmt.Fprintln(out)
			return autograd.Explain(out, s.Y, s.Leaves[i])
		}
	}
	return fmt.Errorf("-explain %s: the name has no value: bind it with %s=2 after the expression", name, name)
}
