package browser_test

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed366ff29f/chainrule/autograd"
	"github.com/seed366ff29f/chainrule/graph"
	"github.com/seed366ff29f/chainrule/internal/browser"
	"github.com/seed366ff29f/chainrule/ops"
)

// playgroundAt builds the playground, runs it as its users do, once for all tests, and returns the address that it prints.
var playgroundAt = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "chainrule-playground-")
	if err != nil {
		return "", err
	}
	atEnd = append(atEnd, func() { os.RemoveAll(dir) })
	program := filepath.Join(dir, "playground")
	build := exec.Command("go", "build", "-o", program, "./examples/playground")
	build.Dir = filepath.Join("..", "..")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, text)
	}
	run := exec.Command(program, "-port", "0")
	run.Dir = build.Dir
	run.Stderr = os.Stderr
	out, err := run.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := run.Start(); err != nil {
		return "", err
	}
	atEnd = append(atEnd, func() {
		if err := run.Process.Signal(os.Interrupt); err != nil {
			run.Process.Kill()
		}
		run.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		for _, word := range strings.Fields(lines.Text()) {
			if u, err := url.Parse(word); err == nil && u.Scheme == "http" {
				go io.Copy(io.Discard, out)
				return word, nil
			}
		}
	}
	return "", fmt.Errorf("the playground ended before it printed an address: %w", lines.Err())
})

// soon is the time in which a page must have done what takes no time on a machine that has nothing else to do.
const soon = time.Minute

// playground opens the playground and waits for the engine.
func playground(t *testing.T, fragment string) (b *browser.Tab, address string) {
	t.Helper()
	browser.Find(t)
	address, err := playgroundAt()
	if err != nil {
		t.Fatal(err)
	}
	b = browser.Open(t)
	b.Goto(address + fragment)
	b.Wait(ready, soon)
	return b, address
}

const ready = `document.body.dataset.engine === "ready"`

// net returns a number of the training as it is, NaN for none.
func net(t *testing.T, b *browser.Tab, name string) float64 {
	t.Helper()
	var text string
	b.Into(&text, fmt.Sprintf(`document.querySelector("#net").dataset[%q] ?? ""`, name))
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("data-%s is %q", name, text)
	}
	return v
}

// A network as it is set first learns two moons, and what it has learned is kept while it pauses.
func TestPlaygroundTrains(t *testing.T) {
	t.Parallel()
	b, _ := playground(t, "#view=networks&data=moons")
	began := time.Now()
	b.Click("#train")
	b.Wait(`Number(document.querySelector("#net").dataset.validRight || 0) >= 0.95`, soon)
	t.Logf("95 %% of the validation set after %.1f s and %v updates", time.Since(began).Seconds(), net(t, b, "steps"))
	b.Shot("playground-trained")
	if pressed := b.Eval(`document.querySelector("#train").ariaPressed`); string(pressed) != `"true"` && b.Text("#ended") == "" {
		t.Errorf("while it trains, the button says aria-pressed=%s", pressed)
	}
	if string(b.Eval(`document.querySelector("#train").ariaPressed`)) == `"true"` {
		b.Click("#train")
	}
	b.Wait(ready, soon)
	// An update that was under way when the button was pressed still arrives.
	ended := string(b.Eval(`document.querySelector("#net").dataset.ended`))
	steps := math.NaN()
	for range 10 {
		before := net(t, b, "steps")
		b.Run(`new Promise(done => setTimeout(done, 300))`)
		if steps = net(t, b, "steps"); steps == before {
			break
		}
		steps = math.NaN()
	}
	if math.IsNaN(steps) {
		t.Errorf("paused, the network goes on: it is at %v updates after 3 seconds", net(t, b, "steps"))
	}
	if now := string(b.Eval(`document.querySelector("#net").dataset.ended`)); now != ended {
		t.Errorf("paused, the training went on to its end: %s", now)
	}
	b.Click("#restart")
	b.Wait(ready+` && document.querySelector("#net").dataset.steps === "0"`, soon)
}

