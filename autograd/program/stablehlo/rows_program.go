package stablehlo

var _ = without(map[string]string{
	"custom":      "it is code in Go, which a module cannot call",
	"fixed_point": "the number of its steps depends on numbers",
	"loop":        "it keeps nothing of what it computed: record it on a graph made with graph.Traced, which does",
	"checkpoint":  "it keeps nothing of what it computed: record it on a graph made with graph.Traced, which does",
})
