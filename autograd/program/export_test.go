package program

// SetLimit sets the largest number of instructions, and returns a function that sets it back.
func SetLimit(n int) (restore func()) {
	was := maxInstructions
	maxInstructions = n
	return func() { maxInstructions = was }
}

// SetEntryLimit sets the largest number of instructions of a program of all entries of a matrix, beyond which products are
// colored, and returns a function that sets it back.
func SetEntryLimit(n int) (restore func()) {
	was := maxEntryInstructions
	maxEntryInstructions = n
	return func() { maxEntryInstructions = was }
}

// SetMaxEntries sets the largest number of entries of a matrix, and returns a function that sets it back.
func SetMaxEntries(n int) (restore func()) {
	was := maxEntries
	maxEntries = n
	return func() { maxEntries = was }
}

// Colors returns how many products the matrix is read off, 0 if it is computed entry by entry.
func (h *Hessian) Colors() int { return h.matrix().colors() }

// Colors returns how many products the matrix is read off, 0 if it is computed entry by entry.
func (j *Jacobian) Colors() int { return j.matrix.colors() }

func (m *matrix) colors() int {
	if m.groups == nil {
		return 0
	}
	return m.groups.colors.Count
}
