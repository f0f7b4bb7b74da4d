package tui

import (
	"strconv"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"tcplens/dissect"
	"tcplens/internal/follow"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

// followPane is the conversation as its two ends had it.
type followPane struct {
	kind   trace.Kind
	stream uint32
	index  followLines
	seen   packet.Number // the newest packet when the index was last told to grow
	id     int
	form   followForm
	formed bool // the user has chosen the form
	side   int  // follow.Both, 0 or 1

	cur, top, rows int
	lines          int
	done           bool
	tail           bool
	goTo           int // chunk to go to as soon as it is indexed; −1 none
	find           string
	running        bool
	err            error
	from           packet.Number // where it was opened
}

// followMsg reports that a conversation was opened, or that more of it is indexed.
type followMsg struct {
	id    int
	index followLines
	goTo  int
	err   error
}

// openFollow shows the conversation of what is selected, at the selected packet.
func (m *Model) openFollow() tea.Cmd {
	kind, stream, ok := m.conversation()
	if !ok {
		m.say("this packet belongs to no conversation: TCP and UDP can be followed", false)
		return nil
	}
	at := m.list.cur
	asked := m.view == viewRequests // messages are what is looked for
	if m.view == viewGraph {
		at = m.graph.packet()
	} else if m.view == viewFlows {
		at = 0
	} else if m.view == viewProblems {
		at = m.problems.packetOf()
	} else if r := m.requests.selected(); m.view == viewRequests && r != nil {
		at = r.Frame
	}
	m.enter(viewFollow)
	p := &m.conv
	*p = followPane{kind: kind, stream: stream, id: p.id + 1, side: follow.Both, goTo: -1, form: p.form, formed: p.formed, running: true, from: at}
	if !p.formed {
		p.form = firstForm(m.src.tr, kind, stream)
		if asked && kind == trace.TCP {
			p.form = formMessages
		}
	}
	return m.loadFollow(at)
}

// firstForm is how a conversation is shown until the user says otherwise: as text,
// but for what cannot be read as such.
func firstForm(tr *trace.Trace, kind trace.Kind, stream uint32) followForm {
	if kind == trace.TCP {
		switch tr.App(stream) {
		case dissect.AppTLS, dissect.AppHTTP2:
			return formMessages
		}
	}
	return formText
}

// loadFollow gives the command that opens the conversation and begins to index it.
func (m *Model) loadFollow(at packet.Number) tea.Cmd {
	p := &m.conv
	ctx, tr, id, kind, stream := m.ctx, m.src.tr, p.id, p.kind, p.stream
	shape := m.followShape()
	old, _ := p.index.(*followIndex)
	return func() tea.Msg {
		x, err := openLines(tr, kind, stream, shape, old)
		if err != nil {
			return followMsg{id: id, err: err}
		}
		goTo := -1
		if at != 0 {
			goTo = x.place(at)
		}
		x.advance(ctx, time.Now().Add(chunkTime))
		return followMsg{id: id, index: x, goTo: goTo}
	}
}

// openLines opens a conversation in some shape; old may have its stream already.
func openLines(tr *trace.Trace, kind trace.Kind, stream uint32, shape followShape, old *followIndex) (followLines, error) {
	if shape.form == formMessages {
		return newMessageIndex(tr, kind, stream, shape)
	}
	if old != nil {
		return newFollowIndex(old.mu, old.stream, shape), nil
	}
	s, err := follow.Open(tr, kind, stream)
	if err != nil {
		return nil, err
	}
	return newFollowIndex(new(sync.Mutex), s, shape), nil
}

// followShape is what the lines have to look like now.
func (m *Model) followShape() followShape {
	return followShape{m.conv.form, m.conv.side, m.followWidth()}
}

func (m *Model) followWidth() int { return max(m.width-3, 20) }

// takeFollow takes over what was opened or indexed.
func (m *Model) takeFollow(msg followMsg) {
	p := &m.conv
	if msg.id != p.id {
		return
	}
	p.running = false
	if msg.err != nil {
		p.err = msg.err
		return
	}
	if msg.index != nil {
		p.index = msg.index
		p.goTo = msg.goTo
	}
	p.lines, p.done = p.index.state()
}

// followWork gives the command that indexes more, nil if there is nothing to do.
func (m *Model) followWork() tea.Cmd {
	p := &m.conv
	if m.view != viewFollow || p.index == nil || p.running {
		return nil
	}
	if p.index.looks() != m.followShape() {
		// Another width or form makes other lines: begin again at the same packet.
		at := p.packet()
		p.id++
		p.running = true
		p.cur, p.top = 0, 0
		return m.loadFollow(at)
	}
	if p.done && !m.followDue() {
		return nil
	}
	p.running = true
	ctx, id, x := m.ctx, p.id, p.index
	return func() tea.Msg {
		x.grow()
		x.advance(ctx, time.Now().Add(chunkTime))
		return followMsg{id: id}
	}
}

// followDue says whether the conversation may have grown.
func (m *Model) followDue() bool {
	p := &m.conv
	c, ok := m.src.tr.Conversation(p.kind, p.stream)
	if !ok || c.Last <= p.seen {
		return false
	}
	p.seen = c.Last
	return true
}

func (p *followPane) title() string {
	side := "both sides"
	switch p.side {
	case 0:
		side = "side 0 only"
	case 1:
		side = "side 1 only"
	}
	return "Follow " + p.kind.String() + ".stream " + strconv.FormatUint(uint64(p.stream), 10) + " · " + p.form.String() + " · " + side
}

// prepare makes cursor and screen agree.
func (p *followPane) prepare(_ *trace.Trace, r rect) {
	p.rows = max(r.h-1, 1)
	if p.index == nil {
		return
	}
	p.lines, p.done = p.index.state()
	if p.goTo >= 0 {
		if line, ok := p.index.lineOf(p.goTo); ok {
			p.goTo = -1
			p.cur = line
			p.top = max(line-p.rows/4, 0)
			p.lines, p.done = p.index.state()
		}
	}
	if p.tail {
		p.cur = p.lines - 1
	}
	p.cur = min(max(p.cur, 0), max(p.lines-1, 0))
	p.top = min(p.top, max(p.lines-p.rows, 0))
	if p.cur < p.top {
		p.top = p.cur
	}
	if p.cur >= p.top+p.rows {
		p.top = p.cur - p.rows + 1
	}
}

// packet gives the packet of the line under the cursor.
func (p *followPane) packet() packet.Number {
	if p.index == nil {
		return p.from
	}
	if l := p.index.get(p.cur, 1); len(l) == 1 {
		return l[0].frame
	}
	return p.from
}

func (p *followPane) view(l *line, r rect) []string {
	out := make([]string, 0, r.h)
	out = append(out, titleLine(l, r.w, p.status(), true))
	switch {
	case p.err != nil:
		l.reset(r.w, gPlain)
		l.put(sError, "  "+p.err.Error())
		out = append(out, l.end())
	case p.index == nil:
		l.reset(r.w, gPlain)
		l.put(sDim, "  reading …")
		out = append(out, l.end())
	default:
		lines := p.index.get(p.top, p.rows)
		for i, fl := range lines {
			l.reset(r.w, gPlain)
			if p.top+i == p.cur {
				l.on = gSelected
			}
			if fl.head {
				mark := l.g.response
				if fl.left {
					mark = l.g.request
				}
				l.put(sMargin, mark+" ")
				l.put(sHeading, fl.text)
			} else {
				l.put(sMargin, l.g.bar+" ")
				p.highlight(l, fl)
			}
			out = append(out, l.end())
		}
		if len(lines) == 0 && p.done {
			l.reset(r.w, gPlain)
			l.put(sDim, "  no data in this conversation so far")
			out = append(out, l.end())
		}
	}
	return pad(l, out, r)
}

// highlight writes a line with what the search finds in it.
func (p *followPane) highlight(l *line, fl followLine) {
	s := fl.text
	if p.find == "" {
		l.put(fl.style, s)
		return
	}
	low, want := strings.ToLower(s), strings.ToLower(p.find)
	for len(low) == len(s) {
		i := strings.Index(low, want)
		if i < 0 {
			break
		}
		l.put(fl.style, s[:i])
		l.put(sMatch, s[i:i+len(want)])
		s, low = s[i+len(want):], low[i+len(want):]
	}
	l.put(fl.style, s)
}

func (p *followPane) status() string {
	if p.index == nil {
		return "Conversation"
	}
	t := p.index.status()
	t += "  line " + strconv.Itoa(min(p.cur+1, p.lines)) + " of " + strconv.Itoa(p.lines)
	if !p.done {
		t += "+"
	}
	return t
}

// searchSpan bounds how many lines one search looks at.
const searchSpan = 1 << 20

// search goes to the next line that has s, and says whether there is one.
func (p *followPane) search(s string, d int, fromHere bool) bool {
	p.find = s
	if s == "" || p.index == nil {
		return false
	}
	want := strings.ToLower(s)
	lines, _ := p.index.state()
	at := p.cur
	if !fromHere {
		at += d
	}
	for n := 0; n < min(lines, searchSpan); {
		at = (at + lines) % lines
		if d > 0 {
			batch := p.index.get(at, min(256, lines-at))
			for i, l := range batch {
				if strings.Contains(strings.ToLower(l.text), want) {
					p.cur, p.tail = at+i, false
					return true
				}
			}
			n += max(len(batch), 1)
			at += max(len(batch), 1)
			continue
		}
		from := max(at-255, 0)
		batch := p.index.get(from, at-from+1)
		for i := len(batch) - 1; i >= 0; i-- {
			if strings.Contains(strings.ToLower(batch[i].text), want) {
				p.cur, p.tail = from+i, false
				return true
			}
		}
		n += max(len(batch), 1)
		at = from - 1
	}
	return false
}

// doFollow carries out an action in the follow view.
func (m *Model) doFollow(a action) tea.Cmd {
	p := &m.conv
	switch a {
	case actEnter:
		if n := p.packet(); n != 0 {
			m.goTo(n)
		}
	case actSide:
		switch p.side {
		case follow.Both:
			p.side = 0
		case 0:
			p.side = 1
		default:
			p.side = follow.Both
		}
	case actForm:
		p.form, p.formed = (p.form+1)%followForms, true
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
		if d, ok := steps(a, p.rows, p.lines); ok {
			p.tail = false
			p.cur = min(max(p.cur+d, 0), max(p.lines-1, 0))
		}
	}
	return nil
}
