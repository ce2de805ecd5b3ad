package rowform

// losses are operations whose rows have no expression because they are means: the expression of each element, written as
// graph.Row.Value and its Slopes are.
var losses = map[string]struct {
	value  string
	slopes []string
}{
	"mse":   {"(y-t)*(y-t)", []string{"2*(y-t)", "2*(t-y)"}},
	"huber": {"where(gt(abs(y-t), delta), delta*(abs(y-t)-0.5*delta), 0.5*(y-t)*(y-t))", []string{"minimum(maximum(y-t, -delta), delta)", "minimum(maximum(t-y, -delta), delta)"}},
	"bce": {"-where(eq(t, 0), 0, t*log(p))-where(eq(t, 1), 0, (1-t)*log1p(-p))", []string{
		"where(eq(t, 1), 0, (1-t)/where(gt(p, 1), sqrt(1-p), 1-p))-where(eq(t, 0), 0, t/where(lt(p, 0), sqrt(p), abs(p)))",
		"log1p(-p)-log(p)",
	}},
	"bce_with_logits": {"log1p(exp(-abs(z)))+where(eq(t, 1), 0, (1-t)*maximum(z, 0))+where(eq(t, 0), 0, t*maximum(-z, 0))", []string{
		"where(ge(z, 0), (1-t)-exp(-abs(z))/(1+exp(-abs(z))), exp(-abs(z))/(1+exp(-abs(z)))-t)",
		"-z",
	}},
	"kl_div": {"where(eq(t, 0), 0, t*(log(t)-y))", []string{"-t", "log(t)+1-y"}},
}
