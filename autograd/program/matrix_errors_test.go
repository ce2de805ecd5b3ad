package program_test

import (
	"errors"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

func TestCompileMatrixErrors(t *testing.T) {
	g := graph.New(graph.Traced())
	x, w := g.Var(2), g.VarTensor(tensor.New(tensor.Float64, 2, 2))
	plain := graph.New().Var(1)
	read := graph.New(graph.Traced())
	a := read.Var(1)
	b := ops.Exp(a)
	_ = b.Item()
	c := ops.Mul(b, a)
	for _, c := range []struct {
		name string
		y, x graph.Value
		kind graph.Kind
		want string
		both bool
	}{
		{"not traced", plain, plain, graph.ErrUsage, ": the graph was not made with graph.Traced()", true},
		{"zero result", graph.Value{}, x, graph.ErrUsage, ": got the zero graph.Value", true},
		{"no leaf", ops.Exp(x), ops.Neg(x), graph.ErrUsage, ": input 0 is", true},
		{"read", c, a, graph.ErrUsage, "or set AllowReads", true},
		{"sort", ops.Sum(ops.Sort(w, 0)), w, graph.ErrUsage, "= sort cannot be part of a program", true},
		{"no elements", g.VarTensor(tensor.New(tensor.Float64, 0, 2)), x, graph.ErrShape, "elements", true},
		{"several", w, w, graph.ErrShape, "has 4 elements: a Hessian is that of one number; compile one, or their sum", false},
	} {
		check := func(op string, made bool, err error) {
			t.Helper()
			if made || !errors.Is(err, c.kind) || !strings.HasPrefix(err.Error(), op) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, %v, want %s", c.name, made, err, c.want)
			}
		}
		h, err := program.CompileHessian(c.y, c.x)
		check("program.CompileHessian: ", h != nil, err)
		h, err = program.CompileHessianWith(program.Config{}, c.y, c.x)
		check("program.CompileHessianWith: ", h != nil, err)
		if c.both {
			j, err := program.CompileJacobian(c.y, c.x)
			check("program.CompileJacobian: ", j != nil, err)
			j, err = program.CompileJacobianWith(program.Config{}, c.y, c.x)
			check("program.CompileJacobianWith: ", j != nil, err)
		}
	}
	if _, err := program.CompileHessianWith(allowReads, c, a); err != nil {
		t.Error(err)
	}
	if _, err := program.CompileJacobianWith(allowReads, c, a); err != nil {
		t.Error(err)
	}
	y := ops.Square(x)
	_ = y.Item() // what is read when everything is recorded has decided nothing
	if _, err := program.CompileHessian(y, x); err != nil {
		t.Error(err)
	}
}

