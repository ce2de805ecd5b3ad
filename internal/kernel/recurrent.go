package kernel

import "math"

// The functions of this file are one time step of a recurrent layer with gates, for some examples at once. Slices hold
// a row of n numbers for each example, one for each unit of the layer; those of four blocks hold 4·n: all numbers of
// the first block, then those of the second, and so on. bias has the four blocks once.
//
// The formulas are those of PyTorch. σ is Sigmoid. Derivatives of gates are made of their values, σ' = σ·(1-σ) and
// tanh' = 1 - tanh²: they have an error of some units in the last place of 1.

// A gruFunc and the others are the functions of this file for one example. The last slice has n elements.
type (
	gruFunc[T Float]          func(acts, bias, prev, h, y []T)
	gruBackwardFunc[T Float]  func(d, acts, ct, prev, carry []T)
	lstmFunc[T Float]         func(acts, bias, prev, c, h, y []T)
	lstmBackwardFunc[T Float] func(d, acts, ct, more, prev, c, carry []T)
)

// GRU takes a step of a gated recurrent unit (Cho et al., 2014, arXiv:1406.1078). The blocks of acts are sums of
// products: those of the reset gate r, of the update gate z, of the candidate n as far as they come from the state
// before, here s, and as far as they come from the input. GRU adds the bias, and replaces them by r, z, s and n:
//
//	r = σ(r)        z = σ(z)        n = tanh(n + r·s)
//	h = n + z·(prev - n)
//
// prev is the state before, h the one after. It goes to y too, whose rows are stride apart.
func GRU[T Float](h, y []T, stride int, acts, prev, bias []T, n int) {
	rows := mustRows("GRU", "h", len(h), n)
	mustMatch("GRU", "acts", len(acts), 4*len(h))
	mustMatch("GRU", "prev", len(prev), len(h))
	mustMatch("GRU", "bias", len(bias), 4*n)
	mustMatrix("GRU", "y", rows, n, len(y), stride)
	if raceEnabled {
		touch(y[:min(n, len(y))])
		touch(h)
		touch(acts)
		observe(prev)
		observe(bias)
	}
	f := kernelsOf[T]().gru
	for r := range rows {
		lo, hi := r*n, (r+1)*n
		f(acts[4*lo:4*hi], bias, prev[lo:hi], h[lo:hi], y[r*stride:r*stride+n])
	}
}

// GRUBackward goes back through a step of [GRU], whose acts, prev and n it gets. ct is the cotangent of h, with rows
// that are stride apart. It sets d, block by block, to the cotangents of what acts held before that step. To ct it adds
// carry, what the step after has left there, and sets carry to the part of the cotangent of prev that does not come
// through the sums.
func GRUBackward[T Float](d, carry, ct []T, stride int, acts, prev []T, n int) {
	rows := mustRows("GRUBackward", "carry", len(carry), n)
	mustMatch("GRUBackward", "d", len(d), 4*len(carry))
	mustMatrix("GRUBackward", "ct", rows, n, len(ct), stride)
	mustMatch("GRUBackward", "acts", len(acts), 4*len(carry))
	mustMatch("GRUBackward", "prev", len(prev), len(carry))
	if raceEnabled {
		touch(d)
		touch(carry)
		observe(ct)
		observe(acts)
		observe(prev)
	}
	f := kernelsOf[T]().gruBackward
	for r := range rows {
		lo, hi := r*n, (r+1)*n
		f(d[4*lo:4*hi], acts[4*lo:4*hi], ct[r*stride:r*stride+n], prev[lo:hi], carry[lo:hi])
	}
}

// LSTM takes a step of a long short-term memory (Hochreiter and Schmidhuber, 1997; Gers, Schmidhuber and Cummins,
// 2000). The blocks of acts are the sums of products of the input gate i, of the forget gate f, of the candidate g and
// of the output gate o. LSTM adds the bias, and replaces them by i, f, g and o:
//
//	i = σ(i)        f = σ(f)        g = tanh(g)        o = σ(o)
//	c = f·prev + i·g                h = o·tanh(c)
//
// prev is the content of the cells before, c the one after, h the output. It goes to y too, whose rows are stride
// apart.
func LSTM[T Float](h, c, y []T, stride int, acts, prev, bias []T, n int) {
	rows := mustRows("LSTM", "h", len(h), n)
	mustMatch("LSTM", "c", len(c), len(h))
	mustMatch("LSTM", "acts", len(acts), 4*len(h))
	mustMatch("LSTM", "prev", len(prev), len(h))
	mustMatch("LSTM", "bias", len(bias), 4*n)
	mustMatrix("LSTM", "y", rows, n, len(y), stride)
	if raceEnabled {
		touch(y[:min(n, len(y))])
		touch(h)
		touch(c)
		touch(acts)
		observe(prev)
		observe(bias)
	}
	f := kernelsOf[T]().lstm
	for r := range rows {
		lo, hi := r*n, (r+1)*n
		f(acts[4*lo:4*hi], bias, prev[lo:hi], c[lo:hi], h[lo:hi], y[r*stride:r*stride+n])
	}
}

