package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

const (
	secOperations = "Every operation beside PyTorch, float32"
	secLinalg     = "Linear algebra, float64"
)

// An operation is a row of package ops as it is measured beside PyTorch.
type operation struct {
	name string
	// The calls that are measured: shapes of operands and attributes in the order of the function's parameters, as in
	// graph.Row.Try. What follows a shape is explained at [operand]. A word #n:k stands for n integers from 0 to k-1.
	calls []string
	// The same in PyTorch: the operands are a, b, c and so on, the attributes p, q, r and so on, the integers of #n:k the
	// tensor i.
	torch  string
	noGrad bool // there is no derivative: only the forward pass is measured
	// Neg follows, so that the cotangent is one that the sweep has made. That of an operation which moves nothing can then
	// be handed on, as anywhere in a network; the first cotangent belongs to the caller.
	inside bool
}

// Shapes by class. Small ones fit the caches next to the core and are bound by arithmetic, large ones by memory.
var (
	flat    = []string{"(10000)", "(100000)", "(1000000)"}
	flatter = []string{"(10000)", "(100000)"} // of functions that take long
	viewed  = []string{"(1000,1000)t"}
	pairs   = []string{"(10000) (10000)", "(100000) (100000)", "(1000000) (1000000)"}
	smaller = []string{"(10000) (10000)", "(100000) (100000)"}
	stretch = []string{"(1000,1000) (1000)", "(1000,1000) (1000,1)", "(1000,1000) (1000,1000)t"}
	over    = []string{"(1000,1000) 1", "(1000,1000) 0", "(100,100,100) 1", "(1000,10) 1"} // axes: last, leading, in between, short
	along   = []string{"(1000,1000) 1", "(1000,1000) 0"}
)

