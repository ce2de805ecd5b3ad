package stepper

import (
	"embed"
	"strings"
)

//go:embed script/*.js style.css
var files embed.FS

// parts are the files of the script in the order in which they are read.
var parts = [...]string{"dom.js", "number.js", "tape.js", "formula.js", "steps.js", "drawing.js", "card.js", "panels.js", "stepper.js"}

// Script returns the stepper as JavaScript: a function chainrule.stepper(element, data, options) that shows a stepper in
// an element of a page, for the data of [Model.Data]. Its State, which needs no page, has the numbers and steps alone.
func Script() string {
	var b strings.Builder
	b.WriteString("\"use strict\";\nconst chainrule = (() => {\n")
	for _, name := range parts {
		text, err := files.ReadFile("script/" + name)
		if err != nil {
			panic(err) // the file is part of the program
		}
		b.WriteString(compact(strings.TrimPrefix(string(text), "\"use strict\";\n")))
	}
	b.WriteString("return { stepper, State };\n})();\n")
	return b.String()
}

// compact takes what readers of a source need, and browsers do not: indentation, empty lines, and lines of comments. No
// literal of the script goes over several lines.
func compact(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// Style returns the style sheet of the stepper and of the page around it.
func Style() string {
	text, err := files.ReadFile("style.css")
	if err != nil {
		panic(err) // the file is part of the program
	}
	return string(text)
}
