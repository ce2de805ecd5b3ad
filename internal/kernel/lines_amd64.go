//go:build amd64 && !purego

package kernel

var linesF32AVX2 = lineKernels[float32]{
	acrossMaxF32AVX2, acrossMinF32AVX2, rowsMaxF32AVX2, rowsMinF32AVX2, acrossProdF32AVX2, rowsProdF32AVX2, acrossSumF32AVX2, rowsSumF32AVX2,
	acrossMomentsF32AVX2, rowsMomentsF32AVX2, acrossProductsF32AVX2, rowsProductsF32AVX2,
	selectedF32AVX2, selectedScalarF32AVX2, matVecF32AVX2, normalizeF32AVX2,
}

var linesF64AVX2 = lineKernels[float64]{
	acrossMaxF64AVX2, acrossMinF64AVX2, rowsMaxF64AVX2, rowsMinF64AVX2, acrossProdF64AVX2, rowsProdF64AVX2, acrossSumF64AVX2, rowsSumF64AVX2,
	acrossMomentsF64AVX2, rowsMomentsF64AVX2, acrossProductsF64AVX2, rowsProductsF64AVX2,
	selectedF64AVX2, selectedScalarF64AVX2, matVecF64AVX2, normalizeF64AVX2,
}

var linesF32AVX512 = lineKernels[float32]{
	acrossMaxF32AVX512, acrossMinF32AVX512, rowsMaxF32AVX512, rowsMinF32AVX512, acrossProdF32AVX512, rowsProdF32AVX512, acrossSumF32AVX512, rowsSumF32AVX512,
	acrossMomentsF32AVX512, rowsMomentsF32AVX512, acrossProductsF32AVX512, rowsProductsF32AVX512,
	selectedF32AVX512, selectedScalarF32AVX512, matVecF32AVX512, normalizeF32AVX512,
}

var linesF64AVX512 = lineKernels[float64]{
	acrossMaxF64AVX512, acrossMinF64AVX512, rowsMaxF64AVX512, rowsMinF64AVX512, acrossProdF64AVX512, rowsProdF64AVX512, acrossSumF64AVX512, rowsSumF64AVX512,
	acrossMomentsF64AVX512, rowsMomentsF64AVX512, acrossProductsF64AVX512, rowsProductsF64AVX512,
	selectedF64AVX512, selectedScalarF64AVX512, matVecF64AVX512, normalizeF64AVX512,
}
