package onnx

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
	"google.golang.org/protobuf/encoding/protowire"
)

// encode returns the file of a graph.
func encode(g *graphProto, parameters ...*parameter) []byte {
	f, _ := newFile(g, parameters)
	var b bytes.Buffer
	if err := f.write(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// node returns a node with the inputs and outputs that are written before and behind an arrow: "x, y -> z".
func node(operator, names string, attributes ...attribute) nodeProto {
	in, out, _ := strings.Cut(names, "->")
	list := func(s string) []string {
		if s = strings.TrimSpace(s); s == "" {
			return nil
		}
		return strings.Split(s, ", ")
	}
	return nodeProto{name: "n", operator: operator, inputs: list(in), outputs: list(out), attributes: attributes}
}

// integers returns the node of a vector of integers.
func integers(name string, list ...int64) nodeProto {
	t := &tensorProto{elem: i64, dims: []int{len(list)}}
	for _, v := range list {
		t.raw = append(t.raw, littleEndian(v, 8)...)
	}
	return node("Constant", "-> "+name, attribute{name: "value", typ: tensorAttribute, tensor: t})
}

func info(name string, dims ...int) valueInfo { return valueInfo{name: name, elem: f32, dims: dims} }

func floats(name string, values ...float64) nodeProto {
	t := &tensorProto{elem: f32, dims: []int{len(values)}}
	if len(values) == 1 {
		t.dims = nil
	}
	for _, v := range values {
		t.raw = appendNumber(t.raw, v, f32)
	}
	return node("Constant", "-> "+name, attribute{name: "value", typ: tensorAttribute, tensor: t})
}

// simple returns a graph from x, a 2×3 matrix, to y.
func simple(nodes ...nodeProto) *graphProto {
	return &graphProto{name: "g", nodes: nodes, inputs: []valueInfo{info("x", 2, 3)}, outputs: []valueInfo{info("y", 2, 3)}}
}

// replaced returns a file that lacks the fields of the model with the given number, and has others instead.
func replaced(file []byte, number protowire.Number, instead ...byte) []byte {
	var b []byte
	for rest := file; len(rest) > 0; {
		n, _, _ := protowire.ConsumeTag(rest)
		_, _, size := protowire.ConsumeField(rest)
		if n != number {
			b = append(b, rest[:size]...)
		}
		rest = rest[size:]
	}
	return append(b, instead...)
}

func TestReadErrors(t *testing.T) {
	exp := node("Exp", "x -> y")
	good := encode(simple(exp))
	raw := func(elem elem, dims []int, b []byte) nodeProto {
		return node("Constant", "-> c", attribute{name: "value", typ: tensorAttribute, tensor: &tensorProto{elem: elem, dims: dims, raw: b}})
	}
	with := func(change func(g *graphProto), nodes ...nodeProto) []byte {
		g := simple(nodes...)
		change(g)
		return encode(g)
	}

	foreign := bytes.Replace(encode(simple(exp)), []byte("Exp"), []byte("Exq"), 1)
	opset := func(v int64) []byte {
		return replaced(good, modelOpset, appendMessage(nil, modelOpset, appendInt(appendString(nil, opsetDomain, ""), opsetNumber, v))...)
	}
	w := &parameter{tensorProto{name: "x", elem: f32, dims: []int{2, 3}}, tensor.New(tensor.Float32, 2, 3)}
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"nothing", nil, "there is no graph: this is no ONNX model"},
		{"text", []byte("module @main {}"), "the model: "},
		{"a group", []byte{0x0b, 0x0c}, "is a group"},
		{"a field of another type", appendInt(nil, modelGraph, 3), "field 7 has wire type 0, not 2"},
		{"two graphs", append(bytes.Clone(good), good...), "there are two graphs"},
		{"old format", replaced(good, modelIRVersion, appendInt(nil, modelIRVersion, 3)...), "IR version 3"},
		{"new format", replaced(good, modelIRVersion, appendInt(nil, modelIRVersion, 99)...), "IR version 99"},
		{"old operators", opset(9), "operators of version 9"},
		{"new operators", opset(99), "operators of version 99"},
		{"no operators", replaced(good, modelOpset), "operators of version 0"},
		{"functions", append(bytes.Clone(good), appendMessage(nil, modelLocalFunctions, nil)...), "functions of its own"},

		{"unknown operator", foreign, "the operator is not read"},
		{"no operator", encode(simple(node("", "x -> y"))), "the operator is not read"},
		{"too few inputs", encode(simple(node("Add", "x -> y"))), "it has 1 inputs: want 2 to 2"},
		{"too many inputs", encode(simple(node("Exp", "x, x -> y"))), "it has 2 inputs: want 1 to 1"},
		{"no input", encode(simple(node("Exp", " -> y"))), "it has 0 inputs"},
		{"an input left out", encode(simple(node("Add", ", x -> y"))), "is no value of the graph before it"},
		{"an input from behind", encode(simple(node("Exp", "z -> y"), node("Exp", "x -> z"))), `its input "z" is no value`},
		{"itself", encode(simple(node("Exp", "y -> y"))), `its input "y" is no value`},
		{"no outputs", encode(simple(exp, node("Exp", "x -> "))), "it has no outputs"},
		{"too many outputs", encode(simple(node("Exp", "x -> y, z"))), "it has 2 outputs: want at most 1"},
		{"one name twice", encode(simple(exp, exp)), `two values are named "y"`},
		{"an output by the name of an input", encode(simple(node("Exp", "x -> x"))), `two values are named "x"`},
		{"a value that no node makes", encode(simple()), `output "y" is made by no node`},
		{"another shape", with(func(g *graphProto) { g.outputs[0].dims = []int{3, 2} }, exp), `output "y" has shape (2,3), the file says (3,2)`},
		{"no results", with(func(g *graphProto) { g.outputs = nil }, exp), "has no results"},
		{"no name", with(func(g *graphProto) { g.inputs[0].name, g.nodes[0].inputs[0] = "", "" }, exp), "has no name"},
		{"integers in", with(func(g *graphProto) { g.inputs[0].elem = i64 }, exp), `input "x": its type is INT64`},
		{"unknown type in", with(func(g *graphProto) { g.inputs[0].elem = 77 }, exp), "an element type that is not read"},
		{"many axes", with(func(g *graphProto) { g.inputs[0].dims = make([]int, 40) }, exp), "has the shape"},
		{"a negative axis", with(func(g *graphProto) { g.inputs[0].dims = []int{-1} }, exp), "the model must say which"},
		{"a huge input", with(func(g *graphProto) { g.inputs[0].dims = []int{1 << 30, 1 << 30} }, exp), "has the shape"},
		{"a large input", with(func(g *graphProto) { g.inputs[0].dims = []int{1 << 20, 1} }, exp), "asks for more than 100000 elements"},

		{"unknown attribute", encode(simple(node("Exp", "x -> y", intAttr("axis", 1)))), `the attribute "axis" is not read`},
		{"attribute twice", encode(simple(node("Softmax", "x -> y", intAttr("axis", 1), intAttr("axis", 1)))), `it has two attributes "axis"`},
		{"attribute of another type", encode(simple(node("Softmax", "x -> y", floatAttr("axis", 1)))), "its attribute axis has type 1, not 2"},
		{"attribute without a tensor", encode(simple(node("Constant", "-> y", attribute{name: "value", typ: tensorAttribute, tensor: &tensorProto{}}))), "has elements of type 0"},
		{"no value", encode(simple(node("Constant", "-> y"))), "it has no attribute value"},
		{"an axis too far", encode(simple(node("Softmax", "x -> y", intAttr("axis", 2)))), "there is no axis 2 of 2"},
		{"a flag of 2", encode(simple(node("ReduceSum", "x -> y", intAttr("keepdims", 2)))), "not 0 or 1"},

		{"too few bytes", encode(simple(raw(f32, []int{2}, make([]byte, 7)), exp)), "has 7 bytes, which are not the FLOAT elements"},
		{"too many bytes", encode(simple(raw(f64, []int{2}, make([]byte, 17)), exp)), "has 17 bytes"},
		{"a tensor that says much", encode(simple(raw(f32, []int{1 << 30, 1 << 30}, nil), exp)), `tensor ""`},
		{"a tensor of texts", encode(simple(raw(8, nil, nil), exp)), "has elements of type 8"},
		{"a large integer", encode(simple(integers("s", math.MaxInt64), node("Reshape", "x, s -> y"))), "do not fit in"},
		{"a parameter by the name of an input", encode(simple(exp), w, w), `two values are named "x"`},

		{"no numbers", encode(simple(integers("s", 2), node("Exp", "s -> y"))), "input 0 is INT64"},
		{"no integers", encode(simple(node("Reshape", "x, x -> y"))), "input 1 is FLOAT"},
		{"truth as numbers", encode(simple(node("IsNaN", "x -> t"), node("Exp", "t -> y"))), "input 0 is BOOL"},
		{"numbers as truth", encode(simple(node("Where", "x, x, x -> y"))), "input 0 is FLOAT"},
		{"computed integers", encode(simple(node("Cast", "x -> s", intAttr("to", int64(i64))), node("Reshape", "x, s -> y"))), "input 1 is computed"},
		{"a computed bound", encode(simple(node("Clip", "x, x, x -> y"))), "input 1 is computed or no scalar"},
		{"a type to cast to", encode(simple(node("Cast", "x -> y", intAttr("to", 8)))), "type 8, which is not read"},
		{"shapes that do not fit", encode(simple(floats("c", 1, 2), node("Add", "x, c -> y"))), "do not broadcast"},
		{"matrices that do not fit", encode(simple(node("MatMul", "x, x -> y"))), "inner dimensions"},
		{"a scalar as a matrix", encode(simple(floats("c", 1), node("MatMul", "x, c -> y"))), "multiplies a scalar"},
		{"elements that do not fit", encode(simple(integers("s", 4, -1), node("Reshape", "x, s -> y"))), "do not fit in [4 -1]"},
		{"a negative shape", encode(simple(integers("s", -7), node("Reshape", "x, s -> y"))), "its shape is [-7]"},
		{"two lengths to find", encode(simple(integers("s", -1, -1), node("Reshape", "x, s -> y"))), "its shape is [-1 -1]"},
		{"a large expansion", encode(simple(integers("s", 1<<20, 2, 3), node("Expand", "x, s -> y"))), "asks for more than"},
		{"a huge expansion", encode(simple(integers("s", 1<<31-1, 1<<31-1, 2, 3), node("Expand", "x, s -> y"))), "asks for more than"},
		{"many copies", encode(simple(integers("s", 1<<40, 1), node("Tile", "x, s -> y"))), "asks for more than"},
		{"negative copies", encode(simple(integers("s", -1, 1), node("Tile", "x, s -> y"))), "it repeats an axis -1 times"},
		{"large pads", encode(simple(integers("s", 1<<30, 0, 0, 0), node("Pad", "x, s -> y"))), "asks for more than"},
		{"negative pads", encode(simple(integers("s", -1, 0, 0, 0), node("Pad", "x, s -> y"))), "its pads are [-1 0 0 0]"},
		{"few pads", encode(simple(integers("s", 1), node("Pad", "x, s -> y"))), "1 integers for 2 axes"},
		{"a step of 0", encode(simple(integers("s", 0), node("Slice", "x, s, s, s, s -> y"))), "a step is 0"},
		{"an axis twice", encode(simple(integers("s", 0, 0), node("Slice", "x, s, s, s -> y"))), "it names axis 0 twice"},
		{"an index too far", encode(simple(integers("s", 2), node("Gather", "x, s -> y"))), "index"},
		{"too many of few", encode(simple(integers("s", 4), node("TopK", "x, s -> y"))), "it takes [4] of 3 elements"},
		{"no images", encode(simple(node("Conv", "x, x -> y"))), "those of 1 or 2 dimensions are read"},
		{"no sequence", encode(simple(node("GRU", "x, x, x -> y", intAttr("linear_before_reset", 1)))), "not 3 axes each"},
		{"an order of axes", encode(simple(node("Transpose", "x -> y", intsAttr("perm", 0, 0)))), "axis"},
		{"a short order of axes", encode(simple(node("Transpose", "x -> y", intsAttr("perm", 0)))), "has 1 integers, not 2"},
	} {
		f, err := Read(bytes.NewReader(tt.file), WithLimit(100_000))
		if err == nil || f != nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "onnx.Read: ") {
			t.Errorf("%s: got %v, want an error with %q", tt.name, err, tt.want)
		}
	}
	if _, err := Read(bytes.NewReader(good), nil); err == nil || !strings.Contains(err.Error(), "got a nil ReadOption") {
		t.Errorf("nil option: %v", err)
	}
	broken := errors.New("the wire is cut")
	if _, err := Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("failing reader: %v", err)
	}
	if _, err := Read(bytes.NewReader(make([]byte, 1<<17)), WithLimit(1)); err == nil || !strings.Contains(err.Error(), "the file has more than") {
		t.Errorf("long file: %v", err)
	}
	if err := graph.Try(func() { WithLimit(0) }); err == nil || !strings.Contains(err.Error(), "0 elements: want 1 or more") {
		t.Errorf("no limit: %v", err)
	}
}

