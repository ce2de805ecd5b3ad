//go:build linux && (amd64 || arm64)

package hugepage

import "syscall"

// size is that of a huge page.
const size = 2 << 20

func advise(address, bytes uintptr) {
	from := address &^ (size - 1)
	to := (address + bytes + size - 1) &^ (size - 1)
	// Advice that is not taken does no harm.
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_HUGEPAGE)
}
