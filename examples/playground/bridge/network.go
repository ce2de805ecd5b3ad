package bridge

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/seed366ff29f/chainrule/examples/playground/network"
	"github.com/seed366ff29f/chainrule/viz/page/stepper"
)

// The sizes of the pictures, in places along one side.
const (
	planeSize = 60
	roughSize = 40 // of the plane, for a network with more than roughFrom weights
	roughFrom = 1200
	nodeSize  = 20
)

// options tells the page what there is to choose.
func (b *Bridge) options([]byte) (any, []byte, error) {
	return map[string]any{
		"kinds": network.Kinds(), "activations": network.Activations(), "optimizers": network.Optimizers(),
		"defaults": network.Defaults(), "extent": network.Extent,
		"maxLayers": network.MaxLayers, "maxNodes": network.MaxNodes, "maxPoints": network.MaxPoints, "maxClasses": network.MaxClasses,
	}, nil, nil
}

// A state is what the page is told of a network.
type state struct {
	Steps   int           `json:"steps"`
	Epochs  [][5]number   `json:"epochs"` // those that are new: number, losses of training and validation, what is right of both
	Best    int           `json:"best"`
	Ended   string        `json:"ended"`
	Weights [][][]float64 `json:"weights"`
	Outputs int           `json:"outputs"`
	Side    int           `json:"side"` // places along one side of the picture of the plane

	// Of a new network.
	Points  []network.Point `json:"points,omitempty"`
	Classes *int            `json:"classes,omitempty"`
}

// newNetwork begins anew with the settings of the page.
func (b *Bridge) newNetwork(arg []byte) (any, []byte, error) {
	var s network.Settings
	if err := read(arg, &s); err != nil {
		return nil, nil, err
	}
	n, err := network.New(s)
	if err != nil {
		return nil, nil, err
	}
	b.side = planeSize
	if n.Numbers() > roughFrom {
		b.side = roughSize
	}
	b.plane, b.nodes = network.NewGrid(b.side), network.NewGrid(nodeSize)
	b.network, b.sent = n, 0
	answer, picture := b.state()
	classes := n.Classes()
	answer.Points, answer.Classes = n.Points(), &classes
	return answer, picture, nil
}

var errNoNetwork = errors.New("there is no network: make one first")

// train goes on for some milliseconds or updates, whatever is over first, or to the end of the epoch.
func (b *Bridge) train(arg []byte) (any, []byte, error) {
	var order struct {
		Steps        int
		Milliseconds float64
		Epoch        bool
		Rate         float64
	}
	if err := read(arg, &order); err != nil {
		return nil, nil, err
	}
	n := b.network
	if n == nil {
		return nil, nil, errNoNetwork
	}
	if order.Rate != 0 {
		if err := n.SetRate(order.Rate); err != nil {
			return nil, nil, err
		}
	}
	if order.Epoch {
		n.TrainEpoch()
	} else {
		end := time.Now().Add(time.Duration(order.Milliseconds * float64(time.Millisecond)))
		n.Train(order.Steps, func() bool { return time.Now().Before(end) })
	}
	answer, picture := b.state()
	return answer, picture, nil
}

// state returns how far the network is, and its pictures: that of the plane as float32s, then those of the nodes, a byte
// a place.
func (b *Bridge) state() (state, []byte) {
	n := b.network
	s := state{Steps: n.Steps(), Best: n.Best(), Ended: n.Ended(), Weights: n.Weights(), Outputs: n.Outputs(), Side: b.side, Epochs: [][5]number{}}
	for _, e := range n.Epochs()[b.sent:] {
		s.Epochs = append(s.Epochs, [5]number{number(e.Number), number(e.TrainLoss), number(e.ValidLoss), number(e.TrainRight), number(e.ValidRight)})
	}
	b.sent = len(n.Epochs())
	var picture []byte
	for _, v := range n.Plane(nil, b.plane) {
		picture = binary.LittleEndian.AppendUint32(picture, math.Float32bits(v))
	}
	return s, n.Nodes(picture, b.nodes)
}

// look takes apart the update on a training example.
func (b *Bridge) look(arg []byte) (any, []byte, error) {
	var order struct{ Index int }
	if err := read(arg, &order); err != nil {
		return nil, nil, err
	}
	n := b.network
	if n == nil {
		return nil, nil, errNoNetwork
	}
	u, err := n.Look(order.Index)
	if err != nil {
		return nil, nil, err
	}
	type change struct {
		Name     string `json:"name"`
		Place    string `json:"place"`
		Before   number `json:"before"`
		Gradient number `json:"gradient"`
		Penalty  number `json:"penalty"`
		After    number `json:"after"`
	}
	answer := struct {
		sketch
		Point   network.Point `json:"point"`
		Neurons bool          `json:"neurons"`
		Penalty bool          `json:"penalty"`
		Dropout bool          `json:"dropout"`
		Changes []change      `json:"changes"`
	}{Point: u.Point, Neurons: u.Neurons, Penalty: u.Penalty, Dropout: u.Dropout}
	for _, c := range u.Changes {
		answer.Changes = append(answer.Changes, change{c.Name, c.Place, number(c.Before), number(c.Gradient), number(c.Penalty), number(c.After)})
	}
	if !u.Neurons {
		answer.sketch = b.newDrawing(u.Loss, stepper.Config{})
		return answer, nil, nil
	}
	answer.Data, err = stepper.New(u.Loss, stepper.Config{Fold: true, Neurons: true}).Data(nil, nil)
	return answer, nil, err
}
