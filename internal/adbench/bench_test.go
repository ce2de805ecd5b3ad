package adbench

import "testing"

// BenchmarkTask measures the derivatives of the tasks in their usual sizes.
func BenchmarkTask(b *testing.B) {
	for _, task := range Tasks() {
		b.Run(task.Name, func(b *testing.B) {
			w := task.Make(task.Sizes)
			w.Derivative() // the first call makes memory
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				w.Derivative()
			}
		})
	}
}
