//go:build amd64 && !purego

#include "textflag.h"

// The bits of MXCSR that make results (FTZ) and operands (DAZ) zeros.
#define FLUSH $0x8040

// FIND looks for the calling goroutine: then it is member CX of the set at DX.
#define FIND(set, member, found) \
	MOVQ  (TLS), AX; \
	MOVQ  $0x9e3779b97f4a7c15, DX; \
	IMULQ AX, DX; \
	SHRQ  $(64-6), DX; \
	SHLQ  $6, DX; \
	LEAQ  ·flushing(SB), CX; \
	ADDQ  CX, DX; \
set: \
	XORL  CX, CX; \
member: \
	CMPQ  AX, (DX)(CX*8); \
	JEQ   found; \
	INCL  CX; \
	CMPL  CX, $4; \
	JNE   member; \
	MOVQ  48(DX), DX; \
	TESTQ DX, DX; \
	JNE   set

// func goroutine() uintptr
TEXT ·goroutine(SB), NOSPLIT, $0-8
	MOVQ (TLS), AX
	MOVQ AX, ret+0(FP)
	RET

// func flushHere()
TEXT ·flushHere(SB), NOSPLIT, $8-0
	FIND(set, member, found)
	RET

found:
	STMXCSR 32(DX)(CX*4)
	MOVL    32(DX)(CX*4), AX
	ORL     FLUSH, AX
	MOVL    AX, mode-8(SP)
	LDMXCSR mode-8(SP)
	RET

// func unflushHere()
TEXT ·unflushHere(SB), NOSPLIT, $0-0
	FIND(set, member, found)
	RET

found:
	LDMXCSR 32(DX)(CX*4)
	RET
