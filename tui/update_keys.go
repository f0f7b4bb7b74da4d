package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// key handles a key press: a menu, a prompt, or the key map.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	m.note = ""
	if m.menu != nil {
		u := m.menu
		cmd, done := u.key(m, msg)
		if done && m.menu == u {
			m.menu = nil
		}
		return cmd
	}
	if m.reader != nil {
		return m.readerKey(msg)
	}
	if m.prompt.kind != noPrompt {
		return m.promptKey(msg)
	}
	if m.arrange().tooSmall && m.width > 0 {
		if s := msg.String(); s == "q" || s == "ctrl+c" {
			return m.askQuit()
		}
		return nil
	}
	if m.sortProgress() != "" && msg.String() == "esc" {
		m.stopSort()
		return nil
	}
	if m.find.running && msg.String() == "esc" {
		m.find.running = false
		return nil
	}
	if m.conv.seek.running && m.view == viewFollow && msg.String() == "esc" {
		m.conv.seek.running = false
		return nil
	}
	name := msg.String()
	if m.pending != "" {
		name = m.pending + " " + name
		m.pending = ""
	} else if m.keys.prefix[name] && m.keys.startsChord(name, m.here()) {
		m.pending = name
		return nil
	}
	return m.do(m.keys.find(name, m.here()))
}

// startsChord says whether two keys that begin with this one mean something here.
func (k *keyMap) startsChord(name string, in where) bool {
	for key, list := range k.byKey {
		if len(key) > len(name)+1 && key[:len(name)+1] == name+" " {
			for _, i := range list {
				if k.all[i].in&in != 0 {
					return true
				}
			}
		}
	}
	return false
}

// do carries out an action, in whatever is on the screen.
func (m *Model) do(a action) tea.Cmd {
	if m.help {
		return m.doHelp(a)
	}
	switch a {
	case actNone:
		return nil
	case actHelp:
		m.help, m.helpTop = true, 0
		return nil
	case actRefresh:
		return tea.ClearScreen
	case actQuit:
		return m.askQuit()
	case actSuspend:
		return tea.Suspend
	case actBack, actLeave:
		return m.back(a == actLeave)
	case actPackets:
		m.came, m.view = nil, viewPackets
		return nil
	case actFlows:
		m.enter(viewFlows)
		return nil
	case actRequests:
		m.enter(viewRequests)
		return nil
	case actProblems:
		m.enter(viewProblems)
		return nil
	case actProblemNext:
		return m.nextProblem(1)
	case actProblemPrev:
		return m.nextProblem(-1)
	case actInterfaces:
		m.enter(viewPicker)
		return nil
	case actCommand:
		m.prompt.open(promptCommand, "")
		return nil
	case actFreeze:
		m.freeze()
		return nil
	case actStop:
		return m.stopStart()
	case actCaptureFilter:
		return m.editCaptureFilter()
	case actWrite:
		m.writeMenu()
		return nil
	case actCopy:
		m.copyMenu()
		return nil
	case actFollow:
		return m.openFollow()
	case actGraph:
		return m.openGraph()
	case actGraphAll:
		return m.openGraphOfAll()
	case actOnly:
		m.only()
		return nil
	case actExcept:
		m.except()
		return nil
	case actCombine:
		m.combineMenu()
		return nil
	case actExplain:
		return m.explain()
	}
	switch m.view {
	case viewFlows:
		return m.doFlows(a)
	case viewRequests:
		return m.doRequests(a)
	case viewProblems:
		return m.doProblems(a)
	case viewPicker:
		return m.doPicker(a)
	case viewFollow:
		return m.doFollow(a)
	case viewGraph:
		return m.doGraph(a)
	}
	return m.doPackets(a)
}

