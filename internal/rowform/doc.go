// Package rowform has the expressions of rows as other forms of operations need them: read, with the names of operands
// and constants, and with what rows do not say in words of their own, such as that an exponent of 0 selects nothing.
package rowform
