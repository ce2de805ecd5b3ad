package main

import (
	"context"
	"html/template"
)

// page1242 is the tab of 12.4.2: Figures 12.3 and 12.4, and a walk through a step with dropped neurons.
func page1242(_ context.Context, l *lesson, c *content) error {
	pictures := l.dropoutPictures()
	t := pictures[1].t // step 1
	c.root, c.fold, c.neurons = t.loss, true, true
	layer, node := t.dropped()
	c.data = struct {
		Pictures                               template.HTML
		Keep                                   float64
		Dropped, DroppedNames, In, Out, Factor string
	}{
		Pictures: switched("dropout", pictures), Keep: keep,
		Dropped: t.out[layer][node].Name(), DroppedNames: listOr(t.gone(), "none"),
		In: t.w[layer][node][0].Name(), Out: t.w[layer+1][0][node].Name(), Factor: t.passed[layer][node].Name(),
	}
	return nil
}
