package page

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/viz/page/javascript"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
)

// operationsOf returns the script that gives the steppers of a page their operations.
func operationsOf(models []*stepper.Model) string {
	var rows []*graph.Row
	for _, m := range models {
		if m != nil {
			rows = append(rows, m.Rows()...)
		}
	}
	source, _ := javascript.Functions(rows)
	return "\nconst chainruleOperations = " + source + ";\n"
}
