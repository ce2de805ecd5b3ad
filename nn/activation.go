package nn

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// A function is a layer without parameters.
type function struct {
	name string // what it is called in a summary
	f    func(graph.Value) graph.Value
}

// Func returns the layer without parameters that applies f, such as nn.Func(ops.Sin). It panics with a [*graph.Error]
// if f is nil.
func Func(f func(graph.Value) graph.Value) Layer {
	if f == nil {
		panic(graph.Errorf("nn.Func", graph.ErrUsage, "got a nil function: give one such as ops.Tanh"))
	}
	return function{"Func(" + functionName(f) + ")", f}
}

// functionName returns the name of a function with its package, such as ops.Sin, or func for a function without a name.
func functionName(f func(graph.Value) graph.Value) string {
	name := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	name = name[strings.LastIndexByte(name, '/')+1:]
	if strings.Count(name, ".") != 1 {
		return "func"
	}
	return name
}

func (f function) Params() []*Param { return nil }

func (f function) String() string { return f.name }

func (f function) Forward(_ Pass, x graph.Value) graph.Value { return f.f(x) }

// ReLU returns the layer max(x, 0); see [ops.ReLU].
func ReLU() Layer { return function{"ReLU", ops.ReLU} }

// LeakyReLU returns the layer that is x for x > 0 and slope·x otherwise; see [ops.LeakyReLU]. PyTorch's slope is 0.01
// unless told otherwise. It panics with a [*graph.Error] if the slope is not finite.
func LeakyReLU(slope float64) Layer {
	mustBeFinite("nn.LeakyReLU", "slope", slope)
	return function{fmt.Sprintf("LeakyReLU(%g)", slope), func(x graph.Value) graph.Value { return ops.LeakyReLU(x, slope) }}
}

// ELU returns the layer that is x for x > 0 and alpha·(eˣ-1) otherwise; see [ops.ELU]. PyTorch's alpha is 1 unless told
// otherwise. It panics with a [*graph.Error] if alpha is not finite.
func ELU(alpha float64) Layer {
	mustBeFinite("nn.ELU", "alpha", alpha)
	return function{fmt.Sprintf("ELU(%g)", alpha), func(x graph.Value) graph.Value { return ops.ELU(x, alpha) }}
}

// GELU returns the layer x·Φ(x), where Φ is the distribution function of the normal distribution, not an approximation
// of it; see [ops.GELU].
func GELU() Layer { return function{"GELU", ops.GELU} }

// SiLU returns the layer x/(1+e⁻ˣ), also called swish; see [ops.SiLU].
func SiLU() Layer { return function{"SiLU", ops.SiLU} }

// Sigmoid returns the layer 1/(1+e⁻ˣ); see [ops.Sigmoid].
func Sigmoid() Layer { return function{"Sigmoid", ops.Sigmoid} }

// Tanh returns the layer tanh x; see [ops.Tanh].
func Tanh() Layer { return function{"Tanh", ops.Tanh} }

// Softplus returns the layer ln(1+eˣ); see [ops.Softplus].
func Softplus() Layer { return function{"Softplus", ops.Softplus} }

// Softmax returns the layer eˣ/Σeˣ over the last axis; see [ops.Softmax]. For training, [CrossEntropy] of the values
// before it is more exact than [CrossEntropyFromProbs] of its result.
func Softmax() Layer {
	return function{"Softmax", func(x graph.Value) graph.Value { return ops.Softmax(x, -1) }}
}
