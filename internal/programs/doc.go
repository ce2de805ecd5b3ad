// Package programs holds the computations by which scalar tapes and compiled programs are compared, each written three
// times: on chainrule's graph, on the smallest tape that Go allows, and as a plain function of float64. Tests and
// benchmarks share them.
//
// Every program is a function of its leaves with one number as result. The first three columns below say how much of it
// a tape records; the operations are those of a tape that folds constants into the operation beside them.
//
//	program     leaves   operations  what it is
//	chain            2      200 000  y = y·a + x, over and over: the shortest operations there are
//	nested           3    6 000 000  x = sin(x)·a + b/(x + 1.5), summed up: transcendental, one long dependency
//	rosenbrock 100 000      799 992  the Rosenbrock function: wide, each leaf used a few times
//	network        337       65 077  a 2-16-16-1 tanh network of scalars over 100 samples, as in a first course
//	product    100 000       99 999  Speelpenning's product of all leaves: making and reading the leaves counts
//
// The small programs have a derivative written by hand in place of the bare tape. They are run for thousands of points.
//
//	network222      10           27  the 2-2-2 network of a first course
//	blackscholes     5           24  the price of a call by Black and Scholes: its gradient are the Greeks
//	bundle          17           73  bundle adjustment, one observation: the sum of squares of its residuals
//	mixture         32          119  the log density of a mixture of five Gaussians in the plane, at one point
//
// ADBench's programs, in the forms of the tape and of a plain function, are what tools for automatic differentiation have
// been compared by.
//
//	gmm-2-5         30       77 074  the log posterior of a mixture of 5 Gaussians in 2 dimensions, of 1000 points
//	gmm-10-25    1 650    3 380 354  the same of 25 Gaussians in 10 dimensions
//	lstm-2-1024    266      573 704  a model of text: two layers of long short-term memories, 1024 characters of 14 bits
//	ba-49       55 710    2 356 382  bundle adjustment: 49 cameras, 7776 points, 31 843 observations
//
// The bare tape keeps rows of two derivatives and two operands and checks nothing. Its rows are there before the first is
// written, its operations are small enough for the compiler to put them where they are used, and its sweep ends above the
// leaves. Its time is what a tape in Go must cost; what the graph takes beyond it pays for values, names, checks and
// tensors.
//
// Profiles of these programs show what a profile of their own does for users (see package graph):
//
//	go test -C internal/programs -run '^$' -bench //graph -cpuprofile tape.pgo
//	go test -C internal/programs -run '^$' -bench //graph -pgo tape.pgo
package programs
