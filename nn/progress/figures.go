package progress

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/seed366ff29f/chainrule/nn"
)

// number returns a figure with its name, and nothing for one that there is not: a NaN. It has so many digits, zeros at
// the end too, as a display would jump without them.
func number(name string, v float64, digits int) string {
	if math.IsNaN(v) {
		return ""
	}
	return name + " " + strings.TrimSuffix(fmt.Sprintf("%#.*g", digits, v), ".")
}

// speed returns a number of examples a second in few characters.
func speed(v float64) string {
	switch {
	case !(v > 0) || math.IsInf(v, 0):
		return ""
	case v < 9.95:
		return fmt.Sprintf("%.1f ex/s", v)
	case v < 999.5:
		return fmt.Sprintf("%.0f ex/s", v)
	case v < 99.95e3:
		return fmt.Sprintf("%.1fk ex/s", v/1e3)
	case v < 999.5e3:
		return fmt.Sprintf("%.0fk ex/s", v/1e3)
	}
	return fmt.Sprintf("%.1fM ex/s", v/1e6)
}

// duration returns a time in few characters: 0.4s, 59s, 1m05s, 2h03m, 3d04h.
func duration(d time.Duration) string {
	switch {
	case d < 950*time.Millisecond:
		return fmt.Sprintf("%.1fs", max(d, 0).Seconds())
	case d < time.Minute-time.Second/2:
		return fmt.Sprintf("%.0fs", d.Seconds())
	case d < time.Hour-time.Second/2:
		s := int(d.Round(time.Second) / time.Second)
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case d < 24*time.Hour-time.Minute/2:
		m := int(d.Round(time.Minute) / time.Minute)
		return fmt.Sprintf("%dh%02dm", m/60, m%60)
	}
	h := int(d.Round(time.Hour) / time.Hour)
	return fmt.Sprintf("%dd%02dh", h/24, h%24)
}

// left returns how long is left of a work, from the time that steps of it took.
func left(took time.Duration, steps, rest int) (time.Duration, bool) {
	if steps <= 0 || rest < 0 || took <= 0 {
		return 0, false
	}
	d := float64(took) / float64(steps) * float64(rest)
	if d > math.MaxInt64/2 {
		return 0, false
	}
	return time.Duration(d), true
}

// of returns "3/40", and "3" if there is no saying how many there will be.
func of(n, all int) string {
	if all <= 0 {
		return strconv.Itoa(n)
	}
	return strconv.Itoa(n) + "/" + strconv.Itoa(all)
}

// percent returns how much of the epoch is done, such as " 80%", and nothing where that is not known or the training has
// ended.
func percent(r *nn.Report) string {
	if r.Reason != "" || r.EpochSteps <= 0 {
		return ""
	}
	return fmt.Sprintf(" %d%%", int(100*float64(r.EpochStep)/float64(r.EpochSteps)))
}
