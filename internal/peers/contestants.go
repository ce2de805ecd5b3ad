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

// Idle threads wait actively for a while before they sleep: those of OpenBLAS for some 110 ms, those of PyTorch for 10, as
// /proc/PID/stat shows. Who comes next would have to share the processors with them.
const (
	shortRest  = 2 * time.Millisecond
	torchPause = 15 * time.Millisecond
	longRest   = 150 * time.Millisecond
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
	colpack                = "adolc-colpack"
	blas, torch            = "openblas", "torch" // followed by a number of threads
	compiledTorch          = "torch-compile"
	flushingTorch          = "torch-flush"
	jax, gomlx, sklearn    = "jax", "gomlx", "sklearn"
	jax64                  = "jax64" // in double precision
	machineLimits          = "machine"
	held                   = "-avx2" // the variant of a peer that keeps to AVX2
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
		adolc:    {group: "ADOL-C", command: native{source: "tapes.cpp", define: "ADOLC", header: "adolc/adolc.h", lib: "adolc"}.command},
		colpack:  {group: "ADOL-C with ColPack", command: native{source: "sparse.cpp", header: "ColPack/ColPackHeaders.h", lib: "adolc", also: "ColPack"}.command},
		codipack: {group: "CoDiPack", command: native{source: "tapes.cpp", define: "CODIPACK", header: "codi.hpp", includeVar: "CODIPACK_INCLUDE"}.command},
		adept: {group: "Adept", command: native{
			source: "tapes.cpp", define: "ADEPT", header: "adept.h", includeVar: "ADEPT_INCLUDE", lib: "adept", libVar: "ADEPT_LIB",
		}.command},
		machineLimits: {group: "the machine", command: native{source: "machine.cpp", lib: "pthread"}.command},
	}
	// What holds PyTorch's libraries, and OpenBLAS, to the instructions of AVX2.
	avx2 := []string{"ONEDNN_MAX_CPU_ISA=AVX2", "MKL_ENABLE_INSTRUCTIONS=AVX2", "ATEN_CPU_CAPABILITY=avx2", "OPENBLAS_CORETYPE=Haswell"}
	for _, threads := range []string{"1", "2"} {
		rest, torchRest := shortRest, shortRest
		if threads != "1" {
			rest, torchRest = longRest, torchPause
		}
		one := []string{"OMP_NUM_THREADS=" + threads, "OPENBLAS_NUM_THREADS=" + threads, "MKL_NUM_THREADS=" + threads}
		keep := append(slices.Clip(one), "MALLOC_MMAP_THRESHOLD_=1073741824", "MALLOC_TRIM_THRESHOLD_=4294967296")
		blasCommand := native{source: "openblas.cpp", lib: "dl"}.command
		all[blas+threads] = contestant{"OpenBLAS", "its own choice of kernels", one, rest, blasCommand}
		all[blas+threads+held] = contestant{"OpenBLAS", "Haswell kernels", append(slices.Clip(one), avx2...), rest, blasCommand}
		torchCommand := script("torch_peer.py", "TORCH_PYTHON", "torch", threads)
		all[torch+threads] = contestant{"PyTorch", "its own choice of kernels", keep, torchRest, torchCommand}
		all[torch+threads+held] = contestant{"PyTorch", "held to AVX2", append(slices.Clip(keep), avx2...), torchRest, torchCommand}
		all[compiledTorch+threads] = contestant{
			"torch.compile", "", append(slices.Clip(keep), inductorEnv()...), torchRest, script("torch_peer.py", "TORCH_PYTHON", "torch", threads, "compile"),
		}
		all[flushingTorch+threads] = contestant{
			"PyTorch, flushing", "", keep, torchRest, script("torch_peer.py", "TORCH_PYTHON", "torch", threads, "flush"),
		}
		all[jax+threads] = contestant{"JAX", "", nil, shortRest, script("jax_peer.py", "JAX_PYTHON", "jax", threads)}
		all[jax64+threads] = contestant{"JAX", "", []string{"JAX_ENABLE_X64=1"}, shortRest, script("jax_peer.py", "JAX_PYTHON", "jax", threads)}
		all[sklearn+threads] = contestant{"scikit-learn", "", keep, rest, script("sklearn_peer.py", "SKLEARN_PYTHON", "sklearn")}
		all[gomlx+threads] = contestant{"GoMLX", "", []string{"GOMAXPROCS=" + threads}, shortRest, goModule("gomlx")}
	}
	return all
}

