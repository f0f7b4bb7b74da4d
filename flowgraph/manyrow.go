package flowgraph

import (
	"strconv"

	"tcplens/internal/text"
)

// Widths in a drawing of several conversations.
const (
	leastGap  = 4  // cells between two lanes
	mostGap   = 40 // beyond that the notes get the rest
	leastWord = 8  // cells of an arrow that bears a label
)

// manyLayout shares out the width among time, lanes and notes.
func (g *Graph) manyLayout(width, timeWidth int, delta bool) layout {
	l := layout{width: max(width, 1), time: timeWidth, wide: width >= wideFrom}
	if delta && width >= 100 {
		l.delta = deltaWidth
	}
	l.left = 1 + l.time + 2
	if l.delta > 0 {
		l.left += 2 + l.delta
	}
	rest := l.width - l.left - 2
	note := max(width/4, 16)
	if l.wide {
		note = width * 2 / 5
	}
	gaps := max(len(g.lanes)-1, 1)
	l.gap = min(max((rest-note)/gaps, leastGap), mostGap)
	l.note = max(rest-l.gap*gaps-2, 0)
	l.arrow = l.gap*gaps - 1
	return l
}

// laneAt is the column of a lane.
func (l *layout) laneAt(k int) int { return l.left + k*l.gap }

// of says which conversation a line is about, as the list of flows names it; empty
// in a drawing of one.
func (v *View) of() string {
	if v.g.parts == nil {
		return ""
	}
	return v.f.g.info.Kind.String() + "." + digits(int(v.f.g.info.Stream)) + " · "
}

// endText says how the conversation being drawn stands where the capture ends.
func (v *View) endText() string {
	if v.g.parts == nil {
		return v.ending
	}
	return v.of() + v.f.g.ending()
}

// manyColumns is the line of the lanes' names.
func (v *View) manyColumns() Line {
	b, l := v.line(), &v.l
	b.put(1, "time", StyleHeading)
	if l.delta > 0 {
		b.put(1+l.time+4, "Δ", StyleHeading)
	}
	for k := range v.g.lanes {
		x := &v.g.lanes[k]
		name, room := v.clean(x.name()), l.gap-1
		if k == len(v.g.lanes)-1 {
			room = max(l.note, room)
		}
		if text.Width(name) > room {
			name = cut(v.clean(x.shortName()), max(room, 1), v.clean)
		}
		// In the middle over its lane where that fits, else from it on.
		at := max(l.laneAt(k)-text.Width(name)/2, b.col+1)
		if at < l.laneAt(k)-text.Width(name)/2 || at > l.laneAt(k) {
			at = max(l.laneAt(k), b.col)
		}
		b.put(at, name, [...]Style{StyleClientState, StyleServerState}[min(k, 1)])
	}
	return b.done(LineColumns)
}

// ends gives the lanes that an event of the conversation being drawn goes from and
// to.
func (v *View) ends(dir uint8) (from, to int) {
	if v.g.parts == nil {
		from, to = 0, 1
		if dir != v.f.g.client() {
			from, to = 1, 0
		}
		return from, to
	}
	of := v.g.laneOf[v.part]
	return of[dir&1], of[dir&1^1]
}

// manyRow draws a segment, a fold or what is missing among several lanes. What an
// arrow is too short for stands first in the note, states with their port.
func (v *View) manyRow(b *builder, it *item) {
	g, l := v.f.g, &v.l
	i := int(it.first)
	e := &g.events[i]
	if it.kind != LineLost {
		v.times(b, i)
	}
	from, to := v.ends(e.Dir)
	left, right := min(from, to), max(from, to)
	var s shaft
	var ls []label
	var notes []note
	switch it.kind {
	case LineFold:
		what, rest := g.foldText(it)
		s, ls = it.style().shaft(v.o.ASCII), []label{{fixed: what}}
		notes = []note{{long: rest, short: rest}}
	case LineLost:
		s, ls = StyleLost.shaft(v.o.ASCII), []label{{"gap", strconv.FormatUint(it.bytes, 10)}}
		notes = []note{g.gapNote(e)}
	default:
		s = e.style(g.info.Kind).shaft(v.o.ASCII)
		if e.drawnLost() {
			x := StyleLost.shaft(v.o.ASCII)
			s.head, s.tail, s.style = x.head, x.tail, StyleLost
		}
		ls = g.labels(i, l.wide && (right-left)*l.gap > 44, v.o.Raw)
		for node := range uint8(2) {
			if state := g.moved(e, node); state != "" {
				notes = append(notes, note{long: ":" + digits(int(g.info.Node[node].Port)) + " " + state, short: state})
			}
		}
		notes = append(notes, g.notes(i, v.o.Raw)...)
		if it.acks > 0 {
			notes = append(notes, note{long: "+ " + answers(it), short: "+ " + answers(it)})
		}
	}
	room := (right-left)*l.gap - 1 - text.Width(s.head) - 4
	if shown := choose(ls, room, v.clean); shown == "" || room < leastWord || it.kind == LineFold && text.Width(v.clean(ls[0].fixed)) > room {
		word := ls[0].fixed
		if ls[0].word != "" {
			word = ls[0].word + "  " + word
		}
		if l.wide && len(ls) > 1 {
			word = choose(ls[1:], max(l.note-2, 1), v.clean)
		}
		notes = append([]note{{long: word}}, notes...)
		ls = nil
	}
	for k := range v.g.lanes {
		at := l.laneAt(k)
		if k == left && left != right {
			v.lanePost(b, e, k)
			was := *l
			l.left, l.arrow = at, (right-left)*l.gap-1
			v.arrow(b, s, ls, from < to)
			*l = was
			continue
		}
		if k > left && k < right {
			continue
		}
		if b.col <= at {
			v.lanePost(b, e, k)
		}
	}
	if it.kind != LineLost && l.note > 0 {
		v.manyRemarks(b, notes)
	}
}

// lanePost draws lane k beside event e.
func (v *View) lanePost(b *builder, e *event, k int) {
	for node, lane := range v.g.laneOf[v.part] {
		if lane == k {
			v.post(b, e, uint8(node), v.l.laneAt(k))
			return
		}
	}
	b.put(v.l.laneAt(k), v.lane, StyleLane)
}

// manyRemarks writes the notes, right of all lanes.
func (v *View) manyRemarks(b *builder, notes []note) {
	at := v.l.laneAt(len(v.g.lanes)-1) + 3
	room := v.l.width - at - 1
	for i, n := range notes {
		if n.long == "" || n.wide && !v.l.wide {
			continue
		}
		sep := ""
		if b.col >= at {
			sep = " · "
		}
		s := v.clean(sep + n.long)
		if text.Width(s) > room && n.short != "" {
			s = v.clean(sep + n.short)
		}
		if text.Width(s) > room {
			if i > 0 && sep != "" {
				continue
			}
			s = cut(s, room, v.clean)
		}
		style := StyleNote
		if n.problem {
			style = StyleProblem
		}
		b.put(max(at, b.col), s, style)
		room -= text.Width(s)
	}
}