// operations lists what is measured in float32.
var operations = concat(
	// Elementwise functions.
	each("torch.%s(a)", concat(flat, viewed), "abs neg exp expm1 log log1p log2 log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh square sqrt rsqrt reciprocal sigmoid relu erf erfc floor ceil round trunc sign"),
	each("F.%s(a)", concat(flat, viewed), "softplus logsigmoid silu softsign gelu"),
	each("torch.special.%s(a)", flat, "erfcx entr"),
	each("torch.%s(a)", flatter, "lgamma digamma erfinv sinc logit"),
	[]operation{
		{name: "add_scalar", calls: add(" 1.5", flat), torch: "a+p"},
		{name: "mul_scalar", calls: add(" 1.5", concat(flat, viewed)), torch: "a*p"},
		{name: "pow_scalar", calls: concat(add(" 2.5", flat), add(" 3", flat)), torch: "torch.pow(a,p)"},
		{name: "leaky_relu", calls: add(" 0.01", concat(flat, viewed)), torch: "F.leaky_relu(a,p)"},
		{name: "elu", calls: add(" 1.0", flat), torch: "F.elu(a,p)"},
		{name: "clamp", calls: add(" -1.0 1.0", concat(flat, viewed)), torch: "torch.clamp(a,p,q)"},
		{name: "polygamma", calls: []string{"1 (10000)", "2 (10000)"}, torch: "torch.polygamma(p,a)"},
	},
	each("torch.%s(a,b)", concat(pairs, stretch), "add sub mul div pow maximum minimum atan2 hypot"),
	each("torch.%s(a,b)", smaller, "xlogy"),
	[]operation{
		{name: "log_add_exp", calls: concat(pairs, stretch[:2]), torch: "torch.logaddexp(a,b)"},
		{name: "xlog1py", calls: smaller, torch: "torch.special.xlog1py(a,b)"},
		{name: "where", calls: []string{"(10000):bool (10000) (10000)", "(100000):bool (100000) (100000)", "(1000000):bool (1000000) (1000000)", "(1000,1):bool (1000,1000) (1000)"}, torch: "torch.where(a,b,c)"},
	},
	passing("torch.%s(a,b)", concat(pairs, stretch[:2]), "gt ge lt le eq ne"),
	passing("torch.%s(a)", flat, "isnan isfinite"),

	// Reductions, over everything and over axes.
	each("torch.%s(a)", []string{"(10000)", "(1000000)"}, "sum mean"),
	each("torch.%s(a,p)", over, "sum mean logsumexp"),
	[]operation{
		{name: "sum", calls: []string{"(100,100,100) 0 2"}, torch: "torch.sum(a,(p,q))"},
		{name: "max", calls: []string{"(10000)", "(1000000)"}, torch: "torch.amax(a)"},
		{name: "max", calls: over, torch: "torch.amax(a,p)"},
		{name: "min", calls: []string{"(10000)", "(1000000)"}, torch: "torch.amin(a)"},
		{name: "min", calls: over, torch: "torch.amin(a,p)"},
		{name: "logsumexp", calls: []string{"(10000)", "(1000000)"}, torch: "torch.logsumexp(a,0)"},
		{name: "center", calls: over, torch: "a-a.mean(p,True)"},
		{name: "variance", calls: over, torch: "torch.var(a,p,correction=0)"},
		{name: "std", calls: over, torch: "torch.std(a,p,correction=0)"},
		{name: "std", calls: []string{"(1000000)"}, torch: "torch.std(a,correction=0)"},
		{name: "variance_ddof", calls: []string{"(1000,1000) 1 1", "(1000,1000) 1 0"}, torch: "torch.var(a,q,correction=p)"},
		{name: "std_ddof", calls: []string{"(1000,1000) 1 1", "(1000,1000) 1 0"}, torch: "torch.std(a,q,correction=p)"},
		{name: "norm", calls: over, torch: "torch.linalg.vector_norm(a,2,p)"},
		{name: "norm", calls: []string{"(10000)", "(1000000)"}, torch: "torch.linalg.vector_norm(a)"},
		{name: "pnorm", calls: []string{"(1000,1000) 3.0 1", "(1000,1000) 3.0 0"}, torch: "torch.linalg.vector_norm(a,p,q)"},
		{name: "prod", calls: []string{"(1000,1000):0.99:1.01 1", "(1000,1000):0.99:1.01 0", "(1000,10):0.5:1.5 1"}, torch: "torch.prod(a,p)"},
		{name: "prod", calls: []string{"(10000):0.99:1.01"}, torch: "torch.prod(a)"},
	},

	// Along an axis.
	each("torch.%s(a,p)", along, "cumsum"),
	each("torch.%s(a,p)", concat(over, []string{"(10000,10) 1"}), "softmax log_softmax"),
	[]operation{
		{name: "cumprod", calls: []string{"(1000,1000):0.99:1.01 1", "(1000,1000):0.99:1.01 0"}, torch: "torch.cumprod(a,p)"},
		{name: "cummax", calls: along, torch: "torch.cummax(a,p).values"},
		{name: "cummin", calls: along, torch: "torch.cummin(a,p).values"},
		{name: "sort", calls: concat(along, []string{"(100000) 0", "(10000,10) 1"}), torch: "torch.sort(a,p).values"},
		{name: "topk", calls: []string{"(1000,1000) 1 10", "(1000,1000) 0 10", "(100000) 0 100"}, torch: "torch.topk(a,q,p).values"},
		{name: "argtopk", calls: []string{"(1000,1000) 1 10"}, torch: "torch.topk(a,q,p).indices", noGrad: true},
		{name: "search_sorted", calls: []string{"(1000):sorted (100000)"}, torch: "torch.searchsorted(a,b,right=True)", noGrad: true},
	},
	passing("torch.%s(a,p)", along, "argsort argmax argmin"),

	// Losses: targets are constants.
	[]operation{
		{name: "mse", calls: targets("", ":const:-2:2"), torch: "F.mse_loss(a,b)"},
		{name: "bce", calls: targets("", ":const:0:1"), torch: "F.binary_cross_entropy(a,b)"},
		{name: "bce_with_logits", calls: targets("", ":const:0:1"), torch: "F.binary_cross_entropy_with_logits(a,b)"},
		{name: "huber", calls: add(" 1.0", targets("", ":const:-2:2")), torch: "F.huber_loss(a,b,delta=p)"},
		{name: "kl_div", calls: targets("", ":const:0.2:1"), torch: "F.kl_div(a,b)"},
		{name: "cross_entropy", calls: []string{"(1000,10) #1000:10", "(1000,1000) #1000:1000"}, torch: "F.cross_entropy(a,i)"},
		{name: "cross_entropy_at", calls: []string{"(1000,10) (1000):int:10"}, torch: "F.cross_entropy(a,b)"},
		{name: "soft_cross_entropy", calls: []string{"(1000,10) (1000,10):const:0:1", "(1000,1000) (1000,1000):const:0:1"}, torch: "F.cross_entropy(a,b)"},
	},

	// Normalization.
	[]operation{
		{name: "layer_norm", calls: []string{"(1000,1000) (1000) (1000) 0.00001", "(2048,64) (64) (64) 0.00001"}, torch: "F.layer_norm(a,b.shape,b,c,p)"},
		{name: "rms_norm", calls: []string{"(1000,1000) (1000) 0.00001"}, torch: "F.rms_norm(a,b.shape,b,p)"},
		{name: "batch_norm", calls: []string{"(1000,1000) (1000) (1000) 0.00001", "(32,16,28,28) (16) (16) 0.00001"}, torch: "F.batch_norm(a,None,None,b,c,True,0.1,p)"},
	},

	// Products.
	[]operation{
		{name: "matmul", calls: []string{"(128,784) (784,512)", "(256,256) (256,256)t", "(1000,1000) (1000)", "(1000) (1000,1000)", "(64,64,64) (64,64,64)", "(32,128,16) (32,16,128)"}, torch: "torch.matmul(a,b)"},
		{name: "linear", calls: []string{"(128,784) (784,128) (128)", "(128,128) (128,10) (10)"}, torch: "torch.addmm(c,a,b)"},
		{name: "dot", calls: []string{"(1000) (1000)", "(100000) (100000)"}, torch: "torch.dot(a,b)"},
		{name: "outer", calls: []string{"(1000) (1000)"}, torch: "torch.outer(a,b)"},
		{name: "trace", calls: []string{"(1000,1000)"}, torch: "torch.trace(a)"},
		{name: "diagonal", calls: []string{"(1000,1000)"}, torch: "torch.diagonal(a).contiguous()"},
		{name: "diagonal_matrix", calls: []string{"(1000)"}, torch: "torch.diag(a)"},
	},

	// Shapes. Ours are dense: PyTorch's views are made so where there is something to move.
	[]operation{
		{name: "reshape", calls: []string{"(1000,1000) 100 10000"}, torch: "-a.reshape(p,q)", inside: true},
		{name: "squeeze", calls: []string{"(1000,1,1000) 1"}, torch: "-a.squeeze(p)", inside: true},
		{name: "unsqueeze", calls: []string{"(1000,1000) 1"}, torch: "-a.unsqueeze(p)", inside: true},
		{name: "broadcast", calls: []string{"(1000) 1000 1000", "(1000,1) 1000 1000"}, torch: "a.expand(p,q).contiguous()"},
		{name: "sum_to", calls: []string{"(1000,1000) 1 1000", "(1000,1000) 1000 1"}, torch: "a.sum_to_size(p,q)"},
		{name: "transpose", calls: []string{"(1000,1000)", "(100,100,100)"}, torch: "a.mT.contiguous()"},
		{name: "permute", calls: []string{"(100,100,100) 2 0 1", "(100,100,100) 1 0 2", "(100,100,100) 2 1 0"}, torch: "a.permute(p,q,r).contiguous()"},
		{name: "slice", calls: []string{"(1000,1000) 0 100 600", "(1000,1000) 1 100 600"}, torch: "a.narrow(p,q,r-q).contiguous()"},
		{name: "pad", calls: []string{"(1000,1000) 1 3 5"}, torch: "F.pad(a,(q,r))"},
		{name: "pad", calls: []string{"(1000,1000) 0 3 5"}, torch: "F.pad(a,(0,0,q,r))"},
		{name: "concat", calls: []string{"0 (500,1000) (500,1000)", "1 (1000,500) (1000,500)"}, torch: "torch.cat((a,b),p)"},
		{name: "stack", calls: []string{"0 (500,1000) (500,1000)", "2 (500,1000) (500,1000)"}, torch: "torch.stack((a,b),p)"},
		{name: "flip", calls: along, torch: "torch.flip(a,(p,))"},
		{name: "roll", calls: add(" 7", along), torch: "torch.roll(a,q,p)"},
		{name: "tile", calls: []string{"(500,1000) 0 2"}, torch: "a.repeat(q,1)"},
		{name: "tile", calls: []string{"(1000,500) 1 2"}, torch: "a.repeat(1,q)"},
		{name: "repeat", calls: []string{"(500,1000) 0 2", "(1000,500) 1 2"}, torch: "torch.repeat_interleave(a,q,p)"},
		{name: "tril", calls: []string{"(1000,1000) 0"}, torch: "torch.tril(a,p)"},
		{name: "triu", calls: []string{"(1000,1000) 0"}, torch: "torch.triu(a,p)"},
	},

	// Indices.
	[]operation{
		{name: "index", calls: []string{"(1000,1000) 5"}, torch: "a[p]"},
		{name: "gather", calls: []string{"(10000,64) 0 #1024:10000", "(1000,1000) 1 #500:1000"}, torch: "torch.index_select(a,p,i)"},
		{name: "scatter", calls: []string{"(1024,64) 0 10000 #1024:10000"}, torch: "a.new_zeros(q,64).index_add(p,i,a)"},
		{name: "gather_at", calls: []string{"(10000,64) (1024):int:10000 0"}, torch: "torch.index_select(a,p,b)"},
		{name: "scatter_at", calls: []string{"(1024,64) (1024):int:10000 0 10000"}, torch: "a.new_zeros(q,64).index_add(p,b,a)"},
		{name: "take_along", calls: []string{"(1000,1000) (1000,100):int:1000 1", "(1000,1000) (100,1000):int:1000 0"}, torch: "torch.take_along_dim(a,b,p)"},
		{name: "put_along", calls: []string{"(1000,100) (1000,100):int:1000 1 1000"}, torch: "a.new_zeros(1000,q).scatter_add(p,b,a)"},
		{name: "one_hot", calls: []string{"(1000):int:100 100"}, torch: "F.one_hot(a,p)", noGrad: true},
	},

	// Convolutions, pooling, recurrent layers, random numbers.
	[]operation{
		{name: "conv1d", calls: []string{"(32,8,1000) (16,8,5) 1 2"}, torch: "F.conv1d(a,b,None,p,q)"},
		{name: "conv1d_bias", calls: []string{"(32,8,1000) (16,8,5) (16) 1 2"}, torch: "F.conv1d(a,b,c,p,q)"},
		{name: "conv1d_input", calls: []string{"(32,16,1000) (16,8,5) 1000 1 2"}, torch: "F.conv_transpose1d(a,b,None,q,r)"},
		{name: "conv1d_weight", calls: []string{"(32,8,1000) (32,16,1000) 5 1 2"}, torch: "torch.nn.grad.conv1d_weight(a,(16,8,5),b,q,r)"},
		{name: "conv2d", calls: []string{"(32,3,32,32) (16,3,3,3) 1 1", "(32,3,32,32) (16,3,3,3) 2 1", "(16,16,28,28) (32,16,3,3) 1 1", "(32,64,14,14) (64,64,1,1) 1 0"}, torch: "F.conv2d(a,b,None,p,q)"},
		{name: "conv2d_bias", calls: []string{"(32,3,32,32) (16,3,3,3) (16) 1 1"}, torch: "F.conv2d(a,b,c,p,q)"},
		{name: "conv2d_input", calls: []string{"(32,16,32,32) (16,3,3,3) 32 32 1 1"}, torch: "F.conv_transpose2d(a,b,None,r,s)"},
		{name: "conv2d_weight", calls: []string{"(32,3,32,32) (32,16,32,32) 3 3 1 1"}, torch: "torch.nn.grad.conv2d_weight(a,(16,3,3,3),b,r,s)"},
		{name: "max_pool2d", calls: []string{"(64,16,28,28) 2 2", "(32,16,28,28) 3 1"}, torch: "F.max_pool2d(a,p,q)"},
		{name: "avg_pool2d", calls: []string{"(64,16,28,28) 2 2", "(32,16,28,28) 3 1"}, torch: "F.avg_pool2d(a,p,q)"},
		{name: "gru", calls: []string{"(32,32,32) (32,64) (32,192):-0.2:0.2 (64,192):-0.2:0.2 (192) (192)"}, torch: "torch._VF.gru(a,b[None],(c.mT,d.mT,e,f),True,1,0.0,True,False,True)[0]"},
		{name: "lstm", calls: []string{"(32,32,32) (32,64) (32,64) (32,256):-0.2:0.2 (64,256):-0.2:0.2 (256) (256)"}, torch: "torch._VF.lstm(a,(b[None],c[None]),(d.mT,e.mT,f,g),True,1,0.0,True,False,True)[::2]"},
		{name: "random_uniform", calls: []string{"():int:1000 ():int:1000 0 1000 1000"}, torch: "torch.rand(q,r)", noGrad: true},
	},
)

