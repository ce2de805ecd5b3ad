package nn

import (
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"

	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/digest"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// fingerprint returns a text that differs for sets of other numbers, which may be nil.
func fingerprint(sets ...*data.Set) string {
	f := &fingerprinter{hash: digest.New()}
	for _, s := range sets {
		if s == nil {
			f.number(0)
			continue
		}
		f.number(1)
		f.tensor(s.X)
		f.number(uint64(len(s.More)))
		for _, m := range s.More {
			f.tensor(m)
		}
		f.tensor(s.T)
		f.ints(s.Labels)
		for _, rows := range [2][][]int{s.Tokens, s.Next} {
			f.number(uint64(len(rows)))
			for _, row := range rows {
				f.ints(row)
			}
		}
	}
	f.flush()
	return hex.EncodeToString(f.hash.Sum(nil)[:16])
}

// A fingerprinter hashes numbers.
type fingerprinter struct {
	hash hash.Hash
	buf  []byte
}

func (f *fingerprinter) number(v uint64) {
	f.buf = binary.LittleEndian.AppendUint64(f.buf, v)
	if len(f.buf) >= 1<<16 {
		f.flush()
	}
}

func (f *fingerprinter) flush() {
	f.hash.Write(f.buf)
	f.buf = f.buf[:0]
}

func (f *fingerprinter) ints(s []int) {
	f.number(uint64(len(s)))
	for _, v := range s {
		f.number(uint64(v))
	}
}

func (f *fingerprinter) tensor(t *tensor.Tensor) {
	if t == nil {
		f.number(0)
		return
	}
	f.ints(t.Dims())
	for i := range t.Len() {
		f.number(math.Float64bits(t.AtFlat(i)))
	}
}
