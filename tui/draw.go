package tui

import (
	"strings"

	"tcplens/dissect/filter"
	"tcplens/internal/text"
)

// draw puts the screen together.
func (m *Model) draw() string {
	if m.width <= 0 || m.height <= 0 {
		return ""
	}
	s := m.arrange()
	if s.tooSmall {
		return m.drawSmall()
	}
	f := newFrame(m.height)
	f.place(s.header, []string{m.drawHeader(s.header.w)}, " ")
	if m.help {
		f.place(s.body, m.drawHelp(s.body), " ") // before its title, which says how far it is
	}
	f.place(s.filter, []string{m.drawFilter(s.filter.w)}, " ")
	switch {
	case m.help:
	case m.view == viewPackets:
		m.drawPackets(f, s)
	case m.view == viewFlows:
		f.place(s.body, m.flows.view(&m.l, s.body), " ")
	case m.view == viewRequests:
		f.place(s.body, m.requests.view(&m.l, s.body, &m.src), " ")
	case m.view == viewProblems:
		f.place(s.body, m.problems.view(&m.l, s.body, m), " ")
	case m.view == viewPicker:
		f.place(s.body, m.pick.view(&m.l, s.body, m), " ")
	case m.view == viewFollow:
		f.place(s.body, m.conv.view(&m.l, s.body, m.src.status.Live), " ")
	case m.view == viewGraph:
		f.place(s.body, m.graph.view(&m.l, s.body), " ")
	}
	for y := range f.lines {
		if f.lines[y] == "" {
			m.l.reset(m.width, gPlain)
			f.lines[y] = m.l.end()
		}
	}
	m.drawPrompt(f, s)
	if m.reader != nil {
		lines := m.reader.view(&m.l, m.width, s.body.h)
		f.over(s.footer.y-len(lines), lines)
		f.over(s.footer.y, []string{m.reader.footer(&m.l, m.width)})
	} else if m.menu != nil {
		lines := m.menu.view(&m.l, m.width, s.body.h+1)
		f.over(s.footer.y+1-len(lines), lines)
	} else {
		f.over(s.footer.y, []string{m.drawFooter(s.footer.w)})
	}
	return strings.Join(f.lines, "\n")
}

// drawSmall is the screen of a terminal in which nothing fits.
func (m *Model) drawSmall() string {
	out := make([]string, m.height)
	words := []string{"tcplens needs", "32x7 cells or more", "q quits"}
	for i := range out {
		m.l.reset(m.width, gPlain)
		if i < len(words) {
			m.l.put(sWarn, words[i])
		}
		out[i] = m.l.end()
	}
	return strings.Join(out, "\n")
}

func (m *Model) drawPackets(f *frame, s screen) {
	if s.list.shown() {
		lines := m.list.view(&m.src, &m.l, s.list, m.focus == paneList, &m.rel, &m.colors, &m.sorting)
		if len(lines) == 1 {
			lines = append(lines, m.drawEmpty(s.list.w, s.list.h-1)...)
		}
		if about := m.drawAbout(s.list.w); len(lines)+len(about) <= s.list.h {
			lines = append(lines, about...)
		}
		f.place(s.list, pad(&m.l, lines, s.list), " ")
	}
	if s.detail.shown() {
		focused := m.focus == paneDetail
		title := m.drawWhy(m.tree.title(&m.src, m.g), s.detail.w, focused)
		f.place(s.detail, m.tree.view(&m.l, s.detail, title, focused), " ")
	}
	if s.hex.shown() {
		gap := " "
		if s.hex.x > 0 {
			gap = m.theme.sgr[sBorder][gPlain] + m.g.bar + sgrReset
		}
		f.place(s.hex, m.hex.view(&m.l, s.hex, m.focus == paneHex, m.tree.node(), m.tree.protocol(m.tree.cur), m.tree.bytes), gap)
	}
}

// drawAbout is what Options.About says, for the room below the last packet.
func (m *Model) drawAbout(w int) []string {
	if m.opt.About == "" {
		return nil
	}
	m.l.reset(w, gPlain)
	lines := []string{m.l.end()}
	for _, part := range wrap(m.g.text(m.opt.About), w-4) {
		m.l.reset(w, gPlain)
		m.l.space(2)
		m.l.put(sDim, part)
		lines = append(lines, m.l.end())
	}
	return lines
}

// pad adds blank lines.
func pad(l *line, lines []string, r rect) []string {
	for len(lines) < r.h {
		l.reset(r.w, gPlain)
		lines = append(lines, l.end())
	}
	return lines
}

// drawEmpty tells why there is no packet, and what would help.
func (m *Model) drawEmpty(w, h int) []string {
	var lines []string
	say := func(st style, s string) {
		for _, part := range wrap(m.g.text(s), w-4) {
			m.l.reset(w, gPlain)
			m.l.space(2)
			m.l.put(st, part)
			lines = append(lines, m.l.end())
		}
	}
	st := m.src.status
	m.l.reset(w, gPlain)
	lines = append(lines, m.l.end())
	switch {
	case m.src.tr == nil:
		say(sText, "nothing is captured: i picks an interface")
	case m.list.filtered && m.src.len() > 0 && !m.scanDone():
		say(sText, "looking for packets that match …")
	case m.list.filtered && m.src.len() > 0:
		say(sText, "no packet matches "+m.filter)
		say(sDim, "/ changes the filter, u takes it back, an empty filter shows all "+count(uint64(m.src.len()), "packet"))
	case st.Err != nil:
		say(sError, text.Printable(st.Err.Error()))
	case st.Live && !st.Done:
		say(sText, "listening on "+m.sourceName(", ")+": no packet yet")
		for _, s := range m.advice() {
			say(sDim, s)
		}
	case st.Live:
		say(sText, "the capture on "+m.sourceName(", ")+" has ended: no packet came")
		if m.opt.Hooks.Start != nil {
			say(sDim, "P starts it again, b changes the capture filter")
		}
	case st.Done:
		say(sText, text.Printable(st.Source)+" has no packets")
	default:
		say(sText, "reading "+text.Printable(st.Source)+" …")
	}
	if len(lines) > h {
		lines = lines[:max(h, 0)]
	}
	return lines
}

