package pjrt

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	xla "github.com/gomlx/go-xla/pkg/pjrt"

	"github.com/seed366ff29f/chainrule/graph"
)

// PathVariable is the name of the environment variable that says where plugins are.
const PathVariable = xla.PJRTPluginPathsEnv

// A Device is what programs are compiled for and run on: the first device of a plugin, such as a GPU. It may be used from
// several goroutines at once.
type Device struct {
	plugin *xla.Plugin
	client *xla.Client
	about  string

	mu       sync.Mutex
	programs map[*Program]bool // nil when the device is closed
}

// Open loads a plugin and returns its first device. Path is the plugin's file, or directories with the separator of
// [os.PathListSeparator] between, the first of which that has a plugin is taken; usually it is the value of
// [PathVariable].
//
// A plugin stays loaded until the process ends. Most allow one Device a process; that of CUDA takes three quarters of the
// GPU's memory at once.
func Open(path string) (*Device, error) {
	const op = "pjrt.Open"
	file, err := find(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if err := environment(file); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	plugin, err := xla.GetPlugin(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	client, err := plugin.NewClient(nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %s has no client: %w", op, file, err)
	}
	if client.NumDevices() == 0 {
		client.Destroy()
		return nil, fmt.Errorf("%s: %s has no device", op, file)
	}
	d := &Device{plugin: plugin, client: client, about: client.Platform(), programs: make(map[*Program]bool)}
	if about, err := client.AddressableDevices()[0].GetDescription(); err == nil {
		d.about = about.DebugString()
	}
	return d, nil
}

// String returns what the plugin calls the device, and the versions of the plugin.
func (d *Device) String() string {
	if !d.open() {
		return "closed device"
	}
	major, minor := d.plugin.Version()
	version := strings.Join(strings.Fields(d.client.PlatformVersion()), " ")
	return fmt.Sprintf("%s (%s, PJRT %d.%d)", d.about, cmp.Or(version, d.client.Platform()), major, minor)
}

// Close gives back the device and all of its memory, when nothing runs on it any more. Its programs are closed with it.
func (d *Device) Close() error {
	const op = "pjrt.Device.Close"
	if d == nil {
		return d.unusable(op)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.programs == nil {
		return nil
	}
	var err error
	for p := range d.programs {
		err = cmp.Or(err, p.compiled.Destroy())
	}
	d.programs = nil
	if err = cmp.Or(err, d.client.Destroy()); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// open reports whether the device can be used.
func (d *Device) open() bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.programs != nil
}

func (d *Device) unusable(op string) error {
	return graph.Errorf(op, graph.ErrUsage, "the device is nil or closed: get one with Open, and close it last")
}

// The names that files of plugins have: of the makers, of go-xla, of JAX, and of TPUs.
var patterns = []string{"pjrt_c_api_*_plugin.*", "pjrt-plugin-*.*", "pjrt_plugin_*.*", "xla_*_plugin.so", "libtpu.so"}

// find returns the file of the plugin that a path names, as an absolute path.
func find(path string) (string, error) {
	if path == "" {
		return "", fmt.Errorf("no path to a plugin: set %s to the file of a PJRT plugin, such as xla_cuda_plugin.so of the Python package jax-cuda13-pjrt", PathVariable)
	}
	for _, place := range filepath.SplitList(path) {
		info, err := os.Stat(place)
		switch {
		case place == "" || os.IsNotExist(err):
			continue
		case err != nil:
			return "", err
		case !info.IsDir():
			return filepath.Abs(place)
		}
		for _, p := range patterns {
			found, err := filepath.Glob(filepath.Join(place, p))
			if err != nil {
				return "", err
			}
			if slices.Sort(found); len(found) > 0 {
				return filepath.Abs(found[0])
			}
		}
	}
	return "", fmt.Errorf("no plugin in %q: want a file, or a directory with one that is called like %s", path, strings.Join(patterns, ", "))
}

// environment sets variables of the environment, unless they are set, before a plugin's file is loaded.
//
// Plugins write what they do to standard error; TF_CPP_MIN_LOG_LEVEL=1 leaves warnings and errors, as JAX has it.
//
// At version 0.1.4 go-xla sets, for plugins with CUDA in their path, the flag that says where the tools of CUDA are, to a
// directory of its author. GOPJRT_CUDA_CHECKS=0 keeps it from that. In the layout of Python packages these tools are in
// nvidia/cu13 or nvidia/cuda_nvcc, beside the directory of the plugin's package; elsewhere XLA looks for itself.
func environment(file string) error {
	for name, value := range map[string]string{"TF_CPP_MIN_LOG_LEVEL": "1", "GOPJRT_CUDA_CHECKS": "0"} {
		if os.Getenv(name) == "" {
			if err := os.Setenv(name, value); err != nil {
				return err
			}
		}
	}
	const flag = "--xla_gpu_cuda_data_dir"
	flags := os.Getenv("XLA_FLAGS")
	if strings.Contains(flags, flag) || !strings.Contains(filepath.Base(file), "cuda") {
		return nil
	}
	packages := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	for _, dir := range []string{"cu13", "cuda_nvcc"} {
		tools := filepath.Join(packages, "nvidia", dir)
		if _, err := os.Stat(filepath.Join(tools, "nvvm", "libdevice")); err == nil {
			return os.Setenv("XLA_FLAGS", strings.TrimSpace(flags+" "+flag+"="+tools))
		}
	}
	return nil
}
