// Package stablehlo writes a recorded function as a StableHLO module, the language of XLA's compilers.
package stablehlo
