package main

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// A forecast is the normal distribution that is predicted for a patient, and what really happened, in the units of the
// data.
type forecast struct{ mu, sigma, truth float64 }

// margin returns how many σ on both sides of μ contain a share of a normal distribution: 1.645 for 0.9.
func margin(share float64) float64 { return math.Sqrt2 * math.Erfinv(share) }

// covers reports whether the interval for a share contains the truth.
func (f forecast) covers(share float64) bool {
	return math.Abs(f.truth-f.mu) <= margin(share)*f.sigma
}

// mix returns the forecasts of some models for a set: mean and variance of the mixture of their distributions,
//
//	μ = mean(μᵢ)        σ² = mean(σᵢ²) + mean((μᵢ-μ)²)
//
// where the second term is what the models disagree about. scale brings the outputs back to the units of the targets.
func mix(models []nn.Layer, set *data.Set, scale data.Scaler) ([]forecast, error) {
	n := float64(len(models))
	outputs := make([]*tensor.Tensor, len(models))
	for m, model := range models {
		var err error
		if outputs[m], err = nn.Predict(model, set); err != nil {
			return nil, err
		}
	}
	center, unit := scale.Mean[0], scale.Deviation[0]
	forecasts := make([]forecast, set.Len())
	for i := range forecasts {
		var mu, variance float64
		for _, y := range outputs {
			mu += y.At(i, 0) / n
		}
		for _, y := range outputs {
			d := y.At(i, 0) - mu
			variance += (math.Exp(y.At(i, 1)) + d*d) / n
		}
		forecasts[i] = forecast{center + unit*mu, unit * math.Sqrt(variance), center + unit*set.T.At(i, 0)}
	}
	return forecasts, nil
}

// crossValidate returns a forecast for each patient, made by models that were trained on the folds without them.
func (m method) crossValidate(ctx context.Context, patients *data.Set, seed uint64) ([]forecast, error) {
	var all []forecast
	rng := rand.New(rand.NewPCG(seed, 1))
	for train, test := range patients.KFold(rand.New(rand.NewPCG(seed, 0)), 5) { // the same folds for each method
		data.Standardize(train, test) // by the training rows, as nothing about the others may be known
		scale := data.Standardize(&data.Set{X: train.T}, &data.Set{X: test.T})
		models, err := m.fit(ctx, rng, train)
		if err != nil {
			return nil, err
		}
		forecasts, err := mix(models, test, scale)
		if err != nil {
			return nil, err
		}
		all = append(all, forecasts...)
	}
	return all, nil
}

// The intervals that are looked at should contain these shares of what happens. One of them is looked at closely.
var shares = []float64{0.5, 0.68, 0.8, nominal, 0.95}

const nominal = 0.9

// groups is the number of groups of patients, by what is predicted for them.
const groups = 4

// A score says how good forecasts are.
type score struct {
	rmse, r2 float64
	logScore float64             // mean of -ln N(truth; μ, σ²): small if forecasts are sharp, and right
	width    float64             // of the nominal intervals, on average
	covered  map[float64]float64 // by share: the part of the intervals that contains the truth
	group    [groups]struct {
		covered float64 // the part of the nominal intervals that contains the truth
		rmse    float64 // what the errors really are
		sigma   float64 // what they are said to be: the root of the mean σ²
	}
}

// judge returns the score of forecasts.
func judge(forecasts []forecast) score {
	n := len(forecasts)
	s := score{covered: map[float64]float64{}}
	y, t := tensor.New(tensor.Float64, n), tensor.New(tensor.Float64, n)
	for i, f := range forecasts {
		y.SetAt(f.mu, i)
		t.SetAt(f.truth, i)
		z := (f.truth - f.mu) / f.sigma
		s.logScore += (math.Log(f.sigma) + z*z/2 + math.Log(2*math.Pi)/2) / float64(n)
		s.width += 2 * margin(nominal) * f.sigma / float64(n)
	}
	s.r2, s.rmse = nn.R2(y, t), rmse(forecasts)
	for _, p := range shares {
		s.covered[p] = coverage(forecasts, p)
	}
	sorted := byMean(forecasts)
	for k := range s.group {
		part := sorted[k*n/groups : (k+1)*n/groups]
		var variance float64
		for _, f := range part {
			variance += f.sigma * f.sigma / float64(len(part))
		}
		g := &s.group[k]
		g.covered, g.rmse, g.sigma = coverage(part, nominal), rmse(part), math.Sqrt(variance)
	}
	return s
}

// byMean returns the forecasts in the order of what is predicted.
func byMean(forecasts []forecast) []forecast {
	return slices.SortedFunc(slices.Values(forecasts), func(a, b forecast) int { return cmp.Compare(a.mu, b.mu) })
}

// rmse returns the root of the mean squared error.
func rmse(forecasts []forecast) float64 {
	var sum float64
	for _, f := range forecasts {
		sum += (f.truth - f.mu) * (f.truth - f.mu)
	}
	return math.Sqrt(sum / float64(len(forecasts)))
}

// coverage returns the part of the intervals for a share that contains the truth.
func coverage(forecasts []forecast, share float64) float64 {
	n := 0
	for _, f := range forecasts {
		if f.covers(share) {
			n++
		}
	}
	return float64(n) / float64(len(forecasts))
}
