package digest

import "hash"

// New returns a SHA-256.
func New() hash.Hash { return Portable() }
