package program

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// interpret is what a pair of codes means: the careful gradient where the plain one has a NaN.
func interpret(plain, careful *code) func(at, grad []float64) float64 {
	run := func(c *code, at, grad []float64) float64 {
		v := append(append([]float64(nil), at...), c.consts...)
		for _, in := range c.ins {
			v = append(v, operations[in.op].f(v[in.args[0]], v[in.args[1]], v[in.args[2]]))
		}
		for i, out := range c.outs[1:] {
			grad[i] = v[out] + 0
		}
		return v[c.outs[0]]
	}
	return func(at, grad []float64) float64 {
		y := run(plain, at, grad)
		for _, d := range grad {
			if math.IsNaN(d) && careful != nil {
				run(careful, at, grad)
				break
			}
		}
		return y
	}
}

// specials are numbers at which rules end.
var specials = []float64{0, math.Copysign(0, -1), 1, -1, 0.5, -2.5, 2, math.Inf(1), math.Inf(-1), math.NaN(), 1e300, 5e-324, 1e-200}

// randomCode returns a code of n instructions, in which every value is used.
func randomCode(rng *rand.Rand, opcodes []opcode, inputs, n int) *code {
	c := &code{inputs: inputs, consts: append([]float64{3, 1e-5, 1e21}, specials...)}
	for k := range n {
		in := instruction{op: opcodes[rng.IntN(len(opcodes))]}
		last := c.first() + k
		first := 0
		if in.op == opErfcxDerivative || in.op == opSincDerivative { // of an order
			in.args[0], first = int32(inputs+rng.IntN(2)*5), 1
		}
		for i := first; i < operations[in.op].arity; i++ {
			switch far := rng.IntN(8); {
			case far == 0:
				in.args[i] = int32(rng.IntN(last))
			case far == 1:
				in.args[i] = int32(rng.IntN(inputs))
			default:
				in.args[i] = int32(max(0, last-1-rng.IntN(20)))
			}
		}
		c.ins = append(c.ins, in)
	}
	c.value = n / 2
	c.outs = []int32{int32(c.first() + max(c.value-1, 0))}
	for range inputs {
		c.outs = append(c.outs, int32(c.first()+n-1-rng.IntN(min(n, 10))))
	}
	c.outs[inputs] = int32(rng.IntN(c.first()))
	return c
}

// written are the opcodes that the Go source has.
func written() (list []opcode) {
	for op := opInvalid + 1; op < numOpcodes; op++ {
		if goForms[op].text != "" || op == opWhere {
			list = append(list, op)
		}
	}
	return list
}

func TestWriteGoRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	cheap := []opcode{opAdd, opSub, opMul, opDiv, opNeg, opSquare, opReciprocal, opAbs, opSqrt, opMaximum, opWhere, opGt, opLe, opChain, opSelect, opIsFinite}
	var list []madeProgram
	for i := range 12 {
		opcodes, n := written(), 60
		if i >= 8 {
			opcodes = cheap
		}
		if i >= 10 {
			n = 2600
		}
		plain := randomCode(rng, opcodes, 4, n)
		careful := randomCode(rng, opcodes, 4, n/2)
		if i%2 == 0 { // the value in common
			careful = &code{inputs: plain.inputs, consts: plain.consts, value: plain.value, outs: append([]int32(nil), plain.outs...)}
			careful.ins = append(append(careful.ins, plain.ins[:plain.value]...), plain.ins[plain.value+n/4:]...)
			for k := plain.value; k < len(careful.ins); k++ {
				for j := range careful.ins[k].args {
					careful.ins[k].args[j] = min(careful.ins[k].args[j], int32(careful.first()+k-1))
				}
			}
			for j := range careful.outs {
				careful.outs[j] = min(careful.outs[j], int32(careful.first()+len(careful.ins)-1))
			}
		}
		p := madeProgram{name: fmt.Sprint("random ", i), want: interpret(plain, careful)}
		p.write = func(w io.Writer, pkg, name string) error { return writeGo(w, pkg, name, plain, careful) }
		for range 30 {
			at := make([]float64, 4)
			for j := range at {
				if at[j] = rng.NormFloat64(); rng.IntN(3) == 0 {
					at[j] = specials[rng.IntN(len(specials))]
				}
			}
			p.points = append(p.points, at)
		}
		list = append(list, p)
	}
	runGo(t, list)
}

// Where Go would fuse a product and a sum, on other machines than this one perhaps, the bits would be others. Without
// imports the compiler needs nothing but the file.
func TestWriteGoFusesNothing(t *testing.T) {
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command")
	}
	dir := t.TempDir()
	fused := func(text string) int {
		file := filepath.Join(dir, "f.go")
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		compile := exec.Command(goCommand, "tool", "compile", "-S", "-p", "made", "-o", filepath.Join(dir, "f.o"), file)
		compile.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64")
		out, err := compile.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		n := 0
		for _, name := range []string{"FMADD", "FMSUB", "FNMADD", "FNMSUB"} {
			n += bytes.Count(out, []byte("\t"+name))
		}
		return n
	}
	if fused("package made\n\nfunc F(x, y, z float64) float64 {\n\tv := x * y\n\treturn v - z\n}\n") == 0 {
		t.Error("a product and a sum are not fused: the test would see nothing")
	}
	rng := rand.New(rand.NewPCG(3, 5))
	opcodes := []opcode{opAdd, opSub, opMul, opMul, opSquare, opNeg, opDiv, opReciprocal, opMaximum, opWhere, opGt, opChain, opSelect, opSign, opIsFinite}
	for _, n := range []int{200, 3000} {
		plain, careful := randomCode(rng, opcodes, 4, n), randomCode(rng, opcodes, 4, 20)
		for _, c := range []*code{plain, careful} {
			for i := range c.consts {
				c.consts[i] = 0.3 + float64(i) // finite: others are written by package math
			}
		}
		var b bytes.Buffer
		if err := writeGo(&b, "made", "F", plain, careful); err != nil {
			t.Fatal(err)
		}
		if k := fused(b.String()); k > 0 {
			t.Errorf("%d products and sums are fused in a program of %d instructions", k, n)
		}
	}
}

