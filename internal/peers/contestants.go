package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// buildLimit bounds the time to compile a peer. GoMLX's many packages take minutes the first time.
const buildLimit = 4 * time.Minute

// Idle threads wait actively for a while before they sleep: those of OpenBLAS for some 110 ms, as /proc/PID/stat shows.
// Who comes next would have to share the processors with them.
const (
	shortRest = 2 * time.Millisecond
	longRest  = 150 * time.Millisecond
)

// A contestant says how to start a process that takes part.
type contestant struct {
	group   string        // what the tables call it; of those of one group in a row the fastest counts
	variant string        // what sets it apart within its group
	env     []string      // added to the environment
	rest    time.Duration // how long its threads may keep a processor busy after a slice
	command func(ctx context.Context, dir string) ([]string, error)
}

// The contestants' names are made of the peer, its threads and its variant.
const (
	ours1, ours2, oursAVX2 = "chainrule-1", "chainrule-2", "chainrule-1-avx2"
	adolc, codipack, adept = "adolc", "codipack", "adept"
	blas, torch            = "openblas", "torch" // followed by a number of threads
	jax, gomlx, sklearn    = "jax", "gomlx", "sklearn"
	jax64                  = "jax64" // in double precision
)

func contestants() map[string]contestant {
	ours := func(group string, env ...string) contestant {
		return contestant{group: group, env: env, command: func(context.Context, string) ([]string, error) {
			exe, err := os.Executable()
			return []string{exe, "-serve"}, err
		}}
	}
	all := map[string]contestant{
		ours1:    ours("chainrule", "GOMAXPROCS=1"),
		ours2:    ours("chainrule, 2 cores", "GOMAXPROCS=2"),
		oursAVX2: ours("chainrule, AVX2", "GOMAXPROCS=1", "CHAINRULE_KERNEL=avx2"),
		adolc:    {group: "ADOL-C", command: native("tapes.cpp", "", "", "-DADOLC", "-ladolc")},
		codipack: {group: "CoDiPack", command: native("tapes.cpp", "CODIPACK_INCLUDE", "", "-DCODIPACK")},
		adept:    {group: "Adept", command: native("tapes.cpp", "ADEPT_INCLUDE", "ADEPT_LIB", "-DADEPT", "-ladept")},
	}
	for _, threads := range []string{"1", "2"} {
		rest := shortRest
		if threads != "1" {
			rest = longRest
		}
		one := []string{"OMP_NUM_THREADS=" + threads, "OPENBLAS_NUM_THREADS=" + threads}
		keep := append(slices.Clip(one), "MALLOC_MMAP_THRESHOLD_=1073741824", "MALLOC_TRIM_THRESHOLD_=4294967296")
		for _, core := range []string{"", "Haswell"} {
			name, variant := threads, "its own choice of kernels"
			blasEnv, torchEnv := one, keep
			if core != "" {
				name, variant = threads+"-"+strings.ToLower(core), core+" kernels"
				blasEnv, torchEnv = append(slices.Clip(one), "OPENBLAS_CORETYPE="+core), append(slices.Clip(keep), "OPENBLAS_CORETYPE="+core)
			}
			all[blas+name] = contestant{"OpenBLAS", variant, blasEnv, rest, native("openblas.cpp", "", "", "-ldl")}
			all[torch+name] = contestant{"PyTorch", variant, torchEnv, rest, script("torch_peer.py", "TORCH_PYTHON", "torch", threads)}
		}
		all[jax+threads] = contestant{"JAX", "", nil, rest, script("jax_peer.py", "JAX_PYTHON", "jax", threads)}
		all[jax64+threads] = contestant{"JAX", "", []string{"JAX_ENABLE_X64=1"}, rest, script("jax_peer.py", "JAX_PYTHON", "jax", threads)}
		all[sklearn+threads] = contestant{"scikit-learn", "", keep, rest, script("sklearn_peer.py", "SKLEARN_PYTHON", "sklearn")}
		all[gomlx+threads] = contestant{"GoMLX", "", []string{"GOMAXPROCS=" + threads}, rest, goModule("gomlx")}
	}
	return all
}

// native compiles a C++ peer into dir. The variables of the environment name directories of headers and libraries, and must be
// set; flags that begin with -l come last.
func native(source, includeVar, libVar string, flags ...string) func(ctx context.Context, dir string) ([]string, error) {
	return func(ctx context.Context, dir string) ([]string, error) {
		args := []string{"-O3", "-march=native", "-DNDEBUG", "-std=c++17", "-w"}
		name := source
		for _, v := range []struct{ name, flag string }{{includeVar, "-I"}, {libVar, "-L"}} {
			if v.name == "" {
				continue
			}
			path := os.Getenv(v.name)
			if path == "" {
				return nil, missing("set " + v.name)
			}
			path, err := filepath.Abs(path)
			if err != nil {
				return nil, err
			}
			args = append(args, v.flag+path)
			if v.flag == "-L" {
				args = append(args, "-Wl,-rpath,"+path)
			}
		}
		var libs []string
		for _, f := range flags {
			if strings.HasPrefix(f, "-l") {
				libs = append(libs, f)
			} else {
				args = append(args, f)
				name += f
			}
		}
		exe := filepath.Join(dir, strings.NewReplacer(".cpp", "", "-D", "-").Replace(name))
		if _, err := os.Stat(exe); err == nil {
			return []string{exe}, nil
		}
		args = append(args, "-o", exe, filepath.Join("native", source))
		if err := build(ctx, ".", "g++", append(args, libs...)...); err != nil {
			return nil, err
		}
		return []string{exe}, nil
	}
}

// script finds a Python that has a module: the one that the variable of the environment names, or one of the usual.
func script(file, pythonVar, module string, args ...string) func(ctx context.Context, dir string) ([]string, error) {
	return func(ctx context.Context, dir string) ([]string, error) {
		script, err := filepath.Abs(filepath.Join("python", file))
		if err != nil {
			return nil, err
		}
		pythons := []string{"python3", "/usr/bin/python3"}
		if p := os.Getenv(pythonVar); p != "" {
			pythons = []string{p}
		}
		for _, p := range pythons {
			check := exec.CommandContext(ctx, p, "-c", "import importlib.util as u, sys; sys.exit(0 if u.find_spec(sys.argv[1]) and u.find_spec('numpy') else 1)", module)
			if check.Run() == nil {
				return append([]string{p, "-B", script}, args...), nil
			}
		}
		return nil, missing(fmt.Sprintf("%s has no module %s; set %s to a Python that has it", strings.Join(pythons, " and "), module, pythonVar))
	}
}

// goModule builds a peer that is a Go module of its own into dir.
func goModule(name string) func(ctx context.Context, dir string) ([]string, error) {
	return func(ctx context.Context, dir string) ([]string, error) {
		exe := filepath.Join(dir, name)
		if _, err := os.Stat(exe); err == nil {
			return []string{exe}, nil
		}
		if err := build(ctx, name, "go", "build", "-o", exe, "."); err != nil {
			return nil, err
		}
		return []string{exe}, nil
	}
}

// build runs a compiler; a peer that does not compile is missing.
func build(ctx context.Context, dir, tool string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if ctx.Err() != nil {
		first = fmt.Sprintf("not built within %v", buildLimit)
	} else if first == "" {
		first = err.Error()
	}
	return missing(tool + ": " + first)
}
