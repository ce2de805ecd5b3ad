// Command _asm writes the assembly of package kernel: loops for AVX2 with FMA and for AVX-512, in single and double precision.
//
// One function of this program stands for all four forms of a kernel; see [target].
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/mmcloughlin/avo/build"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("kernel/_asm: ")
	fs := flag.NewFlagSet("_asm", flag.ExitOnError)
	tables := fs.String("tables", "", "write the Go tables of the functions to `file`")
	flags := build.NewFlags(fs)
	if err := fs.Parse(os.Args[1:]); err != nil {
		log.Fatal(err)
	}

	output.ConstraintExpr("amd64,!purego")
	for _, t := range targets {
		t.elementwise()
		t.maps()
		t.reduce()
		t.optimizers()
		t.pooling()
		t.copyRows()
		t.recurrent()
		if t.double {
			t.laneProgram()
		}
		t.gemm()
		for _, n := range panels {
			t.panel(n)
		}
		if !t.wide {
			for _, n := range tileGroups {
				t.packA(n)
			}
			t.pack()
		}
	}
	t := tablesSource()
	if err := os.WriteFile(*tables, []byte(t), 0o644); err != nil {
		log.Fatal(err)
	}
	if status := build.Main(flags.Config(), output); status != 0 {
		os.Exit(status)
	}
	if err := checkRegisters(fs.Lookup("out").Value.String()); err != nil {
		log.Fatal(err)
	}
}

// checkRegisters makes sure that AVX2 functions use none of the registers that only AVX-512 has: the register allocator does
// not know, and the assembler would silently encode an AVX-512 instruction.
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
