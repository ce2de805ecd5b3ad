package pjrt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/graph/tensor"
)

// A Part is an argument or a result of a [Program].
type Part struct {
	Name  string
	Role  program.Role
	Shape []int
	DType tensor.DType
}

// An Argument is a [Part] that goes in. Result is the index of the result that is its new value, -1 if there is none.
type Argument struct {
	Part
	Result int
}

// A signature is what a sidecar says, see package stablehlo's WriteSidecar.
type signature struct {
	module    string // name of the module's file
	arguments []Argument
	results   []Part
}

// readSignature reads a sidecar. A module that fits it gets as many arguments as PJRT is given, of the right shapes; that
// it does is left to the compiler.
func readSignature(b []byte) (*signature, error) {
	type part struct {
		Name  string
		Role  program.Role
		Shape []int
		DType string
	}
	var about struct {
		Entry     string
		StableHLO string
		Arguments []struct {
			part
			Result *int
		}
		Results []part
	}
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&about); err != nil {
		return nil, err
	}
	switch {
	case about.Entry != "main":
		return nil, fmt.Errorf("the entry is %q: want main", about.Entry)
	case about.StableHLO == "":
		return nil, fmt.Errorf("it names no module")
	case len(about.Results) == 0:
		return nil, fmt.Errorf("the module has no results")
	}
	s := &signature{module: about.StableHLO}
	convert := func(kind string, p part) (Part, error) {
		out := Part{Name: p.Name, Role: p.Role, Shape: p.Shape}
		switch p.DType {
		case "float32":
			out.DType = tensor.Float32
		case "float64":
			out.DType = tensor.Float64
		default:
			return out, fmt.Errorf("%s %q is of type %q: want float32 or float64", kind, p.Name, p.DType)
		}
		if _, err := tensor.Size(p.Shape); err != nil {
			return out, fmt.Errorf("%s %q: %w", kind, p.Name, err)
		}
		return out, nil
	}
	for _, r := range about.Results {
		p, err := convert("result", r)
		if err != nil {
			return nil, err
		}
		s.results = append(s.results, p)
	}
	replaced := make([]string, len(s.results))
	seen := map[string]bool{}
	for _, a := range about.Arguments {
		p, err := convert("argument", a.part)
		if err != nil {
			return nil, err
		}
		if seen[a.Name] {
			return nil, fmt.Errorf("two arguments have the name %q", a.Name)
		}
		seen[a.Name] = true
		arg := Argument{Part: p, Result: -1}
		if a.Result != nil {
			arg.Result = *a.Result
			if arg.Result < 0 || arg.Result >= len(s.results) {
				return nil, fmt.Errorf("argument %q is replaced by result %d of %d", a.Name, arg.Result, len(s.results))
			}
			r := s.results[arg.Result]
			if other := replaced[arg.Result]; other != "" {
				return nil, fmt.Errorf("result %q replaces both %q and %q", r.Name, other, a.Name)
			}
			if !slices.Equal(r.Shape, p.Shape) || r.DType != p.DType {
				return nil, fmt.Errorf("argument %q is %s of shape %s, and its new value %s of shape %s", a.Name,
					p.DType, tensor.FormatShape(p.Shape), r.DType, tensor.FormatShape(r.Shape))
			}
			replaced[arg.Result] = a.Name
		}
		s.arguments = append(s.arguments, arg)
	}
	return s, nil
}