func TestMatrixMisuse(t *testing.T) {
	three := []float64{1, 2, 3}
	h := compileHessian(t, rosenbrock, three)
	j := compileJacobian(t, func(x []graph.Value) []graph.Value { return []graph.Value{ops.Mul(x[0], x[1]), x[2]} }, three)
	large := func(n int, f func()) func() {
		return func() { defer program.SetMaxEntries(n)(); f() }
	}
	limited := func(bytes int64, f func()) func() { // of the Go runtime
		return func() {
			before := debug.SetMemoryLimit(bytes)
			defer debug.SetMemoryLimit(before)
			f()
		}
	}
	product := compiledOf(t, 2, func(x []graph.Value) []graph.Value { return []graph.Value{ops.Mul(x[0], x[1])} })
	dense := compileHessian(t, func(x []graph.Value) graph.Value { return ops.Exp(ops.Add(ops.Add(x[0], x[1]), x[2])) }, three)
	for _, c := range []struct {
		name string
		f    func()
		want string
	}{
		{"nil Hessian", func() { (*program.Hessian)(nil).Dense(nil, nil) }, "program.Hessian.Dense: got a nil or zero *program.Hessian: make one with program.CompileHessian"},
		{"zero Hessian", func() { new(program.Hessian).Fork() }, "program.Hessian.Fork: got a nil or zero *program.Hessian: make one with program.CompileHessian"},
		{"nil Jacobian", func() { (*program.Jacobian)(nil).Results() }, "program.Jacobian.Results: got a nil or zero *program.Jacobian: make one with program.CompileJacobian"},
		{"point of a product", func() { h.Product(nil, three[:2], three) }, "program.Hessian.Product: the point has 2 numbers, and the program has 3 inputs: give one for each"},
		{"direction", func() { h.Product(nil, three, three[:2]) }, "program.Hessian.Product: the direction has 2 numbers, and the program has 3 inputs: give one for each"},
		{"dst of a product", func() { h.Product(three[:2], three, three) }, "program.Hessian.Product: dst has room for 2 numbers, and there are 3: give one for each, or nil"},
		{"directions", func() { h.Products(nil, three, make([]float64, 7)) }, "program.Hessian.Products: the directions have 7 numbers, and the program has 3 inputs: give a row of them for each direction"},
		{"dst of products", func() { h.Products(make([]float64, 3), three, make([]float64, 6)) }, "program.Hessian.Products: dst has room for 3 numbers, and there are 6: give one for each, or nil"},
		{"products in place", func() { h.Products(three, three, make([]float64, 3)) }, "program.Hessian.Products: the products would take the place of what is read again: give a slice of their own"},
		{"point", func() { h.Sparse(nil, nil) }, "program.Hessian.Sparse: the point has 0 numbers, and the program has 3 inputs: give one for each"},
		{"dense dst", func() { h.Dense(three, three) }, "program.Hessian.Dense: dst has room for 3 numbers, and there are 9: give one for each, or nil"},
		{"large", large(8, func() { h.Dense(nil, three) }), "program.Hessian.Dense: a matrix of 3 × 3 elements takes 72 bytes: use Hessian.Sparse, or Hessian.Product"},
		{"many entries", large(5, func() { dense.Sparse(nil, three) }), "program.CompileHessian: the matrix has more than 5 entries, or what it is made of depends on as many inputs together: differentiate fewer results at a time"},
		{"many entries for the runtime", limited(24*5, func() { dense.Fork().Sparse(nil, three) }), "program.CompileHessian: the matrix has more than 5 entries, or what it is made of depends on as many inputs together: differentiate fewer results at a time"},
		{"large for the runtime", limited(24*2, func() { h.Dense(nil, three) }), "program.Hessian.Dense: a matrix of 3 × 3 elements takes 72 bytes: use Hessian.Sparse, or Hessian.Product"},
		{"many points for the runtime", limited(24*5, func() { product.SparseJacobian(nil, make([]float64, 3), three, []int{0, 1, 1, 2, 2, 0}, 3) }), "program.Program.SparseJacobian: the matrix may have 6 entries, 2 of each of 3 points, more than 5: give fewer points at a time"},
		{"point of a Jacobian", func() { j.Sparse(nil, nil, three[:1]) }, "program.Jacobian.Sparse: the point has 1 numbers, and the program has 3 inputs: give one for each"},
		{"results", func() { j.Sparse(nil, three, three) }, "program.Jacobian.Sparse: ys has room for 3 results, and the program has 2: give one for each, or nil"},
	} {
		if err := graph.Try(c.f); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
}

// TestMatricesOfNothing compiles functions of no inputs, of inputs that no derivative is taken by, and of a leaf.
func TestMatricesOfNothing(t *testing.T) {
	g := graph.New(graph.Traced())
	x, k, w := g.Var(2), g.Const(3), g.VarTensor(tensor.New(tensor.Float64, 0))
	for _, c := range []struct {
		name string
		y    graph.Value
		xs   []graph.Value
		at   []float64
	}{
		{"no inputs", ops.Square(x), nil, nil},
		{"an empty input", ops.Square(x), []graph.Value{w}, nil},
		{"a constant input", ops.Square(ops.Mul(x, k)), []graph.Value{k}, []float64{5}},
		{"a leaf", x, []graph.Value{x}, []float64{7}},
		{"a constant", ops.Square(k), []graph.Value{x, k}, []float64{7, 8}},
	} {
		for _, limit := range entryLimits {
			restore := program.SetEntryLimit(limit)
			h, err := program.CompileHessian(c.y, c.xs...)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			n := len(c.at)
			s := h.Sparse(nil, c.at)
			if s.M != n || s.N != n || len(s.Value) != 0 || h.Inputs() != n {
				t.Errorf("%s: got %v", c.name, s)
			}
			for _, v := range append(h.Dense(nil, c.at), h.Products(nil, c.at, make([]float64, 9*n))...) {
				if v != 0 {
					t.Errorf("%s: got %v", c.name, v)
				}
			}
			j, err := program.CompileJacobian(c.y, c.xs...)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			ys := []float64{-1}
			if s := j.Sparse(nil, ys, c.at); s.M != 1 || s.N != n || (len(s.Value) > 0) != (c.name == "a leaf") {
				t.Errorf("%s: got %v", c.name, s)
			}
			p, err := program.Compile(c.y, c.xs...)
			if err != nil {
				t.Fatal(err)
			}
			if want := p.Eval(c.at, nil); ys[0] != want {
				t.Errorf("%s: result %v, want %v", c.name, ys[0], want)
			}
			restore()
		}
	}
}

// TestMixedInputs takes derivatives by some of the inputs, of tensors and scalars.
func TestMixedInputs(t *testing.T) {
	g := graph.New(graph.Traced())
	x, k, w := g.Var(2), g.Const(3), g.VarTensor(tensor.Of([]float64{1, 2}, 2))
	y := ops.Reshape(ops.Mul(ops.Mul(x, k), ops.Sum(ops.Mul(ops.Square(w), x))), 1) // k·x²·(w₀² + w₁²)
	h, err := program.CompileHessian(y, w, k, x)
	if err != nil {
		t.Fatal(err)
	}
	at := []float64{1, 2, 3, 2} // w, k, x
	want := []float64{24, 0, 0, 24, 0, 24, 0, 48, 0, 0, 0, 0, 24, 48, 0, 30}
	for i, v := range h.Dense(nil, at) {
		if v != want[i] {
			t.Fatalf("got %v, want %v", h.Dense(nil, at), want)
		}
	}
}

// TestMatricesAllocateNothing holds that for both ways, and for many directions.
func TestMatricesAllocateNothing(t *testing.T) {
	const n = 20
	at, dirs := place(n), make([]float64, 40*n)
	for _, limit := range entryLimits {
		restore := program.SetEntryLimit(limit)
		h := compileHessian(t, rosenbrock, at)
		wide := mappings()[slices.IndexFunc(mappings(), func(m mapping) bool { return m.name == "wide bands" })]
		j := compileJacobian(t, wide.f, at)
		s, jacobian := h.Sparse(nil, at), j.Sparse(nil, nil, at)
		dense, product, products, ys := h.Dense(nil, at), make([]float64, n), make([]float64, len(dirs)), make([]float64, j.Results())
		h.Products(products, at, dirs)
		if a := testing.AllocsPerRun(5, func() {
			h.Product(product, at, dirs[:n])
			h.Products(products[:3*n], at, dirs[:3*n])
			h.Sparse(s, at)
			h.Dense(dense, at)
			j.Sparse(jacobian, ys, at)
		}); a != 0 {
			t.Errorf("limit %d: %v allocations", limit, a)
		}
		restore()
	}
}

// TestMatricesAreShared uses forks in several goroutines, and one matrix for several programs.
func TestMatricesAreShared(t *testing.T) {
	const n = 30
	at := place(n)
	for _, limit := range entryLimits {
		restore := program.SetEntryLimit(limit)
		h := compileHessian(t, arrowHead, at)
		j := compileJacobian(t, func(x []graph.Value) []graph.Value { return []graph.Value{ops.Mul(x[0], x[3]), x[1]} }, at)
		want := autograd.SparseHessian(arrowHead, at)
		var wait sync.WaitGroup
		for range 4 {
			h, j := h.Fork(), j.Fork()
			wait.Go(func() {
				var s *autograd.Sparse
				for range 3 {
					s = h.Sparse(s, at)
					checkSparse(t, s, want, false)
					s = j.Sparse(s, nil, at)
					if len(s.Value) != 3 || s.M != 2 || s.Value[0] != at[3] {
						t.Errorf("the Jacobian is %v", s)
					}
				}
			})
		}
		wait.Wait()
		restore()
	}
}
