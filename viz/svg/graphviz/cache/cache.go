// Package cache keeps the machine code that the library go-graphviz makes of Graphviz where nobody else can put theirs.
//
// That library compiles Graphviz in its own init function, half a second of work, and stores the result under a fixed path
// in the directory for temporary files, from where the next program runs it: on a machine with several users, whoever
// makes that directory first chooses what the others run. This package names another directory until [Restore] is called:
// chainrule in the user's own directory for caches, as [os.UserCacheDir] says, open to nobody else. If there is none, or
// others can write to it, it names one that cannot be, and then the library stores nothing and compiles each time.
//
// Packages are initialized in the order of their import paths as far as their imports allow: this one imports nothing
// that could come after go-graphviz, which waits for an import path that is greater than this one. A test holds that.
package cache

import (
	"os"
	"path/filepath"
	"runtime"
)

// names are the variables that os.TempDir looks at, here and on other systems.
var names = [...]string{"TMPDIR", "TMP", "TEMP", "USERPROFILE"}

// nowhere is a directory that is not, and that cannot be made.
const nowhere = "/dev/null/none"

var saved = func() (values [len(names)]*string) {
	dir := directory()
	for i, name := range names {
		if v, ok := os.LookupEnv(name); ok {
			values[i] = &v
		}
		_ = os.Setenv(name, dir)
	}
	return values
}()

// directory returns where the library may store what it compiles.
func directory() string {
	caches, err := os.UserCacheDir()
	if err != nil || !filepath.IsAbs(caches) {
		return nowhere
	}
	dir := filepath.Join(caches, "chainrule")
	if os.MkdirAll(dir, 0o700) != nil {
		return nowhere
	}
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return nowhere
	}
	if info.Mode().Perm() != 0o700 && runtime.GOOS != "windows" { // there, it is the parent that keeps others out
		return nowhere
	}
	return dir
}

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
