package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/internal/testkit"
)

// command runs the command without a process of its own.
func command(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), status
}

// goldenTolerance is relative: tables show six digits, and the last of them may be rounded the other way where another
// processor adds in another order.
const goldenTolerance = 2e-5

var (
	numeral = regexp.MustCompile(`-?\d+(\.\d+)?(e[+-]\d+)?`)
	spaces  = regexp.MustCompile(` +`)
)

// wantText compares two texts: the words exactly, the numbers to goldenTolerance, and no matter how many spaces.
func wantText(t *testing.T, want, got string) {
	t.Helper()
	split := func(s string) (words string, numbers []float64) {
		for _, n := range numeral.FindAllString(s, -1) {
			v, err := strconv.ParseFloat(n, 64)
			if err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, v)
		}
		return spaces.ReplaceAllString(numeral.ReplaceAllString(s, "#"), " "), numbers
	}
	wantWords, wantNumbers := split(want)
	gotWords, gotNumbers := split(got)
	if wantWords != gotWords || !cmp.Equal(wantNumbers, gotNumbers, cmpopts.EquateApprox(goldenTolerance, 0)) {
		t.Errorf("mismatch (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// readme is the first thing that people try.
var readme = []string{"sum(softmax(matmul(w, x), 0) * log1p(x*x))", "w=[[1,2],[3,4]]", "x=[0.5,-1]"}

func TestGolden(t *testing.T) {
	long := "w=[" + strings.Repeat("0.125, -0.25, ", 60) + "1]"
	for _, test := range []struct {
		name, stdin string
		args        []string
	}{
		{"table", "", readme},
		{"json", "", append([]string{"-json"}, readme...)},
		{"json_float32", "", []string{"-json", "-dtype", "float32", "sum(x*0.1) + y/3", "x=[0.1, 0.2]", "y=0.7"}},
		{"json_special", "", []string{"-json", "log(x)/y + sum(w) - z", "x=0", "y=-0.0", "w=[[1, \"NaN\"]]", "z=Inf", "unused=[[1],[2]]"}},
		{"json_hessian", "", []string{"-json", "-hessian", "sum(v*v)*x", "v=[1, 2]", "x=3"}},
		{"float32", "", append([]string{"-dtype=float32", "-check"}, readme...)},
		{"kink", "", []string{"relu(x) + y*y", "x=0", "y=2"}},
		{"failing_check", "", []string{"logdet(w)", "w=[[1e-5]]"}},
		{"no_names", "", []string{"2*3"}},
		{"unicode", "", []string{"θ * sin(φ)", "θ=2", "φ=0"}},
		{"stdin", "x*x + // two lines\n  y\n", []string{"-", "x=2", "y=3"}},
		{"minus", "", []string{"--", "-x*y", "x=2", "y=3"}},
		{"wide", "", []string{"mean(w*w) + a_name_that_is_much_too_long_for_a_column*sum(r)", long, "a_name_that_is_much_too_long_for_a_column=1e-7", "r=[[[[[[[[1,2]]]]]]]]"}},
		{"too_large", "", []string{"sum(broadcast(x, 3000, 3000))", "x=1"}},
		{"hessian", "", []string{"-hessian", "sum(w*w*w)*x*y", "w=[[1,2.5],[0.3333333333,-4]]", "x=2", "y=3"}},
		{"hessian_wide", "", []string{"-hessian", "logsumexp(logits)", "logits=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]"}},
		{"explain", "", []string{"-explain", "x", "sin(x*y) + x", "x=2", "y=3"}},
		{"help", "", []string{"-h"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, stderr, status := command(t, test.stdin, test.args...)
			if status != 0 || stderr != "" {
				t.Fatalf("status %d and %q on standard error", status, stderr)
			}
			golden := filepath.Join("testdata", test.name+".golden")
			wantText(t, testkit.Content(t, golden, got), got)
			for _, line := range strings.Split(got, "\n") {
				if n := utf8.RuneCountInString(line); n > width && !strings.Contains(test.name, "json") && test.name != "explain" {
					t.Errorf("a line of %d columns, at most %d are shown: %s", n, width, line)
				}
			}
			if strings.Contains(test.name, "json") && !json.Valid([]byte(got)) {
				t.Errorf("this is not JSON: %s", got)
			}
		})
	}
}

// A mistake is one line on standard error and exit status 1, and nothing on standard output.
func TestError(t *testing.T) {
	for _, test := range []struct {
		name, stdin string
		args        []string
		want        string
	}{
		{"nothing", "", nil, "the expression is missing: give one, such as 'x*x' x=3; -h lists the flags"},
		{"flag", "", []string{"-foo", "x"}, "flag provided but not defined: -foo: -h lists the flags; an expression that begins with - comes after --"},
		{"minus", "", []string{"-x", "x=2"}, "flag provided but not defined: -x: -h lists the flags; an expression that begins with - comes after --"},
		{"flag behind", "", []string{"x", "x=2", "-json"}, "-json comes after the expression: flags go before it"},
		{"dtype", "", []string{"-dtype", "float16", "x"}, "-dtype float16: it is float64 or float32"},
		{"syntax", "", []string{"x^2", "x=3"}, "column 2: ^ is bitwise in Go, not a power: write pow(x, 2) or square(x)"},
		{"unknown", "", []string{"sofmax(x, 0)", "x=[1,2]"}, "column 1: there is no function sofmax: the nearest name is softmax, called as softmax(x, axis)"},
		{"stdin", "x +\n z", []string{"-", "x=2"}, "line 2, column 2: z has no value: bind it with z=2 or z=[1, 2]"},
		{"empty stdin", "", []string{"-"}, "column 1: the expression is empty: write one, such as sum(x*x)"},
		{"no equals", "", []string{"x", "x"}, `binding 1, column 1: binding "x" has no =: write a name and its value, such as x=2 or x=[1, 2]`},
		{"ragged", "", []string{"sum(x)", "y=1", "x=[[1,2],[3]]"}, "binding 2, column 12: x: the array is ragged: [1] has length 1, the arrays before it have length 2"},
		{"twice", "", []string{"x", "x=1", "x=2"}, "x is bound twice: give it one value"},
		{"not a scalar", "", []string{"x", "x=[1,2]"}, "the result has shape (2), not a scalar: reduce it with sum or mean"},
		{"memory", "", []string{"sum(broadcast(x, 20000, 20000))", "x=1"}, "column 5: broadcast: a tensor of shape (20000,20000) takes 3221225472 bytes and 0 of the graph's limit of 1073741824 are in use: raise the limit or use smaller tensors"},
		{"10^24 elements", "", []string{"sum(reshape(x, 1000000, 1000000, 1000000, 1000000))", "x=1"}, "column 5: reshape: shape (1000000,1000000,1000000,1000000) has more elements than a tensor can hold"},
		{"axis", "", []string{"sum(x, -3)", "x=[[1,2]]"}, "column 1: sum: axis -3 of shape (1,2): axes run from 0 to 1, or from -2 to -1"},
		{"explain", "", []string{"-explain", "z", "x", "x=1"}, "-explain z: the name has no value: bind it with z=2 after the expression"},
		{"explain json", "", []string{"-explain", "x", "-json", "x", "x=1"}, "-explain writes words and -json an object: give one of them"},
		{"check", "", []string{"-check", "relu(x)", "x=0"}, "-check: x: the gradient is 0, central differences give 0.5; they differ at a kink, a pole, or where the function is not smooth enough"},
		{"check json", "", []string{"-check", "-json", "sum(abs(x))", "x=[[1,2],[0.0001,3]]"}, "-check: x[1][0]: the gradient is 1, central differences give 0.1576576577; they differ at a kink, a pole, or where the function is not smooth enough"},
		{"hessian", "", []string{"-hessian", "sum(x)", "x=[" + strings.Repeat("1,", 64) + "1]"}, "-hessian: the names have 65 elements together, at most 64 are possible: differentiate a smaller problem"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "memory" && strconv.IntSize == 32 {
				t.Skip("no tensor reaches the limit with 32 bits")
			}
			out, got, status := command(t, test.stdin, test.args...)
			if diff := cmp.Diff("expr: "+test.want+"\n", got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if out != "" || status != 1 {
				t.Errorf("status %d and %q on standard output, want 1 and nothing", status, out)
			}
		})
	}
}

// These messages are the operations' own: they name the function and its place.
func TestOperationError(t *testing.T) {
	for _, test := range []struct {
		expr, binding, want string
	}{
		{"sum(inv(a))", "a=[[1,2],[2,4]]", "expr: column 5: inv: "},
		{"1 + logdet(a)", "a=[[1,2],[2,4]]", "expr: column 5: logdet: "},
		{"sum(cholesky(a))", "a=[[1,2],[2,1]]", "expr: column 5: cholesky: "},
		{"cross_entropy(a, 0, 10)", "a=[[1,2,3,4,5,6,7,8,9,10],[1,2,3,4,5,6,7,8,9,10]]", "expr: column 1: cross_entropy: "},
		{"sum(matmul(a, a))", "a=[[1,2]]", "expr: column 5: matmul: "},
		{"sum(pad(a, 0, 2000000000, 0))", "a=[1]", "expr: column 5: pad: "},
	} {
		out, got, status := command(t, "", test.expr, test.binding)
		if !strings.HasPrefix(got, test.want) || strings.Count(got, "\n") != 1 || out != "" || status != 1 {
			t.Errorf("%s: status %d, %q and %q, want one line that begins with %q", test.expr, status, got, out, test.want)
		}
	}
}

// Nesting of any depth has an answer.
func TestNesting(t *testing.T) {
	r := strings.Repeat
	for _, test := range []struct{ name, text, want string }{
		{"parentheses", r("(", 100_000) + "x" + r(")", 100_000), `{"value": 2, "shape": [], "grad": {"x": 1}}`},
		{"calls", r("neg(", 100_000) + "x" + r(")", 100_000), `{"value": 2, "shape": [], "grad": {"x": 1}}`},
		{"signs", r("- ", 100_000) + "x", `{"value": 2, "shape": [], "grad": {"x": 1}}`},
		{"sum", "x" + r("+x", 99_999), `{"value": 200000, "shape": [], "grad": {"x": 100000}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, stderr, _ := command(t, test.text, "-json", "-", "x=2")
			if diff := cmp.Diff(test.want+"\n", out); diff != "" || stderr != "" {
				t.Errorf("%q on standard error, mismatch (-want +got):\n%s", stderr, diff)
			}
		})
	}
}

func TestList(t *testing.T) {
	out, _, status := command(t, "", "-list")
	for _, want := range []string{"softmax(x, axis)", "where(cond, a, b)", "log_softmax"} {
		if !strings.Contains(out, want) || status != 0 {
			t.Errorf("status %d, and the list does not contain %s", status, want)
		}
	}
}

// files are the flags that write a file, and what stands in it for sin(x).
var files = map[string][]string{
	"-dot":  {"digraph", "sin"},
	"-svg":  {"<svg", "sin", "δ = 1"},
	"-html": {"<!doctype html>", "sin"},
}

// A failure keeps the file that a flag would replace.
func TestFiles(t *testing.T) {
	for flag, content := range files {
		t.Run(flag, func(t *testing.T) {
			dir := t.TempDir()
			name := filepath.Join(dir, "graph")
			if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, status := command(t, "", flag, name, "sin(x)", "x=[1,2]"); status != 1 {
				t.Errorf("status %d, want 1", status)
			}
			if b, _ := os.ReadFile(name); string(b) != "old" {
				t.Errorf("the old file has become %q", b)
			}
			if _, stderr, status := command(t, "", flag, name, "sin(x)", "x=2"); status != 0 {
				t.Errorf("status %d: %s", status, stderr)
			}
			b, err := os.ReadFile(name)
			if err != nil || !bytes.HasPrefix(b, []byte(content[0])) {
				t.Errorf("%v, and the file begins with %.40q", err, b)
			}
			for _, want := range content {
				if !bytes.Contains(b, []byte(want)) {
					t.Errorf("the file does not contain %q", want)
				}
			}
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, and the file has become %v", err, info.Mode())
			}
			if left, _ := os.ReadDir(dir); len(left) != 1 {
				t.Errorf("%d files are left, want 1", len(left))
			}
			if _, stderr, status := command(t, "", flag, os.DevNull, "sin(x)", "x=2"); status != 0 {
				t.Errorf("status %d: %s", status, stderr)
			}
			if out, stderr, status := command(t, "", flag, filepath.Join(dir, "no", "graph"), "sin(x)", "x=2"); status != 1 || out != "" || !strings.HasPrefix(stderr, "expr: "+flag+": ") {
				t.Errorf("status %d, %q and %q, want an error of the flag alone", status, out, stderr)
			}
		})
	}
}

// TestFilesTogether writes all files at once, from an expression on standard input. Two flags cannot write one file.
func TestFilesTogether(t *testing.T) {
	dir := t.TempDir()
	args := []string{"-check=false"}
	for flag := range files {
		args = append(args, flag, filepath.Join(dir, "graph"+flag))
	}
	if out, stderr, status := command(t, "sum(matmul(w, x)*2)", append(args, "-", "w=[[1,2],[3,4]]", "x=[0.5,-1]")...); status != 0 || out == "" {
		t.Errorf("status %d, %q and %q", status, out, stderr)
	}
	if left, _ := os.ReadDir(dir); len(left) != len(files) {
		t.Errorf("%d files are written, want %d", len(left), len(files))
	}
	same := filepath.Join(dir, "same")
	for _, pair := range [][2]string{{"-dot", "-svg"}, {"-svg", "-html"}, {"-html", "-dot"}} {
		if _, stderr, status := command(t, "", pair[0], same, pair[1], same, "x", "x=2"); status != 1 || !strings.Contains(stderr, "same file") {
			t.Errorf("%v: status %d and %q, want an error", pair, status, stderr)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
func (f failing) Read([]byte) (int, error)  { return 0, f.err }

func TestStreams(t *testing.T) {
	broken := failing{errors.New("no room")}
	for _, test := range []struct {
		name   string
		in     io.Reader
		out    io.Writer
		want   string
		status int
	}{
		{"full disk", nil, broken, "expr: no room\n", 1},
		{"closed pipe", nil, failing{syscall.EPIPE}, "", 0},
		{"unreadable input", broken, io.Discard, "expr: standard input: no room\n", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := []string{"x", "x=1"}
			if test.in != nil {
				args[0] = "-"
			}
			var stderr bytes.Buffer
			if status := run(args, test.in, test.out, &stderr); status != test.status || stderr.String() != test.want {
				t.Errorf("status %d and %q, want %d and %q", status, &stderr, test.status, test.want)
			}
		})
	}
}

// The command as people start it.
func TestCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	program := filepath.Join(t.TempDir(), "expr")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command(program, readme...).Output()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/table.golden")
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, string(want), string(out))

	err = exec.Command(program, "x^2").Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("%v, want exit status 1", err)
	}

	// A reader that has gone away is no mistake to report.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	var stderr bytes.Buffer
	c := exec.Command(program, readme...)
	c.Stdout, c.Stderr = w, &stderr
	_ = c.Run() // ends by SIGPIPE
	w.Close()
	if stderr.Len() > 0 {
		t.Errorf("%q on standard error for a closed pipe", &stderr)
	}
}
