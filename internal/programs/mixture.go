package programs

import (
	"math"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

// The log density of a Gaussian mixture at one point, a term of the objective in ADBench: with weights softmax(α), means
// μₖ and lower triangular factors Qₖ of the inverses of the covariances, which have exp(q) on their diagonals,
//
//	ln Σₖ exp(αₖ + Σ qₖ - ½·|Qₖ(x - μₖ)|²) - ln Σₖ exp(αₖ) - (d/2)·ln 2π
//
// The leaves are the point x, then for each component α, μ, q, and the entries of Q below the diagonal.
const (
	mixtureComponents = 5
	mixtureDimension  = 2
	mixtureLeaves     = mixtureDimension + mixtureComponents*componentLeaves
	componentLeaves   = 1 + 2*mixtureDimension + mixtureDimension*(mixtureDimension-1)/2
)

func mixturePoint() []float64 {
	at := make([]float64, mixtureLeaves)
	for i := range at {
		at[i] = float64((i*7919+37)%200-100) / 100
	}
	return at
}

func mixtureTape(g *graph.Graph, leaves []graph.Value, at []float64) ([]graph.Value, graph.Value) {
	leaves = g.AppendVars(leaves, at)
	p := leaves[len(leaves)-len(at):]
	x, p := p[:mixtureDimension], p[mixtureDimension:]
	var alpha, term [mixtureComponents]graph.Value
	for k := range term {
		a, mu, q, below := componentParts(p[k*componentLeaves:][:componentLeaves])
		alpha[k] = a
		logDet, square := q[0], graph.Value{}
		for _, v := range q[1:] {
			logDet = ops.Add(logDet, v)
		}
		var c [mixtureDimension]graph.Value
		for i := range c {
			c[i] = ops.Sub(x[i], mu[i])
			z := ops.Mul(ops.Exp(q[i]), c[i])
			for j := range i {
				z = ops.Add(z, ops.Mul(below[i*(i-1)/2+j], c[j]))
			}
			if z = ops.Square(z); i == 0 {
				square = z
			} else {
				square = ops.Add(square, z)
			}
		}
		term[k] = ops.Sub(ops.Add(a, logDet), ops.MulScalar(square, 0.5))
	}
	return leaves, ops.AddScalar(ops.Sub(logSumExp(term[:]), logSumExp(alpha[:])), mixtureConstant)
}

const mixtureConstant = -mixtureDimension / 2. * 1.8378770664093454836 // ln 2π

// componentParts returns the parts of a component's leaves.
func componentParts[T any](p []T) (alpha T, mu, q, below []T) {
	return p[0], p[1:][:mixtureDimension], p[1+mixtureDimension:][:mixtureDimension], p[1+2*mixtureDimension:]
}

// logSumExp returns ln Σ exp(x). The largest x, which is taken out of the sum, cancels in the derivative.
func logSumExp(xs []graph.Value) graph.Value {
	top := xs[0]
	for _, x := range xs[1:] {
		top = ops.Maximum(top, x)
	}
	top = ops.StopGradient(top)
	sum := ops.Exp(ops.Sub(xs[0], top))
	for _, x := range xs[1:] {
		sum = ops.Add(sum, ops.Exp(ops.Sub(x, top)))
	}
	return ops.Add(top, ops.Log(sum))
}

func logSumExpPlain(xs []float64) float64 {
	top := xs[0]
	for _, x := range xs[1:] {
		top = max(top, x)
	}
	sum := 0.0
	for _, x := range xs {
		sum += math.Exp(x - top)
	}
	return top + math.Log(sum)
}

func mixturePlain(p []float64) float64 {
	x, p := p[:mixtureDimension], p[mixtureDimension:]
	var alpha, term [mixtureComponents]float64
	for k := range term {
		a, mu, q, below := componentParts(p[k*componentLeaves:][:componentLeaves])
		alpha[k] = a
		logDet, square := 0.0, 0.0
		var c [mixtureDimension]float64
		for i := range c {
			logDet += q[i]
			c[i] = x[i] - mu[i]
			z := float64(math.Exp(q[i]) * c[i])
			for j := range i {
				z += float64(below[i*(i-1)/2+j] * c[j])
			}
			square += float64(z * z)
		}
		term[k] = a + logDet - float64(0.5*square)
	}
	return logSumExpPlain(term[:]) - logSumExpPlain(alpha[:]) + mixtureConstant
}

func mixtureDerivative(p, grad []float64) float64 {
	x, p := p[:mixtureDimension], p[mixtureDimension:]
	dx, grad := grad[:mixtureDimension], grad[mixtureDimension:]
	var alpha, term [mixtureComponents]float64
	var c, z, e [mixtureComponents][mixtureDimension]float64
	for k := range term {
		a, mu, q, below := componentParts(p[k*componentLeaves:][:componentLeaves])
		alpha[k] = a
		logDet, square := 0.0, 0.0
		for i := range mixtureDimension {
			logDet += q[i]
			c[k][i] = x[i] - mu[i]
			e[k][i] = math.Exp(q[i])
			sum := e[k][i] * c[k][i]
			for j := range i {
				sum += below[i*(i-1)/2+j] * c[k][j]
			}
			z[k][i] = sum
			square += sum * sum
		}
		term[k] = a + logDet - 0.5*square
	}
	y := softmax(&term) - softmax(&alpha) + mixtureConstant

	clear(dx)
	for k, w := range term { // w is the share of the component, the derivative by its term
		_, dmu, dq, dbelow := componentParts(grad[k*componentLeaves:][:componentLeaves])
		_, _, _, below := componentParts(p[k*componentLeaves:][:componentLeaves])
		grad[k*componentLeaves] = w - alpha[k]
		var dc [mixtureDimension]float64
		for i := range dc {
			dz := -w * z[k][i]
			dq[i] = w + dz*e[k][i]*c[k][i]
			dc[i] += dz * e[k][i]
			for j := range i {
				dbelow[i*(i-1)/2+j] = dz * c[k][j]
				dc[j] += dz * below[i*(i-1)/2+j]
			}
		}
		for i, d := range dc {
			dmu[i] = -d
			dx[i] += d
		}
	}
	return y
}

// softmax returns ln Σ exp(x) and puts its derivatives in the place of x.
func softmax(x *[mixtureComponents]float64) float64 {
	top := x[0]
	for _, v := range x[1:] {
		top = max(top, v)
	}
	sum := 0.0
	for i, v := range x {
		x[i] = math.Exp(v - top)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
	return top + math.Log(sum)
}
