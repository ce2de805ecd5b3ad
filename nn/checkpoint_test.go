package nn_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed366ff29f/chainrule/graph/tensor"
	"github.com/seed366ff29f/chainrule/internal/safetensors"
	"github.com/seed366ff29f/chainrule/nn"
	"github.com/seed366ff29f/chainrule/nn/data"
)

// A result is what a training ends with.
type result struct {
	Numbers []float64
	History *nn.History
	LR      float64
}

// mustEqual compares results bit by bit.
func mustEqual(t *testing.T, what string, want, got result) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("%s: mismatch (-undisturbed +resumed):\n%s", what, diff)
	}
}

// A long training has everything that a checkpoint has to keep.
func long(change func(c *nn.FitConfig)) (nn.Layer, *data.Set, nn.FitConfig) {
	model := nn.Sequential(newLine(), nn.Dropout(nn.KeepProb(0.9)), nn.Linear(newRand(5), 1, 1))
	lineModel.line = model
	c := lineConfig(0.02)
	c.Optimizer = nn.NewAdam(nn.AdamConfig{LR: 0.02})
	c.BatchSize, c.Epochs, c.Validation = 4, 4, line(7)
	c.Plateau = nn.NewPlateau(nn.PlateauConfig{Factor: 0.5})
	change(&c)
	return model, line(21), c
}

func train(t *testing.T, ctx context.Context, change func(c *nn.FitConfig)) (result, error) {
	t.Helper()
	model, set, c := long(change)
	h, err := nn.Fit(ctx, model, set, c)
	return result{numbers(model), h, c.Optimizer.LR()}, err
}

// TestResume interrupts trainings, of all kinds of updates, after each of their steps, and goes on with all things made
// anew.
func TestResume(t *testing.T) {
	optimizers := map[string]func(c *nn.FitConfig){
		"Adam":        func(*nn.FitConfig) {},
		"momentum":    func(c *nn.FitConfig) { c.Optimizer = nn.NewSGD(nn.SGDConfig{LR: 0.02, Momentum: 0.9}) },
		"independent": func(c *nn.FitConfig) { c.Independent = true },
		"early":       func(c *nn.FitConfig) { c.Patience, c.Validation = 2, line(3) },
		"no valid":    func(c *nn.FitConfig) { c.Validation = nil },
		"some steps":  func(c *nn.FitConfig) { c.Steps = 10 },
		"every 4":     func(c *nn.FitConfig) { c.CheckpointEvery = 4 },
	}
	for name, way := range ways {
		for other, also := range optimizers {
			if name != "plain" && name != "all" && other != "Adam" || testing.Short() && name != "all" {
				continue
			}
			t.Run(name+"/"+other, func(t *testing.T) {
				change := func(c *nn.FitConfig) { way(c); also(c) }
				want, err := train(t, t.Context(), func(c *nn.FitConfig) { change(c); c.CheckpointEvery = 0 })
				if err != nil {
					t.Fatal(err)
				}
				for i, how := range []string{"cancelled", "killed"} {
					for at := 1 + i; at < want.History.Steps; at += 1 + at/2 + i {
						file := filepath.Join(t.TempDir(), "run.ckpt")
						interrupt(t, how, at, file, change)
						got, err := train(t, t.Context(), func(c *nn.FitConfig) { change(c); c.Checkpoint = file })
						if err != nil {
							t.Fatalf("%s after step %d: %v", how, at, err)
						}
						mustEqual(t, fmt.Sprintf("%s after step %d", how, at), want, got)
						if at > 2 {
							continue
						}
						again, err := train(t, t.Context(), func(c *nn.FitConfig) {
							change(c)
							c.Checkpoint = file
							c.OnStep = func(step int, _ float64) { t.Errorf("step %d is taken once more", step) }
						})
						if err != nil {
							t.Fatal(err)
						}
						mustEqual(t, "once more after the end", want, again)
					}
				}
			})
		}
	}
}

