package program

import (
	"bufio"
	"bytes"
	"fmt"
	"go/format"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A madeProgram is a program whose Go source a test compiles and runs.
type madeProgram struct {
	name   string
	write  func(w io.Writer, pkg, name string) error
	points [][]float64
	want   func(at, grad []float64) float64
}

// runGo compiles the source of programs, all together, runs it, and compares values and gradients with those wanted, bit
// for bit. All NaNs are one number.
func runGo(t *testing.T, list []madeProgram) {
	t.Helper()
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command")
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var functions, stdin strings.Builder
	for i, p := range list {
		name := "F" + strconv.Itoa(i)
		var b bytes.Buffer
		if err := p.write(&b, "main", name); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		if clean, err := format.Source(b.Bytes()); err != nil || !bytes.Equal(clean, b.Bytes()) {
			t.Errorf("%s: the source is not as gofmt has it: %v\n%s", p.name, err, b.Bytes())
		}
		write(strings.ToLower(name)+".go", b.String())
		functions.WriteString(name + ", ")
		for _, at := range p.points {
			fmt.Fprint(&stdin, i)
			for _, v := range at {
				fmt.Fprintf(&stdin, " %x", math.Float64bits(v))
			}
			fmt.Fprintln(&stdin)
		}
	}
	write("go.mod", "module made\n\ngo 1.21\n")
	write("main.go", strings.Replace(goDriver, "FUNCTIONS", functions.String(), 1))
	made := filepath.Join(dir, "made.exe")
	build := exec.Command(goCommand, "build", "-o", made, ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the source does not compile: %v\n%s", err, out)
	}
	run := exec.Command(made)
	run.Stdin = strings.NewReader(stdin.String())
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<24)
	for _, p := range list {
		for _, at := range p.points {
			if !lines.Scan() {
				t.Fatalf("%s at %v: no line of results", p.name, at)
			}
			grad := make([]float64, len(at))
			want := append([]float64{p.want(at, grad)}, grad...)
			fields := strings.Fields(lines.Text())
			if len(fields) != len(want) {
				t.Fatalf("%s at %v: %d numbers, want %d", p.name, at, len(fields), len(want))
			}
			for i, f := range fields {
				bits, err := strconv.ParseUint(f, 16, 64)
				if err != nil {
					t.Fatal(err)
				}
				if got := math.Float64frombits(bits); !sameNumber(got, want[i]) {
					t.Errorf("%s at %v: number %d of value and gradient is %v, want %v", p.name, at, i, got, want[i])
					break
				}
			}
		}
	}
}

// goDriver runs one of the functions for each line of its input, with a gradient and without.
const goDriver = `package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

var functions = []func(x, grad []float64) float64{FUNCTIONS}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		k, _ := strconv.Atoi(fields[0])
		x := make([]float64, len(fields)-1)
		for i, f := range fields[1:] {
			bits, _ := strconv.ParseUint(f, 16, 64)
			x[i] = math.Float64frombits(bits)
		}
		grad := make([]float64, len(x))
		y := functions[k](x, grad)
		if v := functions[k](x, nil); v != y && (v == v || y == y) {
			panic("the value alone is another one")
		}
		fmt.Fprintf(out, "%x", math.Float64bits(y))
		for _, d := range grad {
			fmt.Fprintf(out, " %x", math.Float64bits(d))
		}
		fmt.Fprintln(out)
	}
}
`

// sameNumber reports whether two numbers are the same, bit for bit but for the bits of NaN.
func sameNumber(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}
