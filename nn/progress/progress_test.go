package progress_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/testkit"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/progress"
)

// A screen is a terminal. It keeps what was written, and counts the writes.
type screen struct {
	written []byte
	columns int
	draws   int
}

func (s *screen) Columns() int { return s.columns }

func (s *screen) Write(b []byte) (int, error) {
	s.draws++
	s.written = append(s.written, b...)
	return len(b), nil
}

func (s *screen) String() string { return string(s.written) }

// shown returns the lines of the screen. It fails the test if something has reached the last column, from where
// terminals go on in the next line.
func (s *screen) shown(t *testing.T) []string {
	t.Helper()
	columns := s.columns
	if columns <= 0 { // it is not known
		columns = 80
	}
	var lines []string
	for text := range strings.SplitSeq(s.String(), "\n") {
		line := make([]rune, columns)
		for i := range line {
			line[i] = ' '
		}
		at := 0
		for _, r := range text {
			if r == '\r' {
				at = 0
				continue
			}
			if at+1 >= len(line) {
				t.Fatalf("%d columns: %q reaches the last one", columns, text)
			}
			line[at] = r
			at++
		}
		lines = append(lines, strings.TrimRight(string(line), " "))
	}
	return lines
}

// A training makes reports as nn.Fit does: an update takes the given time and has 32 examples.
type training struct {
	epochs, perEpoch   int
	patience           bool // alone ends the training: totals are unknown
	from               int  // updates before this call
	update             time.Duration
	metric, validation bool
	stop               int // the training is cancelled after this update; 0 for never
}

func (r training) run(p nn.Progress) {
	report := nn.Report{LR: 0.1, Step: r.from, EpochSteps: r.perEpoch, Metric: math.NaN()}
	if !r.patience {
		report.Epochs, report.Steps = r.epochs, r.epochs*r.perEpoch
	}
	for step := r.from + 1; step <= r.epochs*r.perEpoch; step++ {
		time.Sleep(r.update) // by the clock of synctest
		report.Epoch, report.Step, report.EpochStep = (step-1)/r.perEpoch+1, step, (step-1)%r.perEpoch+1
		report.Examples += 32
		report.Loss = 1 / float64(step+1)
		if r.metric {
			report.Metric = 0.5 / float64(step+1)
		}
		p(report)
		if step == r.stop {
			report.Reason = nn.StopCancelled
			p(report)
			return
		}
		if report.EpochStep == r.perEpoch {
			e := nn.Epoch{Number: report.Epoch, Steps: step, TrainLoss: report.Loss, TrainMetric: report.Metric, ValidLoss: math.NaN(), ValidMetric: math.NaN()}
			if r.validation {
				e.ValidLoss = 2 * e.TrainLoss
				if r.metric {
					e.ValidMetric = 2 * e.TrainMetric
				}
			}
			closed := report
			closed.Closed = &e
			p(closed)
		}
	}
	// After the last epoch nn.Fit has nothing of the next one.
	report.Epoch, report.EpochStep, report.Loss, report.Metric, report.Reason = r.epochs, 0, math.NaN(), math.NaN(), nn.StopEpochs
	p(report)
}

// whole is a training of four seconds.
var whole = training{epochs: 4, perEpoch: 50, update: 20 * time.Millisecond, metric: true, validation: true}

// with returns the training with changes.
func (r training) with(change func(r *training)) training {
	change(&r)
	return r
}

var (
	cancelled = whole.with(func(r *training) { r.stop = 110 })
	resumed   = whole.with(func(r *training) { r.from, r.stop = 120, 150 })
	plain     = cancelled.with(func(r *training) { r.metric, r.validation = false, false })
	unknown   = cancelled.with(func(r *training) { r.patience = true })
	nothing   = whole.with(func(r *training) { r.from = 200 }) // that is left to do
)

