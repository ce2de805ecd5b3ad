package program

// Reasons say why operations cannot be part of a program.
func Reasons() map[string]string { return reasons }

// SetLimit sets the largest number of instructions, and returns a function that sets it back.
func SetLimit(n int) (restore func()) {
	was := maxInstructions
	maxInstructions = n
	return func() { maxInstructions = was }
}
