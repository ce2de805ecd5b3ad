package kernel

import "math/bits"

// RandomUniform sets dst[i] to ⌊(u ⊕ v)/2⁸⌋/2²⁴ for (u, v) = [Threefry](k0, k1, stream, i): random numbers from 0 up to 1, below it,
// the same in both precisions and everywhere. There are at most 2³² elements.
func RandomUniform[T Float](dst []T, k0, k1, stream uint32) {
	if raceEnabled {
		touch(dst)
	}
	f, keys := kernelsOf[T]().random, threefryKeys(k0, k1, stream)
	if len(dst) >= minParallelExpensive && workers.acquire() {
		j := &jobsOf[T]().random
		*j = randomJob[T]{f, dst, keys}
		workers.run(j, (len(dst)+part-1)/part, len(dst) >= rousePieces*piece/8)
		*j = randomJob[T]{}
		workers.release()
		return
	}
	for lo := 0; lo < len(dst); lo += piece {
		f(dst[lo:min(lo+piece, len(dst))], keys.from(lo))
	}
}

// A randomJob is the work of RandomUniform, spread over processors.
type randomJob[T Float] struct {
	f    func(dst []T, keys [12]uint32)
	dst  []T
	keys threefryWords
}

func (j *randomJob[T]) chunk(i int) {
	lo := i * part
	j.f(j.dst[lo:min(lo+part, len(j.dst))], j.keys.from(lo))
}

// Threefry returns the block that the key (k0, k1) makes of the counter (x0, x1): Threefry-2x32 with 20 rounds.
//
// Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3 (2011).
func Threefry(k0, k1, x0, x1 uint32) (u, v uint32) {
	w := threefryKeys(k0, k1, x0)
	return w.block(x1)
}

// threefryWords are the words that are added in the course of a block: to the two words of the counter, at first and after each four of
// the rounds. The first is with the first word of the counter.
type threefryWords [12]uint32

func threefryKeys(k0, k1, x0 uint32) threefryWords {
	k2 := k0 ^ k1 ^ 0x1BD11BDA
	return threefryWords{x0 + k0, k1, k1, k2 + 1, k2, k0 + 2, k0, k1 + 3, k1, k2 + 4, k2, k0 + 5}
}

// from returns the words for counters whose second word begins with n.
func (w threefryWords) from(n int) threefryWords {
	w[1] += uint32(n)
	return w
}

// block returns the block of the counter with the second word x1.
func (w *threefryWords) block(x1 uint32) (u, v uint32) {
	x0, x1 := w[0], x1+w[1]
	for s := 0; s < 5; s++ {
		if s%2 == 0 {
			x0, x1 = threefryRounds(x0, x1, 13, 15, 26, 6)
		} else {
			x0, x1 = threefryRounds(x0, x1, 17, 29, 16, 24)
		}
		x0, x1 = x0+w[2+2*s], x1+w[3+2*s]
	}
	return x0, x1
}

// threefryRounds are four rounds, each with a rotation of its own.
func threefryRounds(x0, x1 uint32, a, b, c, d int) (uint32, uint32) {
	x0 += x1
	x1 = bits.RotateLeft32(x1, a) ^ x0
	x0 += x1
	x1 = bits.RotateLeft32(x1, b) ^ x0
	x0 += x1
	x1 = bits.RotateLeft32(x1, c) ^ x0
	x0 += x1
	x1 = bits.RotateLeft32(x1, d) ^ x0
	return x0, x1
}

func randomPortable[T Float](dst []T, keys [12]uint32) {
	w := threefryWords(keys)
	for i := range dst {
		u, v := w.block(uint32(i))
		dst[i] = T((u^v)>>8) * (1.0 / (1 << 24))
	}
}
