package kernel

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	narrow := []*implementation{{name: "portable"}}
	wide := append(narrow, &implementation{name: "avx2"}, &implementation{name: "avx512"})
	for _, tt := range []struct {
		name      string
		list      []*implementation
		want, err string
	}{
		{"", narrow, "portable", ""},
		{"", wide, "avx512", ""},
		{"portable", wide, "portable", ""},
		{"avx2", wide, "avx2", ""},
		{"avx512", wide, "avx512", ""},
		{"avx2", narrow, "", "CHAINRULE_KERNEL=avx2: this build and this processor have only portable"},
		{"avx512", wide[:2], "", "CHAINRULE_KERNEL=avx512: this build and this processor have only portable and avx2"},
		{"neon", wide, "", "CHAINRULE_KERNEL=neon: this build and this processor have only portable and avx2 and avx512"},
		{"foo", wide, "", "CHAINRULE_KERNEL=foo: want portable, avx2, avx512 or neon, or none for the best"},
		{"AVX2", wide, "", "CHAINRULE_KERNEL=AVX2: want portable, avx2, avx512 or neon, or none for the best"},
		{" avx2", narrow, "", "CHAINRULE_KERNEL= avx2: want portable, avx2, avx512 or neon, or none for the best"},
	} {
		impl, err := choose(tt.name, tt.list)
		switch {
		case err != nil && err.Error() != tt.err, err == nil && tt.err != "":
			t.Errorf("choose(%q): got error %v, want %q", tt.name, err, tt.err)
		case err == nil && impl.name != tt.want:
			t.Errorf("choose(%q) = %s, want %s", tt.name, impl.name, tt.want)
		}
	}
}

// A program that asks for kernels which do not exist ends at its start and says why.
func TestUnknownImplementation(t *testing.T) {
	name, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(name, "-test.run=^$")
	cmd.Env = append(os.Environ(), "CHAINRULE_KERNEL=foo")
	const want = "CHAINRULE_KERNEL=foo: want portable, avx2, avx512 or neon"
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Skipf("this system does not start the test itself: %v", err) // an emulator, for instance
	}
	if err == nil || !strings.Contains(string(out), want) {
		t.Errorf("the program ended with error %v and said %q, want %q", err, out, want)
	}
}
