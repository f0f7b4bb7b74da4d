package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tcplens/flowgraph"
	"tcplens/internal/packet"
	"tcplens/internal/text"
	"tcplens/internal/trace"
)

// graphPane is the flow graph of one conversation.
type graphPane struct {
	kind   trace.Kind // of the first conversation
	stream uint32
	list   []flowgraph.Conversation // all of them
	id     int
	graph  *flowgraph.Graph
	sight  *flowgraph.View
	time   flowgraph.TimeFormat
	fold   flowgraph.Fold
	open   map[packet.Number]bool
	raw    bool // sequence numbers as on the wire

	cur, top, rows int
	moved          bool // the user has moved the cursor
	width          int
	tail           bool
	goTo           packet.Number // packet to go to once the graph is there
	find           string
	err            error
}

// graphMsg brings a graph that was opened.
type graphMsg struct {
	id    int
	graph *flowgraph.Graph
	err   error
}

// openGraph shows the flow graph of the selected conversation, at the selected packet.
func (m *Model) openGraph() tea.Cmd {
	kind, stream, ok := m.conversation()
	if !ok {
		m.say("this packet belongs to no conversation: TCP and UDP have flow graphs", false)
		return nil
	}
	at := m.list.cur
	switch m.view {
	case viewFollow:
		at = m.conv.packet()
	case viewFlows:
		at = 0
	case viewProblems:
		at = m.problems.packetOf()
	case viewRequests:
		if r := m.requests.selected(); r != nil {
			at = r.Frame
		}
	}
	list := []flowgraph.Conversation{{Kind: kind, Stream: stream}}
	if m.view == viewFlows {
		if marked := m.flows.markedOnes(); len(marked) > 0 {
			list = marked
		}
	}
	return m.showGraph(list, at)
}

// openGraphOfAll shows one flow graph of all conversations that have a packet in the
// list: those that the display filter shows.
func (m *Model) openGraphOfAll() tea.Cmd {
	var list []flowgraph.Conversation
	seen := make(map[flowgraph.Conversation]bool)
	for i := range m.list.count(&m.src) {
		row := m.src.row(m.list.at(&m.src, i))
		if row == nil || row.Kind == trace.NoKind {
			continue
		}
		c := flowgraph.Conversation{Kind: row.Kind, Stream: row.Stream}
		if seen[c] {
			continue
		}
		seen[c] = true
		if list = append(list, c); len(list) > flowgraph.MostConversations {
			m.say(fmt.Sprintf("more than %d conversations pass: narrow the filter, or mark some in Flows with Space", flowgraph.MostConversations), true)
			return nil
		}
	}
	if len(list) == 0 {
		m.say("no packet of a conversation is shown: TCP and UDP have flow graphs", false)
		return nil
	}
	return m.showGraph(list, m.list.cur)
}

// showGraph opens the flow graph of conversations at a packet.
func (m *Model) showGraph(list []flowgraph.Conversation, at packet.Number) tea.Cmd {
	m.enter(viewGraph)
	p := &m.graph
	*p = graphPane{kind: list[0].Kind, stream: list[0].Stream, list: list, id: p.id + 1, time: p.time, fold: p.fold, raw: p.raw,
		open: make(map[packet.Number]bool), goTo: at}
	m.busy++
	id, tr := p.id, m.src.tr
	return func() tea.Msg {
		g, err := flowgraph.OpenMany(tr, list)
		return graphMsg{id, g, err}
	}
}

// leaveGraph makes the packet under the cursor the one that is selected elsewhere.
func (m *Model) leaveGraph() {
	if n := m.graph.packet(); n != 0 && m.view == viewGraph && m.src.row(n) != nil && m.graph.moved {
		m.jump(n)
	}
}

func (m *Model) takeGraph(msg graphMsg) {
	if p := &m.graph; msg.id == p.id {
		p.graph, p.err = msg.graph, msg.err
		p.sight = nil
	}
}

// update takes in new packets of the conversation.
func (p *graphPane) update() {
	if p.graph == nil {
		return
	}
	if p.graph.Update() && p.sight != nil {
		p.sight.Update()
	}
}

func (p *graphPane) options(ascii bool) flowgraph.Options {
	return flowgraph.Options{Width: p.width, ASCII: ascii, Time: p.time, Fold: p.fold, Raw: p.raw, Open: p.open}
}

// renew draws the graph under other options, and keeps the packet under the cursor.
func (p *graphPane) renew() {
	if p.sight != nil {
		p.goTo = p.packet()
	}
	p.sight = nil
}

