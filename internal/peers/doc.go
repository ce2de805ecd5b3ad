// Command peers measures chainrule beside other programs that do the same work, on one machine, in one run:
//
//	go run -C internal/peers .
//
// Absolute times mean little, since machines differ and are never quite idle. So ours and its peers take turns, round by
// round, in slices of some hundredths of a second, and what counts is the ratio within a round: its median over the
// rounds and its quartiles. The ratio of the fastest repetitions stands beside it.
//
// Every contestant is a process of its own that lives through the whole run: chainrule too, which is this program with
// the flag -serve. All of them speak one line protocol. A child says once
//
//	peer <what it is, with versions>
//
// or "no <reason>" and ends. Then it answers each line
//
//	<seconds> <words of the job>
//
// with the numbers of one slice, for one repetition:
//
//	ok <median seconds> <least seconds> <repetitions> <check>
//
// or with "no <reason>". The first request for a job prepares and warms it; every slice begins with a repetition that is
// not counted. All start from the same numbers, and check sums up a job's result: contestants whose checks differ did
// not do the same work, and the row says so instead of giving a ratio.
//
// A peer that is not there is reported as missing, with the reason, never as beaten. These are looked for:
//
//	OpenBLAS            libopenblas.so.0; its loop is in C++
//	ADOL-C              the headers and the library, as in Debian's libadolc-dev
//	CoDiPack            its headers: CODIPACK_INCLUDE names their directory
//	Adept               an installation of it: ADEPT_INCLUDE and ADEPT_LIB name its directories
//	PyTorch             the first of $TORCH_PYTHON, python3 and /usr/bin/python3 that has it
//	scikit-learn        the same with $SKLEARN_PYTHON
//	JAX                 the same with $JAX_PYTHON
//	GoMLX               its backend in Go, in the nested module gomlx: built if it can be
//
// Gorgonia is not among them: programs with v0.9.18, its newest release, compile with Go 1.26 but panic at once, in
// go4.org/unsafe/assume-no-moving-gc, unless a variable of the environment takes the risk.
//
// The C++ ones are compiled with g++ -O3 -march=native. Peers run in the strongest setting known: PyTorch without
// gradients to clear (set_to_none) and with an allocator that keeps its memory, both it and OpenBLAS once with the
// kernels they choose and once with those for Haswell, of which the faster counts. Settings of the caller's environment
// that would change a contestant, such as OPENBLAS_CORETYPE or GOMAXPROCS, are taken out of it.
package main