// Numbers may be in fields of their own kind, as other programs write small tensors, and inputs may be initializers too.
func TestReadTyped(t *testing.T) {
	packed := func(b []byte, field protowire.Number, list ...uint64) []byte {
		var p []byte
		for _, v := range list {
			p = protowire.AppendVarint(p, v)
		}
		return appendMessage(b, field, p)
	}
	tensorOf := func(e elem, numbers []byte) *tensorProto {
		head := packed(nil, tensorDims, 2)
		head = append(appendInt(head, tensorElem, int64(e)), numbers...)
		got, err := (&decoder{&budget{100, 100}}).tensor(head)
		if err != nil {
			t.Fatal(err)
		}
		return &got
	}
	f := appendMessage(nil, tensorFloats, appendNumber(appendNumber(nil, 1.5, f32), -2, f32))
	d := appendMessage(nil, tensorDoubles, appendNumber(appendNumber(nil, 1.5, f64), -2, f64))
	minus := uint64(math.MaxUint64) // -1
	for _, tt := range []struct {
		got  *tensorProto
		want []float64
	}{
		{tensorOf(f32, f), []float64{1.5, -2}},
		{tensorOf(f64, d), []float64{1.5, -2}},
		{tensorOf(i64, packed(nil, tensorInt64s, 7, minus)), []float64{7, -1}},
		{tensorOf(i32, packed(nil, tensorInt32s, 7, minus)), []float64{7, -1}},
		{tensorOf(boolean, packed(nil, tensorInt32s, 1, 0)), []float64{1, 0}},
		{tensorOf(i64, appendInt(appendInt(nil, tensorInt64s, 7), tensorInt64s, -1)), []float64{7, -1}},
	} {
		im := newImporter(&graphProto{}, &budget{100, 100})
		x, err := im.leaf(tt.got, false)
		if err != nil {
			t.Fatal(err)
		}
		v, err := im.number(x)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range tt.want {
			if got := v.Tensor().AtFlat(i); got != want {
				t.Errorf("%s element %d is %g, want %g", tt.got.elem, i, got, want)
			}
		}
	}

	g := simple(node("Add", "x, w -> y"))
	g.inputs = append(g.inputs, info("w", 2, 3))
	w := &parameter{tensorProto{name: "w", elem: f32, dims: []int{2, 3}}, tensor.New(tensor.Float32, 2, 3)}
	read, err := Read(bytes.NewReader(encode(g, w)))
	if err != nil {
		t.Fatal(err)
	}
	if a := read.Arguments; len(a) != 2 || a[0].Name != "w" || a[0].Role != program.Parameter || a[1].Name != "x" || a[1].Role != program.Batch {
		t.Errorf("arguments: %v", a)
	}
}

