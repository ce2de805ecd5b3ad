//go:build !linux || !(amd64 || arm64)

package hugepage

func advise(uintptr, uintptr) {}
