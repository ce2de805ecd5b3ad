package search

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/seed366ff29f/chainrule/graph"
)

// A Config holds the settings of a search itself. The zero Config tries every point once.
type Config struct {
	Name string // of what is searched: the table is headed by it, and a file of another name is refused
	Seed uint64 // of the points of Random, and of all runs
	Runs int    // of each trial, up to 2²⁰: repetitions with other seeds, or folds; 0 means 1

	// Workers is how many runs are made at once; 0 means as many as there are processors. The table does not depend on
	// it, if the objective depends on its run alone.
	Workers int

	// File is the name of a file that takes each run as it ends, and none if it is empty. If the file is there, the
	// runs in it are not made again: a search goes on where it stood. A file of other settings, of another seed or
	// number of runs is refused; what the objective computes a file cannot tell, so a search with another objective or
	// other data needs another Name. It has a line of JSON for the search, and one for each run. To repeat a run that
	// has failed, delete its line.
	File string

	OnRun func(p Progress) // is called after each run, from one goroutine at a time
}

// A Progress tells of a run that has ended.
type Progress struct {
	Done, Total int     // runs: that have ended, with those of the file, and of the whole search
	Run         *Run    // the last one
	Score       float64 // NaN if it failed
	Err         error   // why it failed, or nil
}

// What bounds the memory of a search.
const (
	maxRuns    = 1 << 20
	maxWorkers = 1 << 16
)

// Minimize tries the points of a plan and returns them in a table, those with the lowest scores first.
//
// A run that returns an error, or panics with a [*graph.Error] as misuse of a model does, has failed: it is recorded,
// and the search goes on. Any other panic stops the search and goes on in the caller's goroutine, as an error that has
// the stack of the run and, if the panic was with an error, wraps that.
//
// Minimize returns an error if
//
//   - ctx is done: objectives see it, no further run begins, and the table holds what has ended. The error wraps
//     ctx.Err(), for errors.Is. A run that ends with an error then has not failed: it is made again another time.
//   - Config.File cannot be read or written, or is that of another search. A file that was there stays as it was, or
//     ends with the last run that could be written. A line that was cut off in the middle, as when a process is killed,
//     is removed, and its run made again.
//   - A setting of the search is missing or out of range: [*graph.Error].
//
// The table is nil if the search did not begin.
func Minimize(ctx context.Context, p *Plan, cfg Config, f Objective) (*Table, error) {
	return run(ctx, "search.Minimize", p, cfg, f)
}

// Maximize is [Minimize] for scores of which more is better, such as an accuracy.
func Maximize(ctx context.Context, p *Plan, cfg Config, f Objective) (*Table, error) {
	return run(ctx, "search.Maximize", p, cfg, f)
}

func run(ctx context.Context, op string, p *Plan, cfg Config, f Objective) (*Table, error) {
	if err := graph.Try(func() { p.mustBeMade(op) }); err != nil {
		return nil, err
	}
	switch {
	case ctx == nil:
		return nil, graph.Errorf(op, graph.ErrUsage, "got a nil context: use context.Background()")
	case f == nil:
		return nil, graph.Errorf(op, graph.ErrUsage, "got a nil objective: give a function that returns the score of a run")
	case cfg.Runs < 0 || cfg.Runs > maxRuns:
		return nil, graph.Errorf(op, graph.ErrValue, "%d runs of each trial: want from 0 to %d", cfg.Runs, maxRuns)
	case cfg.Workers < 0 || cfg.Workers > maxWorkers:
		return nil, graph.Errorf(op, graph.ErrValue, "%d workers: want from 0 to %d", cfg.Workers, maxWorkers)
	}
	if cfg.Name != "" && !isName(cfg.Name) {
		return nil, graph.Errorf(op, graph.ErrValue, "name %q: want a text on one line, without spaces around it", cfg.Name)
	}
	cfg.Runs = max(cfg.Runs, 1)
	if cfg.Workers == 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	s := &search{op: op, plan: p, cfg: cfg, objective: f, ended: map[int]map[int]outcome{}}
	return s.do(ctx)
}

// A search is one under way.
type search struct {
	op        string
	plan      *Plan
	cfg       Config // with defaults filled in
	objective Objective
	ctx       context.Context
	cancel    context.CancelFunc
	total     int // runs, or the largest int if there are more

	mu          sync.Mutex // of what follows
	file        *file      // nil if there is none
	trial, run  int        // the next one, if it has not ended
	ended       map[int]map[int]outcome
	done        int   // how many have
	err         error // that stops the search
	panicked    *panicError
	interrupted bool // whether a run was not made, or not to its end
}

