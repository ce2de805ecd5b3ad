// Package imports holds the direction in which packages of this module may import each other: its test fails if one
// imports a package that does not stand below it, or a library that it has no business with.
package imports
