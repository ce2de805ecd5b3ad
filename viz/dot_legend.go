package viz

import "strings"

// A look is how a kind of nodes is drawn: told apart by shape and border, so that it can be when printed in grey.
type look struct {
	fill   string
	style  string // besides filled: rounded, dotted, dashed
	double bool   // two borders
	solid  bool   // a box with depth
}

var looks = [...]look{
	Leaf:      {fill: "#cfe2f7"},
	Constant:  {fill: "white", style: "dotted"},
	Operation: {fill: "#fff9e3", style: "rounded"},
	Root:      {fill: "#ffd98f", style: "rounded", double: true},
	More:      {fill: "#dddddd", solid: true},
}

// backwardLook replaces the look of a node of the backward pass.
var backwardLook = look{fill: "#f3e0ef", style: "rounded,dashed"}

func lookOf(kind Kind, backward bool) look {
	if backward && kind != More {
		return backwardLook
	}
	return looks[kind]
}

// attributes returns the look as attributes of a node.
func (l look) attributes() string {
	style := "filled"
	if l.style != "" {
		style = `"filled,` + l.style + `"`
	}
	fill := l.fill
	if fill[0] == '#' {
		fill = `"` + fill + `"`
	}
	shape := "box"
	if l.solid {
		shape = `box3d, margin="0.16,0.1"`
	}
	s := "shape=" + shape + ", style=" + style + ", fillcolor=" + fill
	if l.double {
		s += ", peripheries=2"
	}
	return s
}

// cell returns a small node of the look as a cell of a table.
func (l look) cell() string {
	const gap = "&#160;&#160;&#160;&#160;"
	cell := func(style, content string) string {
		if style != "" {
			style = ` STYLE="` + strings.ToUpper(style) + `"`
		}
		return `<TD BORDER="1" COLOR="#333333" BGCOLOR="` + l.fill + `"` + style + `>` + content + `</TD>`
	}
	switch {
	case l.double:
		return cell(l.style, `<TABLE BORDER="1" COLOR="#333333" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" STYLE="ROUNDED"><TR><TD>`+gap+`</TD></TR></TABLE>`)
	case l.solid:
		return cell(l.style, "…")
	}
	return cell(l.style, gap)
}

// title writes the title and the legend above the picture.
func (d dotWriter) title(p *Picture) {
	var lines []string
	if p.Title != "" {
		lines = append(lines, "<B>"+escape(p.Title)+"</B>")
	}
	if len(p.Legend)+len(p.Keys) == 0 {
		if p.Title != "" {
			d.write(", labelloc=t, label=<", lines[0], "<BR/> >")
		}
		return
	}
	const small = `<FONT POINT-SIZE="12" COLOR="#333333">`
	d.write(`, labelloc=t, label=<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">`)
	for _, l := range lines {
		d.write("<TR><TD>", l, "</TD></TR>")
	}
	for _, l := range p.Legend {
		d.write("<TR><TD>", small, escape(l), "</FONT></TD></TR>")
	}
	d.write(`<TR><TD><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="6"><TR>`)
	for _, k := range p.Keys {
		d.write(lookOf(k.Kind, k.Backward).cell(), "<TD>", small, escape(k.Text), "</FONT></TD>")
	}
	d.write("</TR></TABLE></TD></TR></TABLE>>")
}