// linear lists what is measured in float64: factorizations and what follows from them. The results of the spectral ones
// are unique but for signs, which is why their gradients are those of the squares of the results.
var linear = []operation{
	{name: "cholesky", calls: square(":spd", ""), torch: "torch.linalg.cholesky(a)"},
	{name: "solve", calls: []string{"(20,20):well (20)", "(100,100):well (100)", "(300,300):well (300)", "(100,100):well (100,100)", "(300,300):well (300,300)"}, torch: "torch.linalg.solve(a,b)"},
	{name: "inv", calls: square(":well", ""), torch: "torch.linalg.inv(a)"},
	{name: "det", calls: square(":near", ""), torch: "torch.linalg.det(a)"},
	{name: "logdet", calls: square(":spd", ""), torch: "torch.logdet(a)"},
	{name: "solve_lower", calls: []string{"(20,20):well (20,20)", "(100,100):well (100,100)", "(300,300):well (300,300)"}, torch: "torch.linalg.solve_triangular(a,b,upper=False)"},
	{name: "solve_upper", calls: []string{"(100,100):well (100,100)"}, torch: "torch.linalg.solve_triangular(a,b,upper=True)"},
	{name: "eigh", calls: square(":symmetric", ""), torch: "torch.linalg.eigh(a)"},
	{name: "svd", calls: square(":wide", ""), torch: "svd(a)"},
	{name: "qr", calls: square(":well", ""), torch: "torch.linalg.qr(a)"},
}

