package tui

import (
	"strconv"
	"strings"

	"tcplens/dissect/filter"
	"tcplens/internal/text"
)

// drawHeader is the first line: what is captured, how it stands, the counters.
func (m *Model) drawHeader(w int) string {
	l := &m.l
	l.reset(w, gBar)
	st := m.src.status
	l.put(sTitle, " tcplens  ")

	right := m.counters(w)
	rw := 0
	for _, c := range right {
		rw += cells(m.g.text(c.s))
	}
	state := m.state()
	stateWidth := 0
	for _, c := range state {
		stateWidth += cells(m.g.text(c.s))
	}
	name := m.sourceName(" " + m.g.dot + " ")
	if m.src.tr == nil {
		name = "no capture"
	}
	if st.Saving != "" {
		name += " " + m.g.request + " " + text.Printable(st.Saving)
	}
	room := w - l.used - rw - stateWidth - 4
	if i := strings.LastIndexByte(name, '/'); i >= 0 && cells(name) > room && !st.Live {
		name = name[i+1:]
	}
	l.put(sHeader, m.g.cut(m.g.text(name), max(room, 0)))
	l.to(w - rw - stateWidth - 4)
	l.space(1)
	for _, c := range state {
		l.put(c.st, c.s)
	}
	l.to(w - rw - 1)
	for _, c := range right {
		l.put(c.st, c.s)
	}
	return l.end()
}

type piece struct {
	st style
	s  string
}

// state is the dot and the clock.
func (m *Model) state() []piece {
	st := m.src.status
	var out []piece
	switch {
	case m.src.tr == nil:
		return nil
	case m.frozen:
		out = append(out, piece{sWarn, m.g.frozen + " frozen"})
	case st.Err != nil:
		out = append(out, piece{sError, m.g.stopped + " ended"})
	case st.Live && st.Done:
		out = append(out, piece{sWarn, m.g.stopped + " stopped"})
	case st.Live:
		out = append(out, piece{sLive, m.g.live}, piece{sHeader, " " + clock(m.now.Sub(st.Started))})
	case !st.Done:
		s := "reading"
		if st.Progress[1] > 0 {
			s += " " + strconv.FormatInt(st.Progress[0]*100/st.Progress[1], 10) + " %"
		}
		out = append(out, piece{sLive, s})
	}
	return out
}

// counters are the numbers at the right of the header; at small widths only those
// that matter most.
func (m *Model) counters(w int) []piece {
	st := m.src.status
	if m.src.tr == nil {
		return nil
	}
	var out []piece
	add := func(stl style, s string) { out = append(out, piece{stl, "  "}, piece{stl, s}) }
	noun := "packets"
	if w < 60 {
		noun = "pkt"
	}
	if st.Packets == 1 && w >= 60 {
		noun = "packet"
	}
	add(sHeader, number(st.Packets)+" "+noun)
	if w >= 72 {
		add(sHeader, count(uint64(m.flows.total), "flow"))
	}
	if w >= 60 {
		add(sHeader, size(st.Bytes))
	}
	if st.Evicted > 0 {
		add(sWarn, number(uint64(st.Evicted))+" dropped by bounds")
	}
	if st.Live || st.Dropped+st.IfDrop > 0 {
		stl := sHeader
		if st.Dropped+st.IfDrop > 0 {
			stl = sWarn
		}
		add(stl, number(st.Dropped+st.IfDrop)+" lost")
	}
	return out
}

// drawFilter is the second line: the display filter and how many packets it shows.
// A prompt for it is typed here.
func (m *Model) drawFilter(w int) string {
	l := &m.l
	l.reset(w, gPlain)
	right := m.shownOf()
	if m.find.running {
		pc := 0
		if m.find.of > 0 {
			pc = m.find.done * 100 / m.find.of
		}
		right = "searching " + strconv.Itoa(pc) + " %, Esc ends it"
	}
	rw := cells(m.g.text(right))
	if m.help || m.view != viewPackets && m.prompt.kind != promptFilter {
		l.put(sFocus, " "+m.viewTitle())
		l.to(w - rw - 1)
		l.put(sDim, right)
		return l.end()
	}
	l.put(sKey, " /")
	if m.prompt.kind == promptFilter {
		l.put(sBorder, m.g.cursor)
		st, sign := m.standing()
		m.typed(l, st, w-4-cells(sign))
		l.to(w - cells(sign) - 1)
		l.put(st, sign)
		return l.end()
	}
	room := w - l.used - rw - 3
	switch {
	case m.filter != "":
		l.put(sBorder, m.g.cursor)
		l.put(sPrompt, m.g.cut(m.g.text(text.Printable(m.filter)), room))
	case room > 30:
		l.put(sDim, m.g.cursor+"display filter")
	}
	l.to(w - rw - 1)
	l.put(sDim, right)
	return l.end()
}

// typed draws the text of the prompt with its cursor, scrolled so that the cursor
// is on view.
func (m *Model) typed(l *line, st style, room int) {
	before, after := around(m.prompt.text, m.prompt.at)
	for cells(before) > room-2 && before != "" {
		r := []rune(before)
		before = string(r[1:])
	}
	l.put(st, before)
	cur, rest := " ", ""
	if after != "" {
		r := []rune(after)
		cur, rest = string(r[:1]), string(r[1:])
	}
	l.raw("\x1b[7m", m.g.text(cur), max(cells(cur), 1))
	l.put(st, rest)
}

