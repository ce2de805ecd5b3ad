package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed366ff29f/chainrule/examples/internal/command"
	"github.com/seed366ff29f/chainrule/examples/internal/commandtest"
)

// smallSizes are sizes at which every task takes no time.
var smallSizes = map[string][]int{
	"gmm": {20, 3, 2}, "ba": {2, 5, 7}, "ba-compiled": {2, 5, 7}, "ba-sum": {2, 5, 7}, "lstm": {2, 9, 3}, "hand": {30}, "kmeans": {40, 3, 2}, "ode": {3, 10}, "ode-compiled": {3, 10}, "llsq": {5, 30},
	"det": {4}, "lse": {50}, "particle": {1}, "particle-compiled": {1},
}

func TestProgram(t *testing.T) {
	args := []string{"-seconds", "0.0001"}
	for name, size := range smallSizes {
		args = append(args, "-"+name, sizes(size))
	}
	out := commandtest.Output(t, program, args...)
	for name := range smallSizes {
		if !strings.Contains(out, "\n"+name+" ") {
			t.Errorf("there is no line for %s:\n%s", name, out)
		}
	}
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := map[string]string{
		"gmm":    "1 2 3\n0.1\n0.2\n\n0.3\n0.4\n\n-0.1\n0.1\n\n1\n2\n3\n\n1 0\n",
		"ba":     "2 3 5\n0.1 0.2 0.3 0.01 0.02 0.03 600 0.1 0.2 0.01 0.02\n1 2 5\n0.5\n3 4\n",
		"ba-sum": "2 3 5\n0.1 0.2 0.3 0.01 0.02 0.03 600 0.1 0.2 0.01 0.02\n1 2 5\n0.5\n3 4\n",
		"lstm":   "1 2 1\n\n.1 .2 .3 .4\n.1 .2 .3 .4\n\n.1\n.2\n.3\n\n.5\n.6\n\n1\n0\n",
	}
	for name, text := range good {
		out := commandtest.Output(t, program, "-seconds", "0.0001", "-task", "^"+name+"$", "-"+name+"-file", file(name, text))
		if strings.Count(out, "\n") != 2 {
			t.Errorf("%s: %q", name, out)
		}
	}
	good["gmm"] = strings.ReplaceAll(good["gmm"], "\n", "\r\n")
	commandtest.Output(t, program, "-seconds", "0.0001", "-task", "gmm", "-gmm-file", file("lines of another system", good["gmm"]))
	good["gmm"] = strings.ReplaceAll(good["gmm"], "\r\n", "\n")
	flags := func(status int, stderr string, args ...string) commandtest.Run {
		return commandtest.Run{Args: append([]string{"-seconds", "0.0001"}, args...), Status: status, Stderr: stderr}
	}
	commandtest.Check(t, program, []commandtest.Run{
		flags(command.Usage, `-task "none": no task has such a name`, "-task", "none"),
		flags(command.Usage, "-task: error parsing regexp", "-task", "("),
		flags(command.Usage, "-seconds 0: want more than 0", "-seconds", "0"),
		flags(command.Usage, "want 3 numbers, points,dimensions,components", "-gmm", "1,2"),
		flags(command.Usage, `rows is "0": want a number of 1 or more`, "-det", "0"),
		flags(command.Usage, `rows is "12": want 11 at most`, "-det", "12"),
		flags(command.Usage, `rows is "x": want a number of 1 or more`, "-det", "x"),
		flags(command.Usage, "want smaller ones", "-gmm", "1000000,1000,1000"),
		flags(command.Usage, "these sizes take about 3.2e+02 GB of memory: want smaller ones, of 8 GB at most", "-ba", "1,1,49000000"),
		flags(command.Usage, "these sizes take about", "-lse", "2000000000"),
		flags(command.Usage, "these sizes take about", "-lstm", "1000000,1000000,1000000"),
		flags(command.Usage, "these sizes take about", "-ode", "1000000000,1000000000"),
		flags(command.Usage, "want 100000 at most", "-hand", "100001"),
		flags(command.Usage, `points is "-3": want a number of 1 or more`, "-kmeans", "-3,1,1"),
		flags(command.Usage, "takes flags only", "gmm"),
		flags(command.Failed, "no such file", "-task", "gmm", "-gmm-file", filepath.Join(dir, "none")),
		flags(command.Failed, "gmm1:1: \"x\" is no number", "-task", "gmm", "-gmm-file", file("gmm1", "x")),
		flags(command.Failed, "gmm2 ends at line 2: want more numbers", "-task", "gmm", "-gmm-file", file("gmm2", "1 2\n")),
		flags(command.Failed, "gmm3 is too short for its sizes", "-task", "gmm", "-gmm-file", file("gmm3", "1000 1000 1000\n1 2 3")),
		flags(command.Failed, "the number of dimensions is 1.5", "-task", "gmm", "-gmm-file", file("gmm4", "1.5 2 3")),
		flags(command.Failed, "gmm5:17: more numbers than its sizes say", "-task", "gmm", "-gmm-file", file("gmm5", good["gmm"]+"\n7")),
		flags(command.Failed, "has the prior γ = 2", "-task", "gmm", "-gmm-file", file("gmm6", strings.Replace(good["gmm"], "1 0\n", "2 0\n", 1))),
		flags(command.Failed, "ends at line 4", "-task", "^ba$", "-ba-file", file("ba1", "1 1 1\n1 2 3 4 5 6 7 8 9 10 11\n1 2 3\n4")),
		flags(command.Failed, `gmm7:2: "NaN" is no number, or none that is finite`, "-task", "gmm", "-gmm-file", file("gmm7", strings.Replace(good["gmm"], "0.1", "NaN", 1))),
		flags(command.Failed, `gmm8:2: "-inf" is no number, or none that is finite`, "-task", "gmm", "-gmm-file", file("gmm8", strings.Replace(good["gmm"], "0.1", "-inf", 1))),
		flags(command.Failed, `gmm9:1: "\x7fELF\x02\x01\x01\x00" is no number`, "-task", "gmm", "-gmm-file", file("gmm9", "\x7fELF\x02\x01\x01\x00 1 2")),
		flags(command.Failed, "gmm10 ends at line 1: want more numbers", "-task", "gmm", "-gmm-file", file("gmm10", "")),
		flags(command.Failed, "the number of dimensions is 1e+18", "-task", "gmm", "-gmm-file", file("gmm11", "1e18 1 1\n1")),
		flags(command.Failed, "gmm12 is too short for its sizes", "-task", "gmm", "-gmm-file", file("gmm12", "1000000000 1 1000000000\n1 2 3")),
		flags(command.Failed, "ba2: these sizes take about", "-task", "^ba$", "-ba-file", file("ba2", "2 3 50000000\n0.1 0.2 0.3 0.01 0.02 0.03 600 0.1 0.2 0.01 0.02\n1 2 5\n0.5\n3 4\n")),
		flags(command.Failed, "the number of layers is -1", "-task", "lstm", "-lstm-file", file("lstm1", "-1 1 1 1 2 3")),
	})
	commandtest.Interrupted(t, program, "", "-task", "lse")
	commandtest.Full(t, program, "-seconds", "0.0001", "-task", "det", "-det", "2")
}
