package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// A machine says where and when figures were measured.
type machine struct {
	Date     string
	CPU      string
	Cores    int
	Memory   string
	System   string
	Commit   string
	Load     [2]string // average number of busy processes in the last minute, before and after
	Versions []string  // what the contestants said they are
	Settings string
}

func thisMachine() machine {
	return machine{
		Date:   time.Now().UTC().Format("2006-01-02"),
		CPU:    cpu(),
		Cores:  runtime.NumCPU(),
		Memory: strings.TrimSpace(field("/proc/meminfo", "MemTotal")),
		System: runtime.GOOS + "/" + runtime.GOARCH,
		Commit: commit(),
		Load:   [2]string{load(), ""},
	}
}

// field returns the first value of that name in a file of lines "name : value", or "".
func field(file, name string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func cpu() string {
	const file = "/proc/cpuinfo"
	model := field(file, "model name")
	if model == "" {
		return "unknown"
	}
	if family := field(file, "cpu family"); family != "" {
		model += fmt.Sprintf(" (family %s, model %s)", family, field(file, "model"))
	}
	return model
}

func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}