// Work counts too: the operands are small, the product takes long.
func TestReadWork(t *testing.T) {
	g := &graphProto{name: "g", inputs: []valueInfo{info("x", 300, 300)}, outputs: []valueInfo{info("y", 300, 300)}}
	g.nodes = []nodeProto{node("MatMul", "x, x -> y")}
	file := encode(g)
	if _, err := Read(bytes.NewReader(file), WithLimit(250_000)); err == nil || !strings.Contains(err.Error(), "asks for more") {
		t.Errorf("a product of 27 million: %v", err)
	}
	if _, err := Read(bytes.NewReader(file), WithLimit(300_000)); err != nil {
		t.Error(err)
	}
}

// sample returns a file with many kinds of fields.
func sample() []byte {
	g := graph.New(graph.Traced(), graph.WithDType(tensor.Float32))
	x := g.ConstTensor(tensor.New(tensor.Float32, 2, 3))
	w := g.VarTensor(tensor.Of([]float32{1, 2, 3, 4, 5, 6}, 2, 3))
	y := ops.Softmax(ops.LeakyReLU(ops.MatMul(x, ops.Transpose(w)), 0.5), 1)
	var b bytes.Buffer
	if err := Write(&b, function([]program.Role{program.Batch, program.Parameter}, []graph.Value{x, w}, y, ops.Sum(ops.Slice(y, 1, 0, 1)))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// A file that ends early is never read, and one with a byte changed never ends the program.
func TestReadDamaged(t *testing.T) {
	file := sample()
	if _, err := Read(bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	for n := range file {
		if _, err := Read(bytes.NewReader(file[:n])); err == nil {
			t.Errorf("the first %d of %d bytes are read", n, len(file))
		}
		for _, v := range []byte{0, 1, 0x7f, 0x80, 0xff, file[n] + 1, file[n] ^ 8} {
			damaged := bytes.Clone(file)
			damaged[n] = v
			Read(bytes.NewReader(damaged), WithLimit(1<<20))
		}
	}
}

// FuzzRead holds that no file ends the program, and that what is read can be called, written and read again.
func FuzzRead(f *testing.F) {
	f.Add(sample())
	for _, name := range []string{"gru", "lstm"} {
		f.Add(recurrentFile(name))
	}
	f.Add(encode(simple(integers("s", 1, 1, 0, 0), floats("c", math.Inf(-1)), node("Pad", "x, s, c -> z"), integers("k", 2), node("TopK", "z, k -> v, i"), node("Cast", "i -> y", intAttr("to", 1)))))
	f.Fuzz(func(t *testing.T, file []byte) {
		read, err := Read(bytes.NewReader(file), WithLimit(1<<16))
		if err != nil {
			return
		}
		var in []*tensor.Tensor
		for _, a := range read.Arguments {
			in = append(in, a.Value.Tensor())
		}
		if _, err := read.Call(in...); err != nil {
			t.Fatalf("what was read cannot be called: %v", err)
		}
		var b bytes.Buffer
		if err := Write(&b, read); err != nil {
			return // such as a result that is an argument
		}
		if _, err := Read(&b, WithLimit(1<<24)); err != nil {
			t.Fatalf("what was written again cannot be read: %v", err)
		}
	})
}

// recurrentFile returns the file of a recurrent operation.
func recurrentFile(name string) []byte {
	g := graph.New(graph.Traced(), graph.WithDType(tensor.Float32))
	leaf := func(dims ...int) graph.Value { return g.ConstTensor(tensor.New(tensor.Float32, dims...)) }
	x, h := leaf(1, 2, 3), leaf(1, 2)
	var y graph.Value
	if name == "gru" {
		y = ops.GRU(x, h, leaf(3, 6), leaf(2, 6), leaf(6), leaf(6))
	} else {
		y, _ = ops.LSTM(x, h, h, leaf(3, 8), leaf(2, 8), leaf(8), leaf(8))
	}
	var b bytes.Buffer
	if err := Write(&b, function([]program.Role{program.Batch}, []graph.Value{x}, y)); err != nil {
		panic(err)
	}
	return b.Bytes()
}