// interrupt ends a training after a step, as cancelling its context does or, without a last checkpoint, as a kill does.
func interrupt(t *testing.T, how string, at int, file string, change func(c *nn.FitConfig)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const killed = "killed"
	defer func() {
		if r := recover(); r != nil && r != killed {
			panic(r)
		}
	}()
	_, err := train(t, ctx, func(c *nn.FitConfig) {
		change(c)
		c.Checkpoint = file
		c.OnStep = func(step int, _ float64) {
			switch {
			case step != at:
			case how == killed:
				panic(killed)
			default:
				cancel()
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got error %v, want %v", err, context.Canceled)
	}
}

// TestResumeLonger goes on with a training that has come to its end.
func TestResumeLonger(t *testing.T) {
	for name, limits := range map[string][2]func(c *nn.FitConfig){
		"epochs": {func(c *nn.FitConfig) { c.Epochs = 2 }, func(c *nn.FitConfig) { c.Epochs = 5 }},
		"steps":  {func(c *nn.FitConfig) { c.Steps = 8 }, func(c *nn.FitConfig) { c.Steps = 22 }},
		"target": {func(c *nn.FitConfig) { c.TargetLoss = 1e9 }, func(*nn.FitConfig) {}},
	} {
		want, err := train(t, t.Context(), limits[1])
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "run.ckpt")
		for i, limit := range limits {
			got, err := train(t, t.Context(), func(c *nn.FitConfig) { limit(c); c.Checkpoint = file })
			if err != nil {
				t.Fatal(err)
			}
			if i == 1 {
				mustEqual(t, name, want, got)
			} else if got.History.Steps >= want.History.Steps {
				t.Errorf("%s: the first part has %d steps of %d", name, got.History.Steps, want.History.Steps)
			}
		}
	}
}

// TestResumeShorter goes on with trainings that have gone beyond the limits that are set now: they are over.
func TestResumeShorter(t *testing.T) {
	ends := map[string]func(c *nn.FitConfig){ // of six steps in an epoch
		"after an epoch":   func(c *nn.FitConfig) { c.Epochs = 4 },
		"within an epoch":  func(c *nn.FitConfig) { c.Steps = 20 },
		"with an epoch":    func(c *nn.FitConfig) { c.Steps = 18 },
		"early":            func(c *nn.FitConfig) { c.Patience, c.MinDelta = 3, 1e9 },
		"a target reached": func(c *nn.FitConfig) { c.TargetLoss = 1e9 },
	}
	for end, first := range ends {
		for limit, second := range map[string]func(c *nn.FitConfig){
			"fewer epochs": func(c *nn.FitConfig) { c.Epochs, c.Steps = 1, 0 },
			"fewer steps":  func(c *nn.FitConfig) { c.Epochs, c.Steps = 0, 5 },
			"as many":      func(c *nn.FitConfig) { c.Epochs, c.Steps = 0, 6 },
		} {
			file := filepath.Join(t.TempDir(), "run.ckpt")
			want, err := train(t, t.Context(), func(c *nn.FitConfig) { first(c); c.Checkpoint = file })
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			got, err := train(t, ctx, func(c *nn.FitConfig) {
				second(c)
				c.Checkpoint = file
				c.OnStep = func(step int, _ float64) {
					t.Errorf("%s, then %s: step %d is taken", end, limit, step)
					cancel()
				}
			})
			cancel()
			if err != nil {
				t.Fatalf("%s, then %s: %v", end, limit, err)
			}
			if want, got := want.History.Steps, got.History.Steps; want != got {
				t.Errorf("%s, then %s: %d steps, want the %d that were taken", end, limit, got, want)
			}
			got.History.Reason = want.History.Reason
			mustEqual(t, end+", then "+limit, want, got)
		}
	}
}

// TestCheckpointRefused gives Fit files that it must neither use nor change.
func TestCheckpointRefused(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if _, err := train(t, t.Context(), func(c *nn.FitConfig) { c.Checkpoint, c.Epochs = good, 1 }); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(content)
	flipped[len(flipped)-100] ^= 1
	none := func(*nn.FitConfig) {}
	for name, tt := range map[string]struct {
		content []byte
		change  func(c *nn.FitConfig)
		want    string
	}{
		"text":          {[]byte("my notes, which nobody may lose"), none, "remove it to begin anew"},
		"empty":         {nil, none, "remove it to begin anew"},
		"half":          {content[:len(content)/2], none, "remove it to begin anew"},
		"a flipped bit": {flipped, none, "remove it to begin anew"},
		"batch size":    {content, func(c *nn.FitConfig) { c.BatchSize = 5 }, "BatchSize was 4 and is 5"},
		"accumulate":    {content, func(c *nn.FitConfig) { c.Accumulate = 5 }, "Accumulate was 1 and is 5"},
		"workers":       {content, func(c *nn.FitConfig) { c.Workers = 2 }, "Workers was 1 and is 2"},
		"independent":   {content, func(c *nn.FitConfig) { c.Independent = true }, "Independent was false and is true"},
		"validation":    {content, func(c *nn.FitConfig) { c.Validation = line(8) }, "the training or the validation set has other numbers"},
		"judged otherwise": {content, func(c *nn.FitConfig) {
			c.Metric, c.ByMetric = func(*tensor.Tensor, *data.Batch) float64 { return 0 }, nn.LowerIsBetter
		}, "ByMetric was"},
		"other optimizer": {content, func(c *nn.FitConfig) { c.Optimizer = nn.NewSGD(nn.SGDConfig{LR: 0.1}) }, `"nn.Adam"`},
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, tt.content, 0o600); err != nil {
			t.Fatal(err)
		}
		model, set, c := long(func(c *nn.FitConfig) { tt.change(c); c.Checkpoint = file })
		before := numbers(model)
		_, err := nn.Fit(t.Context(), model, set, c)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: got error %v, want one that names the file, with %q", name, err, tt.want)
		}
		if after := numbers(model); !slices.Equal(before, after) {
			t.Errorf("%s: the model was %v and is %v", name, before, after)
		}
		if state := c.Plateau.State(); state != (nn.PlateauState{}) {
			t.Errorf("%s: the Plateau has seen %+v", name, state)
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, tt.content) {
			t.Errorf("%s: the file has changed (%v)", name, err)
		}
	}

	// Another model.
	model := nn.Linear(newRand(1), 1, 1)
	c := lineConfig(0.1)
	c.Checkpoint = good
	_, set, other := long(none)
	c.BatchSize, c.Validation = other.BatchSize, other.Validation
	if _, err := nn.Fit(t.Context(), model, set, c); err == nil || !strings.Contains(err.Error(), "the model has 2") {
		t.Errorf("another model: got error %v", err)
	}
	c.Optimizer = stubborn{c.Optimizer}
	if _, err := nn.Fit(t.Context(), model, set, c); err == nil || !strings.Contains(err.Error(), "cannot be kept in a checkpoint") {
		t.Errorf("an optimizer that cannot be kept: got error %v", err)
	}
}