func TestBar(t *testing.T) {
	tests := []struct {
		name     string
		training training
		columns  int
		now      string // just before the training ends
		last     string
	}{
		{"whole", whole, 20, "loss 0.0051  98%", "loss 0.0050 100%"},
		{"whole", whole, 37, "loss 0.005076  metric 0.002538  98%", "loss 0.004975  all epochs done 100%"},
		{"cancelled", cancelled, 20, "loss 0.0093  53%", "loss 0.0090  55%"},
		{"cancelled", cancelled, 37, "loss 0.009346  metric 0.004673  53%", "loss 0.009009  cancelled  55% [2s]"},
		{
			"cancelled", cancelled, 80, "loss 0.009346  metric 0.004673  valid 0.01980  1.6k ex/s  53% [==>...]  [2s:1s]",
			"loss 0.009009  metric 0.004505  valid 0.01980  1.6k ex/s  cancelled  55% [2s]",
		},
		{
			"cancelled", cancelled, 200, "loss 0.009346  metric 0.004673  valid 0.01980  epoch 3/4  1.6k ex/s  53% [====================>...................]  [2s:1s]",
			"loss 0.009009  metric 0.004505  valid 0.01980  epoch 3/4  1.6k ex/s  cancelled  55% [=====================>..................]  [2s]",
		},
		{
			"resumed", resumed, 200, "loss 0.006803  metric 0.003401  epoch 3/4  1.6k ex/s  73% [============================>...........]  [0s]",
			"loss 0.006623  metric 0.003311  epoch 3/4  1.6k ex/s  cancelled  75% [=============================>..........]  [0s]",
		},
		{
			"plain", plain, 80, "loss 0.009346  epoch 3/4  1.6k ex/s  53% [=============>.............]  [2s:1s]",
			"loss 0.009009  epoch 3/4  1.6k ex/s  cancelled  55% [=========>.........]  [2s]",
		},
		{"unknown", unknown, 20, "/ ep 3 loss 0.0093", "ep 3 loss 0.0090"},
		{"unknown", unknown, 37, "/ epoch 3 12%  loss 0.009346  [2s]", "epoch 3  loss 0.009009  cancelled"},
		{
			"unknown", unknown, 80, "/ epoch 3 12%  loss 0.009346  metric 0.004673  valid 0.01980  1.6k ex/s  [2s]",
			"epoch 3  loss 0.009009  metric 0.004505  1.6k ex/s  cancelled  [2s]",
		},
		{"nothing", nothing, 80, "", "epoch 4/4  all epochs done 100% [=======================================]  [0s]"},
		{
			"columns not known", plain, 0, "loss 0.009346  epoch 3/4  1.6k ex/s  53% [=============>.............]  [2s:1s]",
			"loss 0.009009  epoch 3/4  1.6k ex/s  cancelled  55% [=========>.........]  [2s]",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &screen{columns: tt.columns}
				var now string
				p := progress.To(s)
				tt.training.run(func(r nn.Report) {
					if r.Reason != "" {
						now = s.shown(t)[0]
					}
					p(r)
				})
				if diff := cmp.Diff(tt.now, now); diff != "" {
					t.Errorf("%d columns, while it goes on: mismatch (-want +got)\n%s", tt.columns, diff)
				}
				if diff := cmp.Diff([]string{tt.last, ""}, s.shown(t)); diff != "" {
					t.Errorf("%d columns, at the end: mismatch (-want +got)\n%s", tt.columns, diff)
				}
			})
		})
	}
}

// TestBarFits draws on terminals of every width, with figures and titles of any length.
func TestBarFits(t *testing.T) {
	for columns := 1; columns <= 130; columns++ {
		for _, loss := range []float64{0, 1, 0.123456, -1.23456e-300, 1e20, math.NaN(), math.Inf(-1)} {
			for i, title := range []string{"seed 2 of 5", "", "a", "種子の番号", "a\r\n\x1bcb"} {
				if i > 0 && loss != 0.123456 {
					continue // titles and losses do not know of each other
				}
				s := &screen{columns: columns}
				p := progress.To(s, progress.Title(title), progress.MetricName(title))
				p(nn.Report{Epoch: 3, Epochs: 12345, Step: 2345, Steps: 123456, EpochStep: 5, EpochSteps: 10, Examples: 1e9, Loss: loss, Metric: loss})
				p(nn.Report{Epoch: 1234567, Step: 1e9, EpochStep: 5, EpochSteps: 10, Loss: loss, Metric: loss, Reason: nn.StopEarly})
				for i, line := range s.shown(t) {
					wide := strings.Count(line, "種") + strings.Count(line, "子") + strings.Count(line, "の") + strings.Count(line, "番") + strings.Count(line, "号")
					if n := len([]rune(line)) + wide; n >= columns {
						t.Fatalf("%d columns: line %d is %q", columns, i, line)
					}
					if strings.Count(line, "[") != strings.Count(line, "]") {
						t.Fatalf("%d columns: line %d is %q, which shows part of a bar or of the times", columns, i, line)
					}
				}
				if n := strings.Count(s.String(), "\n"); n != 1 || strings.Contains(s.String(), "\x1b") {
					t.Fatalf("%d columns, title %q: wrote %q, want one line", columns, title, s.String())
				}
				if !math.IsNaN(loss) && columns >= 20 && (!strings.Contains(s.String(), "  1%") || !strings.Contains(s.String(), "loss ")) {
					t.Fatalf("%d columns, loss %g: wrote %q, want the percentage and the loss", columns, loss, s.String())
				}
			}
		}
	}
}

