package tui

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// flowsPane is the list of conversations, one row each.
type flowsPane struct {
	all     []trace.Conversation
	order   []int32   // indexes into all, as they are shown
	loaded  time.Time // when all was copied
	total   int       // conversations of the trace, also while the pane is not shown
	key     flowKey
	reverse bool
	kind    trace.Kind // of the selected conversation
	stream  uint32
	chosen  bool // there is a selection
	cur     int
	top     int
	rows    int
}

// flowKey is what conversations are sorted by.
type flowKey uint8

const (
	flowNumber flowKey = iota
	flowA
	flowB
	flowPackets
	flowBytes
	flowSent
	flowGot
	flowStart
	flowTime
	flowState
	flowKeys
)

func newFlowsPane() flowsPane { return flowsPane{rows: 1} }

func (p *flowsPane) reset() {
	*p = flowsPane{rows: p.rows, key: p.key, reverse: p.reverse}
}

// load takes the conversations over and sorts them.
func (p *flowsPane) load(tr *trace.Trace) {
	p.all, p.order = p.all[:0], p.order[:0]
	if tr == nil {
		p.total = 0
		return
	}
	p.all = tr.Conversations(trace.TCP, p.all)
	p.all = tr.Conversations(trace.UDP, p.all)
	p.total = len(p.all)
	p.loaded = time.Now()
	p.sort()
}

// stale says whether it is time to copy the conversations again: many of them not
// with every packet.
func (p *flowsPane) stale() bool {
	const many = 1000
	return len(p.all) < many || time.Since(p.loaded) > 500*time.Millisecond
}

// at gives the i-th conversation that is shown.
func (p *flowsPane) at(i int) *trace.Conversation { return &p.all[p.order[i]] }

// totals counts the conversations without looking at them.
func (p *flowsPane) totals(tr *trace.Trace) {
	if tr != nil {
		p.total = tr.Streams(trace.TCP) + tr.Streams(trace.UDP)
	}
}

func (p *flowsPane) sort() {
	less := func(a, b *trace.Conversation) int {
		switch p.key {
		case flowA:
			return a.Flow.Src.Compare(b.Flow.Src)
		case flowB:
			return a.Flow.Dst.Compare(b.Flow.Dst)
		case flowPackets:
			return cmp.Compare(packets(b), packets(a))
		case flowBytes:
			return cmp.Compare(b.Traffic[0].Bytes+b.Traffic[1].Bytes, a.Traffic[0].Bytes+a.Traffic[1].Bytes)
		case flowSent:
			return cmp.Compare(b.Traffic[0].Bytes, a.Traffic[0].Bytes)
		case flowGot:
			return cmp.Compare(b.Traffic[1].Bytes, a.Traffic[1].Bytes)
		case flowStart:
			return cmp.Compare(a.FirstTime, b.FirstTime)
		case flowTime:
			return cmp.Compare(b.LastTime.Sub(b.FirstTime), a.LastTime.Sub(a.FirstTime))
		case flowState:
			return cmp.Compare(a.State(), b.State())
		}
		return 0
	}
	p.order = p.order[:0]
	for i := range p.all {
		p.order = append(p.order, int32(i))
	}
	slices.SortFunc(p.order, func(i, j int32) int {
		c := less(&p.all[i], &p.all[j])
		if c == 0 {
			c = cmp.Compare(i, j)
		}
		if p.reverse {
			c = -c
		}
		return c
	})
	if p.chosen {
		p.choose(p.kind, p.stream) // the selection stays with its conversation
	}
}

func packets(c *trace.Conversation) uint64 {
	return uint64(c.Traffic[0].Packets) + uint64(c.Traffic[1].Packets)
}

func (p *flowsPane) selected() *trace.Conversation {
	if p.cur < 0 || p.cur >= len(p.order) {
		return nil
	}
	return p.at(p.cur)
}

