package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMathML(t *testing.T) {
	tests := []struct{ formula, want string }{
		{"x", "<mi>x</mi>"},
		{"net_{h1}", "<msub><mi>net</mi><mrow><mi>h1</mi></mrow></msub>"},
		{"w_1 i_1 + b", "<msub><mi>w</mi><mn>1</mn></msub><msub><mi>i</mi><mn>1</mn></msub><mo>+</mo><mi>b</mi>"},
		{"w_i^{(1)}", `<msubsup><mi>w</mi><mi>i</mi><mrow><mo stretchy="false">(</mo><mn>1</mn><mo stretchy="false">)</mo></mrow></msubsup>`},
		{"{∂l}/{∂w} = -0.5", "<mfrac><mrow><mi>∂</mi><mi>l</mi></mrow><mrow><mi>∂</mi><mi>w</mi></mrow></mfrac><mo>=</mo><mo>−</mo><mn>0.5</mn>"},
		{"a/b", `<mi>a</mi><mo lspace="0" rspace="0">/</mo><mi>b</mi>`},
		{"Σ_v x", "<munder><mo>∑</mo><mi>v</mi></munder><mi>x</mi>"},
		{"Σ_{i}^n", "<munderover><mo>∑</mo><mrow><mi>i</mi></mrow><mi>n</mi></munderover>"},
		{"ŷ", "<mi>ŷ</mi>"},
		{"w\u0303 H", "<mi>w\u0303</mi><mi>H</mi>"},
		{`1 "if" a < b`, "<mn>1</mn><mtext>if</mtext><mi>a</mi><mo>&lt;</mo><mi>b</mi>"},
		{"X_1, 10,000 1.", `<msub><mi>X</mi><mn>1</mn></msub><mo>,</mo><mn>10,000</mn><mn>1</mn><mo>.</mo>`},
		{`\{1\}`, `<mo stretchy="false">{</mo><mn>1</mn><mo stretchy="false">}</mo>`},
		{"log f", `<mrow><mi>log</mi><mspace width="0.17em"/></mrow><mi>f</mi>`},
		{"", ""},
	}
	for _, tt := range tests {
		t.Run(tt.formula, func(t *testing.T) {
			got, err := mathML(tt.formula, false)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(`<math displaystyle="true">`+tt.want+"</math>", string(got)); diff != "" {
				t.Errorf("mismatch (-want +got)\n%s", diff)
			}
		})
	}
	if got, _ := mathML("x", true); got != `<math display="block"><mi>x</mi></math>` {
		t.Errorf("as a line of its own: %s", got)
	}
}

func TestMathMLMistakes(t *testing.T) {
	for _, formula := range []string{"_x", "{a", "a}", "x_", "x^", "x_1_2", `"text`, "{a}/{b", "^{2}", "{"} {
		if got, err := mathML(formula, false); err == nil || !strings.Contains(err.Error(), "formula") {
			t.Errorf("mathML(%q) = %s, %v, want an error that quotes it", formula, got, err)
		}
	}
}

func FuzzMathML(f *testing.F) {
	for _, formula := range []string{"{∂l}/{∂w_1^2}", `"<b>" & x`, "Σ_{v∈Γ(H)} a"} {
		f.Add(formula)
	}
	f.Fuzz(func(t *testing.T, formula string) {
		got, err := mathML(formula, true)
		if err != nil {
			return
		}
		d := xml.NewDecoder(strings.NewReader(string(got)))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				if strings.Contains(err.Error(), "illegal character") || strings.Contains(err.Error(), "invalid UTF-8") {
					t.Skip("no character of XML")
				}
				t.Fatalf("%q gives %s: %v", formula, got, err)
			}
		}
	})
}