// TestBarTimes holds that the time left comes from the speed of this run, and that none is told before there is one.
func TestBarTimes(t *testing.T) {
	tests := []struct {
		name     string
		training training
		at       int // after so many updates of the run
		want     string
	}{
		{"first update", training{epochs: 2, perEpoch: 50, update: 10 * time.Second}, 1, "loss 0.5000  epoch 1/2   1% [.............]  [0s]"},
		{"slow", training{epochs: 2, perEpoch: 50, update: 10 * time.Second}, 2, "loss 0.3333  3.2 ex/s   2% [......]  [10s:16m20s]"},
		{"slow, later", training{epochs: 2, perEpoch: 50, update: 10 * time.Second}, 11, "loss 0.08333  11% [>............]  [1m40s:14m50s]"},
		{"first second", training{epochs: 2, perEpoch: 5000, update: 100 * time.Millisecond}, 10, "loss 0.09091  320 ex/s   0% [.............]  [0s]"},
		{"resumed, first update", training{epochs: 2, perEpoch: 1e6, update: 100 * time.Millisecond, from: 1e6}, 1, "loss 1.000e-06  epoch 2/2  50% [====>.....]  [0s]"},
		{"resumed", training{epochs: 2, perEpoch: 1e6, update: 100 * time.Millisecond, from: 1e6}, 12, "loss 1.000e-06  50% [====>......]  [1s:27h46m38s]"},
		{"resumed, slow", training{epochs: 2, perEpoch: 50, update: 10 * time.Second, from: 50}, 3, "loss 0.01852  3.2 ex/s  53% [==>...]  [20s:7m50s]"},
		{"nobody knows", training{epochs: 2, perEpoch: 50, update: 10 * time.Second, patience: true}, 3, "| epoch 1 6%  loss 0.2500  3.2 ex/s  [20s]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &screen{columns: 50}
				p := progress.To(s)
				tt.training.with(func(r *training) { r.stop = r.from + tt.at }).run(func(r nn.Report) {
					if r.Reason == "" {
						p(r)
					}
				})
				if got := s.shown(t)[0]; got != tt.want {
					t.Errorf("the screen shows %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// Where there is no bar, something turns.
func TestBarTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{columns: 80}
		p := progress.To(s)
		seen := map[byte]bool{}
		unknown.run(func(r nn.Report) {
			p(r)
			if r.Reason == "" {
				seen[s.shown(t)[0][0]] = true
			}
		})
		if want := map[byte]bool{'|': true, '/': true, '-': true, '\\': true}; !cmp.Equal(want, seen) {
			t.Errorf("lines begin with %v, want %v", seen, want)
		}
	})
}

// A terminal may change its width at any time.
func TestBarResized(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{columns: 80}
		p := progress.To(s)
		cancelled.run(func(r nn.Report) {
			if r.Step == 100 {
				_ = s.shown(t)
				s.written = nil
				s.columns = 30
			}
			p(r)
		})
		if got := s.shown(t)[0]; got != "loss 0.0090 cancelled  55%" {
			t.Errorf("the narrower screen shows %q", got)
		}
	})
}

func TestBarDrawsTenTimesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{columns: 80}
		training{epochs: 3, perEpoch: 4000, update: time.Millisecond}.run(progress.To(s)) // 12 seconds
		if most := 12*10 + 1 + 1; s.draws > most || s.draws < most/2 {
			t.Errorf("drew %d times, want at most %d", s.draws, most)
		}
	})
}

