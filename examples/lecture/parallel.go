package main

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// each calls f for 0 to n-1 from as many goroutines as there are processors. What f computes must depend on its argument
// only, so that the results are the same in whatever order the calls are made. After an error no further call begins,
// those under way see their context end, and each returns the error.
func each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		wg   sync.WaitGroup
		next atomic.Int64
	)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := f(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
