package onnx

var _ = without(map[string]string{
	"cholesky": factorization, "eigh": factorization, "svd": factorization, "qr": factorization, "cofactor": factorization,
	"solve": factorization, "solve_lower": factorization, "solve_upper": factorization, "inv": factorization, "logdet": factorization,

	"erfcx": special, "erfcx_derivative": special, "erfinv": special, "erfcinv": special, "lgamma": special, "digamma": special,
	"polygamma": special, "lbeta": special, "digamma_difference": special, "sinc_derivative": special,

	"random_uniform": "the generator needs sums of integers that wrap around, and runtimes have none",
	"custom":         "it is a Go function, which no model can call",
	"fixed_point":    "the number of its steps depends on numbers",
	"on_gradient":    "it is for the way back, which a model has not: write the model without it",
	"loop":           "it holds a Go function: record it on a graph made with graph.New(graph.Traced()), which records what is in it",
	"checkpoint":     "it holds a Go function: record it on a graph made with graph.New(graph.Traced()), which records what is in it",
})

const (
	factorization = "ONNX has no operator that factorizes matrices"
	special       = "ONNX has no operator for the special function"
)
