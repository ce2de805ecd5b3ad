package pjrt

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	touch := func(names ...string) {
		for _, name := range names {
			name = filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	touch("cpu/pjrt_c_api_cpu_plugin.so", "cpu/readme", "jax/xla_cuda_plugin.so", "jax/version.py", "go/pjrt-plugin-cpu.so", "tpu/libtpu.so", "other/libm.so")
	for _, tt := range []struct{ path, want, err string }{
		{"jax/xla_cuda_plugin.so", "jax/xla_cuda_plugin.so", ""},
		{"other/libm.so", "other/libm.so", ""}, // whoever names a file gets it
		{"cpu", "cpu/pjrt_c_api_cpu_plugin.so", ""},
		{"jax", "jax/xla_cuda_plugin.so", ""},
		{"go", "go/pjrt-plugin-cpu.so", ""},
		{"tpu", "tpu/libtpu.so", ""},
		{"missing:other:jax:cpu", "jax/xla_cuda_plugin.so", ""},
		{":cpu", "cpu/pjrt_c_api_cpu_plugin.so", ""},
		{"", "", "no path to a plugin: set PJRT_PLUGIN_LIBRARY_PATH to the file of a PJRT plugin"},
		{"other", "", "no plugin in "},
		{"missing", "", "no plugin in "},
		{":", "", "no plugin in "},
	} {
		var path []string
		for p := range strings.SplitSeq(tt.path, ":") {
			if p != "" {
				p = filepath.Join(dir, p)
			}
			path = append(path, p)
		}
		got, err := find(strings.Join(path, string(os.PathListSeparator)))
		want := tt.want
		if want != "" {
			want = filepath.Join(dir, want)
		}
		if got != want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %q, %v; want %q, %q", tt.path, got, err, want, tt.err)
		}
	}
}

// TestOpenErrors holds that what is no plugin is an error, not the end of the process.
func TestOpenErrors(t *testing.T) {
	text := filepath.Join(t.TempDir(), "pjrt_c_api_text_plugin.so")
	if err := os.WriteFile(text, []byte("no library"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", text, filepath.Dir(text), filepath.Join(t.TempDir(), "missing.so")} {
		if d, err := Open(path); err == nil || d != nil {
			t.Errorf("Open(%q): %v, %v; want an error", path, d, err)
		}
	}
}
