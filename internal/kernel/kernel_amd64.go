//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

//go:generate go run -C=_asm . -pkg kernel -out ../kernel_amd64.s -stubs ../stubs_amd64.go -tables ../tables_amd64.go

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

var avx2 = implementation{
	name:    "avx2",
	loops32: &loopsF32AVX2,
	loops64: &loopsF64AVX2,
	gemm32: &gemmKernel[float32]{
		tiles: gemmTilesF32AVX2, packs: gemmPacksF32AVX2, lanes: 8, rows: 6, mc: 288, kc: 512, ways: 64,
	},
	gemm64: &gemmKernel[float64]{
		tiles: gemmTilesF64AVX2, packs: gemmPacksF64AVX2, lanes: 4, rows: 6, mc: 288, kc: 512, ways: 64,
	},
}

var avx512 = implementation{
	name:    "avx512",
	loops32: &loopsF32AVX512,
	loops64: &loopsF64AVX512,
	gemm32: &gemmKernel[float32]{
		tiles: gemmTilesF32AVX512, packs: gemmPacksF32AVX2, lanes: 16, masked: true, rows: 14, mc: 280, kc: 1024, maxOpen: 128, ways: 8,
	},
	gemm64: &gemmKernel[float64]{
		tiles: gemmTilesF64AVX512, packs: gemmPacksF64AVX2, lanes: 8, masked: true, rows: 14, mc: 280, kc: 1024, maxOpen: 128, ways: 8,
	},
}
