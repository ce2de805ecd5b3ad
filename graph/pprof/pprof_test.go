package pprof_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/pprof"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/ops"
)

// profiled records and sweeps a small network and returns its profile.
func profiled() *graph.Profile {
	var p graph.Profile
	g := graph.New(graph.WithProfile(&p))
	w, x := tensor.New(tensor.Float64, 3, 2), tensor.New(tensor.Float64, 4, 3)
	w.Fill(1)
	x.Fill(1)
	network := g.Scope("network")
	layer := g.Scope("layer 1")
	y := ops.MatMul(g.BindConst(x), g.Bind(w))
	layer()
	y = ops.Tanh(y)
	network()
	autograd.Backward(ops.Sum(y))
	return &p
}

// What is read back has an operation at the top of each stack, its scopes below, and the numbers of the entries.
func TestWrite(t *testing.T) {
	p := profiled()
	var b bytes.Buffer
	if err := pprof.Write(&b, p); err != nil {
		t.Fatal(err)
	}
	got, err := profile.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.CheckValid(); err != nil {
		t.Error(err)
	}
	var types []string
	for _, s := range got.SampleType {
		types = append(types, s.Type+" in "+s.Unit)
	}
	if diff := cmp.Diff([]string{"operations in count", "bytes in bytes", "time in nanoseconds"}, types); diff != "" {
		t.Errorf("types: mismatch (-want +got):\n%s", diff)
	}
	samples := map[string][]int64{}
	for _, s := range got.Sample {
		var stack []string
		for _, l := range s.Location {
			stack = append(stack, l.Line[0].Function.Name)
		}
		samples[strings.Join(stack, " < ")] = s.Value
	}
	want := map[string][]int64{}
	for _, e := range p.Entries() {
		stack := e.Op
		if e.Backward {
			stack += " backward"
		}
		for i := range e.Scopes {
			stack += " < " + e.Scopes[len(e.Scopes)-1-i]
		}
		want[stack] = []int64{e.Count, e.Bytes, int64(e.Time)}
	}
	if diff := cmp.Diff(want, samples); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if v := samples["matmul backward < layer 1 < network"]; len(v) != 3 || v[0] != 1 || v[1] != 3*2*8 {
		t.Errorf("the product of the backward sweep is %v, want 1 operation that wrote 48 bytes", v)
	}
}

// The profile of nothing is one, too.
func TestWriteEmpty(t *testing.T) {
	var b bytes.Buffer
	if err := pprof.Write(&b, new(graph.Profile)); err != nil {
		t.Fatal(err)
	}
	if p, err := profile.Parse(&b); err != nil || len(p.Sample) != 0 {
		t.Errorf("got %v, error %v", p, err)
	}
}

// TestTool has go tool pprof read a profile.
func TestTool(t *testing.T) {
	command, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	name := filepath.Join(t.TempDir(), "step.pb.gz")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(pprof.Write(f, profiled()), f.Close()); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(command, "tool", "pprof", "-symbolize=none", "-sample_index=bytes", "-top", "-cum", name).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"Type: bytes", "matmul", "matmul backward", "tanh", "layer 1", "network"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("go tool pprof does not say %q:\n%s", want, out)
		}
	}
}

func TestMisuse(t *testing.T) {
	var b bytes.Buffer
	for want, f := range map[string]func(){
		"pprof.Write: got a nil io.Writer: give one such as an *os.File":                       func() { _ = pprof.Write(nil, profiled()) },
		"pprof.Write: got a nil *graph.Profile: give the one that graph.WithProfile was given": func() { _ = pprof.Write(&b, nil) },
	} {
		if err := graph.Try(f); err == nil || err.Error() != want {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
	if err := pprof.Write(failing{}, profiled()); err == nil {
		t.Error("a writer that fails: no error")
	}
}

// failing is a writer that cannot write.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

func ExampleWrite() {
	p := profiled()
	var file bytes.Buffer // os.Create("step.pb.gz")
	if err := pprof.Write(&file, p); err != nil {
		fmt.Println(err)
	}
	fmt.Println(file.Len() > 0)
	// Output: true
}
