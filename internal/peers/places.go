package main

import (
	"os"
	"path/filepath"
	"runtime"
)

// cacheDir returns the directory of what was installed for this program alone, with directories bin, include and lib as
// under /usr/local, or "" where the system has no place for such.
func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "chainrule-peers")
}

// prefixes returns the directories under which headers and libraries usually lie, in the order of search.
func prefixes() []string {
	list := []string{"/usr/local", "/opt/homebrew", "/usr"}
	if dir := cacheDir(); dir != "" {
		list = append([]string{dir}, list...)
	}
	return list
}

// findUnder returns the first directory <prefix>/<sub> that has a file which matches one of the patterns, or "".
func findUnder(prefixes []string, sub string, patterns ...string) string {
	for _, prefix := range prefixes {
		for _, pattern := range patterns {
			if files, _ := filepath.Glob(filepath.Join(prefix, sub, pattern)); len(files) > 0 {
				return filepath.Join(prefix, sub)
			}
		}
	}
	return ""
}

// venvDir returns the virtual environment of Python that -install makes, or "".
func venvDir() string {
	dir := cacheDir()
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "venv")
}

// pythonOf returns the interpreter of a virtual environment.
func pythonOf(venv string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(venv, "Scripts", "python.exe")
	}
	return filepath.Join(venv, "bin", "python")
}
