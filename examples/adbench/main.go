// Command adbench differentiates the programs by which tools for automatic differentiation are compared, those of ADBench
// and GradBench, and measures what the derivative costs beside the function itself.
//
// Each task is written twice: on chainrule's graph, and as a plain Go function, which also checks the value. The table says
// how many inputs there are, the value, the sum of the derivative's numbers, by which runs and tools can be compared, the
// time of the plain function, that of the derivative, and their ratio.
//
// Usage:
//
//	go run ./examples/adbench [-task REGEXP] [-seconds 0.2] [-gmm 1000,10,25] [-gmm-file FILE] ...
//
// The flags are:
//
//	-task REGEXP     only the tasks whose names match
//	-seconds S       how long each function is run
//	-NAME SIZES      the sizes of the task of that name: -h lists the tasks, what they compute and their sizes
//	-gmm-file FILE   take the input of gmm from one of ADBench's text files, and so -ba-file and -lstm-file
//
// The inputs are random numbers from a fixed seed unless a file gives them.
//
// The exit status is 0, 1 if something failed, 2 for a wrong flag, and 130 after an interrupt (Ctrl-C).
//
// Sources: Srajer, Kukelova and Fitzgibbon (2018), A benchmark of selected algorithmic differentiation tools, arXiv:1807.10129;
// GradBench, github.com/gradbench/gradbench; Pearlmutter and Siskind (2008), Using programming language theory to make
// automatic differentiation sound and efficient, for the particle.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/internal/adbench"
)

func main() { program().Main() }

func program() *command.Program {
	var only string
	var seconds float64
	var tasks []*task
	for _, t := range adbench.Tasks() {
		tasks = append(tasks, &task{Task: t})
	}
	return &command.Program{
		Name:  "adbench",
		About: about(tasks),
		Flags: func(f *flag.FlagSet) {
			f.StringVar(&only, "task", "", "measure the tasks whose names match this `regexp`")
			f.Float64Var(&seconds, "seconds", 0.2, "run each function for so many `seconds`")
			for _, t := range tasks {
				f.Var(t, t.Name, "the `sizes` of "+t.Name+": "+strings.Join(t.Names, ","))
				if t.Read != nil {
					f.StringVar(&t.file, t.Name+"-file", "", "one of ADBench's text `file`s with the input of "+t.Name)
				}
			}
		},
		Run: func(ctx context.Context, stdout, stderr io.Writer) error {
			pattern, err := regexp.Compile(only)
			if err != nil {
				return command.Usagef("-task: %v", err)
			}
			if !(seconds > 0 && seconds <= 1000) {
				return command.Usagef("-seconds %v: want more than 0, and 1000 at most", seconds)
			}
			out := &command.Output{W: stdout}
			out.Printf("%-12s %-16s %9s %9s  %-22s %-22s %11s %11s %7s\n", "task", "size", "inputs", "results", "value", "sum of derivative", "function", "derivative", "ratio")
			found := false
			for _, t := range tasks {
				if !pattern.MatchString(t.Name) {
					continue
				}
				found = true
				if err := t.run(ctx, out, time.Duration(seconds*float64(time.Second))); err != nil {
					return fmt.Errorf("%s: %w", t.Name, err)
				}
			}
			if !found {
				return command.Usagef("-task %q: no task has such a name", only)
			}
			return out.Err
		},
	}
}

// about lists the tasks for the help.
func about(tasks []*task) string {
	var b strings.Builder
	b.WriteString("adbench differentiates the programs of ADBench and GradBench.\n\n")
	for _, t := range tasks {
		fmt.Fprintf(&b, "  %-12s %s\n", t.Name, t.About)
	}
	return b.String()
}
