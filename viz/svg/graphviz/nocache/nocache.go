// Package nocache keeps the library go-graphviz from running machine code out of a directory that others can write to.
//
// That library compiles Graphviz to machine code in its own init function, and stores it under a fixed path in the
// directory for temporary files, from where the next program runs it: on a machine with several users, whoever makes
// the directory first chooses what the others run. Without a usable directory for temporary files it stores nothing.
// So this package names one that cannot be until [Restore] is called. Packages are initialized in the order of their
// import paths as far as their imports allow: this one imports nothing that could come after go-graphviz, which waits
// for an import path that is greater than this one. A test holds that.
package nocache

import "os"

// names are the variables that os.TempDir looks at, here and on other systems.
var names = [...]string{"TMPDIR", "TMP", "TEMP", "USERPROFILE"}

// nowhere is a directory that is not, and that cannot be made.
const nowhere = "/dev/null/none"

var saved = func() (values [len(names)]*string) {
	for i, name := range names {
		if v, ok := os.LookupEnv(name); ok {
			values[i] = &v
		}
		_ = os.Setenv(name, nowhere)
	}
	return values
}()

// Restore gives the environment the values that it had.
func Restore() {
	for i, name := range names {
		if v := saved[i]; v != nil {
			_ = os.Setenv(name, *v)
		} else {
			_ = os.Unsetenv(name)
		}
	}
}
