package specfun

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

// What the parser finds in the source of everything is what was declared, and has the new names throughout.
func TestSource(t *testing.T) {
	var functions []string
	want := map[string]bool{}
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := files.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names(t, string(text)) {
			functions = append(functions, name)
			want["new_"+name] = true
		}
	}
	source := Source(functions, func(name string) string { return "new_" + name })
	got := names(t, "package made\n\nimport \"math\"\n"+source)
	if len(got) != len(want) || slices.ContainsFunc(got, func(name string) bool { return !want[name] }) {
		t.Errorf("the source declares %q, want %v", got, want)
	}
	for name := range want {
		old := strings.TrimPrefix(name, "new_")
		for i, rest := 0, source; ; {
			if i = strings.Index(rest, old); i < 0 {
				break
			}
			before, after := rest[:i], rest[i+len(old):]
			if !strings.HasSuffix(before, "new_") && !strings.HasSuffix(before, "math.") && (before == "" || !inName(rune(before[len(before)-1]))) && !inName(rune(after[0])) {
				t.Errorf("the name %s is still there: …%s%s%s", old, before[max(0, i-20):], old, after[:20])
			}
			rest = after
		}
	}
}

func TestSourceOfOne(t *testing.T) {
	got := names(t, "package made\n"+Source([]string{"SincDerivative", "SincDerivative"}, strings.ToLower))
	slices.Sort(got)
	if want := []string{"powpi", "sincderivative", "sincospi"}; !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
	if got := Source([]string{"Gamma"}, strings.ToLower); got != "" {
		t.Errorf("the source of a function that is not there is %q", got)
	}
}

// names returns what a file declares, but imports.
func names(t *testing.T, text string) (list []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			list = append(list, d.Name.Name)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if s, ok := s.(*ast.ValueSpec); ok {
					for _, n := range s.Names {
						list = append(list, n.Name)
					}
				}
			}
		}
	}
	return list
}

func TestDigammaSeries(t *testing.T) {
	for i, c := range digammaSeries {
		want := math.Pow(-1, float64(i)) * mathext.Zeta(float64(i+2), digammaRoot)
		if math.Abs(c-want) > 1e-15*math.Abs(want) {
			t.Errorf("coefficient %d is %v, want %v", i+1, c, want)
		}
	}
}

// The other functions of this package are held by the tests of package ops.
func TestLgammaOfSmall(t *testing.T) {
	for _, x := range []float64{5e-324, 1e-310, 0x1p-1022, 0x1p-1001, 0x1p-999, 1e-300} {
		_, exp := math.Frexp(x)
		want := -math.Log(math.Ldexp(x, -exp)) - float64(exp)*math.Ln2
		for _, v := range []float64{x, -x} {
			if got := Lgamma(v); math.Abs(got-want) > 1e-15*want {
				t.Errorf("Lgamma(%v) = %v, want %v", v, got, want)
			}
		}
	}
}
