package main

import "fmt"

// peakEntry is the time that multiply-add units which never wait would take for so many floating-point operations of a
// type. instructions is avx2, avx512, neon or best.
func peakEntry(typ, instructions, threads string, operations float64) entry {
	return entry{contestant: machineLimits, label: "FMA peak", words: fmt.Sprintf("peak %s %s %s %.0f", typ, instructions, threads, operations), most: true}
}

// copyEntry is the time in which half of so many bytes are read and half of them written, in as much memory.
func copyEntry(threads string, bytes int) entry {
	return entry{contestant: machineLimits, label: "copying", words: fmt.Sprintf("copy %s %d %[2]d", threads, bytes), most: true}
}

// outOfCache is more memory than caches hold.
const outOfCache = 256_000_000

// memoryEntry is the same far from any cache.
func memoryEntry(threads string, bytes int) entry {
	return entry{contestant: machineLimits, label: "copying out of cache", words: fmt.Sprintf("copy %s %d %d", threads, bytes, outOfCache), most: true}
}

// machineRows are what the other rows are given as a part of.
func machineRows(avx512 bool) (rows []row) {
	add := func(name string, u unit, e entry) {
		e.label, e.most = "", false
		rows = append(rows, row{section: secMachine, name: name, unit: u, limit: noLimit, ours: e})
	}
	const operations = 1e9
	sets := [][2]string{{"avx2", "AVX2"}}
	if avx512 {
		sets = append(sets, [2]string{"avx512", "AVX-512"})
	}
	for _, typ := range []string{"f32", "f64"} {
		for _, set := range sets {
			for _, threads := range []string{"1", "2"} {
				add(fmt.Sprintf("%s multiply-adds of %s%s", typ, set[1], cores(threads)), gflops(operations), peakEntry(typ, set[0], threads, operations))
			}
		}
	}
	for _, c := range []struct {
		name  string
		bytes int
	}{{"10⁴ numbers", 80_000}, {"10⁵ numbers", 800_000}, {"10⁶ numbers", 8_000_000}, {"32·10⁶ numbers", outOfCache}} {
		for _, threads := range []string{"1", "2"} {
			add("copying "+c.name+" of float32"+cores(threads), gigabytes(float64(c.bytes)), copyEntry(threads, c.bytes))
		}
	}
	return rows
}

// cores is the end of a row's name.
func cores(threads string) string {
	if threads == "1" {
		return ""
	}
	return ", " + threads + " cores"
}