// One display shows several trainings, one after the other.
func TestInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pipe := &screen{columns: 80}, &bytes.Buffer{}
		bar, text := progress.To(s), progress.To(pipe)
		for _, r := range []training{cancelled, resumed, plain, nothing} {
			r.run(func(r nn.Report) { bar(r); text(r) })
		}
		want := []string{
			"loss 0.009009  metric 0.004505  valid 0.01980  1.6k ex/s  cancelled  55% [2s]",
			"loss 0.006623  metric 0.003311  epoch 3/4  1.6k ex/s  cancelled  75% [0s]",
			"loss 0.009009  epoch 3/4  1.6k ex/s  cancelled  55% [=========>.........]  [2s]",
			"epoch 4/4  all epochs done 100% [=======================================]  [0s]",
			"",
		}
		if diff := cmp.Diff(want, s.shown(t)); diff != "" {
			t.Errorf("terminal: mismatch (-want +got)\n%s", diff)
		}
		want = []string{
			"epoch 1/4  loss 0.01961  metric 0.009804  valid loss 0.03922  valid metric 0.01961  1.6k ex/s  3s left",
			"epoch 3/4  loss 0.009009  metric 0.004505  valid loss 0.01980  valid metric 0.009901  1.6k ex/s  2s  cancelled",
			"epoch 3/4  loss 0.006623  metric 0.003311  1.6k ex/s  0.6s  cancelled",
			"epoch 1/4  loss 0.01961  1.6k ex/s  3s left",
			"epoch 3/4  loss 0.009009  1.6k ex/s  2s  cancelled",
			"epoch 4/4  0.0s  all epochs done",
			"",
		}
		if diff := cmp.Diff(want, strings.Split(pipe.String(), "\n")); diff != "" {
			t.Errorf("pipe: mismatch (-want +got)\n%s", diff)
		}
	})
}

