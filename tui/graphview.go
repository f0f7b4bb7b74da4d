package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"tcplens/flowgraph"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// graphPane is the flow graph of one conversation.
type graphPane struct {
	kind   trace.Kind
	stream uint32
	id     int
	graph  *flowgraph.Graph
	sight  *flowgraph.View
	time   flowgraph.TimeFormat
	fold   flowgraph.Fold
	open   map[packet.Number]bool

	cur, top, rows int
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
	m.enter(viewGraph)
	p := &m.graph
	*p = graphPane{kind: kind, stream: stream, id: p.id + 1, time: p.time, fold: p.fold, open: make(map[packet.Number]bool), goTo: at}
	m.busy++
	id, tr := p.id, m.src.tr
	return func() tea.Msg {
		g, err := flowgraph.Open(tr, kind, stream)
		return graphMsg{id, g, err}
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
	return flowgraph.Options{Width: p.width, ASCII: ascii, Time: p.time, Fold: p.fold, Open: p.open}
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
	if p.width != r.w {
		p.width = r.w
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

func (p *graphPane) title() string {
	s := "Flow graph"
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
	flowgraph.StyleNote: sDim, flowgraph.StyleProblem: sWarn, flowgraph.StyleIdle: sDim, flowgraph.StyleFold: sConn,
}

func (p *graphPane) view(l *line, r rect) []string {
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
			p.cur, p.tail = at, false
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
		p.tail = true
	default:
		if p.sight == nil {
			return nil
		}
		if d, ok := steps(a, p.rows, p.sight.Len()); ok {
			p.tail = false
			p.cur = min(max(p.cur+d, 0), max(p.sight.Len()-1, 0))
		}
	}
	return nil
}