// inductorEnv has torch.compile keep what it compiled for the next run, and compile in its own process: others would stay
// and take time from what is measured.
func inductorEnv() []string {
	env := []string{"TORCHINDUCTOR_COMPILE_THREADS=1"}
	if dir := cacheDir(); dir != "" {
		env = append(env, "TORCHINDUCTOR_CACHE_DIR="+filepath.Join(dir, "inductor"))
	}
	return env
}

// A native is a peer in C++.
type native struct {
	source, define     string
	header, includeVar string // a header that it needs, and the variable of the environment that names its directory
	lib, libVar        string // the same of a library
	also               string // another library
}

// command compiles the peer into dir. A header is looked for in the directory that the variable names, or else where
// headers usually lie, and a library in the same way.
func (n native) command(ctx context.Context, dir string) ([]string, error) {
	exe := filepath.Join(dir, strings.TrimSuffix(n.source, ".cpp")+n.define)
	if _, err := os.Stat(exe); err == nil {
		return []string{exe}, nil
	}
	args := []string{"-O3", "-march=native", "-DNDEBUG", "-std=c++20", "-w", "-o", exe}
	if n.define != "" {
		args = append(args, "-D"+n.define)
	}
	if n.header != "" {
		include, err := place(n.includeVar, "include", n.header)
		if err != nil {
			return nil, err
		}
		if include == "" {
			return nil, missing("there is no " + n.header + hint(n.includeVar))
		}
		args = append(args, "-I"+include)
	}
	args = append(args, filepath.Join("native", n.source))
	if n.libVar != "" { // others are where the compiler looks
		lib, err := place(n.libVar, "lib", "lib"+n.lib+".so", "lib"+n.lib+".dylib", "lib"+n.lib+".a")
		if err != nil {
			return nil, err
		}
		if lib != "" {
			args = append(args, "-L"+lib, "-Wl,-rpath,"+lib)
		}
	}
	for _, lib := range []string{n.lib, n.also} {
		if lib != "" {
			args = append(args, "-l"+lib)
		}
	}
	if err := build(ctx, ".", "g++", args...); err != nil {
		return nil, err
	}
	return []string{exe}, nil
}

// place returns the directory that a variable of the environment names, or the usual one that has a file of that name,
// or "".
func place(variable, sub string, names ...string) (string, error) {
	if variable != "" {
		if path := os.Getenv(variable); path != "" {
			return filepath.Abs(path)
		}
	}
	return findUnder(prefixes(), sub, names...), nil
}

func hint(variable string) string {
	if variable == "" {
		return ""
	}
	return "; set " + variable
}

// script finds a Python that has a module: the one that the variable of the environment names, or else the first of that
// which -install made and the usual ones.
func script(file, pythonVar, module string, args ...string) func(ctx context.Context, dir string) ([]string, error) {
	return func(ctx context.Context, dir string) ([]string, error) {
		script, err := filepath.Abs(filepath.Join("python", file))
		if err != nil {
			return nil, err
		}
		pythons := []string{"python3", "/usr/bin/python3"}
		if venv := venvDir(); venv != "" {
			pythons = append([]string{pythonOf(venv)}, pythons...)
		}
		if p := os.Getenv(pythonVar); p != "" {
			pythons = []string{p}
		}
		for _, p := range pythons {
			check := exec.CommandContext(ctx, p, "-c", "import importlib.util as u, sys; sys.exit(0 if u.find_spec(sys.argv[1]) and u.find_spec('numpy') else 1)", module)
			if check.Run() == nil {
				return append([]string{p, "-B", script}, args...), nil
			}
		}
		return nil, missing(fmt.Sprintf("no module %s in %s; -install installs it, or set %s to a Python that has it", module, strings.Join(pythons, ", "), pythonVar))
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
