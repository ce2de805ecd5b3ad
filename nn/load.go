package nn

import (
	"fmt"
	"io"
	"math"
	"os"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
)

// Load sets the parameters of a model, state among them, to those in a safetensors file, which [Save] has written or
// PyTorch:
//
//	safetensors.torch.save_file(model.state_dict(), "model.safetensors")
//
// The file must have exactly the parameters of the model, by name, shape and precision, unless [AllowMissing],
// [AllowLeftOver] or [AllowConversion] says otherwise; [WithNames] says how they are named there. PyTorch's numbers are
// of single precision unless its model was converted, and a model here is float64 until [To] converts it.
//
// Load reads r to its end. If there is an error, the model is as it was: a [*MismatchError] that says what does not
// fit, an error about what is wrong with the file, or that of r. The memory that it takes is in proportion to what is
// there to be read, whatever the file promises.
//
// Load panics with a [*graph.Error] if r or the model is nil, a parameter is nil or has no numbers, or an option does
// not fit, and returns one if two parameters have one name.
func Load(r io.Reader, model Layer, options ...FileOption) error {
	const op = "nn.Load"
	if r == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Reader: give one such as an *os.File, or use nn.LoadFile"))
	}
	return loadFrom(op, "", r, model, options)
}

// LoadFile is [Load] from the named file.
func LoadFile(name string, model Layer, options ...FileOption) error {
	const op = "nn.LoadFile"
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	defer f.Close()
	return loadFrom(op, name+": ", f, model, options)
}

// loadFrom is Load, with what errors say besides the operation.
func loadFrom(op, file string, r io.Reader, model Layer, options []FileOption) error {
	c := fileSettings{}.with(op, options, "nn.WithNames", "nn.AllowMissing", "nn.AllowLeftOver", "nn.AllowConversion")
	params, err := namedParams(op, model, c.names)
	if err != nil {
		return err
	}
	errorf := func(err error) error { return fmt.Errorf("%s: %s%w", op, file, err) }
	f, err := safetensors.Open(r)
	if err != nil {
		return errorf(err)
	}
	there, err := compare(f, params, c)
	if err != nil {
		return errorf(err)
	}
	if err := f.Read(func(name string) bool { return there[name] != nil }); err != nil {
		return errorf(err)
	}
	for _, p := range params { // in this order, so that one file gives one error
		if t, _ := f.Find(p.inFile); there[p.inFile] != nil {
			if err := fits(p.Param, t); err != nil {
				return errorf(err)
			}
		}
	}
	for name, p := range there { // from here on nothing can fail
		t, _ := f.Find(name)
		if p.Kind != Counter {
			t.CopyTo(p.Data, p.Transposed)
			continue
		}
		p.Data.Copy(countsOf(t))
	}
	return nil
}

// fits returns an error unless the parameter can hold the numbers of the tensor, which is of a type that fits.
func fits(p *Param, t safetensors.Tensor) error {
	if p.Kind == Counter {
		for _, v := range countsOf(t).Float64s() {
			switch {
			case math.Abs(v) > largestCounter:
				return fmt.Errorf("counter %q is beyond 2⁵³ in the file, up to where all whole numbers are possible", t.Name)
			case v != math.Trunc(v):
				return fmt.Errorf("counter %q is %v in the file, and counts in whole numbers", t.Name, v)
			}
		}
		return nil
	}
	if t.DType != safetensors.F64 || p.Data.DType() != tensor.Float32 {
		return nil
	}
	wide := tensor.New(tensor.Float64, t.Shape...)
	t.CopyTo(wide, false)
	for i, v := range wide.Float64s() {
		if math.IsInf(float64(float32(v)), 0) && !math.IsInf(v, 0) {
			return fmt.Errorf("%q has the number %g in the file, at %d in row-major order, which single precision cannot hold: convert the model by nn.To(model, tensor.Float64) before", t.Name, v, i)
		}
	}
	return nil
}

// countsOf returns the numbers of a tensor of integers or of floating-point numbers, with an infinity in place of an
// integer that is beyond [largestCounter].
func countsOf(t safetensors.Tensor) *tensor.Tensor {
	counts := tensor.New(tensor.Float64, t.Shape...)
	if t.DType.IsFloat() {
		t.CopyTo(counts, false)
		return counts
	}
	whole, ok := t.Ints()
	if !ok { // beyond int64
		counts.Fill(math.Inf(1))
	}
	for i, v := range whole {
		if v > largestCounter || v < -largestCounter {
			counts.SetFlat(math.Inf(1), i)
		} else {
			counts.SetFlat(float64(v), i)
		}
	}
	return counts
}
