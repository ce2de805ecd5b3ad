package digest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

// TestKnown compares with the examples of FIPS 180-4's validation.
func TestKnown(t *testing.T) {
	for text, want := range map[string]string{
		"":    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	} {
		h := Portable()
		h.Write([]byte(text))
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// TestPortable compares with crypto/sha256, for texts of every length about a few blocks, written in pieces, with sums
// taken on the way.
func TestPortable(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		text := make([]byte, n)
		for i := range text {
			text[i] = byte(rng.Uint32())
		}
		got, want := Portable(), sha256.New()
		for rest := text; len(rest) > 0; {
			k := 1 + rng.IntN(len(rest))
			got.Write(rest[:k])
			want.Write(rest[:k])
			rest = rest[k:]
			if !bytes.Equal(got.Sum([]byte{7}), want.Sum([]byte{7})) {
				t.Fatalf("%d of %d bytes: the sums differ", n-len(rest), n)
			}
		}
		got.Reset()
		if empty := sha256.Sum256(nil); !bytes.Equal(got.Sum(nil), empty[:]) {
			t.Errorf("%d bytes: Reset has left something", n)
		}
	}
	if h := Portable(); h.Size() != sha256.Size || h.BlockSize() != sha256.BlockSize {
		t.Errorf("size %d and block %d", h.Size(), h.BlockSize())
	}
}