func TestText(t *testing.T) {
	tests := []struct {
		name     string
		training training
		want     []string
	}{
		{"short epochs", training{epochs: 10, perEpoch: 10, update: 200 * time.Millisecond}, []string{
			"seed 1  epoch 1/10  loss 0.09091  160 ex/s  18s left",
			"seed 1  epoch 4/10  loss 0.02439  160 ex/s  12s left",
			"seed 1  epoch 7/10  loss 0.01408  160 ex/s  6s left",
			"seed 1  epoch 10/10  loss 0.009901  160 ex/s  0.0s left",
			"seed 1  epoch 10/10  loss 0.009901  160 ex/s  20s  all epochs done",
		}},
		{"epochs of minutes", training{epochs: 2, perEpoch: 150, update: time.Second}, []string{
			"seed 1  epoch 1/2 40%  loss 0.01613  32 ex/s  3m59s left",
			"seed 1  epoch 1/2 80%  loss 0.008197  32 ex/s  2m59s left",
			"seed 1  epoch 1/2  loss 0.006623  32 ex/s  2m30s left",
			"seed 1  epoch 2/2 40%  loss 0.004739  32 ex/s  1m30s left",
			"seed 1  epoch 2/2 80%  loss 0.003690  32 ex/s  30s left",
			"seed 1  epoch 2/2  loss 0.003322  32 ex/s  0.0s left",
			"seed 1  epoch 2/2  loss 0.003322  32 ex/s  4m59s  all epochs done",
		}},
		{"nobody knows how many", unknown, []string{
			"seed 1  epoch 1  loss 0.01961  error 0.009804  valid loss 0.03922  valid error 0.01961  1.6k ex/s",
			"seed 1  epoch 3  loss 0.009009  error 0.004505  valid loss 0.01980  valid error 0.009901  1.6k ex/s  2s  cancelled",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var b bytes.Buffer
				tt.training.run(progress.To(&b, progress.Title("seed\n1 "), progress.MetricName("error")))
				if diff := cmp.Diff(append(tt.want, ""), strings.Split(b.String(), "\n")); diff != "" {
					t.Errorf("mismatch (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// A broken writer fails.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left") }
func (broken) Columns() int              { return 80 }

func TestWriterFails(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		whole.run(progress.To(broken{}))
		whole.run(progress.To(struct{ io.Writer }{broken{}})) // no terminal
		step, done := progress.Steps(broken{}, 3, "work")
		step()
		done()
	})
}

// TestAllocs holds that an update costs nothing but where something is written.
func TestAllocs(t *testing.T) {
	logger := slogTo(&bytes.Buffer{})
	for name, p := range map[string]nn.Progress{"terminal": progress.To(&screen{columns: 80}), "pipe": progress.To(&bytes.Buffer{}), "log": progress.Log(logger)} {
		report := nn.Report{Epoch: 1, Epochs: 10, Step: 1, Steps: 100, EpochStep: 1, EpochSteps: 10, Loss: 1, Metric: 1}
		p(report)
		if n := testing.AllocsPerRun(1000, func() { p(report) }); n > 0.5 {
			t.Errorf("%s: %g allocations an update, want none", name, n)
		}
	}
	step, _ := progress.Steps(&screen{columns: 80}, 1e6, "work")
	step()
	if n := testing.AllocsPerRun(1000, step); n > 0.5 {
		t.Errorf("Steps: %g allocations a step, want none", n)
	}
}

func TestSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{columns: 60}
		step, done := progress.Steps(s, 600, "12.4 variants")
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for range 100 {
					time.Sleep(time.Second)
					step()
				}
			})
		}
		wg.Wait()
		want := []string{"12.4 variants  298/600  49% [======>......]  [1m40s:1m40s]"}
		if got := s.shown(t); !strings.HasPrefix(got[0], "12.4 variants  ") || !strings.HasSuffix(got[0], "[1m40s:1m40s]") || len(got) != 1 {
			t.Errorf("the screen shows %q, want such as %q", got, want)
		}
		done()
		if diff := cmp.Diff([]string{""}, s.shown(t)); diff != "" {
			t.Errorf("in the end: mismatch (-want +got)\n%s", diff)
		}
		step() // a late one
		if diff := cmp.Diff([]string{""}, s.shown(t)); diff != "" {
			t.Errorf("a step after the end: mismatch (-want +got)\n%s", diff)
		}
	})
	for columns := 1; columns <= 100; columns++ {
		s := &screen{columns: columns}
		step, _ := progress.Steps(s, 1, "12.4 variants")
		step()
		if got := s.shown(t); columns > 4 && !strings.Contains(got[0], "100%") || len(got[0]) >= columns || strings.Count(got[0], "[") != strings.Count(got[0], "]") {
			t.Errorf("%d columns: the screen shows %q", columns, got)
		}
	}
	var b bytes.Buffer
	step, done := progress.Steps(&b, 2, "work")
	step()
	done()
	if b.Len() > 0 {
		t.Errorf("no terminal: wrote %q, want nothing", b.String())
	}
}

func TestMisuse(t *testing.T) {
	calls := map[string]struct {
		f    func()
		want string
	}{
		"To":        {func() { progress.To(nil) }, "progress.To: got a nil io.Writer: give one such as os.Stderr"},
		"To option": {func() { progress.To(&bytes.Buffer{}, progress.Title("a"), nil) }, "progress.To: option 2 is nil: leave it out"},
		"Steps":     {func() { progress.Steps(nil, 1, "") }, "progress.Steps: got a nil io.Writer: give one such as os.Stderr"},
		"Steps n":   {func() { progress.Steps(&bytes.Buffer{}, 0, "") }, "progress.Steps: 0 steps: want 1 or more"},
		"Log":       {func() { progress.Log(nil) }, "progress.Log: got a nil or zero *slog.Logger: give one such as slog.Default()"},
		"Log zero":  {func() { progress.Log(slogZero) }, "progress.Log: got a nil or zero *slog.Logger: give one such as slog.Default()"},
	}
	for name, c := range calls {
		if err := graph.Try(c.f); err == nil || err.Error() != c.want {
			t.Errorf("%s: got error %v\nwant %s", name, err, c.want)
		}
	}
	for _, f := range testkit.Exported(t, 5) {
		if _, ok := calls[f.Name]; f.TakesNil("io.Writer", "Option") && !ok {
			t.Errorf("no call of %s: say what it does with nil", f.Name)
		}
	}
}
