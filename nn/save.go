package nn

import (
	"fmt"
	"io"
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/durable"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
)

// largestCounter bounds a [Counter]: up to there float64 has every whole number.
const largestCounter = 1 << 53

// Save writes the parameters of a model, state among them, as a safetensors file, which PyTorch reads:
//
//	model.load_state_dict(safetensors.torch.load_file("model.safetensors"))
//
// Names and shapes are those of PyTorch's state_dict: a parameter that is [Param.Transposed] has its last two axes the
// other way round in the file, and a [Counter] is an integer there. Each parameter keeps its precision, and one that
// several layers share is written once. The same numbers give the same bytes. Of the options, Save takes [WithNames].
//
// Save returns a [*graph.Error] if two parameters have one name or a counter is not a whole number, before it writes
// anything, and the error of w. It panics with a [*graph.Error] if w or the model is nil, a parameter is nil or has no
// numbers, or an option does not fit.
func Save(w io.Writer, model Layer, options ...FileOption) error {
	const op = "nn.Save"
	if w == nil {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil io.Writer: give one such as a *bytes.Buffer, or use nn.SaveFile"))
	}
	tensors, err := tensorsOf(op, model, options)
	if err != nil {
		return err
	}
	if err := write(w, tensors); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// SaveFile is [Save] to the named file. The file has the old content or the new one, whole, whatever happens: if an
// error occurs, the disk is full or the program is killed, what was there before is there still.
func SaveFile(name string, model Layer, options ...FileOption) error {
	const op = "nn.SaveFile"
	tensors, err := tensorsOf(op, model, options)
	if err != nil {
		return err
	}
	if err := durable.Write(name, func(w io.Writer) error { return write(w, tensors) }); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// write writes tensors with the mark of those that lie as PyTorch's do, by which other programs go.
func write(w io.Writer, tensors []safetensors.Tensor) error {
	return safetensors.Write(w, tensors, map[string]string{"format": "pt"})
}

// tensorsOf returns the parameters of a model as they are saved.
func tensorsOf(op string, model Layer, options []FileOption) ([]safetensors.Tensor, error) {
	params, err := namedParams(op, model, fileSettings{}.with(op, options, "nn.WithNames").names)
	if err != nil {
		return nil, err
	}
	tensors := make([]safetensors.Tensor, len(params))
	for i, p := range params {
		if p.Kind != Counter {
			tensors[i] = safetensors.Of(p.inFile, p.Data, p.Transposed)
			continue
		}
		counts := make([]int64, p.Data.Len())
		for k, v := range p.Data.Float64s() {
			if v != math.Trunc(v) || math.Abs(v) > largestCounter {
				return nil, graph.Errorf(op, graph.ErrValue, "counter %q is %v: want a whole number, 2⁵³ at most", p.Name, v)
			}
			counts[k] = int64(v)
		}
		tensors[i] = safetensors.Int64s(p.inFile, counts, p.Data.Dims()...)
	}
	return tensors, nil
}

// A fileParam is a parameter and its name in a file.
type fileParam struct {
	*Param
	inFile string
}

// namedParams returns the parameters of a model, each once, with their names in a file. It returns an error if two have
// the same.
func namedParams(op string, model Layer, name func(string) string) ([]fileParam, error) {
	var params []fileParam
	byName := map[string]*Param{}
	for _, p := range paramsOf(op, model) {
		inFile := p.Name
		if name != nil {
			inFile = name(p.Name)
		}
		switch q := byName[inFile]; {
		case q == p:
			continue
		case q != nil && name != nil:
			return nil, graph.Errorf(op, graph.ErrUsage, "parameters %q and %q are both named %q in the file: give each a name of its own by nn.WithNames", q.Name, p.Name, inFile)
		case q != nil:
			return nil, graph.Errorf(op, graph.ErrUsage, "two parameters are named %q, of shapes %s and %s: give each a name of its own, such as by nn.Sequential or nn.Named",
				inFile, tensor.FormatShape(q.Data.Dims()), tensor.FormatShape(p.Data.Dims()))
		}
		byName[inFile] = p
		params = append(params, fileParam{p, inFile})
	}
	return params, nil
}
