// Package digest makes SHA-256 checksums (FIPS 180-4) of files and data, for finding damage and change, not for secrets.
//
// New is crypto/sha256's, except in a browser: there that package brings the self-tests and random generators of the
// standard library's FIPS module, 78 kB of what a page downloads, and [Portable] takes its place. Both compute the same.
package digest
