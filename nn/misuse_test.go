package nn_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
	"github.com/seed366ff29f/chainrule/ops"
)

// A broken layer has parameters that are none.
type broken struct{ params []*nn.Param }

func (b broken) Params() []*nn.Param                          { return b.params }
func (b broken) Forward(_ nn.Pass, x graph.Value) graph.Value { return x }

// A call is one with nil or with what no constructor has made.
type call struct {
	f    func()
	want string // in the message; harmless for none
}

const harmless = ""

// TestNil calls every function that can be called with nil, with nil and with values that were not made by their
// constructors. Each call must panic with a *graph.Error, or return one, or be harmless.
func TestNil(t *testing.T) {
	g := graph.New()
	x := g.ConstTensor(tensor.New(tensor.Float64, 2, 1))
	w := &nn.Param{Name: "w", Data: tensor.New(tensor.Float64, 1)}
	sweep := linear(w, 1)
	acc := nn.NewGradients(w)
	pass, state := nn.Train(newRand(1)), &nn.Param{Name: "s", Data: tensor.New(tensor.Float64, 1), Kind: nn.State}
	set, model := line(4), nn.Linear(newRand(1), 1, 1)
	times := g.ConstTensor(tensor.New(tensor.Float64, 2, 4, 2))
	gru, lstm, cell := nn.GRU(newRand(1), 2, 3), nn.LSTM(newRand(1), 2, 3), nn.GRUCell(newRand(1), 2, 3)
	attention, block := nn.MultiHeadAttention(newRand(1), 2, 1), nn.TransformerBlock(newRand(1), 2, 1, 3)
	mse := nn.OnTargets(nn.MSE)
	y := tensor.New(tensor.Float64, 2, 1)
	labelled := &data.Batch{Labels: []int{0, 0}, Rows: []int{0, 1}}
	var noContext context.Context
	var returned error
	try := func(err error) { returned = err }
	fit := func(change func(c *nn.FitConfig)) func() {
		return func() {
			cfg := lineConfig(0.1)
			change(&cfg)
			_, err := nn.Fit(context.Background(), model, set, cfg)
			try(err)
		}
	}
	fitModel := func(ctx context.Context, model nn.Layer, set *data.Set) func() {
		return func() {
			_, err := nn.Fit(ctx, model, set, lineConfig(0.1))
			try(err)
		}
	}
	evaluate := func(model nn.Layer, set *data.Set, loss nn.Loss) func() {
		return func() {
			_, _, err := nn.Evaluate(model, set, loss, nil)
			try(err)
		}
	}
	predict := func(model nn.Layer, set *data.Set) func() {
		return func() {
			_, err := nn.Predict(model, set)
			try(err)
		}
	}
	bad := map[string]*nn.Param{"nil parameter": nil, "zero parameter": {}, "zero tensor": {Name: "a", Data: &tensor.Tensor{}}}
	calls := map[string][]call{
		"Train": {{func() { nn.Train(nil) }, "nil or zero *rand.Rand"}, {func() { nn.Train(&rand.Rand{}) }, "nil or zero *rand.Rand"}},
		"RNN":   {{func() { nn.RNN(nil, 1, 1) }, "nil or zero *rand.Rand"}, {func() { nn.RNN(newRand(1), 1, 0) }, "1 inputs and 0 hidden units"}, {func() { nn.RNN(newRand(1), 1, 1, nil) }, "option 1 is nil"}},
		"GRU":   {{func() { nn.GRU(nil, 1, 1) }, "nil or zero *rand.Rand"}, {func() { nn.GRU(newRand(1), -1, 3) }, "-1 inputs and 3 hidden units"}, {func() { nn.GRU(newRand(1), 1, 1, nn.WithActivation(ops.ReLU)) }, "there is no nn.WithActivation here"}},
		"LSTM":  {{func() { nn.LSTM(nil, 1, 1) }, "nil or zero *rand.Rand"}, {func() { nn.LSTM(newRand(1), 0, 1) }, "0 inputs and 1 hidden units"}, {func() { nn.LSTM(newRand(1), 1, 1, nn.Causal()) }, "there is no nn.Causal here"}},
		"Recurrent.Forward": {
			{func() { (*nn.Recurrent)(nil).Forward(pass, x) }, "nil or zero *nn.Recurrent"}, {func() { new(nn.Recurrent).Forward(pass, x) }, "nil or zero *nn.Recurrent"}, {func() { gru.Forward(pass, graph.Value{}) }, "zero graph.Value"},
			{func() { gru.Forward(pass, x) }, `layer "weight_ih_l0" takes 2 numbers at each time, x has shape (2,1): give x the shape (rows, time, 2)`},
		},
		"Recurrent.ForwardFrom": {
			{func() { (*nn.Recurrent)(nil).ForwardFrom(pass, x, nn.RecurrentState{}) }, "nil or zero *nn.Recurrent"},
			{func() { gru.ForwardFrom(pass, times, nn.RecurrentState{H: x}) }, "the state's H has shape (2,1), x asks for (1,2,3)"},
			{func() { gru.ForwardFrom(pass, times, nn.RecurrentState{C: x}) }, "the state has a C of shape (2,1): only an LSTM has cells"},
			{func() { gru.ForwardFrom(pass, times, nn.RecurrentState{H: graph.New().Const(1)}) }, "belongs to another graph"},
			{func() { lstm.ForwardFrom(pass, times, nn.RecurrentState{C: x}) }, "the state's C has shape (2,1), x asks for (1,2,3)"},
			{func() { lstm.ForwardFrom(pass, times, nn.RecurrentState{}) }, harmless},
		},
		"Recurrent.Step":   {{func() { (*nn.Recurrent)(nil).Step(pass, x, nn.RecurrentState{}) }, "nil or zero *nn.Recurrent"}, {func() { gru.Step(pass, times, nn.RecurrentState{}) }, "x has shape (2,4,2): give x the shape (rows, 2)"}},
		"Recurrent.Params": {{func() { (*nn.Recurrent)(nil).Params() }, "nil or zero *nn.Recurrent"}},
		"Recurrent.String": {{func() { _ = (*nn.Recurrent)(nil).String() }, "nil or zero *nn.Recurrent"}, {func() { _ = gru.String() }, harmless}},
		"RNNCell":          {{func() { nn.RNNCell(nil, 1, 1) }, "nil or zero *rand.Rand"}, {func() { nn.RNNCell(newRand(1), 1, 1, nn.Layers(2)) }, "there is no nn.Layers here"}},
		"GRUCell":          {{func() { nn.GRUCell(nil, 1, 1) }, "nil or zero *rand.Rand"}},
		"LSTMCell":         {{func() { nn.LSTMCell(nil, 1, 1) }, "nil or zero *rand.Rand"}},
		"Cell.Forward":     {{func() { (*nn.Cell)(nil).Forward(pass, x) }, "nil or zero *nn.Cell"}, {func() { new(nn.Cell).Forward(pass, x) }, "nil or zero *nn.Cell"}, {func() { cell.Forward(pass, x) }, `layer "weight_ih" takes 2 numbers at each time, x has shape (2,1): give x the shape (rows, 2)`}},
		"Cell.Step":        {{func() { (*nn.Cell)(nil).Step(pass, x, nn.RecurrentState{}) }, "nil or zero *nn.Cell"}, {func() { cell.Step(pass, ops.Reshape(x, 1, 2), nn.RecurrentState{H: x}) }, "the state's H has shape (2,1), x asks for (1,3)"}},
		"Cell.Params":      {{func() { (*nn.Cell)(nil).Params() }, "nil or zero *nn.Cell"}},
		"Cell.String":      {{func() { _ = (*nn.Cell)(nil).String() }, "nil or zero *nn.Cell"}, {func() { _ = cell.String() }, harmless}},
		"Layers":           {{func() { nn.Layers(0) }, "0 layers: want 1 or more"}, {func() { nn.Layers(math.MaxInt) }, "layers: want at most 1000"}},
		"WithDropout":      {{func() { nn.WithDropout(nil) }, "option 1 is nil"}, {func() { nn.WithDropout() }, harmless}},
		"WithActivation":   {{func() { nn.WithActivation(nil) }, "got a nil function"}},
		"MultiHeadAttention": {
			{func() { nn.MultiHeadAttention(nil, 4, 2) }, "nil or zero *rand.Rand"}, {func() { nn.MultiHeadAttention(newRand(1), 4, 3) }, "4 numbers and 3 heads"}, {func() { nn.MultiHeadAttention(newRand(1), 4, 0) }, "4 numbers and 0 heads"},
			{func() { nn.MultiHeadAttention(newRand(1), 4, 2, nn.NormFirst()) }, "there is no nn.NormFirst here"},
		},
		"Attention.Forward": {
			{func() { (*nn.Attention)(nil).Forward(pass, x) }, "nil or zero *nn.Attention"}, {func() { new(nn.Attention).Forward(pass, x) }, "nil or zero *nn.Attention"}, {func() { attention.Forward(pass, graph.Value{}) }, "zero graph.Value"},
			{func() { attention.Forward(pass, x) }, `layer "in_proj_weight" takes vectors of 2 numbers, x has shape (2,1): give x the shape (rows, time, 2)`},
		},
		"Attention.Attend": {
			{func() { (*nn.Attention)(nil).Attend(pass, x, x, x, nn.AttentionMask{}) }, "nil or zero *nn.Attention"},
			{func() { attention.Attend(pass, times, times, graph.Value{}, nn.AttentionMask{}) }, "zero graph.Value"},
			{func() { attention.Attend(pass, times, x, x, nn.AttentionMask{}) }, "the queries have shape (2,4,2), keys (2,1) and values (2,1)"},
			{func() { attention.Attend(pass, times, times, ops.Slice(times, 1, 0, 3), nn.AttentionMask{}) }, "the queries have shape (2,4,2), keys (2,4,2) and values (2,3,2)"},
			{func() { attention.Attend(pass, times, times, times, nn.AttentionMask{Keys: x}) }, "AttentionMask.Keys has shape (2,1), there are 2 rows of 4 keys: give (2, 4)"},
			{func() { attention.Attend(pass, times, times, times, nn.AttentionMask{Pairs: x}) }, "AttentionMask.Pairs has shape (2,1), there are 2 rows of 4 queries and 4 keys"},
		},
		"Attention.Params":          {{func() { (*nn.Attention)(nil).Params() }, "nil or zero *nn.Attention"}},
		"Attention.String":          {{func() { _ = (*nn.Attention)(nil).String() }, "nil or zero *nn.Attention"}, {func() { _ = attention.String() }, harmless}},
		"TransformerBlock":          {{func() { nn.TransformerBlock(nil, 4, 2, 8) }, "nil or zero *rand.Rand"}, {func() { nn.TransformerBlock(newRand(1), 4, 2, 0) }, "0 hidden nodes"}, {func() { nn.TransformerBlock(newRand(1), 4, 2, 3, nn.NoBias()) }, "there is no nn.NoBias here"}},
		"Transformer.Forward":       {{func() { (*nn.Transformer)(nil).Forward(pass, x) }, "nil or zero *nn.Transformer"}, {func() { block.Forward(pass, x) }, "takes vectors of 2 numbers, x has shape (2,1)"}, {func() { block.Forward(pass, graph.Value{}) }, "zero graph.Value"}},
		"Transformer.ForwardMasked": {{func() { (*nn.Transformer)(nil).ForwardMasked(pass, x, nn.AttentionMask{}) }, "nil or zero *nn.Transformer"}, {func() { block.ForwardMasked(pass, times, nn.AttentionMask{Keys: x}) }, "AttentionMask.Keys has shape (2,1)"}, {func() { block.ForwardMasked(pass, times, nn.AttentionMask{}) }, harmless}},
		"Transformer.Params":        {{func() { (*nn.Transformer)(nil).Params() }, "nil or zero *nn.Transformer"}},
		"Transformer.String":        {{func() { _ = (*nn.Transformer)(nil).String() }, "nil or zero *nn.Transformer"}, {func() { _ = block.String() }, harmless}},
		"Linear":                    {{func() { nn.Linear(nil, 1, 1) }, "nil or zero *rand.Rand"}, {func() { nn.Linear(&rand.Rand{}, 1, 1) }, "nil or zero *rand.Rand"}, {func() { nn.Linear(newRand(1), 1, 1, nn.NoBias(), nil) }, "option 2 is nil: leave it out"}},
		"Dropout":                   {{func() { nn.Dropout(nil) }, "option 1 is nil: leave it out"}, {func() { nn.Dropout(nn.Classic(), nil) }, "option 2 is nil: leave it out"}},
		"Sequential":                {{func() { nn.Sequential(nil) }, "layer 0 is nil"}, {func() { nn.Sequential() }, harmless}},
		"Named":                     {{func() { nn.Named("a", nil) }, `layer "a" is nil`}},
		"Func":                      {{func() { nn.Func(nil) }, "got a nil function"}},
		"To":                        {{func() { nn.To(nil, tensor.Float32) }, "got a nil model"}, {func() { nn.To(model, 9) }, "precision 9"}},
		"Weights":                   {{func() { nn.Weights() }, harmless}},
		"L1":                        {{func() { nn.L1(nil, 1, w) }, "got a nil graph"}},
		"L2":                        {{func() { nn.L2(nil, 1, w) }, "got a nil graph"}},
		"OnLabels": {
			{func() { nn.OnLabels(nil) }, "got a nil function"}, {func() { nn.OnLabels(nn.CrossEntropy)(x, nil) }, "got a nil *data.Batch"},
			{func() { nn.OnLabels(nn.CrossEntropy)(x, &data.Batch{}) }, "no labels"}, {func() { nn.OnLabels(nn.CrossEntropy)(graph.Value{}, labelled) }, "zero graph.Value"},
		},
		"OnTargets": {
			{func() { nn.OnTargets(nil) }, "got a nil function"}, {func() { mse(x, nil) }, "got a nil *data.Batch"},
			{func() { mse(x, &data.Batch{}) }, "no targets"}, {func() { mse(graph.Value{}, &data.Batch{T: y}) }, "zero graph.Value"},
		},
		"ArgMaxError": {
			{func() { nn.ArgMaxError(nil, labelled) }, "got a nil *tensor.Tensor"}, {func() { nn.ArgMaxError(y, nil) }, "got a nil *data.Batch"},
			{func() { nn.ArgMaxError(&tensor.Tensor{}, labelled) }, "want the shape"}, {func() { nn.ArgMaxError(y, &data.Batch{}) }, "want the shape"},
		},
		"ThresholdError": {
			{func() { nn.ThresholdError(0)(nil, labelled) }, "got a nil *tensor.Tensor"}, {func() { nn.ThresholdError(0)(y, nil) }, "got a nil *data.Batch"},
			{func() { nn.ThresholdError(0)(&tensor.Tensor{}, labelled) }, "want one number"}, {func() { nn.ThresholdError(0)(y, &data.Batch{Rows: []int{0, 1}, Labels: []int{1}}) }, "want one number"},
		},
		"Accuracy": {
			{func() { nn.Accuracy(nil, labelled) }, "got a nil *tensor.Tensor"}, {func() { nn.Accuracy(y, nil) }, "got a nil *data.Batch"},
			{func() { nn.Accuracy(&tensor.Tensor{}, labelled) }, "want the shape"}, {func() { nn.Accuracy(y, &data.Batch{}) }, "want the shape"},
		},
		"ArgMax":    {{func() { nn.ArgMax(nil) }, "got a nil *tensor.Tensor"}, {func() { nn.ArgMax(&tensor.Tensor{}) }, "want (rows, classes)"}},
		"Threshold": {{func() { nn.Threshold(nil, 0) }, "got a nil *tensor.Tensor"}, {func() { nn.Threshold(&tensor.Tensor{}, 0) }, "want one number"}},
		"R2": {
			{func() { nn.R2(nil, y) }, "got a nil *tensor.Tensor"}, {func() { nn.R2(y, nil) }, "got a nil *tensor.Tensor"},
			{func() { nn.R2(&tensor.Tensor{}, &tensor.Tensor{}) }, "want the same shape"},
		},
		"Predict": {
			{predict(nil, set), "got a nil model"}, {predict(model, nil), "no features"}, {predict(model, &data.Set{}), "no features"}, {predict(model, set), harmless},
		},
		"Evaluate": {
			{evaluate(nil, set, mse), "got a nil model"}, {evaluate(model, nil, mse), "no features"}, {evaluate(model, &data.Set{}, mse), "no features"},
			{evaluate(model, set, nil), "got a nil model or loss"}, {evaluate(model, set, mse), harmless},
		},
		"Fit": {
			{fitModel(noContext, model, set), "got a nil context"}, {fitModel(context.Background(), nil, set), "got a nil model"},
			{fitModel(context.Background(), model, nil), "no features"}, {fitModel(context.Background(), model, &data.Set{}), "no features"},
			{fit(func(c *nn.FitConfig) { c.Loss = nil }), "FitConfig.Loss"}, {fit(func(c *nn.FitConfig) { c.Optimizer = nil }), "FitConfig.Optimizer"},
			{fit(func(c *nn.FitConfig) { c.Optimizer = &nn.SGD{} }), "nil or zero *nn.SGD"}, {fit(func(c *nn.FitConfig) { c.Optimizer = (*nn.Adam)(nil) }), "nil or zero *nn.Adam"},
			{fit(func(c *nn.FitConfig) { c.Rand = nil }), "FitConfig.Rand"}, {fit(func(c *nn.FitConfig) { c.Rand = &rand.Rand{} }), "FitConfig.Rand"},
			{fit(func(c *nn.FitConfig) { c.Validation = &data.Set{} }), "no features"}, {fit(func(c *nn.FitConfig) { c.Metric = nil }), harmless},
		},
		"Init.Draw":     {{func() { nn.Init{}.Draw(newRand(1), 1, 1, 2) }, "got the zero Init"}, {func() { nn.HeNormal().Draw(nil, 1, 1, 2) }, "nil or zero *rand.Rand"}, {func() { nn.HeNormal().Draw(newRand(1), 0, 1, 2) }, "0 inputs and 1 outputs"}},
		"WithInit":      {{func() { nn.WithInit(nn.Init{}) }, "got the zero Init"}},
		"Param.Trained": {{func() { (*nn.Param)(nil).Trained() }, "got a nil *nn.Param"}, {func() { (&nn.Param{}).Trained() }, "has no numbers"}, {func() { w.Trained() }, harmless}},
		"Param.Bind":    {{func() { (*nn.Param)(nil).Bind(g) }, "got a nil *nn.Param"}, {func() { (&nn.Param{}).Bind(g) }, "has no numbers"}, {func() { w.Bind(nil) }, "got a nil graph"}},
		"Pass.Update": {
			{func() { pass.Update(nil, x, 1) }, "got a nil *nn.Param"}, {func() { pass.Update(w, x, 1) }, "is of kind undeclared"}, {func() { pass.Update(state, graph.Value{}, 1) }, "zero graph.Value"},
			{func() { pass.Update(state, x, 1) }, "has shape (1), what is to update it (2,1)"}, {func() { pass.Update(state, ops.Reshape(ops.Sum(x), 1), 1.5) }, "share = 1.5: want 0 ≤ share ≤ 1"}, {func() { nn.Eval().Update(state, ops.Reshape(ops.Sum(x), 1), 1) }, harmless},
		},
		"Pass.Count":     {{func() { pass.Count(nil) }, "got a nil *nn.Param"}, {func() { pass.Count(state) }, "is of kind state and shape (1)"}},
		"Pass.Watch":     {{func() { pass.Watch(nil) }, "got a nil function"}},
		"Pass.Into":      {{func() { pass.Into(nil) }, "got a nil *nn.Updates"}},
		"Updates.Commit": {{func() { (*nn.Updates)(nil).Commit() }, "got a nil *nn.Updates"}, {func() { new(nn.Updates).Commit() }, harmless}},
		"Updates.Drop":   {{func() { (*nn.Updates)(nil).Drop() }, "got a nil *nn.Updates"}, {func() { new(nn.Updates).Drop() }, harmless}},
		"RecordForward": {
			{func() { _, err := nn.RecordForward(nil, model, y); try(err) }, "the graph is nil"},
			{func() { _, err := nn.RecordForward(graph.New(graph.Traced()), nil, y); try(err) }, "got a nil model"},
			{func() { _, err := nn.RecordForward(graph.New(graph.Traced()), model, nil); try(err) }, "the batch is nil"},
		},
		"RecordStep": {
			{func() { _, err := nn.RecordStep(nil, model, y, y, nn.StepConfig{}); try(err) }, "the graph is nil"},
			{func() { _, err := nn.RecordStep(graph.New(graph.Traced()), model, y, y, nn.StepConfig{}); try(err) }, "StepConfig.Loss is missing"},
			{func() {
				_, err := nn.RecordStep(graph.New(graph.Traced()), nil, y, y, nn.StepConfig{Loss: nn.MSE, Optimizer: nn.NewAdam(nn.AdamConfig{})})
				try(err)
			}, "got a nil model"},
		},
		"NewGradients":        {{func() { nn.NewGradients() }, harmless}},
		"Gradients.Add":       {{func() { (*nn.Gradients)(nil).Add(sweep) }, "nil *nn.Gradients"}, {func() { acc.Add(autograd.Gradients{}) }, "zero Gradients"}, {func() { (&nn.Gradients{}).Add(sweep) }, harmless}},
		"Gradients.Scale":     {{func() { (*nn.Gradients)(nil).Scale(1) }, "nil *nn.Gradients"}, {func() { (&nn.Gradients{}).Scale(1) }, harmless}},
		"Gradients.ClipNorm":  {{func() { (*nn.Gradients)(nil).ClipNorm(1) }, "nil *nn.Gradients"}, {func() { (&nn.Gradients{}).ClipNorm(1) }, harmless}},
		"Gradients.ClipValue": {{func() { (*nn.Gradients)(nil).ClipValue(1) }, "nil *nn.Gradients"}, {func() { (&nn.Gradients{}).ClipValue(1) }, harmless}},
		"Gradients.Zero":      {{func() { (*nn.Gradients)(nil).Zero() }, "nil *nn.Gradients"}, {func() { (&nn.Gradients{}).Zero() }, harmless}},
	}
	optimizers := map[string]map[string]keeper{
		"SGD":     {"made": nn.NewSGD(nn.SGDConfig{LR: 0.1}), "nil": (*nn.SGD)(nil), "zero": &nn.SGD{}},
		"Adam":    {"made": nn.NewAdam(nn.AdamConfig{}), "nil": (*nn.Adam)(nil), "zero": &nn.Adam{}},
		"Adagrad": {"made": nn.NewAdagrad(nn.AdagradConfig{}), "nil": (*nn.Adagrad)(nil), "zero": &nn.Adagrad{}},
		"RMSProp": {"made": nn.NewRMSProp(nn.RMSPropConfig{}), "nil": (*nn.RMSProp)(nil), "zero": &nn.RMSProp{}},
		"Lion":    {"made": nn.NewLion(nn.LionConfig{}), "nil": (*nn.Lion)(nil), "zero": &nn.Lion{}},
		"Groups":  {"made": nn.NewGroups(nn.Group{Params: []*nn.Param{w}, Optimizer: nn.NewAdam(nn.AdamConfig{})}), "nil": (*nn.Groups)(nil), "zero": &nn.Groups{}},
	}
	for name, o := range optimizers {
		full, empty := "*nn."+name, o["made"].State(nil)
		calls[name+".Step"] = []call{
			{func() { try(o["nil"].Step([]*nn.Param{w}, sweep)) }, "nil or zero " + full}, {func() { try(o["zero"].Step([]*nn.Param{w}, sweep)) }, "nil or zero " + full},
			{func() { try(o["made"].Step([]*nn.Param{w}, autograd.Gradients{})) }, "zero Gradients"}, {func() { try(o["made"].Step(nil, sweep)) }, harmless},
		}
		calls[name+".Apply"] = []call{
			{func() { try(o["nil"].Apply(acc)) }, "nil or zero " + full}, {func() { try(o["zero"].Apply(acc)) }, "nil or zero " + full},
			{func() { try(o["made"].Apply(nil)) }, "nil *nn.Gradients"}, {func() { try(o["made"].Apply(&nn.Gradients{})) }, harmless},
		}
		calls[name+".LR"] = []call{{func() { o["nil"].LR() }, "nil or zero " + full}, {func() { o["zero"].LR() }, "nil or zero " + full}, {func() { o["made"].LR() }, harmless}}
		calls[name+".SetLR"] = []call{{func() { o["nil"].SetLR(1) }, "nil or zero " + full}, {func() { o["zero"].SetLR(1) }, "nil or zero " + full}, {func() { o["made"].SetLR(1) }, harmless}}
		calls[name+".State"] = []call{{func() { o["nil"].State(nil) }, "nil or zero " + full}, {func() { o["zero"].State(nil) }, "nil or zero " + full}, {func() { o["made"].State(nil) }, harmless}}
		calls[name+".SetState"] = []call{
			{func() { try(o["nil"].SetState(nil, empty)) }, "nil or zero " + full}, {func() { try(o["zero"].SetState(nil, empty)) }, "nil or zero " + full}, {func() { try(o["made"].SetState(nil, empty)) }, harmless},
		}
	}
	maps.Copy(calls, scheduleCalls())
	maps.Copy(calls, emaCalls())
	maps.Copy(calls, lbfgsCalls(try))
	maps.Copy(calls, fileCalls(model))
	maps.Copy(calls, layerCalls(try))
	for name, method := range map[string]func(m *nn.ConfusionMatrix){
		"Add": func(m *nn.ConfusionMatrix) { m.Add(nil, nil) }, "Classes": func(m *nn.ConfusionMatrix) { m.Classes() }, "Rows": func(m *nn.ConfusionMatrix) { m.Rows() },
		"At": func(m *nn.ConfusionMatrix) { m.At(0, 0) }, "Accuracy": func(m *nn.ConfusionMatrix) { m.Accuracy() }, "Precision": func(m *nn.ConfusionMatrix) { m.Precision(0) },
		"Recall": func(m *nn.ConfusionMatrix) { m.Recall(0) }, "F1": func(m *nn.ConfusionMatrix) { m.F1(0) }, "Macro": func(m *nn.ConfusionMatrix) { m.Macro() },
		"Weighted": func(m *nn.ConfusionMatrix) { m.Weighted() }, "Micro": func(m *nn.ConfusionMatrix) { m.Micro() }, "String": func(m *nn.ConfusionMatrix) { _ = m.String() },
	} {
		for _, m := range []*nn.ConfusionMatrix{nil, {}} {
			full := "ConfusionMatrix." + name
			calls[full] = append(calls[full], call{func() { method(m) }, "nil or zero *nn.ConfusionMatrix"})
		}
	}
	for kind, p := range bad {
		want := "has no numbers"
		if p == nil {
			want = "got a nil *nn.Param"
		}
		layer := broken{[]*nn.Param{w, p}}
		for name, f := range map[string]func(){
			"Weights":      func() { nn.Weights(w, p) },
			"L1":           func() { nn.L1(g, 1, w, p) },
			"L2":           func() { nn.L2(g, 1, w, p) },
			"NewGradients": func() { nn.NewGradients(w, p) },
			"To":           func() { nn.To(layer, tensor.Float32) },
			"Sequential":   func() { nn.Sequential(layer) },
			"Named":        func() { nn.Named(kind, layer) },
			"Save":         func() { try(nn.Save(io.Discard, layer)) },
			"SaveFile":     func() { try(nn.SaveFile("", layer)) },
			"Load":         func() { try(nn.Load(strings.NewReader(""), layer)) },
			"Evaluate":     evaluate(layer, set, mse),
			"Predict":      predict(layer, set),
			"Residual":     func() { nn.Residual(layer) },
			"Summary":      func() { try(nn.Summary(io.Discard, layer, 1)) },
			"Fit":          fitModel(context.Background(), layer, set),
		} {
			calls[name] = append(calls[name], call{f, want})
		}
		for name, o := range optimizers {
			list := []*nn.Param{w, p}
			calls[name+".Step"] = append(calls[name+".Step"], call{func() { try(o["made"].Step(list, sweep)) }, want})
			calls[name+".State"] = append(calls[name+".State"], call{func() { o["made"].State(list) }, want})
			calls[name+".SetState"] = append(calls[name+".SetState"], call{func() { try(o["made"].SetState(list, nn.OptimizerState{})) }, want})
		}
	}
	for _, f := range testkit.Exported(t, 30) {
		// The methods of errors are called on errors that there are.
		if f.TakesNil("Layer", "Loss", "Metric", "Optimizer", "Schedule", "LayerOption", "DropoutOption", "FileOption", "io.Reader", "io.Writer", "context.Context") && !strings.Contains(f.Name, "Error.") && calls[f.Name] == nil {
			t.Errorf("no call of %s: say what it does with nil", f.Name)
		}
	}
	for name, list := range calls {
		for i, c := range list {
			returned = nil
			err := graph.Try(c.f)
			if err == nil {
				err = returned
			}
			var misuse *graph.Error
			switch {
			case c.want == harmless && err != nil:
				t.Errorf("%s, call %d: got error %v, want none", name, i, err)
			case c.want != harmless && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%s, call %d: got error %v, want one with %q", name, i, err, c.want)
			case c.want != harmless && c.want != "no features" && !errors.As(err, &misuse):
				t.Errorf("%s, call %d: error is a %T, want a *graph.Error", name, i, err)
			}
		}
	}
	if v := w.Data.At(0); v != 0 {
		t.Errorf("a call that failed has changed w to %v", v)
	}
}
