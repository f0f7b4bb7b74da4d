package tui

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/flowgraph"
	"tcplens/internal/packet"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// flowsPane is the list of conversations, one row each, and below it what the
// selected one has come to, in words.
type flowsPane struct {
	all     []trace.Conversation
	order   []int32   // indexes into all, as they are shown
	loaded  time.Time // when all was copied
	total   int       // conversations of the trace, also while the pane is not shown
	ends    int       // cells of the longest address with its port
	names   int       // cells of the longest server name
	digits  int       // of the largest number of a conversation
	first   packet.Time
	span    time.Duration // from the first conversation's beginning to the last one's
	key     flowKey
	reverse bool
	kind    trace.Kind // of the selected conversation
	stream  uint32
	chosen  bool                     // there is a selection
	marked  []flowgraph.Conversation // to be drawn in one flow graph, in the order of marking
	cur     int
	top     int
	rows    int
}

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
	p.measure()
	p.sort()
}

// measure notes what the layout of the columns depends on.
func (p *flowsPane) measure() {
	p.ends, p.names, p.first, p.span = 0, 0, 0, 0
	last, most := packet.Time(0), uint32(0)
	for i := range p.all {
		c := &p.all[i]
		p.ends = max(p.ends, endCells(&c.Flow.Src), endCells(&c.Flow.Dst))
		p.names = max(p.names, text.Width(c.TLS.Name))
		if i == 0 || c.FirstTime < p.first {
			p.first = c.FirstTime
		}
		last = max(last, c.FirstTime)
		most = max(most, c.Stream)
	}
	p.digits = len(strconv.FormatUint(uint64(most), 10))
	if len(p.all) > 0 {
		p.span = last.Sub(p.first)
	}
}

// endCells is how many cells an end takes. It is asked for every conversation, so
// for IPv4 the digits are counted.
func endCells(e *packet.Endpoint) int {
	if !e.Addr.Is4() {
		return len(e.String())
	}
	n := len("0.0.0.0:0")
	for port := e.Port; port >= 10; port /= 10 {
		n++
	}
	for _, b := range e.Addr.As4() {
		if b >= 10 {
			n++
		}
		if b >= 100 {
			n++
		}
	}
	return n
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
	p.order = p.order[:0]
	for i := range p.all {
		p.order = append(p.order, int32(i))
	}
	slices.SortFunc(p.order, func(i, j int32) int {
		c := p.key.compare(&p.all[i], &p.all[j])
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

// sortBy sorts by a column; once more by the same one turns the order round.
func (p *flowsPane) sortBy(k flowKey) {
	p.reverse = p.key == k && !p.reverse
	p.key = k
	p.sort()
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

// nextKey sorts by the next or the previous column on the screen.
func (p *flowsPane) nextKey(d, w int) {
	cols := p.columns(w)
	at := 0
	for i, c := range cols {
		if c.key == p.key {
			at = i
		}
	}
	p.key = cols[(at+d+len(cols))%len(cols)].key
	p.sort()
}

// view draws the list and the words below it.
func (p *flowsPane) view(l *line, r rect) []string {
	table, words := p.split(r)
	out := make([]string, 0, r.h)
	cols := p.columns(r.w)
	l.reset(r.w, gPlain)
	l.space(1)
	for _, c := range cols {
		p.head(l, c)
		l.space(1)
	}
	out = append(out, l.end())
	if len(p.all) == 0 {
		l.reset(r.w, gPlain)
		out = append(out, l.end())
		l.reset(r.w, gPlain)
		l.put(sDim, "  no TCP or UDP conversation yet")
		return pad(l, append(out, l.end()), r)
	}
	for i := p.top; i < len(p.order) && len(out) < table.h; i++ {
		l.reset(r.w, gPlain)
		if i == p.cur {
			l.on = gSelected
		}
		if c := p.at(i); slices.Contains(p.marked, flowgraph.Conversation{Kind: c.Kind, Stream: c.Stream}) {
			l.put(sNoted, l.g.marked)
		} else {
			l.space(1)
		}
		for _, c := range cols {
			p.cell(l, p.at(i), c)
			l.space(1)
		}
		out = append(out, l.end())
	}
	out = pad(l, out, table)
	if words.h > 0 {
		out = append(out, p.words(l, words)...)
	}
	return pad(l, out, r)
}

// split parts the pane in the list and the words about the selected conversation.
func (p *flowsPane) split(r rect) (table, words rect) {
	h := 0
	switch {
	case r.h >= 19:
		h = 7
	case r.h >= 12:
		h = 3
	}
	table, words = r, r
	table.h = r.h - h
	words.y, words.h = r.y+table.h, h
	return table, words
}

// mark marks the selected flow, or takes its mark away, and goes on to the next.
func (p *flowsPane) mark() {
	c := p.selected()
	if c == nil {
		return
	}
	x := flowgraph.Conversation{Kind: c.Kind, Stream: c.Stream}
	if i := slices.Index(p.marked, x); i >= 0 {
		p.marked = slices.Delete(p.marked, i, i+1)
	} else {
		p.marked = append(p.marked, x)
	}
	p.move(1)
}

// markedOnes gives the flows that are marked.
func (p *flowsPane) markedOnes() []flowgraph.Conversation { return slices.Clone(p.marked) }

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
	case actSortBy:
		m.sortMenu()
	case actFilter:
		return m.openFilter(m.filter)
	case actMarkFlow:
		p.mark()
	case actEnter:
		m.only()
	default:
		if d, ok := steps(a, p.rows, len(p.all)); ok {
			p.move(d)
		}
	}
	return nil
}
