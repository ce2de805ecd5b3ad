package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Limits on a child's time. The first request for a job prepares it, which takes a compiler a while, above all
// torch.compile, which calls g++.
const (
	startLimit   = 60 * time.Second
	requestLimit = 180 * time.Second
)

// A child is a contestant's process.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
	tail  *tailBuffer
	hello string // what it says it is
}

// startChild starts a contestant and waits for its first line. A contestant that says no is missing.
func startChild(ctx context.Context, dir string, command, env []string) (*child, error) {
	c := &child{cmd: exec.CommandContext(ctx, command[0], command[1:]...), lines: make(chan string), tail: &tailBuffer{}}
	c.cmd.Dir = dir
	c.cmd.Env = append(cleanEnv(os.Environ()), env...)
	c.cmd.Stderr = c.tail
	c.cmd.WaitDelay = time.Second
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, missing(err.Error())
	}
	c.in = in
	go func() {
		defer close(c.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			c.lines <- s.Text()
		}
	}()
	line, err := c.line(startLimit)
	if err != nil {
		c.stop()
		return nil, err
	}
	hello, ok := strings.CutPrefix(line, "peer ")
	if !ok {
		c.stop()
		return nil, missing(strings.TrimPrefix(line, "no "))
	}
	c.hello = hello
	return c, nil
}

// line waits for the child's next line.
func (c *child) line(limit time.Duration) (string, error) {
	select {
	case s, ok := <-c.lines:
		if !ok {
			return "", missing("the process ended" + c.tail.last())
		}
		return s, nil
	case <-time.After(limit):
		return "", fmt.Errorf("no answer within %v", limit)
	}
}

// ask requests one slice of a job. After an error other than a [missing] the child must be stopped.
func (c *child) ask(budget time.Duration, words string) (answer, error) {
	if _, err := fmt.Fprintf(c.in, "%g %s\n", budget.Seconds(), words); err != nil {
		return answer{}, errors.New("the process ended" + c.tail.last())
	}
	s, err := c.line(requestLimit + budget)
	if err != nil {
		return answer{}, err
	}
	return parseAnswer(s)
}

// stop ends the process.
func (c *child) stop() {
	c.in.Close()
	done := make(chan struct{})
	go func() {
		for range c.lines { // a child that is still writing must be able to end
		}
		c.cmd.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(2 * time.Second):
		c.cmd.Process.Kill()
		<-done
	}
}

// cleanEnv takes out what would change a contestant behind the back of its settings.
func cleanEnv(env []string) []string {
	var out []string
	for _, e := range env {
		switch name, _, _ := strings.Cut(e, "="); {
		case strings.HasPrefix(name, "OPENBLAS_"), strings.HasPrefix(name, "OMP_"), strings.HasPrefix(name, "GOMP_"),
			strings.HasPrefix(name, "KMP_"), strings.HasPrefix(name, "MKL_"), strings.HasPrefix(name, "MALLOC_"),
			strings.HasPrefix(name, "XLA_"), strings.HasPrefix(name, "JAX_ENABLE_"), name == "JAX_PLATFORMS",
			strings.HasPrefix(name, "ONEDNN_"), strings.HasPrefix(name, "DNNL_"), strings.HasPrefix(name, "ATEN_"),
			strings.HasPrefix(name, "TORCHINDUCTOR_"), strings.HasPrefix(name, "TORCHDYNAMO_"), name == "GOMAXPROCS", name == "GOGC",
			name == "GOMEMLIMIT", name == "GODEBUG", name == "CHAINRULE_KERNEL":
		default:
			out = append(out, e)
		}
	}
	return out
}

// A tailBuffer keeps the end of what is written to it.
type tailBuffer struct{ data []byte }

func (b *tailBuffer) Write(p []byte) (int, error) {
	const room = 2048
	b.data = append(b.data, p...)
	if len(b.data) > room {
		b.data = b.data[len(b.data)-room:]
	}
	return len(p), nil
}

// last returns the last line, to follow another message.
func (b *tailBuffer) last() string {
	s := strings.TrimSpace(string(b.data))
	if s == "" {
		return ""
	}
	return ": " + s[strings.LastIndex(s, "\n")+1:]
}
