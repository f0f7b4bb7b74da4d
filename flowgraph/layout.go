package flowgraph

// layout is where the columns of a ladder stand. All numbers are cells; a width of
// 0 leaves the column out.
//
//	time        Δ      state       │ arrow             │ state       note
type layout struct {
	width  int
	time   int // digits of the time
	delta  int
	flight int // the bar of the bytes in flight
	state  int // of one state
	arrow  int // between the lanes
	note   int
	left   int // column of the left lane
	wide   bool
	gap    int // between two of several lanes
}

// Widths of columns.
const (
	deltaWidth  = 7
	flightWidth = 9
	flightFrom  = 140
	stateWidth  = 11 // ESTABLISHED
	leastArrow  = 14
	bestArrow   = 19
	mostArrow   = 80
	bestNote    = 13
	wideFrom    = 110

	leastWideNote = 28
)

// newLayout shares out the width. What has the least to say goes first: the note,
// the Δ, the states, the time.
func newLayout(width, timeWidth int, delta, states bool) layout {
	l := layout{width: max(width, 1), time: timeWidth, wide: width >= wideFrom}
	if delta {
		l.delta = deltaWidth
	}
	if states {
		l.state = stateWidth
	}
	if delta && states && width >= flightFrom {
		l.flight = flightWidth
	}
	for step := 0; ; step++ {
		rest := l.width - l.fixed()
		if rest >= leastArrow || step > 3 {
			l.share(rest)
			return l
		}
		switch step {
		case 0:
			l.delta, l.flight = 0, 0
		case 1:
			l.state = 0
		case 2:
			l.time = 0
		}
	}
}

// fixed is what the columns beside arrow and note take.
func (l *layout) fixed() int {
	l.left = 1
	if l.time > 0 {
		l.left += l.time
	}
	if l.delta > 0 {
		l.left += 2 + l.delta
	}
	if l.flight > 0 {
		l.left += 2 + l.flight
	}
	n := 2
	if l.state > 0 {
		l.left += 2 + l.state + 1
		n += 1 + l.state
	} else if l.left > 1 {
		l.left++
	}
	return l.left + n
}

// share divides what is left between arrow and note.
func (l *layout) share(rest int) {
	const gap = 2
	switch {
	case l.wide:
		l.arrow = min(rest-gap-leastWideNote, mostArrow)
	case rest < bestArrow+gap+6:
		l.arrow = min(rest, mostArrow)
	case rest < bestArrow+gap+bestNote:
		l.arrow = bestArrow
	default:
		l.arrow = bestArrow + (rest-bestArrow-gap-bestNote)*2/3
	}
	l.arrow = max(l.arrow, 0)
	if l.note = rest - l.arrow - gap; l.note < 6 {
		l.note = 0
	}
}

// right is the column of the right lane.
func (l *layout) right() int { return l.left + 1 + l.arrow }

// noteAt is the column of the note.
func (l *layout) noteAt() int {
	n := l.right() + 1
	if l.state > 0 {
		n += 1 + l.state
	}
	return n + 2
}
