package main

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
)

// A neuronPicture is a thinned network as the lecture draws it: circles and lines.
type neuronPicture struct {
	label string // what is switched to
	title string // what is seen
	t     *thinned
	grads *autograd.Gradients // nil: no numbers δ
	blank bool                // no numbers at all
}

const (
	neuronRadius = 35
	neuronStep   = 84  // from one neuron to the next in a layer
	layerStep    = 128 // from one layer to the next
	neuronWidth  = layerStep*3 + 2*neuronRadius + 20
	neuronHeight = 2*neuronStep + 2*neuronRadius + 24
)

// place returns the centre of a neuron.
func (p *neuronPicture) place(layer, node int) (x, y float64) {
	n := dropoutNodes[layer]
	return neuronRadius + 10 + float64(layerStep*layer), neuronHeight/2 + neuronStep*(float64(node)-float64(n-1)/2)
}

// kept reports whether a neuron takes part.
func (p *neuronPicture) kept(layer, node int) bool {
	if layer == 0 || layer == len(dropoutNodes)-1 {
		return true
	}
	return p.t.factor[layer-1][node] != 0
}

// svg returns the picture. Neurons that are dropped are dashed, crossed, and have no edges.
func (p *neuronPicture) svg() template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="neurons" viewBox="0 0 %d %d" role="img" aria-label="%s">`, neuronWidth, neuronHeight, template.HTMLEscapeString(p.spoken()))
	for layer := 1; layer < len(dropoutNodes); layer++ {
		for node := range dropoutNodes[layer] {
			for before := range dropoutNodes[layer-1] {
				if !p.kept(layer, node) || !p.kept(layer-1, before) {
					continue
				}
				x1, y1 := p.place(layer-1, before)
				x2, y2 := p.place(layer, node)
				fmt.Fprintf(&b, `<path d="M%g %gL%g %g"/>`, x1+neuronRadius, y1, x2-neuronRadius, y2)
			}
		}
	}
	for layer, nodes := range dropoutNodes {
		for node := range nodes {
			p.neuron(&b, layer, node)
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// neuron writes a circle with its numbers.
func (p *neuronPicture) neuron(b *strings.Builder, layer, node int) {
	x, y := p.place(layer, node)
	if !p.kept(layer, node) {
		d := neuronRadius * 0.7
		fmt.Fprintf(b, `<g class="dropped"><circle cx="%g" cy="%g" r="%d"/><path d="M%g %gl%g %gm0 -%gl-%g %g"/></g>`,
			x, y, neuronRadius, x-d, y-d, 2*d, 2*d, 2*d, 2*d, 2*d)
		return
	}
	fmt.Fprintf(b, `<g><circle cx="%g" cy="%g" r="%d"/>`, x, y, neuronRadius)
	line := func(dy float64, class, text string) {
		fmt.Fprintf(b, `<text x="%g" y="%g" class="%s">%s</text>`, x, y+dy, class, text)
	}
	value, delta := p.numbers(layer, node)
	switch {
	case p.blank:
		line(5, "name", nodeName(layer, node))
	case delta == "":
		line(-3, "name", nodeName(layer, node))
		line(13, "value", value)
	default:
		line(-10, "name", nodeName(layer, node))
		line(4, "value", value)
		line(18, "delta", "δ "+delta)
	}
	b.WriteString("</g>")
}

// numbers returns what a neuron passes on, and the δ of what it adds up, "" if it has none.
func (p *neuronPicture) numbers(layer, node int) (value, delta string) {
	if layer == 0 {
		return short(p.t.x[node]), ""
	}
	value = short(p.t.passed[layer-1][node])
	if p.grads != nil {
		delta = signed(fmt.Sprintf("%.3f", p.grads.Scalar(p.t.net[layer-1][node])))
	}
	return value, delta
}

// short returns a value with up to three decimals.
func short(v graph.Value) string {
	return signed(strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", v.Item()), "0"), "."))
}

// spoken returns the picture in words.
func (p *neuronPicture) spoken() string {
	return p.title + ". Dropped: " + listOr(p.t.gone(), "none") + "."
}

// dropoutPictures returns the network before dropout, in its steps, and at test time.
func (l *lesson) dropoutPictures() []*neuronPicture {
	pictures := []*neuronPicture{{label: "Figure 12.3", title: "Figure 12.3: before dropout", t: l.thin(0, all(1)), blank: true}}
	for step := range dropoutExamples {
		t := l.thin(step, l.drop(step))
		grads := t.gradients()
		pictures = append(pictures, &neuronPicture{
			label: fmt.Sprintf("step %d", step+1), title: fmt.Sprintf("Figure 12.4: step %d, with the example x = (%s, %s), y = %s", step+1, short(t.x[0]), short(t.x[1]), short(t.y)),
			t: t, grads: &grads,
		})
	}
	return append(pictures, &neuronPicture{label: "test time", title: fmt.Sprintf("At test time: all neurons, each output times p = %g", keep), t: l.thin(0, all(keep))})
}

// switched returns pictures of which the reader sees one at a time, chosen by radio buttons.
func switched(name string, pictures []*neuronPicture) template.HTML {
	var b strings.Builder
	b.WriteString(`<fieldset class="switch"><legend>Show</legend>`)
	for i, p := range pictures {
		checked := ""
		if i == 1 {
			checked = ` checked=""`
		}
		fmt.Fprintf(&b, `<label><input type="radio" name="%s"%s> %s</label>`, name, checked, template.HTMLEscapeString(p.label))
	}
	for _, p := range pictures {
		fmt.Fprintf(&b, `<div class="pane"><p>%s</p>%s</div>`, template.HTMLEscapeString(p.title), p.svg())
	}
	b.WriteString("</fieldset>")
	return template.HTML(b.String())
}
