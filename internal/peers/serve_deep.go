package main

import (
	"fmt"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
)

// deepJob is "<layers> <nodes> <classes> <rows>": a training step, by SGD, of a perceptron as [newMLP] has it, with so
// many layers that gradients vanish on their way back: far from the loss they are subnormal numbers, and then zeros.
func deepJob(args []string) *job { return deepOn(args) }

// deepFlushingJob is the same on a graph that takes subnormal numbers as zeros.
func deepFlushingJob(args []string) *job { return deepOn(args, graph.WithFlushToZero()) }

func deepOn(args []string, options ...graph.Option) *job {
	v := integers(args)
	layers, nodes, classes, rows := v[0], v[1], v[2], v[3]
	shape := strings.Repeat(fmt.Sprintf("%d-", nodes), layers+1)
	n := newMLP([]string{"sgd", fmt.Sprintf("%s%d@%d", shape, classes, rows)})
	n.build("sgd", options...)
	return n.job()
}
