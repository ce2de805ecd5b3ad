package program

// SetLimit sets the largest number of instructions, and returns a function that sets it back.
func SetLimit(n int) (restore func()) {
	was := maxInstructions
	maxInstructions = n
	return func() { maxInstructions = was }
}
