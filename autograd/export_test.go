package autograd

// LoopsInParts records the sweeps through all loops in parts until the function that it returns is called.
func LoopsInParts() (end func()) {
	before := mostWhole
	mostWhole = 0
	return func() { mostWhole = before }
}