func (p *flowsPane) move(d int) {
	p.cur = min(max(p.cur+d, 0), max(len(p.all)-1, 0))
	if c := p.selected(); c != nil {
		p.kind, p.stream, p.chosen = c.Kind, c.Stream, true
	}
}

// choose selects a conversation.
func (p *flowsPane) choose(k trace.Kind, stream uint32) {
	for i := range p.order {
		if c := p.at(i); c.Kind == k && c.Stream == stream {
			p.cur = i
			p.move(0)
			return
		}
	}
}

func (p *flowsPane) settle() {
	p.cur = min(max(p.cur, 0), max(len(p.all)-1, 0))
	p.top = min(p.top, max(len(p.all)-p.rows, 0))
	if p.cur < p.top {
		p.top = p.cur
	}
	if p.cur >= p.top+p.rows {
		p.top = p.cur - p.rows + 1
	}
}

func (p *flowsPane) title() string {
	return "Flows · " + strconv.Itoa(len(p.all)) + ", by " + p.key.String()
}

func (k flowKey) String() string {
	return [...]string{"number", "first end", "second end", "packets", "bytes", "bytes sent by the first end", "bytes sent by the second end",
		"beginning", "duration", "state"}[k]
}

// flowColumn is a column of the view: what it sorts by, head, width, and whether
// it stands at the right.
type flowColumn struct {
	key   flowKey
	head  string
	w     int
	right bool
}

// flowColumns lays the columns out; with less room some are left away.
func flowColumns(w int, ends int) []flowColumn {
	cols := []flowColumn{{flowNumber, "Flow", 9, false}}
	switch {
	case w >= 120:
		end := min(max(ends, 21), (w-84)/2)
		cols = append(cols, flowColumn{flowA, "A (first to speak)", end, false}, flowColumn{flowB, "B", end, false},
			flowColumn{flowPackets, "Packets", 8, true}, flowColumn{flowBytes, "Bytes", 8, true},
			flowColumn{flowSent, "A to B", 8, true}, flowColumn{flowGot, "B to A", 8, true},
			flowColumn{flowStart, "Start", 11, true}, flowColumn{flowTime, "Duration", 8, true}, flowColumn{flowState, "State", 12, false})
	case w >= 72:
		end := min(max(ends, 12), (w-47)/2)
		cols[0].w = 6
		cols = append(cols, flowColumn{flowA, "A", end, false}, flowColumn{flowB, "B", end, false}, flowColumn{flowPackets, "Pkts", 5, true},
			flowColumn{flowSent, "A to B", 6, true}, flowColumn{flowGot, "B to A", 6, true}, flowColumn{flowTime, "Time", 7, true}, flowColumn{flowState, "State", 11, false})
	case w >= 50:
		cols[0].w = 6
		cols = append(cols, flowColumn{flowB, "B", w - 35, false}, flowColumn{flowPackets, "Pkts", 5, true}, flowColumn{flowBytes, "Bytes", 6, true}, flowColumn{flowState, "State", 11, false})
	default:
		cols[0].w = 6
		cols = append(cols, flowColumn{flowB, "B", max(w-27, 8), false}, flowColumn{flowBytes, "Bytes", 6, true}, flowColumn{flowState, "State", 10, false})
	}
	return cols
}

// columns gives the layout for a width.
func (p *flowsPane) columns(w int) []flowColumn {
	ends := 0
	for i := range p.all {
		ends = max(ends, len(p.all[i].Flow.Src.String()), len(p.all[i].Flow.Dst.String()))
		if ends >= 47 {
			break
		}
	}
	return flowColumns(w, ends)
}

// nextKey sorts by the next or the previous column on the screen.
func (p *flowsPane) nextKey(d, w int) {
	cols := flowColumns(w, 0)
	at := 0
	for i, c := range cols {
		if c.key == p.key {
			at = i
		}
	}
	p.key = cols[(at+d+len(cols))%len(cols)].key
	p.sort()
}