func TestWriteGoMisuse(t *testing.T) {
	c := &code{inputs: 1, outs: []int32{0, 0}}
	erfinv := &code{inputs: 1, ins: []instruction{{op: opErfinv}}, value: 1, outs: []int32{1, 0}}
	for _, test := range []struct {
		pkg, name string
		c         *code
		want      string
	}{
		{"func", "F", c, "program.Program.WriteGo: the package cannot be called func, a keyword of Go: choose another name"},
		{"made", "go", c, "program.Program.WriteGo: the function cannot be called go, a keyword of Go: choose another name"},
		{"", "F", c, `program.Program.WriteGo: the package cannot be called "": a name of Go has letters, digits and _, and does not begin with a digit`},
		{"a.b", "F", c, `program.Program.WriteGo: the package cannot be called "a.b": a name of Go has letters, digits and _, and does not begin with a digit`},
		{"made", "1st", c, `program.Program.WriteGo: the function cannot be called "1st": a name of Go has letters, digits and _, and does not begin with a digit`},
		{"made", "F\n", c, `program.Program.WriteGo: the function cannot be called "F\n": a name of Go has letters, digits and _, and does not begin with a digit`},
		{"made", "_", c, `program.Program.WriteGo: the function cannot be called "_": a name of Go has letters, digits and _, and does not begin with a digit`},
		{"made", "max", c, "program.Program.WriteGo: the function cannot be called max, which has a meaning of its own in Go: choose another name"},
		{"main", "main", c, "program.Program.WriteGo: the function cannot be called main, which has a meaning of its own in Go: choose another name"},
		{"made", "F", erfinv, "program.Program.WriteGo: the program computes erfinv, which needs more than package math: evaluate it with Eval"},
	} {
		var b bytes.Buffer
		err := writeGo(&b, test.pkg, test.name, test.c, nil)
		var misuse *graph.Error
		if !errors.As(err, &misuse) || err.Error() != test.want {
			t.Errorf("package %q, function %q: error %v, want %s", test.pkg, test.name, err, test.want)
		}
		if b.Len() > 0 {
			t.Errorf("package %q, function %q: %d bytes were written beside the error", test.pkg, test.name, b.Len())
		}
	}
	for _, test := range []struct {
		p    *Program
		w    io.Writer
		want string
	}{
		{nil, io.Discard, "program.Program.WriteGo: got a nil or zero *program.Program: make one with program.Compile"},
		{new(Program), io.Discard, "program.Program.WriteGo: got a nil or zero *program.Program: make one with program.Compile"},
		{compiledSquare(t), nil, "program.Program.WriteGo: got a nil io.Writer: give one such as os.Stdout"},
	} {
		if err := graph.Try(func() { _ = test.p.WriteGo(test.w, "made", "F") }); err == nil || err.Error() != test.want {
			t.Errorf("error %v, want %s", err, test.want)
		}
	}
	for _, name := range types.Universe.Names() {
		if err := writeGo(io.Discard, "made", name, c, nil); err == nil {
			t.Errorf("%s, which Go declares, is the name of a function", name)
		}
	}
	g := graph.New(graph.Traced())
	xs := g.VarTensor(tensor.New(tensor.Float64, 3))
	several, err := Compile(ops.Sin(xs), xs)
	if err != nil {
		t.Fatal(err)
	}
	want := "program.Program.WriteGo: the program has 3 results, and a function of Go returns one: compile one number"
	if err := several.WriteGo(io.Discard, "made", "F"); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	broken := errors.New("broken")
	if err := writeGo(failingWriter{broken}, "made", "Größe", c, nil); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the writer", err)
	}
}

func compiledSquare(t *testing.T) *Program {
	x := graph.New(graph.Traced()).Var(1)
	p, err := Compile(ops.Square(x), x)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A failingWriter fails with its error.
type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// Every function of a long program has a bounded number of lines, and nothing but their number grows: so does the time
// of the compiler. The same program is written with the same bytes.
func TestWriteGoStructure(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 17))
	for _, n := range []int{1, goShort, goShort + 1, 20 * goPartSize} {
		plain, careful := randomCode(rng, written(), 3000, n), randomCode(rng, written(), 3000, n)
		var b, again bytes.Buffer
		for _, w := range []*bytes.Buffer{&b, &again} {
			if err := writeGo(w, "made", "F", plain, careful); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%d instructions: written twice, the bytes differ", n)
		}
		file := token.NewFileSet()
		parsed, err := parser.ParseFile(file, "f.go", b.Bytes(), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || n <= goShort {
				continue
			}
			lines := file.Position(f.End()).Line - file.Position(f.Pos()).Line
			// An instruction has up to 10 lines and two operands that are loaded; a part is called once.
			if most := 12*goPartSize + n/goPartSize; lines > most {
				t.Errorf("%d instructions: the function %s has %d lines, want %d or less", n, f.Name.Name, lines, most)
			}
		}
	}
}
