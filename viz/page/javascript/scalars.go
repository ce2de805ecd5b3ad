package javascript

// scalars are operations whose rows have no expression because they work on more than elements, as what they do to
// scalars: a sum of one number is that number, +0 if it is -0. They are written as graph.Row.Value and its Slopes are.
var scalars = map[string]struct {
	value  string
	slopes []string
}{
	"index":         {"x", []string{"1"}},
	"reshape":       {"x", []string{"1"}},
	"broadcast":     {"x", []string{"1"}},
	"sum_to":        {"x+0", []string{"1"}},
	"permute":       {"x", []string{"1"}},
	"stop_gradient": {"x", nil},

	"sum":       {"x+0", []string{"1"}},
	"mean":      {"x+0", []string{"1"}},
	"prod":      {"x", []string{"1"}},
	"max":       {"x", []string{"1"}},
	"min":       {"x", []string{"1"}},
	"logsumexp": {"x+0", []string{"where(isfinite(x), 1, where(lt(x, 0), 0, x-x))"}},

	"center":   {"x-x", []string{"0"}},
	"variance": {"(x-x)*(x-x)", []string{"2*(x-x)"}},
	"std":      {"abs(x-x)", []string{"x-x"}},
	"norm":     {"abs(x)", []string{"where(eq(x, 0), 0, x/abs(x))"}},
}
