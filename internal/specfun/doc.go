// Package specfun has functions of numbers that need nothing but package math: special functions, and elementary ones where
// package math is wrong. The loops of package kernel, package ops and programs have them in common. [Source] returns their
// text, for Go source that brings them along.
package specfun