// An outcome is what a run has ended with.
type outcome struct {
	score float64
	notes map[string]float64
	err   error
}

func (s *search) do(ctx context.Context) (*Table, error) {
	s.total = math.MaxInt
	if over, n := bits.Mul64(uint64(s.plan.n), uint64(s.cfg.Runs)); over == 0 && n < math.MaxInt {
		s.total = int(n)
	}
	if s.cfg.File != "" {
		if err := s.open(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.op, err)
		}
		defer s.file.close()
	}
	s.ctx, s.cancel = context.WithCancel(ctx)
	defer s.cancel()
	var wg sync.WaitGroup
	for range min(s.cfg.Workers, s.total-s.done) {
		wg.Go(s.work)
	}
	wg.Wait()
	if s.panicked != nil {
		panic(s.panicked)
	}
	t := s.table()
	switch {
	case s.err != nil:
		return t, fmt.Errorf("%s: %w", s.op, s.err)
	case s.interrupted:
		return t, fmt.Errorf("%s: stopped after %d of %d runs: %w", s.op, s.done, s.total, ctx.Err())
	}
	return t, nil
}

// work makes one run after the other until there is none.
func (s *search) work() {
	for {
		r := s.next()
		if r == nil {
			return
		}
		score, err, ok := s.call(r)
		if !ok || !s.finish(r, score, err) {
			return
		}
	}
}

// next returns the next run that has not ended, or nil if there is none or the search is to stop.
func (s *search) next() *Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; s.trial < s.plan.n; s.trial, s.run = s.trial+1, 0 {
		for s.run < s.cfg.Runs {
			run := s.run
			if _, ok := s.ended[s.trial][run]; ok {
				s.run++
				continue
			}
			if s.ctx.Err() != nil {
				s.interrupted = true
				return nil
			}
			s.run++
			return newRun(s.plan.point(s.cfg.Seed, s.trial), s.cfg.Seed, s.trial, run)
		}
	}
	return nil
}

// call calls the objective. It returns false if that did not return: the search stops then.
func (s *search) call(r *Run) (score float64, err error, ok bool) {
	defer func() {
		switch v := recover(); {
		case v != nil:
			s.mu.Lock()
			defer s.mu.Unlock()
			s.stop(nil, &panicError{r.Trial, r.Index, v, debug.Stack()})
		case !ok:
			s.mu.Lock()
			defer s.mu.Unlock()
			s.stop(fmt.Errorf("trial %d, run %d: the objective ended its goroutine, as FailNow of a test does: return an error", r.Trial, r.Index), nil)
		}
	}()
	if tried := graph.Try(func() { score, err = s.objective(s.ctx, r) }); tried != nil {
		err = tried
	}
	return score, err, true
}

// stop ends the search for a reason, of which the first counts. The caller holds the lock.
func (s *search) stop(err error, p *panicError) {
	if s.err == nil && s.panicked == nil {
		s.err, s.panicked = err, p
	}
	s.cancel()
}

// finish records what a run has ended with. It returns false if the search is to stop.
func (s *search) finish(r *Run, score float64, err error) (ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if s.ctx.Err() != nil {
			s.interrupted = true
			return false
		}
		score = math.NaN()
	}
	o := outcome{score, maps.Clone(r.notes), err}
	if s.file != nil {
		if failed := s.file.append(r, o); failed != nil {
			s.stop(failed, nil)
			return false
		}
	}
	s.keep(r.Trial, r.Index, o)
	return s.tell(Progress{s.done, s.total, r, score, err})
}

// keep adds an outcome to those of a trial.
func (s *search) keep(trial, run int, o outcome) {
	if s.ended[trial] == nil {
		s.ended[trial] = map[int]outcome{}
	}
	s.ended[trial][run] = o
	s.done++
}

// tell calls Config.OnRun, if it is set. A panic there stops the search, as one in the objective does.
func (s *search) tell(p Progress) (ok bool) {
	if s.cfg.OnRun == nil {
		return true
	}
	defer func() {
		if v := recover(); v != nil {
			s.stop(nil, &panicError{p.Run.Trial, p.Run.Index, v, debug.Stack()})
		}
	}()
	s.cfg.OnRun(p)
	return true
}

// A panicError carries a panic from the goroutine of a run to that of the search.
type panicError struct {
	trial, run int
	value      any
	stack      []byte
}

func (e *panicError) Error() string {
	return fmt.Sprintf("search: trial %d, run %d: %v\n\n%s", e.trial, e.run, e.value, e.stack)
}

// Unwrap returns what was panicked with, if that is an error.
func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}
