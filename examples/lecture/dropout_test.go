package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What dropout removes: a neuron that is dropped passes on 0, gets no δ, and no weight into it or out of it has a
// derivative, while some weight of a neuron that is kept has one.
func TestDropout(t *testing.T) {
	for seed := range uint64(5) {
		l := newLesson(t, &bytes.Buffer{}, seed, 1)
		for step := range dropoutExamples {
			n := l.thin(step, l.drop(step))
			grads := n.gradients()
			gone, kept := 0, 0
			for k, row := range n.factor {
				for i, factor := range row {
					var weights []float64
					for _, w := range n.w[k][i] {
						weights = append(weights, grads.Scalar(w))
					}
					for _, w := range n.w[k+1] {
						weights = append(weights, grads.Scalar(w[i]))
					}
					alive := false
					for _, d := range weights {
						alive = alive || d != 0
					}
					if dropped := factor == 0; dropped != !alive || dropped != (n.passed[k][i].Item() == 0) || dropped && grads.Scalar(n.net[k][i]) != 0 {
						t.Errorf("seed %d, step %d, %s with factor %g: passes on %v, δ %v, derivatives %v of its weights",
							seed, step+1, nodeName(k+1, i), factor, n.passed[k][i].Item(), grads.Scalar(n.net[k][i]), weights)
					}
					if factor == 0 {
						gone++
					} else {
						kept++
					}
				}
			}
			if gone == 0 || kept < 2 {
				t.Errorf("seed %d, step %d: %d neurons dropped, %d kept", seed, step+1, gone, kept)
			}
		}
	}
}

// All steps have the same weights; examples differ.
func TestThinWeights(t *testing.T) {
	l := newLesson(t, &bytes.Buffer{}, 3, 1)
	weights := func(n *thinned) (out []float64) {
		for _, layer := range n.w {
			for _, row := range layer {
				for _, w := range row {
					out = append(out, w.Item())
				}
			}
		}
		return out
	}
	if diff := cmp.Diff(weights(l.thin(0, all(1))), weights(l.thin(1, l.drop(1)))); diff != "" {
		t.Errorf("mismatch (-one +other)\n%s", diff)
	}
}

// The pictures are well formed, and only one that drops a neuron shows it dropped.
func TestDropoutPictures(t *testing.T) {
	pictures := newLesson(t, &bytes.Buffer{}, 12, 1).dropoutPictures()
	if len(pictures) != len(dropoutExamples)+2 {
		t.Fatalf("%d pictures", len(pictures))
	}
	for _, p := range pictures {
		svg := string(p.svg())
		gone := 0
		for layer, nodes := range dropoutNodes {
			for node := range nodes {
				if !p.kept(layer, node) {
					gone++
				}
			}
		}
		if n := strings.Count(svg, `class="dropped"`); n != gone || (gone > 0) != (p.grads != nil) {
			t.Errorf("%s: %d neurons drawn as dropped, want %d", p.title, n, gone)
		}
		if n := strings.Count(svg, "<circle"); n != 9 {
			t.Errorf("%s: %d neurons, want 9", p.title, n)
		}
	}
	d := xml.NewDecoder(strings.NewReader(string(switched("x", pictures))))
	d.Strict = false
	d.AutoClose = []string{"input"}
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
