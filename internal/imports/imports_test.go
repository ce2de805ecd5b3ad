package imports_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
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
	{"internal/columns", nil},
	{"internal/kernel", []string{"golang.org/x/exp", "golang.org/x/sys"}},
	{"graph/tensor", []string{"golang.org/x/exp"}},
	{"graph/tensor/matrix", []string{"gonum.org/v1/gonum/mat"}},
	{"internal/array", []string{"golang.org/x/exp"}},
	{"internal/legible", nil},
	{"internal/safetensors", nil},
	{"graph/tensor/npy", []string{"codeberg.org/sbinet/npyio", "golang.org/x/exp"}},
	{"graph", []string{"golang.org/x/exp"}},
	{"ops", []string{"golang.org/x/exp", "gonum.org/v1/gonum/lapack", "gonum.org/v1/gonum/blas", "gonum.org/v1/gonum/mathext", "gonum.org/v1/gonum/mat"}},
	{"internal/programs", nil},
	{"autograd", []string{"golang.org/x/exp"}},
	{"internal/rowtest", nil},
	{"ops/opstest", nil},
	{"nn/data", []string{"golang.org/x/exp"}},
	{"nn", []string{"golang.org/x/exp", "gonum.org/v1/gonum/optimize"}},
	{"nn/search", nil},
	{"nn/progress", []string{"github.com/schollz/progressbar/v3", "golang.org/x/term"}},
	{"viz", nil},
	{"examples", nil},
	{"internal/imports", nil},
}

// never lists what a package must not import although it stands above it.
var never = map[string][]string{
	"viz":     {"nn", "nn/data", "internal/kernel"},
	"nn/data": {"graph", "ops", "autograd", "internal/kernel"},
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

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		pkg := strings.TrimPrefix(p.ImportPath, module)
		floor := floorOf(pkg)
		if floor < 0 {
			t.Errorf("package %s has no floor: add it to the table in this test", pkg)
			continue
		}
		for _, imp := range p.Imports {
			checkImport(t, pkg, floor, imp)
		}
	}
	if seen < 5 {
		t.Errorf("go list named %d packages, want all of the module", seen)
	}
}

func checkImport(t *testing.T, pkg string, floor int, imp string) {
	t.Helper()
	if inner, ok := strings.CutPrefix(imp, module); ok {
		below := floorOf(inner)
		if below > floor || below == floor && pkg == floors[floor].pkg {
			t.Errorf("%s imports %s, which does not stand below it", pkg, inner)
		}
		for _, n := range never[floors[floor].pkg] {
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
