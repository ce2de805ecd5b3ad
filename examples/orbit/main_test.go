package main

import (
	"math"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
)

// TestDerivatives holds every way against the ellipse, which the method's steps leave by an error of second order in their
// length, and against each other, to the bit.
func TestDerivatives(t *testing.T) {
	o := orbit{eccentricity: 0.3, revolutions: 2}
	var worst [2]float64 // relative error with some steps and with twice as many
	for k := range worst {
		o.steps = 1000 << k
		var first [4]float64
		for i, w := range o.ways() {
			r, err := w.derivative(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = r.gradient
			}
			if r.gradient != first {
				t.Errorf("%d steps: %s: %v, want %v", o.steps, w.name, r.gradient, first)
			}
		}
		for i, want := range o.exact() {
			worst[k] = max(worst[k], math.Abs(first[i]-want)/max(1, math.Abs(want)))
		}
	}
	if ratio := worst[0] / worst[1]; !(worst[0] < 1e-2) || math.Abs(ratio-4) > 0.1 {
		t.Errorf("relative errors of %v with 1000 steps and %v with 2000: want the first below 0.01, and four times the second", worst[0], worst[1])
	}
}

func TestProgram(t *testing.T) {
	out := commandtest.Output(t, program, "-steps", "3000", "-revolutions", "1")
	commandtest.Contains(t, out, "every step recorded", "Loop, 3 snapshots", "on the ellipse", "same bits")
}

func TestUsage(t *testing.T) {
	commandtest.Check(t, program, []commandtest.Run{
		{Args: []string{"-steps", "0"}, Status: command.Usage, Stderr: "want 1 to 10000000"},
		{Args: []string{"-steps", "5", "-revolutions", "6"}, Status: command.Usage, Stderr: "number of steps, 5"},
		{Args: []string{"-eccentricity", "1"}, Status: command.Usage, Stderr: "want 0 to 0.99"},
		{Args: []string{"-eccentricity", "NaN"}, Status: command.Usage, Stderr: "want 0 to 0.99"},
		{Args: []string{"5"}, Status: command.Usage, Stderr: "takes flags only"},
		{Args: []string{"-h"}, Status: command.OK, Stderr: "revolutions"},
		{Args: []string{"-steps", "1", "-revolutions", "1"}},
	})
	commandtest.Interrupted(t, program, "context canceled", "-steps", "3000")
	commandtest.Full(t, program, "-steps", "100", "-revolutions", "1")
}
