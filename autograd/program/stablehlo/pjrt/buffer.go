package pjrt

import (
	"fmt"
	"slices"
	"unsafe"

	xla "github.com/gomlx/go-xla/pkg/pjrt"
	"github.com/gomlx/go-xla/pkg/types/dtypes"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// put copies a tensor to the device, as an argument of the program. Scalars are converted.
func (p *Program) put(op string, a Part, t *tensor.Tensor) (*xla.Buffer, error) {
	switch {
	case t == nil, t.Rank() == 0 && t.Len() == 0:
		return nil, graph.Errorf(op, graph.ErrUsage, "argument %q is nil or the zero tensor.Tensor: make one with tensor.New or tensor.Of", a.Name)
	case !slices.Equal(t.Dims(), a.Shape):
		return nil, graph.Errorf(op, graph.ErrShape, "argument %q has shape %s, the program's has %s: a program is compiled for one shape of each argument; export it again for others", a.Name, tensor.FormatShape(t.Dims()), tensor.FormatShape(a.Shape))
	case t.DType() != a.DType && t.Rank() > 0:
		return nil, graph.Errorf(op, graph.ErrDType, "argument %q is %s, the program's is %s: convert it with its method To", a.Name, t.DType(), a.DType)
	case t.DType() != a.DType:
		t = t.To(a.DType)
	}
	dtype := dtypes.Float64
	if a.DType == tensor.Float32 {
		dtype = dtypes.Float32
	}
	b, err := p.device.client.BufferFromHost().FromRawData(raw(t), dtype, a.Shape).Done()
	if err != nil {
		return nil, fmt.Errorf("%s: argument %q does not get to the device: %w", op, a.Name, err)
	}
	return b, nil
}

// get copies a result or an argument from the device.
func get(op string, p Part, b *xla.Buffer) (*tensor.Tensor, error) {
	t := tensor.New(p.DType, p.Shape...)
	if err := b.ToHost(raw(t)); err != nil {
		return nil, fmt.Errorf("%s: %q does not get from the device: %w", op, p.Name, err)
	}
	return t, nil
}

// raw returns the numbers of a tensor as they lie in memory.
func raw(t *tensor.Tensor) []byte {
	if t.DType() == tensor.Float32 {
		return bytesOf(tensor.Data[float32](t))
	}
	return bytesOf(tensor.Data[float64](t))
}

func bytesOf[T float32 | float64](s []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(*new(T))))
}

// destroy gives back buffers, among them some that are nil or the device's already.
func destroy(buffers []*xla.Buffer) {
	for _, b := range buffers {
		if b != nil {
			b.Destroy()
		}
	}
}
