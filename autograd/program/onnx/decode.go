package onnx

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/seed366ff29f/chainrule/internal/array"
	"google.golang.org/protobuf/encoding/protowire"
)

// A decoder reads messages of a file. What it makes of them costs, so that a small file does not become large in memory.
type decoder struct{ budget *budget }

// A field is one of a message: a number, or bytes.
type field struct {
	number protowire.Number
	typ    protowire.Type
	n      uint64
	b      []byte
}

// The costs of what messages become, in elements of 8 bytes.
const (
	messageCost = 32
	stringCost  = 4
)

// fields calls do with every field of a message that has one of the wire types that ONNX uses.
func (d *decoder) fields(message string, b []byte, do func(f field) error) error {
	for len(b) > 0 {
		var f field
		var n int
		f.number, f.typ, n = protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%s: %w", message, protowire.ParseError(n))
		}
		b = b[n:]
		switch f.typ {
		case protowire.VarintType:
			f.n, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.n = uint64(v)
		case protowire.Fixed64Type:
			f.n, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.b, n = protowire.ConsumeBytes(b)
		default:
			return fmt.Errorf("%s: field %d is a group, which no field of ONNX is", message, f.number)
		}
		if n < 0 {
			return fmt.Errorf("%s: field %d: %w", message, f.number, protowire.ParseError(n))
		}
		b = b[n:]
		if err := do(f); err != nil {
			return fmt.Errorf("%s: %w", message, err)
		}
	}
	return nil
}

func (f field) want(typ protowire.Type) error {
	if f.typ != typ {
		return fmt.Errorf("field %d has wire type %d, not %d", f.number, f.typ, typ)
	}
	return nil
}

// int reads an integer.
func (f field) int(v *int64) error {
	*v = int64(f.n)
	return f.want(protowire.VarintType)
}

// string reads a text.
func (f field) string(s *string) error {
	if err := f.want(protowire.BytesType); err != nil {
		return err
	}
	if len(f.b) > 1<<16 || !utf8.Valid(f.b) {
		return fmt.Errorf("field %d is a text of %d bytes, of at most 65536 in UTF-8", f.number, len(f.b))
	}
	*s = string(f.b)
	return nil
}

// ints reads integers, of which a field may have one or many.
func (d *decoder) ints(f field, list *[]int64) error {
	if f.typ == protowire.VarintType {
		*list = append(*list, int64(f.n))
		return d.budget.spend(1)
	}
	if err := f.want(protowire.BytesType); err != nil {
		return err
	}
	for b := f.b; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return fmt.Errorf("field %d: %w", f.number, protowire.ParseError(n))
		}
		if err := d.budget.spend(1); err != nil {
			return err
		}
		*list, b = append(*list, int64(v)), b[n:]
	}
	return nil
}

// message reads a message, of which there may be many.
func (d *decoder) message(f field, read func(b []byte) error) error {
	if err := f.want(protowire.BytesType); err != nil {
		return err
	}
	if err := d.budget.spend(messageCost); err != nil {
		return err
	}
	return read(f.b)
}

