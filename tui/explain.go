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
	text  *explain.Text
	book  *explain.Book
	first []string
	from  *reader
	err   error
}

// teach gives the command that writes an explanation. It reads packets, so it does not
// keep the screen waiting. first is what the program has to say before it.
func (m *Model) teach(write func(*explain.Explainer) *explain.Text, first []string, from *reader) tea.Cmd {
	m.busy++
	tr, open := m.src.tr, m.book
	return func() tea.Msg {
		book, err := open()
		if err != nil {
			return explainMsg{err: err}
		}
		return explainMsg{text: write(explain.New(book, tr)), book: book, first: first, from: from}
	}
}

// takeExplanation shows an explanation that was asked for.
func (m *Model) takeExplanation(msg explainMsg) {
	switch {
	case msg.err != nil:
		m.say(msg.err.Error(), true)
	case msg.text.Empty() && len(msg.first) == 0:
		m.say("there is no explanation for this", false)
	default:
		m.reader = newReader(msg.text, msg.book, msg.first)
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

// own gives lines of the program's own, which are English, for texts in English.
func (m *Model) own(lines ...string) []string {
	if m.opt.lang() != explain.English {
		return nil
	}
	return lines
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
		}, nil, nil)
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
	var keys []string
	if s := m.keyWords(); s != "" && node.proto == "tls" {
		keys = m.own(s)
	}
	return m.teach(func(e *explain.Explainer) *explain.Text { return e.Field(n, i, abbrev) }, keys, nil)
}

// explainPacket explains a packet; what makes it a problem stands before it.
func (m *Model) explainPacket(n packet.Number) tea.Cmd {
	if n == 0 {
		return nil
	}
	var why []string
	for _, r := range m.why.reasonsOf(n) {
		why = append(why, r.Text)
	}
	if rule := m.ruleOf(n); rule != "" {
		why = append(why, "Colouring rule "+rule)
	}
	return m.teach(func(e *explain.Explainer) *explain.Text { return e.Packet(n) }, m.own(why...), nil)
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
	}, m.own(zeekWords(c)...), nil)
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
	}, m.own(lines...), nil)
}

// explainGraph explains a line of the flow graph.
func (m *Model) explainGraph() tea.Cmd {
	p := &m.graph
	if p.sight == nil || p.sight.Len() == 0 {
		return nil
	}
	gl, n := p.sight.Line(p.cur), p.packet()
	kind, stream := p.kind, p.stream
	write := func(e *explain.Explainer) *explain.Text { return e.Flow(kind, stream) }
	switch {
	case gl.Kind == flowgraph.LineHeading && n != 0:
		words := strings.FieldsFunc(gl.Text, func(r rune) bool { return r < 'a' || r > 'z' })
		write = func(e *explain.Explainer) *explain.Text {
			if len(words) == 0 {
				return e.Flow(kind, stream)
			}
			return e.Phase(words[0], n)
		}
	case gl.Kind == flowgraph.LineIdle:
		write = func(e *explain.Explainer) *explain.Text { return e.Topic("lesson.silence", n) }
	case gl.Kind == flowgraph.LineLost && n != 0:
		write = func(e *explain.Explainer) *explain.Text { return e.Topic("tcp.analysis.lost_segment", n) }
	case gl.First != 0 && kind == trace.TCP:
		write = func(e *explain.Explainer) *explain.Text { return e.Arrow(gl.First) }
	case gl.First != 0:
		write = func(e *explain.Explainer) *explain.Text { return e.Packet(gl.First) }
	}
	return m.teach(write, nil, nil)
}
