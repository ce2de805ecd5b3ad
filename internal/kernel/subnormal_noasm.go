//go:build !amd64 || purego

package kernel

func flushSubnormals(bool) (was bool) { return false }

func isFlushing() bool { return false }
