package main

import (
	"context"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
)

// exact bounds the relative difference from figures that were computed in float64 by another program. Ten thousand
// updates leave it room: they approach a minimum, so that roundings do not add up.
const exact = 1e-12

// expect fails unless got is want, up to a relative difference of exact.
func expect(t *testing.T, name string, want, got float64) {
	t.Helper()
	if !(math.Abs(got-want) <= exact*math.Abs(want)) {
		t.Errorf("%s = %v, want %v", name, got, want)
	}
}

// recorded222 returns the network of 12.2.1 after its first forward pass.
func recorded222() *network222 {
	n := newNetwork222(graph.New())
	n.forward()
	return n
}

// TestWorkedExample holds every figure of section 12.2.1 against the same figure computed in float64 without this
// module, and against what the lecture prints.
func TestWorkedExample(t *testing.T) {
	n := recorded222()
	updated, err := train222(t.Context(), 1, false)
	if err != nil {
		t.Fatal(err)
	}
	var got []figure
	got = append(got, n.forwardFigures()...)
	got = append(got, n.outputFigures()...)
	got = append(got, n.hiddenFigures()...)
	got = append(got, n.gradientFigures()...)
	got = append(got, updated.updateFigures()...)

	want := []struct {
		name    string
		printed string // by the lecture
		value   float64
		agrees  bool
	}{
		{"net_h1", "0.3775", 0.3775, true},
		{"net_h2", "", 0.3925, false},
		{"out_h1", "0.593269992", 0.5932699921071872, true},
		{"out_h2", "0.596884378", 0.596884378259767, true},
		{"net_o1", "1.105905967", 1.10590596705977, true},
		{"net_o2", "", 1.2249214040964653, false},
		{"out_o1", "0.75136507", 0.7513650695523157, true},
		{"out_o2", "0.772928465", 0.7729284653214625, true},
		{"E_o1", "0.274811083", 0.274811083176155, true},
		{"E_o2", "0.023560026", 0.023560025583847746, true},
		{"E_total", "0.298371109", 0.2983711087600027, true},
		{"∂E/∂out_o1", "0.74136507", 0.7413650695523157, true},
		{"∂out_o1/∂net_o1", "0.186815602", 0.18681560180895948, true},
		{"∂net_o1/∂w5", "0.593269992", 0.5932699921071872, true},
		{"∂E/∂w5", "0.082167041", 0.08216704056423077, true},
		{"∂E/∂net_o1", "0.138498562", 0.13849856162855695, true},
		{"∂E/∂net_o2", "", -0.038098236516556236, false},
		{"∂net_o1/∂out_h1", "0.40", 0.40, true},
		{"∂E_o1/∂out_h1", "0.055399425", 0.05539942465142278, true},
		{"∂E_o2/∂out_h1", "-0.019049119", -0.019049118258278118, false}, // slip 2
		{"∂E/∂out_h1", "0.036350306", 0.03635030639314466, true},
		{"∂out_h1/∂net_h1", "0.241300709", 0.24130070857232525, true},
		{"∂net_h1/∂w1", "0.05", 0.05, true},
		{"∂E/∂w1", "0.000438568", 0.0004385677344743465, true},
		{"∂E/∂w1", "", 0.0004385677344743465, false},
		{"∂E/∂w2", "", 0.000877135468948693, false},
		{"∂E/∂w3", "", 0.0004977127352608599, false},
		{"∂E/∂w4", "", 0.0009954254705217198, false},
		{"∂E/∂w5", "", 0.08216704056423077, false},
		{"∂E/∂w6", "", 0.08266762784753325, false},
		{"∂E/∂w7", "", -0.02260254047747507, false},
		{"∂E/∂w8", "", -0.022740242215978222, false},
		{"∂E/∂b1", "", 0.018725609394704128, false},
		{"∂E/∂b2", "", 0.10040032511200071, false},
		{"w1⁺", "", 0.1497807161327628, false},
		{"w2⁺", "", 0.19956143226552567, false},
		{"w3⁺", "", 0.24975114363236958, false},
		{"w4⁺", "", 0.29950228726473915, false},
		{"w5⁺", "0.35891648", 0.35891647971788465, true},
		{"w6⁺", "0.408666186", 0.4086661860762334, true},
		{"w7⁺", "0.511301270", 0.5113012702387375, true},
		{"w8⁺", "0.561370121", 0.5613701211079891, true},
	}
	if len(got) != len(want) {
		t.Fatalf("%d figures, want %d", len(got), len(want))
	}
	for i, w := range want {
		t.Run(w.name, func(t *testing.T) {
			if got[i].name != w.name || got[i].printed != w.printed {
				t.Fatalf("figure %q printed as %q, want %q printed as %q", got[i].name, got[i].printed, w.name, w.printed)
			}
			expect(t, w.name, w.value, got[i].value)
			if ok := w.printed != "" && agrees(w.printed, got[i].value); ok != w.agrees {
				t.Errorf("%v agrees with the printed %q: %t, want %t", got[i].value, w.printed, ok, w.agrees)
			}
			if explained := got[i].slip > 0; explained != (w.printed != "" && !w.agrees) {
				t.Errorf("slip %d noted: want a slip where the printed figure does not agree, and only there", got[i].slip)
			}
		})
	}
	expect(t, "E after 1 update", 0.29102777369359933, updated.total.Item())
}

