package onnx

import (
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/ops"
)

var _ = addOperators(map[string]operatorForm{
	"GRU": {3, 6, []string{"hidden_size", "linear_before_reset"}, func(c *call) []imported {
		if !c.flag("linear_before_reset", 0) {
			c.fail("its reset gate comes before the product, which is not read")
		}
		r := c.recurrence(3, []int{1, 0, 2})
		return c.times(r, ops.GRU(r.x, r.state, r.w, r.u, r.b, r.c))
	}},
	"LSTM": {3, 7, []string{"hidden_size"}, func(c *call) []imported {
		r := c.recurrence(4, []int{0, 2, 3, 1})
		y, contents := ops.LSTM(r.x, r.state, c.initial(6, r), r.w, r.u, r.b, r.c)
		return append(c.times(r, y), out(c.in[0].elem, ops.Unsqueeze(contents, 0))...)
	}},
})

// A recurrence is the operands of a recurrent operation as this engine has them: x (rows, time, in), weights w (in,
// gates·hidden) and u (hidden, gates·hidden), biases, and the state.
type recurrence struct {
	x, w, u, b, c, state   graph.Value
	rows, time, in, hidden int
}

// recurrence reads the inputs of an operator with so many gates. order says which block of the file each gate is.
func (c *call) recurrence(gates int, order []int) *recurrence {
	for i := range c.in {
		if c.has(i) && i != 4 && c.want(i, f64).elem != c.in[0].elem {
			c.fail("inputs are %s and %s, which must be one type", c.in[0].elem, c.in[i].elem)
		}
	}
	if c.has(4) {
		c.fail("it has lengths of sequences, which are not read")
	}
	x, w, u := c.x(0), c.x(1), c.x(2)
	if x.Rank() != 3 || w.Rank() != 3 || u.Rank() != 3 {
		c.fail("input and weights have shapes %v, %v and %v, not 3 axes each", x.Dims(), w.Dims(), u.Dims())
	}
	r := &recurrence{time: x.Dims()[0], rows: x.Dims()[1], in: x.Dims()[2], hidden: u.Dims()[2]}
	all := gates * r.hidden
	c.wantShape("weights", w, 1, all, r.in)
	c.wantShape("weights", u, 1, all, r.hidden)
	if h := c.int("hidden_size", r.hidden); h != r.hidden {
		c.fail("hidden_size is %d, the weights have %d", h, r.hidden)
	}
	c.pay([]int{r.rows, r.time, 4 * all}, r.in+r.hidden)
	for range 4 {
		c.pay(x.Dims(), 0)
		c.pay(w.Dims(), 0)
		c.pay(u.Dims(), 0)
	}
	turned := func(v graph.Value, rows int) graph.Value {
		return ops.Transpose(c.ordered(ops.Reshape(v, all, rows), order))
	}
	r.x, r.w, r.u = ops.Permute(x, 1, 0, 2), turned(w, r.in), turned(u, r.hidden)
	c.pay([]int{8, all}, 0)
	if c.has(3) {
		b := c.x(3)
		c.wantShape("biases", b, 1, 2*all)
		b = ops.Reshape(b, 2*all)
		r.b, r.c = c.ordered(ops.Slice(b, 0, 0, all), order), c.ordered(ops.Slice(b, 0, all, 2*all), order)
	} else {
		r.b = c.full(0, []int{all})
		r.c = r.b
	}
	r.state = c.initial(5, r)
	return r
}

// initial returns the state that an input gives, zeros if there is none.
func (c *call) initial(i int, r *recurrence) graph.Value {
	c.pay([]int{r.rows, r.hidden}, 0)
	if !c.has(i) {
		return c.full(0, []int{r.rows, r.hidden})
	}
	h := c.x(i)
	c.wantShape("the first state", h, 1, r.rows, r.hidden)
	return ops.Reshape(h, r.rows, r.hidden)
}

// ordered returns the blocks of rows of x in another order.
func (c *call) ordered(x graph.Value, order []int) graph.Value {
	size := x.Dims()[0] / len(order)
	blocks := make([]graph.Value, len(order))
	for i, k := range order {
		blocks[i] = ops.Slice(x, 0, k*size, (k+1)*size)
	}
	return ops.Concat(0, blocks...)
}

// times returns the states at all times (time, 1, rows, hidden), and the last one (1, rows, hidden).
func (c *call) times(r *recurrence, y graph.Value) []imported {
	c.pay(y.Dims(), 0)
	c.pay(y.Dims(), 0)
	last := r.state
	if r.time > 0 {
		last = ops.Slice(y, 1, r.time-1, r.time)
	}
	states := ops.Unsqueeze(ops.Permute(y, 1, 0, 2), 1)
	return out(c.in[0].elem, states, ops.Reshape(last, 1, r.rows, r.hidden))
}

func (c *call) wantShape(what string, x graph.Value, dims ...int) {
	if got := x.Dims(); len(got) == len(dims) {
		same := true
		for i := range dims {
			same = same && got[i] == dims[i]
		}
		if same {
			return
		}
	}
	c.fail("%s have shape %v, not %v", what, x.Dims(), dims)
}