// keyWords says how the key log stands; empty if there is none.
func (m *Model) keyWords() string {
	k := m.src.status.Keys
	switch {
	case k.Path == "" && k.Secrets == 0:
		return ""
	case k.Waiting:
		return "The file of TLS secrets, " + text.Printable(k.Path) + ", is not there yet: it is read as soon as it is."
	case k.Err != nil && k.Secrets == 0:
		return "TLS secrets: " + text.Printable(k.Err.Error())
	case k.Path == "":
		return "The capture has " + count(uint64(k.Secrets), "TLS secret") + " in it."
	}
	verb := "are"
	if k.Secrets == 1 {
		verb = "is"
	}
	return "There " + verb + " " + count(uint64(k.Secrets), "TLS secret") + "; " + text.Printable(k.Path) + " is read as it grows."
}

// advice is what may help when nothing comes.
func (m *Model) advice() []string {
	var out []string
	st := m.src.status
	switch {
	case st.Filter != "" && m.opt.Hooks.SetFilter != nil:
		out = append(out, "Make something happen that passes the capture filter, or press b to change it: an empty one takes everything.")
	case st.Filter != "":
		out = append(out, "Make something happen that passes the capture filter.")
	default:
		out = append(out, "Make something happen: open a page, ping a host.")
	}
	if m.opt.Hooks.Interfaces != nil {
		out = append(out, "What a machine says to itself passes on the loopback interface only. i shows where packets pass now.")
	}
	if s := m.keyWords(); s != "" {
		out = append(out, s)
	}
	return out
}

// drawHints draws some of the hints, those around the one that was taken.
func (m *Model) drawHints(indent int) []string {
	p := &m.prompt
	var lines []string
	const most = 8
	top := min(max(p.choice-most, 0), max(len(p.hints)-most, 0))
	wide := 0
	for i := top; i < min(top+most, len(p.hints)); i++ {
		wide = max(wide, cells(m.g.text(text.Printable(p.hints[i].name()))))
	}
	wide = min(max(wide+2, 24), max(m.width/2, 10))
	for i := top; i < min(top+most, len(p.hints)); i++ {
		h := &p.hints[i]
		m.l.reset(m.width, gBar)
		if i == p.choice-1 {
			m.l.on = gSelected
		}
		m.l.space(indent)
		st := sKey
		if h.quiet {
			st = sDim
		}
		room := m.width - indent - 1
		if h.desc == "" {
			m.l.put(st, m.g.cut(m.g.text(text.Printable(h.name())), room))
		} else {
			m.l.fit(st, m.g.cut(m.g.text(text.Printable(h.name())), wide-1), wide)
			m.l.put(sHint, m.g.cut(m.g.text(text.Printable(h.desc)), room-wide))
		}
		lines = append(lines, m.l.end())
	}
	if n := len(p.hints) - most; n > 0 {
		m.l.reset(m.width, gPlain)
		m.l.space(indent)
		more := "and " + number(uint64(n)) + " more"
		if len(p.hints) >= mostHints {
			more = "and more: type on"
		}
		m.l.put(sDim, more)
		lines = append(lines, m.l.end())
	}
	if len(p.hints) == 0 && p.about != "" && p.message == "" {
		m.l.reset(m.width, gBar)
		m.l.space(indent)
		m.l.put(sHint, m.g.cut(m.g.text(p.about), m.width-indent-1))
		lines = append(lines, m.l.end())
	}
	return lines
}

// sourceName is where the packets come from: "lo, port 3000".
func (m *Model) sourceName(sep string) string {
	s := text.Printable(m.src.status.Source)
	if m.opt.Title != "" && m.src.tr == m.opt.Trace {
		s = text.Printable(m.opt.Title)
	}
	if f := m.src.status.Filter; f != "" {
		s += sep + text.Printable(f)
	}
	return s
}

// drawPrompt draws what goes with the prompt that is open: errors and completions
// below the filter line.
func (m *Model) drawPrompt(f *frame, s screen) {
	if m.prompt.kind == noPrompt {
		return
	}
	p := &m.prompt
	var lines []string
	indent := 3
	if p.message != "" && len(p.text) > 0 {
		st := sError
		if p.state == filter.Odd {
			st = sWarn
		}
		if p.caret != "" {
			m.l.reset(m.width, gPlain)
			m.l.space(indent)
			m.l.put(st, p.caret)
			lines = append(lines, m.l.end())
		}
		for _, part := range wrap(m.g.text(p.message), m.width-indent-1) {
			m.l.reset(m.width, gPlain)
			m.l.space(indent)
			m.l.put(st, part)
			lines = append(lines, m.l.end())
		}
	}
	lines = append(lines, m.drawHints(indent)...)
	if len(lines) > s.body.h-1 {
		lines = lines[:max(s.body.h-1, 0)]
	}
	y := s.filter.y + 1
	if p.kind != promptFilter {
		y = s.footer.y - len(lines)
	}
	f.over(y, lines)
}
