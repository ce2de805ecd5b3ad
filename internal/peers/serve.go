package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed366ff29f/chainrule/internal/kernel"
)

// A job repeats one piece of work.
type job struct {
	run   func()
	check float64 // by which its result is compared with that of others, or NaN
	batch int     // repetitions between two looks at the clock, 0 before they were counted
}

// shortest is the least time of a batch: the clock's own cost is lost in it.
const shortest = 50 * time.Microsecond

func (j *job) time(n int) time.Duration {
	start := time.Now()
	for range n {
		j.run()
	}
	return time.Since(start)
}

// measure runs the job for about the given time.
func (j *job) measure(budget time.Duration) answer {
	j.time(1)
	if j.batch == 0 {
		j.batch = 1
		for j.time(j.batch) < shortest {
			j.batch *= 2
		}
	}
	var times []time.Duration
	for spent := time.Duration(0); len(times) == 0 || spent < budget; {
		t := j.time(j.batch)
		spent += t
		times = append(times, t)
	}
	slices.Sort(times)
	one := func(d time.Duration) float64 { return d.Seconds() / float64(j.batch) }
	return answer{one(times[len(times)/2]), one(times[0]), len(times) * j.batch, j.check}
}

// An answer holds the numbers of one slice.
type answer struct {
	Median, Least float64 // of one repetition: seconds, or what the job counts
	Repetitions   int
	Check         float64
}

func (a answer) String() string {
	return fmt.Sprintf("ok %.9g %.9g %d %.17g", a.Median, a.Least, a.Repetitions, a.Check)
}

func parseAnswer(line string) (a answer, err error) {
	if reason, ok := strings.CutPrefix(line, "no "); ok {
		return a, missing(reason)
	}
	if _, err = fmt.Sscanf(line, "ok %g %g %d %g", &a.Median, &a.Least, &a.Repetitions, &a.Check); err != nil {
		return a, fmt.Errorf("got the line %q, want ok and four numbers", line)
	}
	return a, nil
}

// A missing says why a peer, or its part of a row, is not there.
type missing string

func (m missing) Error() string { return string(m) }

// counted is a job whose answer is no time but a number, found once.
func counted(v float64) answer { return answer{v, v, 1, math.NaN()} }

// serve is chainrule's side of the protocol.
func serve(in io.Reader, out io.Writer) error {
	fmt.Fprintf(out, "peer chainrule, %s, kernels %s, GOMAXPROCS %d\n", runtime.Version(), kernel.Implementation(), runtime.GOMAXPROCS(0))
	jobs := map[string]*job{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		seconds, words, _ := strings.Cut(lines.Text(), " ")
		budget, err := strconv.ParseFloat(seconds, 64)
		if err != nil {
			return fmt.Errorf("got the line %q, want seconds and a job", lines.Text())
		}
		fmt.Fprintln(out, respond(jobs, words, time.Duration(budget*float64(time.Second))))
	}
	return lines.Err()
}

// respond does one job, and turns what goes wrong with it into a line.
func respond(jobs map[string]*job, words string, budget time.Duration) (line string) {
	defer func() {
		if r := recover(); r != nil {
			line = fmt.Sprintf("no %v", r)
		}
		line = strings.ReplaceAll(line, "\n", " ")
	}()
	fields := strings.Fields(words)
	kind, args := fields[0], fields[1:]
	if count, ok := counts[kind]; ok {
		return count(args).String()
	}
	j := jobs[words]
	if j == nil {
		build, ok := kinds[kind]
		if !ok {
			return "no unknown job"
		}
		j = build(args)
		jobs[words] = j
	}
	return j.measure(budget).String()
}

// kinds are the jobs that are timed, by their first word.
var kinds = map[string]func(args []string) *job{
	"scalar":              scalarJob,
	"program":             programJob,
	"adbench":             taskJob,
	"adbench-plain":       plainTaskJob,
	"mixture":             mixtureJob,
	"mixture-points":      mixturePointsJob,
	"adjustment":          adjustmentJob,
	"adjustment-tensors":  adjustmentTensorsJob,
	"derivative":          derivativeJob,
	"compiled-derivative": compiledDerivativeJob,
	"compiled-sparse":     compiledSparseJob,
	"per-example":         perExampleJob,
	"sparse":              sparseJob,
	"gemm":                gemmJob,
	"elementwise":         elementwiseJob,
	"mlp":                 mlpJob,
	"conv2d":              convJob,
	"cnn":                 cnnJob,
	"gru":                 gruJob,
	"letters":             lettersJob,
	"transformer":         transformerJob,
	"deep":                deepJob,
	"deep-flushing":       deepFlushingJob,
	"fit":                 fitJob,
	"operation":           operationJob,
}

// counts are the jobs that find a number which is no time.
var counts = map[string]func(args []string) answer{
	"cold":                    coldRun,
	"bytes":                   tapeBytes,
	"allocations":             stepAllocations,
	"cnn-allocations":         cnnAllocations,
	"letters-allocations":     lettersAllocations,
	"transformer-allocations": transformerAllocations,
	"memory":                  stepMemory,
	"needed":                  stepNeeded,
}

// noise fills dst with the first numbers of stream seed, times scale: between -0.5 and 0.5, the same in every language.
func noise[T float32 | float64](dst []T, seed uint32, scale float64) {
	for i := range dst {
		dst[i] = T(noiseAt(uint32(i), seed) * scale)
	}
}

func noiseAt(i, seed uint32) float64 {
	x := i*0x9E3779B1 + seed*0x85EBCA77
	x ^= x >> 15
	x *= 0x2C1B3C6D
	x ^= x >> 12
	x *= 0x297A2D39
	x ^= x >> 15
	return float64(x)/(1<<32) - 0.5
}

// weigh returns one number by which two results can be compared.
func weigh[T float32 | float64](xs []T) float64 {
	sum := 0.0
	for i, x := range xs {
		sum += float64(x) * noiseAt(uint32(i), 3)
	}
	return sum
}

// integers reads the arguments of a job.
func integers(args []string) []int {
	out := make([]int, len(args))
	for i, a := range args {
		v, err := strconv.Atoi(a)
		if err != nil {
			panic(err)
		}
		out[i] = v
	}
	return out
}
