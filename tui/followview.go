package tui

import (
	"strconv"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

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
	col            int // cell of the line that the cursor stands on
	lines          int
	done           bool
	tail           bool
	known          int         // lines when the tail was left
	goTo           followPlace // to go to as soon as it is indexed
	seek           followSeek
	running        bool
	err            error
	from           packet.Number // where it was opened
}

// followMsg reports that a conversation was opened, or that more of it is indexed.
type followMsg struct {
	id    int
	index followLines
	goTo  followPlace
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
	live := m.view == viewPackets && m.list.tail && m.src.status.Live && !m.frozen
	m.enter(viewFollow)
	p := &m.conv
	*p = followPane{kind: kind, stream: stream, id: p.id + 1, side: follow.Both, form: p.form, formed: p.formed, running: true, from: at,
		tail: live, seek: followSeek{kind: p.seek.kind, id: p.seek.id, era: p.seek.era + 1}}
	if !p.formed {
		p.form = firstForm(m.src.tr, kind, stream)
		if asked && kind == trace.TCP {
			p.form = formMessages
		}
	}
	return m.loadFollow(followPlace{}, at)
}

// firstForm is how a conversation is shown until the user says otherwise: as text,
// but for what cannot be read as such.
func firstForm(tr *trace.Trace, kind trace.Kind, stream uint32) followForm {
	if c, ok := tr.Conversation(kind, stream); ok && kind == trace.UDP && c.TLS != (dissect.TLSInfo{}) {
		return formMessages // DTLS or QUIC
	}
	if kind == trace.TCP {
		switch tr.App(stream) {
		case dissect.AppTLS, dissect.AppHTTP2:
			return formMessages
		}
	}
	return formText
}

