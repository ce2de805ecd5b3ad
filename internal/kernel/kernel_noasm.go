//go:build (!amd64 && !arm64) || purego

package kernel

// available returns the implementations that this build and this processor have, the best last.
func available() []*implementation { return []*implementation{&portable} }