// LSTMBackward goes back through a step of [LSTM], whose c, acts, prev and n it gets. The cotangent of h is ct, with
// rows that are stride apart, and more added. It sets d, block by block, to the cotangents of what acts held before
// that step. carry is the cotangent of c, which it replaces by that of prev.
func LSTMBackward[T Float](d, carry, ct []T, stride int, more, c, acts, prev []T, n int) {
	rows := mustRows("LSTMBackward", "carry", len(carry), n)
	mustMatch("LSTMBackward", "d", len(d), 4*len(carry))
	mustMatrix("LSTMBackward", "ct", rows, n, len(ct), stride)
	mustMatch("LSTMBackward", "more", len(more), len(carry))
	mustMatch("LSTMBackward", "c", len(c), len(carry))
	mustMatch("LSTMBackward", "acts", len(acts), 4*len(carry))
	mustMatch("LSTMBackward", "prev", len(prev), len(carry))
	if raceEnabled {
		touch(d)
		touch(carry)
		observe(ct)
		observe(more)
		observe(c)
		observe(acts)
		observe(prev)
	}
	f := kernelsOf[T]().lstmBackward
	for r := range rows {
		lo, hi := r*n, (r+1)*n
		f(d[4*lo:4*hi], acts[4*lo:4*hi], ct[r*stride:r*stride+n], more[lo:hi], prev[lo:hi], c[lo:hi], carry[lo:hi])
	}
}

// The functions for one example, in Go.

// blocks returns the four blocks of n elements of a row.
func blocks[T Float](row []T, n int) (b0, b1, b2, b3 []T) {
	return row[:n:n], row[n : 2*n : 2*n], row[2*n : 3*n : 3*n], row[3*n : 4*n : 4*n]
}

func sigmoidOf[T Float](x T) T { return T(SigmoidOf(float64(x))) }
func tanhOf[T Float](x T) T    { return T(math.Tanh(float64(x))) }

func gruPortable[T Float](acts, bias, prev, h, y []T) {
	r, z, s, c := blocks(acts, len(h))
	br, bz, bs, bc := blocks(bias, len(h))
	for i := range h {
		r[i], z[i], s[i] = sigmoidOf(r[i]+br[i]), sigmoidOf(z[i]+bz[i]), s[i]+bs[i]
		c[i] = tanhOf(c[i] + bc[i] + times(r[i], s[i]))
		h[i] = c[i] + times(z[i], prev[i]-c[i])
		y[i] = h[i]
	}
}

func gruBackwardPortable[T Float](d, acts, ct, prev, carry []T) {
	r, z, s, c := blocks(acts, len(carry))
	dr, dz, ds, dc := blocks(d, len(carry))
	for i := range carry {
		t := ct[i] + carry[i]
		carry[i] = times(t, z[i])
		dz[i] = times(times(t, prev[i]-c[i]), times(z[i], 1-z[i]))
		dc[i] = times(times(t, 1-z[i]), 1-times(c[i], c[i]))
		ds[i] = times(dc[i], r[i])
		dr[i] = times(times(dc[i], s[i]), times(r[i], 1-r[i]))
	}
}

func lstmPortable[T Float](acts, bias, prev, c, h, y []T) {
	in, forget, g, o := blocks(acts, len(h))
	bi, bf, bg, bo := blocks(bias, len(h))
	for i := range h {
		in[i], forget[i], g[i], o[i] = sigmoidOf(in[i]+bi[i]), sigmoidOf(forget[i]+bf[i]), tanhOf(g[i]+bg[i]), sigmoidOf(o[i]+bo[i])
		c[i] = times(in[i], g[i]) + times(forget[i], prev[i])
		h[i] = times(o[i], tanhOf(c[i]))
		y[i] = h[i]
	}
}

func lstmBackwardPortable[T Float](d, acts, ct, more, prev, c, carry []T) {
	in, forget, g, o := blocks(acts, len(carry))
	di, df, dg, do := blocks(d, len(carry))
	for i := range carry {
		y := tanhOf(c[i])
		w := ct[i] + more[i]
		do[i] = times(times(w, y), times(o[i], 1-o[i]))
		t := carry[i] + times(times(w, o[i]), 1-times(y, y))
		carry[i] = times(t, forget[i])
		df[i] = times(times(t, prev[i]), times(forget[i], 1-forget[i]))
		di[i] = times(times(t, g[i]), times(in[i], 1-in[i]))
		dg[i] = times(times(t, in[i]), 1-times(g[i], g[i]))
	}
}
