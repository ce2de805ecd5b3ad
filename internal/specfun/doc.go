// Package specfun has special functions of package ops that need nothing but package math. [Source] returns their text,
// for Go source that brings them along.
package specfun