// One epoch is as many updates as there are batches.
func TestPlaygroundEpoch(t *testing.T) {
	t.Parallel()
	b, _ := playground(t, "#view=networks&data=moons&n=100&valid=0.2&batch=10")
	for epoch := 1; epoch <= 3; epoch++ {
		b.Click("#epoch")
		b.Wait(fmt.Sprintf(`%s && document.querySelector("#net").dataset.epoch === "%d"`, ready, epoch), soon)
		if steps := net(t, b, "steps"); steps != float64(8*epoch) {
			t.Errorf("after %d epochs of 80 rows in batches of 10 there were %v updates, want %d", epoch, steps, 8*epoch)
		}
	}
}

// What is set wrong is said at its place, and nowhere else, and is gone when it is set right.
func TestPlaygroundFaults(t *testing.T) {
	t.Parallel()
	b, _ := playground(t, "#view=networks")
	for _, c := range []struct{ setting, wrong, right string }{
		{"count", "5", "100"}, {"count", "1.5", "100"}, {"count", "", "100"}, {"noise", "-1", "0.1"}, {"validation", "2", "0.2"},
		{"keep", "0", "0.8"}, {"keep", "1.5", "1"}, {"l2", "-1", "0"}, {"batch", "0", "10"}, {"rate", "-0.5", "0.1"}, {"epochs", "0", "50"},
		{"patience", "-3", "5"},
	} {
		set := func(value string) {
			b.Run(fmt.Sprintf(`(e => { e.value = %q; e.dispatchEvent(new Event("change", {bubbles: true})); })(document.querySelector("#set-%s"))`, value, c.setting))
			b.Wait(ready, soon)
		}
		set(c.wrong)
		if text := b.Text("#fault-" + c.setting); len(text) < 10 {
			t.Errorf("%s = %q: at its place stands %q", c.setting, c.wrong, text)
		}
		var faults int
		b.Into(&faults, `[...document.querySelectorAll(".fault")].filter(e => e.textContent !== "").length`)
		if faults != 1 {
			t.Errorf("%s = %q: %d settings are said to be wrong, want 1", c.setting, c.wrong, faults)
		}
		set(c.right)
		b.Wait(`[...document.querySelectorAll(".fault")].every(e => e.textContent === "")`, soon)
	}
}

// What is set stands in the address: who opens it sees the same network on the same points, and it learns the same.
func TestPlaygroundAddress(t *testing.T) {
	t.Parallel()
	b, address := playground(t, "#view=networks&data=circles&n=60&layers=3-2&act=sigmoid&opt=sgd&rate=0.5&batch=7&seed=4")
	b.Click("#epoch")
	b.Wait(ready+` && document.querySelector("#net").dataset.epoch === "1"`, soon)
	loss := net(t, b, "trainLoss")
	shared := b.Address()
	b.Reload()
	b.Wait(ready, soon)
	b.Click("#epoch")
	b.Wait(ready+` && document.querySelector("#net").dataset.epoch === "1"`, soon)
	if again := net(t, b, "trainLoss"); again != loss {
		t.Errorf("after a reload the first epoch ends with a loss of %v, before with %v", again, loss)
	}
	if b.Address() != shared {
		t.Errorf("after a reload the address is %s, before %s", b.Address(), shared)
	}
	other, _ := playground(t, strings.TrimPrefix(shared, address))
	other.Click("#epoch")
	other.Wait(ready+` && document.querySelector("#net").dataset.epoch === "1"`, soon)
	if again := net(t, other, "trainLoss"); again != loss {
		t.Errorf("opened elsewhere, the first epoch ends with a loss of %v, want %v", again, loss)
	}
	for _, wrong := range []string{"#view=networks&n=x&layers=9-9-9-9-9-9-9-9&rate=-1", "#view=none", "#points=****&data=drawn", "#%", "#layers=-&batch=1e9"} {
		b.Goto("about:blank")
		b.Goto(address + wrong)
		b.Wait(ready, soon)
	}
}

