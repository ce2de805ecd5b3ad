package pjrt

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	xla "github.com/gomlx/go-xla/pkg/pjrt"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/autograd/program/stablehlo"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Program is a function that has been compiled for a [Device]. It may be used from several goroutines at once.
type Program struct {
	device    *Device
	arguments []Argument
	results   []Part
	compiled  *xla.LoadedExecutable
}

// Compile writes a function as StableHLO, and compiles it.
//
// The error is a [*graph.Error] if f is no function, see [program.Function.Check], or has an operation that StableHLO does
// not express, and what the compiler says if it refuses the module.
func (d *Device) Compile(f *program.Function, options ...stablehlo.Option) (*Program, error) {
	const op = "pjrt.Device.Compile"
	if !d.open() {
		return nil, d.unusable(op)
	}
	var module, sidecar bytes.Buffer
	if err := stablehlo.Write(&module, f, options...); err != nil {
		return nil, err
	}
	if err := stablehlo.WriteSidecar(&sidecar, f, "memory"); err != nil {
		return nil, err
	}
	s, err := readSignature(sidecar.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return d.compile(op, module.Bytes(), s)
}

// Load compiles the module beside a sidecar, a file such as step.json that package stablehlo's WriteSidecar has written.
func (d *Device) Load(sidecar string) (*Program, error) {
	const op = "pjrt.Device.Load"
	if !d.open() {
		return nil, d.unusable(op)
	}
	b, err := os.ReadFile(sidecar)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	s, err := readSignature(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", op, sidecar, err)
	}
	module, err := os.ReadFile(filepath.Join(filepath.Dir(sidecar), s.module))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return d.compile(op, module, s)
}

// compile compiles a module. PJRT takes the text as it is, as well as bytecode.
func (d *Device) compile(op string, module []byte, s *signature) (*Program, error) {
	compiled, err := d.client.Compile().WithStableHLO(module).Done()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if compiled.NumOutputs != len(s.results) {
		compiled.Destroy()
		return nil, fmt.Errorf("%s: the module has %d results, its sidecar %d: export both again", op, compiled.NumOutputs, len(s.results))
	}
	p := &Program{device: d, arguments: s.arguments, results: s.results, compiled: compiled}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.programs[p] = true
	return p, nil
}

// Arguments returns what goes in, in order. The shapes are the program's: do not change them.
func (p *Program) Arguments() []Argument { return slices.Clone(p.arguments) }

// Results returns what comes out, in order. The shapes are the program's: do not change them.
func (p *Program) Results() []Part { return slices.Clone(p.results) }

// Close gives back what the program has on the device, when it does not run any more.
func (p *Program) Close() error {
	const op = "pjrt.Program.Close"
	if p == nil {
		return p.unusable(op)
	}
	p.device.mu.Lock()
	defer p.device.mu.Unlock()
	if !p.device.programs[p] {
		return nil
	}
	delete(p.device.programs, p)
	if err := p.compiled.Destroy(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// open reports whether the program can be used.
func (p *Program) open() bool {
	if p == nil {
		return false
	}
	p.device.mu.Lock()
	defer p.device.mu.Unlock()
	return p.device.programs[p]
}

func (p *Program) unusable(op string) error {
	return graph.Errorf(op, graph.ErrUsage, "the program is nil or closed: get one with Device.Compile or Device.Load, and close it after its runs")
}

// Call computes the results for arguments in their order, as [program.Function.Call] does, with all numbers on the way to
// the device and back. A [Run] leaves on the device what stays there.
//
// The error is a [*graph.Error] if the arguments do not fit.
func (p *Program) Call(at ...*tensor.Tensor) ([]*tensor.Tensor, error) {
	const op = "pjrt.Program.Call"
	if !p.open() {
		return nil, p.unusable(op)
	}
	if len(at) != len(p.arguments) {
		return nil, graph.Errorf(op, graph.ErrUsage, "%d arguments for a program of %d: give one for each, in their order", len(at), len(p.arguments))
	}
	inputs := make([]*xla.Buffer, len(at))
	defer destroy(inputs)
	for i, t := range at {
		var err error
		if inputs[i], err = p.put(op, p.arguments[i].Part, t); err != nil {
			return nil, err
		}
	}
	outputs, err := p.execute(op, inputs)
	if err != nil {
		return nil, err
	}
	defer destroy(outputs)
	results := make([]*tensor.Tensor, len(outputs))
	for i, b := range outputs {
		if results[i], err = get(op, p.results[i], b); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// execute runs the program. Arguments that results replace are the device's from then on, also if there is an error.
func (p *Program) execute(op string, inputs []*xla.Buffer) ([]*xla.Buffer, error) {
	given := make([]bool, len(inputs))
	for i, a := range p.arguments {
		given[i] = a.Result >= 0
	}
	outputs, err := p.compiled.Execute(inputs...).SetDonate(given).Done()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	return outputs, nil
}
