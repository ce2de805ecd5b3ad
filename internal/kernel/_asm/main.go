// Command _asm writes the assembly of package kernel: loops for AVX2 with FMA and for AVX-512, in single and double
// precision.
//
// One function of this program stands for all four forms of a kernel; see [target].
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// subjects are what the files of assembly are about: each has one of its own, and a file of the Go declarations beside it.
var subjects = []struct {
	name  string
	write func(t target)
}{
	{"elementwise", target.elementwise},
	{"maps", target.maps},
	{"special", target.specials},
	{"reduce", target.reduce},
	{"lines", target.lines},
	{"matvec", target.matVec},
	{"normalize", target.normalize},
	{"affine", target.affine},
	{"scan", target.scans},
	{"softmax", target.softmax},
	{"optimizer", target.optimizers},
	{"pooling", target.pooling},
	{"windows", target.maxWindows},
	{"copy", func(t target) {
		t.copyRows(sourceRows)
		t.copyRows(sourceList)
		t.copyRows(sourceNumber)
	}},
	{"reverse", target.reverse},
	{"recurrent", target.recurrent},
	{"lanes", func(t target) {
		if t.double {
			t.laneProgram()
		}
	}},
	{"random", target.random},
	{"loss", target.huber},
	{"rotate", func(t target) {
		if t.double {
			t.rotate()
		}
	}},
	{"gemm", target.gemm},
	{"pack", func(t target) {
		for _, n := range panels {
			t.panel(n)
		}
		t.packA()
		if !t.wide {
			t.pack()
		}
	}},
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("kernel/_asm: ")
	dir := flag.String("dir", "..", "write the files to `directory`")
	flag.Parse()
	for _, s := range subjects {
		newOutput()
		for _, t := range targets {
			s.write(t)
		}
		if err := writeFiles(filepath.Join(*dir, s.name)); err != nil {
			log.Fatal(err)
		}
	}
	for name, text := range goTables() {
		if err := os.WriteFile(filepath.Join(*dir, name+"_tables_amd64.go"), []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// writeFiles compiles the functions of the output and writes them and their declarations to files whose names begin
// with base.
func writeFiles(base string) error {
	file, err := output.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	about := printer.Config{Name: "internal/kernel/_asm", Pkg: "kernel"}
	for suffix, p := range map[string]printer.Printer{"_amd64.s": printer.NewGoAsm(about), "_stubs_amd64.go": printer.NewStubs(about)} {
		text, err := p.Print(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(base+suffix, text, 0o644); err != nil {
			return err
		}
	}
	return checkRegisters(base + "_amd64.s")
}

// checkRegisters makes sure that AVX2 functions use none of the registers that only AVX-512 has: the register allocator
// does not know, and the assembler would silently encode an AVX-512 instruction.
func checkRegisters(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	name := ""
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "TEXT" {
			name = f[1]
		}
		if !strings.Contains(name, "AVX2") {
			continue
		}
		for i := 16; i < 32; i++ {
			for _, kind := range "XYZ" {
				if strings.Contains(line, fmt.Sprintf("%c%d", kind, i)) {
					return fmt.Errorf("%s uses a register of AVX-512: %s", name, strings.TrimSpace(line))
				}
			}
		}
	}
	return nil
}
