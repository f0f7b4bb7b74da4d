package tui

import (
	"sort"
	"strconv"

	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// listPane is the packet list: which packets are shown, which is selected, what
// part is on the screen.
type listPane struct {
	filtered bool
	shown    []packet.Number // the packets that match, when filtered
	order    []packet.Number // in the order of a column; nil: as captured
	pos      []uint32        // by number − posFirst: the place in order and 1; 0: not in it
	posFirst packet.Number
	cur      packet.Number // selected; 0 while there is none
	want     packet.Number // to be selected as soon as the filter has got there; 0: nothing
	top      int           // index of the first row on the screen
	rows     int           // rows on the screen
	tail     bool          // follow the newest packet
	moved    bool          // the user has chosen a packet
	seen     packet.Number // the newest packet when the tail was left
	set      []listColumn  // the columns, those that are hidden left out
	col      int           // the column of the cell that = and ! take
	format   timeFormat
	ref      packet.Number // time reference; 0: the first packet
	marks    map[packet.Number]bool
}

func newListPane() listPane {
	return listPane{tail: true, rows: 1, marks: make(map[packet.Number]bool)}
}

// count is how many packets are shown.
func (p *listPane) count(s *source) int {
	if p.order != nil {
		return len(p.order)
	}
	return p.captured(s)
}

// captured is how many packets there are to be shown, in order or not yet.
func (p *listPane) captured(s *source) int {
	if p.filtered {
		return len(p.shown)
	}
	return s.len()
}

// at gives the i-th packet that is shown, 0 outside.
func (p *listPane) at(s *source, i int) packet.Number {
	if i < 0 || i >= p.count(s) {
		return 0
	}
	if p.order != nil {
		return p.order[i]
	}
	return p.capturedAt(s, i)
}

// capturedAt gives the i-th packet that is shown, as captured; 0 outside.
func (p *listPane) capturedAt(s *source, i int) packet.Number {
	if i < 0 || i >= p.captured(s) {
		return 0
	}
	if p.filtered {
		return p.shown[i]
	}
	return s.first() + packet.Number(i)
}

// index finds the place of packet n; of one that is not shown, that of the next.
func (p *listPane) index(s *source, n packet.Number) int {
	if p.order == nil {
		return p.capturedIndex(s, n)
	}
	for ; n >= p.posFirst && int(n-p.posFirst) < len(p.pos); n++ {
		if i := p.pos[n-p.posFirst]; i > 0 {
			return int(i) - 1
		}
	}
	return len(p.order)
}

// capturedIndex is index for the packets as they were captured.
func (p *listPane) capturedIndex(s *source, n packet.Number) int {
	if p.filtered {
		return sort.Search(len(p.shown), func(i int) bool { return p.shown[i] >= n })
	}
	if n < s.first() {
		return 0
	}
	return min(int(n-s.first()), s.len())
}

// evict forgets packets that are not kept any more.
func (p *listPane) evict(s *source) {
	first := s.first()
	if i := sort.Search(len(p.shown), func(i int) bool { return p.shown[i] >= first }); i > 0 {
		p.shown = p.shown[i:]
		p.top = max(p.top-i, 0)
	}
	if p.ref != 0 && p.ref < first {
		p.ref = 0
	}
}

// settle makes selection and screen agree after anything has changed.
// looked says whether the filter has looked at a packet.
func (p *listPane) settle(s *source, looked func(packet.Number) bool) {
	n := p.count(s)
	if p.want != 0 && !p.tail {
		if at := min(p.want, s.last()); p.filtered && at >= s.first() && !looked(at) {
			p.top = min(p.top, max(n-p.rows, 0))
			return
		}
		p.cur, p.want = p.want, 0
	}
	if n == 0 {
		p.top = 0
		if s.len() == 0 {
			p.cur = 0
		}
		return
	}
	i := min(p.index(s, p.cur), n-1)
	if p.tail {
		i = n - 1
		p.seen = s.last()
	} else if p.cur == 0 {
		i = 0
	}
	p.cur = p.at(s, i)
	p.top = min(p.top, max(n-p.rows, 0))
	if i < p.top {
		p.top = i
	}
	if i >= p.top+p.rows {
		p.top = i - p.rows + 1
	}
	p.top = max(p.top, 0)
}

// move selects the packet d places further.
func (p *listPane) move(s *source, d int) {
	n := p.count(s)
	if n == 0 {
		return
	}
	i := min(max(p.index(s, p.cur)+d, 0), n-1)
	p.leaveTail(s)
	p.cur = p.at(s, i)
}

// leaveTail stops following the newest packet.
func (p *listPane) leaveTail(s *source) {
	p.moved, p.want = true, 0
	if p.tail {
		p.tail = false
		p.seen = s.last()
	}
}

// scroll moves the screen and takes the selection along.
func (p *listPane) scroll(s *source, d int) {
	n := p.count(s)
	p.leaveTail(s)
	p.top = min(max(p.top+d, 0), max(n-p.rows, 0))
	if i := p.index(s, p.cur); i < p.top {
		p.cur = p.at(s, p.top)
	} else if i >= p.top+p.rows {
		p.cur = p.at(s, min(p.top+p.rows, n)-1)
	}
}

// fresh is how many packets to be shown have come since the tail was left.
func (p *listPane) fresh(s *source) int {
	if p.tail || !s.status.Live {
		return 0
	}
	return max(p.captured(s)-p.capturedIndex(s, p.seen+1), 0)
}

// relations is what the margin shows: the conversation of the selected packet and
// what belongs to it.
type relations struct {
	trace.Relations
	of packet.Number
}

// marginOf gives the bracket and the mark of a row. prev and next say whether rows
// of the same conversation are shown above and below.
func (r *relations) marginOf(g *glyphs, n packet.Number, row *trace.Row) (bracket, mark string) {
	bracket, mark = " ", " "
	if r.of == 0 || row == nil {
		return
	}
	if r.Kind != trace.NoKind && n >= r.First && n <= r.Last {
		in := row.Kind == r.Kind && row.Stream == r.Stream
		switch {
		case r.First == r.Last:
			bracket = g.only
		case n == r.First:
			bracket = g.top
		case n == r.Last:
			bracket = g.bottom
		case in:
			bracket = g.mid
		default:
			bracket = g.gap
		}
	}
	switch {
	case n == r.Request || n == r.of && r.Response != 0:
		mark = g.request
	case n == r.Response || n == r.of && r.Request != 0:
		mark = g.response
	case n == r.DupAckOf || n == r.of && r.DupAckOf != 0 || row.DupAckOf() != 0 && (row.DupAckOf() == r.of || r.DupAckOf != 0 && row.DupAckOf() == r.DupAckOf):
		mark = g.dup
	case n == r.Acks || row.Acks == r.of:
		mark = g.acked
	default:
		for _, p := range r.Parts {
			if p == n {
				mark = g.dot
			}
		}
	}
	return
}

// columns lays the columns out for the list's width.
func (p *listPane) columns(s *source, width int) placed {
	st := &s.status
	base := p.base(s)
	early, late := st.Earliest.Sub(base), st.Latest.Sub(base)
	if p.format == timeDelta {
		early, late = -st.Back, st.Latest.Sub(st.Earliest)
	}
	digits := len(strconv.FormatUint(uint64(s.last()), 10))
	return p.place(width, digits, p.format.width(early, late), s.wide)
}

// base is what relative times count from.
func (p *listPane) base(s *source) packet.Time {
	if ref := s.row(p.ref); ref != nil {
		return ref.Time
	}
	return s.status.First
}

// view draws the heads of the columns and the rows.
func (p *listPane) view(s *source, l *line, r rect, focused bool, rel *relations, colors *coloring, by *sorting) []string {
	out := make([]string, 0, r.h)
	// The rows come first: they may widen the columns.
	texts := make([]rowText, 0, p.rows)
	for i := range p.rows {
		n := p.at(s, p.top+i)
		if n == 0 {
			break
		}
		texts = append(texts, s.text(n))
	}
	cols := p.columns(s, r.w)
	l.reset(r.w, gPlain)
	for i := range p.set {
		lc, c := &p.set[i], cols.set[i]
		if c.w == 0 {
			continue
		}
		st := sColumn
		if i == p.col && focused {
			st = sFocus
		}
		sign := ""
		if lc.Field == by.field {
			sign = l.g.up
			if by.desc {
				sign = l.g.down
			}
		}
		p.head(l, &cols, i, lc, st, sign)
	}
	if n := p.fresh(s); n > 0 {
		chip := " " + l.g.chip + " " + strconv.Itoa(n) + " new "
		if x := r.w - cells(chip) - 1; x > l.used {
			l.to(x)
			l.put(sChip, chip)
		}
	}
	out = append(out, l.end())
	base := p.base(s)
	for i, t := range texts {
		n := p.at(s, p.top+i)
		row := s.row(n)
		if row == nil {
			l.reset(r.w, gPlain) // it has just gone, and the order does not know yet
			out = append(out, l.end())
			continue
		}
		on := gPlain
		if n == p.cur {
			on = gUnfocused
			if focused {
				on = gSelected
			}
		}
		from := base
		if p.format == timeDelta {
			from = row.Time
			if prev := s.row(p.capturedAt(s, p.capturedIndex(s, n)-1)); prev != nil {
				from = prev.Time
			}
		}
		l.reset(r.w, on)
		bracket, mark := rel.marginOf(l.g, n, row)
		if p.marks[n] {
			l.put(sMatch, l.g.marked)
		} else {
			l.space(1)
		}
		l.put(sMargin, bracket)
		st, fill, glyph := colors.paint(l.g, &t)
		t.style = st
		l.put(st, glyph)
		l.to(3)
		l.put(sMargin, mark)
		l.fill = fill
		p.cells(l, &cols, n, row, &t, p.format.format(row.Time, from, cols.decimals))
		out = append(out, l.end())
	}
	return out
}

// head draws the head of a column.
func (p *listPane) head(l *line, cols *placed, i int, lc *listColumn, st style, sign string) {
	c, h := cols.set[i], cols.head(lc, p.format)
	switch {
	case lc.kind == colNo && lc.Right:
		end := c.x + c.w
		if next := cols.next(i, 1); next != i && (cols.set[next].x > end+1 || cols.set[next].w > 9) {
			end++
		}
		l.to(max(end-cells(h), 0))
	case lc.kind == colTime && lc.Right:
		l.to(c.x)
		if p.format <= timeDelta {
			l.to(c.x + max(c.w-8, 0)) // above the digits of a short time
		}
	case lc.Right:
		h = l.g.cut(h, c.w)
		l.to(c.x + max(c.w-cells(h), 0))
	default:
		l.to(c.x)
		if lc.kind == colField {
			h = l.g.cut(h, c.w)
		}
	}
	l.put(st, h)
	l.put(st, sign) // behind every column there is a gap, or the width is its own
}

func (p *listPane) cells(l *line, cols *placed, n packet.Number, row *trace.Row, t *rowText, at string) {
	if n == p.ref {
		at = "*REF*"
	}
	for i := range p.set {
		lc, c := &p.set[i], cols.set[i]
		if c.w == 0 {
			continue
		}
		l.to(c.x)
		st, s := t.style, ""
		switch lc.kind {
		case colNo:
			st, s = sDim, strconv.FormatUint(uint64(n), 10)
			if l.fill != sText {
				st = t.style
			}
		case colTime:
			s = at
		case colSrc:
			s = l.g.cutMiddle(t.src, c.w)
		case colDst:
			s = l.g.cutMiddle(t.dst, c.w)
		case colProto:
			s = t.proto
		case colLen:
			s = strconv.FormatUint(uint64(row.Len), 10)
		case colInfo:
			if i == len(p.set)-1 && !lc.Right {
				// The edge of the screen says that the text goes on; every cell counts there.
				l.put(st, head(l.g.text(t.info), c.w))
				continue
			}
			s = t.info
		case colField:
			if lc.value < len(t.fields) {
				s = t.fields[lc.value]
			}
		}
		if lc.Right {
			l.right(st, s, c.w)
		} else {
			l.fit(st, s, c.w)
		}
	}
}
