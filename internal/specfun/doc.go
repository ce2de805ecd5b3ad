// Package specfun has functions of package ops and of programs that need nothing but package math. [Source] returns their
// text, for Go source that brings them along.
package specfun
