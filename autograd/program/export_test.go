package program

// Reasons say why operations cannot be part of a program.
func Reasons() map[string]string { return reasons }
