package onnx

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"google.golang.org/protobuf/encoding/protowire"
)

// Fields are appended to bytes. A message is a field of its length and its fields.

func appendInt(b []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

func appendFloat(b []byte, field protowire.Number, v float32) []byte {
	return protowire.AppendFixed32(protowire.AppendTag(b, field, protowire.Fixed32Type), math.Float32bits(v))
}

func appendString(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func appendMessage(b []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), message)
}

// appendInts appends a list of integers as one field: "packed", as dims and ints of version 3 are.
func appendInts[T int | int64](b []byte, field protowire.Number, list []T) []byte {
	if len(list) == 0 {
		return b
	}
	var packed []byte
	for _, v := range list {
		packed = protowire.AppendVarint(packed, uint64(int64(v)))
	}
	return appendMessage(b, field, packed)
}

func (n *nodeProto) append(b []byte) []byte {
	for _, x := range n.inputs {
		b = appendString(b, nodeInput, x)
	}
	for _, y := range n.outputs {
		b = appendString(b, nodeOutput, y)
	}
	b = appendString(b, nodeName, n.name)
	b = appendString(b, nodeOperator, n.operator)
	for i := range n.attributes {
		b = appendMessage(b, nodeAttribute, n.attributes[i].append(nil))
	}
	return b
}

func (a *attribute) append(b []byte) []byte {
	b = appendString(b, attributeName, a.name)
	switch a.typ {
	case floatAttribute:
		b = appendFloat(b, attributeFloat, a.f)
	case intAttribute:
		b = appendInt(b, attributeInt, a.i)
	case stringAttribute:
		b = appendString(b, attributeString, a.s)
	case tensorAttribute:
		t := a.tensor
		raw := appendMessage(t.appendHead(nil), tensorRaw, t.raw)
		b = appendMessage(b, attributeTensor, raw)
	case intsAttribute:
		b = appendInts(b, attributeInts, a.ints)
	}
	return appendInt(b, attributeType, int64(a.typ))
}

// appendHead appends all of a tensor but its numbers.
func (t *tensorProto) appendHead(b []byte) []byte {
	b = appendInts(b, tensorDims, t.dims)
	b = appendInt(b, tensorElem, int64(t.elem))
	if t.name != "" {
		b = appendString(b, tensorName, t.name)
	}
	if t.doc != "" {
		b = appendString(b, tensorDoc, t.doc)
	}
	return b
}

func (v *valueInfo) append(b []byte) []byte {
	var shape []byte
	for _, d := range v.dims {
		shape = appendMessage(shape, shapeDim, appendInt(nil, dimValue, int64(d)))
	}
	typ := appendInt(nil, typeTensorElem, int64(v.elem))
	typ = appendMessage(typ, typeTensorShape, shape) // of a scalar too: without one the shape is unknown
	b = appendString(b, infoName, v.name)
	b = appendMessage(b, infoType, appendMessage(nil, typeTensor, typ))
	if v.doc != "" {
		b = appendString(b, infoDoc, v.doc)
	}
	return b
}

// A parameter is an initializer whose numbers are read as they are written, so that a large one takes no memory besides.
type parameter struct {
	tensorProto
	numbers *tensor.Tensor
}

// most is the number of bytes that a message of Protocol Buffers can have.
const most = math.MaxInt32

// A file is a model in pieces: bytes, each followed by the numbers of a parameter but the last.
type file struct {
	pieces     [][]byte
	parameters []*parameter
}

// newFile returns the file of a graph and its parameters, and its size, and false if that is too much.
func newFile(g *graphProto, parameters []*parameter) (*file, bool) {
	f := &file{parameters: parameters}
	var b []byte
	for i := range g.nodes {
		b = appendMessage(b, graphNode, g.nodes[i].append(nil))
	}
	b = appendString(b, graphName, g.name)
	size := uint64(0) // of the graph
	for _, p := range parameters {
		numbers := uint64(p.numbers.Len()) * uint64(p.elem.size())
		head := p.appendHead(nil)
		length := uint64(len(head)) + uint64(protowire.SizeTag(tensorRaw)) + uint64(protowire.SizeVarint(numbers)) + numbers
		b = protowire.AppendVarint(protowire.AppendTag(b, graphInitializer, protowire.BytesType), length)
		b = protowire.AppendTag(append(b, head...), tensorRaw, protowire.BytesType)
		b = protowire.AppendVarint(b, numbers)
		f.pieces = append(f.pieces, b)
		if size += uint64(len(b)) + numbers; size > most {
			return nil, false
		}
		b = nil
	}
	for i := range g.inputs {
		b = appendMessage(b, graphInput, g.inputs[i].append(nil))
	}
	for i := range g.outputs {
		b = appendMessage(b, graphOutput, g.outputs[i].append(nil))
	}
	f.pieces = append(f.pieces, b)
	size += uint64(len(b))

	head := appendInt(nil, modelIRVersion, irVersion)
	head = appendMessage(head, modelOpset, appendInt(appendString(nil, opsetDomain, ""), opsetNumber, opsetVersion))
	head = appendString(head, modelProducer, producer)
	head = protowire.AppendTag(head, modelGraph, protowire.BytesType)
	head = protowire.AppendVarint(head, size)
	f.pieces[0] = append(head, f.pieces[0]...)
	return f, size+uint64(len(head)) <= most
}

func (f *file) write(w io.Writer) error {
	for i, b := range f.pieces {
		if _, err := w.Write(b); err != nil {
			return err
		}
		if i < len(f.parameters) {
			p := f.parameters[i]
			if err := writeNumbers(w, p.numbers, p.elem); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeNumbers writes the numbers of t as raw data.
func writeNumbers(w io.Writer, t *tensor.Tensor, to elem) error {
	b := make([]byte, 0, 1<<12)
	for i := range t.Len() {
		b = appendNumber(b, t.AtFlat(i), to)
		if len(b) > cap(b)-8 || i == t.Len()-1 {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	return nil
}

// appendNumber appends a number of a floating-point type as raw data.
func appendNumber(b []byte, v float64, to elem) []byte {
	if to == f32 {
		return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
	}
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}
