package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// click is a press of the mouse, to tell a double one.
type click struct {
	x, y int
	at   time.Time
}

// doubleClick is how fast the second press must follow.
const doubleClick = 400 * time.Millisecond

// click selects what was clicked; a second click on it is Enter.
func (m *Model) click(e tea.Mouse) tea.Cmd {
	if e.Button != tea.MouseLeft || m.prompt.kind != noPrompt {
		return nil
	}
	now := time.Now()
	twice := e.X == m.last.x && e.Y == m.last.y && now.Sub(m.last.at) < doubleClick
	m.last = click{e.X, e.Y, now}
	if twice {
		m.last = click{}
	}
	return m.clicked(e.X, e.Y, twice)
}

func (m *Model) clicked(x, y int, twice bool) tea.Cmd {
	m.note = ""
	if u := m.menu; u != nil {
		s := m.arrange()
		if i := y - (s.footer.y + 1 - len(u.items)); i >= 0 && i < len(u.items) {
			m.menu = nil
			return u.items[i].do(m)
		}
		return nil
	}
	s := m.arrange()
	if m.reader != nil {
		return m.clickedReader(y - (s.footer.y - m.reader.height(s.body.h)))
	}
	if s.tooSmall || m.help {
		return nil
	}
	if s.filter.holds(x, y) && m.view == viewPackets {
		return m.do(actFilter)
	}
	hit := true
	switch m.view {
	case viewPackets:
		hit = m.clickPackets(s, x, y)
	case viewFlows:
		hit = y-s.body.y-1 < m.flows.rows && pickRow(&m.flows.cur, m.flows.top, len(m.flows.all), y-s.body.y-1)
		m.flows.move(0)
		if !hit && y == s.body.y {
			m.clickFlowHead(x)
		}
	case viewRequests:
		hit = pickRow(&m.requests.cur, m.requests.top, len(m.requests.order), y-s.body.y-1)
		m.requests.move(0)
		if key, ok := m.requests.headAt(x-s.body.x, s.body.w); !hit && y == s.body.y && ok {
			m.requests.reverse = m.requests.key == key && !m.requests.reverse
			m.requests.key = key
			m.requests.sort()
		}
	case viewProblems:
		line := y - s.body.y - 1
		b := m.problems.block(m.problems.top + line)
		if hit = line >= 0 && line < m.problems.rows && b != nil && b.group >= 0; hit {
			m.problems.choose(m.problems.top+line, 1)
		}
	case viewPicker:
		hit = pickRow(&m.pick.cur, m.pick.top, len(m.pick.list), y-s.body.y-1)
	case viewFollow:
		hit = pickRow(&m.conv.cur, m.conv.top, m.conv.lines, y-s.body.y-1)
		m.conv.col = max(x-s.body.x-2, 0) // behind the margin
		m.conv.tail = false
	case viewGraph:
		if m.graph.sight != nil {
			hit = pickRow(&m.graph.cur, m.graph.top, m.graph.sight.Len(), y-s.body.y-2)
			m.graph.tail, m.graph.moved = false, true
		}
	}
	if hit && twice {
		return m.do(actEnter)
	}
	return nil
}

// pickRow selects the row on a line of the screen, and says whether there is one.
func pickRow(cur *int, top, n, line int) bool {
	if i := top + line; line >= 0 && i < n {
		*cur = i
		return true
	}
	return false
}

func (m *Model) clickFlowHead(x int) {
	at := 1
	for _, c := range m.flows.columns(m.width) {
		if x >= at && x < at+c.w {
			m.flows.sortBy(c.key)
			return
		}
		at += c.w + 1
	}
}

func (m *Model) clickPackets(s screen, x, y int) bool {
	switch {
	case s.list.holds(x, y):
		m.focus = paneList
		cols := m.list.columns(&m.src, s.list.w)
		m.list.col = cols.column(x)
		n := m.list.at(&m.src, m.list.top+y-s.list.y-1)
		if y == s.list.y {
			m.sortByColumn(m.list.col)
			return false
		}
		if n == 0 {
			return false
		}
		m.list.leaveTail(&m.src)
		m.list.cur = n
		return true
	case s.detail.holds(x, y):
		m.focus = paneDetail
		i := m.tree.top + y - s.detail.y - 1
		if y == s.detail.y || i >= len(m.tree.lines) {
			return false
		}
		node := m.tree.lines[i]
		m.tree.choose(node)
		n := &m.tree.nodes[node]
		if mark := s.detail.x + 2*n.depth; n.kids && x >= mark && x <= mark+1 {
			m.tree.set(node, !m.tree.isOpen(node))
			m.last = click{}
		}
		m.hex.follow(m.tree.node(), m.hexCells(s))
		return true
	case s.hex.holds(x, y):
		m.focus = paneHex
		if y == s.hex.y {
			if i := m.hex.tabAt(x-s.hex.x, m.tree.bytes, m.g); i >= 0 {
				m.hex.show(i)
			}
			return false
		}
		if i := m.hex.byteAt(x, y, s.hex, m.tree.bytes); i >= 0 {
			m.hex.cur = i
			m.tree.show(m.tree.at(m.hex.source, i))
			return true
		}
	}
	return false
}

// wheelRows is how many rows a notch of the wheel moves.
const wheelRows = 3

// wheel scrolls what is under the mouse.
func (m *Model) wheel(e tea.Mouse) {
	d := 0
	switch e.Button {
	case tea.MouseWheelUp:
		d = -wheelRows
	case tea.MouseWheelDown:
		d = wheelRows
	default:
		return
	}
	s := m.arrange()
	if s.tooSmall || m.menu != nil {
		return
	}
	if m.reader != nil {
		m.reader.top += d
		return
	}
	switch {
	case m.help:
		m.helpTop = max(m.helpTop+d, 0)
	case m.view == viewFlows:
		m.flows.move(d)
	case m.view == viewRequests:
		m.requests.move(d)
	case m.view == viewProblems:
		m.problems.move(d)
	case m.view == viewPicker:
		m.pick.cur += d
	case m.view == viewFollow:
		m.conv.move(d)
	case m.view == viewGraph:
		m.graph.tail, m.graph.moved = false, true
		m.graph.cur += d
	case s.detail.holds(e.X, e.Y):
		m.tree.scroll(d)
		m.hex.follow(m.tree.node(), m.hexCells(s))
	case s.hex.holds(e.X, e.Y):
		rows := m.hex.len(m.tree.bytes)/m.hex.perRow(s.hex.w) + 1
		m.hex.top = min(max(m.hex.top+d, 0), max(rows-m.hex.rows, 0))
	case s.list.holds(e.X, e.Y):
		if d < 0 || !m.list.tail {
			m.list.scroll(&m.src, d)
		}
	}
}