// signless are the operations whose results are unique but for signs.
var signless = map[string]bool{"eigh": true, "svd": true, "qr": true}

// unmatched gives the reason why a row of package ops has no place in the lists.
var unmatched = map[string]string{
	"reciprocal_positive": "PyTorch has none: it is the derivative of log",
	"pow_log":             "PyTorch has none: derivatives of pow are made of it",
	"erfcx_derivative":    "PyTorch has none",
	"erfcinv":             "PyTorch has none",
	"lbeta":               "PyTorch has none",
	"digamma_difference":  "PyTorch has none: it is the derivative of lbeta",
	"sinc_derivative":     "PyTorch has none: it is the derivative of sinc",
	"chain":               "PyTorch has none: its products do not let zeros win",
	"mul_zero_wins":       "PyTorch has none",
	"safe_softmax":        "PyTorch has none",
	"cofactor":            "PyTorch has none: it is the derivative of det",
	"stop_gradient":       "it does nothing, nor does detach",
	"max_pool2d_input":    "PyTorch has none that splits evenly among ties",
	"max_pool2d_select":   "PyTorch has none",
	"avg_pool2d_input":    "PyTorch has none: it is the derivative of avg_pool2d",
}

// each makes an operation of every name, whose expression has the name in place of %s.
func each(torch string, calls []string, names string) (list []operation) {
	for _, name := range strings.Fields(names) {
		list = append(list, operation{name: name, calls: calls, torch: fmt.Sprintf(torch, name)})
	}
	return list
}

