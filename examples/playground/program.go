package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// usualPort is taken if it is free and no other is asked for, so that addresses that were shared stay good.
const usualPort = 8420

// Settings are the flags.
type settings struct {
	port  int
	given bool // the port was asked for
	out   string
	open  bool
}

// program returns the program.
func program() *command.Program {
	var s settings
	return &command.Program{
		Name: "playground",
		About: `playground serves a page in which the engine, as WebAssembly, differentiates
expressions and trains networks.

  playground            builds the page and serves it on 127.0.0.1
  playground -out DIR   writes its files for a host of static files
`,
		Flags: func(f *flag.FlagSet) {
			f.Func("port", "the `number` of the port on 127.0.0.1, 0 for any that is free (default 8420, or any if that is in use)", func(text string) error {
				n, err := strconv.Atoi(text)
				if err != nil || n < 0 || n > 65535 {
					return fmt.Errorf("a port is a number from 0 to 65535")
				}
				s.port, s.given = n, true
				return nil
			})
			f.StringVar(&s.out, "out", "", "write the files to the `directory`, in place of serving them")
			f.BoolVar(&s.open, "open", false, "open the page in the default browser")
		},
		Run: func(ctx context.Context, stdout, stderr io.Writer) error {
			if s.out != "" && (s.given || s.open) {
				return command.Usagef("-out writes files and serves nothing: leave out -port and -open")
			}
			return s.run(ctx, stdout, stderr)
		},
	}
}

func (s *settings) run(ctx context.Context, stdout, stderr io.Writer) error {
	if s.out != "" {
		if err := checkDirectory(s.out); err != nil {
			return err
		}
	}
	var listener net.Listener
	if s.out == "" {
		var err error
		if listener, err = s.listen(); err != nil { // not after the time that building takes
			return err
		}
		defer listener.Close()
	}
	fmt.Fprintln(stderr, "building the engine for the browser; the first time it takes a minute")
	files, err := build(ctx)
	if err != nil {
		return err
	}
	if s.out != "" {
		if err := files.write(s.out); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "%d files are in %s: any host of static files can serve them\n", len(files), s.out)
		return err
	}
	address := "http://" + listener.Addr().String() + "/"
	if _, err := fmt.Fprintf(stdout, "The playground is at %s\nCtrl-C ends it.\n", address); err != nil {
		return err
	}
	if s.open {
		if err := openBrowser(address); err != nil {
			fmt.Fprintf(stderr, "no browser could be opened, %v: open the address by hand\n", err)
		}
	}
	return serve(ctx, listener, files)
}

// listen takes the port.
func (s *settings) listen() (net.Listener, error) {
	listen := func(port int) (net.Listener, error) {
		return net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	}
	if !s.given {
		if l, err := listen(usualPort); err == nil {
			return l, nil
		}
		return listen(0)
	}
	l, err := listen(s.port)
	if err != nil {
		return nil, fmt.Errorf("-port %d cannot be had: %w: choose another, or -port 0 for any that is free", s.port, err)
	}
	return l, nil
}
