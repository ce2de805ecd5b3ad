//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

//go:generate go run -C=_asm .

// available returns the implementations that this build and this processor have, the best last.
func available() []*implementation {
	list := []*implementation{&portable}
	if !cpu.X86.HasAVX2 || !cpu.X86.HasFMA || !cpu.X86.HasBMI2 {
		return list
	}
	list = append(list, &avx2)
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL {
		list = append(list, &avx512)
	}
	return list
}

// splitColumns makes a function for the sums of any number of columns of one for most columns and one for up to lanes.
func splitColumns[T Float](many, one func(sums []float64, x []T, stride, rows int), most, lanes int) func(sums []float64, x []T, stride, rows int) {
	return func(sums []float64, x []T, stride, rows int) {
		for len(sums) >= most {
			many(sums[:most], x, stride, rows)
			sums, x = sums[most:], x[most:]
		}
		for len(sums) > 0 {
			n := min(lanes, len(sums))
			one(sums[:n], x, stride, rows)
			sums, x = sums[n:], x[n:]
		}
	}
}

var avx2 = implementation{
	name: "avx2",
	lanes: &laneKernels{
		width: 32, names: laneKernelNames, run: lanesRunF64AVX2, table: laneTableF64AVX2, load: lanesLoadF64AVX2, store: lanesStoreF64AVX2,
	},
	rotate:   rotateF64AVX2,
	specials: &specialsF32AVX2,
	f32: kernels[float32]{
		loops:                &loopsF32AVX2,
		maps:                 &mapsF32AVX2,
		slopes:               &slopesF32AVX2,
		lines:                &linesF32AVX2,
		affine:               &affineF32AVX2,
		sum:                  sumF32AVX2,
		dot:                  dotF32AVX2,
		max:                  maxF32AVX2,
		maxAbs:               maxAbsF32AVX2,
		finite:               finiteF32AVX2,
		expSum:               expSumF32AVX2,
		expStore:             expStoreF32AVX2,
		softmax:              []softmaxFunc[float32]{softmax1F32AVX2, softmax2F32AVX2, softmax3F32AVX2, softmax4F32AVX2},
		softmaxLanes:         8,
		columns:              splitColumns(columnsManyF32AVX2, columnsOneF32AVX2, 32, 4),
		huber:                huberF32AVX2,
		random:               randomF32AVX2,
		copyRows:             copyRowsF32AVX2,
		fillRows:             fillRowsF32AVX2,
		gatherRows:           gatherRowsF32AVX2,
		reverse:              reverseF32AVX2,
		reverseLeast:         8,
		copyLeast:            8,
		maxPool2:             maxPool2F32AVX2,
		maxPool2Backward:     maxPool2BackwardF32AVX2,
		maxPool2BackwardInto: maxPool2BackwardIntoF32AVX2,
		maxWindows:           maxWindowsF32AVX2,
		windowsLeast:         8,
		momentum:             momentumF32AVX2,
		nesterov:             nesterovF32AVX2,
		adam:                 adamF32AVX2,
		adagrad:              adagradF32AVX2,
		rmsprop:              rmspropF32AVX2,
		lion:                 lionF32AVX2,
		rmspropMomentum:      rmspropMomentumF32AVX2,
		gru:                  gruF32AVX2, gruBackward: gruBackwardF32AVX2,
		lstm: lstmF32AVX2, lstmBackward: lstmBackwardF32AVX2,
		gemm: &gemmKernel[float32]{
			tiles: gemmTilesF32AVX2, panel1: panel1F32AVX2, panel4: panel4F32AVX2, packA: packAF32AVX2, packs: gemmPacksF32AVX2, lanes: 8, rows: 6, copyRows: 13, copyPanels: 32, ahead: 64, mc: 288, kc: 512, nc: 1024, ways: 64,
		},
	},
	f64: kernels[float64]{
		loops:                &loopsF64AVX2,
		maps:                 &mapsF64AVX2,
		slopes:               &slopesF64AVX2,
		lines:                &linesF64AVX2,
		affine:               &affineF64AVX2,
		sum:                  sumF64AVX2,
		dot:                  dotF64AVX2,
		max:                  maxF64AVX2,
		maxAbs:               maxAbsF64AVX2,
		finite:               finiteF64AVX2,
		expSum:               expSumF64AVX2,
		expStore:             expStoreF64AVX2,
		softmax:              []softmaxFunc[float64]{softmax1F64AVX2, softmax2F64AVX2, softmax3F64AVX2, softmax4F64AVX2},
		softmaxLanes:         4,
		columns:              splitColumns(columnsManyF64AVX2, columnsOneF64AVX2, 16, 4),
		huber:                huberF64AVX2,
		random:               randomF64AVX2,
		copyRows:             copyRowsF64AVX2,
		fillRows:             fillRowsF64AVX2,
		gatherRows:           gatherRowsF64AVX2,
		reverse:              reverseF64AVX2,
		reverseLeast:         4,
		copyLeast:            4,
		maxPool2:             maxPool2F64AVX2,
		maxPool2Backward:     maxPool2BackwardF64AVX2,
		maxPool2BackwardInto: maxPool2BackwardIntoF64AVX2,
		maxWindows:           maxWindowsF64AVX2,
		windowsLeast:         4,
		momentum:             momentumF64AVX2,
		nesterov:             nesterovF64AVX2,
		adam:                 adamF64AVX2,
		adagrad:              adagradF64AVX2,
		rmsprop:              rmspropF64AVX2,
		lion:                 lionF64AVX2,
		rmspropMomentum:      rmspropMomentumF64AVX2,
		gru:                  gruF64AVX2, gruBackward: gruBackwardF64AVX2,
		lstm: lstmF64AVX2, lstmBackward: lstmBackwardF64AVX2,
		gemm: &gemmKernel[float64]{
			tiles: gemmTilesF64AVX2, panel1: panel1F64AVX2, panel4: panel4F64AVX2, packA: packAF64AVX2, packs: gemmPacksF64AVX2, lanes: 4, rows: 6, copyRows: 13, copyPanels: 32, ahead: 64, mc: 144, kc: 512, nc: 1024, ways: 64,
		},
	},
}