func (p *flowsPane) view(l *line, r rect) []string {
	out := make([]string, 0, r.h)
	cols := p.columns(r.w)
	l.reset(r.w, gPlain)
	l.space(1)
	for _, c := range cols {
		st, head := sColumn, c.head
		if c.key == p.key {
			st = sFocus
			mark := l.g.down
			if p.reverse {
				mark = l.g.up
			}
			if cells(head)+1 < c.w {
				head += mark
			}
		}
		if c.right {
			l.right(st, head, c.w)
		} else {
			l.fit(st, head, c.w)
		}
		l.space(1)
	}
	out = append(out, l.end())
	if len(p.all) == 0 {
		l.reset(r.w, gPlain)
		out = append(out, l.end())
		l.reset(r.w, gPlain)
		l.put(sDim, "  no TCP or UDP conversation yet")
		out = append(out, l.end())
	}
	var first packet.Time
	for i := range p.all {
		if first == 0 || p.all[i].FirstTime < first {
			first = p.all[i].FirstTime
		}
	}
	for i := p.top; i < len(p.order) && len(out) < r.h; i++ {
		l.reset(r.w, gPlain)
		if i == p.cur {
			l.on = gSelected
		}
		l.space(1)
		for _, c := range cols {
			p.cell(l, p.at(i), c, first)
			l.space(1)
		}
		out = append(out, l.end())
	}
	return pad(l, out, r)
}

func (p *flowsPane) cell(l *line, c *trace.Conversation, col flowColumn, first packet.Time) {
	st := sText
	var s string
	switch col.key {
	case flowNumber:
		s = c.Kind.String() + " " + strconv.FormatUint(uint64(c.Stream), 10)
		st = sUDP
		if c.Kind == trace.TCP {
			st = sTCP
		}
	case flowA:
		s, st = l.g.cutMiddle(c.Flow.Src.String(), col.w), sSide0
	case flowB:
		s, st = l.g.cutMiddle(c.Flow.Dst.String(), col.w), sSide1
	case flowPackets:
		s = number(packets(c))
	case flowBytes:
		s = size(c.Traffic[0].Bytes + c.Traffic[1].Bytes)
	case flowSent:
		s, st = size(c.Traffic[0].Bytes), sSide0
	case flowGot:
		s, st = size(c.Traffic[1].Bytes), sSide1
	case flowStart:
		s = seconds(c.FirstTime.Sub(first), 6)
	case flowTime:
		s = took(c.LastTime.Sub(c.FirstTime))
	case flowState:
		s = c.State()
		switch s {
		case "reset", "refused":
			st = sBad
		case "SYN only", "half-closed":
			st = sWarn
		case "closed":
			st = sDim
		case "open":
			st = sLive
		}
	}
	if col.right {
		l.right(st, s, col.w)
	} else {
		l.fit(st, s, col.w)
	}
}

// doFlows carries out an action in the flows view.
func (m *Model) doFlows(a action) tea.Cmd {
	p := &m.flows
	switch a {
	case actSort, actRight:
		p.nextKey(1, max(m.width, minWidth))
	case actLeft:
		p.nextKey(-1, max(m.width, minWidth))
	case actReverse:
		p.reverse = !p.reverse
		p.sort()
	case actFilter:
		m.prompt.open(promptFilter, m.filter)
		m.prompt.checkFilter(m)
	case actEnter, actOnly, actExcept:
		c := p.selected()
		if c == nil {
			return nil
		}
		expr := c.Kind.String() + ".stream == " + strconv.FormatUint(uint64(c.Stream), 10)
		if a == actExcept {
			expr = negated(expr)
			if m.filter != "" {
				expr = bracketed(m.filter) + " and " + expr
			}
		}
		first := c.First
		m.came, m.view, m.focus = nil, viewPackets, paneList
		m.list.leaveTail(&m.src)
		m.setFilter(expr)
		if a != actExcept {
			m.jump(first)
		}
	default:
		if d, ok := steps(a, p.rows, len(p.all)); ok {
			p.move(d)
		}
	}
	return nil
}
