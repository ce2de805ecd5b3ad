package digest

import (
	"encoding/binary"
	"hash"
	"math/bits"
)

// block is how many bytes the hash takes at a time.
const block = 64

// portable is a SHA-256 under way.
type portable struct {
	sums   [8]uint32
	rest   [block]byte // the bytes of an unfinished block
	length uint64      // in bytes
}

// Portable returns a SHA-256 in plain Go.
func Portable() hash.Hash {
	p := new(portable)
	p.Reset()
	return p
}

func (p *portable) Size() int      { return 4 * len(p.sums) }
func (p *portable) BlockSize() int { return block }

func (p *portable) Reset() { *p = portable{sums: start} }

// Write adds b. It returns no error.
func (p *portable) Write(b []byte) (int, error) {
	n := len(b)
	have := int(p.length % block)
	p.length += uint64(n)
	for have+len(b) >= block {
		b = b[copy(p.rest[have:], b):]
		p.mix()
		have = 0
	}
	copy(p.rest[have:], b)
	return n, nil
}

// Sum appends the checksum of what was written so far.
func (p *portable) Sum(b []byte) []byte {
	q := *p
	var end [block + 8]byte // a bit, zeros to 8 bytes below a block's end, and the length in bits
	end[0] = 0x80
	zeros := (2*block - 8 - 1 - int(q.length%block)) % block
	binary.BigEndian.PutUint64(end[1+zeros:], q.length<<3)
	q.Write(end[:1+zeros+8])
	for _, s := range q.sums {
		b = binary.BigEndian.AppendUint32(b, s)
	}
	return b
}

// mix takes a block into the sums.
func (p *portable) mix() {
	var w [64]uint32
	for i := range w {
		if i < 16 {
			w[i] = binary.BigEndian.Uint32(p.rest[4*i:])
			continue
		}
		a, b := w[i-15], w[i-2]
		s := bits.RotateLeft32(a, -7) ^ bits.RotateLeft32(a, -18) ^ a>>3
		t := bits.RotateLeft32(b, -17) ^ bits.RotateLeft32(b, -19) ^ b>>10
		w[i] = w[i-16] + s + w[i-7] + t
	}
	v := p.sums
	for i, x := range w {
		a, e := v[0], v[4]
		t := v[7] + (bits.RotateLeft32(e, -6) ^ bits.RotateLeft32(e, -11) ^ bits.RotateLeft32(e, -25)) + (e&v[5] ^ ^e&v[6]) + rounds[i] + x
		u := (bits.RotateLeft32(a, -2) ^ bits.RotateLeft32(a, -13) ^ bits.RotateLeft32(a, -22)) + (a&v[1] ^ a&v[2] ^ v[1]&v[2])
		v = [8]uint32{t + u, a, v[1], v[2], v[3] + t, e, v[5], v[6]}
	}
	for i, x := range v {
		p.sums[i] += x
	}
}

// start has the fractional parts of the roots of the first 8 primes.
var start = [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}

// rounds has the fractional parts of the cube roots of the first 64 primes.
var rounds = [64]uint32{
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}
