package plot

// A region is the part of a grid on which a function is not negative, as closed loops around it, in units of the grid.
// Points of the outline are found by linear interpolation along the lines of the grid: marching squares (Lorensen and
// Cline, Marching cubes, 1987, in two dimensions). The region is at the left of its outline.
//
// A function that is NaN counts as negative there.
type region struct {
	columns, rows int
	at            func(i, j int) float64 // column i, row j
}

type gridPoint struct{ x, y float64 }

// A square has corners 1, 2, 4, 8: bottom left, bottom right, top right, top left; and sides 0 to 3: bottom, right, top,
// left. The outline goes through a square with the region at its left, from a side to a side, by which corners are inside.
var ways = [16][][2]int{
	1: {{0, 3}}, 2: {{1, 0}}, 4: {{2, 1}}, 8: {{3, 2}},
	3: {{1, 3}}, 6: {{2, 0}}, 12: {{3, 1}}, 9: {{0, 2}},
	14: {{3, 0}}, 13: {{0, 1}}, 11: {{1, 2}}, 7: {{2, 3}},
	5: {{0, 3}, {2, 1}}, 10: {{1, 0}, {3, 2}},
}

// The same for two corners across, if the middle is inside too.
var joined = map[int][][2]int{5: {{0, 1}, {2, 3}}, 10: {{3, 0}, {1, 2}}}

// loops returns the outline. A ring of points around the grid, in the place of those at its edge, is outside: so every
// outline is closed.
func (r region) loops() [][]gridPoint {
	width, height := r.columns+2, r.rows+2
	value := func(i, j int) float64 { // of the grid with its ring
		if i == 0 || j == 0 || i == width-1 || j == height-1 {
			return -1
		}
		if v := r.at(i-1, j-1); v == v {
			return v
		}
		return -1
	}
	// Each crossing of a side has a number, and the next crossing of the outline.
	number := func(i, j, side int) int {
		switch side {
		case 1:
			return 2*(j*width+i+1) + 1
		case 2:
			return 2 * ((j+1)*width + i)
		case 3:
			return 2*(j*width+i) + 1
		}
		return 2 * (j*width + i)
	}
	next := make([]int, 2*width*height)
	for k := range next {
		next[k] = -1
	}
	for j := range height - 1 {
		for i := range width - 1 {
			corners := [4]float64{value(i, j), value(i+1, j), value(i+1, j+1), value(i, j+1)}
			inside := 0
			for k, v := range corners {
				if v >= 0 {
					inside |= 1 << k
				}
			}
			through := ways[inside]
			if j := joined[inside]; j != nil && corners[0]+corners[1]+corners[2]+corners[3] >= 0 {
				through = j
			}
			for _, w := range through {
				next[number(i, j, w[0])] = number(i, j, w[1])
			}
		}
	}
	place := func(i, j int) gridPoint {
		return gridPoint{float64(min(max(i-1, 0), r.columns-1)), float64(min(max(j-1, 0), r.rows-1))}
	}
	crossing := func(k int) gridPoint {
		i, j := k/2%width, k/2/width
		i2, j2 := i+1, j
		if k%2 == 1 {
			i2, j2 = i, j+1
		}
		a, b := value(i, j), value(i2, j2)
		t := a / (a - b)
		if !(t >= 0 && t <= 1) { // infinite
			t = 0.5
		}
		p, q := place(i, j), place(i2, j2)
		return gridPoint{p.x + t*(q.x-p.x), p.y + t*(q.y-p.y)}
	}
	var loops [][]gridPoint
	for first := range next {
		var loop []gridPoint
		for k := first; next[k] >= 0; {
			if p := crossing(k); len(loop) == 0 || loop[len(loop)-1] != p {
				loop = append(loop, p)
			}
			k, next[k] = next[k], -1
		}
		if loop = straightened(loop); len(loop) > 2 {
			loops = append(loops, loop)
		}
	}
	return loops
}

// straightened leaves out points on straight lines.
func straightened(loop []gridPoint) []gridPoint {
	for len(loop) > 1 && loop[len(loop)-1] == loop[0] {
		loop = loop[:len(loop)-1]
	}
	var out []gridPoint
	for i, p := range loop {
		before, after := loop[(i+len(loop)-1)%len(loop)], loop[(i+1)%len(loop)]
		if len(out) > 0 {
			before = out[len(out)-1]
		}
		area := (p.x-before.x)*(after.y-p.y) - (p.y-before.y)*(after.x-p.x)
		if area < -1e-4 || area > 1e-4 {
			out = append(out, p)
		}
	}
	return out
}

// onEdge reports whether a line runs along the edge of the grid.
func (r region) onEdge(p, q gridPoint) bool {
	right, top := float64(r.columns-1), float64(r.rows-1)
	return p.x == q.x && (p.x == 0 || p.x == right) || p.y == q.y && (p.y == 0 || p.y == top)
}