// TestCheckpointIsNone finds something whole under the name of the checkpoint that is none, and a checkpoint under that of
// the one before: what is whole is nobody's to replace.
func TestCheckpointIsNone(t *testing.T) {
	dir := t.TempDir()
	good, model := filepath.Join(dir, "good"), filepath.Join(dir, "model")
	if _, err := train(t, t.Context(), func(c *nn.FitConfig) { c.Checkpoint, c.Epochs = good, 1 }); err != nil {
		t.Fatal(err)
	}
	if err := nn.SaveFile(model, newLine()); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer")
	metadata, err := safetensors.Sealed(nil, map[string]string{"chainrule.checkpoint": `{"Version": 1000000}`})
	if err != nil {
		t.Fatal(err)
	}
	var content bytes.Buffer
	if err := safetensors.Write(&content, nil, metadata); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(newer, content.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{model: "no checkpoint of nn.Fit", newer: "version 1000000"} {
		if err := os.Link(good, file+".previous"); err != nil {
			t.Skip("no hard links here:", err)
		}
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = train(t, t.Context(), func(c *nn.FitConfig) {
			c.Checkpoint = file
			c.OnStep = func(step int, _ float64) { t.Fatalf("%s: step %d is taken", file, step) }
		})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("got error %v, want one that names the file, with %q", err, want)
		}
		if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s has changed (%v)", file, err)
		}
	}
}