var avx512 = implementation{
	name: "avx512",
	lanes: &laneKernels{
		width: 64, names: laneKernelNames, run: lanesRunF64AVX512, table: laneTableF64AVX512, load: lanesLoadF64AVX512, store: lanesStoreF64AVX512,
	},
	rotate:   rotateF64AVX512,
	specials: &specialsF32AVX512,
	f32: kernels[float32]{
		loops:                &loopsF32AVX512,
		maps:                 &mapsF32AVX512,
		slopes:               &slopesF32AVX512,
		lines:                &linesF32AVX512,
		affine:               &affineF32AVX512,
		sum:                  sumF32AVX512,
		dot:                  dotF32AVX512,
		max:                  maxF32AVX512,
		maxAbs:               maxAbsF32AVX512,
		finite:               finiteF32AVX512,
		expSum:               expSumF32AVX512,
		expStore:             expStoreF32AVX512,
		softmax:              []softmaxFunc[float32]{softmax1F32AVX512, softmax2F32AVX512, softmax3F32AVX512, softmax4F32AVX512},
		softmaxLanes:         16,
		columns:              splitColumns(columnsManyF32AVX512, columnsOneF32AVX512, 32, 8),
		huber:                huberF32AVX512,
		random:               randomF32AVX512,
		copyRows:             copyRowsF32AVX512,
		fillRows:             fillRowsF32AVX512,
		gatherRows:           gatherRowsF32AVX512,
		reverse:              reverseF32AVX512,
		reverseLeast:         16,
		copyLeast:            1,
		maxPool2:             maxPool2F32AVX512,
		maxPool2Backward:     maxPool2BackwardF32AVX512,
		maxPool2BackwardInto: maxPool2BackwardIntoF32AVX512,
		maxWindows:           maxWindowsF32AVX512,
		windowsLeast:         1,
		momentum:             momentumF32AVX512,
		nesterov:             nesterovF32AVX512,
		adam:                 adamF32AVX512,
		adagrad:              adagradF32AVX512,
		rmsprop:              rmspropF32AVX512,
		lion:                 lionF32AVX512,
		rmspropMomentum:      rmspropMomentumF32AVX512,
		gru:                  gruF32AVX512, gruBackward: gruBackwardF32AVX512,
		lstm: lstmF32AVX512, lstmBackward: lstmBackwardF32AVX512,
		gemm: &gemmKernel[float32]{
			tiles: gemmTilesF32AVX512, narrow: gemmNarrowF32AVX512, panel1: panel1F32AVX512, panel4: panel4F32AVX512, packA: packAF32AVX512, packs: gemmPacksF32AVX2, lanes: 16, masked: true, rows: 14, mc: 280, kc: 1024, nc: 1024, copyRows: 96, copyPanels: 32, ahead: 16, ways: 8,
		},
	},
	f64: kernels[float64]{
		loops:                &loopsF64AVX512,
		maps:                 &mapsF64AVX512,
		slopes:               &slopesF64AVX512,
		lines:                &linesF64AVX512,
		affine:               &affineF64AVX512,
		sum:                  sumF64AVX512,
		dot:                  dotF64AVX512,
		max:                  maxF64AVX512,
		maxAbs:               maxAbsF64AVX512,
		finite:               finiteF64AVX512,
		expSum:               expSumF64AVX512,
		expStore:             expStoreF64AVX512,
		softmax:              []softmaxFunc[float64]{softmax1F64AVX512, softmax2F64AVX512, softmax3F64AVX512, softmax4F64AVX512},
		softmaxLanes:         8,
		columns:              splitColumns(columnsManyF64AVX512, columnsOneF64AVX512, 32, 8),
		huber:                huberF64AVX512,
		random:               randomF64AVX512,
		copyRows:             copyRowsF64AVX512,
		fillRows:             fillRowsF64AVX512,
		gatherRows:           gatherRowsF64AVX512,
		reverse:              reverseF64AVX512,
		reverseLeast:         8,
		copyLeast:            1,
		maxPool2:             maxPool2F64AVX512,
		maxPool2Backward:     maxPool2BackwardF64AVX512,
		maxPool2BackwardInto: maxPool2BackwardIntoF64AVX512,
		maxWindows:           maxWindowsF64AVX512,
		windowsLeast:         1,
		momentum:             momentumF64AVX512,
		nesterov:             nesterovF64AVX512,
		adam:                 adamF64AVX512,
		adagrad:              adagradF64AVX512,
		rmsprop:              rmspropF64AVX512,
		lion:                 lionF64AVX512,
		rmspropMomentum:      rmspropMomentumF64AVX512,
		gru:                  gruF64AVX512, gruBackward: gruBackwardF64AVX512,
		lstm: lstmF64AVX512, lstmBackward: lstmBackwardF64AVX512,
		gemm: &gemmKernel[float64]{
			tiles: gemmTilesF64AVX512, narrow: gemmNarrowF64AVX512, panel1: panel1F64AVX512, panel4: panel4F64AVX512, packA: packAF64AVX512, packs: gemmPacksF64AVX2, lanes: 8, masked: true, rows: 14, mc: 280, kc: 1024, nc: 1024, copyRows: 96, copyPanels: 32, ahead: 16, ways: 8,
		},
	},
}
