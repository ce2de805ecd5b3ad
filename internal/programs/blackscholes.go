package programs

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// The price of a European call by Black and Scholes (1973). Its leaves are the spot price, the strike price, the
// volatility, the interest rate and the time to maturity; its derivatives are the Greeks delta, dual delta, vega, rho,
// and -theta.

func blackScholesTape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	leaves = g.AppendVars(leaves, at)
	p := leaves[len(leaves)-len(at):]
	spot, strike, volatility, rate, maturity := p[0], p[1], p[2], p[3], p[4]
	spread := ops.Mul(volatility, ops.Sqrt(maturity))
	drift := ops.Mul(ops.Add(rate, ops.MulScalar(ops.Square(volatility), 0.5)), maturity)
	d1 := ops.Div(ops.Add(ops.Log(ops.Div(spot, strike)), drift), spread)
	d2 := ops.Sub(d1, spread)
	discounted := ops.Mul(strike, ops.Exp(ops.Neg(ops.Mul(rate, maturity))))
	return leaves, ops.Sub(ops.Mul(spot, normal(d1)), ops.Mul(discounted, normal(d2)))
}

// normal returns the standard normal distribution.
func normal(x graph.Value) graph.Value {
	return ops.MulScalar(ops.Erfc(ops.MulScalar(x, -1/math.Sqrt2)), 0.5)
}

func normalPlain(x float64) float64 { return 0.5 * math.Erfc(x*(-1/math.Sqrt2)) }

func blackScholesPlain(p []float64) float64 {
	spot, strike, volatility, rate, maturity := p[0], p[1], p[2], p[3], p[4]
	spread := volatility * math.Sqrt(maturity)
	drift := (rate + float64(0.5*(volatility*volatility))) * maturity
	d1 := (math.Log(spot/strike) + float64(drift)) / spread
	d2 := d1 - float64(spread)
	discounted := strike * math.Exp(-rate*maturity)
	return float64(spot*normalPlain(d1)) - float64(discounted*normalPlain(d2))
}

// blackScholesDerivative has the closed forms, in which spot·φ(d1) and the discounted strike·φ(d2) are one number.
func blackScholesDerivative(p, grad []float64) float64 {
	spot, strike, volatility, rate, maturity := p[0], p[1], p[2], p[3], p[4]
	root := math.Sqrt(maturity)
	spread := volatility * root
	d1 := (math.Log(spot/strike) + (rate+0.5*volatility*volatility)*maturity) / spread
	d2 := d1 - spread
	discount := math.Exp(-rate * maturity)
	n1, n2 := normalPlain(d1), normalPlain(d2)
	density := spot * math.Exp(-0.5*d1*d1) * (1 / math.Sqrt(2*math.Pi))
	grad[0] = n1
	grad[1] = -discount * n2
	grad[2] = density * root
	grad[3] = strike * maturity * discount * n2
	grad[4] = density*volatility/(2*root) + rate*strike*discount*n2
	return spot*n1 - strike*discount*n2
}
