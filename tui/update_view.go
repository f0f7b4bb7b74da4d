package tui

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"tcplens/dissect"
	"tcplens/internal/packet"
	"tcplens/internal/trace"
)

const (
	frameType = dissect.TFrame
	protoType = dissect.TProtocol
)

func numberOf(v uint64) packet.Number { return packet.Number(min(v, 1<<32-1)) }

// place of the view that can be gone back to.
type visit struct {
	filter string
	cur    packet.Number
	tail   bool
}

// history is where the user has been: filters and positions.
type history struct {
	past, future []visit
	undone       []visit // what u takes back
}

const mostVisits = 200

func (m *Model) visit() visit { return visit{m.filter, m.list.cur, m.list.tail} }

// remember notes where the user is, before a jump or a new filter.
func (m *Model) remember() {
	v := m.visit()
	h := &m.history
	if k := len(h.past); k == 0 || h.past[k-1] != v {
		h.past = append(h.past, v)
	}
	if len(h.past) > mostVisits {
		h.past = h.past[1:]
	}
	h.undone = append(h.undone, v)
	if len(h.undone) > mostVisits {
		h.undone = h.undone[1:]
	}
	h.future = nil
}

// travel goes back or forward through the history.
func (m *Model) travel(d int) {
	h := &m.history
	from, to := &h.past, &h.future
	if d > 0 {
		from, to = to, from
	}
	if len(*from) == 0 {
		m.say("there is nothing further "+map[bool]string{true: "on", false: "back"}[d > 0], false)
		return
	}
	v := (*from)[len(*from)-1]
	*from = (*from)[:len(*from)-1]
	*to = append(*to, m.visit())
	m.visitAgain(v)
}

// undo takes the last change of view back.
func (m *Model) undo() {
	h := &m.history
	if len(h.undone) == 0 {
		m.say("there is nothing to undo", false)
		return
	}
	v := h.undone[len(h.undone)-1]
	h.undone = h.undone[:len(h.undone)-1]
	if k := len(h.past); k > 0 && h.past[k-1] == v {
		h.past = h.past[:k-1] // that is where we are now
	}
	m.visitAgain(v)
}

func (m *Model) visitAgain(v visit) {
	if v.filter != m.filter {
		if err := m.applyFilter(v.filter); err != nil {
			m.say(err.Error(), true)
			return
		}
	}
	m.list.cur, m.list.want, m.list.tail = v.cur, v.cur, v.tail
	m.dirty = true
}

// setFilter takes a filter into force and remembers the one before.
func (m *Model) setFilter(expr string) {
	m.remember()
	if err := m.applyFilter(expr); err != nil {
		m.undo()
		m.say(err.Error(), true)
	}
}

// negated turns an expression round. "!=" wants the field to be there; "not" also
// keeps packets without it, which is what filtering out means.
func negated(expr string) string { return "not " + bracketed(expr) }

func bracketed(expr string) string {
	if strings.ContainsAny(expr, " ") {
		return "(" + expr + ")"
	}
	return expr
}

// cellFilter is the display filter for what is under the cursor; empty if there is none.
func (m *Model) cellFilter() string {
	if m.focus != paneList {
		return nodeFilter(m.tree.node())
	}
	n := m.list.cur
	row := m.src.row(n)
	if row == nil {
		return ""
	}
	lc := &m.list.set[m.list.col]
	switch lc.kind {
	case colNo:
		return "frame.number == " + strconv.FormatUint(uint64(n), 10)
	case colTime:
		return "frame.time_relative >= " + seconds(row.Time.Sub(m.src.status.First), 9)
	case colLen:
		return "frame.len == " + strconv.FormatUint(uint64(row.Len), 10)
	case colInfo:
		return conversationFilter(row)
	}
	m.tree.load(&m.src, n)
	switch lc.kind {
	case colField:
		return m.firstField(lc.Field)
	case colSrc:
		return m.firstField("ip.src", "ipv6.src", "arp.src.proto_ipv4", "eth.src")
	case colDst:
		return m.firstField("ip.dst", "ipv6.dst", "arp.dst.proto_ipv4", "eth.dst")
	}
	if p := m.tree.protocol(m.tree.lastProtocol()); p != nil {
		if _, ok := m.lookup[p.abbrev]; ok {
			return p.abbrev
		}
	}
	return ""
}

// firstField gives the filter for the innermost of the first field that the packet has.
func (m *Model) firstField(names ...string) string {
	for _, name := range names {
		for i := len(m.tree.nodes) - 1; i >= 0; i-- {
			if m.tree.nodes[i].abbrev == name {
				return nodeFilter(&m.tree.nodes[i])
			}
		}
	}
	return ""
}

// nodeFilter is the display filter for a field of the tree.
func nodeFilter(n *treeNode) string {
	if n == nil || n.abbrev == "" || n.abbrev == "_ws.text" || n.abbrev == "_ws.expert" {
		return ""
	}
	switch n.typ {
	case dissect.TNone, dissect.TProtocol:
		return n.abbrev
	case dissect.TString, dissect.TStringZ, dissect.TOID, dissect.TAbsTime:
		return n.abbrev + " == " + quoted(n.value)
	case dissect.TBytes, dissect.TUintBytes:
		if n.value == "" {
			return n.abbrev
		}
	}
	return n.abbrev + " == " + n.value
}