// The page fits every window and can be read in both colours, before and after training.
func TestPlaygroundLooks(t *testing.T) {
	t.Parallel()
	b, _ := playground(t, "#view=networks")
	for _, trained := range []bool{false, true} {
		if trained {
			b.Click("#epoch")
			b.Wait(ready+` && document.querySelector("#net").dataset.epoch === "1"`, soon)
		}
		for _, size := range []browser.Size{browser.Desktop, browser.Tablet, browser.Phone} {
			b.Resize(size)
			for _, scheme := range []string{"light", "dark"} {
				b.Scheme(scheme)
				b.NoSideways()
				if trained && (size == browser.Desktop || scheme == "light") {
					b.Accessible()
					b.Shot(fmt.Sprintf("playground-networks-%d-%s", size.W, scheme))
				}
				if t.Failed() {
					t.Fatalf("at %d×%d px, %s", size.W, size.H, scheme)
				}
			}
		}
	}
}

// ask types an expression, and values of its names, and waits for the answers.
func ask(t *testing.T, b *browser.Tab, text string, leaves ...string) {
	t.Helper()
	const answered = `["done", "fault", "stopped"].includes(document.querySelector("#view-expression").dataset.state)`
	b.Wait(answered, soon) // what was asked before
	fields := append([]string{"expression", text}, leaves...)
	for k := 0; k < len(fields); k += 2 {
		selector := "#" + fields[k]
		if k > 0 {
			selector = "#leaf-" + fields[k]
		}
		b.Click(selector)
		b.Run(fmt.Sprintf(`document.querySelector(%q).select(); document.querySelector("#view-expression").dataset.state = "asked"`, selector))
		if fields[k+1] == "" {
			b.Press("Backspace")
		}
		b.Type(fields[k+1])
		b.Wait(answered, soon)
	}
}

