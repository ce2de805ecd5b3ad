package testkit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A Func is an exported function, or an exported method of an exported type, of a package.
type Func struct {
	Name   string   // New, Graph.Var
	Params []string // the types of the receiver and the parameters, as they are written
}

// Exported returns the exported functions and methods of the package whose test is running, so that a table of calls can be
// held against them. It fails the test if there are fewer than least.
func Exported(t *testing.T, least int) []Func {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []Func
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.IsExported() {
				if described, ok := describe(f); ok {
					out = append(out, described)
				}
			}
		}
	}
	if len(out) < least {
		t.Fatalf("found %d functions and methods, want at least %d: %v", len(out), least, out)
	}
	return out
}

// describe returns false for a method of a type that is not exported.
func describe(f *ast.FuncDecl) (Func, bool) {
	out := Func{Name: f.Name.Name}
	fields := f.Type.Params.List
	if f.Recv != nil {
		receiver := strings.TrimPrefix(types.ExprString(f.Recv.List[0].Type), "*")
		receiver, _, _ = strings.Cut(receiver, "[")
		if !ast.IsExported(receiver) {
			return Func{}, false
		}
		out.Name = receiver + "." + out.Name
		fields = append(f.Recv.List, fields...)
	}
	for _, field := range fields {
		for range max(len(field.Names), 1) {
			out.Params = append(out.Params, types.ExprString(field.Type))
		}
	}
	return out, true
}

// TakesNil reports whether the function takes a pointer, a function, or one of the interface types named, also as the
// elements of a list: whether it can be called with nil.
func (f Func) TakesNil(interfaces ...string) bool {
	for _, p := range f.Params {
		p = strings.TrimPrefix(strings.TrimPrefix(p, "..."), "[]")
		if p[0] == '*' || strings.HasPrefix(p, "func(") || slices.Contains(interfaces, p) {
			return true
		}
	}
	return false
}
