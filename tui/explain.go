package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"tcplens/flowgraph"
	"tcplens/internal/explain"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// explainMsg brings an explanation.
type explainMsg struct {
	text *explain.Text
	book *explain.Book
	own  ownWords
	from *reader
	err  error
}

// ownWords is what the program itself has to say, in English, before an explanation
// and behind it.
type ownWords struct{ first, last []string }

// teach gives the command that writes an explanation. It reads packets, so it does not
// keep the screen waiting. from is the text that it is opened from, nil for none.
func (m *Model) teach(write func(*explain.Explainer) *explain.Text, own ownWords, from *reader) tea.Cmd {
	m.busy++
	tr, open := m.src.tr, m.book
	return func() tea.Msg {
		book, err := open()
		if err != nil {
			return explainMsg{err: err}
		}
		return explainMsg{text: write(explain.New(book, tr)), book: book, own: own, from: from}
	}
}

// takeExplanation shows an explanation that was asked for.
func (m *Model) takeExplanation(msg explainMsg) {
	switch {
	case msg.err != nil:
		m.say(msg.err.Error(), true)
	case msg.text.Empty() && len(msg.own.first)+len(msg.own.last) == 0:
		m.say("there is no explanation for this", false)
	default:
		if msg.book.Lang() != explain.English && !msg.text.Empty() {
			msg.own = ownWords{} // one language at a time
		}
		m.reader = newReader(msg.text, msg.book, msg.own)
		m.reader.from = msg.from
	}
}

// lang is the language of the texts: English where only ASCII may be drawn.
func (o *Options) lang() explain.Lang {
	if o.Lang == "" || o.ASCII {
		return explain.English
	}
	return o.Lang
}

// explain explains what is under the cursor.
func (m *Model) explain() tea.Cmd {
	if m.src.tr == nil {
		return nil
	}
	switch m.view {
	case viewFlows:
		return m.explainFlow()
	case viewRequests:
		r := m.requests.selected()
		if r == nil {
			return nil
		}
		n := r.Frame
		return m.teach(func(e *explain.Explainer) *explain.Text {
			t := e.Packet(n)
			t.Sections = append(e.Topic("request", n).Sections, t.Sections...)
			return t
		}, ownWords{}, nil)
	case viewProblems:
		return m.explainProblem()
	case viewFollow:
		return m.explainPacket(m.conv.packet())
	case viewGraph:
		return m.explainGraph()
	}
	if m.focus == paneList {
		return m.explainPacket(m.list.cur)
	}
	node := m.tree.node()
	if node == nil {
		return nil
	}
	n, i, abbrev := m.tree.of, m.tree.cur, node.abbrev
	var own ownWords
	if s := m.keyWords(); s != "" && node.proto == "tls" {
		own.last = []string{s}
	}
	return m.teach(func(e *explain.Explainer) *explain.Text { return e.Field(n, i, abbrev) }, own, nil)
}

// explainPacket explains a packet; what makes it a problem stands before it.
func (m *Model) explainPacket(n packet.Number) tea.Cmd {
	if n == 0 {
		return nil
	}
	var own ownWords
	for _, r := range m.why.reasonsOf(n) {
		own.first = append(own.first, r.Text)
	}
	if rule := m.ruleOf(n); rule != "" {
		own.last = []string{"Colouring rule " + rule}
	}
	return m.teach(func(e *explain.Explainer) *explain.Text { return e.Packet(n) }, own, nil)
}

// explainFlow explains the selected conversation.
func (m *Model) explainFlow() tea.Cmd {
	c := m.flows.selected()
	if c == nil {
		m.say("there is no flow to explain", false)
		return nil
	}
	kind, stream := c.Kind, c.Stream
	return m.teach(func(e *explain.Explainer) *explain.Text {
		t := e.Flow(kind, stream)
		t.Sections = append(t.Sections, e.Topic("flow.zeek", 0).Sections...)
		return t
	}, ownWords{last: zeekWords(c)}, nil)
}

// explainProblem explains what is selected in the list of problems.
func (m *Model) explainProblem() tea.Cmd {
	title, lines := m.problems.about(m)
	g, n := m.problems.selected(), m.problems.packetOf()
	if g == nil {
		return nil
	}
	kind := g.Kind
	return m.teach(func(e *explain.Explainer) *explain.Text {
		t := e.Topic(kind, n)
		t.Title = title
		return t
	}, ownWords{first: lines}, nil)
}

// above gives the packet of the nearest arrow above the cursor; 0 if there is none.
func (p *graphPane) above() packet.Number {
	for i := p.cur; i >= 0; i-- {
		if n := p.sight.Line(i).Last; n != 0 {
			return n
		}
	}
	return 0
}

// explainGraph explains a line of the flow graph.
func (m *Model) explainGraph() tea.Cmd {
	p := &m.graph
	if p.sight == nil || p.sight.Len() == 0 {
		return nil
	}
	gl, n := p.sight.Line(p.cur), p.packet()
	kind, stream := p.conversation()
	last := p.above()
	write := func(e *explain.Explainer) *explain.Text { return e.Flow(kind, stream) }
	switch {
	case gl.Kind == flowgraph.LineHeading && n != 0:
		write = func(e *explain.Explainer) *explain.Text { return e.Phase(gl.Phase, n) }
	case gl.Kind == flowgraph.LineSettled:
		write = func(e *explain.Explainer) *explain.Text { return e.Phase("handshake", n) }
	case gl.Kind == flowgraph.LineEnd && strings.Contains(gl.Text, "TIME_WAIT"):
		write = func(e *explain.Explainer) *explain.Text { return e.Topic("lesson.timewait", last) }
	case gl.Kind == flowgraph.LineIdle:
		write = func(e *explain.Explainer) *explain.Text { return e.Topic("lesson.silence", n) }
	case gl.Kind == flowgraph.LineLost && n != 0:
		write = func(e *explain.Explainer) *explain.Text { return e.Topic("tcp.analysis.lost_segment", n) }
	case gl.First != 0 && kind == trace.TCP:
		write = func(e *explain.Explainer) *explain.Text { return e.Arrow(gl.First) }
	case gl.First != 0:
		write = func(e *explain.Explainer) *explain.Text { return e.Packet(gl.First) }
	}
	return m.teach(write, ownWords{}, nil)
}
