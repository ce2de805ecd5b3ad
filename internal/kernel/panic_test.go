package kernel_test

import (
	"testing"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

func TestPanics(t *testing.T) {
	s := func(n int) []float64 { return make([]float64, n) }
	tests := []struct {
		run  func()
		want string
	}{
		{func() { kernel.Exp(s(3), s(2)) }, "kernel: Exp: len(x) is 2, want 3"},
		{func() { kernel.Add(s(3), s(3), s(4)) }, "kernel: Add: len(b) is 4, want 3"},
		{func() { kernel.Axpy(s(3), 0, s(2)) }, "kernel: Axpy: len(x) is 2, want 3"},
		{func() { kernel.Dot(s(3), s(2)) }, "kernel: Dot: len(y) is 2, want 3"},
		{func() { kernel.Max(s(0)) }, "kernel: Max: x is empty"},
		{func() { kernel.AddColumnSums(s(0), s(5)) }, "kernel: AddColumnSums: rows of length 0 do not make up len(x) = 5"},
		{func() { kernel.MaxLines(s(2), s(0), 0, 1) }, "kernel: MaxLines: n is 0"},
		{func() { kernel.AddSumLines(s(2), s(6), 2, 1) }, "kernel: AddSumLines: 2 lines of 2 elements, 1 side by side, do not make up len(x) = 6"},
		{func() { kernel.SumLines(s(4), s(6), 3, 2) }, "kernel: SumLines: 4 lines of 3 elements, 2 side by side, do not make up len(x) = 6"},
		{func() { kernel.ProductLines(s(2), s(2), s(2), s(3), s(6), s(6), 3, 1) }, "kernel: ProductLines: len(lo) is 3, want 2"},
		{func() { kernel.SortLines(s(3), nil, s(6), 3, 2, 1, false) }, "kernel: SortLines: len(y) is 3, want 4"},
		{func() { kernel.Softmax(s(6), s(6), 4) }, "kernel: Softmax: len(dst) is 6, not a multiple of the row length 4"},
		{func() { kernel.LogSumExp(s(2), s(6), 4) }, "kernel: LogSumExp: len(x) is 6, want 8"},
		{func() { kernel.Linear(s(6), s(4), s(6), s(2), 2, 3, 2, false) }, "kernel: Linear: len(bias) is 2, want 3"},
		{func() { kernel.Gemm(false, false, 2, -1, 2, s(4), 2, s(4), 2, s(4), 2, false) }, "kernel: Gemm: m, n, k = 2, -1, 2: a size is negative"},
		{func() { kernel.Gemm(false, true, 2, 3, 4, s(8), 4, s(11), 4, s(6), 3, false) }, "kernel: Gemm: len(b) is 11, want at least 12 for 3 rows of 4, 4 apart"},
		{func() { kernel.Gemm(true, false, 2, 3, 4, s(8), 1, s(12), 3, s(6), 3, false) }, "kernel: Gemm: lda is 1, less than the row length 2"},
		{func() { kernel.GemmLines(1, 2, 4, s(4), 4, s(20), 1, 3, 3, s(2), 2, false) }, "kernel: GemmLines: 4 rows in groups of 3, rows 1 and groups 3 apart: want whole groups"},
		{func() { kernel.GemmLines(1, 2, 4, s(4), 4, s(21), 1, 2, 3, s(2), 2, false) }, "kernel: GemmLines: the lines have 21 elements, want at least 22 for 4 rows of 18 in groups of 2, rows 1 and groups 3 apart"},
		{func() { kernel.GemmOfLines(4, 2, 3, s(6), 1, 2, 3, s(48), 16, s(8), 2, false) }, "kernel: GemmOfLines: the lines have 6 elements, want at least 7 for 4 rows of 3 in groups of 2, rows 1 and groups 3 apart"},
		{func() { kernel.GemmOfLines(7, 1, 1, s(7), 1, 7, 7, s(16), 16, s(7), 1, false) }, "kernel: GemmOfLines: groups of 7 rows, want 6 at most"},
		{func() { kernel.GemmOfLines(2, 2, 1, s(6), 1, 2, 3, s(15), 15, s(8), 2, false) }, "kernel: GemmOfLines: len(b) is 15, want at least 16 for 1 rows of 16, 15 apart"},
		{func() { kernel.Transpose(s(9), 3, s(12), 3, 4, 3) }, "kernel: Transpose: len(dst) is 9, want 3 rows of 3, which is 4 at least"},
		{func() { kernel.FillRows(s(5), 3, s(2), 1, 2) }, "kernel: FillRows: 2 rows of 3 elements in dst of 5, from numbers 1 apart in src of 2: they do not fit"},
		{func() { kernel.FillRows(s(6), 3, s(2), 2, 2) }, "kernel: FillRows: 2 rows of 3 elements in dst of 6, from numbers 2 apart in src of 2: they do not fit"},
		{func() { kernel.CopyRows(s(6), 2, s(9), 3, 3, 2) }, "kernel: CopyRows: 2 rows of 3 elements, 2 apart in dst of 6 and 3 apart in src of 9: they do not fit"},
		{func() { kernel.CopyRows(s(6), 3, s(5), 3, 3, 2) }, "kernel: CopyRows: 2 rows of 3 elements, 3 apart in dst of 6 and 3 apart in src of 5: they do not fit"},
		{func() { kernel.MaxPool2(s(5), s(20), 2, 4) }, "kernel: MaxPool2: 5 elements of y, cols 2, width 4: want whole rows, and width to be 2·cols at least"},
		{func() { kernel.MaxPool2(s(4), s(16), 2, 3) }, "kernel: MaxPool2: 4 elements of y, cols 2, width 3: want whole rows, and width to be 2·cols at least"},
		{func() { kernel.MaxPool2(s(4), s(15), 2, 4) }, "kernel: MaxPool2: len(x) is 15, want at least 16 for 2 rows of windows, x being 4 wide"},
		{func() { kernel.MaxPool2Backward(s(16), s(3), s(16), s(4), 2, 4) }, "kernel: MaxPool2Backward: len(ct) is 3, want 4"},
		{func() { kernel.MaxPool2BackwardInto(s(15), s(4), s(16), s(4), 2) }, "kernel: MaxPool2BackwardInto: len(dx) is 15, want 16"},
		{func() { kernel.SGDMomentum(s(3), s(3), s(2), 1, 1, 1, false) }, "kernel: SGDMomentum: len(v) is 2, want 3"},
		{func() { kernel.Adagrad(s(3), s(2), s(3), 1, 1, 1) }, "kernel: Adagrad: len(g) is 2, want 3"},
		{func() { kernel.RMSProp(s(3), s(3), s(4), 1, 1, 1, 1) }, "kernel: RMSProp: len(v) is 4, want 3"},
		{func() { kernel.RMSPropMomentum(s(3), s(3), s(2), s(3), 1, 1, 1, 1, 1) }, "kernel: RMSPropMomentum: len(m) is 2, want 3"},
		{func() { kernel.RMSPropCentered(s(3), s(3), s(3), s(3), s(2), 1, 1, 1, 1, 1) }, "kernel: RMSPropCentered: len(u) is 2, want 3"},
		{func() { kernel.Lion(s(3), s(3), s(0), 1, 1, 1, 1) }, "kernel: Lion: len(m) is 0, want 3"},
		{func() { kernel.GRU(s(6), s(6), 3, s(24), s(6), s(8), 4) }, "kernel: GRU: len(h) is 6, not a multiple of the row length 4"},
		{func() { kernel.GRU(s(6), s(6), 3, s(23), s(6), s(12), 3) }, "kernel: GRU: len(acts) is 23, want 24"},
		{func() { kernel.GRUBackward(s(24), s(6), s(5), 3, s(24), s(6), 3) }, "kernel: GRUBackward: len(ct) is 5, want at least 6 for 2 rows of 3, 3 apart"},
		{func() { kernel.LSTM(s(6), s(6), s(6), 3, s(24), s(6), s(11), 3) }, "kernel: LSTM: len(bias) is 11, want 12"},
		{func() { kernel.LSTMBackward(s(23), s(6), s(6), 3, s(6), s(6), s(24), s(6), 3) }, "kernel: LSTMBackward: len(d) is 23, want 24"},
		{func() { kernel.AdamWeights(0.9, 0.999, 0) }, "kernel: AdamWeights: step is 0, want 1 for the first step"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			defer func() {
				if got := recover(); got != tt.want {
					t.Errorf("got %v, want %q", got, tt.want)
				}
			}()
			tt.run()
		})
	}
}
