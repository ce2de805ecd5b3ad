// Package made holds the Go source that package program writes of the small programs in internal/programs. A test keeps it
// fresh, and benchmarks compare it with the same functions written by hand. "go generate" in package program writes it.
package made
