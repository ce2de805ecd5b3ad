package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/autograd/program"
	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/ops"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// run records the step, trains in Go, and writes the files.
func (s *settings) run(ctx context.Context, stdout io.Writer) error {
	out := &command.Output{W: stdout}
	e, err := s.train(ctx, out)
	if err != nil {
		return err
	}
	if out.Err != nil {
		return out.Err
	}
	if err := e.write(); err != nil {
		return err
	}
	out.Printf("%s has step.mlir, step.json, init.safetensors, batches.safetensors and losses.json.\n", s.out)
	return out.Err
}

// train records the step, trains in Go, and returns what is to be written, with the model as it is after the last step.
func (s *settings) train(ctx context.Context, out *command.Output) (*export, error) {
	rng := newRand(s.seed)
	model, opt := s.build(rng), s.optimizer()
	p, err := s.problem(rng)
	if err != nil {
		return nil, err
	}
	out.Printf("%s %s with %d weights in %s, on %s, by %s with the rate %g.\n", s.model, s.widths, weightsOf(model), s.dtype, p.about, s.opt, opt.LR())
	batches := s.batches(p)
	f, err := s.record(model, opt, batches[0])
	switch {
	case errors.Is(err, graph.ErrLimit):
		return nil, command.Usagef("-batch %d and -widths %s: %v\ngive a smaller batch or smaller widths", s.batch, s.widths, err)
	case err != nil:
		return nil, err
	}
	e := &export{dir: s.out, model: model, batches: batches, seed: s.seed}
	if err := e.take(f); err != nil {
		return nil, err
	}
	for k, b := range batches {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("stopped in step %d of %d, %s is as it was: %w", k+1, s.steps, s.out, err)
		}
		rate := opt.LR()
		loss, err := s.step(model, opt, b, k)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", k+1, err)
		}
		e.losses, e.rates = append(e.losses, loss), append(e.rates, rate)
		if every := (s.steps + 9) / 10; k == 0 || (k+1)%every == 0 || k+1 == s.steps {
			out.Printf("step %*d: loss %.6f\n", len(fmt.Sprint(s.steps)), k+1, loss)
		}
	}
	return e, nil
}

// record returns the step as a function.
func (s *settings) record(model nn.Layer, opt nn.Optimizer, b pair) (*program.Function, error) {
	g := graph.New(graph.Traced(), graph.WithDType(s.dtype), graph.WithMemoryLimit(mostBytes))
	return nn.RecordStep(g, model, b.batch, b.label, nn.StepConfig{
		Loss: nn.CrossEntropyAt, Optimizer: opt, L2: s.l2, ClipNorm: s.clip,
	})
}

// step takes a step in Go, as everyone would: number k from 0 on. It returns the loss.
func (s *settings) step(model nn.Layer, opt nn.Optimizer, b pair, k int) (float64, error) {
	g := graph.New(graph.WithDType(s.dtype))
	var states nn.Updates
	pass := nn.TrainAt(g.Const(float64(s.seed)), g.Const(float64(k))).Into(&states)
	y := model.Forward(pass, g.BindConst(b.batch))
	loss := nn.CrossEntropyAt(y, g.BindConst(b.label))
	if s.l2 > 0 {
		loss = ops.Add(loss, nn.L2(g, s.l2, nn.Weights(model.Params()...)...))
	}
	if v := loss.Item(); math.IsNaN(v) || math.IsInf(v, 0) {
		return v, fmt.Errorf("the loss is %g: give a smaller -lr", v)
	}
	grads := nn.NewGradients(model.Params()...)
	grads.Add(autograd.Backward(loss))
	if s.clip > 0 {
		grads.ClipNorm(s.clip)
	}
	if err := opt.Apply(grads); err != nil {
		return 0, err
	}
	states.Commit()
	return loss.Item(), nil
}
