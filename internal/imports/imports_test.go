package imports_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/seed366ff29f/chainrule/"

// floors lists the packages from the ground up, with the libraries each may use besides the standard library. A package
// may import the packages above its own line here, never those below. A name covers the packages under it.
var floors = []struct {
	pkg       string
	libraries []string
}{
	{"internal/testkit", []string{"github.com/google/go-cmp"}},
	{"internal/durable", nil},
	{"internal/digest", nil},
	{"internal/hugepage", nil},
	{"internal/columns", nil},
	{"internal/coloring", nil},
	{"internal/specfun", nil},
	{"internal/kernel", []string{"golang.org/x/exp", "golang.org/x/sys"}},
	{"internal/dense", []string{"gonum.org/v1/gonum/lapack"}},
	{"internal/cholesky", nil},
	{"graph/tensor", []string{"golang.org/x/exp"}},
	{"graph/tensor/matrix", []string{"gonum.org/v1/gonum/mat"}},
	{"internal/array", []string{"golang.org/x/exp"}},
	{"internal/legible", nil},
	{"internal/safetensors", nil},
	{"graph/tensor/npy", []string{"codeberg.org/sbinet/npyio", "golang.org/x/exp"}},
	{"graph", []string{"golang.org/x/exp"}},
	{"graph/pprof", []string{"github.com/google/pprof/profile"}},
	{"internal/primitive", nil},
	{"internal/notation", nil},
	{"ops", []string{"golang.org/x/exp", "gonum.org/v1/gonum/blas", "gonum.org/v1/gonum/mathext", "gonum.org/v1/gonum/mat"}},
	{"internal/rowform", nil},
	{"internal/programs", nil},
	{"autograd", []string{"golang.org/x/exp"}},
	{"autograd/program", nil},
	{"internal/adbench", nil},
	{"autograd/minimize", []string{"gonum.org/v1/gonum/floats", "gonum.org/v1/gonum/mat", "gonum.org/v1/gonum/optimize"}},
	{"internal/rowtest", nil},
	{"internal/xla", nil},
	{"ops/opstest", []string{"github.com/google/go-cmp"}},
	{"nn/data", []string{"golang.org/x/exp"}},
	{"nn", []string{"golang.org/x/exp", "gonum.org/v1/gonum/optimize"}},
	{"nn/search", nil},
	{"nn/progress", []string{"github.com/schollz/progressbar/v3", "golang.org/x/term"}},
	{"viz", nil},
	{"viz/layout", nil},
	{"viz/svg/graphviz", []string{"github.com/tetratelabs/wazero"}},
	{"viz/svg/internal/scene", nil},
	{"viz/svg", nil},
	{"viz/svg/png", []string{"golang.org/x/image/font", "golang.org/x/text/unicode/norm", "gonum.org/v1/plot"}},
	{"viz/page/javascript", nil},
	{"viz/plot", []string{"gonum.org/v1/plot", "golang.org/x/image/font"}},
	{"viz/page/stepper", nil},
	{"viz/page", nil},
	{"docs/pictures", nil},
	{"examples", nil},
	{"examples/minimize", []string{"gonum.org/v1/gonum/optimize"}},
	{"examples/playground", []string{"github.com/kjk/lzma"}},
	{"internal/imports", nil},
}

// never lists what a package must not import although it stands above it. A name covers the packages under it that are
// not named themselves.
var never = map[string][]string{
	"viz":      {"nn", "nn/data", "internal/kernel"},
	"viz/plot": {"internal/kernel"},
	"nn/data":  {"graph", "ops", "autograd", "internal/kernel"},
}

func neverOf(pkg string) []string {
	for ; pkg != "."; pkg = path.Dir(pkg) {
		if n, ok := never[pkg]; ok {
			return n
		}
	}
	return nil
}

func floorOf(pkg string) int {
	best := -1
	for i, f := range floors {
		if (pkg == f.pkg || strings.HasPrefix(pkg, f.pkg+"/")) && (best < 0 || len(f.pkg) > len(floors[best].pkg)) {
			best = i
		}
	}
	return best
}

// TestImports reads the files themselves, those for other machines too: what a test reads, the test cache knows.
func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipped(root, path, d.Name())
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		if ignored(file) {
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(dir)
		floor := floorOf(pkg)
		if floor < 0 {
			t.Errorf("package %s has no floor: add it to the table in this test", pkg)
			return nil
		}
		for _, spec := range file.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			checkImport(t, pkg, floor, imp)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("%d files were read, want all of the module", files)
	}
}

// skipped returns fs.SkipDir for what the go command does not count among the module's packages.
func skipped(root, path, name string) error {
	if path == root {
		return nil
	}
	if name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
		return fs.SkipDir // a module of its own
	}
	return nil
}

// ignored says whether a file is a program beside the package that is run by hand, as //go:build ignore says.
func ignored(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, c := range group.List {
			if c.Pos() < file.Package && c.Text == "//go:build ignore" {
				return true
			}
		}
	}
	return false
}

func checkImport(t *testing.T, pkg string, floor int, imp string) {
	t.Helper()
	if inner, ok := strings.CutPrefix(imp, module); ok {
		below := floorOf(inner)
		if below > floor || below == floor && pkg == floors[floor].pkg {
			t.Errorf("%s imports %s, which does not stand below it", pkg, inner)
		}
		for _, n := range neverOf(pkg) {
			if inner == n {
				t.Errorf("%s imports %s, which it must not know", pkg, inner)
			}
		}
		return
	}
	first, _, _ := strings.Cut(imp, "/")
	if !strings.Contains(first, ".") {
		return // the standard library
	}
	for _, lib := range floors[floor].libraries {
		if imp == lib || strings.HasPrefix(imp, lib+"/") {
			return
		}
	}
	t.Errorf("%s imports %s: this library is not among those it may use", pkg, imp)
}