// prepare makes view, cursor and screen agree.
func (p *graphPane) prepare(ascii bool, r rect) {
	p.rows = max(r.h-2, 1)
	if ladder, _ := p.split(r); p.width != ladder.w {
		p.width = ladder.w
		p.renew()
	}
	if p.graph == nil {
		return
	}
	if p.sight == nil {
		p.sight = flowgraph.NewView(p.graph, p.options(ascii))
		if p.goTo != 0 {
			if i := p.sight.Find(p.goTo); i >= 0 {
				p.cur = i
			}
			p.goTo = 0
		}
	}
	n := p.sight.Len()
	if p.tail {
		p.cur = n - 1
	}
	p.cur = min(max(p.cur, 0), max(n-1, 0))
	p.top = min(p.top, max(n-p.rows, 0))
	if p.cur < p.top {
		p.top = p.cur
	}
	if p.cur >= p.top+p.rows {
		p.top = p.cur - p.rows + 1
	}
}

// packet gives the packet of the line under the cursor, or of the nearest arrow below.
func (p *graphPane) packet() packet.Number {
	if p.sight == nil {
		return p.goTo
	}
	for i := p.cur; i < p.sight.Len(); i++ {
		if n := p.sight.Line(i).First; n != 0 {
			return n
		}
	}
	return 0
}

// split parts the pane in the ladder and the detail of the line under the cursor,
// which stands beside it where there is room for both.
func (p *graphPane) split(r rect) (ladder, detail rect) {
	ladder, detail = r, rect{}
	if r.w < detailFrom {
		return ladder, detail
	}
	w := min(max(r.w/3, leastDetail), mostDetail)
	ladder.w = r.w - w
	detail = rect{x: r.x + ladder.w, y: r.y, w: w, h: r.h}
	return ladder, detail
}

// Cells of the pane that the detail has, and from which width on it is there.
const (
	detailFrom  = 120
	leastDetail = 40
	mostDetail  = 60
)

// conversation gives the one that the line under the cursor is about.
func (p *graphPane) conversation() (trace.Kind, uint32) {
	if p.sight != nil && p.cur < p.sight.Len() {
		if c := p.sight.Line(p.cur).Conversation; c.Kind != trace.NoKind {
			return c.Kind, c.Stream
		}
	}
	return p.kind, p.stream
}

func (p *graphPane) title() string {
	s := "Flow graph"
	if p.raw {
		s += " · raw numbers"
	}
	if p.time != flowgraph.Relative {
		s += " · time " + p.time.String()
	}
	switch p.fold {
	case flowgraph.FoldNone:
		s += " · nothing folded"
	case flowgraph.FoldACKs:
		s += " · pure ACKs folded"
	}
	return s
}

// graphStyles say how the theme shows the parts of a flow graph.
var graphStyles = map[flowgraph.Style]style{
	flowgraph.StyleTitle: sTitle, flowgraph.StyleHeading: sHeading, flowgraph.StyleTime: sDim, flowgraph.StyleDelta: sDim,
	flowgraph.StyleClientState: sSide0, flowgraph.StyleServerState: sSide1, flowgraph.StyleLane: sBorder,
	flowgraph.StyleControl: sMargin, flowgraph.StyleData: sHTTP, flowgraph.StyleACK: sDim,
	flowgraph.StyleRetransmission: sNoted, flowgraph.StyleReset: sBad, flowgraph.StyleLost: sBad, flowgraph.StyleLabel: sText,
	flowgraph.StyleSettled: sDim, flowgraph.StyleNote: sDim, flowgraph.StyleProblem: sWarn, flowgraph.StyleIdle: sDim, flowgraph.StyleFold: sConn,
}

// view draws the pane: the ladder, and the detail beside it where there is room.
func (p *graphPane) view(l *line, r rect) []string {
	ladder, detail := p.split(r)
	left := p.ladder(l, ladder)
	if detail.w == 0 {
		return left
	}
	right := p.detail(l, detail)
	for i := range left {
		left[i] += right[i]
	}
	return left
}

// detail tells everything about the line under the cursor.
func (p *graphPane) detail(l *line, r rect) []string {
	var out []string
	say := func(st style, name, value string) {
		room := max(r.w-3-detailName, 8)
		for i, part := range wrap(text.Printable(value), room) {
			l.reset(r.w, gPlain)
			l.put(sBorder, l.g.bar+" ")
			if i > 0 {
				name = ""
			}
			l.fit(sDim, name, detailName)
			l.put(st, part)
			out = append(out, l.end())
		}
	}
	if p.sight != nil {
		for _, f := range p.sight.Detail(p.cur) {
			st := sText
			if f.Name == "problem" {
				st = sWarn
			}
			say(st, f.Name, f.Value)
		}
	}
	for len(out) < r.h {
		l.reset(r.w, gPlain)
		l.put(sBorder, l.g.bar)
		out = append(out, l.end())
	}
	return out[:r.h]
}

