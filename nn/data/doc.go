// Package data holds sets of examples and hands them out in mini-batches.
package data
