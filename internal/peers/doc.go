// Command peers measures chainrule beside other programs that do the same work, on one machine, in one run:
//
//	go run -C internal/peers .
//
// Absolute times mean little, since machines differ and are never quite idle. So ours and its peers take turns, round by
// round, in slices of some hundredths of a second, and what counts is the ratio within a round: its median over the
// rounds and its quartiles. The ratio of the fastest repetitions stands beside it.
//
// With -json the numbers of every round are kept, and with -from the pages are written from them without measuring: when
// only the words have changed.
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
// What the machine itself can do at most is measured in the same way, in turns with the rest: multiply-adds that do not
// wait for each other, and copies of as many bytes as the work must move. Products, training steps and elementwise
// functions are given as a part of that.
//
// # The peers
//
//	go run -C internal/peers . -install
//
// installs PyTorch, JAX and scikit-learn from their package indexes into a virtual environment of their own,
// chainrule-peers/venv in the user's directory of caches. The C++ peers come from the system or from their sources:
//
//	apt-get install g++ libopenblas0 libadolc-dev libcolpack-dev autoconf automake libtool
//	git clone https://github.com/SciCompKL/CoDiPack && cp -r CoDiPack/include/* /usr/local/include
//	git clone https://github.com/rjhogan/Adept-2 && cd Adept-2 && autoreconf -i &&
//		./configure CXXFLAGS="-O3 -march=native -DNDEBUG" && make -C adept install && make -C include install
//
// The first run takes some minutes longer than others: torch.compile and Go keep what they have compiled.
//
// A peer that is not there is reported as missing, with the reason, never as beaten. These are looked for:
//
//	OpenBLAS            libopenblas.so.0; its loop is in C++
//	ADOL-C              its headers and its library, and for sparse matrices those of ColPack
//	CoDiPack            its headers, in $CODIPACK_INCLUDE
//	Adept               its headers and its library, in $ADEPT_INCLUDE and $ADEPT_LIB
//	PyTorch             a Python that has it, $TORCH_PYTHON
//	scikit-learn        the same, $SKLEARN_PYTHON
//	JAX                 the same, $JAX_PYTHON
//	GoMLX               its backend in Go, in the nested module gomlx: built if it can be
//
// Where a variable is not set, headers and libraries are looked for in chainrule-peers in the directory of caches, in
// /usr/local, /opt/homebrew and /usr, in directories named include and lib, and Python in the virtual environment, then
// as python3 and as /usr/bin/python3.
//
// Gorgonia is not among them: programs with v0.9.18, its newest release, compile with Go 1.26 but panic at once, in
// go4.org/unsafe/assume-no-moving-gc, unless a variable of the environment takes the risk.
//
// The C++ ones are compiled with g++ -O3 -march=native. Peers run in the strongest setting known: PyTorch without
// gradients to clear (set_to_none), with its fused optimizers and with an allocator that keeps its memory; both it, with
// MKL and oneDNN inside, and OpenBLAS once with the kernels they choose and once held to those of AVX2, of which the
// faster counts; training steps by torch.compile as well, which keeps what it compiled, in chainrule-peers too. The rows
// that hold ours to AVX2 have peers held to it. Settings of the caller's environment that would change a contestant, such
// as OPENBLAS_CORETYPE or GOMAXPROCS, are taken out of it.
package main