func TestManyUpdates(t *testing.T) {
	tests := []struct {
		name    string
		updates int
		biases  bool
		want    float64
	}{
		{"after 9,999", 9_999, false, 3.510854812251261e-05},
		{"after 10,000", 10_000, false, 3.510187782978859e-05},
		{"after 10,000, biases trained", 10_000, true, 4.355321066163751e-06},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := train222(t.Context(), tt.updates, tt.biases)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "E", tt.want, n.total.Item())
			if tt.updates == 10_000 && !tt.biases {
				expect(t, "out_o1", 0.01591362044355068, n.outO[1].Item())
				expect(t, "out_o2", 0.9840642735146238, n.outO[2].Item())
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := train222(ctx, 1, false); err == nil {
			t.Error("no error")
		}
	})
}

// Slip 1: with the labels of the lecture's figure, or its line net_h1 = w1·i1 + w3·i2, its numbers do not come out.
func TestSlipLabels(t *testing.T) {
	t.Run("w3 and w7 as drawn", func(t *testing.T) {
		n := newNetwork222(graph.New())
		n.w[3].Set(0.20)
		n.w[7].Set(0.4)
		n.forward()
		if agrees("0.596884378", n.outH[2].Item()) {
			t.Error("out_h2 agrees with the lecture")
		}
		n.update(autograd.Backward(n.total), false)
		if agrees("0.511301270", n.w[7].Item()) {
			t.Error("w7⁺ agrees with the lecture")
		}
	})
	t.Run("net_h1 with w3", func(t *testing.T) {
		n := recorded222()
		if net := n.w[1].Item()*n.i[1].Item() + n.w[3].Item()*n.i[2].Item() + n.b[1].Item(); agrees("0.3775", net) {
			t.Errorf("net_h1 = %v agrees with the lecture", net)
		}
	})
}

// Slip 2: the printed contribution is off in its last digit, and right to one digit less.
func TestSlipRounding(t *testing.T) {
	n := recorded222()
	v := derivative(n.e[2], n.outH[1])
	if agrees("-0.019049119", v) {
		t.Errorf("%v agrees with -0.019049119", v)
	}
	if !agrees("-0.0190491183", v) {
		t.Errorf("%v does not agree with -0.0190491183", v)
	}
}

// Slip 3: the printed error after 10,000 updates is ten times too large, and its digits are those of 9,999 updates.
func TestSlipLostZero(t *testing.T) {
	const printed = "0.000351085"
	for updates, want := range map[int]bool{9_999: true, 10_000: false} {
		n, err := train222(t.Context(), updates, false)
		if err != nil {
			t.Fatal(err)
		}
		if e := n.total.Item(); agrees(printed, e) {
			t.Errorf("after %d updates %v agrees with %s, want a tenth of it", updates, e, printed)
		}
		if e := 10 * n.total.Item(); agrees(printed, e) != want {
			t.Errorf("after %d updates ten times the error, %v, agrees with %s: %t, want %t", updates, e, printed, !want, want)
		}
	}
}

func TestAgrees(t *testing.T) {
	tests := []struct {
		printed string
		v       float64
		want    bool
	}{
		{"0.75136507", 0.7513650695523157, true},
		{"0.75136506", 0.7513650695523157, false},
		{"0.40", 0.4, true},
		{"0.40", 0.406, false},
		{"-0.5", -0.46, true},
		{"-0.5", 0.5, false},
		{"3", 3.2, true},
		{"0.4", math.NaN(), false},
	}
	for _, tt := range tests {
		if got := agrees(tt.printed, tt.v); got != tt.want {
			t.Errorf("agrees(%q, %v) = %t, want %t", tt.printed, tt.v, got, tt.want)
		}
	}
}

// The explanations end in the numbers that the lecture comes to by hand.
func TestExplanations(t *testing.T) {
	n := recorded222()
	tests := []struct {
		weight int
		want   []string // in this order
	}{
		{5, []string{"∂E_o1/∂out_o1", "0.741365", "0.186816", "0.593270", "0.0821670"}},
		{1, []string{"0.000438568", "through E_o1", "0.0553994", "through E_o2", "-0.0190491", "0.0363503"}},
	}
	for _, tt := range tests {
		t.Run("w"+strconv.Itoa(tt.weight), func(t *testing.T) {
			var b strings.Builder
			if err := autograd.Explain(&b, n.total, n.w[tt.weight]); err != nil {
				t.Fatal(err)
			}
			rest := b.String()
			for _, s := range tt.want {
				_, after, found := strings.Cut(rest, s)
				if !found {
					t.Fatalf("no %q in its place in:\n%s", s, b.String())
				}
				rest = after
			}
		})
	}
}