// An expression that is typed is differentiated: value, gradient and second derivatives are Go's, and the stepper shows them.
func TestPlaygroundExpression(t *testing.T) {
	t.Parallel()
	b, _ := playground(t, "#view=expression")
	ask(t, b, "square(sigmoid(w*x + b) - t)", "w", "0.5", "x", "2", "b", "-0.25", "t", "0.125")
	g := graph.New()
	w, x, c, target := g.Var(0.5), g.Var(2), g.Var(-0.25), g.Var(0.125)
	y := ops.Square(ops.Sub(ops.Sigmoid(ops.Add(ops.Mul(w, x), c)), target))
	check := func(what, text string, want float64) {
		t.Helper()
		if err := shows(text, true, want); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	attribute := func(selector, name string) string {
		var text string
		b.Into(&text, fmt.Sprintf(`document.querySelector(%q)?.dataset[%q] ?? "missing"`, selector, name))
		return text
	}
	check("the value", attribute("#value", "value"), y.Item())
	leaves := map[string]graph.Value{"w": w, "x": x, "b": c, "t": target}
	for name, v := range leaves {
		first := autograd.Grad(y, v)[0]
		check("the derivative by "+name, attribute(fmt.Sprintf("td[data-name=%q][data-gradient]", name), "gradient"), first.Item())
		for other, u := range leaves {
			check("the second derivative by "+name+" and "+other, attribute(fmt.Sprintf("#hessian td[data-of=%q]", name+" "+other), "second"),
				autograd.Backward(first).Scalar(u))
		}
	}
	if n := b.Count("td[data-check=ok]"); n != len(leaves) {
		t.Errorf("%d derivatives agree with what differences measure, want %d", n, len(leaves))
	}
	b.Run(`document.activeElement.blur()`)
	b.Press("End")
	nodes := b.Nodes()
	for name, v := range leaves {
		check("δ of "+name+" in the stepper", nodes[name].Delta, autograd.Backward(y).Scalar(v))
	}
	shared := b.Address()
	b.Reload()
	b.Wait(ready+` && document.querySelector("#view-expression").dataset.state === "done"`, soon)
	check("the value after a reload", attribute("#value", "value"), y.Item())
	if b.Address() != shared {
		t.Errorf("after a reload the address is %s, before %s", b.Address(), shared)
	}
}

// What is wrong in an expression is said, and shown at its place.
func TestPlaygroundWrongExpression(t *testing.T) {
	t.Parallel()
	b, _ := playground(t, "#view=expression")
	for _, c := range []struct {
		text, says string
		column     int // 0 where no place is wrong
	}{
		{"sin(x", ")", 0},
		{"x + nosuch(x)", "nosuch", 5},
		{"x^2", "pow", 2},
		{"matmul(x)", "matmul", 1},
		{"", "", 0},
		{"<b>x</b>", "", 0},
		{"1 +", "", 0},
	} {
		ask(t, b, c.text)
		if state := b.Eval(`document.querySelector("#view-expression").dataset.state`); string(state) != `"fault"` {
			t.Errorf("%q: the state is %s, want a fault", c.text, state)
			continue
		}
		if text := b.Text("#fault-expression"); len(text) < 10 || !strings.Contains(text, c.says) {
			t.Errorf("%q: the page says %q, want %q in it", c.text, text, c.says)
		}
		if c.column > 0 {
			if n := b.Count(fmt.Sprintf("#fault-expression mark[data-column='%d']", c.column)); n != 1 {
				t.Errorf("%q: no mark stands at column %d", c.text, c.column)
			}
		}
	}
	b.Shot("playground-wrong")
	ask(t, b, "x*x", "x", "3")
	if state := b.Eval(`document.querySelector("#view-expression").dataset.state`); string(state) != `"done"` {
		t.Errorf("after an expression that is right the state is %s", state)
	}
}

// Work that takes too long can be stopped: the page does not freeze meanwhile, and works afterwards.
func TestPlaygroundStop(t *testing.T) {
	t.Parallel()
	b, address := playground(t, "#view=expression")
	b.Goto("about:blank")
	b.Goto(address + "#" + url.Values{
		"view": {"expression"}, "e": {"sum(sin(matmul(broadcast(x, 3000, 3000), broadcast(x, 3000, 3000))))"}, "let": {"x=1"},
	}.Encode())
	b.Wait(`document.querySelector("#stop").checkVisibility()`, soon)
	b.Shot("playground-busy")
	b.Click("#stop")
	b.Wait(ready, soon)
	if text := b.Text("#notice"); len(text) < 10 {
		t.Errorf("stopped, the page says %q", text)
	}
	ask(t, b, "x*x", "x", "3")
	if value := b.Eval(`document.querySelector("#value").dataset.value`); string(value) != `"9"` {
		t.Errorf("after a stop 3·3 is %s", value)
	}
}

// An update can be stepped through: the stepper shows the network that is trained, and looking changes nothing.
func TestPlaygroundUpdate(t *testing.T) {
	t.Parallel()
	b, _ := playground(t, "#view=networks&data=moons&layers=2&batch=4")
	b.Click("#epoch")
	b.Wait(ready+` && document.querySelector("#net").dataset.epoch === "1"`, soon)
	steps := net(t, b, "steps")
	b.Click("#update")
	b.Wait(ready+` && document.querySelector("#step").checkVisibility() && document.querySelector("#step [data-node]")`, soon)
	b.Accessible()
	b.Run(`document.activeElement.blur()`)
	b.Press("End")
	for name, n := range b.Nodes() {
		if n.Value == "" {
			t.Errorf("at the last step the value of %s is unknown", name)
		}
		for _, v := range append(n.Values(t), n.Deltas(t)...) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("at the last step %s shows %+v", name, n)
			}
		}
	}
	b.Legible()
	b.Resize(browser.Phone)
	b.NoSideways()
	b.Shot("playground-update")
	if after := net(t, b, "steps"); after != steps {
		t.Errorf("after a look at an update the network has made %v, before %v", after, steps)
	}
}

// The view of expressions fits every window and can be read in both colours.
func TestPlaygroundExpressionLooks(t *testing.T) {
	t.Parallel()
	b, _ := playground(t, "#view=expression")
	b.Wait(`document.querySelector("#view-expression").dataset.state === "done"`, soon)
	for _, size := range []browser.Size{browser.Desktop, browser.Tablet, browser.Phone} {
		b.Resize(size)
		for _, scheme := range []string{"light", "dark"} {
			b.Scheme(scheme)
			b.NoSideways()
			if size != browser.Tablet {
				b.Accessible()
			}
			b.Legible()
			b.Shot(fmt.Sprintf("playground-expression-%d-%s", size.W, scheme))
		}
	}
}
