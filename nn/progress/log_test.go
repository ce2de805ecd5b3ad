package progress_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/progress"
)

var slogZero = &slog.Logger{}

func slogTo(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		p := progress.Log(slogTo(&b).With("seed", 3))
		cancelled.run(p)
		unknown.run(func(r nn.Report) {
			r.Metric = math.Inf(1)
			if r.Reason != "" {
				r.Reason = nn.StopDiverged
			}
			p(r)
		})
		const want = `{"level":"INFO","msg":"training","seed":3,"epoch":1,"epochs":4,"step":50,"steps":200,"loss":0.0196078431372549,"metric":0.00980392156862745,` +
			`"valid_loss":0.0392156862745098,"valid_metric":0.0196078431372549,"lr":0.1,"examples_per_second":1600,"left":"3s"}
{"level":"WARN","msg":"training ended","seed":3,"epoch":3,"epochs":4,"step":110,"steps":200,"loss":0.009009009009009009,"metric":0.0045045045045045045,` +
			`"valid_loss":0.019801980198019802,"valid_metric":0.009900990099009901,"lr":0.1,"examples_per_second":1600,"seconds":2.18,"reason":"cancelled"}
{"level":"INFO","msg":"training","seed":3,"epoch":1,"step":50,"loss":0.0196078431372549,"metric":0.00980392156862745,` +
			`"valid_loss":0.0392156862745098,"valid_metric":0.0196078431372549,"lr":0.1,"examples_per_second":1600}
{"level":"ERROR","msg":"training ended","seed":3,"epoch":3,"step":110,"loss":0.009009009009009009,"metric":"+Inf",` +
			`"valid_loss":0.019801980198019802,"valid_metric":0.009900990099009901,"lr":0.1,"examples_per_second":1600,"seconds":2.18,"reason":"diverged"}
`
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("mismatch (-want +got)\n%s", diff)
		}
		for _, line := range bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n")) {
			if !json.Valid(line) {
				t.Errorf("%s is no JSON", line)
			}
		}
	})
}
