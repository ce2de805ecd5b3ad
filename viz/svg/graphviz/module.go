package graphviz

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

//go:embed graphviz.wasm.gz
var compressed []byte

// memoryLimit is the most memory of one layout, in pages of 64 KiB. The largest that are let through take a tenth of it.
const memoryLimit = 256 << 20 / (64 << 10)

// A program is Graphviz as machine code, from which each layout makes its own instance: what one leaves behind in memory,
// or breaks, no other sees.
type program struct {
	runtime wazero.Runtime
	code    wazero.CompiledModule
}

var load = sync.OnceValues(func() (*program, error) {
	code, err := decompress(compressed)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryLimit))
	compiled, err := r.CompileModule(ctx, code)
	if err != nil {
		return nil, errors.Join(err, r.Close(ctx))
	}
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return nil, errors.Join(err, r.Close(ctx))
	}
	if err := unused(ctx, r, compiled); err != nil {
		return nil, errors.Join(err, r.Close(ctx))
	}
	return &program{r, compiled}, nil
})

func decompress(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// unused stands for the functions by which go-graphviz lets Graphviz call Go, which it does for plugins that are written
// in Go only. There are none here.
func unused(ctx context.Context, r wazero.Runtime, code wazero.CompiledModule) error {
	const module = "env"
	env := r.NewHostModuleBuilder(module)
	for _, f := range code.ImportedFunctions() {
		if of, name, _ := f.Import(); of == module {
			never := func(context.Context, api.Module, []uint64) { panic("it called " + name) }
			env.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(never), f.ParamTypes(), f.ResultTypes()).Export(name)
		}
	}
	_, err := env.Instantiate(ctx)
	return err
}

// run is `dot -Tjson0`. The instance sees no files, no environment and no clock, and what it writes on standard error is
// dropped.
func run(ctx context.Context, dot []byte) (answer []byte, err error) {
	p, err := load()
	if err != nil {
		return nil, fmt.Errorf("its code cannot be used: %w", err)
	}
	module, err := p.runtime.InstantiateModule(ctx, p.code, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, module.Close(ctx)) }()
	c := &calls{ctx: ctx, module: module}
	answer = c.layout(dot)
	if c.err == nil && len(answer) == 0 {
		c.err = errors.New("it gave no answer")
	}
	return answer, c.err
}

// calls calls functions of an instance and looks into its memory. After an error it does nothing more.
type calls struct {
	ctx    context.Context
	module api.Module
	err    error
}

// An address is a place in the memory of an instance, or a number.
type address = uint64

// call calls a function of C.
func (c *calls) call(name string, args ...address) address {
	if c.err != nil {
		return 0
	}
	f := c.module.ExportedFunction(name)
	if f == nil {
		c.err = fmt.Errorf("it has no function %s", name)
		return 0
	}
	results, err := f.Call(c.ctx, args...)
	if err != nil {
		c.err = fmt.Errorf("in %s: %w", name, err)
		return 0
	}
	if len(results) == 0 {
		return 0
	}
	return results[0]
}

// alloc returns the address of a number of bytes that nothing else uses.
func (c *calls) alloc(n int) address {
	p := c.call("malloc", address(n))
	if p == 0 && c.err == nil {
		c.err = errors.New("out of memory")
	}
	return p
}

func (c *calls) text(s string) address {
	p := c.alloc(len(s) + 1)
	if c.err == nil && !c.module.Memory().WriteString(uint32(p), s+"\x00") {
		c.err = errOutside
	}
	return p
}

func (c *calls) read(p address) address {
	if c.err != nil {
		return 0
	}
	v, ok := c.module.Memory().ReadUint32Le(uint32(p))
	if !ok {
		c.err = errOutside
	}
	return address(v)
}

func (c *calls) write(p, v address) {
	if c.err == nil && !c.module.Memory().WriteUint32Le(uint32(p), uint32(v)) {
		c.err = errOutside
	}
}

var errOutside = errors.New("an address outside of its memory")

// word is the size of an address or int in C.
const word = 4

// layout returns the graph with the places of its nodes and edges, in the format json0.
func (c *calls) layout(dot []byte) []byte {
	gvc := c.call("gvContextPlugins", c.plugins(), 0)
	g := c.call("agmemread", c.text(string(dot)))
	if g == 0 && c.err == nil {
		c.err = errors.New("it cannot read the graph")
	}
	if status := int32(c.call("gvLayout", gvc, g, c.text("dot"))); status != 0 && c.err == nil {
		c.err = fmt.Errorf("gvLayout returned %d", status)
	}
	result := c.alloc(2 * word) // a pointer to the text, and its length
	if status := int32(c.call("gvRenderData", gvc, g, c.text("json0"), result, result+word)); status != 0 && c.err == nil {
		c.err = fmt.Errorf("gvRenderData returned %d", status)
	}
	text, length := c.read(result), c.read(result+word)
	if c.err != nil {
		return nil
	}
	answer, ok := c.module.Memory().Read(uint32(text), uint32(length))
	if !ok {
		c.err = errOutside
	}
	return bytes.Clone(answer)
}

// plugins returns the list of the plugins that are built in: names and addresses, with an empty entry at its end. The
// function that knows them returns pointers to them, which are two words apart, without that entry.
func (c *calls) plugins() address {
	result := c.alloc(word)
	c.call("wasm_bridge_SymList_default", result)
	slice := c.read(result)
	n, entries := c.read(slice), c.read(slice+word)
	if n > 100 {
		c.err = errOutside
		return 0
	}
	list := c.alloc(int(n+1) * 2 * word)
	for k := range n + 1 {
		name, at := address(0), address(0)
		if k < n {
			entry := c.read(entries + 2*word*k)
			name, at = c.read(entry), c.read(entry+word)
		}
		c.write(list+2*word*k, name)
		c.write(list+2*word*k+word, at)
	}
	return list
}
