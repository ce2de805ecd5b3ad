package nn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/legible"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
)

// A MismatchError says how a file and a model differ. Names and shapes are those in the file.
type MismatchError struct {
	Missing  []string // parameters of the model that the file lacks
	LeftOver []string // tensors of the file that the model lacks, in alphabetical order
	Other    []string // what has another shape or precision in the model, each with both in words
	Hint     string   // what to do
}

// Error returns all of it in one line, cut short where there is much.
func (e *MismatchError) Error() string {
	const most = 10
	var parts []string
	add := func(what string, items []string, show func(string) string) {
		if len(items) == 0 {
			return
		}
		var shown []string
		for _, s := range items[:min(len(items), most)] {
			shown = append(shown, show(s))
		}
		if n := len(items) - most; n > 0 {
			shown = append(shown, fmt.Sprintf("and %d more", n))
		}
		parts = append(parts, what+" "+strings.Join(shown, ", "))
	}
	add("not in the file:", e.Missing, legible.Quote)
	add("not in the model:", e.LeftOver, legible.Quote)
	add("different:", e.Other, func(s string) string { return s })
	return "the file does not fit the model: " + strings.Join(parts, "; ") + ": " + e.Hint
}

// compare returns the parameters that are in a file, by their names there, or a [*MismatchError].
func compare(f *safetensors.File, params []fileParam, c fileSettings) (map[string]*Param, error) {
	var e MismatchError
	var hints []string
	there, wanted := make(map[string]*Param, len(params)), make(map[string]bool, len(params))
	for _, p := range params {
		wanted[p.inFile] = true
		t, ok := f.Find(p.inFile)
		if !ok {
			e.Missing = append(e.Missing, p.inFile)
			continue
		}
		there[p.inFile] = p.Param
		if difference, hint := differ(p, t, c.conversion); difference != "" {
			e.Other = append(e.Other, difference)
			if !slices.Contains(hints, hint) {
				hints = append(hints, hint)
			}
		}
	}
	for name := range f.Names {
		if !wanted[name] {
			e.LeftOver = append(e.LeftOver, name)
		}
	}
	prefix := e.prefix()
	none := len(there) == 0 && len(params) > 0 // which no option allows
	if c.missing && !none {
		e.Missing = nil
	}
	if c.leftOver && !none {
		e.LeftOver = nil
	}
	switch {
	case prefix != "" && len(e.Missing) > 0:
		hints = append(hints, fmt.Sprintf("names begin with %s there, so give nn.WithNames(func(name string) string { return %[1]s + name })", legible.Quote(prefix)))
	case none:
		hints = append(hints, "no name fits, so give those in the file by nn.WithNames")
	case len(e.Missing) > 0:
		hints = append(hints, "give nn.AllowMissing() to leave as they are those that are not in the file")
	}
	if len(e.LeftOver) > 0 && !none {
		hints = append(hints, "give nn.AllowLeftOver() to pass over those that are not in the model")
	}
	if len(e.Missing)+len(e.LeftOver)+len(e.Other) == 0 {
		return there, nil
	}
	e.Hint = strings.Join(hints, "; ")
	return nil, &e
}

// differ says how a parameter and a tensor of its name differ, and what to do; "" if they do not.
func differ(p fileParam, t safetensors.Tensor, conversion bool) (difference, hint string) {
	shape, dtype, convertible := safetensors.SwapShape(p.Data.Dims(), p.Transposed), safetensors.F64, t.DType.IsFloat()
	switch {
	case p.Kind == Counter:
		dtype, convertible = safetensors.I64, t.DType.IsInteger() || t.DType.IsFloat()
	case p.Data.DType() == tensor.Float32:
		dtype = safetensors.F32
	}
	fits := t.DType == dtype || conversion && convertible
	switch {
	case !slices.Equal(t.Shape, shape):
		hint = "build the model as it was when it was saved"
	case fits:
		return "", ""
	case !convertible:
		hint = fmt.Sprintf("numbers of type %s cannot be loaded for those of type %s", t.DType, dtype)
	case p.Kind == Counter:
		hint = "give nn.AllowConversion()"
	case t.DType == safetensors.F32:
		hint = "call nn.To(model, tensor.Float32) before, or give nn.AllowConversion()"
	case t.DType == safetensors.F64:
		hint = "call nn.To(model, tensor.Float64) before, or give nn.AllowConversion()"
	default:
		hint = "give nn.AllowConversion()"
	}
	return fmt.Sprintf("%s is %s %s in the file and %s %s in the model", legible.Quote(p.inFile),
		t.DType, tensor.FormatShape(t.Shape), dtype, tensor.FormatShape(shape)), hint
}

// prefix returns what stands in the file before all names that are missing, or "".
func (e *MismatchError) prefix() string {
	if len(e.Missing) == 0 {
		return ""
	}
	for _, name := range e.LeftOver {
		prefix, ok := strings.CutSuffix(name, e.Missing[0])
		if !ok || prefix == "" {
			continue
		}
		if !slices.ContainsFunc(e.Missing, func(m string) bool { _, found := slices.BinarySearch(e.LeftOver, prefix+m); return !found }) {
			return prefix
		}
	}
	return ""
}
