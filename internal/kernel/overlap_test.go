package kernel

import "testing"

func TestOverlap(t *testing.T) {
	x := make([]float64, 10)
	for _, test := range []struct {
		name string
		a, b []float64
		want bool
	}{
		{"itself", x, x, true},
		{"a part", x, x[3:4], true},
		{"one element", x[:4], x[3:], true},
		{"side by side", x[:4], x[4:], false},
		{"apart", x[:2], x[8:], false},
		{"empty", x[:0], x, false},
		{"empty, inside", x[5:5], x, false},
		{"nil", nil, x, false},
		{"another", x, make([]float64, 10), false},
	} {
		if got := Overlap(test.a, test.b); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
		if got := Overlap(test.b, test.a); got != test.want {
			t.Errorf("%s, the other way round: got %v, want %v", test.name, got, test.want)
		}
	}
}
