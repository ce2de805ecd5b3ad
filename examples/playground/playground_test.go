package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
)

// run runs the program.
func run(t *testing.T, ctx context.Context, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = program().Status(ctx, args, &out, &errs)
	return out.String(), errs.String(), status
}

func TestUsage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"-port", "x"}, command.Usage, "a port is a number from 0 to 65535"},
		{[]string{"-port", "65536"}, command.Usage, "a port is a number from 0 to 65535"},
		{[]string{"-port", "-1"}, command.Usage, "a port is a number from 0 to 65535"},
		{[]string{"-out", "x", "-port", "0"}, command.Usage, "leave out -port and -open"},
		{[]string{"-out", "x", "-open"}, command.Usage, "leave out -port and -open"},
		{[]string{"x"}, command.Usage, "takes flags only"},
		{[]string{"-out", file}, command.Failed, "is a file: name a directory"},
		{[]string{"-out", filepath.Join(file, "below")}, command.Failed, "-out: "},
		{[]string{"-port", port}, command.Failed, "-port " + port + " cannot be had"},
	} {
		stdout, stderr, status := run(t, t.Context(), tt.args...)
		if status != tt.status || !strings.Contains(stderr, tt.want) || stdout != "" {
			t.Errorf("%q: status %d, %q and %q, want %d and %q", tt.args, status, stdout, stderr, tt.status, tt.want)
		}
	}
}

// Without the go command the error says what to do.
func TestNoGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, stderr, status := run(t, t.Context(), "-port", "0")
	if status != command.Failed || !strings.Contains(stderr, "install Go from https://go.dev/dl") {
		t.Errorf("status %d and %q", status, stderr)
	}
}

// A go command that fails is quoted.
func TestGoFails(t *testing.T) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("there is no /bin/sh to stand in for the go command")
	}
	for _, tt := range []struct{ script, want string }{
		{"echo no such package >&2; exit 1", "no such package"},
		{"case $1 in env) echo " + t.TempDir() + ";; esac", "without its support for browsers"},
	} {
		bin := t.TempDir()
		if err := os.WriteFile(filepath.Join(bin, "go"), []byte("#!/bin/sh\n"+tt.script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", bin)
		if _, stderr, status := run(t, t.Context(), "-out", filepath.Join(t.TempDir(), "out")); status != command.Failed || !strings.Contains(stderr, tt.want) {
			t.Errorf("status %d and %q, want %q", status, stderr, tt.want)
		}
	}
}

var files = site{"index.html": []byte("<!doctype html>"), "js/main.js": []byte("1"), "engine.wasm.lzma": {1, 2}}

func TestServer(t *testing.T) {
	for _, tt := range []struct {
		method, host, path string
		status             int
		contentType        string
	}{
		{"GET", "127.0.0.1:8420", "/", 200, "text/html; charset=utf-8"},
		{"GET", "localhost:8420", "/js/main.js", 200, "text/javascript; charset=utf-8"},
		{"HEAD", "127.0.0.1", "/engine.wasm.lzma", 200, "application/octet-stream"},
		{"GET", "localhost", "/js", 404, ""},
		{"GET", "localhost", "/js/", 404, ""},
		{"GET", "localhost", "/../main.go", 404, ""},
		{"GET", "localhost", "/%2e%2e/main.go", 404, ""},
		{"POST", "127.0.0.1", "/", 405, ""},
		{"GET", "evil.example:8420", "/", 421, ""},
		{"GET", "127.0.0.1.evil.example", "/", 421, ""},
		{"GET", "localhost.evil.example:8420", "/", 421, ""},
		{"GET", "", "/", 421, ""},
		{"GET", "[::1]:8420", "/", 421, ""},
	} {
		r := httptest.NewRequest(tt.method, "http://x/", nil)
		r.Host = tt.host
		r.URL.Path = tt.path
		w := httptest.NewRecorder()
		files.ServeHTTP(w, r)
		h := w.Result().Header
		if w.Code != tt.status || tt.contentType != "" && h.Get("Content-Type") != tt.contentType {
			t.Errorf("%s %s%s: status %d, type %q", tt.method, tt.host, tt.path, w.Code, h.Get("Content-Type"))
		}
		if w.Code == 200 && (h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'")) {
			t.Errorf("%s: headers %v", tt.path, h)
		}
	}
}

// The server ends with its context, as Ctrl-C ends it.
func TestServeEnds(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l, files) }()
	response, err := http.Get("http://" + l.Addr().String() + "/js/main.js")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if content, err := io.ReadAll(response.Body); err != nil || string(content) != "1" {
		t.Errorf("got %q, %v", content, err)
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it has not ended")
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := files.write(dir); err != nil {
		t.Fatal(err)
	}
	for path, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %q, %v", path, got, err)
		}
	}
}

// TestBuild builds the page as the command does. What a browser fetches for all of it is at most 2.5 MB.
func TestBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the engine for another system")
	}
	dir := t.TempDir()
	stdout, stderr, status := run(t, t.Context(), "-out", dir)
	if status != command.OK || !strings.Contains(stdout, dir) {
		t.Fatalf("status %d, %q and %q", status, stdout, stderr)
	}
	total := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content := mustRead(t, path)
		if filepath.Ext(path) != suffix { // a host packs it on the way
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			if _, err := w.Write(content); err != nil {
				return err
			}
			if err := w.Close(); err != nil {
				return err
			}
			content = b.Bytes()
		}
		t.Logf("%8d %s", len(content), path)
		total += len(content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"index.html", "stepper.js", "wasm_exec.js", "engine.wasm" + suffix, "vendor/viz/viz.js" + suffix} {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	if total > 2_500_000 {
		t.Errorf("%d bytes travel in all, want 2.5 MB at most", total)
	}
}
