package main

import (
	"math"
	"math/rand/v2"

	"github.com/seed366ff29f/chainrule/nn/data"
)

const (
	side   = 8
	pixels = side * side
)

// How much an image is changed at most: as much as leaves it the same digit.
const (
	turn  = 12 * math.Pi / 180
	move  = 0.7 // pixels
	scale = 0.08
	slant = 0.1 // pixels a line
)

// augment turns, scales, slants and moves the images of a batch, each in a way of its own.
func augment(b *data.Batch, rng *rand.Rand) {
	var from [pixels]float64
	draw := func(most float64) float64 { return most * (2*rng.Float64() - 1) }
	for i := range b.Len() {
		for k := range from {
			from[k] = b.X.AtFlat(i*pixels + k)
		}
		sin, cos := math.Sincos(draw(turn))
		zoom, skew, dx, dy := 1+draw(scale), draw(slant), draw(move), draw(move)
		for k := range from {
			const middle = float64(side-1) / 2
			x, y := float64(k%side)-middle, float64(k/side)-middle
			x += skew * y
			b.X.SetFlat(between(&from, zoom*(cos*x-sin*y)+middle+dx, zoom*(sin*x+cos*y)+middle+dy), i*pixels+k)
		}
	}
}

// between returns the ink at a place of an image, linearly interpolated between the four pixels around it.
func between(image *[pixels]float64, x, y float64) float64 {
	left, top := math.Floor(x), math.Floor(y)
	right, down := x-left, y-top
	at := func(dx, dy int) float64 {
		column, row := int(left)+dx, int(top)+dy
		if column < 0 || row < 0 || column >= side || row >= side {
			return 0 // paper
		}
		return image[row*side+column]
	}
	return (1-down)*((1-right)*at(0, 0)+right*at(1, 0)) + down*((1-right)*at(0, 1)+right*at(1, 1))
}
