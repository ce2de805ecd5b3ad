package onnx

import "google.golang.org/protobuf/encoding/protowire"

// What files say of themselves.
const (
	irVersion    = 10 // of the format
	opsetVersion = 20 // of the operators
	oldestOpset  = 18 // that is read: since then axes of reductions are inputs
	producer     = "chainrule"
)

// The numbers of the fields of messages, as onnx.proto has them; fields that are not used are left out.
const (
	modelIRVersion      protowire.Number = 1
	modelProducer       protowire.Number = 2
	modelGraph          protowire.Number = 7
	modelOpset          protowire.Number = 8
	modelLocalFunctions protowire.Number = 25
	opsetDomain         protowire.Number = 1
	opsetNumber         protowire.Number = 2
	graphNode           protowire.Number = 1
	graphName           protowire.Number = 2
	graphInitializer    protowire.Number = 5
	graphInput          protowire.Number = 11
	graphOutput         protowire.Number = 12
	graphSparse         protowire.Number = 15
	nodeInput           protowire.Number = 1
	nodeOutput          protowire.Number = 2
	nodeName            protowire.Number = 3
	nodeOperator        protowire.Number = 4
	nodeAttribute       protowire.Number = 5
	nodeDomain          protowire.Number = 7
	attributeName       protowire.Number = 1
	attributeFloat      protowire.Number = 2
	attributeInt        protowire.Number = 3
	attributeString     protowire.Number = 4
	attributeTensor     protowire.Number = 5
	attributeInts       protowire.Number = 8
	attributeType       protowire.Number = 20
	tensorDims          protowire.Number = 1
	tensorElem          protowire.Number = 2
	tensorFloats        protowire.Number = 4
	tensorInt32s        protowire.Number = 5
	tensorInt64s        protowire.Number = 7
	tensorName          protowire.Number = 8
	tensorRaw           protowire.Number = 9
	tensorDoubles       protowire.Number = 10
	tensorDoc           protowire.Number = 12
	tensorLocation      protowire.Number = 14
	infoName            protowire.Number = 1
	infoType            protowire.Number = 2
	infoDoc             protowire.Number = 3
	typeTensor          protowire.Number = 1
	typeTensorElem      protowire.Number = 1
	typeTensorShape     protowire.Number = 2
	shapeDim            protowire.Number = 1
	dimValue            protowire.Number = 1
)

// The types of attributes.
const (
	floatAttribute  = 1
	intAttribute    = 2
	stringAttribute = 3
	tensorAttribute = 4
	intsAttribute   = 7
)

// An elem is the type of the elements of a tensor in a file.
type elem int32

// The types of elements that are used. Booleans are conditions, integers are shapes and indices.
const (
	f32     elem = 1
	i32     elem = 6
	i64     elem = 7
	boolean elem = 9
	f64     elem = 11
)

// size returns how many bytes an element has in raw data, 0 for an unknown type.
func (e elem) size() int {
	switch e {
	case boolean:
		return 1
	case f32, i32:
		return 4
	case f64, i64:
		return 8
	}
	return 0
}

// float reports whether e is a floating-point type.
func (e elem) float() bool { return e == f32 || e == f64 }

// String returns the name that ONNX has for the type.
func (e elem) String() string {
	switch e {
	case f32:
		return "FLOAT"
	case i32:
		return "INT32"
	case i64:
		return "INT64"
	case boolean:
		return "BOOL"
	case f64:
		return "DOUBLE"
	}
	return "an element type that is not read"
}

// A model is what a file has.
type model struct {
	graph graphProto
}

// A graphProto is a computation: nodes, each after those whose outputs it takes.
type graphProto struct {
	name         string
	nodes        []nodeProto
	initializers []tensorProto
	inputs       []valueInfo
	outputs      []valueInfo
}

// A nodeProto is an operator applied to values, which have names: "" for an input or output that is not there.
type nodeProto struct {
	name, operator  string
	inputs, outputs []string
	attributes      []attribute
}

// An attribute is a constant of a node.
type attribute struct {
	name   string
	typ    int // a type of attributes
	f      float32
	i      int64
	s      string
	ints   []int64
	tensor *tensorProto
}

// A tensorProto is numbers with a shape. doc is the role of an argument.
type tensorProto struct {
	name string
	elem elem
	dims []int
	raw  []byte // the elements in order, each with its low byte first
	doc  string
}

// A valueInfo is the name and type of an input or output. doc is its role.
type valueInfo struct {
	name string
	elem elem
	dims []int
	doc  string
}
