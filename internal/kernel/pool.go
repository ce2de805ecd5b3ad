package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A task is work in numbered chunks that do not depend on each other.
type task interface {
	// chunk does chunk number i.
	chunk(i int)
}

// spinTime is how long a helper waits for the next task before it goes to sleep. It takes a sleeping helper some 100 µs to begin,
// and the caller 10 µs to wake it; operations of a training step follow each other faster than that.
const spinTime = 200 * time.Microsecond

// A caller that has to wait for a helper for more than lateTime, and more than half the time of the task, takes it that the
// processor is needed elsewhere. For restTime from then on, all callers do their tasks alone.
const (
	lateTime = 200 * time.Microsecond
	restTime = 20 * time.Millisecond
)

// maxHelpers bounds the helpers, whatever GOMAXPROCS is.
const maxHelpers = 63

// A pool spreads the chunks of one task at a time over goroutines called helpers. Whoever calls run takes part, so a helper that
// comes late gets fewer chunks and nothing waits for it. A second task that comes while one is under way is done by its caller
// alone.
//
// Chunks are dealt out in order, the first ones to the caller, the next to the first helper and so on, and only who has none left
// takes from others. So what is done to one part of a matrix after the other is done by the same processor, in whose cache it is.
type pool struct {
	busy    sync.Mutex   // held by the caller of run
	task    task         // valid while open
	flush   bool         // whether the task's caller takes subnormal numbers as zeros
	shares  []portion    // the chunks of the caller, and of each helper that may take part
	open    atomic.Bool  // helpers may enter
	active  atomic.Int64 // helpers that have entered; one that sees open keeps the task alive until it leaves
	seq     atomic.Int64 // counts tasks, so that waiting helpers notice a new one
	parked  atomic.Int64 // helpers that sleep
	rest    atomic.Int64 // if not 0, the time since began at which callers may have helpers again
	wake    chan struct{}
	helpers int // started so far
	crowd   atomic.Int64

	portions [maxHelpers + 1]portion
}

// A portion is a range of chunks.
type portion struct {
	next atomic.Int64 // the next chunk to claim
	end  int64
	_    [48]byte // no two of them are on one line of the cache
}

// Crowd says that n more goroutines, or -n fewer, do the work of kernels side by side, each of which needs a processor.
// While there are as many as processors, every caller does its tasks alone.
func Crowd(n int) { workers.crowd.Add(int64(n)) }

// began is when the program did.
var began = time.Now()

// workers is the pool of the process.
var workers = pool{wake: make(chan struct{}, maxHelpers)}

// acquire reserves the pool for the caller, who must call release in the end. It reports false, at once, if there is only one
// processor to use or the pool is taken.
func (p *pool) acquire() bool {
	if rest := p.rest.Load(); rest != 0 {
		if int64(time.Since(began)) < rest {
			return false
		}
		p.rest.Store(0)
	}
	processors := int64(runtime.GOMAXPROCS(0))
	return processors > 1 && p.crowd.Load() < processors && p.busy.TryLock()
}

// release gives the pool back.
func (p *pool) release() { p.busy.Unlock() }

// run does all chunks of t. The caller has acquired the pool. With rouse, sleeping helpers are woken; that pays for work of some
// 30 µs or more, because a helper that is awake stays so for the tasks that follow.
func (p *pool) run(t task, chunks int, rouse bool) {
	start := time.Now()
	helpers := min(runtime.GOMAXPROCS(0)-1, chunks-1, maxHelpers)
	for ; rouse && p.helpers < helpers; p.helpers++ {
		go p.help(p.helpers+1, p.seq.Load())
	}
	p.task, p.flush = t, flushesSubnormals()
	p.deal(chunks, helpers+1)
	p.open.Store(true)
	p.seq.Add(1)
	if rouse {
		for range min(p.parked.Load(), int64(helpers)) {
			select {
			case p.wake <- struct{}{}:
			default:
			}
		}
	}
	p.work(t, 0)
	p.open.Store(false)
	p.finish(start)
	p.task = nil
}

// finish waits until no helper is active, and notes if that takes too long. The task began at start.
func (p *pool) finish(start time.Time) {
	var done time.Time
	for i := 1; p.active.Load() != 0; i++ {
		if i%1024 != 0 {
			continue
		}
		if done.IsZero() {
			done = time.Now()
		}
		runtime.Gosched()
	}
	if done.IsZero() {
		return
	}
	if wait := time.Since(done); wait > lateTime && wait > done.Sub(start) {
		p.rest.Store(int64(time.Since(began) + restTime))
	}
}

// deal divides chunks into a portion for each of some workers.
func (p *pool) deal(chunks, workers int) {
	p.shares = p.portions[:workers]
	for i := range p.shares {
		p.shares[i].next.Store(int64(i * chunks / workers))
		p.shares[i].end = int64((i + 1) * chunks / workers)
	}
}

// work claims chunks and does them until there are no more, those of portion number first before others.
func (p *pool) work(t task, first int) {
	for i := range p.shares {
		s := &p.shares[(first+i)%len(p.shares)]
		for {
			c := s.next.Add(1) - 1
			if c >= s.end {
				break
			}
			t.chunk(int(c))
		}
	}
}

// help is the life of a helper, the one of the given number from 1 on. seen is the number of the last task that it does not take
// part in.
func (p *pool) help(number int, seen int64) {
	for {
		seen = p.await(seen)
		if p.active.Add(1) <= p.limit() {
			was := FlushSubnormals(p.flush)
			p.work(p.task, number)
			FlushSubnormals(was)
		}
		p.active.Add(-1)
	}
}

// limit returns how many helpers may be active: none if there is no task. The caller is among the active ones, so the task that
// it sees stays.
func (p *pool) limit() int64 {
	if !p.open.Load() {
		return 0
	}
	return int64(len(p.shares) - 1)
}

// await returns the number of a task newer than seen: first it spins, then it sleeps.
func (p *pool) await(seen int64) int64 {
	start := time.Now()
	for i := 1; ; i++ {
		if s := p.seq.Load(); s != seen {
			return s
		}
		if i%256 != 0 {
			continue
		}
		runtime.Gosched()
		if time.Since(start) < spinTime {
			continue
		}
		p.parked.Add(1)
		if s := p.seq.Load(); s != seen {
			p.parked.Add(-1)
			return s
		}
		<-p.wake
		p.parked.Add(-1)
		start = time.Now()
	}
}
