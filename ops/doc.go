// Package ops holds every operation that can be differentiated.
//
// An operation is one row of one table and one function beside it. The function, such as [Tanh], checks its operands
// and puts a node on the tape of their graph. The row, a [graph.Row], says everything else: what the operation computes,
// its derivative, where it has kinks and what it promises there. Tests, pictures, the reference below and the names
// that expressions know all read the rows.
//
//	g := graph.New()
//	x := g.VarTensor(tensor.Of([]float64{1, 2, 3}, 3))
//	y := ops.Sum(ops.Tanh(ops.MulScalar(x, 2)))
//	dy := autograd.Backward(y).Tensor(x)
//
// # Terms
//
//   - Element by element: the result at a place depends on the operands at that place only. Operands of different
//     shapes broadcast as in NumPy: shapes are aligned at the last axis, and an axis of length 1, or one that is
//     missing in front, is repeated.
//   - Reduction: the axes given disappear; if none is given, all do, and the result is a scalar. A negative axis counts
//     from the end.
//   - Cotangent of a value v: ∂l/∂v for the loss l, as far as it has come along one edge of the graph. The argument ct
//     of the rules.
//   - VJP, vector-Jacobian product: the rule that turns the cotangent of a result into the cotangent of an operand,
//     written as graph operations, so that a derivative can be differentiated again. Row.Backward, where there is one,
//     computes the same numbers without recording anything.
//   - Kink: a point at which an operation is not differentiable. What is returned there is a choice, and the row says
//     which.
//
// # Zero wins
//
// A cotangent of exactly 0 contributes 0, even where the local derivative is infinite or undefined. So a branch that
// [Where] did not take never turns a gradient into NaN: the derivative of where(x > 0, √x, x) at -1 is 1. In rules the
// product is [Chain], not [Mul].
//
// # Special values
//
// NaN and infinities are values, not errors. Operations return what IEEE 754 and C99 say; every function's comment lists
// its special cases and their derivatives. Outside an operation's domain value and derivative are NaN.
//
// A scalar is computed in float64 whatever the precision of its graph. Most elementwise functions of tensors are
// computed in float64 as well and rounded once.
//
// # A new operation
//
// Write its function and register its row, here in the file of its family or in any other package with "ops." before
// the names of this one:
//
//	var opSoftsign graph.Op
//
//	// Not in the declaration of opSoftsign: its row refers to Softsign, which refers to opSoftsign.
//	func init() {
//		opSoftsign = graph.Register(graph.Row{
//			Name: "softsign", Func: Softsign, Params: "x",
//			Doc:        "smooth sign",
//			Formula:    "x/(1+|x|)",
//			Derivative: "1/(1+|x|)²",
//			Value:      "where(isfinite(x), x/(1+abs(x)), sign(x))",
//			Slopes:     []string{"1/(1+abs(x))/(1+abs(x))"},
//			Unary: func(x float64) (y, dx float64) {
//				if math.IsInf(x, 0) {
//					return math.Copysign(1, x), 0
//				}
//				r := 1 / (1 + math.Abs(x))
//				return x / (1 + math.Abs(x)), r * r
//			},
//			VJP: func(n graph.Node, _ int, ct graph.Value) graph.Value {
//				return Chain(ct, Square(Reciprocal(AddScalar(Abs(n.Input(0)), 1))))
//			},
//			At: graph.Specials{
//				NaN:     graph.Point{Value: math.NaN(), Derivative: math.NaN()},
//				Inf:     graph.Point{Value: 1, Derivative: 0},
//				NegInf:  graph.Point{Value: -1, Derivative: 0},
//				Zero:    graph.Point{Value: 0, Derivative: 1},
//				NegZero: graph.Point{Value: math.Copysign(0, -1), Derivative: 1},
//			},
//			Source: "Bergstra, Desjardins, Lamblin and Bengio (2009)",
//		})
//	}
//
//	// Softsign returns x/(1+|x|), element by element.
//	func Softsign(x graph.Value) graph.Value { return graph.Unary(opSoftsign, x) }
//
// The row is registered in init: as the initializer of opSoftsign it would refer to itself by way of Softsign, which is
// an initialization cycle.
//
// Elementwise operations give the value and the derivatives as one Go function of numbers, Unary, UnaryParam or Binary,
// and a VJP; [graph.Register] makes the loops from that, and [graph.Unary], [graph.UnaryParam] and [graph.Binary] apply
// them. Others give Class, Forward and VJP, and sample calls in Row.Try. Optional are a Backward and a Forward of their
// own, Passes, Tangent, Moves, Selects, Kinks, Domain and Prepare, and outside of this package Value, Slopes and At.
//
// What a rule records depends on shapes, constant parameters and which operands want a gradient, never on the operands'
// numbers; it multiplies the cotangent with [Chain]. Row.Selects lists operands to which nothing at all is passed on where
// the derivative by them is 0, because they were not selected.
//
// Tests range over the table and check first and second derivatives, both precisions, that all forms of a derivative
// agree, special values and kinks. Package opstest does that for the row of any package.
//
// # Reference
//
// docs/operations.md has all columns. Here each operation as an expression calls it, its formula and its derivative:
//
//	-- generated from the table of operations; go test ./ops -run Reference -update --
//	-- arithmetic
//	add(a, b)                           a + b                               1, 1
//	sub(a, b)                           a - b                               1, -1
//	mul(a, b)                           a·b                                 b, a
//	div(a, b)                           a / b                               1/b, -a/b²
//	neg(x)                              -x                                  -1
//	add_scalar(x, c)                    x + c                               1
//	mul_scalar(x, c)                    c·x                                 c
//	abs(x)                              |x|                                 sign(x)
//	-- power
//	square(x)                           x²                                  2x
//	sqrt(x)                             √x                                  1/(2√x)
//	rsqrt(x)                            1/√x                                -1/(2x√x)
//	reciprocal(x)                       1/x                                 -1/x²
//	reciprocal_positive(x)              1/x                                 -1/x²
//	pow(x, y)                           xʸ                                  y·xʸ⁻¹, xʸ·ln x
//	pow_log(x, y, k)                    xʸ·(ln x)ᵏ                          y·xʸ⁻¹·(ln x)ᵏ + k·xʸ⁻¹·(ln x)ᵏ⁻¹, xʸ·(ln x)ᵏ⁺¹
//	pow_scalar(x, p)                    xᵖ                                  p·xᵖ⁻¹
//	-- exponential
//	exp(x)                              eˣ                                  eˣ
//	log(x)                              ln x                                1/x
//	expm1(x)                            eˣ - 1                              eˣ
//	log1p(x)                            ln(1+x)                             1/(1+x)
//	log2(x)                             log₂ x                              1/(x·ln 2)
//	log10(x)                            log₁₀ x                             1/(x·ln 10)
//	log_add_exp(a, b)                   ln(eᵃ + eᵇ)                         sigmoid(a-b), sigmoid(b-a)
//	-- trigonometric
//	sin(x)                              sin x                               cos x
//	cos(x)                              cos x                               -sin x
//	tan(x)                              tan x                               1 + tan² x
//	asin(x)                             arcsin x                            1/√((1-x)(1+x))
//	acos(x)                             arccos x                            -1/√((1-x)(1+x))
//	atan(x)                             arctan x                            1/(1+x²)
//	atan2(y, x)                         arg(x + iy)                         x/r², -y/r² with r = hypot(x, y)
//	hypot(a, b)                         √(a² + b²)                          a/y, b/y
//	-- hyperbolic
//	sinh(x)                             (eˣ - e⁻ˣ)/2                        cosh x
//	cosh(x)                             (eˣ + e⁻ˣ)/2                        sinh x
//	asinh(x)                            ln(x + √(x²+1))                     1/hypot(1, x)
//	acosh(x)                            ln(x + √(x²-1))                     1/(√(x-1)·√(x+1))
//	atanh(x)                            ln((1+x)/(1-x))/2                   1/((1-x)(1+x))
//	-- activation
//	sigmoid(x)                          1/(1+e⁻ˣ)                           y·(1-y)
//	tanh(x)                             tanh x                              1 - y²
//	relu(x)                             max(x, 0)                           1 for x > 0, else 0
//	softplus(x)                         ln(1+eˣ)                            sigmoid(x)
//	logsigmoid(x)                       -ln(1+e⁻ˣ)                          sigmoid(-x)
//	silu(x)                             x·sigmoid(x)                        s·(1 + x·(1-s)) with s = sigmoid(x)
//	leaky_relu(x, a)                    x for x > 0, else a·x               1 for x > 0, else a
//	elu(x, a)                           x for x > 0, else a·(eˣ-1)          1 for x > 0, else a·eˣ
//	softsign(x)                         x/(1+|x|)                           1/(1+|x|)²
//	gelu(x)                             x·Φ(x)                              Φ(x) + x·φ(x)
//	-- rounding
//	floor(x)                            ⌊x⌋                                 0
//	ceil(x)                             ⌈x⌉                                 0
//	round(x)                            round(x)                            0
//	trunc(x)                            sign(x)·⌊|x|⌋                       0
//	clamp(x, lo, hi)                    min(max(x, lo), hi)                 1 for lo ≤ x ≤ hi, else 0
//	sign(x)                             x/|x|                               0
//	-- compare
//	gt(a, b)                            a > b                               none
//	ge(a, b)                            a ≥ b                               none
//	lt(a, b)                            a < b                               none
//	le(a, b)                            a ≤ b                               none
//	eq(a, b)                            a = b                               none
//	ne(a, b)                            a ≠ b                               none
//	isnan(x)                            x ≠ x                               none
//	isfinite(x)                         |x| < ∞                             none
//	-- select
//	maximum(a, b)                       max(a, b)                           1 for the larger, ½ each where equal
//	minimum(a, b)                       min(a, b)                           1 for the smaller, ½ each where equal
//	where(cond, a, b)                   cond ? a : b                        1 for the branch taken, 0 for the other
//	-- erf
//	erf(x)                              2/√π·∫₀ˣ e^-t² dt                   2/√π·e^-x²
//	erfc(x)                             1 - erf x                           -2/√π·e^-x²
//	erfcx(x)                            e^x²·erfc x                         erfcx_derivative(1, x)
//	erfcx_derivative(n, x)              erfcx⁽ⁿ⁾(x)                         erfcx_derivative(n+1, x)
//	-- quantile
//	logit(x)                            ln(x/(1-x))                         1/(x·(1-x))
//	erfinv(x)                           erf⁻¹ x                             √π/2·e^y² = √π/2·erfcx|y|/(1-|x|)
//	erfcinv(x)                          erfc⁻¹ x                            -√π/2·e^y² = -√π/2·erfcx(y)/x
//	-- gamma
//	lgamma(x)                           ln |Γ(x)|                           digamma(x)
//	digamma(x)                          ψ(x) = Γ'(x)/Γ(x)                   polygamma(1, x)
//	polygamma(n, x)                     ψ⁽ⁿ⁾(x)                             polygamma(n+1, x)
//	-- beta
//	lbeta(a, b)                         ln B(a, b) = ln Γ(a) + ln Γ(b) - ln Γ(a+b) -digamma_difference(a, b), -digamma_difference(b, a)
//	digamma_difference(a, b)            ψ(a+b) - ψ(a)                       polygamma(1, a+b) - polygamma(1, a), polygamma(1, a+b)
//	-- sinc
//	sinc(x)                             sin(πx)/(πx)                        sinc_derivative(1, x)
//	sinc_derivative(n, x)               sinc⁽ⁿ⁾(x)                          sinc_derivative(n+1, x)
//	-- xlogy
//	xlogy(x, y)                         x·ln y                              ln y, x/y
//	xlog1py(x, y)                       x·ln(1+y)                           ln(1+y), x/(1+y)
//	entr(x)                             -x·ln x                             -ln x - 1
//	-- chain
//	chain(ct, d)                        ct·d                                d, ct
//	mul_zero_wins(a, b)                 a·b                                 b, a
//	-- reduction
//	sum(x, axes...)                     Σ x                                 1
//	mean(x, axes...)                    Σ x / n                             1/n
//	max(x, axes...)                     max x                               1 for the largest, split evenly among ties
//	min(x, axes...)                     min x                               1 for the smallest, split evenly among ties
//	logsumexp(x, axes...)               ln Σ eˣ                             softmax(x)
//	-- moments
//	center(x, axes...)                  x - Σ x / n                         δ - 1/n
//	variance(x, axes...)                Σ (x - x̄)² / n                     2(x - x̄)/n
//	std(x, axes...)                     √(Σ (x - x̄)² / n)                  (x - x̄)/(n·y)
//	variance_ddof(x, ddof, axes...)     Σ (x - x̄)² / (n - ddof)            2(x - x̄)/(n - ddof)
//	std_ddof(x, ddof, axes...)          √(Σ (x - x̄)² / (n - ddof))         (x - x̄)/((n - ddof)·y)
//	norm(x, axes...)                    √(Σ x²)                             x/y
//	pnorm(x, p, axes...)                (Σ |x|ᵖ)¹ᐟᵖ                         sign(x)·(|x|/y)ᵖ⁻¹
//	-- product
//	prod(x, axes...)                    Π x                                 product of the others
//	cumsum(x, axis)                     yₖ = x₁ + … + xₖ                    1 from an element on, 0 before
//	cumprod(x, axis)                    yₖ = x₁·…·xₖ                        product of the others up to k
//	-- softmax
//	softmax(x, axis)                    eˣ / Σ eˣ                           y·(δ - y)
//	safe_softmax(x, axis)               eˣ / Σ eˣ, 0 where Σ eˣ = 0         y·(δ - y)
//	log_softmax(x, axis)                x - ln Σ eˣ                         δ - softmax(x)
//	-- loss
//	mse(y, t)                           Σ (y-t)² / n                        2(y-t)/n, -2(y-t)/n
//	bce(p, t)                           -Σ [t·ln p + (1-t)·ln(1-p)] / n     ((1-t)/(1-p) - t/p)/n, (ln(1-p) - ln p)/n
//	bce_with_logits(z, t)               Σ [(1-t)·softplus(z) + t·softplus(-z)] / n (sigmoid(z) - t)/n, -z/n
//	cross_entropy(logits, labels...)    Σ [ln Σ e^z - z(label)] / rows      (softmax(z) - 1(label))/rows
//	cross_entropy_at(logits, labels)    Σ [ln Σ e^z - z(label)] / rows      (softmax(z) - 1(label))/rows, 0
//	soft_cross_entropy(logits, t)       Σ t·(ln Σ e^z - z) / rows           (softmax(z)·Σt - t)/rows, (ln Σ e^z - z)/rows
//	huber(y, t, delta)                  Σ s·(d - s/2) / n with d = y-t, s = clamp(d, -delta, delta) s/n, -s/n
//	kl_div(y, t)                        Σ t·(ln t - y) / n                  -t/n, (ln t + 1 - y)/n
//	-- normalization
//	layer_norm(x, gain, bias, eps)      (x - x̄)/√(σ² + eps)·gain + bias    (g - ḡ - x̂·mean(g·x̂))/√(σ² + eps) for g = ct·gain; ct·x̂; ct
//	rms_norm(x, gain, eps)              x/√(mean(x²) + eps)·gain            (g - x̂·mean(g·x̂))/√(mean(x²) + eps) for g = ct·gain; ct·x̂
//	batch_norm(x, gain, bias, eps)      (x - x̄)/√(σ² + eps)·gain + bias    (g - ḡ - x̂·mean(g·x̂))/√(σ² + eps) for g = ct·gain; Σ ct·x̂; Σ ct
//	-- matmul
//	matmul(a, b)                        a·b                                 ct·bᵀ, aᵀ·ct
//	-- linear
//	linear(x, w, b)                     x·w + b                             ct·wᵀ, xᵀ·ct, Σ ct
//	-- linalg
//	dot(a, b)                           Σ aᵢ·bᵢ                             b, a
//	outer(a, b)                         aᵢ·bⱼ                               ct·b, aᵀ·ct
//	trace(x)                            Σ xᵢᵢ                               1 on the diagonal, 0 elsewhere
//	diagonal(x)                         xᵢᵢ                                 1 on the diagonal, 0 elsewhere
//	diagonal_matrix(x)                  xᵢ·δᵢⱼ                              1
//	-- det
//	det(a)                              |a|                                 cofactor(a)
//	logdet(a)                           ln |a|                              a⁻ᵀ
//	cofactor(a)                         (-1)^(i+j)·|a without row i and column j|, |a|·a⁻ᵀ the cofactor's own derivative in the direction ct
//	-- cholesky
//	cholesky(a)                         l·lᵀ = (a + aᵀ)/2                   l⁻ᵀ·φ(lᵀ·ct)·l⁻¹ made symmetric, φ the lower triangle with half the diagonal
//	-- solve
//	solve(a, b)                         a⁻¹·b                               -a⁻ᵀ·ct·yᵀ, a⁻ᵀ·ct
//	inv(a)                              a⁻¹                                 -yᵀ·ct·yᵀ
//	solve_lower(a, b)                   tril(a)⁻¹·b                         -tril(a⁻ᵀ·ct·yᵀ), a⁻ᵀ·ct
//	solve_upper(a, b)                   triu(a)⁻¹·b                         -triu(a⁻ᵀ·ct·yᵀ), a⁻ᵀ·ct
//	-- spectral
//	eigh(a)                             (a + aᵀ)/2 = v·diag(w)·vᵀ           v·(diag(ctw) + f∘(vᵀ·ctv))·vᵀ made symmetric, f = 1/(wⱼ - wᵢ), 0 on the diagonal
//	svd(a)                              a = u·diag(s)·vᵀ                    u·(diag(cts) + (f∘uᵀctu, symmetric)·s + s·(f∘vᵀctv, symmetric))·vᵀ and what lies outside u and v, f = 1/(sⱼ² - sᵢ²)
//	qr(a)                               a = q·r                             (ctq + q·m)·r⁻ᵀ, m the lower triangle of r·ctrᵀ - ctqᵀ·q, mirrored
//	-- shape
//	reshape(x, dims...)                 x                                   1
//	broadcast(x, dims...)               x                                   1
//	sum_to(x, dims...)                  Σ x                                 1
//	transpose(x)                        xᵀ                                  1
//	permute(x, axes...)                 x                                   1
//	squeeze(x, axis)                    x                                   1
//	unsqueeze(x, axis)                  x                                   1
//	stop_gradient(x)                    x                                   0
//	-- slicing
//	slice(x, axis, start, stop)         x[start:stop]                       1 inside, 0 outside
//	pad(x, axis, before, after)         x                                   1
//	-- join
//	concat(axis, xs...)                 [x₁ x₂ …]                           1
//	stack(axis, xs...)                  [x₁ x₂ …]                           1
//	flip(x, axis)                       x                                   1
//	roll(x, axis, shift)                x[k - shift]                        1
//	tile(x, axis, n)                    [x x …]                             1 for each copy
//	repeat(x, axis, n)                  [x₁ x₁ … x₂ x₂ …]                   1 for each time
//	-- indexing
//	index(x, i...)                      x[i, j, …]                          1 there, 0 elsewhere
//	gather(x, axis, index...)           x[index]                            1 for each time an element was taken
//	scatter(x, axis, size, index...)    Σ x at index                        1
//	take_along(x, index, axis)          x[index]                            1 for each time an element was taken
//	put_along(x, index, axis, size)     Σ x at index                        1
//	one_hot(x, classes)                 δ(x, k)                             none
//	gather_at(x, index, axis)           x[index]                            1 for each time an element was taken; 0 by index
//	scatter_at(x, index, axis, size)    Σ x at index                        1; 0 by index
//	-- triangle
//	tril(x, k)                          x                                   1 inside, 0 outside
//	triu(x, k)                          x                                   1 inside, 0 outside
//	-- sort
//	sort(x, axis)                       x₍₁₎ ≤ x₍₂₎ ≤ …                     1 for the element that came here
//	argsort(x, axis)                    i₁, i₂, …                           none
//	topk(x, axis, k)                    x₍ₙ₎ ≥ … ≥ x₍ₙ₋ₖ₊₁₎                 1 for the element that came here
//	argtopk(x, axis, k)                 i₁, i₂, …                           none
//	argmax(x, axis)                     arg max x                           none
//	argmin(x, axis)                     arg min x                           none
//	cummax(x, axis)                     yₖ = max(x₁, …, xₖ)                 1 for the element that is here, the first among equal ones
//	cummin(x, axis)                     yₖ = min(x₁, …, xₖ)                 1 for the element that is here, the first among equal ones
//	-- interp
//	search_sorted(points, x)            #{k: points[k] ≤ x}                 none
//	-- convolution
//	conv1d_input(y, w, length, stride, padding) x[b,c,i·stride+p-padding] = Σ y[b,o,i]·w[o,c,p] conv1d(ct, w), conv1d_weight(ct, y)
//	conv1d_weight(x, y, length, stride, padding) w[o,c,p] = Σ x[b,c,i·stride+p-padding]·y[b,o,i] conv1d_input(y, ct), conv1d(x, ct)
//	conv1d(x, w, stride, padding)       y[b,o,i] = Σ x[b,c,i·stride+p-padding]·w[o,c,p] conv1d_input(ct, w), conv1d_weight(x, ct)
//	conv1d_bias(x, w, b, stride, padding) y[b,o,i] = b[o] + Σ x[b,c,i·stride+p-padding]·w[o,c,p] conv1d_input(ct, w), conv1d_weight(x, ct), Σ ct
//	conv2d_input(y, w, height, width, stride, padding) x[b,c,i·stride+p-padding] = Σ y[b,o,i]·w[o,c,p] conv2d(ct, w), conv2d_weight(ct, y)
//	conv2d_weight(x, y, height, width, stride, padding) w[o,c,p] = Σ x[b,c,i·stride+p-padding]·y[b,o,i] conv2d_input(y, ct), conv2d(x, ct)
//	conv2d(x, w, stride, padding)       y[b,o,i] = Σ x[b,c,i·stride+p-padding]·w[o,c,p] conv2d_input(ct, w), conv2d_weight(x, ct)
//	conv2d_bias(x, w, b, stride, padding) y[b,o,i] = b[o] + Σ x[b,c,i·stride+p-padding]·w[o,c,p] conv2d_input(ct, w), conv2d_weight(x, ct), Σ ct
//	-- pooling
//	max_pool2d(x, k, stride)            max x[i·stride+p, j·stride+q], 0 ≤ p, q < k 1 for the largest, split evenly among ties
//	max_pool2d_input(ct, x, k, stride)  Σ ct/t for a largest element of t   max_pool2d_select(ct', x), 0
//	max_pool2d_select(v, x, k, stride)  mean v where x is largest           max_pool2d_input(ct, x), 0
//	avg_pool2d(x, k, stride)            Σ x[i·stride+p, j·stride+q] / k², 0 ≤ p, q < k 1/k²
//	avg_pool2d_input(y, height, width, k, stride) Σ y/k²                              1/k²
//	-- recurrent
//	gru(x, h0, w_ih, w_hh, b_ih, b_hh)  h' = (1-z)·n + z·h                  back through time
//	lstm(x, h0, c0, w_ih, w_hh, b_ih, b_hh) c' = f·c + i·g, h' = o·tanh(c')     back through time
//	-- random
//	random_uniform(seed, step, stream, dims...) ⌊(u ⊕ v)/2⁸⌋/2²⁴ with (u, v) = threefry2x32((seed, step), (stream, place)) none
//	-- end of the table --
package ops