// standing says how the display filter that is typed stands: by colour, and by a
// sign for those who see none.
func (m *Model) standing() (style, string) {
	switch m.prompt.state {
	case filter.Valid:
		return sLive, m.g.valid
	case filter.Odd:
		return sWarn, "?"
	case filter.Invalid:
		return sError, m.g.wrong
	}
	return sPrompt, ""
}

// shownOf says how many packets are shown.
func (m *Model) shownOf() string {
	all, shown := m.src.len(), m.list.count(&m.src)
	s := ""
	switch {
	case m.src.tr == nil:
		return ""
	case m.sortProgress() != "":
		return m.sortProgress()
	case m.list.filtered && !m.scanDone():
		done := 0
		if span := uint64(m.src.last()); span > 0 {
			done = int(uint64(m.scan.upto+1-min(m.scan.down, m.scan.upto+1)) * 100 / span)
		}
		s = number(uint64(shown)) + " of " + number(uint64(all)) + ", " + strconv.Itoa(done) + " % looked at"
	default:
		s = number(uint64(shown)) + " of " + number(uint64(all)) + " shown"
	}
	return s
}

// viewTitle names the view, for the second line.
func (m *Model) viewTitle() string {
	if m.help {
		return "Keys " + m.g.dot + " " + m.helpAt
	}
	switch m.view {
	case viewFlows:
		return m.flows.title()
	case viewRequests:
		return m.requests.title()
	case viewProblems:
		return m.problems.title()
	case viewPicker:
		return "Interfaces"
	case viewFollow:
		return m.conv.title()
	case viewGraph:
		return m.graph.title()
	}
	return "Packets"
}

// here says in which part of the program keys are typed.
func (m *Model) here() where {
	if m.help {
		return inHelp
	}
	switch m.view {
	case viewFlows:
		return inFlows
	case viewRequests:
		return inRequests
	case viewProblems:
		return inProblems
	case viewPicker:
		return inPicker
	case viewFollow:
		return inFollow
	case viewGraph:
		return inGraph
	}
	switch m.focus {
	case paneDetail:
		return inDetail
	case paneHex:
		return inHex
	}
	return inList
}

// drawFooter is the last line: a prompt, a message, or the keys that matter here.
func (m *Model) drawFooter(w int) string {
	l := &m.l
	l.reset(w, gBar)
	switch k := m.prompt.kind; {
	case k != noPrompt && k != promptFilter:
		l.put(sKey, " "+m.promptLabel())
		hint := m.g.text(m.findHint())
		room := w - l.used
		if need := m.prompt.width() + cells(hint) + 3; hint != "" && need <= room {
			room -= cells(hint) + 2
		} else {
			hint = ""
		}
		m.typed(l, sPrompt, room)
		l.to(w - cells(hint) - 1)
		l.put(sHint, hint)
		return l.end()
	case m.note != "":
		st := sLive
		if m.noteBad {
			st = sError
		}
		l.put(st, " "+m.g.cut(m.g.text(text.Printable(m.note)), w-2))
		return l.end()
	case k == promptFilter:
		l.put(sHint, " Enter apply   Tab complete   Up earlier   ^U clear   Esc leave")
		return l.end()
	}
	here := m.here()
	var keys []binding
	help := binding{}
	for _, b := range m.keys.all {
		if b.footer&here == 0 || len(b.keys) == 0 {
			continue
		}
		if b.act == actHelp {
			help = b
			continue
		}
		keys = append(keys, b)
	}
	helpKey := ""
	if len(help.keys) > 0 {
		helpKey = keyLabel(help.keys[0])
	}
	helpText := helpKey + " " + help.short
	l.space(1)
	for i, b := range keys {
		label := keyLabel(b.keys[0])
		need := cells(label) + 1 + cells(b.short)
		if i > 0 {
			need += 3
		}
		if l.used+need+2+len(helpText) > w {
			break
		}
		if i > 0 {
			l.space(3)
		}
		l.put(sKey, label)
		l.put(sHint, " "+b.short)
	}
	if helpKey != "" {
		l.space(2)
		l.put(sKey, helpKey)
		l.put(sHint, " "+help.short)
	}
	if s := m.pending; s != "" {
		l.to(w - 4)
		l.put(sKey, s)
	}
	return l.end()
}

// findHint tells the keys of the search prompt.
func (m *Model) findHint() string {
	switch {
	case m.prompt.kind == promptSearch && m.view == viewFollow:
		return "Tab " + ((m.conv.seek.kind + 1) % findFilter).String()
	case m.prompt.kind != promptFind:
		return ""
	}
	h := "Tab " + ((m.find.kind + 1) % findKinds).String()
	if m.find.places() {
		h += "  S-Tab " + ((m.find.in + 1) % findPlaces).String()
	}
	return h
}

// promptLabel says what is typed in the footer.
func (m *Model) promptLabel() string {
	switch m.prompt.kind {
	case promptFind:
		if m.find.places() {
			return "find " + m.find.kind.String() + " " + m.find.in.String() + ": "
		}
		return "find " + m.find.kind.String() + ": "
	case promptCommand:
		return ":"
	case promptColumn:
		return "column of the field: "
	case promptCapture:
		return "capture filter: "
	case promptWrite:
		return "write " + m.writing.what + " to: "
	case promptSearch:
		if m.view == viewFollow {
			return "find " + m.conv.seek.kind.String() + ": "
		}
		return "/"
	case promptPipe:
		return m.piping.what + " | "
	}
	return ""
}
