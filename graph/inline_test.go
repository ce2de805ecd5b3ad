package graph_test

import (
	"bufio"
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// TestInlining holds that the compiler inlines what is recorded and asked of nodes most often. Each of these functions is
// near the limit of what it inlines, and a call in the place of one costs as much as all the rest of recording a scalar.
func TestInlining(t *testing.T) {
	want := []string{
		"Scalar", "Scalars", "Record1", "Record1Param", "Record2", // the short path for scalars
		"Value.must", "Value.Check", "Value.Graph", "Node.check", "Call.must",
		"(*Graph).must", "(*Graph).room", "(*Graph).head", "(*Graph).link", "(*Graph).handle", "(*Graph).alone", "(*Graph).advance",
		"(*Graph).Var", "(*Graph).Const", "(*Cotangents).Has",
		"(*Graph).Scope", // its result stays on the caller's stack
	}
	report := compilerReport(t)
	for _, name := range want {
		if !report["can inline "+name] {
			t.Errorf("the compiler no longer inlines %s: go build -gcflags=-m=2 says why; what makes it too long belongs into a function of its own", name)
		}
	}
}

// compilerReport returns what the compiler says of this package's functions: "can inline Record2".
func compilerReport(t *testing.T) map[string]bool {
	if testing.CoverMode() != "" {
		t.Skip("counting coverage changes what is inlined")
	}
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command to ask: ", err)
	}
	build := exec.Command(goCommand, "build", "-gcflags=-m", ".") // which the build cache remembers, report and all
	output, err := build.CombinedOutput()
	if err != nil {
		t.Skipf("the package's source cannot be built here: %v\n%s", err, output)
	}
	report := map[string]bool{}
	for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
		if _, fact, ok := strings.Cut(lines.Text(), ": "); ok {
			report[fact] = true
		}
	}
	return report
}
