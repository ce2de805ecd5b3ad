package kernel_test

import (
	"math"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// sqrt rounds once: the double-precision root of a single-precision number is right after a second rounding too.
func sqrt[T kernel.Float](x T) T { return T(math.Sqrt(float64(x))) }
