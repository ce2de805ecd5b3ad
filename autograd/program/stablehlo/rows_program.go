package stablehlo

var _ = without(map[string]string{
	"custom":     "it is code in Go, which a module cannot call",
	"checkpoint": "it keeps nothing of what it computed: record it on a graph made with graph.Traced, which does",
})
