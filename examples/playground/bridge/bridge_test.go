package bridge_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/playground/bridge"
	"github.com/seed366ff29f/chainrule/examples/playground/network"
)

// call makes a call, and reads the answer.
func call(t *testing.T, b *bridge.Bridge, name, arg string, answer any) []byte {
	t.Helper()
	text, picture := b.Call(name, []byte(arg))
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatalf("%s: %v in %s", name, err, text)
	}
	return picture
}

// fault makes a call that must fail.
func fault(t *testing.T, b *bridge.Bridge, name, arg string) bridge.Fault {
	t.Helper()
	var answer struct{ Fault bridge.Fault }
	if picture := call(t, b, name, arg, &answer); picture != nil || answer.Fault.Message == "" {
		t.Errorf("%s %s: no fault", name, arg)
	}
	return answer.Fault
}

// settings returns the default settings with some changes, as the page sends them.
func settings(t *testing.T, change func(s *network.Settings)) string {
	t.Helper()
	s := network.Defaults()
	if change != nil {
		change(&s)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type state struct {
	Steps, Best, Outputs int
	Ended                string
	Epochs               [][5]any
	Points               []network.Point
	Classes              int
}

func TestTraining(t *testing.T) {
	var b bridge.Bridge
	var options struct{ Defaults network.Settings }
	call(t, &b, "options", "{}", &options)
	if options.Defaults.Rate != network.Defaults().Rate {
		t.Errorf("defaults %v", options.Defaults)
	}
	var s state
	picture := call(t, &b, "network.new", settings(t, nil), &s)
	if len(s.Points) != 200 || len(s.Epochs) != 1 || s.Steps != 0 || len(picture) != 4*60*60+20*20*7 {
		t.Errorf("%v and %d bytes", s, len(picture))
	}
	s = state{}
	call(t, &b, "network.train", `{"steps": 20, "milliseconds": 1e6, "rate": 0.02}`, &s)
	if s.Steps != 20 || len(s.Epochs) != 2 || s.Points != nil {
		t.Errorf("%v", s)
	}
	s = state{}
	call(t, &b, "network.train", `{"epoch": true}`, &s)
	if s.Steps != 27 || len(s.Epochs) != 1 || s.Epochs[0][0] != 3.0 {
		t.Errorf("%v", s)
	}
	s = state{}
	call(t, &b, "network.train", `{"steps": 100, "milliseconds": 0}`, &s)
	if s.Steps != 27 {
		t.Errorf("no time was left: %v", s)
	}
}

// A large network has a rougher picture, so that a frame stays short.
func TestRough(t *testing.T) {
	var b bridge.Bridge
	var s struct{ Side int }
	picture := call(t, &b, "network.new", settings(t, func(s *network.Settings) { s.Hidden = []int{24, 24, 24, 24, 24, 24} }), &s)
	if s.Side != 40 || len(picture) != 4*40*40+20*20*144 {
		t.Errorf("side %d and %d bytes", s.Side, len(picture))
	}
}

// What JSON has no numbers for gets to the page all the same.
func TestNotFinite(t *testing.T) {
	var b bridge.Bridge
	var s state
	call(t, &b, "network.new", settings(t, func(s *network.Settings) {
		s.Data.Validation, s.Data.Kind, s.Optimizer, s.Rate, s.Activation = 0, "waves", "momentum", 100, "identity"
	}), &s)
	if s.Epochs[0][2] != nil || s.Best != -1 {
		t.Errorf("without a validation set: %v", s.Epochs)
	}
	for range 100 {
		s = state{}
		call(t, &b, "network.train", `{"steps": 100, "milliseconds": 1e6}`, &s)
		if s.Ended != "" {
			return
		}
	}
	t.Errorf("it has not diverged: %v", s)
}

func TestFaults(t *testing.T) {
	var b bridge.Bridge
	if f := fault(t, &b, "network.train", `{"steps": 1}`); !strings.Contains(f.Message, "no network") {
		t.Errorf("%v", f)
	}
	if f := fault(t, &b, "network.old", `{}`); !strings.Contains(f.Message, "network.old") {
		t.Errorf("%v", f)
	}
	for _, arg := range []string{"", "[]", `{"hidden": "x"}`, "\x00", strings.Repeat("[", 100_000)} {
		fault(t, &b, "network.new", arg)
	}
	f := fault(t, &b, "network.new", settings(t, func(s *network.Settings) { s.Hidden = []int{1000} }))
	if f.Field != "hidden" {
		t.Errorf("%v", f)
	}
	var s state
	call(t, &b, "network.new", settings(t, nil), &s)
	if f := fault(t, &b, "network.train", fmt.Sprintf(`{"rate": %g}`, -math.MaxFloat64)); f.Field != "rate" {
		t.Errorf("%v", f)
	}
}

// A small network is looked at neuron by neuron, and needs no Graphviz; a larger one layer by layer.
func TestLook(t *testing.T) {
	var b bridge.Bridge
	fault(t, &b, "network.look", `{"index": 0}`)
	for _, tt := range []struct {
		hidden  []int
		neurons bool
	}{{[]int{3}, true}, {[]int{16, 16}, false}} {
		var s state
		call(t, &b, "network.new", settings(t, func(s *network.Settings) { s.Hidden = tt.hidden }), &s)
		var u struct {
			Data    struct{ Nodes []any }
			Wide    string
			Neurons bool
			Changes []struct{ Name, Place string }
			Point   network.Point
		}
		call(t, &b, "network.look", `{"index": 4}`, &u)
		if u.Neurons != tt.neurons || len(u.Data.Nodes) > 0 != tt.neurons || (u.Wide == "") != tt.neurons || len(u.Changes) == 0 {
			t.Errorf("%v: neurons %t, %d nodes, %d bytes for Graphviz, %d changes", tt.hidden, u.Neurons, len(u.Data.Nodes), len(u.Wide), len(u.Changes))
		}
	}
}
