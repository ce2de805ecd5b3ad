package stablehlo

var _ = without(map[string]string{
	"custom":     "it is code in Go, which a module cannot call",
	"loop":       "it keeps nothing of what it computed: record it on a graph made with graph.Traced, which does",
	"checkpoint": "it keeps nothing of what it computed: record it on a graph made with graph.Traced, which does",
})