// TestCheckpointThroughLink writes through a symbolic link, which may lead to another file system: all of it is there.
func TestCheckpointThroughLink(t *testing.T) {
	dir := t.TempDir()
	link, real := filepath.Join(dir, "run.ckpt"), filepath.Join(t.TempDir(), "real")
	if err := os.Symlink(real, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if _, err := train(t, t.Context(), func(c *nn.FitConfig) { c.Checkpoint = link }); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{real, real + ".previous"} {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("beside the link there are %v (%v)", files, err)
	}
}

// A name that no file can hold is reported before the training begins, with the file.
func TestCheckpointOfBadName(t *testing.T) {
	model := nn.Linear(newRand(1), 1, 1)
	model.Params()[0].Name = "\xff"
	c := lineConfig(0.1)
	c.Checkpoint = filepath.Join(t.TempDir(), "run.ckpt")
	_, err := nn.Fit(t.Context(), model, line(8), c)
	if err == nil || !strings.Contains(err.Error(), "nn.Fit: checkpoint") || !strings.Contains(err.Error(), c.Checkpoint) {
		t.Errorf("got error %v, want one that names the file", err)
	}
}

// A stubborn optimizer has no State.
type stubborn struct{ nn.Optimizer }

// TestCheckpointPrevious damages the newest checkpoint, so that the one before it counts.
func TestCheckpointPrevious(t *testing.T) {
	want, err := train(t, t.Context(), func(*nn.FitConfig) {})
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(file string) error{
		"cut":     func(file string) error { return os.Truncate(file, 1000) },
		"missing": os.Remove,
		"zeros": func(file string) error {
			i, err := os.Stat(file)
			if err != nil {
				return err
			}
			return os.WriteFile(file, make([]byte, i.Size()), 0o600)
		},
	} {
		file := filepath.Join(t.TempDir(), "run.ckpt")
		interrupt(t, "cancelled", 20, file, func(*nn.FitConfig) {})
		if err := damage(file); err != nil {
			t.Fatal(err)
		}
		good, err := os.ReadFile(file + ".previous")
		if err != nil {
			t.Fatal(err)
		}
		first := 0
		got, err := train(t, t.Context(), func(c *nn.FitConfig) {
			c.Checkpoint, c.CheckpointEvery = file, 1
			c.OnStep = func(step int, _ float64) {
				if first == 0 {
					first = step
				}
				// The first checkpoint after that replaces the damaged one, and not the one that helped.
				if now, err := os.ReadFile(file + ".previous"); step == first+1 && (err != nil || !bytes.Equal(now, good)) {
					t.Errorf("%s: the checkpoint before it is another one after the next was written (%v)", name, err)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if first != 19 { // after three epochs of six steps
			t.Errorf("%s: went on with step %d, want 19", name, first)
		}
		mustEqual(t, name, want, got)
	}
}

// TestCheckpointCannotBeWritten trains where there is no place for the file, from the beginning and later.
func TestCheckpointCannotBeWritten(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "no such directory", "run.ckpt")
	_, err := train(t, t.Context(), func(c *nn.FitConfig) {
		c.Checkpoint = missing
		c.OnStep = func(step int, _ float64) { t.Errorf("step %d was taken before the error", step) }
	})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got error %v, want one that is %v", err, fs.ErrNotExist)
	}

	file := filepath.Join(t.TempDir(), "run.ckpt")
	blocked := file + ".tmp"
	r, err := train(t, t.Context(), func(c *nn.FitConfig) {
		c.Checkpoint, c.CheckpointEvery = file, 1
		c.OnStep = func(step int, _ float64) {
			if step == 8 {
				if err := os.MkdirAll(filepath.Join(blocked, "full"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	if err == nil || !strings.Contains(err.Error(), "step 8: the checkpoint could not be written, and the last one is as it was") || r.History.Reason != nn.StopFailed {
		t.Errorf("got error %v and %s, want one of step 8", err, r.History.Reason)
	}
	if err := os.RemoveAll(blocked); err != nil {
		t.Fatal(err)
	}
	want, err := train(t, t.Context(), func(*nn.FitConfig) {})
	if err != nil {
		t.Fatal(err)
	}
	got, err := train(t, t.Context(), func(c *nn.FitConfig) { c.Checkpoint = file })
	if err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "after the disk was full", want, got)
}

// Variables of the environment by which a test runs itself as another process.
const childCheckpoint, childResult = "CHAINRULE_TEST_CHECKPOINT", "CHAINRULE_TEST_RESULT"

// TestKilled kills a process that trains, again and again at random moments, until it has come to its end.
func TestKilled(t *testing.T) {
	change := func(c *nn.FitConfig) {
		c.Epochs, c.CheckpointEvery, c.Workers = 100, 3, 2
		c.Optimizer = nn.NewAdam(nn.AdamConfig{LR: 1e-4})
	}
	if file := os.Getenv(childCheckpoint); file != "" {
		r, err := train(t, t.Context(), func(c *nn.FitConfig) { change(c); c.Checkpoint = file })
		if err != nil {
			t.Fatal(err)
		}
		mustWriteJSON(t, os.Getenv(childResult), r.Numbers)
		return
	}
	if testing.Short() {
		t.Skip("runs many processes")
	}
	want, err := train(t, t.Context(), func(c *nn.FitConfig) { change(c); c.CheckpointEvery = 0 })
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	end := filepath.Join(dir, "end")
	rng := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	kills := 0
	for {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), childCheckpoint+"="+filepath.Join(dir, "run.ckpt"), childResult+"="+end)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("after %d kills: %v\n%s", kills, err, &out)
			}
			var got []float64
			text, err := os.ReadFile(end)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(want.Numbers, got) {
				t.Errorf("after %d kills the training ends with %v, undisturbed with %v", kills, got, want.Numbers)
			}
			t.Logf("%d kills", kills)
			return
		case <-time.After(time.Duration(30+20*kills+rng.IntN(120)) * time.Millisecond): // longer each time, so that it ends
			_ = cmd.Process.Kill()
			<-done
			kills++
		}
	}
}

func mustWriteJSON(t *testing.T, name string, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(name, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestCheckpointOfFloat32 resumes a model in single precision with a step that its precision does not hold.
func TestCheckpointOfFloat32(t *testing.T) {
	run := func(ctx context.Context, file string, onStep func(int, float64)) ([]float64, error) {
		model := nn.Linear(newRand(2), 1, 1)
		nn.To(model, tensor.Float32)
		c := lineConfig(0.1)
		c.Optimizer = nn.NewAdam(nn.AdamConfig{LR: 1e-3, Eps: 1e-30})
		c.Epochs, c.Checkpoint, c.OnStep = 3, file, onStep
		_, err := nn.Fit(ctx, model, line(21), c)
		var out []float64
		for _, p := range model.Params() {
			for i := range p.Data.Len() {
				out = append(out, p.Data.AtFlat(i))
			}
		}
		return out, err
	}
	want, err := run(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	file := filepath.Join(t.TempDir(), "run.ckpt")
	if _, err := run(ctx, file, func(step int, _ float64) {
		if step == 4 {
			cancel()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	got, err := run(t.Context(), file, nil)
	if err != nil || !slices.Equal(want, got) {
		t.Errorf("resumed: %v (%v), undisturbed %v", got, err, want)
	}
}
