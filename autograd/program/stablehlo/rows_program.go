package stablehlo

var _ = without(map[string]string{
	"custom":     "it is a Go function, which no module can call",
	"checkpoint": "what it computes is recorded when the gradient is: use the function itself, and leave to the compiler what it keeps",
})