// loadFollow gives the command that opens the conversation and begins to index it,
// to go to a place, or to what a packet brought if the place is not known.
func (m *Model) loadFollow(goTo followPlace, at packet.Number) tea.Cmd {
	p := &m.conv
	ctx, tr, id, kind, stream := m.ctx, m.src.tr, p.id, p.kind, p.stream
	shape := m.followShape()
	old, _ := p.index.(*followIndex)
	return func() tea.Msg {
		x, err := openLines(tr, kind, stream, shape, old)
		if err != nil {
			return followMsg{id: id, err: err}
		}
		if _, ok := x.(*followIndex); !ok && goTo.known {
			goTo, at = followPlace{}, goTo.frame
		}
		if !goTo.known && at != 0 {
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
	s, err := follow.Begin(tr, kind, stream)
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
		var goTo followPlace
		at := p.packet()
		if _, ok := p.index.(*followIndex); ok {
			goTo = p.index.at(p.cur, p.col)
		}
		if p.tail {
			goTo, at = followPlace{}, 0
		}
		p.id++
		p.running = true
		p.cur, p.top, p.col, p.known = 0, 0, 0, 0
		p.seek.forget()
		return m.loadFollow(goTo, at)
	}
	if p.done && (m.frozen || !m.followDue()) {
		return m.countOn()
	}
	p.running = true
	p.seek.tally.stale = p.seek.tally.stale || p.done
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

// idle says whether nothing is under way.
func (p *followPane) idle() bool {
	return !p.running && p.done && !p.seek.running && !p.seek.tally.running
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
	if p.goTo.known {
		if line, col, ok := p.index.lineOf(p.goTo); ok {
			p.goTo = followPlace{}
			if line < p.top || line >= p.top+p.rows || p.top == 0 && line > p.rows/2 {
				p.top = max(line-p.rows/4, 0)
			}
			p.cur, p.col = line, col
			p.lines, p.done = p.index.state()
		}
	}
	if p.tail {
		p.cur, p.known = p.lines-1, p.lines
	}
	if p.known == 0 && p.done {
		p.known = p.lines
	}
	p.known = min(p.known, p.lines)
	p.cur = min(max(p.cur, 0), max(p.lines-1, 0))
	p.top = min(p.top, max(p.lines-p.rows, 0))
	if p.cur < p.top {
		p.top = p.cur
	}
	if p.cur >= p.top+p.rows {
		p.top = p.cur - p.rows + 1
	}
}

// packet gives the packet of the byte under the cursor.
func (p *followPane) packet() packet.Number {
	if p.index == nil {
		return p.from
	}
	if at := p.index.at(p.cur, p.col); at.known {
		return at.frame
	}
	return p.from
}

func (p *followPane) view(l *line, r rect, live bool) []string {
	out := make([]string, 0, r.h)
	out = append(out, p.titleLine(l, r.w, live))
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
		for i := range lines {
			fl := &lines[i]
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
				p.highlight(l, fl, p.top+i == p.cur)
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

// titleLine is the line above the bytes: who sent how much, and what is new.
func (p *followPane) titleLine(l *line, w int, live bool) string {
	chip := ""
	if n := p.lines - p.known; live && !p.tail && n > 0 && p.known > 0 {
		chip = " " + l.g.chip + " " + strconv.Itoa(n) + " new "
	}
	l.reset(w, gPlain)
	l.rule(sBorder, 1)
	l.put(sFocus, " "+l.g.cut(l.g.text(p.status()), max(w-4-cells(chip), 1))+" ")
	if chip != "" {
		l.rule(sBorder, w-cells(chip)-1)
		l.put(sChip, chip)
	}
	l.rule(sBorder, w)
	return l.end()
}

// highlight writes a line with what the search finds in it, and the byte under the cursor.
func (p *followPane) highlight(l *line, fl *followLine, here bool) {
	var at []followSpot
	if p.seek.q != nil {
		at = p.index.found(fl, p.seek.q)
	}
	cursor := followSpot{x: -1}
	if here {
		if spots := p.index.spots(fl); len(spots) > 0 {
			cursor = spotAt(spots, p.col)
			if cursor.x < 0 {
				cursor.x = 0
			}
		}
	}
	if len(at) == 0 && cursor.x < 0 {
		l.put(fl.style, fl.text)
		return
	}
	// Pieces of one style each; what stands between the bytes of a hit belongs to it.
	on := l.on
	styleAt := func(x int) (style, ground) {
		if here && cursor.x >= 0 && x >= cursor.x && x < cursor.x+max(cursor.w, 1) {
			return fl.style, gPlain
		}
		for _, s := range at {
			if x >= s.x && x < s.x+s.w {
				return sMatch, on
			}
		}
		return fl.style, on
	}
	rest, x := fl.text, 0
	for rest != "" {
		st, g := styleAt(x)
		piece := ""
		for {
			c := firstCharacter(rest)
			piece += c
			rest = rest[len(c):]
			x += cells(c)
			if rest == "" {
				break
			}
			if s2, g2 := styleAt(x); s2 != st || g2 != g {
				break
			}
		}
		l.on = g
		l.put(st, piece)
	}
	l.on = on
}

// firstCharacter gives the first character of s, with what joins it.
func firstCharacter(s string) string {
	if len(s) < 2 || s[0] < 0x80 && s[1] < 0x80 {
		return s[:min(1, len(s))]
	}
	c, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return c
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
	if h := p.hitText(); h != "" {
		t = h + "  " + t
	}
	return t
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
	case actFilter, actFind:
		m.prompt.open(promptSearch, "")
	case actFindNext:
		return m.startSeek(1, false)
	case actFindPrev:
		return m.startSeek(-1, false)
	case actLeft, actRight:
		p.sideways(a == actRight)
	case actPipe:
		m.openPipe()
	case actBottom:
		p.tail = true
	case actTail:
		p.tail = !p.tail
	default:
		if d, ok := steps(a, p.rows, p.lines); ok {
			p.move(d)
		}
	}
	return nil
}

// move goes up or down. Whoever comes to the end by that stays at it.
func (p *followPane) move(d int) {
	p.cur = min(max(p.cur+d, 0), max(p.lines-1, 0))
	p.tail = d > 0 && p.done && p.cur == p.lines-1
	p.goTo = followPlace{}
}

// sideways goes to the next character that stands for a byte, or the one before.
func (p *followPane) sideways(right bool) {
	if p.index == nil {
		return
	}
	p.tail = false
	l := p.index.get(p.cur, 1)
	if len(l) == 0 {
		return
	}
	spots := p.index.spots(&l[0])
	k := 0
	for i, s := range spots {
		if s.x <= p.col {
			k = i
		}
	}
	switch {
	case right && k+1 < len(spots):
		p.col = spots[k+1].x
	case right && p.cur+1 < p.lines:
		p.cur, p.col = p.cur+1, 0
	case !right && k > 0:
		p.col = spots[k-1].x
	case !right && p.cur > 0:
		p.cur--
		if l := p.index.get(p.cur, 1); len(l) == 1 {
			p.col = 0
			if spots := p.index.spots(&l[0]); len(spots) > 0 {
				p.col = spots[len(spots)-1].x
			}
		}
	}
}
