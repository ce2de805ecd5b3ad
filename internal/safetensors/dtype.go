package safetensors

import "fmt"

// A DType is the type of a tensor's elements in a file.
type DType uint8

// The types that files can have, in the order in which the format's first implementation lays tensors down: the last
// come first, so that each lies at a multiple of its size.
const (
	Bool DType = iota + 1
	F4
	F6E2M3
	F6E3M2
	U8
	I8
	F8E5M2
	F8E4M3
	F8E8M0
	I16
	U16
	F16
	BF16
	I32
	U32
	F32
	C64
	F64
	I64
	U64
)

var dtypes = [...]struct {
	name string
	bits int
}{
	Bool: {"BOOL", 8}, F4: {"F4", 4}, F6E2M3: {"F6_E2M3", 6}, F6E3M2: {"F6_E3M2", 6}, U8: {"U8", 8}, I8: {"I8", 8},
	F8E5M2: {"F8_E5M2", 8}, F8E4M3: {"F8_E4M3", 8}, F8E8M0: {"F8_E8M0", 8}, I16: {"I16", 16}, U16: {"U16", 16},
	F16: {"F16", 16}, BF16: {"BF16", 16}, I32: {"I32", 32}, U32: {"U32", 32}, F32: {"F32", 32}, C64: {"C64", 64},
	F64: {"F64", 64}, I64: {"I64", 64}, U64: {"U64", 64},
}

// String returns the name as it stands in files, such as "F32".
func (d DType) String() string {
	if d == 0 || int(d) >= len(dtypes) {
		return fmt.Sprintf("DType(%d)", uint8(d))
	}
	return dtypes[d].name
}

func (d DType) bits() int { return dtypes[d].bits }

// dtypeNamed returns the type of a name, and 0 if there is none.
func dtypeNamed(name string) DType {
	for d := Bool; int(d) < len(dtypes); d++ {
		if dtypes[d].name == name {
			return d
		}
	}
	return 0
}

// IsFloat reports whether [Tensor.CopyTo] reads the type: F16, BF16, F32 or F64.
func (d DType) IsFloat() bool { return d == F16 || d == BF16 || d == F32 || d == F64 }

// IsInteger reports whether [Tensor.Ints] reads the type.
func (d DType) IsInteger() bool {
	switch d {
	case Bool, U8, I8, I16, U16, I32, U32, I64, U64:
		return true
	}
	return false
}