// enter shows a view and notes where to go back to.
func (m *Model) enter(v viewID) {
	if m.view == v {
		return
	}
	if i := slices.Index(m.came, v); i >= 0 {
		// It is gone back to: what led on from it is left as well.
		m.came = m.came[:i]
	} else if len(m.came) == 0 || m.came[len(m.came)-1] != m.view {
		m.came = append(m.came, m.view)
	}
	m.view = v
	switch v {
	case viewFlows:
		m.flows.load(m.src.tr)
	case viewPicker:
		m.pick.open()
	}
}

// toPackets goes to the packet list for what is under the cursor; out of there it is
// back to the view that it was called from.
func (m *Model) toPackets() {
	if m.view != viewPackets {
		m.came = append(m.came, m.view)
	}
	m.view, m.focus = viewPackets, paneList
}

// back goes out: of a view, a pane, and from the root of the program if leave says so.
func (m *Model) back(leave bool) tea.Cmd {
	m.leaveGraph()
	switch {
	case m.view == viewProblems && !leave && m.problems.unfold(false):
	case m.view != viewPackets && len(m.came) > 0:
		m.view = m.came[len(m.came)-1]
		m.came = m.came[:len(m.came)-1]
	case m.view == viewPicker && m.src.tr == nil:
		if leave {
			return m.askQuit()
		}
	case m.view != viewPackets:
		m.view = viewPackets
	case m.zoom:
		m.zoom = false
	case m.focus != paneList:
		m.focus = paneList
	case len(m.came) > 0:
		m.view = m.came[len(m.came)-1]
		m.came = m.came[:len(m.came)-1]
	case leave:
		return m.askQuit()
	}
	return nil
}

// askQuit ends the program, after a question when packets would be lost.
func (m *Model) askQuit() tea.Cmd {
	if m.opt.Hooks.Unsaved == nil || !m.opt.Hooks.Unsaved() {
		return tea.Quit
	}
	m.menu = &menu{
		title: "Quit",
		text:  []string{count(m.src.status.Packets, "packet") + " of this capture are in no file."},
		items: []menuItem{
			{"n", "stay", func(*Model) tea.Cmd { return nil }},
			{"w", "write them to a file first", func(m *Model) tea.Cmd { return m.writePrompt(writeAll, true) }},
			{"y", "quit and lose them", func(*Model) tea.Cmd { return tea.Quit }},
		},
	}
	return nil
}

// doPackets carries out an action in the packets view.
func (m *Model) doPackets(a action) tea.Cmd {
	switch a {
	case actNextPane, actPrevPane:
		m.turnPane(a == actNextPane)
	case actZoom:
		m.zoom = !m.zoom
	case actGrow:
		m.grow = min(m.grow+1, 100)
	case actShrink:
		m.grow = max(m.grow-1, -100)
	case actEnter:
		m.into()
	case actFilter:
		return m.openFilter(m.filter)
	case actConversation:
		m.onlyConversation()
	case actNextInConv:
		m.inConversation(1)
	case actPrevInConv:
		m.inConversation(-1)
	case actHistoryBack:
		m.travel(-1)
	case actHistoryOn:
		m.travel(1)
	case actUndo:
		m.undo()
	case actFind:
		m.prompt.open(promptFind, m.find.what.text)
	case actFindNext, actFindPrev:
		return m.findAgain(a == actFindNext)
	case actMark:
		m.mark()
	case actNextMark:
		m.nextMark()
	case actTimeFormat:
		m.list.format = (m.list.format + 1) % timeFormats
		m.sayf("time: %s", m.list.format)
	case actTimeRef:
		if m.list.ref == m.list.cur {
			m.list.ref = 0
			m.say("times count from the first packet", false)
		} else if m.list.cur != 0 {
			m.list.ref = m.list.cur
			m.sayf("times count from packet %d", m.list.ref)
		}
	case actSort:
		m.sortByColumn(m.list.col)
	case actReverse:
		m.reverseSort()
	case actTail:
		m.followTail()
	case actColors:
		m.turnColors()
	case actColumns:
		m.columnMenu(m.columnUnderCursor())
	case actAddColumn:
		return m.columnFromTree()
	case actHideColumn, actColumnLeft, actColumnRight, actNarrower, actWider:
		return m.changeColumn(a)
	default:
		switch m.focus {
		case paneDetail:
			m.moveDetail(a)
		case paneHex:
			m.moveHex(a)
		default:
			m.moveList(a)
		}
	}
	return nil
}

