// Package adbench holds the programs by which tools for automatic differentiation are compared, those of ADBench and
// GradBench: each on chainrule's graph, with the derivative that is asked for, and as a plain Go function. Command
// examples/adbench measures them.
//
// Sources: Srajer, Kukelova and Fitzgibbon (2018), A benchmark of selected algorithmic differentiation tools,
// arXiv:1807.10129; GradBench, github.com/gradbench/gradbench; Pearlmutter and Siskind (2008), Using programming language
// theory to make automatic differentiation sound and efficient, for the particle.
package adbench

import "fmt"

import (
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph"
)

// A Task is a function to differentiate, of any size.
type Task struct {
	Name, About string
	Names       []string // of the sizes
	Sizes       []int    // the usual ones
	Most        int      // of the first size, 0 for no limit but memory
	Added       bool     // its work grows with the sum of the sizes, not with their product
	Bytes       int      // of memory, about, for each of the numbers that are the sum or the product of its sizes
	Make        func(sizes []int) Work
	// Read takes the input from one of ADBench's files, and returns what makes the work of it, with its sizes. It is
	// nil if there is no format.
	Read func(in *Numbers) (make func() Work, sizes []int)
}

// mostBytes bounds the memory of a task.
const mostBytes = 8 << 30

// Room returns an error if the work of some sizes takes too much memory.
func (t *Task) Room(sizes []int) error {
	count := 1.0
	if t.Added {
		count = 0
	}
	for _, n := range sizes {
		if t.Added {
			count += float64(n)
		} else {
			count *= float64(n)
		}
	}
	if bytes := count * float64(t.Bytes); bytes > mostBytes {
		return fmt.Errorf("these sizes take about %.2g GB of memory: want smaller ones, of 8 GB at most", bytes/1e9)
	}
	return nil
}

// A Work is a task of one size.
type Work struct {
	Inputs     int
	Point      []float64                   // where the derivative is taken, which Plain reads; nil if it is no gradient of Plain
	Plain      func() float64              // the function, in plain Go: its value, or the sum of its values
	Derivative func() (float64, []float64) // the same, and the derivative, good until the next call
	Tolerance  float64                     // between the two values, relative; 0 stands for 1e-9
}

// Tasks returns the tasks.
func Tasks() []*Task {
	return []*Task{gmm(), adjustment(), adjustmentCompiled(), adjustmentSum(), lstm(), hand(), kmeans(), ode(), odeCompiled(), llsq(), determinant(), lse(), particle(), particleCompiled()}
}

// Total returns the sum of a list.
func Total(list []float64) float64 {
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	return sum
}

// compiledFrom compiles a task's function, whose operations are known to be fit for it.
func compiledFrom(y graph.Value, xs []graph.Value) *program.Program {
	p, err := program.Compile(y, xs...)
	if err != nil {
		panic(err)
	}
	return p
}
