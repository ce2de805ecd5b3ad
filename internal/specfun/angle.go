package specfun

import "math"

// Asin returns arcsin x = atan2(x, √((1-x)(1+x))), which keeps the digits near ±1. It is NaN for |x| > 1.
func Asin(x float64) float64 { return math.Atan2(x, math.Sqrt((1-x)*(1+x))) }

// Acos returns arccos x = atan2(√((1-x)(1+x)), x), which keeps the digits near ±1. It is NaN for |x| > 1.
func Acos(x float64) float64 { return math.Atan2(math.Sqrt((1-x)*(1+x)), x) }

// Atan2 returns the angle of the point (x, y), with the special cases of [math.Atan2], which loses the sign of the angle
// where y/x underflows.
func Atan2(y, x float64) float64 { return math.Copysign(math.Atan2(y, x), y) }