// into goes from the list to the tree, opens and closes what stands there, and
// goes from a byte to its field.
func (m *Model) into() {
	switch m.focus {
	case paneList:
		if m.list.cur != 0 {
			m.focus = paneDetail
		}
	case paneDetail:
		n := m.tree.node()
		switch {
		case n == nil:
		case n.typ == frameType && n.num != 0 && m.src.row(numberOf(n.num)) != nil:
			// A field that names a packet leads to it.
			m.remember()
			m.jump(numberOf(n.num))
		case n.kids:
			m.tree.set(m.tree.cur, !m.tree.isOpen(m.tree.cur))
		}
	case paneHex:
		m.focus = paneDetail
	}
}

// turnPane goes to the next pane or the one before.
func (m *Model) turnPane(next bool) {
	d := 1
	if !next {
		d = 2
	}
	m.focus = paneID((int(m.focus) + d) % 3)
	if m.focus == paneHex {
		m.hex.follow(m.tree.node(), m.hexCells(m.arrange()))
	}
}

// steps gives how far an action moves in a pane with some rows on the screen; ok
// is false if it does not move up or down.
func steps(a action, rows, all int) (d int, ok bool) {
	switch a {
	case actDown:
		return 1, true
	case actUp:
		return -1, true
	case actPageDown:
		return max(rows-1, 1), true
	case actPageUp:
		return -max(rows-1, 1), true
	case actHalfDown:
		return max(rows/2, 1), true
	case actHalfUp:
		return -max(rows/2, 1), true
	case actTop:
		return -all, true
	case actBottom:
		return all, true
	}
	return 0, false
}

func (m *Model) moveList(a action) {
	p := &m.list
	switch a {
	case actLeft, actRight:
		cols := p.columns(&m.src, max(m.width, minWidth))
		d := 1
		if a == actLeft {
			d = -1
		}
		p.col = cols.next(p.col, d)
		return
	case actBottom:
		if p.order == nil {
			p.tail = true
			return
		}
	}
	if d, ok := steps(a, p.rows, p.count(&m.src)); ok {
		if a == actTop {
			m.remember()
		}
		p.move(&m.src, d)
	}
}

func (m *Model) moveDetail(a action) {
	p := &m.tree
	switch a {
	case actLeft:
		p.left()
	case actRight:
		p.right()
	case actOpenNode:
		p.set(p.cur, true)
	case actCloseNode:
		if n := p.node(); n != nil && (!n.kids || !p.isOpen(p.cur)) && n.parent >= 0 {
			p.choose(n.parent)
		}
		p.set(p.cur, false)
	case actOpenAll:
		p.setAll(true)
	case actCloseAll:
		p.setAll(false)
	case actNextBytes:
		m.hex.turn(m.tree.bytes)
		return
	default:
		if d, ok := steps(a, p.rows, len(p.lines)); ok {
			p.move(d)
		}
	}
	m.hex.follow(p.node(), m.hexCells(m.arrange()))
}

func (m *Model) moveHex(a action) {
	w := m.hexCells(m.arrange())
	p := &m.hex
	per := p.perRow(w)
	switch a {
	case actLeft:
		p.move(-1, w, m.tree.bytes)
	case actRight:
		p.move(1, w, m.tree.bytes)
	case actNextBytes:
		p.turn(m.tree.bytes)
		return
	default:
		d, ok := steps(a, p.rows, p.len(m.tree.bytes)/per+1)
		if !ok {
			return
		}
		p.move(d*per, w, m.tree.bytes)
	}
	m.tree.show(m.tree.at(p.source, p.cur))
}