// passing is each for operations without a derivative.
func passing(torch string, calls []string, names string) []operation {
	list := each(torch, calls, names)
	for i := range list {
		list[i].noGrad = true
	}
	return list
}

func concat[T any](lists ...[]T) (all []T) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// add puts words behind every call.
func add(words string, calls []string) (list []string) {
	for _, c := range calls {
		list = append(list, c+words)
	}
	return list
}

// targets are calls with numbers and targets of the given kinds.
func targets(x, t string) (list []string) {
	for _, shape := range flat {
		list = append(list, shape+x+" "+shape+t)
	}
	return list
}

// square are calls with square matrices of a kind, and words behind them.
func square(kind, words string) (list []string) {
	for _, n := range []string{"20", "100", "300"} {
		list = append(list, "("+n+","+n+")"+kind+words)
	}
	return list
}

// operationRows compare every row of package ops with PyTorch.
func operationRows() []row { return rowsOf(secOperations, "f32", operations, 1e-4) }

// linalgRows compare factorizations with PyTorch's, which are MKL's.
func linalgRows() []row { return rowsOf(secLinalg, "f64", linear, 1e-7) }

func rowsOf(section, typ string, list []operation, tolerance float64) (rows []row) {
	for _, o := range list {
		limit := 1.2
		if section == secLinalg {
			limit = 1.5
			if o.name == "eigh" || o.name == "svd" {
				limit = 3
			}
		}
		twice := false // measured on two cores, in one shape
		for _, call := range o.calls {
			for _, what := range []string{"forward", "both"} {
				if what == "both" && o.noGrad {
					continue
				}
				job := o.name
				if o.inside {
					job += "-neg"
				}
				words := fmt.Sprintf("operation %s %s %s %s = %s", typ, what, job, drawn(o.name, call), o.torch)
				name := o.name + " " + call + map[string]string{"forward": ", forward", "both": ", forward and backward"}[what]
				r := row{
					section: section, name: name, unit: micros, part: operationSlice, ours: entry{contestant: ours1, words: words},
					peers: []entry{{contestant: torch + "1", words: words, limit: limit, tolerance: tolerance}},
				}
				rows = append(rows, r)
				if what == "both" && !twice && elements(call) >= manyElements {
					twice = true
					r.name += ", 2 cores"
					r.ours.contestant = ours2
					r.peers = []entry{{contestant: torch + "2", words: words, limit: limit, tolerance: tolerance}}
					rows = append(rows, r)
				}
			}
		}
	}
	return rows
}

// There are many rows: each has less time than others. One shape of an operation is measured on two cores too, if it has
// as many elements that there is something to share.
const (
	operationSlice = 0.4
	manyElements   = 500_000
)

// elements returns how many elements the largest operand of a call has.
func elements(call string) int {
	most := 0
	for w := range strings.FieldsSeq(call) {
		if w[0] != '(' {
			continue
		}
		n := 1
		for _, d := range parseOperand(w).shape {
			n *= d
		}
		most = max(most, n)
	}
	return most
}

// drawn returns a call with the domain of the row behind every shape that does not say where its numbers come from.
func drawn(name, call string) string {
	row, ok := ops.Lookup(name)
	if !ok {
		panic("there is no operation " + strconv.Quote(name))
	}
	words := strings.Fields(call)
	k := 0
	for i, w := range words {
		if w[0] != '(' {
			continue
		}
		if !strings.Contains(w, ":") {
			d := graph.Interval{Lo: -2, Hi: 2}
			if n := len(row.Domain); n > 0 {
				d = row.Domain[min(k, n-1)]
			}
			words[i] += fmt.Sprintf(":%g:%g", d.Lo, d.Hi)
		}
		k++
	}
	return strings.Join(words, " ")
}
