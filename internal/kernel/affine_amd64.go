//go:build amd64 && !purego

package kernel

var affineF32AVX2 = affineKernels[float32]{
	acrossAffineF32AVX2, acrossAffineToF32AVX2, rowsAffineF32AVX2, rowsAffineToF32AVX2,
	acrossSlopeF32AVX2, acrossSlopeToF32AVX2, rowsSlopeF32AVX2, rowsSlopeToF32AVX2,
	rowsGainF32AVX2, rowsGainToF32AVX2, rowsGainSumsF32AVX2, acrossExpSumF32AVX2,
	acrossExpF32AVX2, acrossSoftmaxF32AVX2, acrossSoftmaxToF32AVX2, acrossLogSoftmaxF32AVX2,
	acrossLogSoftmaxToF32AVX2, scanSumF32AVX2, scanProdF32AVX2, scanBeforeF32AVX2,
	scanBehindF32AVX2, scanBehindToF32AVX2,
}

var affineF64AVX2 = affineKernels[float64]{
	acrossAffineF64AVX2, acrossAffineToF64AVX2, rowsAffineF64AVX2, rowsAffineToF64AVX2,
	acrossSlopeF64AVX2, acrossSlopeToF64AVX2, rowsSlopeF64AVX2, rowsSlopeToF64AVX2,
	rowsGainF64AVX2, rowsGainToF64AVX2, rowsGainSumsF64AVX2, acrossExpSumF64AVX2,
	acrossExpF64AVX2, acrossSoftmaxF64AVX2, acrossSoftmaxToF64AVX2, acrossLogSoftmaxF64AVX2,
	acrossLogSoftmaxToF64AVX2, scanSumF64AVX2, scanProdF64AVX2, scanBeforeF64AVX2,
	scanBehindF64AVX2, scanBehindToF64AVX2,
}

var affineF32AVX512 = affineKernels[float32]{
	acrossAffineF32AVX512, acrossAffineToF32AVX512, rowsAffineF32AVX512, rowsAffineToF32AVX512,
	acrossSlopeF32AVX512, acrossSlopeToF32AVX512, rowsSlopeF32AVX512, rowsSlopeToF32AVX512,
	rowsGainF32AVX512, rowsGainToF32AVX512, rowsGainSumsF32AVX512, acrossExpSumF32AVX512,
	acrossExpF32AVX512, acrossSoftmaxF32AVX512, acrossSoftmaxToF32AVX512, acrossLogSoftmaxF32AVX512,
	acrossLogSoftmaxToF32AVX512, scanSumF32AVX512, scanProdF32AVX512, scanBeforeF32AVX512,
	scanBehindF32AVX512, scanBehindToF32AVX512,
}

var affineF64AVX512 = affineKernels[float64]{
	acrossAffineF64AVX512, acrossAffineToF64AVX512, rowsAffineF64AVX512, rowsAffineToF64AVX512,
	acrossSlopeF64AVX512, acrossSlopeToF64AVX512, rowsSlopeF64AVX512, rowsSlopeToF64AVX512,
	rowsGainF64AVX512, rowsGainToF64AVX512, rowsGainSumsF64AVX512, acrossExpSumF64AVX512,
	acrossExpF64AVX512, acrossSoftmaxF64AVX512, acrossSoftmaxToF64AVX512, acrossLogSoftmaxF64AVX512,
	acrossLogSoftmaxToF64AVX512, scanSumF64AVX512, scanProdF64AVX512, scanBeforeF64AVX512,
	scanBehindF64AVX512, scanBehindToF64AVX512,
}