// quoted writes a text between quotes for a filter.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c == 0x7f:
			b.WriteString(`\x` + hexByte(c))
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// conversationFilter is the display filter for the conversation of a row; empty if
// it belongs to none.
func conversationFilter(r *trace.Row) string {
	if r.Kind == trace.NoKind {
		return ""
	}
	return r.Kind.String() + ".stream == " + strconv.FormatUint(uint64(r.Stream), 10)
}

// onlyConversation shows the conversation of the selected packet only; once more,
// everything again.
func (m *Model) onlyConversation() {
	row := m.src.row(m.list.cur)
	if row == nil || row.Kind == trace.NoKind {
		m.say("this packet belongs to no conversation", false)
		return
	}
	expr := conversationFilter(row)
	if m.filter == expr {
		expr = ""
	}
	m.list.leaveTail(&m.src)
	m.setFilter(expr)
}

// inConversation goes to the next or previous packet of the conversation.
func (m *Model) inConversation(d int) {
	cur := m.list.cur
	row := m.src.row(cur)
	if row == nil || row.Kind == trace.NoKind {
		m.say("this packet belongs to no conversation", false)
		return
	}
	if d < 0 {
		if m.src.row(row.Prev) == nil {
			m.say("this is the conversation's first packet", false)
			return
		}
		m.jump(row.Prev)
		return
	}
	for n := cur + 1; n <= m.rel.Last && n <= m.src.last(); n++ {
		if r := m.src.row(n); r != nil && r.Kind == row.Kind && r.Stream == row.Stream {
			m.jump(n)
			return
		}
	}
	m.say("this is the conversation's last packet", false)
}

func (m *Model) mark() {
	n := m.list.cur
	if n == 0 {
		return
	}
	if m.list.marks[n] {
		delete(m.list.marks, n)
		return
	}
	m.list.marks[n] = true
}

// nextMark goes to the next marked packet that is shown, and around the end.
func (m *Model) nextMark() {
	var first, next packet.Number
	for n := range m.list.marks {
		if m.src.row(n) == nil || m.list.filtered && m.list.at(&m.src, m.list.index(&m.src, n)) != n {
			continue
		}
		if first == 0 || n < first {
			first = n
		}
		if n > m.list.cur && (next == 0 || n < next) {
			next = n
		}
	}
	switch {
	case next != 0:
		m.jump(next)
	case first != 0:
		m.jump(first)
	default:
		m.say("no packet is marked: m marks one", false)
	}
}

// freeze stops taking over new packets, or goes on.
func (m *Model) freeze() {
	m.frozen = !m.frozen
	if !m.frozen && m.src.tr != nil {
		m.refresh()
		return
	}
	m.say("the view is frozen, the capture goes on: p goes on", false)
}

func (m *Model) findAgain(next bool) tea.Cmd {
	if m.find.what.text == "" {
		m.say("nothing has been looked for yet: ^F finds", false)
		return nil
	}
	d := 1
	if !next {
		d = -1
	}
	if m.find.running && !m.find.problem {
		m.find.again += d
		return nil
	}
	return m.find.start(m.ctx, &m.src, &m.list, m.find.what, d)
}

// goTo selects a packet by its number.
func (m *Model) goTo(n packet.Number) {
	if m.src.row(n) == nil {
		m.say("there is no packet "+strconv.FormatUint(uint64(n), 10)+": there are "+strconv.FormatUint(uint64(m.src.first()), 10)+
			" to "+strconv.FormatUint(uint64(m.src.last()), 10), true)
		return
	}
	m.remember()
	if m.list.filtered && m.scan.looked(n) && m.list.at(&m.src, m.list.index(&m.src, n)) != n {
		m.say("the filter hides packet "+strconv.FormatUint(uint64(n), 10)+": this is the next one shown", false)
	}
	m.toPackets()
	m.jump(n)
}

// conversation gives the one that follow and the flow graph are to show.
func (m *Model) conversation() (trace.Kind, uint32, bool) {
	switch m.view {
	case viewFlows:
		if c := m.flows.selected(); c != nil {
			return c.Kind, c.Stream, true
		}
		return 0, 0, false
	case viewRequests:
		if r := m.requests.selected(); r != nil {
			return r.Kind, r.Stream, true
		}
		return 0, 0, false
	case viewProblems:
		if row := m.src.row(m.problems.packetOf()); row != nil && row.Kind != trace.NoKind {
			return row.Kind, row.Stream, true
		}
		return 0, 0, false
	case viewFollow:
		return m.conv.kind, m.conv.stream, true
	case viewGraph:
		kind, stream := m.graph.conversation()
		return kind, stream, true
	}
	if row := m.src.row(m.list.cur); row != nil && row.Kind != trace.NoKind {
		return row.Kind, row.Stream, true
	}
	return 0, 0, false
}