// detailName is how many cells the name of a field has.
const detailName = 11

// ladder draws the lanes and arrows.
func (p *graphPane) ladder(l *line, r rect) []string {
	out := make([]string, 0, r.h)
	switch {
	case p.err != nil:
		l.reset(r.w, gPlain)
		l.put(sError, "  "+p.err.Error())
		out = append(out, l.end())
	case p.sight == nil:
		l.reset(r.w, gPlain)
		l.put(sDim, "  reading …")
		out = append(out, l.end())
	default:
		for _, gl := range p.sight.Head() {
			l.reset(r.w, gPlain)
			p.draw(l, &gl)
			out = append(out, l.end())
		}
		for i := p.top; i < p.sight.Len() && len(out) < r.h; i++ {
			gl := p.sight.Line(i)
			l.reset(r.w, gPlain)
			if i == p.cur {
				l.on = gSelected
			}
			p.draw(l, &gl)
			out = append(out, l.end())
		}
	}
	return pad(l, out, r)
}

// draw writes a line of the graph in its styles.
func (p *graphPane) draw(l *line, gl *flowgraph.Line) {
	if p.find != "" {
		if i := strings.Index(strings.ToLower(gl.Text), strings.ToLower(p.find)); i >= 0 && len(strings.ToLower(gl.Text)) == len(gl.Text) {
			p.spans(l, gl, 0, i)
			l.put(sMatch, gl.Text[i:i+len(p.find)])
			p.spans(l, gl, i+len(p.find), len(gl.Text))
			return
		}
	}
	p.spans(l, gl, 0, len(gl.Text))
}

// spans writes the bytes from … to of a line.
func (p *graphPane) spans(l *line, gl *flowgraph.Line, from, to int) {
	at := from
	for _, s := range gl.Spans {
		a, b := max(s.Start, at), min(s.End, to)
		if a >= b {
			continue
		}
		l.put(sText, gl.Text[at:a])
		l.put(graphStyles[s.Style], gl.Text[a:b])
		at = b
	}
	if at < to {
		l.put(sText, gl.Text[at:to])
	}
}

// search goes to the next line that has s, and says whether there is one.
func (p *graphPane) search(s string, d int, fromHere bool) bool {
	p.find = s
	if s == "" || p.sight == nil {
		return false
	}
	want, n := strings.ToLower(s), p.sight.Len()
	at := p.cur
	if !fromHere {
		at += d
	}
	for range min(n, searchSpan) {
		at = (at + n) % n
		if strings.Contains(strings.ToLower(p.sight.Line(at).Text), want) {
			p.cur, p.tail, p.moved = at, false, true
			return true
		}
		at += d
	}
	return false
}

// doGraph carries out an action in the flow graph.
func (m *Model) doGraph(a action) tea.Cmd {
	p := &m.graph
	switch a {
	case actEnter:
		if p.sight == nil {
			return nil
		}
		gl := p.sight.Line(p.cur)
		switch {
		case gl.Kind == flowgraph.LineFold:
			p.open[gl.First] = true
			p.renew()
		case gl.First != 0:
			m.goTo(gl.First)
		}
	case actFoldMore:
		p.fold = p.fold.More()
		clear(p.open)
		p.renew()
	case actFoldLess:
		p.fold = p.fold.Less()
		p.renew()
	case actRaw:
		p.raw = !p.raw
		p.renew()
	case actTimeFormat:
		p.time = p.time.Next()
		p.renew()
	case actFilter:
		m.prompt.open(promptSearch, "")
	case actFindNext, actFindPrev:
		d := 1
		if a == actFindPrev {
			d = -1
		}
		if !p.search(p.find, d, false) {
			m.say(p.find+": not found", true)
		}
	case actBottom:
		p.tail, p.moved = true, true
	default:
		if p.sight == nil {
			return nil
		}
		if d, ok := steps(a, p.rows, p.sight.Len()); ok {
			p.tail, p.moved = false, true
			p.cur = min(max(p.cur+d, 0), max(p.sight.Len()-1, 0))
		}
	}
	return nil
}
