package progress

import (
	"context"
	"log/slog"
	"math"
	"strconv"
	"time"

	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/nn"
)

// Log returns the display that writes records, as often as [To] writes lines to a pipe:
//
//	level  message         attributes
//	INFO   training        epoch, epochs, step, steps, loss, metric, valid_loss, valid_metric, lr, examples_per_second, left
//	INFO   training ended  the same, with seconds and reason in place of left
//
// The last record has level WARN if the training was cancelled, and ERROR if it diverged or failed. What is not known
// is left out, such as epochs and steps where only patience ends the training, and infinite numbers are strings, which
// every handler can write.
//
// Log panics with a [*graph.Error] if the logger is nil or zero.
func Log(logger *slog.Logger) nn.Progress {
	if logger == nil || logger.Handler() == nil {
		panic(graph.Errorf("progress.Log", graph.ErrUsage, "got a nil or zero *slog.Logger: give one such as slog.Default()"))
	}
	return (&records{logger: logger}).report
}

// Records are the display in a log.
type records struct {
	logger *slog.Logger
	tally
	pace
}

// report is an nn.Progress.
func (l *records) report(r nn.Report) {
	now := time.Now()
	if !l.due(&r, l.see(&r, now), now) {
		return
	}
	message, level := "training", slog.LevelInfo
	attrs := []slog.Attr{slog.Int("epoch", r.Epoch)}
	if r.Epochs > 0 {
		attrs = append(attrs, slog.Int("epochs", r.Epochs))
	}
	attrs = append(attrs, slog.Int("step", r.Step))
	if r.Steps > 0 {
		attrs = append(attrs, slog.Int("steps", r.Steps))
	}
	loss, metric := l.figures(&r)
	validLoss, validMetric := l.valid()
	for _, f := range []struct {
		key string
		v   float64
	}{
		{"loss", loss}, {"metric", metric}, {"valid_loss", validLoss}, {"valid_metric", validMetric}, {"lr", r.LR},
		{"examples_per_second", math.Round(l.examplesPerSecond(&r, now))},
	} {
		switch {
		case math.IsNaN(f.v):
		case math.IsInf(f.v, 0):
			attrs = append(attrs, slog.String(f.key, strconv.FormatFloat(f.v, 'g', -1, 64)))
		default:
			attrs = append(attrs, slog.Float64(f.key, f.v))
		}
	}
	if r.Reason != "" {
		message = "training ended"
		attrs = append(attrs, slog.Float64("seconds", now.Sub(l.start).Seconds()), slog.String("reason", string(r.Reason)))
		switch r.Reason {
		case nn.StopCancelled:
			level = slog.LevelWarn
		case nn.StopDiverged, nn.StopFailed:
			level = slog.LevelError
		}
		l.tally = tally{}
	} else if d, ok := l.left(&r, now); ok {
		attrs = append(attrs, slog.String("left", duration(d)))
	}
	l.logger.LogAttrs(context.Background(), level, message, attrs...)
}
