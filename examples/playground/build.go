package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	_ "github.com/seed366ff29f/chainrule/ops" // registers the operations
	"github.com/seed366ff29f/chainrule/viz/page/javascript"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
)

//go:embed web
var web embed.FS

// The files that are packed.
const (
	engine   = "engine.wasm"
	graphviz = "vendor/viz/viz.js"
)

// wasmPackage is what runs in the browser.
const wasmPackage = "github.com/seed366ff29f/chainrule/examples/playground/wasm"

// build returns the files of the page, the engine among them.
func build(ctx context.Context) (site, error) {
	files := site{}
	err := fs.WalkDir(web, "web", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := web.ReadFile(path)
		files[strings.TrimPrefix(path, "web/")] = content
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := files.pack(graphviz); err != nil {
		return nil, err
	}
	files["stepper.js"] = []byte(stepper.Script())
	files["stepper.css"] = []byte(stepper.Style())
	operations, _ := javascript.Functions(graph.Rows()) // a graph with others has no sliders
	files["operations.js"] = []byte("\"use strict\";\nconst chainruleOperations = " + operations + ";\n")
	if files["wasm_exec.js"], err = support(ctx); err != nil {
		return nil, err
	}
	if files[engine], err = compile(ctx); err != nil {
		return nil, err
	}
	return files, files.pack(engine)
}

// goCommand returns the go command that is to run with the given arguments, in this directory.
func goCommand(ctx context.Context, args ...string) (*exec.Cmd, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, errors.New("the go command is not on the PATH, and the engine is built with it: install Go from https://go.dev/dl, or add its bin directory to PATH")
	}
	return exec.CommandContext(ctx, path, args...), nil
}

// support returns the script with which Go's programs run in browsers. It must be that of the Go that builds.
func support(ctx context.Context) ([]byte, error) {
	c, err := goCommand(ctx, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", explained(err))
	}
	root := strings.TrimSpace(string(out))
	script, err := os.ReadFile(filepath.Join(root, "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return nil, fmt.Errorf("this Go comes without its support for browsers: %w: install Go from https://go.dev/dl, 1.26 or later", err)
	}
	return script, nil
}

// compile returns the engine as WebAssembly, without what only debuggers read.
func compile(ctx context.Context) ([]byte, error) {
	dir, err := os.MkdirTemp("", "playground")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, engine)
	c, err := goCommand(ctx, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file, wasmPackage)
	if err != nil {
		return nil, err
	}
	c.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if _, err := c.Output(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("the engine cannot be built: %w\nRun the command in a directory of the chainrule repository", explained(err))
	}
	return os.ReadFile(file)
}

// explained returns the error of a command with what it printed.
func explained(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	return err
}