// model reads a file.
func (d *decoder) model(b []byte) (*model, error) {
	var m model
	graphs, version, standard := 0, int64(0), int64(0)
	err := d.fields("the model", b, func(f field) error {
		switch f.number {
		case modelIRVersion:
			return f.int(&version)
		case modelOpset:
			return d.message(f, func(b []byte) error {
				domain, number := "", int64(0)
				err := d.fields("opset_import", b, func(f field) error {
					switch f.number {
					case opsetDomain:
						return f.string(&domain)
					case opsetNumber:
						return f.int(&number)
					}
					return nil
				})
				if domain == "" || domain == "ai.onnx" {
					standard = number
				}
				return err
			})
		case modelGraph:
			graphs++
			if graphs > 1 {
				return fmt.Errorf("there are two graphs")
			}
			return d.message(f, func(b []byte) error { return d.graph(&m.graph, b) })
		case modelLocalFunctions:
			return fmt.Errorf("there are functions of its own: only operators of the standard are read")
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case graphs == 0:
		return nil, fmt.Errorf("there is no graph: this is no ONNX model")
	case version < 4 || version > irVersion:
		return nil, fmt.Errorf("IR version %d: versions 4 to %d are read", version, irVersion)
	case standard < oldestOpset || standard > opsetVersion:
		return nil, fmt.Errorf("operators of version %d: versions %d to %d are read", standard, oldestOpset, opsetVersion)
	}
	return &m, nil
}

func (d *decoder) graph(g *graphProto, b []byte) error {
	return d.fields("the graph", b, func(f field) error {
		switch f.number {
		case graphNode:
			return d.message(f, func(b []byte) error {
				n, err := d.node(b)
				g.nodes = append(g.nodes, n)
				return err
			})
		case graphName:
			return f.string(&g.name)
		case graphInitializer:
			return d.message(f, func(b []byte) error {
				t, err := d.tensor(b)
				g.initializers = append(g.initializers, t)
				return err
			})
		case graphInput, graphOutput:
			return d.message(f, func(b []byte) error {
				v, err := d.info(b)
				if f.number == graphInput {
					g.inputs = append(g.inputs, v)
				} else {
					g.outputs = append(g.outputs, v)
				}
				return err
			})
		case graphSparse:
			return fmt.Errorf("there are sparse initializers, which are not read")
		}
		return nil
	})
}

func (d *decoder) node(b []byte) (n nodeProto, err error) {
	domain := ""
	err = d.fields("a node", b, func(f field) error {
		switch f.number {
		case nodeInput, nodeOutput:
			name := ""
			if err := f.string(&name); err != nil {
				return err
			}
			if f.number == nodeInput {
				n.inputs = append(n.inputs, name)
			} else {
				n.outputs = append(n.outputs, name)
			}
			return d.budget.spend(stringCost)
		case nodeName:
			return f.string(&n.name)
		case nodeOperator:
			return f.string(&n.operator)
		case nodeAttribute:
			return d.message(f, func(b []byte) error {
				a, err := d.attribute(b)
				n.attributes = append(n.attributes, a)
				return err
			})
		case nodeDomain:
			return f.string(&domain)
		}
		return nil
	})
	if err == nil && domain != "" && domain != "ai.onnx" {
		err = fmt.Errorf("node %q: operator %s is of domain %q: only those of the standard are read", n.name, n.operator, domain)
	}
	return n, err
}

func (d *decoder) attribute(b []byte) (a attribute, err error) {
	typ, known := int64(0), int64(0)
	err = d.fields("an attribute", b, func(f field) error {
		switch f.number {
		case attributeName:
			return f.string(&a.name)
		case attributeType:
			return f.int(&typ)
		case attributeFloat:
			a.f, known = math.Float32frombits(uint32(f.n)), floatAttribute
			return f.want(protowire.Fixed32Type)
		case attributeInt:
			known = intAttribute
			return f.int(&a.i)
		case attributeString:
			known = stringAttribute
			return f.string(&a.s)
		case attributeTensor:
			known = tensorAttribute
			return d.message(f, func(b []byte) error {
				t, err := d.tensor(b)
				a.tensor = &t
				return err
			})
		case attributeInts:
			known = intsAttribute
			return d.ints(f, &a.ints)
		}
		return nil
	})
	if typ == 0 {
		typ = known
	}
	a.typ = int(typ)
	if err == nil && typ == tensorAttribute && a.tensor == nil {
		err = fmt.Errorf("attribute %q has no tensor", a.name)
	}
	return a, err
}

// tensor reads a tensor with its numbers as raw data, of which there are as many as its shape says.
func (d *decoder) tensor(b []byte) (t tensorProto, err error) {
	var dims, ints []int64
	var elements, location int64
	var floats, doubles []byte
	raw := false
	err = d.fields("a tensor", b, func(f field) error {
		switch f.number {
		case tensorDims:
			return d.ints(f, &dims)
		case tensorElem:
			return f.int(&elements)
		case tensorName:
			return f.string(&t.name)
		case tensorDoc:
			return f.string(&t.doc)
		case tensorRaw:
			t.raw, raw = f.b, true
			return f.want(protowire.BytesType)
		case tensorFloats:
			floats = f.b
			return f.want(protowire.BytesType)
		case tensorDoubles:
			doubles = f.b
			return f.want(protowire.BytesType)
		case tensorInt32s, tensorInt64s:
			return d.ints(f, &ints)
		case tensorLocation:
			return f.int(&location)
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	t.elem = elem(elements)
	if int64(t.elem) != elements || t.elem.size() == 0 {
		return t, fmt.Errorf("tensor %q has elements of type %d: FLOAT, DOUBLE, INT32, INT64 and BOOL are read", t.name, elements)
	}
	if t.dims, err = shape(dims); err != nil {
		return t, fmt.Errorf("tensor %q: %w", t.name, err)
	}
	if location != 0 {
		return t, fmt.Errorf("tensor %q has its numbers in another file, which is not read", t.name)
	}
	if !raw {
		switch t.elem {
		case f32:
			t.raw = floats
		case f64:
			t.raw = doubles
		default:
			for _, v := range ints {
				t.raw = append(t.raw, littleEndian(v, t.elem.size())...)
			}
		}
	}
	if n := count(t.dims); n > math.MaxInt/8 || n*t.elem.size() != len(t.raw) {
		return t, fmt.Errorf("tensor %q has %d bytes, which are not the %s elements of shape %v", t.name, len(t.raw), t.elem, t.dims)
	}
	return t, nil
}

// littleEndian returns the low bytes of an integer.
func littleEndian(v int64, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
	return b
}

// maxRank is how many axes a tensor of a file may have.
const maxRank = 32

// shape returns dims that a tensor can have.
func shape(dims []int64) ([]int, error) {
	if len(dims) > maxRank {
		return nil, fmt.Errorf("there are %d axes: up to %d are read", len(dims), maxRank)
	}
	list := make([]int, len(dims))
	for i, v := range dims {
		if v < 0 || v > math.MaxInt32 {
			return nil, fmt.Errorf("an axis has length %d", v)
		}
		list[i] = int(v)
	}
	_, err := array.Size(list)
	return list, err
}

// info reads the name and type of an input or output.
func (d *decoder) info(b []byte) (v valueInfo, err error) {
	typed, shaped := false, false
	var dims []int64
	err = d.fields("an input or output", b, func(f field) error {
		switch f.number {
		case infoName:
			return f.string(&v.name)
		case infoDoc:
			return f.string(&v.doc)
		case infoType:
			return d.message(f, func(b []byte) error {
				return d.fields("type", b, func(f field) error {
					if f.number != typeTensor {
						return fmt.Errorf("%q is no tensor", v.name)
					}
					typed = true
					return d.message(f, func(b []byte) error {
						var err error
						shaped, err = d.tensorType(&v, &dims, b)
						return err
					})
				})
			})
		}
		return nil
	})
	switch {
	case err != nil:
		return v, err
	case !typed:
		return v, fmt.Errorf("input or output %q has no type", v.name)
	}
	if v.dims, err = shape(dims); err != nil || !shaped {
		return v, fmt.Errorf("input or output %q has the shape %v: a function is read for one shape of each input, and the model must say which", v.name, dims)
	}
	return v, err
}

// tensorType reads the type of elements and the shape, and reports whether there is one. An axis of unknown length has
// length -1.
func (d *decoder) tensorType(v *valueInfo, dims *[]int64, b []byte) (shaped bool, err error) {
	err = d.fields("type", b, func(f field) error {
		switch f.number {
		case typeTensorElem:
			var n int64
			err := f.int(&n)
			if v.elem = elem(n); int64(v.elem) != n {
				return fmt.Errorf("elements have type %d", n)
			}
			return err
		case typeTensorShape:
			shaped = true
			return d.message(f, func(b []byte) error {
				return d.fields("shape", b, func(f field) error {
					if f.number != shapeDim {
						return nil
					}
					return d.message(f, func(b []byte) error {
						size := int64(-1)
						err := d.fields("dim", b, func(f field) error {
							if f.number != dimValue {
								return nil
							}
							return f.int(&size)
						})
						*dims = append(*dims, size)
						return err
					})
				})
			})
		}
		return nil
	})
	return shaped, err
}
