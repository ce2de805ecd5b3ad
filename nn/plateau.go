package nn

import (
	"fmt"
	"math"

	"github.com/seed366ff29f/chainrule/graph"
)

// PlateauConfig holds the settings of [NewPlateau]. Zero is a meaningful value of every field but Factor.
type PlateauConfig struct {
	Factor   float64 // what the rate is multiplied by, 0 < Factor < 1; 0 means 0.1
	Patience int     // figures without improvement that are put up with: the one after them changes the rate
	MinDelta float64 // what counts as improvement: by more than this, ≥ 0
	Relative bool    // MinDelta is a share of the best figure's size, below 1
	Cooldown int     // figures after a change that do not count against Patience
	Floor    float64 // the factor never goes below this, 0 ≤ Floor ≤ 1
}

// A Plateau makes learning rates smaller when a figure, such as the loss on a validation set, has stopped getting
// better. It is told a figure at a time, most often one an epoch, and knows the factor on the rates; a [Schedule],
// which goes by the number of steps alone, is another factor.
type Plateau struct {
	cfg   PlateauConfig
	state PlateauState
}

// PlateauState is what a [Plateau] has learned from the figures so far. The zero value is that of the beginning.
type PlateauState struct {
	Seen       bool    // a finite figure has come
	Best       float64 // the smallest finite figure so far, if there is one
	Waited     int     // figures without improvement since it, or since the last change of the rate
	Cooling    int     // figures still to come that do not count
	Reductions int     // how often the rate was made smaller
}

// NewPlateau returns a Plateau that has seen no figure. It panics with a [*graph.Error] if a setting is out of range.
//
// It is PyTorch's ReduceLROnPlateau in mode "min", with MinDelta for threshold, whose threshold_mode is "rel" if
// Relative is set and else "abs", and with Floor·LR for min_lr. PyTorch begins with Patience 10, and MinDelta 1e-4 as a
// relative one. The improvement on a best figure b is relative to |b|, where PyTorch has b, so that figures below 0
// work.
func NewPlateau(cfg PlateauConfig) *Plateau {
	const op = "nn.NewPlateau"
	cfg.Factor = orDefault(cfg.Factor, 0.1)
	if !(cfg.Factor > 0 && cfg.Factor < 1) {
		panic(graph.Errorf(op, graph.ErrValue, "Factor = %g: want 0 < Factor < 1", cfg.Factor))
	}
	if cfg.Patience < 0 || cfg.Cooldown < 0 {
		panic(graph.Errorf(op, graph.ErrValue, "Patience %d, Cooldown %d: want 0 or more each", cfg.Patience, cfg.Cooldown))
	}
	notNegative(op, "MinDelta", cfg.MinDelta)
	if cfg.Relative {
		between(op, "MinDelta", cfg.MinDelta, 0, 1)
	}
	if !(cfg.Floor >= 0 && cfg.Floor <= 1) {
		panic(graph.Errorf(op, graph.ErrValue, "Floor = %g: want 0 ≤ Floor ≤ 1, as a factor of the rate", cfg.Floor))
	}
	return &Plateau{cfg: cfg}
}

// Observe takes in the next figure, the smaller the better, and returns the factor on the rates from now on. A figure
// that is not finite is no improvement. For one that should be large, give it with the other sign.
func (p *Plateau) Observe(figure float64) (factor float64) {
	p.mustBeMade("nn.Plateau.Observe")
	s := &p.state
	if p.improves(figure) {
		s.Seen, s.Best, s.Waited = true, figure, 0
	} else {
		s.Waited++
	}
	if s.Cooling > 0 {
		s.Cooling--
		s.Waited = 0
	}
	if s.Waited > p.cfg.Patience {
		s.Reductions++
		s.Cooling, s.Waited = p.cfg.Cooldown, 0
	}
	return p.factor()
}

func (p *Plateau) improves(figure float64) bool {
	if isNotFinite(figure) || !p.state.Seen {
		return !isNotFinite(figure)
	}
	delta := p.cfg.MinDelta
	if p.cfg.Relative {
		delta *= math.Abs(p.state.Best)
	}
	return figure < p.state.Best-delta
}

// Factor returns the factor on the rates after the figures so far: the power of PlateauConfig.Factor that says how
// often the rate was made smaller, but not less than Floor.
func (p *Plateau) Factor() float64 {
	p.mustBeMade("nn.Plateau.Factor")
	return p.factor()
}

func (p *Plateau) factor() float64 {
	return max(math.Pow(p.cfg.Factor, float64(p.state.Reductions)), p.cfg.Floor)
}

// State returns what there is to keep for going on later, with [Plateau.SetState].
func (p *Plateau) State() PlateauState {
	p.mustBeMade("nn.Plateau.State")
	return p.state
}

// SetState goes on from a state of [Plateau.State], of a Plateau with the same settings. If the state cannot be one of
// those, it returns an error and changes nothing.
func (p *Plateau) SetState(s PlateauState) error {
	const op = "nn.Plateau.SetState"
	p.mustBeMade(op)
	switch {
	case isNotFinite(s.Best):
		return fmt.Errorf("%s: the best figure is %g: want a finite number", op, s.Best)
	case s.Waited < 0 || s.Waited > p.cfg.Patience:
		return fmt.Errorf("%s: %d figures without improvement: want 0 to the Patience %d", op, s.Waited, p.cfg.Patience)
	case s.Cooling < 0 || s.Cooling > p.cfg.Cooldown:
		return fmt.Errorf("%s: %d figures of cooling: want 0 to the Cooldown %d", op, s.Cooling, p.cfg.Cooldown)
	case s.Reductions < 0:
		return fmt.Errorf("%s: %d reductions: want 0 or more", op, s.Reductions)
	}
	p.state = s
	return nil
}

func (p *Plateau) mustBeMade(op string) {
	if p == nil || p.cfg.Factor == 0 {
		panic(graph.Errorf(op, graph.ErrUsage, "got a nil or zero *nn.Plateau: make one with nn.NewPlateau(nn.PlateauConfig{})"))
	}
}
